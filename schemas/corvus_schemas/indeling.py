"""An indeling: one version of one berichttype as a file of its own.

It brings its records and codelijsten along, so that software that is older than the
version can read it as data (ADR 0018). The fingerprint in it is computed again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_schemas.avro import AvroSchema
from corvus_schemas.berichttypen import FINGERPRINT_BYTES, parse_berichttype
from corvus_schemas.bronbestand import parse_bestand
from corvus_schemas.codelijsten import parse_codelijsten
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from corvus_schemas.avro import JsonValue
    from corvus_schemas.berichttypen import Berichttype, Rubriek
    from corvus_schemas.bronbestand import Knoop
    from corvus_schemas.codelijsten import Codelijst

FORMAAT: Final = 1
MAX_BYTES: Final = 4 * 1024 * 1024
_LIJST_SLEUTELS: Final = ("codelijst", "codelijst_ook", "codelijst_waarde")


@dataclass(frozen=True, eq=False)
class Indeling:
    """One version of a berichttype; ``eerder`` are the versions it came after."""

    berichttype: Berichttype
    eerder: tuple[bytes, ...]
    codelijsten: Mapping[str, Codelijst]

    def encode(self) -> bytes:
        """Give the file, the same bytes for the same version."""
        berichttype = self.berichttype
        rubrieken = berichttype.rubrieken
        value: dict[str, JsonValue] = {
            "indeling": FORMAAT,
            "code": berichttype.code,
            "schema": berichttype.fingerprint.hex(),
            "eerder": [one.hex() for one in self.eerder],
            "titel": berichttype.titel,
            "adressering": berichttype.adressering,
            "verstrekkers": [*berichttype.verstrekkers],
            "ontvangers": [*berichttype.ontvangers],
            "antwoord": berichttype.antwoord,
            "termijnen": [*berichttype.termijnen],
            "rubrieken": [rubriek_json(rubriek) for rubriek in rubrieken],
            "schemas": {
                schema_key(r.schema): dict(r.schema.definition) for r in rubrieken
            },
            "codelijsten": {
                naam: dict(self.codelijsten[naam].codes)
                for naam in sorted(used_lists(rubrieken))
                if naam in self.codelijsten
            },
        }
        return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def parse_indeling(data: bytes, naam: str = "indeling") -> Indeling:
    """Read one version of a berichttype; ``naam`` names the file in errors.

    Raises:
        SchemaError: ``schemabestand.ongeldig``, or ``schema.vingerafdruk`` when the
            fingerprint is not that of the content.
    """
    if len(data) > MAX_BYTES:
        raise SchemaError(
            "schemabestand.ongeldig",
            f"{naam}: {len(data)} bytes, at most {MAX_BYTES} are read",
        )
    bestand = parse_bestand(data, naam)
    formaat = bestand.need("indeling")
    if formaat.number() != FORMAAT:
        raise formaat.fault(f"format {FORMAAT} is read here; this is another")
    berichttype = parse_berichttype(bestand, parse_schemas(bestand.need("schemas")), {})
    check_fingerprint(berichttype, bestand.need("schema"))
    return Indeling(
        berichttype,
        tuple(parse_fingerprint(one) for one in bestand.need("eerder").items()),
        parse_codelijsten(bestand.need("codelijsten")),
    )


def parse_schemas(knoop: Knoop) -> dict[str, AvroSchema]:
    """Read records by the key under which rubrieken name them."""
    return {key: AvroSchema(one.object()) for key, one in knoop.members().items()}


def parse_fingerprint(knoop: Knoop) -> bytes:
    """Read the fingerprint of a version.

    Raises:
        SchemaError: ``schemabestand.ongeldig``.
    """
    text = knoop.text()
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != FINGERPRINT_BYTES or value.hex() != text:
        raise knoop.fault(f"a fingerprint has {2 * FINGERPRINT_BYTES} hexadecimals")
    return value


def check_fingerprint(berichttype: Berichttype, knoop: Knoop) -> None:
    """Compute the fingerprint and compare it.

    Raises:
        SchemaError: ``schema.vingerafdruk``.
    """
    said = parse_fingerprint(knoop)
    try:
        found = berichttype.fingerprint
    except Exception as error:  # noqa: BLE001 - fastavro raises many kinds for no schema
        raise knoop.fault(f"no Avro schema ({type(error).__name__})") from None
    if found != said:
        raise SchemaError(
            "schema.vingerafdruk",
            f"{knoop.pad}: the layout has fingerprint {found.hex()}, not {said.hex()}",
            advice="The file was changed; get it again: corvus schema indeling"
            f" {berichttype.code} {said.hex()}",
        )


def rubriek_json(rubriek: Rubriek) -> JsonValue:
    """Write one rubriek; its record stands apart, under its key."""
    placed: dict[str, JsonValue] = {}
    if rubriek.groep is not None and rubriek.rol is not None:
        placed = {"groep": rubriek.groep, "rol": rubriek.rol}
    return {
        **placed,
        "naam": rubriek.kort,
        "verplicht": rubriek.verplicht,
        "gedeeld": schema_key(rubriek.schema),
    }


def schema_key(schema: AvroSchema) -> str:
    """Name a record by its name and its content, attributes included."""
    text = json.dumps(schema.definition, sort_keys=True, ensure_ascii=False)
    return f"{schema.name}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def used_lists(rubrieken: Iterable[Rubriek]) -> set[str]:
    """Name the codelijsten that the fields of rubrieken use."""
    found = {"gevoeligheid"}
    for rubriek in rubrieken:
        found |= set(_mentioned(dict(rubriek.schema.definition)))
    return found


def _mentioned(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _LIJST_SLEUTELS and isinstance(item, str):
                yield item
            else:
                yield from _mentioned(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mentioned(item)
