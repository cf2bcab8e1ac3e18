"""Made-up messages: synthetic, plausible, and the same for the same seed.

Values follow from the schema, so a berichttype that is a data file alone has
examples too; names and words come from voorbeeld_woorden, BSNs from the test range.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from corvus_schemas.berichttypen import ROL_SLEUTELS, Berichttype, Rubriek
from corvus_schemas.errors import SchemaError
from corvus_schemas.velden import (
    Code,
    Getal,
    Kaart,
    Lijst,
    Record,
    Soort,
    Tekst,
    Veld,
    Waarheid,
)
from corvus_schemas.voorbeeld_kern import apply_kern
from corvus_schemas.voorbeeld_passend import NEVER_FILLED, fit_content
from corvus_schemas.voorbeeld_woorden import WOORDEN, ZINNEN
from corvus_schemas.waarden import check_bsn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_schemas.avro import JsonValue
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde

VERWIJZING = "verwijzing"
GEMEENTEN = 380
_MINDERJARIG = "kind"
_Record: TypeAlias = "dict[str, JsonValue]"


def voorbeeld_inhoud(  # noqa: PLR0913 - all but two are optional, by name
    berichttype: Berichttype,
    catalogus: Catalogus,
    *,
    seed: int,
    rubrieken: Sequence[str] | None = None,
    kern: Mapping[str, str] | None = None,
    kenmerken: Mapping[str, KenmerkWaarde] | None = None,
    per_rol: int = 1,
) -> dict[str, JsonValue]:
    """Make up the content of a message.

    Args:
        berichttype: What kind of message.
        catalogus: Where codes come from.
        seed: The same seed gives the same message.
        rubrieken: Names as in the verstrekkingentabel; None: all of them but
            ``verwijzing``, which only the sender of an answer can know, and what a
            rule forbids the message to hold.
        kern: Values to put in, as text, by path (``melding.acuut``).
        kenmerken: What will be declared with it: content that is not asked for by
            ``kern`` is made to fit them.
        per_rol: Records per role.

    Raises:
        SchemaError: ``rubriek.onbekend`` or ``voorbeeld.kern_ongeldig``.
    """
    wanted = _wanted(berichttype, rubrieken)
    maker = _Maker(seed, catalogus, berichttype, per_rol)
    found: dict[str, dict[str, JsonValue]] = {}
    for rubriek in wanted:
        for index in range(per_rol if rubriek.groep else 1):
            found[rubriek.label(index)] = maker.rubriek(rubriek, index)
    apply_kern(berichttype, catalogus, found, kern or {})
    fit_content(berichttype.code, found, kern or {}, kenmerken or {})
    return _assemble(berichttype, wanted, found, per_rol)


def _wanted(berichttype: Berichttype, rubrieken: Sequence[str] | None) -> list[Rubriek]:
    if rubrieken is None:
        left_out = {VERWIJZING, *NEVER_FILLED.get(berichttype.code, ())}
        return [r for r in berichttype.rubrieken if r.naam not in left_out]
    strange = [naam for naam in rubrieken if berichttype.rubriek(naam) is None]
    if strange:
        raise SchemaError(
            "rubriek.onbekend",
            f"{berichttype.code} has no rubriek {', '.join(strange)}",
            advice=f"it has: {', '.join(r.naam for r in berichttype.rubrieken)}",
        )
    return [r for r in berichttype.rubrieken if r.naam in set(rubrieken)]


def _assemble(
    berichttype: Berichttype,
    wanted: list[Rubriek],
    found: Mapping[str, dict[str, JsonValue]],
    per_rol: int,
) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {
        r.kort: found[r.label(0)] for r in wanted if r.groep is None
    }
    groups: dict[str, list[JsonValue]] = {}
    for groep, rol in berichttype.rollen:
        of_role = [r for r in wanted if (r.groep, r.rol) == (groep, rol)]
        for index in range(per_rol if of_role else 0):
            record: _Record = {ROL_SLEUTELS[groep]: rol}
            record |= {r.kort: found[r.label(index)] for r in of_role}
            groups.setdefault(groep, []).append(record)
    return result | {groep: list(records) for groep, records in groups.items()}


@dataclass(frozen=True)
class _Plek:
    """Where a value goes: its path, the field, and the record it is about."""

    pad: str
    veld: str
    rol: str | None
    persoon: str
    index: int = 0


@dataclass(frozen=True)
class _Maker:
    seed: int
    catalogus: Catalogus
    berichttype: Berichttype
    per_rol: int

    def number(self, pad: str, limit: int) -> int:
        return int.from_bytes(self._digest(pad)[:8], "big") % limit

    def pick(self, pad: str, options: Sequence[str]) -> str:
        return options[self.number(pad, len(options))]

    def _digest(self, pad: str) -> bytes:
        return hashlib.sha256(f"voorbeeld|{self.seed}|{pad}".encode()).digest()

    def rubriek(self, rubriek: Rubriek, index: int) -> _Record:
        pad = rubriek.label(index)
        plek = _Plek(pad, "", rubriek.rol, pad.rpartition(".")[0])
        return self.record(self.catalogus.velden(rubriek), plek)

    def record(self, record: Record, plek: _Plek) -> _Record:
        return {
            veld.naam: self.value(veld.soort, self._at(plek, veld))
            for veld in record.velden.values()
            if veld.alleen_rol in (None, plek.rol)
        }

    @staticmethod
    def _at(plek: _Plek, veld: Veld) -> _Plek:
        pad = f"{plek.pad}.{veld.naam}"
        return _Plek(pad, veld.naam, plek.rol, plek.persoon, plek.index)

    def value(  # noqa: PLR0911 - one return per kind of field
        self, soort: Soort, plek: _Plek
    ) -> JsonValue:
        match soort:
            case Waarheid():
                if plek.veld == "minderjarig":
                    return plek.rol == _MINDERJARIG
                return bool(self.number(plek.pad, 2))
            case Getal():
                volgnr = plek.veld == "volgnr"
                return plek.index + 1 if volgnr else 1 + self.number(plek.pad, 9)
            case Code(codes, gelijk_aan_rol):
                own = plek.rol if gelijk_aan_rol else None
                return own or self.pick(plek.pad, codes)
            case Tekst():
                return self.text(soort, plek)
            case Lijst(item):
                return self.items(item, plek)
            case Kaart(sleutels, item):
                return {key: self.answer(item, plek, key) for key in sleutels}
            case Record():
                return self.record(soort, plek)

    def items(self, item: Soort, plek: _Plek) -> list[JsonValue]:
        made = [
            self.value(
                item, _Plek(f"{plek.pad}[{n}]", plek.veld, plek.rol, plek.persoon, n)
            )
            for n in range(1 + self.number(plek.pad, 2))
        ]
        return [value for n, value in enumerate(made) if value not in made[:n]]

    def answer(self, item: Soort, plek: _Plek, key: str) -> JsonValue:
        """Answer a question of a list: the second code, which is `no` or `absent`."""
        if isinstance(item, Code) and len(item.codes) > 1:
            return item.codes[1]
        pad = f"{plek.pad}[{key}]"
        return self.value(item, _Plek(pad, plek.veld, plek.rol, plek.persoon))

    def text(  # noqa: PLR0911 - one return per meaning of a string
        self, tekst: Tekst, plek: _Plek
    ) -> str:
        if tekst.constante is not None:
            return tekst.constante
        match tekst.soort:
            case "uuid":
                return self.reference(tekst, plek)
            case "bsn":
                return self.bsn(plek)
            case "date":
                return self.date(plek)
            case "timestamp":
                day, hour = self.number(plek.pad, 27), self.number(plek.pad + "u", 24)
                return f"2031-03-{day + 1:02d}T{hour:02d}:15:00+01:00"
            case "sha256":
                return self._digest(plek.pad).hex()
            case "text" | "anonieme_text":
                return f"Voorbeeld van {plek.veld}: {self.pick(plek.pad, ZINNEN)}."
            case _:
                return self.string(tekst, plek)

    def string(self, tekst: Tekst, plek: _Plek) -> str:
        if tekst.lengte is not None:
            return self.fixed(tekst.lengte, plek)
        if plek.veld in WOORDEN:
            return self.pick(plek.pad, WOORDEN[plek.veld])
        if "nummer" in plek.veld:
            return f"TEST-{self.number(plek.pad, 10**6):06d}"
        return f"voorbeeld {plek.veld.replace('_', ' ')}"

    def fixed(self, lengte: int, plek: _Plek) -> str:
        if plek.veld == "gemeentecode":
            return f"S{1 + self.number(plek.pad, GEMEENTEN):03d}"
        if plek.veld == "postcode":
            return f"{1000 + self.number(plek.pad, 9000)}XX"
        return self._digest(plek.pad).hex()[:lengte].upper().ljust(lengte, "0")

    def date(self, plek: _Plek) -> str:
        day = f"{1 + self.number(plek.pad, 12):02d}-{1 + self.number(plek.persoon, 28):02d}"
        if plek.veld != "geboortedatum":
            return f"2031-{day}"
        first = 2016 if plek.rol == _MINDERJARIG else 1970
        return f"{first + self.number(plek.pad, 12)}-{day}"

    def bsn(self, plek: _Plek) -> str:
        start = self.number(plek.persoon, 10**5)
        numbers = (f"9999{(start + n) % 10**5:05d}" for n in range(10**5))
        return next(number for number in numbers if check_bsn(number) is None)

    def reference(self, tekst: Tekst, plek: _Plek) -> str:
        if tekst.verwijst_naar == "zelf":
            return self.person(plek.persoon)
        persons = [
            f"{groep}[{rol}#{n}]"
            for groep, rol in self.berichttype.rollen
            for n in range(self.per_rol)
            if groep == "betrokkenen"
        ]
        others = [person for person in persons if person != plek.persoon] or persons
        if tekst.verwijst_naar == "betrokkene" and others:
            return self.person(self.pick(plek.pad, others))
        return str(uuid.UUID(bytes=self._digest(plek.pad)[:16], version=4))

    def person(self, persoon: str) -> str:
        digest = self._digest(f"betrokkene|{persoon}")
        return str(uuid.UUID(bytes=digest[:16], version=4))
