"""What the rules of one group let through, over every combination of kenmerken.

The order of the rules is that of ``groep``: a denial that is true or unknown, then
allow rules that are true, then those that would be if their hold were false.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from corvus_routing.regel import Besluit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corvus_routing.diff_ruimte import Beeld, Partijen, Ruimte, Ruimten
    from corvus_routing.weging import Kandidaat

KOP_DOEL: Final = "kop.doel"
"""Name of the variable that stands for the doel a message has in its kop."""


@dataclass(frozen=True, slots=True)
class Rubriekbeeld:
    """What happens to one rubriek, a bit per combination of kenmerken."""

    verboden: int
    toegestaan: int
    aangehouden: int


class Groepsbeeld:
    """The rules for one berichttype, two parties and a region, over a Ruimte."""

    def __init__(
        self,
        ruimten: Ruimten,
        ruimte: Ruimte,
        partijen: Partijen,
        kandidaten: Sequence[Kandidaat],
    ) -> None:
        """Keep the rules; nothing is computed before it is asked for."""
        self.ruimte = ruimte
        self._ruimten = ruimten
        self._partijen = partijen
        self._kandidaten = kandidaten
        self._rubrieken: dict[str, Rubriekbeeld] = {}

    def waar(self, kandidaat: Kandidaat) -> int:
        """Give where the condition of a rule is true."""
        return self._beeld(kandidaat).waar

    def grijpt(self, kandidaat: Kandidaat) -> int:
        """Give where a denial denies: its condition is true or unknown."""
        return self._beeld(kandidaat).niet_onwaar

    def houdt(self, kandidaat: Kandidaat) -> int:
        """Give where an allow rule would be true if its hold were false."""
        hold = kandidaat.regel.hold
        if hold is None:
            return 0
        return self._ruimten.beeld(
            self.ruimte, kandidaat.voorwaarde, self._partijen, hold
        ).waar

    def _beeld(self, kandidaat: Kandidaat) -> Beeld:
        return self._ruimten.beeld(self.ruimte, kandidaat.voorwaarde, self._partijen)

    def over(self, rubriek: str, besluit: Besluit) -> list[Kandidaat]:
        """Give the rules with this besluit that speak about a rubriek."""
        return [
            kandidaat
            for kandidaat in self._kandidaten
            if kandidaat.regel.besluit is besluit
            and kandidaat.regel.covers_rubriek(rubriek)
        ]

    def rubriek(self, naam: str) -> Rubriekbeeld:
        """Give what happens to a rubriek, whatever doel the message has."""
        beeld = self._rubrieken.get(naam)
        if beeld is None:
            allow = self.over(naam, Besluit.JA)
            verboden = _union(map(self.grijpt, self.over(naam, Besluit.NEE)))
            toegestaan = _union(map(self.waar, allow)) & ~verboden
            gehouden = _union(map(self.houdt, allow)) & ~verboden & ~toegestaan
            beeld = Rubriekbeeld(verboden, toegestaan, gehouden)
            self._rubrieken[naam] = beeld
        return beeld

    def voor_doel(self, naam: str) -> Rubriekbeeld:
        """Give what happens to a rubriek when kop.doel has to be that of a rule.

        The Ruimte has the variable ``KOP_DOEL``.
        """
        beeld = self.rubriek(naam)
        gaat, blijft = self._doelen
        return Rubriekbeeld(
            beeld.verboden,
            beeld.toegestaan & gaat,
            beeld.aangehouden & (gaat | blijft),
        )

    @cached_property
    def _doelen(self) -> tuple[int, int]:
        """Where a rule with the doel of the message lets a rubriek go, or holds one."""
        [plaats] = self.ruimte.plaatsen([KOP_DOEL])
        doelen = self.ruimte.variabelen[plaats].waarden
        gaat = blijft = 0
        for kandidaat in self._kandidaten:
            if kandidaat.regel.besluit is Besluit.JA:
                beeld = self.rubriek(kandidaat.regel.rubriek)
                hier = self.ruimte.maskers(plaats)[doelen.index(kandidaat.regel.doel)]
                gaat |= hier & self.waar(kandidaat) & ~beeld.verboden
                blijft |= hier & self.houdt(kandidaat) & beeld.aangehouden
        return gaat, blijft


def _union(maskers: Iterable[int]) -> int:
    uit = 0
    for masker in maskers:
        uit |= masker
    return uit
