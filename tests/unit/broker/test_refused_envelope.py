"""Steps 1, 2 and 4: bytes that nobody provably sent end as dead letters, by code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from attack import bend, bend_kop, bend_lading, bend_routering, check_dead, remake
from simulator import CATALOGUS, OM, POL, VT, concept

from corvus_broker.inzending import parse_inzending
from corvus_broker.ports import Record
from corvus_crypto.cel import split_cellen
from corvus_crypto.kolom import parse_kolommen
from corvus_crypto.lp import lp
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.suite import suite_of
from corvus_schemas.errors import InboundError
from corvus_schemas.wire.bericht import Routering, Toekenning

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator import Simulator

    from corvus_schemas.wire.bericht import Inzending

    Attack = Callable[[Simulator], Inzending]


def cells(inzending: Inzending) -> list[bytes]:
    """The cellen of a message, apart, as their sender laid them down."""
    ontleed = parse_inzending(inzending.encode(), CATALOGUS, 10**7)
    count = ontleed.gevuld.bit_count()
    found = split_cellen(inzending.cellen, count, ontleed.manifest.columns)
    return [cel.wire for cel in found]


def moved_cel(sim: Simulator) -> Inzending:
    message = sim.message()
    parts = cells(message)
    first = parts[0]
    other = next(n for n, one in enumerate(parts) if n and len(one) == len(first))
    parts[0], parts[other] = parts[other], first
    return bend(message, cellen=b"".join(parts))


def swapped_row(sim: Simulator) -> Inzending:
    """The key row of one cel under another cel."""
    message = sim.message()
    parts = cells(message)
    rows = parse_manifest(message.manifest).columns * 40
    one, two = parts[0], parts[1]
    parts[0], parts[1] = one[:-rows] + two[-rows:], two[:-rows] + one[-rows:]
    return bend(message, cellen=b"".join(parts))


def changed_ciphertext(sim: Simulator) -> Inzending:
    message = sim.message()
    data = bytearray(message.cellen)
    data[50] ^= 1
    return bend(message, cellen=bytes(data))


def left_out_cel(sim: Simulator) -> Inzending:
    message = sim.message()
    return bend(message, cellen=b"".join(cells(message)[1:]))


def foreign_column(sim: Simulator) -> Inzending:
    """The column of another message, at the place of one's own."""
    message, other = sim.message(), sim.message()
    suite = suite_of(parse_manifest(message.manifest).suite)
    (own,) = parse_kolommen(message.kolommen, suite, 4)
    (foreign,) = parse_kolommen(other.kolommen, suite, 4)
    return bend(message, kolommen=replace(foreign, index=own.index).encode())


def two_columns_for_one(sim: Simulator) -> Inzending:
    ontwerp = sim.design(POL)
    twice = list(ontwerp.lading.toegekend) * 2
    return sim.seal(POL, bend_lading(ontwerp, toegekend=twice))


def grant_without_column(sim: Simulator) -> Inzending:
    def add(raw: bytes) -> bytes:
        routering = Routering.decode(raw)
        (own,) = routering.toekenning
        extra = Toekenning((own.kolom + 1) % 4, own.masker)
        both = sorted([own, extra], key=lambda one: one.kolom)
        return msgspec.structs.replace(routering, toekenning=both).encode()

    return remake(sim, POL, sim.message(), routering=add)


def grants_out_of_order(sim: Simulator) -> Inzending:
    def twice(raw: bytes) -> bytes:
        routering = Routering.decode(raw)
        doubled = list(routering.toekenning) * 2
        return msgspec.structs.replace(routering, toekenning=doubled).encode()

    return remake(sim, POL, sim.message(), routering=twice)


def mask_of_another_length(sim: Simulator) -> Inzending:
    def longer(raw: bytes) -> bytes:
        routering = Routering.decode(raw)
        leeg = routering.leeg + b"\0"
        return msgspec.structs.replace(routering, leeg=leeg).encode()

    return remake(sim, POL, sim.message(), routering=longer)


def with_manifest_suite(sim: Simulator) -> Inzending:
    """A suite that does not exist, in the signed bytes."""
    message = sim.message()
    old = parse_manifest(message.manifest)
    encoded = lp("manifest", b"\x09", old.kop, old.routering, old.cellen, old.kolommen)
    return bend(message, manifest=encoded)


