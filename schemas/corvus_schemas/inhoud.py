"""The content of a message: checked, cut into cellen, and put together again.

Content is JSON-like: rubrieken by name, and `betrokkenen` and `acties` as lists of
records that say their role. ``parse_inhoud`` reports every problem at once. The way
back, ``open_inhoud``, stands in ``lezen``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_schemas.berichttypen import BUCKETS, ROL_SLEUTELS
from corvus_schemas.lezen import open_inhoud
from corvus_schemas.problemen import InhoudError, Probleem
from corvus_schemas.velden import Melder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.avro import AvroValue
    from corvus_schemas.catalogus import Berichttype, Catalogus, Rubriek

__all__ = ["Inhoud", "InhoudError", "Probleem", "open_inhoud", "parse_inhoud"]

MAX_PER_ROL = BUCKETS[-1]


@dataclass(frozen=True, eq=False)
class Inhoud:
    """Checked content: canonical Avro bytes per cel, and the bucket of each role."""

    berichttype: Berichttype
    buckets: tuple[int, ...]
    cellen: Mapping[str, bytes]


def parse_inhoud(
    berichttype: Berichttype,
    value: object,
    catalogus: Catalogus,
    *,
    volledig: bool = True,
    alleen_testbsn: bool = True,
) -> Inhoud:
    """Check content and encode it.

    Args:
        berichttype: What kind of message it is.
        value: The content, JSON-like.
        catalogus: Where codes are looked up.
        volledig: Whether required rubrieken have to be there.
        alleen_testbsn: Whether a BSN has to come from the test range.

    Raises:
        SchemaError: ``inhoud.ongeldig`` (InhoudError), with all problems.
    """
    parser = _Parser(berichttype, catalogus, Melder([], alleen_testbsn=alleen_testbsn))
    parser.parse(value, volledig=volledig)
    if parser.melder.problemen:
        raise InhoudError(tuple(parser.melder.problemen))
    cellen = {
        label: rubriek.schema.encode(parser.found[label])
        for label, rubriek in parser.placed
    }
    buckets = tuple(_bucket(parser.counts.get(rol, 0)) for rol in berichttype.rollen)
    return Inhoud(berichttype, buckets, cellen)


def _bucket(count: int) -> int:
    return next(bucket for bucket in BUCKETS if bucket >= count)


class _Parser:
    """One pass over the content of one message."""

    def __init__(
        self, berichttype: Berichttype, catalogus: Catalogus, melder: Melder
    ) -> None:
        self.berichttype = berichttype
        self.catalogus = catalogus
        self.melder = melder
        self.counts: dict[tuple[str, str], int] = {}
        self.placed: list[tuple[str, Rubriek]] = []
        self.found: dict[str, dict[str, AvroValue]] = {}

    def parse(self, value: object, *, volledig: bool) -> None:
        code = self.berichttype.code
        if not isinstance(value, dict):
            self.melder.note(code, "an object with rubrieken is expected")
            return
        plain = {r.kort: r for r in self.berichttype.rubrieken if r.groep is None}
        groups = list(dict.fromkeys(groep for groep, _ in self.berichttype.rollen))
        strange = sum(key not in plain and key not in groups for key in value)
        if strange:
            allowed = ", ".join([*plain, *groups])
            self.melder.note(code, f"{strange} unknown rubriek(en); allowed: {allowed}")
        for kort, rubriek in plain.items():
            if value.get(kort) is not None:
                self._cel(rubriek, 0, value[kort])
            elif rubriek.verplicht and volledig:
                self.melder.note(kort, "is required")
        for groep in groups:
            self._group(groep, value.get(groep))

    def _group(self, groep: str, value: object) -> None:
        if value is None:
            return
        if not isinstance(value, list):
            self.melder.note(groep, "a list of records is expected")
            return
        rollen = [rol for found, rol in self.berichttype.rollen if found == groep]
        sleutel = ROL_SLEUTELS[groep]
        for n, item in enumerate(value):
            if not isinstance(item, dict):
                self.melder.note(f"{groep}[{n}]", "an object is expected")
                continue
            rol = item.get(sleutel)
            if not isinstance(rol, str) or rol not in rollen:
                allowed = ", ".join(rollen)
                self.melder.note(
                    f"{groep}[{n}].{sleutel}", f"unknown role; allowed: {allowed}"
                )
                continue
            self._record(groep, rol, {k: v for k, v in item.items() if k != sleutel})

    def _record(self, groep: str, rol: str, record: dict[object, object]) -> None:
        index = self.counts.get((groep, rol), 0)
        self.counts[groep, rol] = index + 1
        if index == MAX_PER_ROL:
            self.melder.note(f"{groep}[{rol}]", f"at most {MAX_PER_ROL} are allowed")
        if index >= MAX_PER_ROL:
            return
        known = {
            r.kort: r
            for r in self.berichttype.rubrieken
            if (r.groep, r.rol) == (groep, rol)
        }
        pad = f"{groep}[{rol}#{index}]"
        strange = sum(key not in known for key in record)
        if strange:
            allowed = ", ".join(known)
            self.melder.note(pad, f"{strange} unknown rubriek(en); allowed: {allowed}")
        filled = [r for kort, r in known.items() if record.get(kort) is not None]
        if not filled:
            self.melder.note(pad, "a record without rubrieken")
        for rubriek in filled:
            self._cel(rubriek, index, record[rubriek.kort])

    def _cel(self, rubriek: Rubriek, index: int, value: object) -> None:
        label = rubriek.label(index)
        self.melder.rol = rubriek.rol
        velden = self.catalogus.velden(rubriek)
        self.found[label] = velden.check_record(value, label, self.melder)
        self.placed.append((label, rubriek))
