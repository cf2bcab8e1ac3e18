"""Reading a verstrekkingentabel, from YAML or from the register, and writing it back.

A table is refused as a whole, with every problem named at once: a rule that silently
falls out could be a denial.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from corvus_routing.regel import (
    Besluit,
    Regel,
    Verstrekkingentabel,
    rubriek_matches,
)
from corvus_routing.tabelvorm import JsonObject, Tabelvorm
from corvus_routing.voorwaarde import parse_voorwaarde
from corvus_routing.woordenboek import WILDCARD, Woordenboek, woordenboek_of
from corvus_routing.yaml_strict import load_yaml
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from corvus_routing.json_value import JsonValue
    from corvus_schemas.catalogus import Catalogus

_ADVICE: Final = "Correct the table; routing/README.md explains every field"


def parse_tabel(text: str, catalogus: Catalogus) -> Verstrekkingentabel:
    """Parse a table written in YAML.

    Raises:
        RegisterError: ``tabel.yaml`` or ``tabel.ongeldig``.
    """
    return tabel_from_payload(load_yaml(text), catalogus)


def tabel_from_payload(payload: JsonValue, catalogus: Catalogus) -> Verstrekkingentabel:
    """Make a table of its JSON form, as it is signed and kept in the register.

    Raises:
        RegisterError: ``tabel.ongeldig``, naming every rule and what is wrong with it.
    """
    vorm = Tabelvorm()
    document, items = vorm.parse_document(payload)
    keuring = _Keuring(vorm, woordenboek_of(catalogus))
    regels = tuple(keuring.check(plaats, item) for plaats, item in enumerate(items, 1))
    geldig = _period(document)
    if geldig is None:
        keuring.problems.append("the table: geldig_tot is not a date after geldig_van")
    if keuring.problems or geldig is None:
        raise RegisterError(
            "tabel.ongeldig", "; ".join(keuring.problems), advice=_ADVICE
        )
    return Verstrekkingentabel(
        naam=str(document["tabel"]),
        versie=int(str(document["versie"])),
        geldig_van=geldig[0],
        geldig_tot=geldig[1],
        regels=tuple(regel for regel in regels if regel is not None),
    )


def tabel_payload(tabel: Verstrekkingentabel) -> dict[str, JsonValue]:
    """Give the JSON form of a table, with the field names of the YAML file."""
    return {
        "tabel": tabel.naam,
        "versie": tabel.versie,
        "geldig_van": tabel.geldig_van.isoformat(),
        "geldig_tot": _iso(tabel.geldig_tot),
        "regels": [_regel_payload(regel) for regel in tabel.regels],
    }


def _regel_payload(regel: Regel) -> JsonValue:
    return {
        "regel": regel.regel,
        "berichttype": regel.berichttype,
        "rubriek": regel.rubriek,
        "van": regel.van,
        "naar": regel.naar,
        "besluit": regel.besluit.value,
        "voorwaarde": regel.voorwaarde,
        "hold": regel.hold,
        "grondslag": regel.grondslag,
        "doel": regel.doel,
        "modaliteit": regel.modaliteit,
        "bewaartermijn": regel.bewaartermijn,
        "status": regel.status,
        "geldig_van": regel.geldig_van.isoformat(),
        "geldig_tot": _iso(regel.geldig_tot),
        "regio": regel.regio,
        "bron": regel.bron,
        "opmerking": regel.opmerking,
    }


class _Keuring:
    """Checks rules one after the other and gathers every problem."""

    def __init__(self, vorm: Tabelvorm, woorden: Woordenboek) -> None:
        self.problems: list[str] = []
        self._vorm = vorm
        self._woorden = woorden
        self._ids: set[str] = set()
        self._voorwaarden: dict[str, str | None] = {}
        self._rubrieken = {
            naam: frozenset(rubrieken) for naam, rubrieken in woorden.rubrieken.items()
        }

    def check(self, plaats: int, item: JsonValue) -> Regel | None:
        if not isinstance(item, dict):
            self.problems.append(f"rule number {plaats}: is not a block of fields")
            return None
        regel_id = item.get("regel")
        found = list(self._vorm.problems(item))
        named = isinstance(regel_id, str) and not any(
            problem.startswith("regel ") for problem in found
        )
        wie = str(regel_id) if named else f"rule number {plaats}"
        regel = None if found else _make_regel(item)
        if regel is not None:
            found = list(self._against_catalogus(regel))
        elif not found:
            found = ["geldig_tot is not a date after geldig_van"]
        self.problems.extend(f"{wie}: {problem}" for problem in found)
        return regel

    def _against_catalogus(self, regel: Regel) -> Iterator[str]:
        if regel.regel in self._ids:
            yield "its id occurs twice"
        self._ids.add(regel.regel)
        for naam, partij in (("van", regel.van), ("naar", regel.naar)):
            if partij not in {*self._woorden.organisatietypen, WILDCARD}:
                yield f"{naam} is not a known organisatietype"
        if regel.doel not in self._woorden.doelen:
            yield "doel is not a known code"
        yield from self._rubriek(regel)
        yield from self._condition(regel)

    def _rubriek(self, regel: Regel) -> Iterator[str]:
        if regel.berichttype == WILDCARD:
            betrokken = tuple(self._rubrieken.values())
        elif regel.berichttype in self._rubrieken:
            betrokken = (self._rubrieken[regel.berichttype],)
        else:
            yield "berichttype is not known"
            return
        if any(regel.rubriek in rubrieken for rubrieken in betrokken):
            return
        # A pattern that covers nothing is a typing error in a denial: refuse it too.
        if WILDCARD not in regel.rubriek or not any(
            rubriek_matches(regel.rubriek, rubriek)
            for rubrieken in betrokken
            for rubriek in rubrieken
        ):
            yield "rubriek is not one of this berichttype"

    def _condition(self, regel: Regel) -> Iterator[str]:
        if regel.voorwaarde not in self._voorwaarden:
            self._voorwaarden[regel.voorwaarde] = _refusal(
                regel.voorwaarde, self._woorden
            )
        refusal = self._voorwaarden[regel.voorwaarde]
        if refusal is not None:
            yield refusal
        if regel.hold is not None:
            domein = self._woorden.domeinen.get(regel.hold)
            if domein is None or domein.soort != "bool":
                yield "hold is not a kenmerk that is true or false"


def _refusal(voorwaarde: str, woorden: Woordenboek) -> str | None:
    try:
        parse_voorwaarde(voorwaarde, woorden.domeinen)
    except RegisterError as error:
        return str(error)
    return None


def _make_regel(item: JsonObject) -> Regel | None:
    """Make a rule of a block that has the right form; None if its period is empty."""
    geldig = _period(item)
    if geldig is None:
        return None
    return Regel(
        regel=str(item["regel"]),
        berichttype=str(item["berichttype"]),
        rubriek=str(item["rubriek"]),
        van=str(item["van"]),
        naar=str(item["naar"]),
        besluit=Besluit(item["besluit"]),
        voorwaarde=str(item["voorwaarde"]),
        hold=_optional(item.get("hold")),
        grondslag=str(item["grondslag"]),
        doel=str(item["doel"]),
        modaliteit=_optional(item["modaliteit"]),
        bewaartermijn=_optional(item["bewaartermijn"]),
        status=str(item["status"]),
        geldig_van=geldig[0],
        geldig_tot=geldig[1],
        regio=str(item["regio"]),
        bron=str(item["bron"]),
        opmerking=str(item["opmerking"]),
    )


def _period(item: Mapping[str, JsonValue]) -> tuple[date, date | None] | None:
    try:
        van = date.fromisoformat(str(item["geldig_van"]))
        tot = item["geldig_tot"]
        einde = None if tot is None else date.fromisoformat(str(tot))
    except ValueError:  # the 30th of February follows the schema's pattern
        return None
    return None if einde is not None and einde <= van else (van, einde)


def _optional(value: JsonValue) -> str | None:
    return None if value is None else str(value)


def _iso(dag: date | None) -> str | None:
    return None if dag is None else dag.isoformat()
