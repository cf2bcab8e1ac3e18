"""Any bytes into any parser give a value with those very bytes, or one known error."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from crypto_world import SIGNER, Plan, flip_bit, make
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corvus_crypto import cel
from corvus_crypto.attestatie import Attesteerder, parse_attestatie
from corvus_crypto.kolom import parse_kolommen
from corvus_crypto.lp import lp
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.masker import bits, encode_mask, mask_of, parse_mask
from corvus_crypto.ondertekening import parse_ondertekening, sign_batch, sign_one
from corvus_crypto.suite import SUITES
from corvus_crypto.zaak import AliasSleutel
from corvus_schemas.errors import EnvelopeError, SchemaError
from corvus_schemas.identifiers import Oin, ZaakId
from corvus_schemas.wire import bericht, bewijs, staat, wire_schema
from corvus_schemas.wire.record import WireRecord

if TYPE_CHECKING:
    from collections.abc import Callable

MADE = make(Plan(2, 3, {0: b"a", 2: b"b" * 200}, (frozenset({0}), frozenset({2}))))
MANIFEST = MADE.verzegeld.manifest
LEVERING = MADE.levering(0)
ALIASSEN, OIN = AliasSleutel(bytes(range(64))), Oin("0" * 20)


def _records() -> list[type[WireRecord]]:
    found = [
        kind
        for module in (bericht, bewijs, staat)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, WireRecord)
    ]
    return sorted({kind for kind in found if kind is not WireRecord}, key=str)


RECORDS = _records()


def _packed_kolommen(data: bytes) -> bytes:
    parsed = parse_kolommen(data, SUITES[2], 4)
    return b"".join(kolom.encode() for kolom in parsed)


def _packed_cellen(data: bytes) -> bytes:
    parsed = cel.split_cellen(data, 2, 4)
    assert b"".join(one.wire for one in parsed) == data
    return b"".join(
        cel.wire_cel(one.geheimhash, one.ciphertext, one.row) for one in parsed
    )


def _manifest(data: bytes) -> bytes:
    m = parse_manifest(data)
    return lp("manifest", bytes([m.suite]), m.kop, m.routering, m.cellen, m.kolommen)


def _alias(data: bytes) -> bytes:
    return ALIASSEN.alias(ALIASSEN.zaak(data, OIN), OIN, 7)


def _batch(size: int, at: int) -> bytes:
    digests = [bytes([n]) * 32 for n in range(size)]
    made = sign_batch(SIGNER, b"\x07" * 32, "inzending", digests, bytes)
    return made[at].encode()


def _attested() -> bytes:
    outputs = [("levering", bytes([n])) for n in range(5)]
    return Attesteerder(SIGNER, bytes(16), bytes(32)).attest(outputs, 3)[2].encode()


PARSERS: dict[str, tuple[Callable[[bytes], bytes], bytes]] = {
    "manifest": (_manifest, MANIFEST.encoded),
    "kolommen": (_packed_kolommen, MADE.verzegeld.kolommen),
    "cellen": (_packed_cellen, MADE.verzegeld.cellen),
    "ondertekening": (
        lambda data: parse_ondertekening(data).encode(),
        sign_one(SIGNER, bytes(32), "inzending", bytes(32)).encode(),
    ),
    "reeks": (lambda data: parse_ondertekening(data).encode(), _batch(5, 3)),
    "attestatie": (lambda data: parse_attestatie(data).encode(), _attested()),
    "masker": (lambda data: encode_mask(parse_mask(data, 11), 11), b"\xff\x07"),
    "opvulling": (lambda data: cel.pad(cel.unpad(data)), cel.pad(b"abc")),
    "alias": (_alias, ALIASSEN.alias(ZaakId(b"\x11" * 16), OIN, 7)),
}


def _whole_or_refused(parse: Callable[[bytes], bytes], data: bytes) -> bool:
    """Check the promise for these bytes; tell whether they parsed."""
    try:
        again = parse(data)
    except (EnvelopeError, SchemaError):
        return False
    assert again == data
    return True


@st.composite
def mangled(draw: st.DrawFn, good: bytes) -> bytes:
    """Draw bytes near good ones: pieces cut, put in, changed, or anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    data = bytearray(good)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 4, 16, 32, 40])))
        data[start:end] = draw(
            st.one_of(
                st.binary(max_size=5),
                st.sampled_from([bytes(4), b"\xff" * 4, bytes(32), bytes(40)]),
            )
        )
    return bytes(data)


@pytest.mark.parametrize("name", PARSERS)
def test_good_bytes_parse(name: str) -> None:
    # SPEC 1-1
    parse, good = PARSERS[name]
    assert _whole_or_refused(parse, good)


@pytest.mark.parametrize("name", PARSERS)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_bytes_parse_whole_or_are_refused(name: str, data: st.DataObject) -> None:
    # SPEC 1-1, SPEC 1-2
    parse, good = PARSERS[name]
    _whole_or_refused(parse, data.draw(mangled(good)))


