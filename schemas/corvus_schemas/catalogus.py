"""The catalogus: all berichttypen, codelijsten and kenmerken, read from data files.

A new berichttype is a file in data/berichttypen and its codes in codelijsten.json;
no Python changes (schemas/README.md).
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING

from corvus_schemas.avro import AvroSchema
from corvus_schemas.berichttypen import Berichttype, Positie, Rubriek, parse_berichttype
from corvus_schemas.bronbestand import Knoop, read_bestand
from corvus_schemas.codelijsten import Codelijst, parse_codelijsten
from corvus_schemas.errors import SchemaError
from corvus_schemas.kenmerken import Kenmerk, parse_kenmerken
from corvus_schemas.veldbouw import build_velden

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

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
    """Everything a message can be about, by code or name."""

    berichttypen: Mapping[str, Berichttype]
    codelijsten: Mapping[str, Codelijst]
    kenmerken: Mapping[str, Kenmerk]

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

    def velden(self, rubriek: Rubriek) -> Record:
        """Give the field tree of a rubriek, made at first use.

        Raises:
            SchemaError: ``schemabestand.ongeldig``.
        """
        name = rubriek.schema.name
        if name not in self._velden:
            self._velden[name] = build_velden(rubriek.schema, self.codelijsten)
        return self._velden[name]

    @cached_property
    def _velden(self) -> dict[str, Record]:
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
