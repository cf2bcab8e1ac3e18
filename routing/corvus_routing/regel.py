"""One rule of a verstrekkingentabel, and the table that holds them: plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from corvus_routing.woordenboek import (
    BROKER,
    TECHNISCHE_TYPEN,
    VERWIJZING,
    WILDCARD,
)

if TYPE_CHECKING:
    from datetime import date

VERVALLEN: Final = "vervallen"
BEWAARTERMIJNEN: Final = ("P7D", "P30D", "P5Y")
"""Retention classes, shortest first."""

_IN_GROEP = re.compile(
    r"(?P<groep>[a-z_]+)\[(?P<rol>[A-Za-z_]+|\*)\]\.(?P<naam>[a-z_]+|\*)\Z", re.ASCII
)


class Besluit(Enum):
    """What a rule does when it fires."""

    JA = "ja"
    NEE = "nee"


@dataclass(frozen=True, slots=True)
class Regel:
    """One rule, as written in the table (routing/README.md explains every field)."""

    regel: str
    berichttype: str
    rubriek: str
    van: str
    naar: str
    besluit: Besluit
    voorwaarde: str
    hold: str | None
    grondslag: str
    doel: str
    modaliteit: str | None
    bewaartermijn: str | None
    status: str
    geldig_van: date
    geldig_tot: date | None
    regio: str
    bron: str
    opmerking: str

    def is_valid_on(self, op: date) -> bool:
        """Tell whether the rule is valid on a date; its last day is not included."""
        return self.geldig_van <= op and (
            self.geldig_tot is None or op < self.geldig_tot
        )

    def covers(self, berichttype: str, van: str, naar: str, regio: str) -> bool:
        """Tell whether the rule speaks about this type, these parties and region."""
        return (
            _covers_type(self.berichttype, berichttype)
            and self.van in {WILDCARD, van}
            and _covers_naar(self.naar, naar)
            and self.regio in {WILDCARD, regio}
        )

    def covers_rubriek(self, rubriek: str) -> bool:
        """Tell whether the rule's rubriek, perhaps a pattern, is or covers this one."""
        return rubriek_matches(self.rubriek, rubriek)


@dataclass(frozen=True, slots=True)
class Verstrekkingentabel:
    """A version of the table; ``parse_tabel`` and ``tabel_from_payload`` make it."""

    naam: str
    versie: int
    geldig_van: date
    geldig_tot: date | None
    regels: tuple[Regel, ...]

    def is_valid_on(self, op: date) -> bool:
        """Tell whether the table is valid on a date; its last day is not included."""
        return self.geldig_van <= op and (
            self.geldig_tot is None or op < self.geldig_tot
        )


def _covers_type(patroon: str, berichttype: str) -> bool:
    if patroon == WILDCARD:
        return berichttype not in TECHNISCHE_TYPEN
    return patroon == berichttype


def _covers_naar(patroon: str, naar: str) -> bool:
    return naar != BROKER if patroon == WILDCARD else patroon == naar


def rubriek_matches(patroon: str, rubriek: str) -> bool:
    """Match a rubriek with a pattern: ``*``, ``groep[rol].*``, ``groep[*].naam``.

    ``verwijzing`` is the broker's own and is matched by no pattern at all.
    """
    if rubriek == VERWIJZING:
        return False
    if patroon in {WILDCARD, rubriek}:
        return True
    if WILDCARD not in patroon:
        return False
    wanted, found = _IN_GROEP.match(patroon), _IN_GROEP.match(rubriek)
    if wanted is None or found is None:
        return False
    return wanted["groep"] == found["groep"] and all(
        wanted[deel] in {WILDCARD, found[deel]} for deel in ("rol", "naam")
    )
