"""A wire record: a frozen struct tied to its Avro schema."""

from __future__ import annotations

from functools import cache
from typing import Annotated, ClassVar, Final, Self, TypeAlias, TypeVar

import msgspec

from corvus_schemas.errors import SchemaError
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.codec import Codec, make_codec

_Record = TypeVar("_Record", bound="WireRecord")

LAST_MOMENT: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: what dates can still say."""

# A number that does not fit its
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
        try:
            return _codec_of(type(self)).encode(self)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Their texts can hold field values, so only the kind of error goes on.
            raise SchemaError(
                "schema.ongeldig",
                f"the record does not fit schema {self.SCHEMA} ({type(error).__name__})",
            ) from None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Parse canonical bytes.

        Raises:
            SchemaError: ``schema.onbekend`` (other fingerprint) or
                ``schema.niet_canoniek`` (does not decode, trailing bytes, a second
                encoding of the same value, or a value outside its limits).
        """
        codec = _codec_of(cls)
        if not data.startswith(codec.header):
            raise SchemaError(
                "schema.onbekend", f"these bytes are no record of schema {cls.SCHEMA}"
            )
        try:
            record: Self = codec.decode(data)
        except (IndexError, ValueError) as error:
            raise SchemaError(
                "schema.niet_canoniek",
                f"the bytes are not the canonical encoding of a {cls.__name__}"
                f" ({type(error).__name__})",
            ) from None
        return record


@cache
def _codec_of(kind: type[_Record]) -> Codec[_Record]:
    return make_codec(wire_schema(kind.SCHEMA), kind)
