"""A wire record: a frozen struct tied to its Avro schema."""

from __future__ import annotations

from typing import ClassVar, Self

import msgspec

from corvus_schemas.errors import SchemaError
from corvus_schemas.wire import wire_schema


class WireRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records; subclasses name their schema file in ``SCHEMA``."""

    SCHEMA: ClassVar[str]

    def encode(self) -> bytes:
        """Single-object bytes.

        Raises:
            SchemaError: ``schema.ongeldig``.
        """
        record = msgspec.to_builtins(self, builtin_types=(bytes,))
        return wire_schema(self.SCHEMA).encode(record)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Parse canonical bytes.

        Raises:
            SchemaError: ``schema.onbekend``, ``schema.niet_canoniek``.
        """
        record = wire_schema(cls.SCHEMA).decode(data)
        try:
            return msgspec.convert(record, cls)
        except msgspec.ValidationError:
            raise SchemaError(
                "schema.niet_canoniek", f"the record is no {cls.__name__}"
            ) from None