def other_position_count(sim: Simulator) -> Inzending:
    return remake(sim, POL, sim.message(), cellen=lambda raw: raw + bytes(32))


def bad_buckets(sim: Simulator) -> Inzending:
    return sim.seal(POL, bend_kop(sim.design(POL), buckets=b"\x03" * 7))


def other_routering(sim: Simulator) -> Inzending:
    """A routering that its sender did not sign, with another area."""
    message = sim.message()
    routering = Routering.decode(message.routering)
    moved = msgspec.structs.replace(routering, gemeente=None)
    return bend(message, routering=moved.encode())


def signed_by_another(sim: Simulator) -> Inzending:
    """POL's own certificate named, VT's key used."""
    key = sim.org(VT).keystore.signing_key
    return sim.seal(POL, sim.design(POL), replace(sim.zegel(POL), key=key))


ATTACKS: dict[str, tuple[str, Attack]] = {
    # SPEC 5-7
    "moved cel": ("cel.belofte", moved_cel),
    "swapped key row": ("cel.belofte", swapped_row),
    "changed ciphertext": ("cel.belofte", changed_ciphertext),
    "cel left out": ("cel.indeling", left_out_cel),
    # SPEC 6-3, 6-6
    "foreign column": ("kolom.belofte", foreign_column),
    "two columns for one OIN": ("kolom.dubbel", two_columns_for_one),
    # SPEC 11-4
    "grant without column": ("routering.toekenning", grant_without_column),
    "grants out of order": ("routering.toekenning", grants_out_of_order),
    "mask of another length": ("masker.indeling", mask_of_another_length),
    # SPEC 3-1, 7-7
    "unknown suite": ("suite.onbekend", with_manifest_suite),
    "positions do not fit the kop": ("manifest.posities", other_position_count),
    "impossible buckets": ("schema.buckets_ongeldig", bad_buckets),
    # SPEC 7-5
    "routering not signed": ("routering.belofte", other_routering),
    "bad signature": ("handtekening.ongeldig", signed_by_another),
    "unknown berichttype": (
        "berichttype.onbekend",
        lambda sim: sim.seal(POL, bend_kop(sim.design(POL), berichttype="ansicht")),
    ),
    "wrong schema fingerprint": (
        "schema.versie",
        lambda sim: sim.seal(POL, bend_kop(sim.design(POL), schema=bytes(8))),
    ),
    "unknown sender": (
        "certificaat.oin",
        lambda sim: sim.seal(POL, bend_kop(sim.design(POL), verstrekker="9" * 20)),
    ),
    "wrong OIN": (
        "certificaat.oin",
        lambda sim: sim.seal(
            POL, bend_kop(sim.design(POL), verstrekker=sim.org(OM).oin)
        ),
    ),
    "unknown certificate": (
        "certificaat.onbekend",
        lambda sim: sim.seal(
            POL, sim.design(POL), replace(sim.zegel(POL), certificaat=bytes(32))
        ),
    ),
    "alias of another organisation": (
        "zaak.onbekend",
        lambda sim: sim.seal(
            POL, bend_routering(sim.design(POL), nieuw=False, zaak=bytes(34))
        ),
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_as_a_dead_letter(name: str, sim: Simulator) -> None:
    code, attack = ATTACKS[name]
    # SPEC 14-2: nothing proves who sent it, so nobody gets a receipt.
    check_dead(sim, sim.submit(attack(sim)), code)
    assert not sim.receipts(POL)
    assert not sim.deliveries(VT)


LEVELS: dict[str, tuple[str, Attack]] = {
    "manifest": (
        "manifest.indeling",
        lambda sim: _longer(sim.message(), "manifest"),
    ),
    "kop": (
        "schema.niet_canoniek",
        lambda sim: remake(sim, POL, sim.message(), kop=lambda raw: raw + b"\0"),
    ),
    "routering": (
        "schema.niet_canoniek",
        lambda sim: remake(sim, POL, sim.message(), routering=lambda raw: raw + b"\0"),
    ),
    "ondertekening": (
        "handtekening.indeling",
        lambda sim: _longer(sim.message(), "ondertekening"),
    ),
    "kolommen": ("kolom.indeling", lambda sim: _longer(sim.message(), "kolommen")),
    "cellen": ("cel.indeling", lambda sim: _longer(sim.message(), "cellen")),
}


def _longer(inzending: Inzending, part: str) -> Inzending:
    return bend(inzending, **{part: getattr(inzending, part) + b"\0"})


@pytest.mark.parametrize("level", LEVELS)
def test_trailing_bytes_are_refused_at_every_level(level: str, sim: Simulator) -> None:
    # SPEC 1-1
    code, attack = LEVELS[level]
    message = attack(sim)
    partitie = sim.partition(sim.design(POL).routering)
    if level != "routering":
        partitie = sim.partition(Routering.decode(message.routering))
    check_dead(sim, sim.submit(message, partitie=partitie), code)


def test_trailing_bytes_behind_the_record_are_refused(sim: Simulator) -> None:
    data = sim.message().encode() + b"\0"
    check_dead(sim, sim.submit(data, partitie=0), "schema.niet_canoniek")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "schema.onbekend"),
        (b"\xc3\x01", "schema.onbekend"),
        (b"<bericht/>", "schema.onbekend"),
        (b"\xc3\x01" + bytes(8), "schema.onbekend"),
    ],
)
def test_what_is_no_record_is_a_dead_letter(
    data: bytes, code: str, sim: Simulator
) -> None:
    check_dead(sim, sim.submit(data, partitie=1), code)


