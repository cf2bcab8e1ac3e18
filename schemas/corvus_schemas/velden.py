"""Field trees: what a rubriek may hold, made from its Avro schema and attributes.

``check`` turns a JSON-like value into the Avro value and notes every problem;
``strip`` is the way back, without the fields that are absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from corvus_schemas.codelijsten import allowed_codes
from corvus_schemas.problemen import Probleem
from corvus_schemas.waarden import CHECKS, check_test_bsn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.avro import AvroRecord, AvroValue

MAX_ITEMS = 200
INT_LIMIT = 2**31

Soort: TypeAlias = "Waarheid | Getal | Tekst | Code | Lijst | Kaart | Record"


@dataclass
class Melder:
    """Collects problems; knows the role the record stands under."""

    problemen: list[Probleem]
    rol: str | None = None
    alleen_testbsn: bool = True

    def note(self, pad: str, melding: str) -> None:
        """Keep one problem."""
        self.problemen.append(Probleem(pad, melding))


@dataclass(frozen=True)
class Waarheid:
    """True or false."""

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check one value."""
        if isinstance(value, bool):
            return value
        melder.note(pad, "true or false is expected; in a file also ja or nee")
        return False


@dataclass(frozen=True)
class Getal:
    """A whole number of 32 bits."""

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check one value."""
        if isinstance(value, bool) or not isinstance(value, int):
            melder.note(pad, "a whole number is expected")
            return 0
        if not 0 <= value < INT_LIMIT:
            melder.note(pad, "a whole number from 0 to 2147483647 is expected")
            return 0
        return value


@dataclass(frozen=True)
class Tekst:
    """A string with a meaning (waarden.CHECKS)."""

    soort: str
    lengte: int | None = None
    constante: str | None = None
    verwijst_naar: str | None = None

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check one value."""
        fault = self._fault(value, alleen_testbsn=melder.alleen_testbsn)
        if fault:
            melder.note(pad, fault)
        return value if isinstance(value, str) else ""

    def _fault(self, value: object, *, alleen_testbsn: bool) -> str | None:
        if not isinstance(value, str):
            return "text is expected"
        if self.constante is not None and value != self.constante:
            return "this field has one fixed text"
        if self.lengte is not None and len(value) != self.lengte:
            return f"{self.lengte} characters are expected"
        if self.soort == "bsn" and alleen_testbsn:
            return check_test_bsn(value)
        return CHECKS[self.soort](value)


@dataclass(frozen=True)
class Code:
    """One code out of a list."""

    codes: tuple[str, ...]
    gelijk_aan_rol: bool = False

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check one value."""
        if not isinstance(value, str) or value not in self.codes:
            melder.note(pad, allowed_codes(self.codes))
            return ""
        if self.gelijk_aan_rol and melder.rol is not None and value != melder.rol:
            melder.note(pad, f"has to be {melder.rol}, the role of the record")
        return value


@dataclass(frozen=True)
class Lijst:
    """A list of values of one kind."""

    item: Soort

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check all items."""
        if not isinstance(value, list):
            melder.note(pad, "a list is expected")
            return []
        if len(value) > MAX_ITEMS:
            melder.note(pad, f"{len(value)} items, at most {MAX_ITEMS} are allowed")
            return []
        return [
            self.item.check(item, f"{pad}[{n}]", melder) for n, item in enumerate(value)
        ]


@dataclass(frozen=True)
class Kaart:
    """A value per code, for example an answer per question."""

    sleutels: tuple[str, ...]
    item: Soort

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check all keys and values; the result is in the order of the keys."""
        if not isinstance(value, dict):
            melder.note(pad, "an object is expected")
            return {}
        if not all(isinstance(key, str) and key in self.sleutels for key in value):
            melder.note(pad, allowed_codes(self.sleutels))
            return {}
        return {
            key: self.item.check(value[key], f"{pad}[{key}]", melder)
            for key in sorted(value)
        }


@dataclass(frozen=True)
class Veld:
    """One field of a record."""

    naam: str
    soort: Soort
    verplicht: str
    gevoeligheid: str
    alleen_rol: str | None = None

    @property
    def required(self) -> bool:
        """Whether the field has to be there."""
        return self.verplicht == "J"


@dataclass(frozen=True)
class Record:
    """A record with named fields; null and absent are the same."""

    velden: Mapping[str, Veld]

    def check(self, value: object, pad: str, melder: Melder) -> AvroValue:
        """Check all fields; the result has every field of the schema."""
        return self.check_record(value, pad, melder)

    def check_record(self, value: object, pad: str, melder: Melder) -> AvroRecord:
        """Check all fields; typed as a record."""
        if not isinstance(value, dict):
            melder.note(pad, "an object with fields is expected")
            return {}
        strange = sum(key not in self.velden for key in value)
        if strange:
            names = ", ".join(self.velden)
            melder.note(pad, f"{strange} unknown field(s); allowed: {names}")
        return {
            naam: self._field(veld, value.get(naam), f"{pad}.{naam}", melder)
            for naam, veld in self.velden.items()
        }

    @staticmethod
    def _field(veld: Veld, value: object, pad: str, melder: Melder) -> AvroValue:
        if value is None:
            if veld.required:
                melder.note(pad, "is required")
            return None
        if veld.alleen_rol is not None and melder.rol != veld.alleen_rol:
            melder.note(pad, f"belongs to role {veld.alleen_rol} only")
        return veld.soort.check(value, pad, melder)


def strip(value: AvroValue) -> AvroValue:
    """Leave out what is absent, at every depth."""
    if isinstance(value, dict):
        return {key: strip(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [strip(item) for item in value]
    return value
