"""Berichttypen and rubrieken: what a message can hold, and at which position.

Positions are fixed per berichttype and bucket vector: first the rubrieken of the
message itself, then per role, per index, the rubrieken of that role (SPEC 2.2).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.avro import AvroSchema
    from corvus_schemas.bronbestand import Knoop

BUCKETS = (1, 2, 4, 8)
_BUCKETS = frozenset(BUCKETS)
_INT = frozenset({int})
FINGERPRINT_BYTES = 8
# Key under which a record of a group says its role.
ROL_SLEUTELS: Mapping[str, str] = {"betrokkenen": "rol", "acties": "uitvoerder"}


@dataclass(frozen=True, eq=False)
class Rubriek:
    """One unit of disclosure; ``naam`` is its name in the verstrekkingentabel."""

    naam: str
    groep: str | None
    rol: str | None
    kort: str
    verplicht: bool
    schema: AvroSchema

    @property
    def fingerprint(self) -> bytes:
        """8 bytes that name the Avro schema."""
        return self.schema.fingerprint

    def label(self, index: int) -> str:
        """Name of the cel of this rubriek for the index-th record of its role."""
        if self.groep is None:
            return self.kort
        return f"{self.groep}[{self.rol}#{index}].{self.kort}"


@dataclass(frozen=True)
class Positie:
    """One fixed place for a cel in a message."""

    index: int
    label: str
    rubriek: Rubriek


@dataclass(frozen=True, eq=False)
class Berichttype:
    """One kind of message: who may send it to whom, and its rubrieken in order."""

    code: str
    titel: str
    adressering: str
    verstrekkers: tuple[str, ...]
    ontvangers: tuple[str, ...]
    antwoord: bool
    rubrieken: tuple[Rubriek, ...]
    rollen: tuple[tuple[str, str], ...]
    termijnen: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> bytes:
        """8 bytes that name this berichttype with all its rubrieken, in order."""
        digest = hashlib.sha256(b"corvus.berichttype.v1")
        digest.update(len(self.rubrieken).to_bytes(4, "big"))
        for rubriek in self.rubrieken:
            for part in (rubriek.naam.encode(), rubriek.fingerprint):
                digest.update(len(part).to_bytes(4, "big"))
                digest.update(part)
        return digest.digest()[:FINGERPRINT_BYTES]

    @cached_property
    def _by_name(self) -> Mapping[str, Rubriek]:
        return {rubriek.naam: rubriek for rubriek in self.rubrieken}

    def rubriek(self, naam: str) -> Rubriek | None:
        """Give a rubriek by its name in the verstrekkingentabel."""
        return self._by_name.get(naam)

    def posities(self, buckets: tuple[int, ...]) -> tuple[Positie, ...]:
        """Give all positions of a message with this bucket vector.

        Raises:
            SchemaError: ``schema.buckets_ongeldig``.
        """
        fits = _BUCKETS.issuperset(buckets) and _INT.issuperset(map(type, buckets))
        if len(buckets) != len(self.rollen) or not fits:
            raise SchemaError(
                "schema.buckets_ongeldig",
                f"{self.code} has {len(self.rollen)} roles, each with bucket"
                f" {', '.join(map(str, BUCKETS))}; this vector has {len(buckets)}",
            )
        return _posities(self, buckets)


# Bounded: a sender chooses the vector, and there are 4 to the power of the roles.
@lru_cache(maxsize=512)
def _posities(
    berichttype: Berichttype, buckets: tuple[int, ...]
) -> tuple[Positie, ...]:
    placed = [(r.label(0), r) for r in berichttype.rubrieken if r.groep is None]
    for (groep, rol), bucket in zip(berichttype.rollen, buckets, strict=True):
        of_role = [r for r in berichttype.rubrieken if (r.groep, r.rol) == (groep, rol)]
        placed.extend((r.label(n), r) for n in range(bucket) for r in of_role)
    return tuple(Positie(n, label, r) for n, (label, r) in enumerate(placed))


def parse_berichttype(
    bestand: Knoop, schemas: Mapping[str, AvroSchema], own: Mapping[str, AvroSchema]
) -> Berichttype:
    """Read one berichttype; ``own`` holds its own schemas by short name.

    Raises:
        SchemaError: ``schemabestand.ongeldig``.
    """
    rubrieken, rollen = parse_rubrieken(bestand, schemas, own)
    return Berichttype(
        code=bestand.need("code").text(),
        titel=bestand.need("titel").text(),
        adressering=bestand.need("adressering").text(),
        verstrekkers=bestand.need("verstrekkers").texts(),
        ontvangers=bestand.need("ontvangers").texts(),
        antwoord=bestand.need("antwoord").flag(),
        rubrieken=rubrieken,
        rollen=rollen,
        termijnen=bestand.need("termijnen").texts(),
    )


def parse_rubrieken(
    bestand: Knoop, schemas: Mapping[str, AvroSchema], own: Mapping[str, AvroSchema]
) -> tuple[tuple[Rubriek, ...], tuple[tuple[str, str], ...]]:
    """Read the layout of a berichttype: its rubrieken, and its roles in order.

    Raises:
        SchemaError: ``schemabestand.ongeldig``.
    """
    rubrieken = tuple(
        _rubriek(item, schemas, own) for item in bestand.need("rubrieken").items()
    )
    if len({rubriek.naam for rubriek in rubrieken}) < len(rubrieken):
        raise bestand.fault("a rubriek occurs twice")
    rollen = dict.fromkeys(
        (r.groep, r.rol) for r in rubrieken if r.groep is not None and r.rol is not None
    )
    in_order = [r.groep is not None for r in rubrieken]
    if in_order != sorted(in_order):
        raise bestand.fault("rubrieken of a role come after those of the message")
    return rubrieken, tuple(rollen)


def _rubriek(
    knoop: Knoop, schemas: Mapping[str, AvroSchema], own: Mapping[str, AvroSchema]
) -> Rubriek:
    kort = knoop.need("naam").text()
    groep, rol = knoop.get("groep"), knoop.get("rol")
    if (groep is None) != (rol is None):
        raise knoop.fault("groep and rol go together")
    if groep and groep.text() not in ROL_SLEUTELS:
        raise groep.fault(f"groep is one of {', '.join(ROL_SLEUTELS)}")
    shared = knoop.get("gedeeld")
    schema = schemas.get(shared.text()) if shared else own.get(kort)
    if schema is None:
        raise knoop.fault("a rubriek has avro, or names a gedeeld schema that exists")
    place = f"{groep.text()}[{rol.text()}]." if groep and rol else ""
    return Rubriek(
        naam=f"{place}{kort}",
        groep=groep.text() if groep else None,
        rol=rol.text() if rol else None,
        kort=kort,
        verplicht=knoop.need("verplicht").flag(),
        schema=schema,
    )
