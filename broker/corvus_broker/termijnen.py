"""Terms of a zaak: which run, until when, and which were kept.

Pure: events go in, the terms of the zaak come out. Who watches the clock, raises the
alarms and remembers what runs is elsewhere. An alarm never blocks a message.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, Literal

from corvus_broker.termijnen_kalender import end_of_day, uiterlijk
from corvus_schemas.termijnen import GEEN_PARAMETERS, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_schemas.kenmerken import KenmerkWaarde
    from corvus_schemas.termijnen import Duur, Gebeurtenisvorm, Soort, Termijn

Gehaald = Literal["ja", "nee", "open"]
_EARLY: Final = 0.8


@dataclass(frozen=True, slots=True)
class Partij:
    """An organisation and its type."""

    oin: str
    type: str


@dataclass(frozen=True, slots=True)
class Gebeurtenis:
    """Something that happened to a message of the zaak.

    ``van`` is who did it: the sender, or for ``gelezen`` the reader. ``naar`` is who
    got something. ``kenmerken`` are those of the header and of the zaak so far;
    ``vaststelling`` is what this message establishes itself.
    """

    soort: Soort
    bericht: str
    berichttype: str
    van: Partij
    op: datetime
    naar: tuple[Partij, ...] = ()
    spoed: str = "normaal"
    antwoord_op: str | None = None
    rubrieken: frozenset[str] = frozenset()
    kenmerken: Mapping[str, KenmerkWaarde] = field(default_factory=dict)
    vaststelling: Mapping[str, KenmerkWaarde] = field(default_factory=dict)
    parameters: Parameters = GEEN_PARAMETERS


@dataclass(frozen=True, slots=True)
class Loop:
    """One run of a term; ``partij`` is the one organisation it is about, if any."""

    termijn: str
    bericht: str
    start: datetime
    uiterlijk: datetime
    partij: Partij | None = None
    einde: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A hard term that runs out (``verstreken`` false) or has run out."""

    loop: Loop
    op: datetime
    naar: tuple[str, ...]
    verstreken: bool


def gehaald(loop: Loop) -> Gehaald:
    """Say whether a term was kept; open while nothing ended it."""
    if loop.einde is None:
        return "open"
    return "ja" if loop.einde <= loop.uiterlijk else "nee"


def advance(
    termijnen: Iterable[Termijn], lopend: Sequence[Loop], gebeurtenis: Gebeurtenis
) -> tuple[Loop, ...]:
    """Give the terms of a zaak after an event: first what it ends, then what starts.

    The same event twice changes nothing the second time.
    """
    loops = list(lopend)
    for termijn in termijnen:
        known = [loop for loop in loops if loop.termijn == termijn.id]
        began = [
            loop
            for loop in start(termijn, gebeurtenis)
            if not _again(termijn, loop, known)
        ]
        loops = [stop(termijn, loop, gebeurtenis) for loop in [*loops, *began]]
    return tuple(loops)


def start(termijn: Termijn, gebeurtenis: Gebeurtenis) -> tuple[Loop, ...]:
    """Give the runs that an event starts: one, or one for each who got the message."""
    if termijn.duur is None:
        return ()
    for vorm in termijn.start:
        moment = _moment(vorm, gebeurtenis)
        if moment is None or not _fits(vorm, gebeurtenis):
            continue
        duur = termijn.bij_spoed.get(gebeurtenis.spoed, termijn.duur)
        ends = _ends(termijn, gebeurtenis, moment, duur)
        partijen = gebeurtenis.naar if termijn.per == "ontvanger" else (None,)
        return tuple(
            Loop(termijn.id, gebeurtenis.bericht, moment, ends, partij)
            for partij in partijen
        )
    return ()


def stop(termijn: Termijn, loop: Loop, gebeurtenis: Gebeurtenis) -> Loop:
    """Give a run as it is after an event: ended, or the same."""
    if loop.termijn != termijn.id or loop.einde is not None:
        return loop
    if loop.partij is not None and loop.partij.oin != gebeurtenis.van.oin:
        return loop
    for vorm in termijn.einde:
        moment = _moment(vorm, gebeurtenis)
        if (
            moment is not None
            and vorm.zelfde_bericht == (loop.bericht == gebeurtenis.bericht)
            and (not vorm.antwoord or loop.bericht == gebeurtenis.antwoord_op)
            and _fits(vorm, gebeurtenis)
        ):
            return replace(loop, einde=moment)
    return loop


def alarms(
    termijn: Termijn, loop: Loop, van: datetime, tot: datetime
) -> tuple[Alarm, ...]:
    """Give the alarms of one run in the time after ``van``, up to and with ``tot``.

    A hard term alarms when four fifths are gone and when it is over, until it ends.
    """
    if termijn.aard != "hard":
        return ()
    early = loop.start + (loop.uiterlijk - loop.start) * _EARLY
    return tuple(
        Alarm(loop, op, termijn.alarm_naar, verstreken)
        for op, verstreken in ((early, False), (loop.uiterlijk, True))
        if van < op <= tot and (loop.einde is None or loop.einde > op)
    )


def _again(termijn: Termijn, loop: Loop, known: Sequence[Loop]) -> bool:
    if termijn.per == "zaak":
        return bool(known)
    return any(
        (one.bericht, one.partij) == (loop.bericht, loop.partij) for one in known
    )


def _moment(vorm: Gebeurtenisvorm, gebeurtenis: Gebeurtenis) -> datetime | None:
    if vorm.moment is None:
        return gebeurtenis.op.astimezone(UTC)
    declared = gebeurtenis.parameters.momenten.get(vorm.moment)
    return None if declared is None else declared.astimezone(UTC)


def _ends(
    termijn: Termijn, gebeurtenis: Gebeurtenis, moment: datetime, duur: Duur
) -> datetime:
    """Give the end by the calendar, or the day that the sender planned."""
    planned = gebeurtenis.parameters.datums.get(termijn.uiterlijk_veld or "")
    if planned is None:
        return uiterlijk(moment, duur)
    return end_of_day(date.fromisoformat(planned))


def _fits(vorm: Gebeurtenisvorm, gebeurtenis: Gebeurtenis) -> bool:
    types = {partij.type for partij in gebeurtenis.naar}
    van = gebeurtenis.van.type
    velden = gebeurtenis.parameters.velden
    return (
        vorm.soort == gebeurtenis.soort
        and (not vorm.berichttypen or gebeurtenis.berichttype in vorm.berichttypen)
        and (not vorm.van or van in vorm.van)
        and van not in vorm.niet_van
        and (not vorm.naar or bool(vorm.naar & types))
        and (not vorm.spoed or gebeurtenis.spoed in vorm.spoed)
        and (vorm.rubriek is None or vorm.rubriek in gebeurtenis.rubrieken)
        and _holds(vorm.kenmerken, gebeurtenis.kenmerken)
        and _holds(vorm.vaststelling, gebeurtenis.vaststelling)
        and all(
            codes & velden.get(pad, frozenset()) for pad, codes in vorm.velden.items()
        )
    )


def _holds(
    wanted: Mapping[str, KenmerkWaarde], known: Mapping[str, KenmerkWaarde]
) -> bool:
    return all(known.get(naam, False) == waarde for naam, waarde in wanted.items())
