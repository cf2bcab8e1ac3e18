"""Sealing: what goes in comes out, for its recipients only, and no bit can change."""

from __future__ import annotations

import pytest
from crypto_world import (
    SIGNER,
    THUMBPRINT,
    Gemaakt,
    Plan,
    flip_bit,
    houder,
    label,
    make,
    open_levering,
    with_part,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from corvus_crypto import cel
from corvus_crypto.attestatie import Attesteerder, parse_attestatie
from corvus_crypto.manifest import make_manifest, parse_manifest
from corvus_crypto.ondertekening import parse_ondertekening, sign_batch
from corvus_schemas.errors import EnvelopeError, SchemaError


@st.composite
def plans(draw: st.DrawFn, suites: tuple[int, ...] = (1, 2)) -> Plan:
    posities = draw(st.integers(1, 9))
    inhoud = draw(
        st.dictionaries(st.integers(0, posities - 1), st.binary(max_size=300))
    )
    filled = sorted(inhoud)
    subset = st.frozensets(st.sampled_from(filled)) if filled else st.just(frozenset())
    grants = draw(st.lists(subset, min_size=1, max_size=5))
    seed = draw(st.text("abc", max_size=4))
    return Plan(draw(st.sampled_from(suites)), posities, inhoud, tuple(grants), seed)


@settings(deadline=None, max_examples=60)
@given(plans())
def test_each_recipient_opens_exactly_what_it_was_granted(plan: Plan) -> None:
    # SPEC 5-8, SPEC 6-8
    made = make(plan)
    for number, granted in enumerate(plan.grants):
        opened = open_levering(
            made.levering(number), houder(plan.suite, number).private
        )
        assert opened.plaintexts == {label(at): plan.inhoud[at] for at in granted}
        assert not opened.niet_toegekend


@settings(deadline=None, max_examples=30)
@given(plans())
def test_a_cel_delivered_by_mistake_is_not_opened_by_who_was_not_granted_it(
    plan: Plan,
) -> None:
    # SPEC 5-8, SPEC 6-7: were the broker to deliver everything, the keys would still say
    # what the sender granted.
    made, everything = make(plan), frozenset(plan.inhoud)
    for number, granted in enumerate(plan.grants):
        generous = Plan(plan.suite, plan.posities, plan.inhoud, (everything,) * 5)
        levering = Gemaakt(generous, made.verzegeld, made.kasten).levering(number)
        opened = open_levering(levering, houder(plan.suite, number).private)
        assert opened.plaintexts == {label(at): plan.inhoud[at] for at in granted}
        assert set(opened.niet_toegekend) == {label(at) for at in everything - granted}


PLAN = Plan(
    2,
    5,
    {0: b"nul", 1: b"een" * 60, 3: b"drie"},
    (frozenset({0, 1}), frozenset({0, 3}), frozenset({1})),
    "flip",
)
MADE = make(PLAN)
LEVERING = MADE.levering(0)
PRIVATE = houder(2, 0).private
PARTS = ("manifest", "ondertekening", "kolom", "posities", "cellen")


def _part(name: str) -> bytes:
    part = getattr(LEVERING, name)
    assert isinstance(part, bytes)
    return part


def test_the_levering_that_is_attacked_below_opens() -> None:
    opened = open_levering(LEVERING, PRIVATE)
    assert opened.plaintexts == {label(0): b"nul", label(1): b"een" * 60}


@pytest.mark.parametrize("name", PARTS)
def test_every_single_bit_of_every_part_is_held(name: str) -> None:
    # SPEC 5-7, SPEC 6-6, SPEC 7-3, SPEC 1-2: exhaustive, the message being small
    part = _part(name)
    for bit in range(len(part) * 8):
        with pytest.raises((EnvelopeError, SchemaError)) as caught:
            open_levering(with_part(LEVERING, name, flip_bit(part, bit)), PRIVATE)
        assert caught.value.code, (name, bit)


@settings(deadline=None, max_examples=150)
@given(st.data(), st.sampled_from(PARTS))
def test_cut_grown_or_shifted_parts_are_refused(data: st.DataObject, name: str) -> None:
    # SPEC 1-1
    part = _part(name)
    start = data.draw(st.integers(0, len(part)))
    end = data.draw(st.integers(start, len(part)))
    changed = part[:start] + data.draw(st.binary(max_size=40)) + part[end:]
    if changed != part:
        with pytest.raises((EnvelopeError, SchemaError)):
            open_levering(with_part(LEVERING, name, changed), PRIVATE)


def test_no_border_in_the_signed_bytes_can_move() -> None:
    # SPEC 2-2, SPEC 7-2: the parts joined and cut elsewhere are another message
    manifest = parse_manifest(LEVERING.manifest)
    signed = parse_ondertekening(LEVERING.ondertekening)
    parts = (manifest.kop, manifest.routering, manifest.cellen, manifest.kolommen)
    joined = b"".join(parts)
    borders = (
        len(parts[0]),
        len(parts[0]) + len(parts[1]),
        len(joined) - len(parts[3]),
    )
    tried = 0
    for which in range(3):
        for move in (-64, -32, -1, 1, 32, 64):
            cuts = list(borders)
            cuts[which] += move
            if sorted(cuts) != cuts:
                continue
            kop, routering, cellen, kolommen = (
                joined[: cuts[0]],
                joined[cuts[0] : cuts[1]],
                joined[cuts[1] : cuts[2]],
                joined[cuts[2] :],
            )
            moved = make_manifest(2, kop, routering, cellen, kolommen)
            with pytest.raises(EnvelopeError):
                signed.verify(SIGNER.public_key(), "inzending", moved.digest)
            tried += 1
    assert tried >= 14


@pytest.mark.parametrize("at", [0, 2])
def test_every_single_bit_of_a_batch_signature_and_an_attestation_is_held(
    at: int,
) -> None:
    # SPEC 8-2, SPEC 8-4, SPEC 9-1, SPEC 9-3
    digests = [bytes([n]) * 32 for n in range(3)]
    signed = sign_batch(
        SIGNER, THUMBPRINT, "inzending", digests, lambda size: b"\x01" * size
    )[at]
    signed.verify(SIGNER.public_key(), "inzending", digests[at])
    whole = signed.encode()
    for bit in range(len(whole) * 8):
        with pytest.raises(EnvelopeError):
            parse_ondertekening(flip_bit(whole, bit)).verify(
                SIGNER.public_key(), "inzending", digests[at]
            )
    outputs = [("levering", b"a"), ("bewijs", b"b"), ("bewijs", b"c")]
    attested = Attesteerder(SIGNER, b"\x01" * 16, b"\x02" * 32).attest(outputs, 9)[at]
    attested.verify(SIGNER.public_key(), *outputs[at])
    whole = attested.encode()
    for bit in range(len(whole) * 8):
        with pytest.raises(EnvelopeError) as caught:
            parse_attestatie(flip_bit(whole, bit)).verify(
                SIGNER.public_key(), *outputs[at]
            )
        assert caught.value.code == "attestatie.ongeldig"


@settings(deadline=None, max_examples=40)
@given(plans(), st.data())
def test_what_was_withheld_leaves_no_trace_but_its_commitment(
    plan: Plan, data: st.DataObject
) -> None:
    # SPEC 6-9, SPEC 11-1: two messages that differ in withheld content only, within one
    # padding bucket, give a recipient bytes of one structure, and everything that does
    # not look random is equal.
    number = data.draw(st.integers(0, len(plan.grants) - 1))
    withheld = sorted(set(plan.inhoud) - plan.grants[number])
    other = dict(plan.inhoud)
    for at in withheld:
        bucket = cel.bucket_of(len(plan.inhoud[at]) + 4)
        low = 0 if bucket == cel.SMALLEST_BUCKET else bucket // 2 - 3
        other[at] = data.draw(st.binary(min_size=low, max_size=bucket - 4))
    one = make(plan).levering(number)
    two = make(Plan(plan.suite, plan.posities, other, plan.grants, plan.seed)).levering(
        number
    )
    first, second = parse_manifest(one.manifest), parse_manifest(two.manifest)
    assert one.posities == two.posities
    assert one.kolom[:54] == two.kolom[:54]  # index, salt, OIN and key id
    for name in PARTS:
        assert len(getattr(one, name)) == len(getattr(two, name))
    assert (first.suite, first.kop, first.posities, first.columns) == (
        second.suite,
        second.kop,
        second.posities,
        second.columns,
    )
    # One seed, so the delivered cellen are the same in every byte.
    assert one.cellen == two.cellen
    same = [
        first.cel(at) == second.cel(at)
        for at in range(plan.posities)
        if at not in withheld
    ]
    assert all(same)


@settings(deadline=None, max_examples=40)
@given(plans())
def test_no_delivered_bytes_hold_a_key_or_slot_of_what_was_not_delivered(
    plan: Plan,
) -> None:
    # SPEC 6-9
    made = make(plan)
    for number, granted in enumerate(plan.grants):
        delivered = made.levering(number).delivered
        for at in set(plan.inhoud) - granted:
            geheim = made.geheim(at)
            assert geheim is None or geheim not in delivered
            wire = made.wires[at]
            (split,) = cel.split_cellen(wire, 1, made.verzegeld.manifest.columns)
            for slot in range(0, len(split.row), cel.SLOT_BYTES):
                assert split.row[slot : slot + cel.SLOT_BYTES] not in delivered
            assert split.ciphertext not in delivered
            assert split.geheimhash not in delivered
        for kast in made.kasten:
            assert kast.kastsleutel not in delivered
            if kast.kolom.oin != houder(plan.suite, number).oin:
                assert kast.kolom.oin.encode() not in delivered
                assert kast.kolom.inkapseling not in delivered
                assert kast.kolom.zout not in delivered
