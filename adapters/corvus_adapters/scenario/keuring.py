"""Hold a scenario against the catalogus before it is played."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from corvus_adapters.scenario.bestand import ALLE
from corvus_schemas.errors import SchemaError
from corvus_schemas.kenmerken import parse_kenmerk
from corvus_schemas.voorbeeld import voorbeeld_inhoud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corvus_adapters.scenario.bestand import Scenario, Scenariobericht
    from corvus_schemas.berichttypen import Berichttype
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.termijnen import Termijnen

BROKER: Final = "BROKER"


def check_scenario(scenario: Scenario, catalogus: Catalogus) -> None:
    """Refuse names that the vocabulary does not have: they would never be met.

    Raises:
        SchemaError: ``scenario.ongeldig``, naming every place.
    """
    faults = list(_kenmerken("attributen_basis", scenario.attributen_basis, catalogus))
    for bericht in scenario.berichten:
        faults += [
            f"berichten nr {bericht.nr}: {fault}"
            for fault in _bericht_faults(bericht, catalogus)
        ]
    if faults:
        raise SchemaError(
            "scenario.ongeldig",
            f"{scenario.id}: {'; '.join(faults)}",
            advice="corvus schema list shows berichttypen, rubrieken and codes.",
        )


def _bericht_faults(bericht: Scenariobericht, catalogus: Catalogus) -> Iterator[str]:
    yield from _kenmerken("attributen", bericht.attributen, catalogus)
    types = {*catalogus.codelijsten["organisatietype"].codes, BROKER}
    for type_ in {bericht.van, *bericht.naar, *bericht.verwacht} - types:
        yield f"there is no organisatietype {type_!r:.40}"
    if bericht.t and not _is_moment(bericht.t):
        yield "t: a date and time with a time zone is expected"
    berichttype = catalogus.berichttypen.get(bericht.type)
    if berichttype is None:
        yield f"there is no berichttype {bericht.type!r:.40}"
        return
    for place, names in _named(bericht):
        for naam in names:
            if berichttype.rubriek(naam) is None:
                yield f"{place}: {berichttype.code} has no rubriek {naam!r:.60}"


def _named(bericht: Scenariobericht) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(bericht.rubrieken, str):
        yield "rubrieken", bericht.rubrieken
    for type_, verwacht in bericht.verwacht.items():
        yield f"verwacht.{type_}.moet", verwacht.moet
        yield f"verwacht.{type_}.mag_niet", verwacht.mag_niet
        yield f"verwacht.{type_}.aangehouden", verwacht.aangehouden


def _kenmerken(
    place: str, waarden: dict[str, object], catalogus: Catalogus
) -> Iterator[str]:
    for naam, waarde in waarden.items():
        kenmerk = catalogus.kenmerken.get(naam)
        if kenmerk is None:
            yield f"{place}: there is no kenmerk {naam!r:.40}"
            continue
        try:
            parse_kenmerk(kenmerk, waarde)
        except SchemaError as error:
            yield f"{place}: {error.message}"


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def without_prose(
    scenario: Scenario, catalogus: Catalogus
) -> tuple[Scenario, list[str]]:
    """Leave out of ``kern`` what is no value of a field, and say what that was."""
    told: list[str] = []
    berichten = []
    for bericht in scenario.berichten:
        kept = {}
        for path, text in bericht.kern.items():
            try:
                _try_out(catalogus.berichttype(bericht.type), catalogus, bericht, path)
            except SchemaError as error:
                told.append(f"message {bericht.nr}: kern not applied: {error.message}")
            else:
                kept[path] = text
        berichten.append(bericht.model_copy(update={"kern": kept}))
    return scenario.model_copy(update={"berichten": tuple(berichten)}), told


def _try_out(
    berichttype: Berichttype,
    catalogus: Catalogus,
    bericht: Scenariobericht,
    path: str,
) -> None:
    wanted = None if bericht.rubrieken == ALLE else list(bericht.rubrieken)
    if wanted is not None:
        wanted += [r.naam for r in berichttype.rubrieken if r.verplicht and not r.groep]
    voorbeeld_inhoud(
        berichttype,
        catalogus,
        seed=bericht.nr,
        rubrieken=None if wanted is None else list(dict.fromkeys(wanted)),
        kern={path: bericht.kern[path]},
    )


def with_moments(scenario: Scenario, termijnen: Termijnen) -> Scenario:
    """Put a moment that only ``termijnen`` gives into the message that carries it.

    A term may start at a moment in the content, that ``kern`` does not repeat. Then it
    goes into the first message after it that can start the term.
    """
    berichten = list(scenario.berichten)
    for verwacht in scenario.termijnen:
        termijn = termijnen.get(verwacht.id)
        for vorm in () if termijn is None else termijn.start:
            for number, bericht in enumerate(berichten):
                if (
                    vorm.moment is None
                    or bericht.type not in vorm.berichttypen
                    or not bericht.t
                    or datetime.fromisoformat(bericht.t) < verwacht.start
                    or vorm.moment in bericht.kern
                ):
                    continue
                told = {vorm.moment: verwacht.start.isoformat()}
                berichten[number] = bericht.model_copy(
                    update={"kern": bericht.kern | told}
                )
                break
    return scenario.model_copy(update={"berichten": tuple(berichten)})
