"""A wire record: a frozen struct tied to its Avro schema."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Self, TypeAlias

import msgspec

from corvus_schemas.errors import SchemaError
from corvus_schemas.wire import wire_schema

LAST_MOMENT: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: what dates can still say."""

# Avro's own ranges are not checked by fastavro, and a number that does not fit its
# place would fail later, far from here: ``decode`` refuses it (SPEC 2-7).
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Ordinal: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Moment: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LAST_MOMENT)]
OinText: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{20}\Z")]


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
