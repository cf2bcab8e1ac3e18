"""The strict codec of a wire record: straight Python, made once from its schema.

A router reads and writes records twenty times a message. fastavro is not strict: it
takes overlong varints, booleans of 2, split blocks and trailing bytes, so its answer
would have to be encoded again and compared. The code made here reads canonical bytes
only, in one pass, and makes the struct within its limits (SPEC 2-2, 2-7). Properties
hold it against fastavro, both ways; the reasons are in ADR 0024.

Reading never looks whether bytes are left. A slice past the end is short and the place
only grows, so the one comparison at the end finds whatever was cut off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar, cast

import msgspec

from corvus_schemas.wire import primitives
from corvus_schemas.wire.vorm import read_vorm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corvus_schemas.avro import AvroSchema
    from corvus_schemas.wire.vorm import Vorm

_Struct = TypeVar("_Struct", bound=msgspec.Struct)
_RUNTIME: Final = {
    "BOOLEANS": primitives.BOOLEANS,
    "SIZES": primitives.SIZES,
    "encode_strings": primitives.encode_strings,
    "read_long": primitives.read_long,
    "read_size": primitives.read_size,
    "refuse": primitives.refuse,
}
# What tells the branches of a union apart; no schema has others (see vorm.py).
_TESTS: Final = {
    "null": "{0} is None",
    "boolean": "isinstance({0}, bool)",
    "string": "isinstance({0}, str)",
    "array": "isinstance({0}, list)",
}


class Codec(NamedTuple, Generic[_Struct]):
    """Both directions of one record; a fault is whatever exception it becomes.

    ``decode`` takes for granted that the bytes start with ``header``.
    """

    header: bytes
    encode: Callable[[_Struct], bytes]
    decode: Callable[[bytes], _Struct]


@dataclass(slots=True)
class _Code:
    """Lines of one function, and the objects that they name."""

    lines: list[str]
    objects: dict[str, object]
    depth: int = 1
    count: int = 0

    def add(self, *lines: str) -> None:
        self.lines += ["    " * self.depth + line for line in lines]

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def name(self, thing: object) -> str:
        name = f"OBJECT{len(self.objects)}"
        self.objects[name] = thing
        return name


def make_codec(schema: AvroSchema, kind: type[_Struct]) -> Codec[_Struct]:
    """Make the codec of a struct and its schema.

    Raises:
        TypeError: they do not say the same; a fault in what comes with the code.
    """
    vorm = read_vorm(schema, kind)
    objects: dict[str, object] = {"HEADER": schema.header, **_RUNTIME}
    writer = _Code(["def encode(value):"], objects)
    writer.add(
        f"return b''.join(({_tuple(['HEADER', *_write(vorm, 'value', writer)])}))"
    )
    reader = _Code(["def decode(data):"], objects)
    reader.add(f"at = {len(schema.header)}")
    made = _read(vorm, reader)
    reader.add("if at != len(data): refuse()", f"return {made}")
    source = "\n".join([*writer.lines, *reader.lines])
    exec(compile(source, f"<codec of {schema.name}>", "exec"), objects)  # noqa: S102 - made of our own files
    return Codec(
        schema.header,
        cast("Callable[[_Struct], bytes]", objects["encode"]),
        cast("Callable[[bytes], _Struct]", objects["decode"]),
    )


def _tuple(parts: Sequence[str]) -> str:
    return ", ".join([*parts, ""])


def _write(vorm: Vorm, value: str, code: _Code) -> list[str]:  # noqa: PLR0911 - a case a type
    """Add what prepares a value; give the expressions of its bytes, in order."""
    match vorm.soort:
        case "null":
            return []
        case "boolean":
            return [f"BOOLEANS[{value}]"]
        case "int" | "long":
            return [f"SIZES[{value}]"]
        case "fixed":
            name = _local(value, code)
            code.add(f"if len({name}) != {vorm.size}: refuse()")
            return [name]
        case "string":
            name = _local(f"{value}.encode()", code)
            return [f"SIZES[len({name})]", name]
        case "bytes":
            name = _local(value, code)
            return [f"SIZES[len({name})]", name]
        case "record":
            return [
                part
                for naam, deel in zip(vorm.namen, vorm.delen, strict=True)
                for part in _write(deel, f"{value}.{naam}", code)
            ]
        case "array":
            return [_write_array(vorm, value, code)]
        case _:
            return [_write_union(vorm, value, code)]


def _local(expression: str, code: _Code) -> str:
    name = code.fresh()
    code.add(f"{name} = {expression}")
    return name


def _write_array(vorm: Vorm, value: str, code: _Code) -> str:
    (deel,) = vorm.delen
    if deel.soort == "string":
        return f"encode_strings({value})"
    items, one, made = _local(value, code), code.fresh(), code.fresh()
    code.add(f"{made} = b'\\0'", f"if {items}:")
    code.depth += 1
    code.add(f"{made} = [SIZES[len({items})]]", f"for {one} in {items}:")
    code.depth += 1
    code.add(f"{made} += ({_tuple(_write(deel, one, code))})")
    code.depth -= 1
    code.add(f"{made}.append(b'\\0')", f"{made} = b''.join({made})")
    code.depth -= 1
    return made


def _write_union(vorm: Vorm, value: str, code: _Code) -> str:
    name, made = _local(value, code), code.fresh()
    word = "if"
    for number, deel in enumerate(vorm.delen):
        code.add(f"{word} {_is_of(vorm, deel).format(name)}:")
        code.depth += 1
        parts = [f"SIZES[{number}]", *_write(deel, name, code)]
        code.add(f"{made} = b''.join(({_tuple(parts)}))")
        code.depth -= 1
        word = "elif"
    code.add("else: refuse()")
    return made


def _is_of(union: Vorm, deel: Vorm) -> str:
    """Give the test for a branch; what is not null is the other one."""
    return (
        "{0} is not None"
        if union.is_optional and deel.soort != "null"
        else _TESTS[deel.soort]
    )


def _read(vorm: Vorm, code: _Code) -> str:  # noqa: PLR0911 - a case a type
    """Add what reads a value and moves the place; give the expression of the value."""
    match vorm.soort:
        case "null":
            return "None"
        case "boolean":
            name = _local("data[at]", code)
            code.add("at += 1", f"if {name} > 1: refuse()")
            return f"{name} == 1"
        case "int" | "long":
            return _read_number(vorm, code)
        case "fixed":
            name = _local(f"data[at:at + {vorm.size}]", code)
            code.add(f"at += {vorm.size}")
            return name
        case "bytes" | "string":
            return _read_text(vorm, code)
        case "array":
            return _read_array(vorm, code)
        case "record":
            values = [_read(deel, code) for deel in vorm.delen]
            pairs = zip(vorm.namen, values, strict=True)
            return (
                f"{code.name(vorm.struct)}({', '.join(f'{k}={v}' for k, v in pairs)})"
            )
        case _:
            return _read_union(vorm, code)


def _read_number(vorm: Vorm, code: _Code) -> str:
    name = _local("data[at]", code)
    code.add(
        f"if {name} > 127: {name}, at = read_long(data, at)",
        f"else: at, {name} = at + 1, {name} >> 1 ^ -({name} & 1)",
        f"if not {vorm.low} <= {name} <= {vorm.high}: refuse()",
    )
    return name


def _read_size(code: _Code) -> str:
    size = _local("data[at]", code)
    code.add(
        f"if {size} > 127: {size}, at = read_size(data, at)",
        f"elif {size} & 1: refuse()",  # negative
        f"else: at, {size} = at + 1, {size} >> 1",
    )
    return size


def _read_text(vorm: Vorm, code: _Code) -> str:
    size, name = _read_size(code), code.fresh()
    code.add(f"{size} += at", f"{name} = data[at:{size}]", f"at = {size}")
    if vorm.soort == "string":
        code.add(f"{name} = {name}.decode()")
    if vorm.pattern is not None:
        search = code.name(re.compile(vorm.pattern).search)
        code.add(f"if {search}({name}) is None: refuse()")
    return name


def _read_array(vorm: Vorm, code: _Code) -> str:
    """One block, then a zero; every item takes a byte at least."""
    (deel,) = vorm.delen
    made, count = _local("[]", code), _read_size(code)
    code.add(f"if {count} > len(data): refuse()", f"if {count}:")
    code.depth += 1
    code.add(f"for _ in range({count}):")
    code.depth += 1
    code.add(f"{made}.append({_read(deel, code)})")
    code.depth -= 1
    code.add("if data[at]: refuse()", "at += 1")
    code.depth -= 1
    return made


def _read_union(vorm: Vorm, code: _Code) -> str:
    branch, made = _local("data[at]", code), code.fresh()
    code.add("at += 1")
    word = "if"
    for number, deel in enumerate(vorm.delen):
        code.add(f"{word} {branch} == {2 * number}:")
        code.depth += 1
        code.add(f"{made} = {_read(deel, code)}")
        code.depth -= 1
        word = "elif"
    code.add("else: refuse()")
    return made
