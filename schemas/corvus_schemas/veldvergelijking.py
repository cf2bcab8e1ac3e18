"""Compares two versions of one record, field by field, at every depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_schemas.bronbestand import Knoop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corvus_schemas.avro import AvroSchema, JsonValue

# What a value means and how far it may go; gevoeligheid and the choice between N and V
# change no value that is right.
_BETEKENIS: Final = (
    "soort",
    "codelijst",
    "codelijst_ook",
    "codelijst_waarde",
    "lengte",
    "constante",
    "verwijst_naar",
    "gelijk_aan_rol",
    "alleen_rol",
)


@dataclass(frozen=True, slots=True)
class Verschil:
    """One difference that breaks a rule."""

    regel: str
    plaats: str
    uitleg: str


def compare_records(oud: AvroSchema, nieuw: AvroSchema) -> Iterator[Verschil]:
    """Name the differences that keep two versions of a record from being read."""
    if oud.name != nieuw.name:
        yield Verschil("E5", oud.name, f"the record was renamed, to {nieuw.name}")
        return
    yield from _fields(
        Knoop(dict(oud.definition), oud.name), Knoop(dict(nieuw.definition), nieuw.name)
    )


def _fields(oud: Knoop, nieuw: Knoop) -> Iterator[Verschil]:
    before, after = _by_name(oud), _by_name(nieuw)
    for naam, veld in before.items():
        plaats = f"{oud.pad}.{naam}"
        if naam not in after:
            yield Verschil("E4", plaats, "the field was removed")
        else:
            yield from _field(plaats, veld, after[naam])
    for naam, veld in after.items():
        if naam not in before and "default" not in veld.object():
            uitleg = "a new field has to be optional or have a default"
            yield Verschil("E6", f"{oud.pad}.{naam}", uitleg)


def _by_name(record: Knoop) -> dict[str, Knoop]:
    return {one.need("name").text(): one for one in record.need("fields").items()}


def _field(plaats: str, oud: Knoop, nieuw: Knoop) -> Iterator[Verschil]:
    before, after = oud.object(), nieuw.object()
    yield from _type(plaats, before["type"], after["type"])
    for naam in _BETEKENIS:
        if before.get(naam) != after.get(naam):
            said = f"{before.get(naam)} became {after.get(naam)}"
            yield Verschil("E5", plaats, f"{naam} was changed: {said}")
    limited, left = oud.get("codes"), nieuw.get("codes")
    if left is not None:
        if limited is None:
            yield Verschil("E7", plaats, "the codes of the field were limited")
        else:
            for code in limited.texts():
                if code not in left.texts():
                    yield Verschil("E7", plaats, f"code {code} was removed")


def _type(plaats: str, oud: JsonValue, nieuw: JsonValue) -> Iterator[Verschil]:
    """Compare Avro types; a record inside is compared field by field."""
    match oud, nieuw:
        case {"type": "record", "name": one}, {"type": "record", "name": other} if (
            one == other
        ):
            yield from _fields(Knoop(oud, plaats), Knoop(nieuw, plaats))
        case {"type": "array", "items": one}, {"type": "array", "items": other}:
            yield from _type(f"{plaats}[]", one, other)
        case {"type": "map", "values": one}, {"type": "map", "values": other}:
            yield from _type(f"{plaats}{{}}", one, other)
        case ["null", one], ["null", other]:
            yield from _type(plaats, one, other)
        case _ if oud != nieuw:
            uitleg = f"the type was changed: {_said(oud)} became {_said(nieuw)}"
            yield Verschil("E5", plaats, uitleg)
        case _:
            pass


def _said(avro_type: JsonValue) -> str:
    match avro_type:
        case str():
            return avro_type
        case list():
            return " or ".join(map(_said, avro_type))
        case {"type": "array", "items": item}:
            return f"array of {_said(item)}"
        case {"type": str(soort)}:
            return soort
        case _:
            return "another"
