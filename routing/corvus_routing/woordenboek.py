"""The words a table may use, taken from the catalogue once and made quick to ask.

Everything in this package checks names against a ``Woordenboek``, so what the
catalogue looks like is known in this one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkSoort, KenmerkWaarde

VERWIJZING: Final = "verwijzing"
"""The rubriek the broker decides from its own zaakstaat; never in a table."""

TECHNISCHE_TYPEN: Final = frozenset({"statusbericht", "correctie", "vrijgave"})
"""Berichttypen that a deny rule for every type (``*``) leaves alone."""

BROKER: Final = "BROKER"
"""Recipient of the rules by which the broker acts. It opens nothing: a denial for every
recipient (``*``) is about organisations, and does not keep a withdrawal from counting."""

WILDCARD: Final = "*"
ONTVANGER: Final = "ontvanger"
VERSTREKKER: Final = "verstrekker"
PSEUDO: Final = frozenset({ONTVANGER, VERSTREKKER})
"""Kenmerken nobody declares: the types of the two organisations in a decision."""


@dataclass(frozen=True, slots=True)
class Domein:
    """What values one kenmerk can have."""

    soort: KenmerkSoort
    codes: frozenset[str] = frozenset()

    def accepts(self, waarde: KenmerkWaarde) -> bool:
        """Tell whether a declared value is one this kenmerk can have.

        A value that is not counts as not declared: it can then only ever refuse.
        """
        match self.soort:
            case "bool":
                return isinstance(waarde, bool)
            case "enum":
                return isinstance(waarde, str) and waarde in self.codes
            case "lijst":
                return isinstance(waarde, tuple)


@dataclass(frozen=True, slots=True)
class Woordenboek:
    """Berichttypen with their rubrieken, and every code a rule may name."""

    rubrieken: Mapping[str, tuple[str, ...]]
    organisatietypen: frozenset[str]
    doelen: frozenset[str]
    domeinen: Mapping[str, Domein]


def woordenboek_of(catalogus: Catalogus) -> Woordenboek:
    """Give the words of a catalogue; ``verwijzing`` is not among its rubrieken."""
    typen = frozenset(catalogus.codelijsten["organisatietype"].codes)
    domeinen = {
        kenmerk.naam: Domein(
            kenmerk.soort,
            frozenset(kenmerk.codelijst.codes) if kenmerk.codelijst else frozenset(),
        )
        for kenmerk in catalogus.kenmerken.values()
        if kenmerk.naam not in PSEUDO
    }
    domeinen |= dict.fromkeys(sorted(PSEUDO), Domein("enum", typen))
    return Woordenboek(
        rubrieken=MappingProxyType(
            {
                code: tuple(
                    naam for naam in catalogus.rubrieknamen(code) if naam != VERWIJZING
                )
                for code in catalogus.berichttypen
            }
        ),
        organisatietypen=typen,
        doelen=frozenset(catalogus.codelijsten["doel"].codes),
        domeinen=MappingProxyType(domeinen),
    )
