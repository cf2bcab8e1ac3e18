"""Who can read what, end to end: generated tables, grants and kenmerken, real keys."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from attack import bend_lading
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline_model import (
    BOOLS,
    NAMEN,
    Send,
    allow_rules,
    deny_rules,
    kenmerken,
    renewed,
    sends,
    tables,
)
from routing_model import numbered
from simulator import POL

from corvus_broker.inzending import parse_inzending
from corvus_crypto.cel import geheimhash, split_cellen, unwrap_geheim
from corvus_crypto.kolom import KastContext, parse_kolommen
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.sealing import open_kast
from corvus_crypto.suite import suite_of
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.identifiers import parse_oin
from corvus_schemas.wire.bericht import Kop, Leveringsbericht

if TYPE_CHECKING:
    from pipeline_model import World
    from routing_model import Rule

    from corvus_adapters.sdk.samenstellen import Ontwerp

law = settings(max_examples=30, deadline=None)
ALL = 2**64 - 1
EVERYTHING = Send(ALL, dict.fromkeys(NAMEN, ALL))


@law
@given(tables, sends, kenmerken)
def test_exactly_what_is_granted_filled_and_allowed_arrives(
    world: World, rules: list[Rule], send: Send, declared: dict[str, bool]
) -> None:
    # SPEC 11-1, SPEC 11-2, SPEC 14-5: minimality, default deny, unknown never allows
    world.under(rules)
    world.submit(world.message(send, declared))
    for naar in NAMEN:
        expected = world.expected(rules, send, declared, naar)
        assert world.received(naar) == expected
        assert len(world.leveringen(naar)) == bool(expected), "no kop without content"


@law
@given(sends, kenmerken)
def test_an_empty_table_discloses_nothing(
    world: World, send: Send, declared: dict[str, bool]
) -> None:
    deny: Rule = {
        **dict.fromkeys(("hold", "modaliteit", "bewaartermijn", "geldig_tot")),
        "regel": "R0001",
        "berichttype": "*",
        "rubriek": "*",
        "van": "*",
        "naar": "OM",
        "besluit": "nee",
        "voorwaarde": "hg_label",
        "grondslag": "G_TEST",
        "doel": "TECHNISCH",
        "status": "concept",
        "geldig_van": "2025-01-01",
        "regio": "*",
        "bron": "",
        "opmerking": "",
    }
    world.under([deny])
    effecten = world.submit(world.message(send, declared))
    assert not effecten.leveringen
    assert not any(world.leveringen(naar) for naar in NAMEN)


def everyone(world: World, ontwerp: Ontwerp) -> dict[str, set[str]]:
    world.submit(ontwerp)
    return {naar: world.received(naar) for naar in NAMEN}


@law
@given(tables, sends, kenmerken, st.one_of(allow_rules(), deny_rules()))
def test_more_denial_or_less_allowance_never_adds_a_cel(
    world: World,
    rules: list[Rule],
    send: Send,
    declared: dict[str, bool],
    extra: Rule,
) -> None:
    """Monotony, end to end: one rule more or less, the same sender."""
    longer = numbered([*rules, extra])
    more, less = (rules, longer) if extra["besluit"] == "nee" else (longer, rules)
    world.under(more)
    before = everyone(world, world.message(send, declared))
    world.under(less)
    after = everyone(world, world.message(send, declared))
    for naar in NAMEN:
        assert after[naar] <= before[naar]


@law
@given(tables, sends, kenmerken, st.sampled_from(BOOLS))
def test_declaring_less_never_adds_a_cel(
    world: World,
    rules: list[Rule],
    send: Send,
    declared: dict[str, bool],
    gone: str,
) -> None:
    world.under(rules)
    before = everyone(world, world.message(send, declared))
    world.sim.forget()
    fewer = {naam: value for naam, value in declared.items() if naam != gone}
    after = everyone(world, world.message(send, fewer))
    for naar in NAMEN:
        assert after[naar] <= before[naar]


@law
@given(tables, kenmerken, st.integers(0, ALL), st.sampled_from([*NAMEN]))
def test_granting_less_never_adds_a_cel_to_anybody(
    world: World,
    rules: list[Rule],
    declared: dict[str, bool],
    mask: int,
    whom: str,
) -> None:
    world.under(rules)
    before = everyone(world, world.message(EVERYTHING, declared))
    world.sim.forget()
    narrowed = Send(ALL, {**EVERYTHING.grants, whom: mask})
    after = everyone(world, world.message(narrowed, declared))
    assert after[whom] <= before[whom]
    for other in set(NAMEN) - {whom}:
        assert after[other] == before[other]


def shape(levering: Leveringsbericht) -> tuple[object, ...]:
    """Everything a recipient sees but what is random or its own content."""
    manifest = parse_manifest(levering.manifest)
    count = sum(byte.bit_count() for byte in levering.posities)
    cellen = split_cellen(levering.cellen, count, manifest.columns)
    return (
        [len(cel.ciphertext) for cel in cellen],
        [len(cel.row) for cel in cellen],
        levering.posities,
        levering.regels,
        len(levering.kolom),
        len(levering.ondertekening),
        manifest.posities,
        manifest.columns,
        len(levering.encode()),
        levering.ontvangen_op,
        levering.register,
    )


@law
@given(st.data())
def test_empty_held_and_denied_look_alike(world: World, data: st.DataObject) -> None:
    """To VT, messages that differ only in what it does not get are one message."""
    # SPEC 11-1
    sim = world.as_shipped()
    declared = {"hg_label": True, "opsporingsbelang": False, "geheim_adres": False}
    whole = world.message(EVERYTHING, declared)
    world.submit(whole)
    got = world.received("VT")
    withheld = sorted(set(whole.lading.plaintexts) - got)
    assert got
    assert withheld
    shapes, kops = [], []
    for _ in range(2):
        content = {label: whole.lading.plaintexts[label] for label in got}
        for label in withheld:
            size = data.draw(st.sampled_from([None, 0, 40, 3000]), label=label)
            if size is not None:
                content[label] = bytes(size)
        grants = list(whole.lading.toegekend)
        if data.draw(st.booleans(), label="withheld and not granted"):
            allowed = sum(
                1 << positie.index
                for positie in whole.lading.posities
                if positie.label in got
            )
            grants = [replace(one, masker=allowed) for one in grants]
        sim.forget()
        variant = bend_lading(whole, plaintexts=content, toegekend=grants)
        world.submit(renewed(variant, sim))
        (levering,) = world.leveringen("VT")
        bericht = Leveringsbericht.decode(levering.inhoud)
        shapes.append(shape(bericht))
        kop = Kop.decode(parse_manifest(bericht.manifest).kop)
        kops.append((kop.buckets, kop.schema, kop.register, kop.geldig_tot))
    assert shapes[0] == shapes[1]
    assert kops[0] == kops[1]


@pytest.mark.parametrize("naar", [*NAMEN])
def test_no_delivered_byte_holds_a_key_to_an_undelivered_cel(
    world: World, naar: str
) -> None:
    """Tries every place in a delivery as a wrapped key, with the recipient's own key."""
    # SPEC 6-9
    sim = world.as_shipped()
    declared = {
        "hg_label": True,
        "kind_betrokken": True,
        "opsporingsbelang": True,
        "verdachte_minderjarig": False,
    }
    inzending = sim.seal(POL, world.message(EVERYTHING, declared))
    sim.submit(inzending)
    ontleed = parse_inzending(inzending.encode(), load_catalogus(), 10**7)
    (levering,) = world.leveringen(naar)
    bericht = Leveringsbericht.decode(levering.inhoud)
    manifest = parse_manifest(bericht.manifest)
    all_cellen = split_cellen(
        inzending.cellen, ontleed.gevuld.bit_count(), manifest.columns
    )
    delivered = split_cellen(
        bericht.cellen,
        sum(byte.bit_count() for byte in bericht.posities),
        manifest.columns,
    )
    (kolom,) = parse_kolommen(bericht.kolom, suite_of(manifest.suite), manifest.columns)
    kop = Kop.decode(manifest.kop)
    context = KastContext(
        suite=manifest.suite,
        bericht_id=kop.bericht_id,
        poging=kop.poging,
        kop_digest=manifest.kop_digest,
        verstrekker=parse_oin(kop.verstrekker),
        register=kop.register,
    )
    raw = sim.org(NAMEN[naar]).keystore.private_key(kolom.sleutel_id)
    assert raw is not None
    private = suite_of(manifest.suite).load_private(raw)
    kast = open_kast(kolom, context, private)
    found = set()
    for at in range(len(levering.inhoud) - 40):
        geheim = unwrap_geheim(kast, levering.inhoud[at : at + 40])
        if geheim is not None:
            found.add(geheimhash(manifest.suite, geheim))
    assert found == {cel.geheimhash for cel in delivered}
    undelivered = {cel.geheimhash for cel in all_cellen} - found
    assert undelivered, "the test withholds something"
    for cel in all_cellen:
        if cel.geheimhash in undelivered:
            assert cel.ciphertext[:64] not in levering.inhoud
            assert cel.row not in levering.inhoud
            assert cel.geheimhash not in levering.inhoud


def test_nothing_of_the_routering_is_delivered(world: World) -> None:
    # SPEC 7-5
    sim = world.as_shipped()
    inzending = sim.seal(POL, world.message(EVERYTHING, {"hg_label": True}))
    effecten = sim.submit(inzending)
    ontleed = parse_inzending(inzending.encode(), load_catalogus(), 10**7)
    zaak = ontleed.routering.zaak
    assert len(effecten.leveringen) == 2
    for levering in effecten.leveringen:
        assert zaak not in levering.inhoud
        assert zaak not in levering.alias
        assert ontleed.routering_zout not in levering.inhoud
        assert b"hg_label" not in levering.inhoud
        assert levering.digest == hashlib.sha256(levering.inhoud).digest()
        others = {one.ontvanger for one in effecten.leveringen} - {levering.ontvanger}
        assert not any(oin.encode() in levering.inhoud for oin in others)
