"""What a table decides for one berichttype, sender, recipient and set of kenmerken.

A ``Beslissing`` is made once, shared by every message it holds for and never changed;
it remembers its bit masks per layout of positions, so that deciding about a message
is a look-up and a few operations on integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from corvus_routing.indeling import indeling_of
from corvus_routing.regel import BEWAARTERMIJNEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from corvus_routing.indeling import Indeling
    from corvus_schemas.catalogus import Positie

MASKERS_LIMIT: Final = 64
"""Layouts a Beslissing remembers its masks for before it starts afresh.

Layouts differ only in the buckets of the roles, a handful in practice; the limit keeps
a sender that tries them all from filling the memory. Two masks take about 200 bytes.
"""

DOORSNEDES_LIMIT: Final = 2
"""Intersections a Beslissing remembers: the version before and the one after."""


class Soort(Enum):
    """The outcome for one rubriek."""

    TOEGESTAAN = "toegestaan"
    AANGEHOUDEN = "aangehouden"
    GEWEIGERD = "geweigerd"


class Reden(Enum):
    """Why a rubriek does not go out now."""

    STANDAARD = "standaard"
    VERBODEN = "verboden"
    AANGEHOUDEN = "aangehouden"
    DOEL = "doel"


@dataclass(frozen=True, slots=True)
class Uitkomst:
    """The outcome for one rubriek and the rules that brought it about."""

    soort: Soort
    regel_ids: tuple[str, ...] = ()
    reden: Reden | None = None


GEEN_REGEL: Final = Uitkomst(Soort.GEWEIGERD, (), Reden.STANDAARD)
_VERKEERD_DOEL: Final = Uitkomst(Soort.GEWEIGERD, (), Reden.DOEL)
_STRICTEST_FIRST: Final = (Soort.GEWEIGERD, Soort.AANGEHOUDEN, Soort.TOEGESTAAN)


@dataclass(frozen=True, slots=True)
class Maskers:
    """The outcomes laid over the positions of a message, a bit for each."""

    allow: int
    hold: int


@dataclass(frozen=True, slots=True)
class Beslissing:
    """The outcome per rubriek, and what follows from the allow rules that fire.

    Attributes:
        uitkomsten: per rubriek of the berichttype.
        doelen: of the allow rules that let a rubriek go; kop.doel must be one.
        doelen_aangehouden: of the allow rules that hold a rubriek.
        moet: whether such an allow rule says the recipient must get it.
        bewaartermijn: the longest of those rules, None where nothing goes.
    """

    uitkomsten: Mapping[str, Uitkomst]
    doelen: frozenset[str] = frozenset()
    doelen_aangehouden: frozenset[str] = frozenset()
    moet: bool = False
    bewaartermijn: str | None = None
    _maskers: dict[int, Maskers] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _doorsnedes: dict[int, tuple[Beslissing, Beslissing]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def mask(self, posities: tuple[Positie, ...]) -> int:
        """Give the positions that may go: bit i for position i."""
        return self.maskers(indeling_of(posities)).allow

    def hold_mask(self, posities: tuple[Positie, ...]) -> int:
        """Give the positions that are held: bit i for position i."""
        return self.maskers(indeling_of(posities)).hold

    def maskers(self, indeling: Indeling) -> Maskers:
        """Give both masks for a layout, remembered by its number."""
        known = self._maskers.get(indeling.nummer)
        if known is None:
            known = Maskers(
                self._bits(Soort.TOEGESTAAN, indeling),
                self._bits(Soort.AANGEHOUDEN, indeling),
            )
            if len(self._maskers) >= MASKERS_LIMIT:
                self._maskers.clear()
            self._maskers[indeling.nummer] = known
        return known

    def _bits(self, soort: Soort, indeling: Indeling) -> int:
        bits = 0
        for naam, uitkomst in self.uitkomsten.items():
            if uitkomst.soort is soort:
                bits |= indeling.bits.get(naam, 0)
        return bits

    def for_doel(self, doel: str) -> Beslissing:
        """Narrow to a message with this doel.

        Where no rule that fires has this doel, nothing goes. What a rule with this
        doel holds stays held: its release is decided anew.
        """
        if doel in self.doelen:
            return self
        keeps_hold = doel in self.doelen_aangehouden
        uitkomsten = {
            rubriek: uitkomst
            if keeps_hold and uitkomst.soort is Soort.AANGEHOUDEN
            else _VERKEERD_DOEL
            for rubriek, uitkomst in self.uitkomsten.items()
        }
        return Beslissing(
            MappingProxyType(uitkomsten),
            doelen_aangehouden=self.doelen_aangehouden if keeps_hold else frozenset(),
        )

    def doorsnede(self, other: Beslissing) -> Beslissing:
        """Give what both allow, for a message sealed under an older table.

        Per rubriek the stricter outcome stands, with its rules and reason; where both
        let it go, the rules of both are named. The shorter retention stands.
        """
        if other is self:
            return self
        # The other one is kept with the result, so its id cannot come back meanwhile.
        known = self._doorsnedes.get(id(other))
        if known is None:
            known = (other, self._intersect(other))
            if len(self._doorsnedes) >= DOORSNEDES_LIMIT:
                self._doorsnedes.clear()
            self._doorsnedes[id(other)] = known
        return known[1]

    def _intersect(self, other: Beslissing) -> Beslissing:
        uitkomsten = {
            rubriek: _stricter(uitkomst, other.uitkomsten.get(rubriek, GEEN_REGEL))
            for rubriek, uitkomst in self.uitkomsten.items()
        }
        uitkomsten |= dict.fromkeys(other.uitkomsten.keys() - uitkomsten, GEEN_REGEL)
        soorten = {uitkomst.soort for uitkomst in uitkomsten.values()}
        goes, held = Soort.TOEGESTAAN in soorten, Soort.AANGEHOUDEN in soorten
        either = (self.doelen | self.doelen_aangehouden) & (
            other.doelen | other.doelen_aangehouden
        )
        termijnen = (self.bewaartermijn, other.bewaartermijn)
        return Beslissing(
            MappingProxyType(uitkomsten),
            doelen=self.doelen & other.doelen if goes else frozenset(),
            doelen_aangehouden=either if held else frozenset(),
            moet=goes and self.moet and other.moet,
            bewaartermijn=_pick(min, termijnen) if goes else None,
        )


def serves_doel(beslissingen: Iterable[Beslissing], doel: str) -> bool:
    """Tell whether a message's doel is that of a rule that fires for any recipient.

    One message serves several recipients, each under its own rule's doel (which is what
    its cellen log); a doel that no rule has at all makes the message disclose nothing.
    """
    return any(
        doel in one.doelen or doel in one.doelen_aangehouden for one in beslissingen
    )


def longest(bewaartermijnen: Iterable[str | None]) -> str | None:
    """Give the retention class that covers all of these."""
    return _pick(max, bewaartermijnen)


def _pick(
    choose: Callable[[list[int]], int], bewaartermijnen: Iterable[str | None]
) -> str | None:
    ranks = [BEWAARTERMIJNEN.index(klasse) for klasse in bewaartermijnen if klasse]
    return BEWAARTERMIJNEN[choose(ranks)] if ranks else None


def _stricter(one: Uitkomst, two: Uitkomst) -> Uitkomst:
    if one.soort is two.soort is Soort.TOEGESTAAN:
        return Uitkomst(
            Soort.TOEGESTAAN, tuple(dict.fromkeys(one.regel_ids + two.regel_ids))
        )
    ranks = [_STRICTEST_FIRST.index(uitkomst.soort) for uitkomst in (one, two)]
    if ranks[0] == ranks[1]:  # a denial that names its rule says more than a default
        return two if two.regel_ids and not one.regel_ids else one
    return one if ranks[0] < ranks[1] else two
