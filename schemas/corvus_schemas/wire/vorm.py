"""The form of a wire record: its Avro schema and its struct laid side by side.

From the schema come the order and the encoding of the fields, from the annotations of
the struct the limits of a value. Where the two differ no codec is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from corvus_schemas.avro import AvroSchema, JsonValue

_Object: TypeAlias = "dict[str, JsonValue]"

_SCALARS: Final = {
    "null": inspect.NoneType,
    "boolean": inspect.BoolType,
    "int": inspect.IntType,
    "long": inspect.IntType,
    "string": inspect.StrType,
    "bytes": inspect.BytesType,
    "fixed": inspect.BytesType,
}
_RANGES: Final = {"int": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
_DISTINCT: Final = {"boolean", "string", "array"}


@dataclass(frozen=True, slots=True)
class Vorm:
    """One type: ``soort`` is Avro's word for it, the rest is of some kinds only."""

    soort: str
    size: int = 0
    pattern: str | None = None
    low: int = 0
    high: int = 0
    delen: Sequence[Vorm] = ()
    """The branches of a union, the item of an array, the fields of a record."""
    namen: Sequence[str] = ()
    struct: type[msgspec.Struct] | None = None

    @property
    def is_optional(self) -> bool:
        """Whether it is a union of null and one type more."""
        return self.soort == "union" and [one.soort for one in self.delen][:-1] == [
            "null"
        ]


@dataclass(slots=True)
class _Lezer:
    """Walks over schema and struct together; remembers the names of the schema."""

    named: dict[str, _Object] = field(default_factory=dict)

    def read(self, schema: JsonValue, info: inspect.Type) -> Vorm:
        if isinstance(schema, list):
            return self._union(schema, info)
        if isinstance(schema, str):
            if schema not in self.named:
                return _scalar(schema, 0, info)
            schema = self.named[schema]
        definition = cast("_Object", schema)
        soort = definition["type"]
        if soort == "array" and isinstance(info, inspect.ListType):
            item = self.read(definition["items"], info.item_type)
            return Vorm("array", delen=(item,))
        if soort in {"fixed", "record"}:
            self.named[str(definition["name"])] = definition
        if soort == "record" and isinstance(info, inspect.StructType):
            return self._record(definition, info)
        return _scalar(str(soort), cast("int", definition.get("size", 0)), info)

    def _record(self, definition: _Object, info: inspect.StructType) -> Vorm:
        fields = cast("list[_Object]", definition["fields"])
        namen = [str(one["name"]) for one in fields]
        types = {one.name: one.type for one in info.fields}
        if sorted(namen) != sorted(types):
            raise _differ(f"the fields of {info.cls.__name__}")
        delen = [
            self.read(one["type"], types[naam])
            for naam, one in zip(namen, fields, strict=True)
        ]
        return Vorm("record", delen=delen, namen=namen, struct=info.cls)

    def _union(self, schema: list[JsonValue], info: inspect.Type) -> Vorm:
        if not isinstance(info, inspect.UnionType):
            raise _differ("a union")
        types = sorted(info.types, key=_is_not_null)
        delen = [self.read(*pair) for pair in zip(schema, types, strict=True)]
        vorm = Vorm("union", delen=delen)
        soorten = [one.soort for one in delen]
        if not vorm.is_optional and not set(soorten) <= _DISTINCT:
            raise _differ("a union whose branches look alike")
        return vorm


def read_vorm(schema: AvroSchema, kind: type[msgspec.Struct]) -> Vorm:
    """Lay a schema and its struct side by side.

    Raises:
        TypeError: they do not say the same.
    """
    definition = cast("JsonValue", dict(schema.definition))
    return _Lezer().read(definition, inspect.type_info(kind))


def _scalar(soort: str, size: int, info: inspect.Type) -> Vorm:
    if not isinstance(info, _SCALARS.get(soort, ())):
        raise _differ(f"a {soort}")
    if isinstance(info, inspect.IntType):
        low, high = _RANGES[soort]
        least = low if info.ge is None else max(low, info.ge)
        return Vorm(
            soort, low=least, high=high if info.le is None else min(high, info.le)
        )
    if isinstance(info, inspect.StrType):
        return Vorm(soort, pattern=info.pattern)
    return Vorm(soort, size)


def _is_not_null(info: inspect.Type) -> bool:
    return not isinstance(info, inspect.NoneType)


def _differ(what: str) -> TypeError:
    return TypeError(f"schema and struct differ in {what}")
