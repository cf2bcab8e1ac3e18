"""The terms of a played scenario, on the scenario's own times.

What happened is read from what really went over the wire: the header that the router
saw, and its receipt. Only the clock is the scenario's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from corvus_adapters.scenario.vergelijk import Verschil
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.termijnen import Gebeurtenis, Partij, advance, gehaald
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.masker import bits
from corvus_schemas.identifiers import format_id
from corvus_schemas.termijnen import parameters_of, used_kenmerken
from corvus_schemas.wire.bericht import Inzending, Kop, Routering

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from corvus_adapters.scenario.bestand import Scenario, Termijnverwachting
    from corvus_adapters.scenario.keten import Keten
    from corvus_adapters.scenario.speler import Gespeeld
    from corvus_adapters.sdk.concept import Concept
    from corvus_adapters.sdk.organisatie import Verzonden
    from corvus_broker.termijnen import Loop
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde
    from corvus_schemas.termijnen import Termijnen
    from corvus_schemas.wire.bewijs import Ontvangstbewijs

TERMIJN = "termijn"


@dataclass(frozen=True, slots=True)
class Register:
    """What reading a played message takes."""

    keten: Keten
    catalogus: Catalogus
    termijnen: Termijnen


def loops_of(gespeeld: Sequence[Gespeeld], register: Register) -> tuple[Loop, ...]:
    """Work out every run of every term of a played scenario."""
    loops: tuple[Loop, ...] = ()
    for one in gespeeld:
        if one.vooraf or one.concept is None or not one.bericht.t:
            continue
        for verzonden, bewijs in one.verzonden:
            if bewijs.code:
                continue
            for gebeurtenis in _events(one, one.concept, verzonden, bewijs, register):
                loops = advance(register.termijnen.values(), loops, gebeurtenis)
    return loops


def _events(
    gespeeld: Gespeeld,
    concept: Concept,
    verzonden: Verzonden,
    bewijs: Ontvangstbewijs,
    register: Register,
) -> Iterator[Gebeurtenis]:
    """Give what happened to one message, in order."""
    sent = _sent(gespeeld, concept, bewijs.bericht_id, register)
    keten = register.keten
    naar = tuple(
        Partij(one.ontvanger, keten.client(one.ontvanger).type)
        for one in bewijs.verstrekkingen
        if one.levering is not None
    )
    yield sent
    if naar:
        yield replace(sent, soort="afgeleverd", naar=naar)
    if any(
        weg.reden == "aangehouden"
        for one in bewijs.verstrekkingen
        for weg in one.geweigerd
    ):
        yield replace(sent, soort="aangehouden")
    yield replace(sent, soort="afgehandeld", naar=naar)
    for partij in naar:
        if (partij.oin, verzonden.bericht_id) in keten.ontvangen:
            yield replace(sent, soort="gelezen", van=partij, naar=())


def _sent(
    gespeeld: Gespeeld, concept: Concept, bericht_id: bytes, register: Register
) -> Gebeurtenis:
    afzender, bericht = gespeeld.afzender, gespeeld.bericht
    uitgaand = afzender.postbus.uitgaand(bericht_id)
    if uitgaand is None:
        raise KeyError(format_id(bericht_id))
    inzending = Inzending.decode(uitgaand.inhoud)
    routering = Routering.decode(inzending.routering)
    kop = Kop.decode(parse_manifest(inzending.manifest).kop)
    berichttype = register.catalogus.berichttype(bericht.type)
    leeg = set(bits(int.from_bytes(routering.leeg, "little")))
    used = used_kenmerken(register.termijnen, bericht.type)
    kenmerken: dict[str, KenmerkWaarde] = {
        naam: waarde for naam, waarde in concept.kenmerken.items() if naam in used
    }
    return Gebeurtenis(
        soort="aangeboden",
        bericht=format_id(bericht_id),
        berichttype=bericht.type,
        van=Partij(afzender.oin, afzender.type),
        op=datetime.fromisoformat(bericht.t),
        spoed=kop.spoed,
        antwoord_op=None
        if routering.antwoord_op is None
        else format_id(routering.antwoord_op),
        rubrieken=frozenset(
            positie.rubriek.naam
            for positie in berichttype.posities(tuple(kop.buckets))
            if positie.index not in leeg
        ),
        kenmerken=kenmerken | {"afstemmingsmoment": routering.afstemmingsmoment},
        vaststelling={
            one.kenmerk: tuple(one.waarde)
            if isinstance(one.waarde, list)
            else one.waarde
            for one in routering.stelt_vast
        },
        parameters=parameters_of(register.termijnen, bericht.type, concept.inhoud),
    )


def compare_termijnen(
    scenario: Scenario, loops: Sequence[Loop], termijnen: Termijnen
) -> list[Verschil]:
    """List every difference from the terms a scenario names; others are free."""
    return [
        Verschil(0, TERMIJN, verwacht.id, wat)
        for verwacht in scenario.termijnen
        if (wat := _difference(verwacht, loops, termijnen))
    ]


def _difference(
    verwacht: Termijnverwachting, loops: Sequence[Loop], termijnen: Termijnen
) -> str:
    if verwacht.id not in termijnen:
        return "there is no such termijn"
    same = [loop for loop in loops if loop.termijn == verwacht.id]
    if not same:
        return "did not start"
    begun = [loop for loop in same if loop.start == verwacht.start]
    if not begun:
        starts = ", ".join(sorted({_local(loop.start) for loop in same}))
        return f"did not start at {_local(verwacht.start)}, but at {starts}"
    # Of the same start there is one run for each organisation that was asked.
    found = [_wrong(verwacht, loop) for loop in begun]
    return min(found, key=len)


def _wrong(verwacht: Termijnverwachting, loop: Loop) -> str:
    wrong = []
    if loop.uiterlijk != verwacht.uiterlijk:
        wrong.append(f"ends at {_local(loop.uiterlijk)}")
    if loop.einde != verwacht.werkelijk:
        wrong.append(f"was met at {_local(loop.einde)}" if loop.einde else "is not met")
    if gehaald(loop) != verwacht.gehaald:
        wrong.append(f"gehaald is {gehaald(loop)}, not {verwacht.gehaald}")
    return "; ".join(wrong)


def _local(moment: datetime) -> str:
    return moment.astimezone(AMSTERDAM).isoformat(timespec="minutes")


def as_dict(loop: Loop) -> dict[str, object]:
    """Give a run for people and programs, in local time."""
    return {
        "id": loop.termijn,
        "start": _local(loop.start),
        "uiterlijk": _local(loop.uiterlijk),
        "werkelijk": None if loop.einde is None else _local(loop.einde),
        "gehaald": gehaald(loop),
        "partij": None if loop.partij is None else loop.partij.type,
    }
