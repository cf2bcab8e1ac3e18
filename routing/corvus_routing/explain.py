"""Why a rubriek goes to a recipient or not: every rule that speaks about it, weighed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from corvus_routing.grondslagen import load_grondslagen
from corvus_routing.regel import Besluit
from corvus_routing.voorwaarde import Truth
from corvus_routing.weging import Weging
from corvus_routing.woordenboek import ONTVANGER, VERSTREKKER
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_routing.beslissing import Uitkomst
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.json_value import JsonValue
    from corvus_routing.weging import Kandidaat
    from corvus_schemas.kenmerken import KenmerkWaarde


class Effect(Enum):
    """What one rule does here."""

    VERBIEDT = "verbiedt"
    STAAT_TOE = "staat_toe"
    HOUDT_AAN = "houdt_aan"
    GEEN = "geen"


@dataclass(frozen=True, slots=True)
class RegelUitleg:
    """One rule that speaks about the rubriek, and what it comes to."""

    regel: str
    besluit: str
    voorwaarde: str
    waarheid: str
    onbekend: tuple[str, ...]
    effect: str
    grondslag: str
    citaat: str | None
    zekerheid: str | None
    doel: str
    status: str
    bron: str

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        return {
            "regel": self.regel,
            "besluit": self.besluit,
            "voorwaarde": self.voorwaarde,
            "waarheid": self.waarheid,
            "onbekend": list(self.onbekend),
            "effect": self.effect,
            "grondslag": self.grondslag,
            "citaat": self.citaat,
            "zekerheid": self.zekerheid,
            "doel": self.doel,
            "status": self.status,
            "bron": self.bron,
        }


@dataclass(frozen=True, slots=True)
class Uitleg:
    """The outcome for one rubriek, with all rules that speak about it."""

    tabel: str
    versie: int
    berichttype: str
    rubriek: str
    van: str
    naar: str
    uitkomst: Uitkomst
    regels: tuple[RegelUitleg, ...]

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        reden = self.uitkomst.reden
        return {
            "tabel": self.tabel,
            "versie": self.versie,
            "berichttype": self.berichttype,
            "rubriek": self.rubriek,
            "van": self.van,
            "naar": self.naar,
            "uitkomst": self.uitkomst.soort.value,
            "reden": reden.value if reden else None,
            "regel_ids": list(self.uitkomst.regel_ids),
            "regels": [regel.to_dict() for regel in self.regels],
        }


def explain(  # noqa: PLR0913, PLR0917 - what decide asks, and the rubriek
    tabel: GecompileerdeTabel,
    berichttype: str,
    rubriek: str,
    van: str,
    naar: str,
    regio: str,
    kenmerken: Mapping[str, KenmerkWaarde],
) -> Uitleg:
    """Explain the decision about one rubriek, denials first.

    Raises:
        SchemaError: ``berichttype.onbekend``, ``organisatietype.onbekend`` or
            ``rubriek.onbekend``.
    """
    uitkomsten = tabel.decide(berichttype, van, naar, regio, kenmerken).uitkomsten
    if rubriek not in uitkomsten:
        raise SchemaError(
            "rubriek.onbekend", f"a rubriek is not one of berichttype {berichttype}"
        )
    activation = {**kenmerken, VERSTREKKER: van, ONTVANGER: naar}
    kandidaten = [
        kandidaat
        for kandidaat in tabel.kandidaten(berichttype, van, naar, regio)
        if kandidaat.regel.covers_rubriek(rubriek)
    ]
    kandidaten.sort(key=lambda kandidaat: kandidaat.regel.besluit is Besluit.JA)
    return Uitleg(
        tabel=tabel.naam,
        versie=tabel.versie,
        berichttype=berichttype,
        rubriek=rubriek,
        van=van,
        naar=naar,
        uitkomst=uitkomsten[rubriek],
        regels=tuple(_weigh(kandidaat, activation) for kandidaat in kandidaten),
    )


def _weigh(
    kandidaat: Kandidaat, activation: Mapping[str, KenmerkWaarde]
) -> RegelUitleg:
    regel = kandidaat.regel
    waarheid = kandidaat.voorwaarde.evaluate(activation)
    grondslag = load_grondslagen().get(regel.grondslag)
    return RegelUitleg(
        regel=regel.regel,
        besluit=regel.besluit.value,
        voorwaarde=regel.voorwaarde,
        waarheid=waarheid.value,
        onbekend=tuple(sorted(kandidaat.voorwaarde.unknown(activation))),
        effect=_effect(kandidaat, Weging(activation)).value,
        grondslag=regel.grondslag,
        citaat=grondslag.citaat if grondslag else None,
        zekerheid=grondslag.zekerheid if grondslag else None,
        doel=regel.doel,
        status=regel.status,
        bron=regel.bron,
    )


def _effect(kandidaat: Kandidaat, weging: Weging) -> Effect:
    waarheid = weging.truth(kandidaat)
    if kandidaat.regel.besluit is Besluit.NEE:
        return Effect.GEEN if waarheid is Truth.ONWAAR else Effect.VERBIEDT
    if waarheid is Truth.WAAR:
        return Effect.STAAT_TOE
    return Effect.HOUDT_AAN if weging.holds(kandidaat) else Effect.GEEN
