"""The rules for one berichttype, sender type, recipient type and region.

A group knows which kenmerken can still make a difference here, and turns the declared
kenmerken into a short key: everything a decision of this group can depend on.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from corvus_routing.beslissing import (
    GEEN_REGEL,
    Beslissing,
    Reden,
    Soort,
    Uitkomst,
    longest,
)
from corvus_routing.regel import Besluit, Regel
from corvus_routing.voorwaarde import Truth
from corvus_routing.weging import Activation, Kandidaat, Weging
from corvus_routing.woordenboek import (
    ONTVANGER,
    PSEUDO,
    VERSTREKKER,
    VERWIJZING,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corvus_routing.voorwaarde import Voorwaarde
    from corvus_schemas.kenmerken import KenmerkWaarde

Sleutel: TypeAlias = "tuple[KenmerkWaarde | None, ...]"


@dataclass(frozen=True, slots=True)
class _Rubriek:
    """What the rules of a group say about one rubriek."""

    naam: str
    allow: tuple[Kandidaat, ...]
    deny: tuple[Kandidaat, ...]


class Groep:
    """Decides for one combination of type, parties and region."""

    def __init__(
        self,
        partijen: tuple[str, str],
        rubrieken: Iterable[str],
        kandidaten: Iterable[Kandidaat],
    ) -> None:
        """Keep the candidates that can still fire between these parties."""
        van, naar = partijen
        self._partijen = {VERSTREKKER: van, ONTVANGER: naar}
        self._alle = tuple(rubrieken)
        # Kleene: what is false with nothing declared is false whatever is declared.
        self._vooraf = Weging(self._partijen)
        levend = [
            kandidaat
            for kandidaat in kandidaten
            if self._vooraf.truth(kandidaat) is not Truth.ONWAAR
        ]
        self._rubrieken = tuple(
            rubriek
            for naam in self._alle
            if (rubriek := _select(naam, levend)).allow or rubriek.deny
        )
        lidmaatschappen = {
            (self._partijen[lid.lid] if lid.is_pseudo else lid.lid, lid.lijst)
            for voorwaarde in self._open(self._rubrieken)
            for lid in voorwaarde.lidmaatschappen
        }
        self._lidmaatschappen = tuple(sorted(lidmaatschappen))
        lijsten = {lijst for _, lijst in lidmaatschappen}
        self._scalars = tuple(sorted(self._names(self._rubrieken) - lijsten))
        self.memo: dict[Sleutel, Beslissing] = {}

    def _open(self, rubrieken: Iterable[_Rubriek]) -> Iterator[Voorwaarde]:
        """Give the conditions that the parties alone do not decide yet."""
        for rubriek in rubrieken:
            for kandidaat in rubriek.allow + rubriek.deny:
                if self._vooraf.truth(kandidaat) is Truth.ONBEKEND:
                    yield kandidaat.voorwaarde

    def _names(self, rubrieken: Iterable[_Rubriek]) -> frozenset[str]:
        namen = (voorwaarde.kenmerken for voorwaarde in self._open(rubrieken))
        return frozenset().union(*namen) - PSEUDO

    @property
    def kenmerken(self) -> frozenset[str]:
        """The kenmerken that can make a difference to what goes out here.

        Those used only by denials of rubrieken that no rule allows are left out:
        declaring them would tell the broker more for nothing.
        """
        return self._names(rubriek for rubriek in self._rubrieken if rubriek.allow)

    @property
    def possible(self) -> frozenset[str]:
        """The rubrieken that some assignment of the kenmerken could let go here."""
        return frozenset(
            rubriek.naam
            for rubriek in self._rubrieken
            if rubriek.allow
            and not any(
                self._vooraf.truth(kandidaat) is Truth.WAAR
                for kandidaat in rubriek.deny
            )
        )

    @property
    def allows_anything(self) -> bool:
        """Whether any allow rule can fire here at all."""
        return any(rubriek.allow for rubriek in self._rubrieken)

    def key(self, kenmerken: Activation) -> Sleutel:
        """Project the declared kenmerken to what matters here.

        A list becomes one boolean per membership asked, so its length and order
        make no new keys.
        """
        scalars: Sleutel = tuple(map(kenmerken.get, self._scalars))
        if not self._lidmaatschappen:
            return scalars
        return scalars + tuple(
            lid in lijst if isinstance(lijst := kenmerken.get(naam), tuple) else None
            for lid, naam in self._lidmaatschappen
        )

    def decide(self, key: Sleutel) -> Beslissing:
        """Make the decision that belongs to a key of this group."""
        weging = Weging(self._activation(key))
        fired: list[Regel] = []
        held: list[Regel] = []
        uitkomsten = dict.fromkeys(self._alle, GEEN_REGEL)
        for rubriek in self._rubrieken:
            soort, regels = _decide(rubriek, weging)
            regel_ids = tuple(regel.regel for regel in regels)
            match soort:
                case Soort.TOEGESTAAN:
                    fired += regels
                    uitkomsten[rubriek.naam] = Uitkomst(soort, regel_ids)
                case Soort.AANGEHOUDEN:
                    held += regels
                    uitkomsten[rubriek.naam] = Uitkomst(
                        soort, regel_ids, Reden.AANGEHOUDEN
                    )
                case Soort.GEWEIGERD:
                    if regels:
                        uitkomsten[rubriek.naam] = Uitkomst(
                            soort, regel_ids, Reden.VERBODEN
                        )
        return Beslissing(
            MappingProxyType(uitkomsten),
            doelen=frozenset(regel.doel for regel in fired),
            doelen_aangehouden=frozenset(regel.doel for regel in held),
            moet=any(regel.modaliteit == "moet" for regel in fired),
            bewaartermijn=longest(regel.bewaartermijn for regel in fired),
        )

    def _activation(self, key: Sleutel) -> Activation:
        """Rebuild kenmerken from a key, so that a decision depends on nothing else."""
        grens = len(self._scalars)
        declared = {
            naam: waarde
            for naam, waarde in zip(self._scalars, key[:grens], strict=True)
            if waarde is not None
        }
        lijsten: dict[str, tuple[str, ...]] = {}
        for (lid, lijst), is_lid in zip(
            self._lidmaatschappen, key[grens:], strict=True
        ):
            if is_lid is not None:
                lijsten[lijst] = lijsten.get(lijst, ()) + ((lid,) if is_lid else ())
        return {**declared, **lijsten, **self._partijen}


def _select(naam: str, kandidaten: Iterable[Kandidaat]) -> _Rubriek:
    if naam == VERWIJZING:
        return _Rubriek(naam, (), ())
    hier = [
        kandidaat for kandidaat in kandidaten if kandidaat.regel.covers_rubriek(naam)
    ]
    return _Rubriek(
        naam,
        tuple(k for k in hier if k.regel.besluit is Besluit.JA),
        tuple(k for k in hier if k.regel.besluit is Besluit.NEE),
    )


def _decide(rubriek: _Rubriek, weging: Weging) -> tuple[Soort, list[Regel]]:
    """Follow the order of the rules: deny, allow, hold, and otherwise deny."""
    verboden = [
        kandidaat.regel
        for kandidaat in rubriek.deny
        if weging.truth(kandidaat) is not Truth.ONWAAR
    ]
    if verboden:
        return Soort.GEWEIGERD, verboden
    toegestaan = [
        kandidaat.regel
        for kandidaat in rubriek.allow
        if weging.truth(kandidaat) is Truth.WAAR
    ]
    if toegestaan:
        return Soort.TOEGESTAAN, toegestaan
    aangehouden = [
        kandidaat.regel for kandidaat in rubriek.allow if weging.holds(kandidaat)
    ]
    return (Soort.AANGEHOUDEN, aangehouden) if aangehouden else (Soort.GEWEIGERD, [])
