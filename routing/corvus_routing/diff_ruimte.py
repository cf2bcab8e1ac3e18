"""All values a few kenmerken can have, at once: a condition is a set of bits.

A ``Ruimte`` numbers every combination of values, with "not declared" as one of the
values of each kenmerk. A condition becomes an integer with a bit per combination in
which it is true, and comparing tables becomes arithmetic on integers: exact, because
nothing is sampled, and fast, because one operation treats thousands of combinations.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from corvus_routing.voorwaarde import Truth
from corvus_routing.woordenboek import ONTVANGER, PSEUDO, VERSTREKKER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from corvus_routing.voorwaarde import Voorwaarde
    from corvus_routing.woordenboek import Domein
    from corvus_schemas.kenmerken import KenmerkWaarde

LIMIET: Final = 1 << 18
"""Combinations a Ruimte may have; eleven kenmerken that are true or false fit.

The groups of the concept table need at most 5103.
"""

Partijen: TypeAlias = tuple[str, str]
"""The organisatietypen of the sender and of the recipient."""

_Punt: TypeAlias = "dict[str, KenmerkWaarde]"


@dataclass(frozen=True, slots=True)
class Variabele:
    """One kenmerk with every value that makes a difference; None: not declared.

    A list has as values the sets of those members (``leden``) that a condition asks
    for; its other members make no difference.
    """

    naam: str
    waarden: tuple[KenmerkWaarde | None, ...]
    leden: tuple[str, ...] = ()


class Ruimte:
    """Every combination of the values of some variables, numbered from 0."""

    def __init__(self, variabelen: tuple[Variabele, ...]) -> None:
        """Lay the combinations out: the last variable changes fastest."""
        self.variabelen = variabelen
        self.grootte = math.prod(len(variabele.waarden) for variabele in variabelen)
        self.alle = (1 << self.grootte) - 1
        self._maskers: list[tuple[int, ...]] = []
        stap = self.grootte
        for variabele in variabelen:
            aantal = len(variabele.waarden)
            stap //= aantal
            # A run of `stap` bits, once every `stap * aantal` bits.
            herhaald = self.alle // ((1 << stap * aantal) - 1)
            run = ((1 << stap) - 1) * herhaald
            self._maskers.append(tuple(run << (stap * n) for n in range(aantal)))

    @property
    def te_groot(self) -> bool:
        """Whether there are more combinations than are enumerated."""
        return self.grootte > LIMIET

    def maskers(self, plaats: int) -> tuple[int, ...]:
        """Give, per value of a variable, the combinations that have it."""
        return self._maskers[plaats]

    def volledig(self) -> int:
        """Give the combinations in which everything is declared."""
        uit = self.alle
        for plaats, variabele in enumerate(self.variabelen):
            if None in variabele.waarden:
                uit &= ~self._maskers[plaats][variabele.waarden.index(None)]
        return uit

    def keuze(self, nummer: int) -> tuple[int, ...]:
        """Give which value each variable has in one combination."""
        gekozen = []
        for variabele in reversed(self.variabelen):
            nummer, waarde = divmod(nummer, len(variabele.waarden))
            gekozen.append(waarde)
        return tuple(reversed(gekozen))

    def plaatsen(self, namen: Iterable[str]) -> tuple[int, ...]:
        """Give the places of the variables with these names."""
        gezocht = frozenset(namen)
        return tuple(n for n, v in enumerate(self.variabelen) if v.naam in gezocht)

    def punten(self, plaatsen: tuple[int, ...]) -> Iterator[tuple[_Punt, int]]:
        """Give every combination of some variables, with the bits that have it."""
        keuzes = [range(len(self.variabelen[plaats].waarden)) for plaats in plaatsen]
        for keuze in itertools.product(*keuzes):
            punt: _Punt = {}
            bits = self.alle
            for plaats, nummer in zip(plaatsen, keuze, strict=True):
                variabele = self.variabelen[plaats]
                waarde = variabele.waarden[nummer]
                bits &= self._maskers[plaats][nummer]
                if waarde is not None:
                    punt[variabele.naam] = waarde
            yield punt, bits


@dataclass(frozen=True, slots=True)
class Beeld:
    """A condition over a Ruimte: where it is true, and where it is not false."""

    waar: int
    niet_onwaar: int


class Ruimten:
    """Makes a Ruimte for conditions, and their Beeld in it; remembers both."""

    def __init__(self, domeinen: Mapping[str, Domein]) -> None:
        """Take the domains of the kenmerken from the catalogue."""
        self._domeinen = domeinen
        self._ruimten: dict[tuple[Variabele, ...], Ruimte] = {}
        self._beelden: dict[tuple[object, ...], Beeld] = {}

    def ruimte(
        self,
        voorwaarden: Iterable[Voorwaarde],
        partijen: Partijen,
        extra: tuple[Variabele, ...] = (),
    ) -> Ruimte:
        """Give the space of all kenmerken that can matter to these conditions.

        It is only laid out: one that is ``te_groot`` has no use beyond being named.
        """
        bekend = _bekend(partijen)
        leden: dict[str, set[str]] = defaultdict(set)
        namen: set[str] = set()
        for voorwaarde in set(voorwaarden):
            if voorwaarde.evaluate(bekend) is not Truth.ONBEKEND:
                continue  # decided by the parties alone, whatever is declared
            namen |= voorwaarde.kenmerken - PSEUDO
            for lid in voorwaarde.lidmaatschappen:
                leden[lid.lijst].add(bekend[lid.lid] if lid.is_pseudo else lid.lid)
        variabelen = extra + tuple(
            self._variabele(naam, leden[naam]) for naam in sorted(namen)
        )
        ruimte = self._ruimten.get(variabelen)
        if ruimte is None:
            ruimte = self._ruimten[variabelen] = Ruimte(_bounded(variabelen))
        return ruimte

    def _variabele(self, naam: str, leden: set[str]) -> Variabele:
        domein = self._domeinen[naam]
        match domein.soort:
            case "bool":
                return Variabele(naam, (True, False, None))
            case "enum":
                return Variabele(naam, (*sorted(domein.codes), None))
            case "lijst":
                gevraagd = tuple(sorted(leden))
                sets = (
                    keuze
                    for aantal in range(len(gevraagd) + 1)
                    for keuze in itertools.combinations(gevraagd, aantal)
                )
                # Past the limit the Ruimte is named as too large, and not used.
                return Variabele(
                    naam, (*itertools.islice(sets, LIMIET), None), gevraagd
                )

    def beeld(
        self,
        ruimte: Ruimte,
        voorwaarde: Voorwaarde,
        partijen: Partijen,
        hold: str | None = None,
    ) -> Beeld:
        """Give where a condition is true; ``hold`` is taken to be false everywhere."""
        gebruikt = partijen if voorwaarde.kenmerken & PSEUDO else None
        key = (ruimte, voorwaarde.tekst, gebruikt, hold)
        beeld = self._beelden.get(key)
        if beeld is None:
            beeld = _beeld(ruimte, voorwaarde, _bekend(partijen), hold)
            self._beelden[key] = beeld
        return beeld


def _bounded(variabelen: tuple[Variabele, ...]) -> tuple[Variabele, ...]:
    """Stop at the first variables that make it too large already: bits cost memory."""
    grootte = 1
    for aantal, variabele in enumerate(variabelen, 1):
        grootte *= len(variabele.waarden)
        if grootte > LIMIET:
            return variabelen[:aantal]
    return variabelen


def _bekend(partijen: Partijen) -> dict[str, str]:
    return {VERSTREKKER: partijen[0], ONTVANGER: partijen[1]}


def _beeld(
    ruimte: Ruimte,
    voorwaarde: Voorwaarde,
    bekend: Mapping[str, KenmerkWaarde],
    hold: str | None,
) -> Beeld:
    waar = niet_onwaar = 0
    vast: Mapping[str, KenmerkWaarde] = {} if hold is None else {hold: False}
    for punt, bits in ruimte.punten(ruimte.plaatsen(voorwaarde.kenmerken)):
        waarheid = voorwaarde.evaluate({**punt, **bekend, **vast})
        if waarheid is Truth.WAAR:
            waar |= bits
        if waarheid is not Truth.ONWAAR:
            niet_onwaar |= bits
    return Beeld(waar, niet_onwaar)
