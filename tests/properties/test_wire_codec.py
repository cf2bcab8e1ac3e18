"""The made codec against fastavro: the same bytes, the same values, as strict or more.

Here a record is read by fastavro, encoded again and compared, and then converted with
the limits of its annotations: slow, and in the words of another library.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, cast

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

import corvus_schemas.wire
from corvus_schemas.errors import SchemaError
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.bericht import Leveringsbericht
from corvus_schemas.wire.primitives import Strings, encode_long, read_long
from corvus_schemas.wire.record import WireRecord

if TYPE_CHECKING:
    from corvus_schemas.avro import JsonValue

for _module in pkgutil.iter_modules(corvus_schemas.wire.__path__):
    importlib.import_module(f"corvus_schemas.wire.{_module.name}")
RECORDS = sorted(WireRecord.__subclasses__(), key=lambda kind: kind.SCHEMA)
OIN = "0" * 20
# What fastavro takes and a canonical record does not have, or is near to that.
_TRICKS = (b"\x80\x00", b"\x81\x00", b"\x02", b"\x01", b"\x03\x02", b"\xff" * 10, b"\0")

_Names = dict[str, "JsonValue"]


def _values(schema: JsonValue, names: _Names) -> st.SearchStrategy[object]:
    """Give values of a schema; ``names`` are the types it named before."""
    if isinstance(schema, list):
        return st.one_of([_values(one, names) for one in schema])
    if isinstance(schema, str):
        return _values(names[schema], names) if schema in names else _SCALARS[schema]
    shape = cast("dict[str, JsonValue]", schema)
    if "name" in shape:
        names[str(shape["name"])] = shape
    match shape["type"]:
        case "record":
            fields = cast("list[dict[str, JsonValue]]", shape["fields"])
            values = {str(one["name"]): _values(one["type"], names) for one in fields}
            return st.fixed_dictionaries(values)
        case "array":
            return st.lists(_values(shape["items"], names), max_size=3)
        case "fixed":
            size = cast("int", shape["size"])
            return st.binary(min_size=size, max_size=size)
        case other:
            return _SCALARS[str(other)]


_SCALARS: dict[str, st.SearchStrategy[object]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.one_of(st.integers(0, 2**31 - 1), st.sampled_from([-1, 2**31])),
    "long": st.one_of(st.integers(0, 2**47), st.integers(-(2**63), 2**63 - 1)),
    "string": st.one_of(st.just(OIN), st.text(max_size=70), st.just("é" * 70)),
    "bytes": st.one_of(
        st.binary(max_size=9), st.sampled_from([b"x" * 64, b"y" * 9000])
    ),
}


def _record(kind: type[WireRecord]) -> st.SearchStrategy[object]:
    return _values(cast("JsonValue", dict(wire_schema(kind.SCHEMA).definition)), {})


def _by_fastavro(kind: type[WireRecord], data: bytes) -> WireRecord | None:
    try:
        return msgspec.convert(wire_schema(kind.SCHEMA).decode(data), kind)
    except (SchemaError, msgspec.ValidationError):
        return None


def _by_codec(kind: type[WireRecord], data: bytes) -> WireRecord | None:
    try:
        return kind.decode(data)
    except SchemaError:
        return None


def test_every_record_has_a_codec() -> None:
    assert len(RECORDS) >= 17
    assert {kind.SCHEMA for kind in RECORDS} >= {"kop", "routering", "levering"}


@pytest.mark.parametrize("kind", RECORDS)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_both_write_the_same_bytes_and_read_the_same_values(
    kind: type[WireRecord], data: st.DataObject
) -> None:
    # SPEC 2-4, SPEC 2-7
    value = data.draw(_record(kind))
    written = wire_schema(kind.SCHEMA).encode(cast("dict[str, object]", value))
    read = _by_fastavro(kind, written)
    assert _by_codec(kind, written) == read
    if read is not None:
        assert read.encode() == written


@pytest.mark.parametrize("kind", RECORDS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_both_refuse_the_same_bytes(
    kind: type[WireRecord], data: st.DataObject
) -> None:
    # SPEC 2-4, SPEC 2-6
    value = data.draw(_record(kind))
    bent = bytearray(wire_schema(kind.SCHEMA).encode(cast("dict[str, object]", value)))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(10, max(10, min(len(bent), 400))))
        cut = data.draw(st.sampled_from([0, 1, 1, 2, 16, len(bent)]))
        piece = st.one_of(st.sampled_from(_TRICKS), st.binary(max_size=4))
        bent[start : start + cut] = data.draw(piece)
    assert _by_codec(kind, bytes(bent)) == _by_fastavro(kind, bytes(bent))


@pytest.mark.parametrize("kind", RECORDS)
@settings(deadline=None, max_examples=6)
@given(data=st.data())
def test_every_number_in_a_longer_form_is_refused(
    kind: type[WireRecord], data: st.DataObject
) -> None:
    # SPEC 2-6: exhaustive over the bytes, of which some are numbers
    value = data.draw(_record(kind))
    good = wire_schema(kind.SCHEMA).encode(cast("dict[str, object]", value))[:300]
    for at in range(10, len(good)):
        bent = good[:at] + bytes([good[at] | 0x80, 0]) + good[at + 1 :]
        assert _by_codec(kind, bent) == _by_fastavro(kind, bent)


@given(st.integers(-(2**63), 2**63 - 1))
@example(2**63 - 1)
@example(-(2**63))
@example(64)
def test_numbers_come_back(number: int) -> None:
    encoded = encode_long(number)
    if len(encoded) > 1:  # shorter ones are read where they stand
        assert read_long(encoded, 0) == (number, len(encoded))
    else:
        assert encoded[0] >> 1 ^ -(encoded[0] & 1) == number


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_of_more_than_64_bits_is_not_written(number: int) -> None:
    with pytest.raises(ValueError, match="canonical"):
        encode_long(number)


@given(st.lists(st.text(max_size=70), max_size=70), st.data())
def test_strings_encoded_beforehand_are_written_as_others(
    strings: list[str], data: st.DataObject
) -> None:
    size = len(strings)
    chosen = data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    plain = [text for text, one in zip(strings, chosen, strict=True) if one]
    some = Strings(strings).select(bytes(chosen))
    assert some == plain
    levering = Leveringsbericht(
        manifest=b"",
        ondertekening=b"",
        zaak=bytes(34),
        kolom=b"",
        posities=b"",
        cellen=b"",
        regels=some,
        ontvangen_op=0,
        register=bytes(32),
    )
    assert levering.encode() == structs.replace(levering, regels=plain).encode()