def test_every_alias_of_34_bytes_but_the_own_one_is_refused() -> None:
    # SPEC 10-4: exhaustive over single bits
    good = PARSERS["alias"][1]
    for bit in range(len(good) * 8):
        with pytest.raises(EnvelopeError) as caught:
            ALIASSEN.zaak(flip_bit(good, bit), OIN)
        assert caught.value.code == "zaak.onbekend"


def test_there_are_records_to_fuzz() -> None:
    assert len(RECORDS) == 17


NAMED: dict[str, dict[str, object]] = {}


def _values(schema: object) -> st.SearchStrategy[object]:
    """Values of an Avro schema; numbers also where they are not allowed."""
    if isinstance(schema, list):
        return st.one_of([_values(one) for one in schema])
    if isinstance(schema, str):
        return _values(NAMED[schema]) if schema in NAMED else _PRIMITIVES[schema]
    shape = cast("dict[str, object]", schema)
    if "name" in shape:
        NAMED[cast("str", shape["name"])] = shape
    if shape["type"] == "record":
        fields = cast("list[dict[str, object]]", shape["fields"])
        return st.fixed_dictionaries(
            {cast("str", field["name"]): _values(field["type"]) for field in fields}
        )
    if shape["type"] == "array":
        return st.lists(_values(shape["items"]), max_size=3)
    if shape["type"] == "fixed":
        size = cast("int", shape["size"])
        return st.binary(min_size=size, max_size=size)
    return _values(shape["type"])


_PRIMITIVES: dict[str, st.SearchStrategy[object]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.sampled_from([-1, 0, 1, 5, 2**31 - 1, 2**31, 2**40]),
    "long": st.integers(-1, 2**50),
    "string": st.one_of(st.text(max_size=5), st.just("0" * 20)),
    "bytes": st.binary(max_size=20),
}


@pytest.mark.parametrize("kind", RECORDS)
@settings(deadline=None, max_examples=120)
@given(data=st.data())
def test_any_record_decodes_whole_or_is_refused(
    kind: type[WireRecord], data: st.DataObject
) -> None:
    # SPEC 2-4, SPEC 2-6, SPEC 2-7
    schema = wire_schema(kind.SCHEMA)
    value = data.draw(_values(schema.definition))
    good = schema.encode(cast("dict[str, object]", value))
    _whole_or_refused(lambda raw: kind.decode(raw).encode(), good)
    near = data.draw(mangled(good))
    _whole_or_refused(lambda raw: kind.decode(raw).encode(), near)
    tail = schema.header + data.draw(st.binary(max_size=60))
    _whole_or_refused(lambda raw: kind.decode(raw).encode(), tail)


PARTS = st.lists(st.binary(max_size=6), max_size=5)
TAGS = st.text("abc-", min_size=1, max_size=5)


@given(TAGS, PARTS, TAGS, PARTS)
@example("a", [b"b"], "ab", [])
@example("a", [b"", b"x"], "a", [b"x", b""])
def test_lp_is_injective(
    tag: str, parts: list[bytes], other_tag: str, other: list[bytes]
) -> None:
    # SPEC 2-1, SPEC 2-2
    same = (tag, parts) == (other_tag, other)
    assert (lp(tag, *parts) == lp(other_tag, *other)) is same


@given(TAGS, PARTS)
def test_lp_can_be_read_back(tag: str, parts: list[bytes]) -> None:
    # SPEC 2-1, SPEC 2-2: a decoder exists, so no two lists share an encoding
    data, read = lp(tag, *parts), []
    while data:
        size = int.from_bytes(data[:4], "big")
        read.append(data[4 : 4 + size])
        data = data[4 + size :]
    assert read == [f"corvus/1/{tag}".encode(), *parts]


@given(st.sets(st.integers(0, 200)))
def test_a_mask_keeps_its_positions(positions: set[int]) -> None:
    # SPEC 2-3
    mask = mask_of(positions)
    assert list(bits(mask)) == sorted(positions)
    assert parse_mask(encode_mask(mask, 201), 201) == mask


def _unpadded(padded: bytes) -> bytes | None:
    """Take the padding off; None where it is refused."""
    try:
        return cel.unpad(padded)
    except EnvelopeError as error:
        if error.code != "cel.opvulling":
            raise
        return None


@given(st.integers(0, 2000), st.data())
def test_padding_hides_the_size_within_its_bucket(
    size: int, data: st.DataObject
) -> None:
    # SPEC 5-2, SPEC 5-3
    padded = cel.pad(bytes(size))
    assert cel.unpad(padded) == bytes(size)
    bucket = len(padded)
    assert bucket % 128 == 0
    assert (bucket // 128).bit_count() == 1
    assert bucket == 128 or bucket < 2 * (size + 4)
    at = data.draw(st.integers(0, bucket - 1))
    changed = flip_bit(padded, at * 8 + 1)
    # There is one padding of a content: what is not made by it is refused.
    content = _unpadded(changed)
    assert content is None or cel.pad(content) == changed
