"""Findings about denials: one that can never deny, and two that say the same."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from corvus_routing.lint_bevinding import Bevinding, Soort
from corvus_routing.regel import Besluit
from corvus_routing.voorwaarde import parse_voorwaarde
from corvus_routing.woordenboek import PSEUDO, WILDCARD, Woordenboek

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corvus_routing.diff_ruimte import Partijen, Ruimten
    from corvus_routing.regel import Regel
    from corvus_routing.voorwaarde import Voorwaarde


def check_verboden(
    regels: Iterable[Regel], woorden: Woordenboek, ruimten: Ruimten
) -> Iterator[Bevinding]:
    """Find denials that never deny, and denials that say the same."""
    gelijk: dict[tuple[str, ...], list[Regel]] = {}
    keuring = _Keuring(woorden, ruimten)
    for regel in regels:
        if regel.besluit is Besluit.JA:
            continue
        if keuring.never(regel):
            yield Bevinding(
                Soort.ONBEREIKBAAR,
                _where(regel),
                (regel.regel,),
                "the condition of this denial is never true, so it protects nothing",
                "correct it, or take the rule out",
            )
            continue
        plaats = (regel.berichttype, regel.rubriek, regel.van, regel.naar, regel.regio)
        gelijk.setdefault(plaats, []).append(regel)
    for samen in gelijk.values():
        yield from _doubles(samen, keuring)


def _doubles(samen: list[Regel], keuring: _Keuring) -> Iterator[Bevinding]:
    over = list(samen)
    while over:
        eerste, *rest = over
        zelfde = [regel for regel in rest if keuring.same(eerste, regel)]
        over = [regel for regel in rest if regel not in zelfde]
        if zelfde:
            yield Bevinding(
                Soort.DUBBEL,
                _where(eerste),
                tuple(regel.regel for regel in (eerste, *zelfde)),
                "these denials say the same, under equivalent conditions",
                "keep one",
            )


class _Keuring:
    def __init__(self, woorden: Woordenboek, ruimten: Ruimten) -> None:
        self._woorden = woorden
        self._ruimten = ruimten
        self._voorwaarden: dict[str, Voorwaarde] = {}

    def _voorwaarde(self, regel: Regel) -> Voorwaarde:
        tekst = regel.voorwaarde
        if tekst not in self._voorwaarden:
            self._voorwaarden[tekst] = parse_voorwaarde(tekst, self._woorden.domeinen)
        return self._voorwaarden[tekst]

    def _partijen(self, *regels: Regel) -> Iterator[Partijen]:
        """Give the parties a denial is about; one pair stands for all if none matters.

        The rules have the same parties.
        """
        van, naar = regels[0].van, regels[0].naar
        alle = sorted(self._woorden.organisatietypen)
        if not any(self._voorwaarde(regel).kenmerken & PSEUDO for regel in regels):
            alle = alle[:1]
        yield from itertools.product(
            alle if van == WILDCARD else [van], alle if naar == WILDCARD else [naar]
        )

    def never(self, regel: Regel) -> bool:
        voorwaarde = self._voorwaarde(regel)
        for partijen in self._partijen(regel):
            ruimte = self._ruimten.ruimte([voorwaarde], partijen)
            if ruimte.te_groot:
                return False  # only a condition with many lists; it is not judged
            if self._ruimten.beeld(ruimte, voorwaarde, partijen).waar:
                return False
        return True

    def same(self, een: Regel, ander: Regel) -> bool:
        voorwaarden = [self._voorwaarde(een), self._voorwaarde(ander)]
        if voorwaarden[0] is voorwaarden[1]:
            return True
        for partijen in self._partijen(een, ander):
            ruimte = self._ruimten.ruimte(voorwaarden, partijen)
            if ruimte.te_groot:
                return False
            beelden = {self._ruimten.beeld(ruimte, v, partijen) for v in voorwaarden}
            if len(beelden) > 1:
                return False
        return True


def _where(regel: Regel) -> str:
    return f"{regel.berichttype} {regel.van} to {regel.naar}, {regel.rubriek}"
