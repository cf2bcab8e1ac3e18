"""A table on a day: the rules that count, and the groups they speak about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from corvus_routing.compileer import GecompileerdeTabel
from corvus_routing.regel import VERVALLEN, Besluit
from corvus_routing.woordenboek import WILDCARD, woordenboek_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_routing.regel import Regel, Verstrekkingentabel
    from corvus_routing.weging import Kandidaat
    from corvus_schemas.catalogus import Catalogus

STATUSSEN: Final = frozenset(
    {"concept", "open", "juridisch_getoetst", "landelijk_geaccordeerd"}
)
"""Every status that a rule can be in force with."""

Plaats: TypeAlias = tuple[str, str, str]
"""A berichttype, and the organisatietypen of sender and recipient."""

Kandidaten: TypeAlias = "tuple[Kandidaat, ...]"


@dataclass(frozen=True, slots=True)
class Stand:
    """A table with the rules that are valid on a day."""

    tabel: Verstrekkingentabel
    op: date
    regels: tuple[Regel, ...]
    compiled: GecompileerdeTabel

    @property
    def plaatsen(self) -> frozenset[Plaats]:
        """Every type and parties between which an allow rule speaks."""
        return frozenset(
            (regel.berichttype, regel.van, regel.naar)
            for regel in self.regels
            if regel.besluit is Besluit.JA
        )

    @property
    def regios(self) -> frozenset[str]:
        """The regions with rules of their own, and ``*`` for all others."""
        return frozenset(regel.regio for regel in self.regels) | {WILDCARD}


def stand_of(
    tabel: Verstrekkingentabel,
    catalogus: Catalogus,
    op: date,
    statussen: frozenset[str] = STATUSSEN,
) -> Stand:
    """Take a table on a day, or on the day in its period that is nearest to it.

    So a candidate that starts next year can be compared with the table of today.
    """
    dag = max(op, tabel.geldig_van)
    if tabel.geldig_tot is not None and dag >= tabel.geldig_tot:
        dag = tabel.geldig_tot - timedelta(days=1)
    regels = tuple(
        regel
        for regel in tabel.regels
        if regel.status in statussen - {VERVALLEN} and regel.is_valid_on(dag)
    )
    compiled = GecompileerdeTabel(tabel, woordenboek_of(catalogus), regels)
    return Stand(tabel, dag, regels, compiled)


def contexten(
    standen: Sequence[Stand], plaats: Plaats
) -> list[tuple[tuple[Kandidaten, ...], tuple[str, ...]]]:
    """Give the rules that speak between two parties, per table, and in which regions.

    Regions with the same rules are taken together; ``*`` stands for the regions that
    no rule names.
    """
    regios = sorted(frozenset[str]().union(*(stand.regios for stand in standen)))
    regels: dict[tuple[tuple[str, ...], ...], tuple[Kandidaten, ...]] = {}
    samen: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for regio in regios:
        gevonden = tuple(stand.compiled.kandidaten(*plaats, regio) for stand in standen)
        key = tuple(tuple(k.regel.regel for k in groep) for groep in gevonden)
        regels.setdefault(key, gevonden)
        samen.setdefault(key, []).append(regio)
    return [(regels[key], tuple(hier)) for key, hier in samen.items()]
