"""Rules of manifest, signature, attestation and zaak beside the vectors (SPEC 7 to 10)."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from crypto_world import (
    SIGNER,
    VERSTREKKER,
    Plan,
    houder,
    make,
    make_kop,
    open_levering,
    stream,
    with_part,
)

from corvus_crypto.attestatie import Attesteerder, parse_attestatie
from corvus_crypto.lp import digest, lp, u8, u32, u64
from corvus_crypto.manifest import commit_routering, make_manifest, parse_manifest
from corvus_crypto.merkle import Tree, leaf_hash
from corvus_crypto.ondertekening import parse_ondertekening, sign_batch, sign_one
from corvus_crypto.sealing import check_cellen
from corvus_crypto.zaak import AliasSleutel, alias_partition, partition_of
from corvus_schemas.errors import EnvelopeError
from corvus_schemas.identifiers import Oin, ZaakId

GRANTS = (frozenset({0, 2}), frozenset({2}))
PLAN = Plan(2, 4, {0: b"a" * 90, 2: b"b" * 200}, GRANTS, "rules")


@pytest.mark.parametrize("positions", [0, 4097])
def test_a_manifest_has_1_to_4096_positions(positions: int) -> None:
    # SPEC 7-1
    made = make_manifest(1, b"kop", bytes(32), bytes(32 * positions), bytes(128))
    with pytest.raises(EnvelopeError) as caught:
        parse_manifest(made.encoded)
    assert caught.value.code == "manifest.indeling"


@pytest.mark.parametrize("columns", [0, 1, 3, 5, 33, 64])
def test_a_manifest_has_a_bucket_of_columns(columns: int) -> None:
    # SPEC 7-1
    made = make_manifest(1, b"kop", bytes(32), bytes(32), bytes(32 * columns))
    with pytest.raises(EnvelopeError) as caught:
        parse_manifest(made.encoded)
    assert caught.value.code == "manifest.indeling"


def _manifest_with(changed: dict[int, bytes]) -> bytes:
    parts = [b"corvus/1/manifest", b"\x02", b"kop", bytes(32), bytes(64), bytes(128)]
    parts = [changed.get(at, part) for at, part in enumerate(parts)]
    return b"".join(u32(len(part)) + part for part in parts)


def test_the_manifest_that_is_broken_below_parses() -> None:
    # SPEC 7-1
    parsed = parse_manifest(_manifest_with({}))
    assert (parsed.suite, parsed.posities, parsed.columns) == (2, 2, 4)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_manifest_with({0: b"corvus/1/manifesT"}), id="tag"),
        pytest.param(_manifest_with({0: b"corvus/2/manifest"}), id="version"),
        pytest.param(_manifest_with({1: b""}), id="no suite"),
        pytest.param(_manifest_with({1: b"\x02\x02"}), id="two suites"),
        pytest.param(_manifest_with({3: bytes(31)}), id="short routering"),
        pytest.param(_manifest_with({3: bytes(33)}), id="long routering"),
        pytest.param(_manifest_with({4: bytes(33)}), id="part of a cel"),
        pytest.param(_manifest_with({5: bytes(129)}), id="part of a column"),
        pytest.param(_manifest_with({}) + bytes(4), id="a seventh part"),
        pytest.param(_manifest_with({})[:-1], id="cut short"),
        pytest.param(_manifest_with({})[:-132], id="five parts"),
        pytest.param(_manifest_with({})[:-132] + b"\0\0\0\x90" + bytes(128), id="long"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_another_layout_of_the_manifest_is_refused(data: bytes) -> None:
    # SPEC 7-1
    with pytest.raises(EnvelopeError) as caught:
        parse_manifest(data)
    assert caught.value.code == "manifest.indeling"


def test_a_manifest_is_kept_verbatim_and_named_by_its_hash() -> None:
    # SPEC 7-2, SPEC 7-3
    encoded = make(PLAN).levering(0).manifest
    parsed = parse_manifest(encoded)
    assert parsed.encoded is encoded
    assert parsed.digest == hashlib.sha256(encoded).digest()
    again = make_manifest(
        parsed.suite, parsed.kop, parsed.routering, parsed.cellen, parsed.kolommen
    )
    assert again.encoded == encoded


@pytest.mark.parametrize("what", ["kop", "suite"])
def test_cellen_and_columns_do_not_open_under_another_kop_or_suite(what: str) -> None:
    # SPEC 7-4: also where the manifest is signed anew, by the sender itself
    made = make(PLAN)
    levering, manifest = made.levering(0), made.verzegeld.manifest
    kop = make_kop(b"\x20" * 16) if what == "kop" else manifest.kop
    suite = 1 if what == "suite" else 2
    other = make_manifest(
        suite, kop, manifest.routering, manifest.cellen, manifest.kolommen
    )
    signed = sign_one(SIGNER, bytes(32), "inzending", other.digest)
    forged = with_part(levering, "manifest", other.encoded)
    forged = with_part(forged, "ondertekening", signed.encode())
    with pytest.raises(EnvelopeError) as caught:
        open_levering(forged, houder(2, 0).private)
    assert caught.value.code in {"kolom.opent_niet", "kolom.indeling"}
    assert digest("kop", u8(suite), kop) == other.kop_digest != manifest.kop_digest


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_the_positions_of_manifest_and_kop_agree_before_a_cel_is_looked_at(
    count: int,
) -> None:
    # SPEC 7-7: a recipient asks this too, and gets no IndexError for an answer
    levering = make(PLAN).levering(0)
    manifest = parse_manifest(levering.manifest)
    with pytest.raises(EnvelopeError) as caught:
        check_cellen(manifest, 0b101, levering.cellen, ["label"] * count)
    assert caught.value.code == "manifest.posities"


def test_the_routering_is_committed_to_under_a_salt_and_not_delivered() -> None:
    # SPEC 7-5
    by_hand = digest("routering", u8(2), b"z" * 16, b"routering")
    assert commit_routering(2, b"z" * 16, b"routering") == by_hand
    assert commit_routering(2, b"y" * 16, b"routering") != by_hand
    made = make(PLAN)
    for number in range(2):
        assert b"routering" not in made.levering(number).delivered


def test_every_recipient_gets_one_kop() -> None:
    # SPEC 7-6
    made = make(PLAN)
    manifests = [parse_manifest(made.levering(number).manifest) for number in range(2)]
    assert manifests[0].kop == manifests[1].kop == make_kop()


def test_a_batch_signature_by_hand() -> None:
    # SPEC 8-1, SPEC 8-2, SPEC 8-3
    digests = [bytes([n]) * 32 for n in range(3)]
    signed = sign_batch(SIGNER, b"t" * 32, "inzending", digests, stream("batch"))
    salts = [one.boom.zout for one in signed if one.boom is not None]
    assert len(set(salts)) == 3
    tree = Tree(
        [
            leaf_hash(lp("onderteken-blad", b"inzending", salt, one))
            for salt, one in zip(salts, digests, strict=True)
        ]
    )
    said = lp("onderteken-reeks", b"inzending", b"t" * 32, u64(3), tree.root)
    for at, one in enumerate(signed):
        SIGNER.public_key().verify(one.handtekening, said)
        assert one.boom is not None
        assert one.encode() == b"".join(
            (b"t" * 32, b"\x01", salts[at], u64(at), u64(3), *tree.path(at))
        ) + SIGNER.sign(said)
    single = sign_one(SIGNER, b"t" * 32, "bewijs", digests[0])
    said = lp("onderteken", b"bewijs", b"t" * 32, digests[0])
    assert single.encode() == b"t" * 32 + b"\0" + SIGNER.sign(said)


def test_a_path_of_more_than_32_hashes_is_refused() -> None:
    # SPEC 8-5
    head = bytes(32) + b"\x01" + bytes(32)
    parse_ondertekening(head + bytes(32) * 32 + bytes(64))
    for path in (bytes(32) * 33, bytes(31)):
        with pytest.raises(EnvelopeError) as caught:
            parse_ondertekening(head + path + bytes(64))
        assert caught.value.code == "handtekening.indeling"


@pytest.mark.parametrize(
    "data", [b"", bytes(96), bytes(98), bytes(32) + b"\x02" + bytes(96)]
)
def test_other_layouts_of_a_signature_are_refused(data: bytes) -> None:
    # SPEC 8-5
    with pytest.raises(EnvelopeError) as caught:
        parse_ondertekening(data)
    assert caught.value.code == "handtekening.indeling"


def test_an_attestation_by_hand_and_the_same_after_a_rerun() -> None:
    # SPEC 9-1, SPEC 9-2
    outputs = [("levering", b"one"), ("bewijs", b"two")]
    sleutel = Attesteerder(SIGNER, b"i" * 16, b"p" * 32)
    made = sleutel.attest(outputs, 1234)
    leaves = []
    for (soort, inhoud), one in zip(outputs, made, strict=True):
        hashed = hashlib.sha256(inhoud).digest()
        assert one.zout == hmac.digest(b"p" * 32, hashed, "sha256")[:16]
        leaves.append(leaf_hash(lp("attest-blad", soort.encode(), one.zout, hashed)))
    said = lp("attest-wortel", b"i" * 16, u64(1234), u32(2), Tree(leaves).root)
    SIGNER.public_key().verify(made[0].handtekening, said)
    assert sleutel.attest(outputs, 1234) == made
    other = Attesteerder(SIGNER, b"i" * 16, b"q" * 32).attest(outputs, 1234)
    assert other[0].zout != made[0].zout
    assert not sleutel.attest([], 1234)


@pytest.mark.parametrize("size", [0, 47, 111, 113, 112 + 31, 112 + 21 * 32])
def test_other_layouts_of_an_attestation_are_refused(size: int) -> None:
    # SPEC 9-3
    with pytest.raises(EnvelopeError) as caught:
        parse_attestatie(bytes(size))
    assert caught.value.code == "attestatie.indeling"


def test_an_attestation_under_a_soort_that_is_no_ascii_is_refused_alike() -> None:
    # SPEC 9-3, SPEC 1-2: the soort comes off the wire
    (made,) = Attesteerder(SIGNER, bytes(16), bytes(32)).attest([("bewijs", b"a")], 1)
    with pytest.raises(EnvelopeError) as caught:
        made.verify(SIGNER.public_key(), "bewijs\u00e9", b"a")
    assert caught.value.code == "attestatie.ongeldig"


def test_partitions_are_the_digest_modulo_the_count() -> None:
    # SPEC 10-1
    zaak = ZaakId(b"\x11" * 16)
    number = int.from_bytes(digest("partitie", zaak)[:8], "big")
    for count in (1, 2, 12, 1024):
        assert partition_of(zaak, count) == number % count
    seen = {partition_of(ZaakId(bytes([n]) * 16), 12) for n in range(200)}
    assert seen == set(range(12))


def test_an_alias_is_the_same_every_time_and_differs_per_organisation() -> None:
    # SPEC 10-4, SPEC 10-5
    sleutel, zaak = AliasSleutel(bytes(range(64))), ZaakId(b"\x11" * 16)
    oins = [Oin(f"{n:020d}") for n in range(20)]
    aliases = [sleutel.alias(zaak, oin, 12) for oin in oins]
    assert aliases == [sleutel.alias(zaak, oin, 12) for oin in oins]
    assert len({alias[2:] for alias in aliases}) == 20
    assert {alias_partition(alias) for alias in aliases} == {partition_of(zaak, 12)}
    for at, alias in enumerate(aliases):
        assert sleutel.zaak(alias, oins[at]) == zaak
        with pytest.raises(EnvelopeError) as caught:
            sleutel.zaak(alias, oins[at - 1])
        assert caught.value.code == "zaak.onbekend"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 17, 18, 33, 35])
def test_an_alias_of_another_length_is_refused(size: int) -> None:
    # SPEC 10-4
    sleutel = AliasSleutel(bytes(range(64)))
    whole = sleutel.alias(ZaakId(b"\x11" * 16), VERSTREKKER, 12) + b"\0"
    with pytest.raises(EnvelopeError) as caught:
        sleutel.zaak(whole[:size], VERSTREKKER)
    assert caught.value.code == "zaak.onbekend"
