"""What was published: every version of every berichttype, and every code ever given.

One file, ``data/gepubliceerd.json``, is archive and lock at once. Versions that are not
the current one are made from it, and ``verenigbaarheid`` compares the catalogus with
it. Only ``publish`` adds to it; nothing is ever taken out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from corvus_schemas.berichttypen import parse_rubrieken
from corvus_schemas.bronbestand import Knoop, read_bestand
from corvus_schemas.codelijsten import parse_codelijsten
from corvus_schemas.indeling import (
    check_fingerprint,
    parse_fingerprint,
    parse_schemas,
    rubriek_json,
    schema_key,
    used_lists,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from corvus_schemas.avro import AvroSchema, JsonValue
    from corvus_schemas.berichttypen import Berichttype
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.codelijsten import Codelijst

BESTAND: Final = "gepubliceerd.json"
_LEEG: Final[Mapping[str, JsonValue]] = {
    "berichttypen": {},
    "codelijsten": {},
    "schemas": {},
}


@dataclass(frozen=True, eq=False)
class Gepubliceerd:
    """The published versions; read when the first one is asked for."""

    plaats: Traversable | None

    @cached_property
    def bron(self) -> Knoop:
        """The file; without one nothing was published."""
        if self.plaats is None or not self.plaats.is_file():
            return Knoop(dict(_LEEG), BESTAND)
        return read_bestand(self.plaats)

    @cached_property
    def codelijsten(self) -> Mapping[str, Codelijst]:
        """Every code that was ever published."""
        return parse_codelijsten(self.bron.need("codelijsten"))

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Berichttypen that were published."""
        return tuple(self.bron.need("berichttypen").members())

    def fingerprints(self, code: str) -> tuple[bytes, ...]:
        """Versions of a berichttype, oldest first."""
        return tuple(self._versies(code))

    def versie(self, huidig: Berichttype, fingerprint: bytes) -> Berichttype | None:
        """Give one version of a berichttype; None when it was never published.

        What is no layout (titel, addressing, parties) is that of the current version.

        Raises:
            SchemaError: ``schemabestand.ongeldig``, ``schema.vingerafdruk``.
        """
        key = (huidig.code, fingerprint)
        if key not in self._made:
            knoop = self._versies(huidig.code).get(fingerprint)
            if knoop is None:
                return None
            rubrieken, rollen = parse_rubrieken(knoop, self._schemas, {})
            made = replace(huidig, rubrieken=rubrieken, rollen=rollen)
            check_fingerprint(made, knoop.need("schema"))
            self._made[key] = made
        return self._made[key]

    def _versies(self, code: str) -> dict[bytes, Knoop]:
        found = self.bron.need("berichttypen").get(code)
        versies = [] if found is None else found.items()
        return {parse_fingerprint(one.need("schema")): one for one in versies}

    @cached_property
    def _schemas(self) -> Mapping[str, AvroSchema]:
        return parse_schemas(self.bron.need("schemas"))

    @cached_property
    def _made(self) -> dict[tuple[str, bytes], Berichttype]:
        return {}


def publish(catalogus: Catalogus, gepubliceerd: Gepubliceerd) -> dict[str, JsonValue]:
    """Give the file with the current versions and codes added to what is in it.

    ``verenigbaarheid.check_changes`` has to find nothing first. The last version of a
    berichttype is written again: what does not change its bytes may have changed.
    """
    schemas = dict(gepubliceerd.bron.need("schemas").object())
    typen: dict[str, JsonValue] = {}
    for code in sorted({*gepubliceerd.codes, *catalogus.berichttypen}):
        known = gepubliceerd.bron.need("berichttypen").get(code)
        versies = [] if known is None else [one.waarde for one in known.items()]
        huidig = catalogus.berichttypen.get(code)
        if huidig is not None:
            if gepubliceerd.fingerprints(code)[-1:] == (huidig.fingerprint,):
                versies.pop()
            versies.append(_versie_json(huidig))
            schemas |= {
                schema_key(r.schema): dict(r.schema.definition)
                for r in huidig.rubrieken
            }
        typen[code] = versies
    used = _used_keys(typen)
    return {
        "codelijsten": _codelijsten(catalogus, gepubliceerd),
        "schemas": {key: schemas[key] for key in sorted(used)},
        "berichttypen": typen,
    }


def message_lists(catalogus: Catalogus) -> dict[str, Codelijst]:
    """Give the codelijsten that fields of messages use; the others bind nobody."""
    used = {
        naam
        for berichttype in catalogus.berichttypen.values()
        for naam in used_lists(berichttype.rubrieken)
    }
    return {naam: catalogus.codelijsten[naam] for naam in sorted(used)}


def _versie_json(berichttype: Berichttype) -> JsonValue:
    return {
        "schema": berichttype.fingerprint.hex(),
        "rubrieken": [rubriek_json(rubriek) for rubriek in berichttype.rubrieken],
    }


def _used_keys(typen: Mapping[str, JsonValue]) -> set[str]:
    return {
        rubriek.need("gedeeld").text()
        for versies in Knoop(dict(typen), BESTAND).members().values()
        for versie in versies.items()
        for rubriek in versie.need("rubrieken").items()
    }


def _codelijsten(
    catalogus: Catalogus, gepubliceerd: Gepubliceerd
) -> dict[str, JsonValue]:
    old = {naam: lijst.codes for naam, lijst in gepubliceerd.codelijsten.items()}
    new = {naam: lijst.codes for naam, lijst in message_lists(catalogus).items()}
    return {
        naam: {**old.get(naam, {}), **new.get(naam, {})}
        for naam in sorted({*old, *new})
    }
