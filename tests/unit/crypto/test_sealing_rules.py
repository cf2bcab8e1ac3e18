"""Rules of suite, cel and column that the vectors do not show (SPEC 3, 5 and 6)."""

from __future__ import annotations

import hashlib

import pytest
from crypto_world import (
    VERSTREKKER,
    Plan,
    kast_context,
    make,
    place,
)

from corvus_crypto import cel
from corvus_crypto.kolom import columns_for, parse_kolommen
from corvus_crypto.lp import digest, lp, u8, u16, u32
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.suite import SUITES, suite_of
from corvus_schemas.errors import EnvelopeError, IdentityError, SealError
from corvus_schemas.identifiers import Oin

GRANTS = (frozenset({0, 2}), frozenset({2}))
PLAN = Plan(2, 4, {0: b"a" * 90, 2: b"b" * 200}, GRANTS, "rules")


def test_lp_by_hand() -> None:
    # SPEC 2-1
    expected = b"\0\0\0\x0acorvus/1/x" + b"\0\0\0\x02ab" + b"\0\0\0\0"
    assert lp("x", b"ab", b"") == expected
    assert digest("x", b"ab", b"") == hashlib.sha256(expected).digest()


def test_the_id_of_a_key_is_a_hash_of_suite_and_key() -> None:
    # SPEC 3-6
    public = bytes(range(32))
    expected = digest("sleutel-id", u8(2), public)[:16]
    assert SUITES[2].sleutel_id(public) == expected
    assert SUITES[1].sleutel_id(public) != expected


@pytest.mark.parametrize("suite_id", [0, 3, 255])
def test_an_unknown_suite_is_refused(suite_id: int) -> None:
    # SPEC 3-1
    with pytest.raises(EnvelopeError) as caught:
        suite_of(suite_id)
    assert caught.value.code == "suite.onbekend"


@pytest.mark.parametrize("suite_id", [1, 2])
def test_keys_of_another_length_are_refused(suite_id: int) -> None:
    # SPEC 3-4
    suite = SUITES[suite_id]
    private, public = suite.generate_key()
    for raw in (b"", public[:-1], public + b"\0"):
        with pytest.raises(IdentityError) as caught:
            suite.load_public(raw)
        assert caught.value.code == "sleutel.ongeldig"
    for raw in (b"", private[:-1], private + b"\0"):
        with pytest.raises(IdentityError) as caught:
            suite.load_private(raw)
        assert caught.value.code == "sleutel.ongeldig"


@pytest.mark.parametrize("suite_id", [1, 2])
def test_an_encapsulation_opens_for_its_key_and_info_alone(suite_id: int) -> None:
    # SPEC 3-3, SPEC 3-5
    suite = SUITES[suite_id]
    first, second = (suite.generate_key() for _ in range(2))
    sealed = suite.encapsulate(b"k" * 32, suite.load_public(first[1]), b"info")
    assert len(sealed) == suite.inkapseling_bytes
    assert suite.decapsulate(sealed, suite.load_private(first[0]), b"info") == b"k" * 32
    short = suite.encapsulate(b"k" * 31, suite.load_public(first[1]), b"info")
    for data, private, info in (
        (sealed, first[0], b"other"),
        (sealed, second[0], b"info"),
        (sealed[:-1], first[0], b"info"),
        (sealed + b"\0", first[0], b"info"),
        (b"", first[0], b"info"),
        (short, first[0], b"info"),
    ):
        with pytest.raises(EnvelopeError) as caught:
            suite.decapsulate(data, suite.load_private(private), info)
        assert caught.value.code == "kolom.opent_niet"


def test_every_celgeheim_kastsleutel_and_filler_is_drawn_anew() -> None:
    # SPEC 5-1, SPEC 5-10, SPEC 6-7
    made = make(PLAN)
    secrets = [made.geheim(0), made.geheim(2)]
    secrets += [kast.kastsleutel for kast in made.kasten]
    assert None not in secrets
    assert len(set(secrets)) == 4
    manifest = made.verzegeld.manifest
    commitments = {manifest.cel(at) for at in range(4)}
    commitments |= {manifest.kolom(at) for at in range(4)}
    assert len(commitments) == 8
    cellen = cel.split_cellen(made.verzegeld.cellen, 2, 4)
    slots = {one.row[at : at + 40] for one in cellen for at in range(0, 160, 40)}
    assert len(slots) == 8
    opened = sum(
        cel.unwrap_geheim(kast.kastsleutel, slot) is not None
        for slot in slots
        for kast in made.kasten
    )
    assert opened == 3


@pytest.mark.parametrize(
    ("size", "bucket"),
    [(0, 128), (124, 128), (125, 256), (252, 256), (253, 512), (1024**2 - 4, 1024**2)],
)
def test_padding_goes_to_the_smallest_bucket(size: int, bucket: int) -> None:
    # SPEC 5-2
    padded = cel.pad(b"\x01" * size)
    assert len(padded) == bucket
    assert padded[:4] == u32(size)
    assert cel.unpad(padded) == b"\x01" * size


def test_what_fits_no_bucket_is_refused_at_the_sealer() -> None:
    # SPEC 5-2
    with pytest.raises(SealError) as caught:
        cel.pad(bytes(1024**2 - 3))
    assert caught.value.code == "cel.te_groot"


def test_each_use_of_a_celgeheim_has_a_key_of_its_own() -> None:
    # SPEC 5-4
    uses = ("cel", "bijlage 0", "bijlage 1")
    keys = {cel.derive_key(suite, b"g" * 32, use) for suite in (1, 2) for use in uses}
    assert len(keys) == 6


