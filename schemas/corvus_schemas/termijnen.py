"""Termijnen: what starts a term, what ends it, how long it is, who hears of it.

Start and einde are events that pass the broker. What a header cannot tell - a code or
a moment in the content - is a parameter that the sender's SDK supplies for the terms
that ask for it, and for nothing else (``parameters_of``).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, get_args

from corvus_schemas.bronbestand import read_bestand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corvus_schemas.bronbestand import Knoop
    from corvus_schemas.kenmerken import KenmerkWaarde

Soort = Literal["aangeboden", "afgeleverd", "afgehandeld", "aangehouden", "gelezen"]
Eenheid = Literal[
    "minuten",
    "uren",
    "daguren",
    "dagen",
    "weken",
    "maanden",
    "werkdagen",
    "zelfde_kalenderdag",
]
Aard = Literal["hard", "waargenomen"]
Per = Literal["bericht", "ontvanger", "zaak"]
Termijnen: TypeAlias = "Mapping[str, Termijn]"

_DATE_LENGTH: Final = len("2031-01-31")


@dataclass(frozen=True, slots=True)
class Duur:
    """A length of time by the calendar."""

    lengte: int
    eenheid: Eenheid


@dataclass(frozen=True, slots=True)
class Gebeurtenisvorm:
    """What an event has to be like; an empty part does not matter.

    ``kenmerken`` hold in the zaak, ``vaststelling`` is established by this very
    message; false also holds when nothing is known. ``velden`` and ``moment`` are
    supplied by the sender's SDK.
    """

    soort: Soort
    berichttypen: frozenset[str]
    van: frozenset[str]
    niet_van: frozenset[str]
    naar: frozenset[str]
    spoed: frozenset[str]
    rubriek: str | None
    kenmerken: Mapping[str, KenmerkWaarde]
    vaststelling: Mapping[str, KenmerkWaarde]
    velden: Mapping[str, frozenset[str]]
    moment: str | None
    antwoord: bool
    zelfde_bericht: bool


@dataclass(frozen=True, slots=True)
class Termijn:
    """One term; ``duur`` None and no ``start``: nothing a broker could measure."""

    id: str
    naam: str
    duur: Duur | None
    bij_spoed: Mapping[str, Duur]
    aard: Aard
    alarm_naar: tuple[str, ...]
    per: Per
    start: tuple[Gebeurtenisvorm, ...]
    einde: tuple[Gebeurtenisvorm, ...]
    uiterlijk_veld: str | None


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the sender's SDK tells of the content, for terms alone."""

    velden: Mapping[str, frozenset[str]]
    momenten: Mapping[str, datetime]
    datums: Mapping[str, str]


GEEN_PARAMETERS: Final = Parameters({}, {}, {})


@functools.cache
def load_termijnen() -> Termijnen:
    """Load the termijnen that come with the code; the same object every time."""
    place = resources.files("corvus_schemas") / "data" / "termijnen.json"
    return parse_termijnen(read_bestand(place))


def parse_termijnen(bestand: Knoop) -> Termijnen:
    """Read all termijnen from one file.

    Raises:
        SchemaError: ``schemabestand.ongeldig``, naming the place.
    """
    return {id_: _termijn(id_, knoop) for id_, knoop in bestand.members().items()}


def used_kenmerken(termijnen: Termijnen, berichttype: str) -> frozenset[str]:
    """Give the kenmerken that terms ask of a message of this type."""
    return frozenset(
        naam for vorm in _vormen(termijnen, berichttype) for naam in vorm.kenmerken
    )


def parameters_of(
    termijnen: Termijnen, berichttype: str, inhoud: Mapping[str, object]
) -> Parameters:
    """Take from content what terms of this berichttype ask for, and no more."""
    vormen = list(_vormen(termijnen, berichttype))
    velden: dict[str, frozenset[str]] = {}
    momenten: dict[str, datetime] = {}
    datums: dict[str, str] = {}
    for pad in {pad for vorm in vormen for pad in vorm.velden}:
        value = _look_up(inhoud, pad)
        found = value if isinstance(value, list) else [value]
        velden[pad] = frozenset(one for one in found if isinstance(one, str))
    for pad in {vorm.moment for vorm in vormen if vorm.moment}:
        text = _look_up(inhoud, pad)
        if isinstance(text, str):
            momenten[pad] = datetime.fromisoformat(text)
    for pad in {one.uiterlijk_veld for one in termijnen.values() if one.uiterlijk_veld}:
        text = _look_up(inhoud, pad)
        if isinstance(text, str) and _starts(termijnen, berichttype, pad):
            datums[pad] = text[:_DATE_LENGTH]
    return Parameters(velden, momenten, datums)


