"""What a privacy officer has to know of a table before signing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_routing.diff_beeld import Groepsbeeld
from corvus_routing.diff_ruimte import LIMIET, Ruimten
from corvus_routing.diff_stand import STATUSSEN, Stand, contexten, stand_of
from corvus_routing.lint_bevinding import Bevinding, Ernst, Soort
from corvus_routing.lint_gevoelig import Gevoeligheden
from corvus_routing.lint_groep import Groepsonderzoek, check_groep
from corvus_routing.lint_gronden import Grond, load_gronden
from corvus_routing.lint_regels import check_regels
from corvus_routing.lint_verboden import check_verboden
from corvus_routing.lint_wezen import check_wezen
from corvus_routing.woordenboek import woordenboek_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from corvus_routing.diff_stand import Kandidaten, Plaats
    from corvus_routing.json_value import JsonValue
    from corvus_routing.regel import Verstrekkingentabel
    from corvus_schemas.catalogus import Catalogus

__all__ = ["Bevinding", "Ernst", "Lintrapport", "Soort", "lint"]


@dataclass(frozen=True, slots=True)
class Lintrapport:
    """Every finding about one table on one day, the worst first."""

    stand: Stand
    bevindingen: tuple[Bevinding, ...]

    @property
    def is_fout(self) -> bool:
        """Whether a finding stands in the way of signing the table."""
        return any(one.ernst is Ernst.FOUT for one in self.bevindingen)

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        return {
            "tabel": self.stand.tabel.naam,
            "versie": self.stand.tabel.versie,
            "op": self.stand.op.isoformat(),
            "regels": len(self.stand.regels),
            "bevindingen": [bevinding.to_dict() for bevinding in self.bevindingen],
        }


def lint(
    tabel: Verstrekkingentabel,
    catalogus: Catalogus,
    op: date,
    *,
    statussen: frozenset[str] = STATUSSEN,
    gronden: Mapping[str, Grond] | None = None,
) -> Lintrapport:
    """Examine a table on a day: each rule alone, each group, and what is left out."""
    stand = stand_of(tabel, catalogus, op, statussen)
    onderzoek = _Onderzoek(stand, catalogus)
    gevonden = [
        *check_regels(tabel, load_gronden() if gronden is None else gronden, op),
        *onderzoek.findings(),
    ]
    uniek = dict.fromkeys(gevonden)
    return Lintrapport(stand, tuple(sorted(uniek, key=lambda one: one.volgorde)))


class _Onderzoek:
    """Goes over all groups, and remembers what can go where."""

    def __init__(self, stand: Stand, catalogus: Catalogus) -> None:
        self._stand = stand
        self._woorden = woordenboek_of(catalogus)
        self._ruimten = Ruimten(self._woorden.domeinen)
        self._gevoeligheden = Gevoeligheden(catalogus)
        self._gaat: set[tuple[Plaats, str]] = set()

    def findings(self) -> Iterator[Bevinding]:
        for plaats in sorted(self._stand.plaatsen):
            for (kandidaten,), regios in contexten([self._stand], plaats):
                yield from self._groep(plaats, kandidaten, regios)
        yield from check_verboden(self._stand.regels, self._woorden, self._ruimten)
        yield from check_wezen(self._woorden, self._gaat)

    def _groep(
        self, plaats: Plaats, kandidaten: Kandidaten, regios: tuple[str, ...]
    ) -> Iterator[Bevinding]:
        partijen = (plaats[1], plaats[2])
        ruimte = self._ruimten.ruimte((k.voorwaarde for k in kandidaten), partijen)
        beeld = Groepsbeeld(self._ruimten, ruimte, partijen, kandidaten)
        groep = Groepsonderzoek(plaats, regios, kandidaten, beeld)
        if ruimte.te_groot:
            self._gaat |= {(plaats, k.regel.rubriek) for k in groep.allow}
            yield Bevinding(
                Soort.NIET_ONDERZOCHT,
                groep.waar,
                tuple(k.regel.regel for k in groep.allow),
                f"the rules of this group use kenmerken with more than {LIMIET}"
                " combinations together, and were not examined",
                "use fewer kenmerken between these parties",
            )
            return
        self._gaat |= {(plaats, rubriek) for rubriek in groep.rubrieken()}
        yield from check_groep(groep, self._gevoeligheden)