@pytest.mark.parametrize("change", ["suite", "kop", "position", "label", "fingerprint"])
def test_a_ciphertext_is_bound_to_everything_around_it(change: str) -> None:
    # SPEC 5-5
    context, plaats, geheim = cel.CelContext(1, b"k" * 32), place(3), b"g" * 32
    sealed = cel.seal_cel(context, plaats, geheim, b"text")
    assert cel.open_cel(context, plaats, geheim, sealed) == b"text"
    others = {
        "suite": (cel.CelContext(2, b"k" * 32), plaats),
        "kop": (cel.CelContext(1, b"l" * 32), plaats),
        "position": (context, cel.Plaats(4, plaats.label, plaats.fingerprint)),
        "label": (context, cel.Plaats(3, "melding", plaats.fingerprint)),
        "fingerprint": (context, cel.Plaats(3, plaats.label, bytes(8))),
    }
    with pytest.raises(EnvelopeError) as caught:
        cel.open_cel(*others[change], geheim, sealed)
    assert caught.value.code == "cel.bedrog"


def test_a_commitment_covers_suite_position_label_hash_text_and_row() -> None:
    # SPEC 5-7
    hashed, text, row = b"h" * 32, b"t" * 144, b"r" * 160
    wire = cel.wire_cel(hashed, text, row)
    by_hand = digest("cel-belofte", u8(1), u32(3), b"label", hashed, text, row)
    assert cel.commit_cel(1, 3, "label", wire) == by_hand
    others = {
        cel.commit_cel(2, 3, "label", wire),
        cel.commit_cel(1, 4, "label", wire),
        cel.commit_cel(1, 3, "labels", wire),
        by_hand,
    }
    assert len(others) == 4


@pytest.mark.parametrize(
    ("recipients", "columns"),
    [(0, 4), (1, 4), (4, 4), (5, 8), (9, 16), (17, 32), (32, 32)],
)
def test_columns_come_in_buckets(recipients: int, columns: int) -> None:
    # SPEC 6-4
    assert columns_for(recipients) == columns


def test_more_than_32_recipients_are_refused() -> None:
    # SPEC 6-4
    with pytest.raises(EnvelopeError) as caught:
        columns_for(33)
    assert caught.value.code == "kolom.te_veel"


def test_two_columns_for_one_oin_are_refused() -> None:
    # SPEC 6-3
    first = make(PLAN).kolom(0).encode()
    twice = u16(0) + first[2:] + u16(1) + first[2:]
    with pytest.raises(EnvelopeError) as caught:
        parse_kolommen(twice, SUITES[2], 4)
    assert caught.value.code == "kolom.dubbel"


@pytest.mark.parametrize("indices", [(1, 0), (1, 1), (0, 4), (4, 5)])
def test_column_indices_rise_below_m(indices: tuple[int, int]) -> None:
    # SPEC 6-2
    made = make(PLAN)
    packed = b"".join(
        u16(index) + made.kolom(number).encode()[2:]
        for number, index in enumerate(indices)
    )
    with pytest.raises(EnvelopeError) as caught:
        parse_kolommen(packed, SUITES[2], 4)
    assert caught.value.code == "kolom.indeling"


@pytest.mark.parametrize("oin", [b"0" * 19 + b"x", b"\xff" * 20, b"0" * 19 + b"\n"])
def test_a_column_names_an_oin_of_digits(oin: bytes) -> None:
    # SPEC 6-2
    encoded = make(PLAN).kolom(0).encode()
    with pytest.raises(EnvelopeError) as caught:
        parse_kolommen(encoded[:18] + oin + encoded[38:], SUITES[2], 4)
    assert caught.value.code == "kolom.indeling"


def test_the_info_of_a_column_names_everything_it_is_bound_to() -> None:
    # SPEC 6-5
    context = kast_context(parse_manifest(make(PLAN).levering(0).manifest))
    info = context.info(Oin("0" * 20), b"i" * 16)
    assert info == lp(
        "kast",
        u8(2),
        b"\x10" * 16,
        u32(1),
        context.kop_digest,
        VERSTREKKER.encode(),
        b"0" * 20,
        b"i" * 16,
        b"\xaa" * 32,
    )


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [(144, 160, 160), (272, 160, 160), (1040, 160, 160)],
)
def test_a_cel_of_a_bucket_and_its_columns_is_cut_out(
    text: int, row: int, said: int
) -> None:
    # SPEC 5-6
    wire = bytes(32) + u32(text) + bytes(text) + u32(said) + bytes(row)
    (one,) = cel.split_cellen(wire, 1, 4)
    assert one.wire == wire


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        pytest.param(16 + 384, 160, 160, id="384 is no bucket"),
        pytest.param(16 + 64, 160, 160, id="64 is no bucket"),
        pytest.param(16 + 2**21, 160, 160, id="more than 1 MiB"),
        pytest.param(128, 160, 160, id="no tag"),
        pytest.param(0, 160, 160, id="empty"),
        pytest.param(144, 160, 120, id="row says less"),
        pytest.param(144, 160, 200, id="row says more"),
        pytest.param(144, 120, 120, id="three columns"),
        pytest.param(144, 200, 200, id="five columns"),
    ],
)
def test_a_cel_of_other_sizes_is_refused(text: int, row: int, said: int) -> None:
    # SPEC 5-6
    wire = bytes(32) + u32(text) + bytes(text) + u32(said) + bytes(row)
    with pytest.raises(EnvelopeError) as caught:
        cel.split_cellen(wire, 1, 4)
    assert caught.value.code == "cel.indeling"