def test_a_cut_off_record_is_a_dead_letter(sim: Simulator) -> None:
    data = sim.message().encode()
    for size in (11, len(data) // 2, len(data) - 1):
        effecten = sim.submit(data[:size], partitie=2)
        check_dead(sim, effecten, "schema.niet_canoniek")


def test_a_tombstone_is_a_dead_letter(sim: Simulator) -> None:

    record = Record("corvus.inzending", 0, 0, b"", None, sim.nu_ms)
    (effecten,) = sim.handle([record])
    assert (effecten.uitkomst, effecten.code) == ("ONBESTELBAAR", "schema.onbekend")


def test_an_oversized_message_is_refused_before_it_is_parsed(sim: Simulator) -> None:
    limit = sim.sandbox.instellingen.router.max_bericht_bytes
    check_dead(sim, sim.submit(bytes(limit + 1), partitie=0), "schema.onbekend")
    head = sim.message().encode()[:10]
    data = head + bytes(limit + 1 - len(head))
    check_dead(sim, sim.submit(data, partitie=0), "envelope.te_groot")


def test_a_record_that_claims_to_be_huge_costs_nothing(sim: Simulator) -> None:
    """A length of 2 to the power 62 in front of three bytes."""
    head = sim.message().encode()[:10]
    huge = b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
    effecten = sim.submit(head + huge + b"abc", partitie=0)
    check_dead(sim, effecten, "schema.niet_canoniek")


def test_a_message_in_the_wrong_partition_is_refused(sim: Simulator) -> None:
    # SPEC 10-2
    message = sim.message()
    right = sim.partition(Routering.decode(message.routering))
    for wrong in set(range(4)) - {right}:
        effecten = sim.submit(message, partitie=wrong)
        check_dead(sim, effecten, "partitie.onjuist")
    assert sim.submit(message).uitkomst == "GEACCEPTEERD"


def test_a_new_zaak_needs_an_id_of_its_length(sim: Simulator) -> None:
    ontwerp = bend_routering(sim.design(POL), zaak=b"\1" * 15)
    effecten = sim.submit(sim.seal(POL, ontwerp), partitie=0)
    check_dead(sim, effecten, "zaak.onbekend")


def test_the_text_of_a_refusal_holds_no_content(sim: Simulator) -> None:
    # SPEC 1-3
    secret = "kanarie"
    ontwerp = bend_kop(sim.design(POL, concept()), berichttype=secret)
    with pytest.raises(InboundError) as caught:
        parse_inzending(sim.seal(POL, ontwerp).encode(), CATALOGUS, 10**7)
    assert secret not in caught.value.describe()
