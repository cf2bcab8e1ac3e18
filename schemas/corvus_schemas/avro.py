"""Strict Avro in single-object encoding: what parses re-encodes to the same bytes.

fastavro by itself accepts trailing bytes, overlong varints, booleans of 2 and split
blocks, and Avro gives the entries of a map no order. A signed record must have one
encoding only: ``encode`` sorts maps by key, and ``decode`` encodes again and compares
(SPEC 2.3). The meaning of a record is left to the caller.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, cast

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

JsonValue: TypeAlias = (
    "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
)
AvroValue: TypeAlias = (
    "bool | int | float | str | bytes | list[AvroValue] | dict[str, AvroValue] | None"
)
AvroRecord: TypeAlias = "dict[str, AvroValue]"

MARKER = b"\xc3\x01"
HEADER_BYTES = 10


@dataclass(frozen=True)
class AvroSchema:
    """One record schema: encode and decode, canonical bytes only."""

    definition: Mapping[str, JsonValue]

    @classmethod
    def from_file(cls, path: Path) -> AvroSchema:
        """Read an ``.avsc`` file."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    @property
    def name(self) -> str:
        """Full name of the record."""
        return str(self.definition["name"])

    @cached_property
    def fingerprint(self) -> bytes:
        """CRC-64-AVRO of the parsing canonical form: 8 bytes, little endian."""
        canonical = to_parsing_canonical_form(dict(self.definition))
        return bytes.fromhex(fingerprint(canonical, "CRC-64-AVRO"))

    @cached_property
    def header(self) -> bytes:
        """The 10 bytes that open every record of this schema."""
        return MARKER + self.fingerprint

    @cached_property
    def _parsed(self) -> dict[str, object]:
        parsed = fastavro.parse_schema(dict(self.definition))
        return cast("dict[str, object]", parsed)

    @cached_property
    def _has_map(self) -> bool:
        return _mentions_map(dict(self.definition))

    def encode(self, record: Mapping[str, object]) -> bytes:
        """Encode a record as marker, fingerprint and body.

        Raises:
            SchemaError: ``schema.ongeldig``, when a field is missing or of a wrong type.
        """
        out = io.BytesIO()
        out.write(self.header)
        try:
            value = _sorted(record) if self._has_map else record
            fastavro.schemaless_writer(
                out, self._parsed, value, strict=True, disable_tuple_notation=True
            )
        except Exception as error:  # noqa: BLE001 - see the comment
            # fastavro raises ValueError, TypeError, KeyError, OverflowError and more;
            # their texts can hold field values, so only the kind of error goes on.
            raise SchemaError(
                "schema.ongeldig",
                f"the record does not fit schema {self.name} ({type(error).__name__})",
            ) from None
        return out.getvalue()

    def decode(self, data: bytes) -> AvroRecord:
        """Decode a record that is in canonical form.

        Raises:
            SchemaError: ``schema.onbekend`` (other fingerprint) or
                ``schema.niet_canoniek`` (does not decode, trailing bytes, or a second
                encoding of the same value).
        """
        if data[:HEADER_BYTES] != self.header:
            raise SchemaError(
                "schema.onbekend", f"these bytes are no record of schema {self.name}"
            )
        stream = io.BytesIO(data)
        stream.seek(HEADER_BYTES)
        try:
            record = fastavro.schemaless_reader(stream, self._parsed, None)
        except Exception as error:  # noqa: BLE001 - any fault in hostile bytes is one
            raise SchemaError(
                "schema.niet_canoniek",
                f"the bytes do not decode as {self.name} ({type(error).__name__})",
            ) from None
        value = cast("AvroRecord", record)
        if self.encode(value) != data:
            raise SchemaError(
                "schema.niet_canoniek",
                f"the bytes are not the canonical encoding of this {self.name}",
            )
        return value

    def resolve(self, data: bytes, writer: AvroSchema) -> AvroRecord:
        """Read a record of another version of this schema (Avro schema resolution).

        Fields that are new here get their default; fields this version does not have
        are left out. ``writer.decode`` says whether the bytes are canonical.

        Raises:
            SchemaError: ``schema.onbekend`` (no record of the writer's schema) or
                ``schema.onverenigbaar`` (these versions do not read each other).
        """
        if data[:HEADER_BYTES] != writer.header:
            raise SchemaError(
                "schema.onbekend", f"these bytes are no record of schema {writer.name}"
            )
        stream = io.BytesIO(data)
        stream.seek(HEADER_BYTES)
        try:
            record = fastavro.schemaless_reader(stream, writer._parsed, self._parsed)
        except Exception as error:  # noqa: BLE001 - any fault in hostile bytes is one
            raise SchemaError(
                "schema.onverenigbaar",
                f"two versions of {self.name} do not read each other"
                f" ({type(error).__name__})",
                advice="Run corvus schema check where these versions were made.",
            ) from None
        return cast("AvroRecord", record)


def _mentions_map(definition: JsonValue) -> bool:
    if isinstance(definition, dict):
        return definition.get("type") == "map" or any(
            _mentions_map(definition.get(key)) for key in ("type", "items", "fields")
        )
    return isinstance(definition, list) and any(map(_mentions_map, definition))


def _sorted(value: object) -> object:
    """Order the keys of every dict; for records the order means nothing."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value


def fingerprint_of(data: bytes) -> bytes:
    """Give the schema fingerprint of a single-object record.

    Raises:
        SchemaError: ``schema.onbekend`` when the marker or 8 bytes are missing.
    """
    if len(data) < HEADER_BYTES or data[:2] != MARKER:
        raise SchemaError("schema.onbekend", "the bytes are no single-object record")
    return data[2:HEADER_BYTES]
