"""Field trees for who reads: what a newer sender may know is no reason to stop.

A sender is checked strictly. A reader meets codes that were added to a codelijst after
its own copy was made, and kinds of text (`soort`) that are newer than its software:
it keeps such a value, and notes where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from corvus_schemas.avro import AvroSchema
from corvus_schemas.veldbouw import build_velden
from corvus_schemas.velden import MAX_ITEMS, Code, Kaart, Lijst, Melder, Record, Soort
from corvus_schemas.waarden import CHECKS, check_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.avro import AvroValue, JsonValue
    from corvus_schemas.codelijsten import Codelijst


@dataclass
class Leesmelder(Melder):
    """Collects problems, and the paths of codes that are not known here."""

    onbekende_codes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Leescode(Code):
    """A code; one that is not known is kept and noted."""

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check one value."""
        # The role of a record is no matter of a codelijst: it has to be right.
        if not self.gelijk_aan_rol and _is_new(value, self.codes, melder, pad):
            return str(value)
        return super().check(value, pad, melder)


@dataclass(frozen=True)
class Leeskaart(Kaart):
    """A value per code; one under a code that is not known is kept and noted."""

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check all keys and values."""
        if not isinstance(value, dict) or len(value) > MAX_ITEMS:
            return super().check(value, pad, melder)
        # The path does not hold the key: what was made up elsewhere is not repeated.
        new = {key for key in value if _is_new(key, self.sleutels, melder, f"{pad}[?]")}
        known = {key: item for key, item in value.items() if key not in new}
        checked = super().check(known, pad, melder)
        rest = {
            str(key): self.item.check(value[key], f"{pad}[?]", melder) for key in new
        }
        return {**checked, **rest} if isinstance(checked, dict) else checked


def _is_new(value: object, codes: tuple[str, ...], melder: Melder, pad: str) -> bool:
    if (
        not isinstance(melder, Leesmelder)
        or not isinstance(value, str)
        or not value
        or value in codes
        or check_string(value) is not None
    ):
        return False
    melder.onbekende_codes.append(pad)
    return True


def build_leesvelden(
    schema: AvroSchema, codelijsten: Mapping[str, Codelijst]
) -> Record:
    """Make the field tree by which a rubriek is read.

    Raises:
        SchemaError: ``schemabestand.ongeldig``, as ``build_velden``.
    """
    known = _known_soorten(dict(schema.definition))
    if not isinstance(known, dict):
        raise TypeError("a record stays a record")
    return _lenient_record(build_velden(AvroSchema(known), codelijsten))


def _known_soorten(value: JsonValue) -> JsonValue:
    """Take a kind of text that this software has no check for as plain text."""
    if isinstance(value, list):
        return [_known_soorten(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _known_soorten(item) for key, item in value.items()}
    if "gevoeligheid" in made and made.get("soort") not in {"enum", *CHECKS}:
        made["soort"] = "text"
    return made


def _lenient_record(record: Record) -> Record:
    return Record(
        {
            naam: replace(veld, soort=_lenient(veld.soort))
            for naam, veld in record.velden.items()
        }
    )


def _lenient(soort: Soort) -> Soort:
    match soort:
        case Code():
            return Leescode(soort.codes, gelijk_aan_rol=soort.gelijk_aan_rol)
        case Kaart():
            return Leeskaart(soort.sleutels, _lenient(soort.item))
        case Lijst():
            return Lijst(_lenient(soort.item))
        case Record():
            return _lenient_record(soort)
        case _:
            return soort