def _vormen(termijnen: Termijnen, berichttype: str) -> Iterable[Gebeurtenisvorm]:
    return (
        vorm
        for termijn in termijnen.values()
        for vorm in (*termijn.start, *termijn.einde)
        if berichttype in vorm.berichttypen
    )


def _starts(termijnen: Termijnen, berichttype: str, pad: str) -> bool:
    return any(
        termijn.uiterlijk_veld == pad
        and any(berichttype in vorm.berichttypen for vorm in termijn.start)
        for termijn in termijnen.values()
    )


def _look_up(inhoud: Mapping[str, object], pad: str) -> object:
    value: object = inhoud
    for part in pad.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _termijn(id_: str, knoop: Knoop) -> Termijn:
    start = tuple(map(_vorm, knoop.need("start").items()))
    veld = knoop.get("uiterlijk_veld")
    return Termijn(
        id=id_,
        naam=knoop.need("naam").text(),
        duur=_duur(knoop.get("lengte"), knoop.need("eenheid")) if start else None,
        bij_spoed={
            spoed: _duur(*_pair(duur))
            for spoed, duur in knoop.need("bij_spoed").members().items()
        },
        aard=cast("Aard", _one_of(knoop.need("aard"), Aard)),
        alarm_naar=knoop.need("alarm_naar").texts(),
        per=cast("Per", _one_of(knoop.need("per"), Per)),
        start=start,
        einde=tuple(map(_vorm, knoop.need("einde").items())),
        uiterlijk_veld=None if veld is None else veld.text(),
    )


def _pair(knoop: Knoop) -> tuple[Knoop, Knoop]:
    match knoop.items():
        case [lengte, eenheid]:
            return lengte, eenheid
        case _:
            raise knoop.fault("a length and a unit are expected")


def _duur(lengte: Knoop | None, eenheid: Knoop) -> Duur:
    if lengte is None:
        raise eenheid.fault("a term with a start has a length")
    return Duur(lengte.number(), cast("Eenheid", _one_of(eenheid, Eenheid)))


def _vorm(knoop: Knoop) -> Gebeurtenisvorm:
    rubriek, moment = knoop.get("rubriek"), knoop.get("moment")
    return Gebeurtenisvorm(
        soort=cast("Soort", _one_of(knoop.need("soort"), Soort)),
        berichttypen=_set(knoop, "berichttypen"),
        van=_set(knoop, "van"),
        niet_van=_set(knoop, "niet_van"),
        naar=_set(knoop, "naar"),
        spoed=_set(knoop, "spoed"),
        rubriek=None if rubriek is None else rubriek.text(),
        kenmerken=_kenmerken(knoop.get("kenmerken")),
        vaststelling=_kenmerken(knoop.get("vaststelling")),
        velden={
            pad: frozenset(codes.texts())
            for pad, codes in _members(knoop.get("velden")).items()
        },
        moment=None if moment is None else moment.text(),
        antwoord=_flag(knoop.get("antwoord")),
        zelfde_bericht=_flag(knoop.get("zelfde_bericht")),
    )


def _set(knoop: Knoop, key: str) -> frozenset[str]:
    found = knoop.get(key)
    return frozenset() if found is None else frozenset(found.texts())


def _flag(knoop: Knoop | None) -> bool:
    return knoop is not None and knoop.flag()


def _members(knoop: Knoop | None) -> dict[str, Knoop]:
    return {} if knoop is None else knoop.members()


def _kenmerken(knoop: Knoop | None) -> dict[str, KenmerkWaarde]:
    return {
        naam: value.flag() if isinstance(value.waarde, bool) else value.text()
        for naam, value in _members(knoop).items()
    }


def _one_of(knoop: Knoop, literal: object) -> str:
    text = knoop.text()
    allowed: tuple[str, ...] = get_args(literal)
    if text not in allowed:
        raise knoop.fault(f"unknown word; allowed: {', '.join(allowed)}")
    return text
