"""Makes the field tree of a rubriek from its Avro schema and its attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_schemas.bronbestand import Knoop
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
from corvus_schemas.waarden import CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.avro import AvroSchema
    from corvus_schemas.codelijsten import Codelijst

_VERPLICHT = ("J", "N", "V")


def build_velden(schema: AvroSchema, codelijsten: Mapping[str, Codelijst]) -> Record:
    """Make the field tree of one rubriek.

    Raises:
        SchemaError: ``schemabestand.ongeldig``: a type, soort or codelijst that does
            not exist, or an optional field whose union does not start with null.
    """
    knoop = Knoop(dict(schema.definition), schema.name)
    return _Bouw(codelijsten).record(knoop)


@dataclass(frozen=True)
class _Bouw:
    codelijsten: Mapping[str, Codelijst]

    def record(self, knoop: Knoop) -> Record:
        velden = [self._veld(item) for item in knoop.need("fields").items()]
        return Record({veld.naam: veld for veld in velden})

    def _veld(self, knoop: Knoop) -> Veld:
        naam = knoop.need("name").text()
        verplicht = knoop.need("verplicht").text()
        avro_type = knoop.need("type")
        if verplicht not in _VERPLICHT:
            raise knoop.fault("verplicht is J, N or V")
        if verplicht != "J":
            avro_type = self._optional(avro_type)
        rol = knoop.get("alleen_rol")
        gevoeligheid = knoop.need("gevoeligheid")
        if gevoeligheid.text() not in self.codelijsten["gevoeligheid"].codes:
            raise gevoeligheid.fault("there is no such gevoeligheid")
        return Veld(
            naam=naam,
            soort=self._soort(avro_type, knoop),
            verplicht=verplicht,
            gevoeligheid=gevoeligheid.text(),
            alleen_rol=rol.text() if rol else None,
        )

    @staticmethod
    def _optional(avro_type: Knoop) -> Knoop:
        union = avro_type.waarde
        match union:
            case ["null", other]:
                return Knoop(other, avro_type.pad)
            case _:
                raise avro_type.fault("an optional field has a union [null, type]")

    def _soort(self, avro_type: Knoop, veld: Knoop, *, value: bool = False) -> Soort:
        if isinstance(avro_type.waarde, dict):
            return self._nested(avro_type, veld)
        match avro_type.waarde:
            case "boolean":
                return Waarheid()
            case "int":
                return Getal()
            case "string":
                return self._string(veld, value=value)
            case _:
                raise avro_type.fault(
                    "no type of ours: boolean, int, string, array, map, record"
                )

    def _nested(self, avro_type: Knoop, veld: Knoop) -> Soort:
        match avro_type.need("type").text():
            case "array":
                return Lijst(self._soort(avro_type.need("items"), veld))
            case "map":
                item = self._soort(avro_type.need("values"), veld, value=True)
                return Kaart(self._codes(veld, "codelijst"), item)
            case "record":
                return self.record(avro_type)
            case _:
                raise avro_type.fault("a nested type is array, map or record")

    def _string(self, veld: Knoop, *, value: bool) -> Tekst | Code:
        if value:
            return Code(self._codes(veld, "codelijst_waarde"))
        soort = veld.need("soort").text()
        if soort == "enum":
            gelijk = veld.get("gelijk_aan_rol")
            return Code(
                self._codes(veld, "codelijst"),
                gelijk_aan_rol=gelijk.flag() if gelijk else False,
            )
        if soort not in CHECKS:
            known = ", ".join(("enum", *CHECKS))
            raise veld.fault(f"there is no such soort; allowed: {known}")
        lengte, constante = veld.get("lengte"), veld.get("constante")
        verwijst_naar = veld.get("verwijst_naar")
        return Tekst(
            soort,
            lengte=lengte.number() if lengte else None,
            constante=constante.text() if constante else None,
            verwijst_naar=verwijst_naar.text() if verwijst_naar else None,
        )

    def _codes(self, veld: Knoop, attribute: str) -> tuple[str, ...]:
        """Codes of a field: its list, a second list, or the few it is limited to."""
        limited = veld.get("codes") if attribute == "codelijst" else None
        lists = [veld.get(attribute)]
        if attribute == "codelijst":
            lists.append(veld.get("codelijst_ook"))
        codes: dict[str, str] = {}
        for naam in filter(None, lists):
            if naam.text() not in self.codelijsten:
                raise naam.fault("there is no such codelijst")
            codes |= self.codelijsten[naam.text()].codes
        if limited is None:
            if not codes:
                raise veld.fault(f"{attribute} or codes is missing")
            return tuple(codes)
        if codes and not set(limited.texts()) <= codes.keys():
            raise limited.fault("a code that is not in the codelijst")
        return limited.texts()
