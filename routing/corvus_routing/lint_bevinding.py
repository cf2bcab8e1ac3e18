"""What lint finds: a stable code, how bad it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corvus_routing.json_value import JsonValue


class Ernst(Enum):
    """How bad a finding is: with a fout the table is not ready to be signed."""

    FOUT = "fout"
    WAARSCHUWING = "waarschuwing"


class Soort(Enum):
    """The findings; routing/README.md says what each one means."""

    TABEL_VERLOPEN = "tabel_verlopen"
    TABEL_NOG_NIET_GELDIG = "tabel_nog_niet_geldig"
    REGEL_VERLOPEN = "regel_verlopen"
    REGEL_NOG_NIET_GELDIG = "regel_nog_niet_geldig"
    GRONDSLAG_ONTBREEKT = "grondslag_ontbreekt"
    GRONDSLAG_ONBEKEND = "grondslag_onbekend"
    GRONDSLAG_VERLOPEN = "grondslag_verlopen"
    GRONDSLAG_NOG_NIET_GELDIG = "grondslag_nog_niet_geldig"
    GRONDSLAG_ONZEKER = "grondslag_onzeker"
    ONBEREIKBAAR = "onbereikbaar"
    TEGENSTRIJDIG = "tegenstrijdig"
    DUBBEL = "dubbel"
    BIJZONDER_ZONDER_VOORWAARDE = "bijzonder_zonder_voorwaarde"
    HOLD_AFLEIDBAAR = "hold_afleidbaar"
    HOLD_ZONDER_WERKING = "hold_zonder_werking"
    RUBRIEK_VOOR_NIEMAND = "rubriek_voor_niemand"
    BERICHTTYPE_WEES = "berichttype_wees"
    ORGANISATIETYPE_WEES = "organisatietype_wees"
    NIET_ONDERZOCHT = "niet_onderzocht"

    @property
    def ernst(self) -> Ernst:
        """How bad it is, always the same for a code."""
        return Ernst.WAARSCHUWING if self in _WAARSCHUWINGEN else Ernst.FOUT


_WAARSCHUWINGEN = frozenset(
    {
        Soort.TABEL_NOG_NIET_GELDIG,
        Soort.REGEL_VERLOPEN,
        Soort.REGEL_NOG_NIET_GELDIG,
        Soort.DUBBEL,
        Soort.HOLD_AFLEIDBAAR,
        Soort.HOLD_ZONDER_WERKING,
        Soort.RUBRIEK_VOOR_NIEMAND,
        Soort.BERICHTTYPE_WEES,
        Soort.ORGANISATIETYPE_WEES,
        Soort.NIET_ONDERZOCHT,
    }
)


@dataclass(frozen=True, slots=True)
class Bevinding:
    """One finding about some rules at one place: what it is, and what to do."""

    soort: Soort
    waar: str
    regels: tuple[str, ...]
    zin: str
    advies: str

    @property
    def ernst(self) -> Ernst:
        """How bad it is."""
        return self.soort.ernst

    @property
    def volgorde(self) -> tuple[bool, str, str, tuple[str, ...]]:
        """Where it stands in a report: the worst first."""
        return self.ernst is not Ernst.FOUT, self.soort.value, self.waar, self.regels

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        return {
            "code": self.soort.value,
            "ernst": self.ernst.value,
            "waar": self.waar,
            "regels": list(self.regels),
            "zin": self.zin,
            "advies": self.advies,
        }
