"""The catalogus: all berichttypen, codelijsten and kenmerken, read from data files.

A new berichttype is a file in data/berichttypen and its codes in codelijsten.json;
no Python changes (schemas/README.md). Versions of a berichttype stand side by side:
the current one is what is sent, any that is known can be opened (ADR 0018).
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING

from corvus_schemas.avro import AvroSchema
from corvus_schemas.berichttypen import Berichttype, Positie, Rubriek, parse_berichttype
from corvus_schemas.bronbestand import Knoop, read_bestand
from corvus_schemas.codelijsten import Codelijst, merge_codelijsten, parse_codelijsten
from corvus_schemas.errors import SchemaError
from corvus_schemas.gepubliceerd import BESTAND, Gepubliceerd
from corvus_schemas.kenmerken import Kenmerk, parse_kenmerken
from corvus_schemas.leesvelden import build_leesvelden
from corvus_schemas.veldbouw import build_velden
from corvus_schemas.verenigbaarheid import check_indeling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from corvus_schemas.indeling import Indeling
    from corvus_schemas.velden import Record

__all__ = [
    "Berichttype",
    "Catalogus",
    "Positie",
    "Rubriek",
    "load_catalogus",
    "read_catalogus",
]


@dataclass(frozen=True, eq=False)
class Catalogus:
    """Everything a message can be about, by code or name.

    ``berichttypen`` are the versions that are sent; ``gepubliceerd`` has the ones
    before, ``bijgevoegd`` those that came as data.
    """

    berichttypen: Mapping[str, Berichttype]
    codelijsten: Mapping[str, Codelijst]
    kenmerken: Mapping[str, Kenmerk]
    gepubliceerd: Gepubliceerd = field(default_factory=lambda: Gepubliceerd(None))
    bijgevoegd: tuple[Indeling, ...] = ()

    def berichttype(self, code: str) -> Berichttype:
        """Give a berichttype by its code.

        Raises:
            SchemaError: ``berichttype.onbekend``, naming codes that look like it.
        """
        found = self.berichttypen.get(code)
        if found is None:
            near = difflib.get_close_matches(code, self.berichttypen, n=3, cutoff=0.5)
            raise SchemaError(
                "berichttype.onbekend",
                "there is no such berichttype"
                + (f"; did you mean {' or '.join(near)}" if near else ""),
                advice=f"known: {', '.join(sorted(self.berichttypen))}",
            )
        return found

    def versie(self, code: str, fingerprint: bytes) -> Berichttype:
        """Give the version of a berichttype that a message was made with.

        Raises:
            SchemaError: ``berichttype.onbekend``, or ``schema.versie`` with the
                fingerprint that is missing and the way to get it.
        """
        huidig = self.berichttype(code)
        if huidig.fingerprint == fingerprint:
            return huidig
        for indeling in self.bijgevoegd:
            found = indeling.berichttype
            if (found.code, found.fingerprint) == (code, fingerprint):
                return found
        former = self.gepubliceerd.versie(huidig, fingerprint)
        if former is not None:
            return former
        raise SchemaError(
            "schema.versie",
            f"version {fingerprint.hex()} of berichttype {code} is not known here;"
            f" the version sent from here is {huidig.fingerprint.hex()}",
            advice="Ask the other side for the layout (there: corvus schema indeling"
            f" {code} {fingerprint.hex()} > {code}.json) and add it (here: corvus"
            f" schema installeer {code}.json), or upgrade.",
        )

    def versies(self, code: str) -> tuple[Berichttype, ...]:
        """Give every version that can be opened here; the one that is sent first.

        Raises:
            SchemaError: ``berichttype.onbekend``.
        """
        fingerprints = [
            self.berichttype(code).fingerprint,
            *(
                one.berichttype.fingerprint
                for one in self.bijgevoegd
                if one.berichttype.code == code
            ),
            *reversed(self.gepubliceerd.fingerprints(code)),
        ]
        return tuple(self.versie(code, one) for one in dict.fromkeys(fingerprints))

    def rubrieknamen(self, code: str) -> tuple[str, ...]:
        """Give the rubrieken of every version: what a table may have rules for.

        Raises:
            SchemaError: ``berichttype.onbekend``.
        """
        added = [
            one.berichttype for one in self.bijgevoegd if one.berichttype.code == code
        ]
        return tuple(
            dict.fromkeys(
                rubriek.naam
                for versie in (self.berichttype(code), *added)
                for rubriek in versie.rubrieken
            )
        )

    def with_indeling(self, indeling: Indeling) -> Catalogus:
        """Give a catalogus that opens one more version.

        What is sent does not change, except that a berichttype that is new here can be
        sent as well: when a sender goes over to a newer version is its own decision.

        Raises:
            SchemaError: ``schema.onverenigbaar``: a version of a berichttype that is
                known here has to come before or after it, by the rules of evolution.
        """
        added = indeling.berichttype
        huidig = self.berichttypen.get(added.code)
        if huidig is None:
            return replace(
                self,
                berichttypen={**self.berichttypen, added.code: added},
                codelijsten=merge_codelijsten(self.codelijsten, indeling.codelijsten),
                bijgevoegd=(*self.bijgevoegd, indeling),
            )
        if added.fingerprint in {one.fingerprint for one in self.versies(added.code)}:
            return self
        check_indeling(huidig, indeling)
        # A file adds positions. Who may send, and to whom, is not for it to say.
        added = replace(huidig, rubrieken=added.rubrieken, rollen=added.rollen)
        indeling = replace(indeling, berichttype=added)
        return replace(self, bijgevoegd=(*self.bijgevoegd, indeling))

    def velden(self, rubriek: Rubriek) -> Record:
        """Give the field tree a sender is checked by, made at first use.

        Raises:
            SchemaError: ``schemabestand.ongeldig``.
        """
        known = self._velden.get(id(rubriek.schema))
        if known is None:
            # Kept with its schema: the id is that of no other while this one lives.
            made = build_velden(rubriek.schema, self.codelijsten)
            known = self._velden[id(rubriek.schema)] = (rubriek.schema, made)
        return known[1]

    def leesvelden(self, rubriek: Rubriek) -> Record:
        """Give the field tree by which a rubriek of any version is read.

        Raises:
            SchemaError: ``schemabestand.ongeldig``.
        """
        known = self._leesvelden.get(id(rubriek.schema))
        if known is None:
            made = build_leesvelden(rubriek.schema, self._leeslijsten)
            known = self._leesvelden[id(rubriek.schema)] = (rubriek.schema, made)
        return known[1]

    @cached_property
    def _leeslijsten(self) -> Mapping[str, Codelijst]:
        """Codes that are known here in any way: own lists, and those that came."""
        return functools.reduce(
            merge_codelijsten,
            (one.codelijsten for one in self.bijgevoegd),
            self.codelijsten,
        )

    @cached_property
    def _velden(self) -> dict[int, tuple[AvroSchema, Record]]:
        return {}

    @cached_property
    def _leesvelden(self) -> dict[int, tuple[AvroSchema, Record]]:
        return {}


@functools.cache
def load_catalogus() -> Catalogus:
    """Load the catalogus that comes with the code; the same object every time."""
    return read_catalogus(resources.files("corvus_schemas") / "data")


def read_catalogus(folder: Traversable) -> Catalogus:
    """Read a catalogus from a folder of the same form.

    Raises:
        SchemaError: ``schemabestand.ongeldig``, naming file and place.
    """
    codelijsten = parse_codelijsten(read_bestand(folder / "codelijsten.json"))
    shared = {
        naam: AvroSchema(knoop.object())
        for naam, knoop in read_bestand(folder / "gedeeld.json").members().items()
    }
    files = [
        read_bestand(place)
        for place in sorted((folder / "berichttypen").iterdir(), key=lambda p: p.name)
        if place.name.endswith(".json")
    ]
    typen = [parse_berichttype(file, shared, _own_schemas(file)) for file in files]
    return Catalogus(
        berichttypen={berichttype.code: berichttype for berichttype in typen},
        codelijsten=codelijsten,
        kenmerken=parse_kenmerken(read_bestand(folder / "kenmerken.json"), codelijsten),
        gepubliceerd=Gepubliceerd(folder / BESTAND),
    )


def _own_schemas(file: Knoop) -> dict[str, AvroSchema]:
    """Schemas a berichttype brings itself; their names start with its code."""
    found: dict[str, AvroSchema] = {}
    prefix = f"corvus.{file.need('code').text()}."
    for item in file.need("rubrieken").items():
        avro = item.get("avro")
        if avro is None:
            continue
        if not avro.need("name").text().startswith(prefix):
            raise avro.fault(f"the name of an own schema starts with {prefix}")
        found[item.need("naam").text()] = AvroSchema(avro.object())
    return found
