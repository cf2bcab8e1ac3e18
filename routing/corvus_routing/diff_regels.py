"""Rules that were added, taken out or changed, and whether it made a difference."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from corvus_routing.regel import Regel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from corvus_routing.diff_stand import Plaats
    from corvus_routing.json_value import JsonValue


@dataclass(frozen=True, slots=True)
class Regelverschil:
    """One rule that is not the same in both tables.

    ``gevolg``: something it speaks about goes out differently. Where it does not, the
    change is one of ground, term or words only, or another rule says the same.
    """

    regel: str
    wijze: str
    velden: tuple[str, ...]
    gevolg: bool

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        return {
            "regel": self.regel,
            "wijze": self.wijze,
            "velden": list(self.velden),
            "gevolg": self.gevolg,
        }


def compare_regels(
    oud: Iterable[Regel],
    nieuw: Iterable[Regel],
    verschillen: Collection[tuple[str, str, str, str]],
    te_groot: Collection[Plaats],
) -> tuple[Regelverschil, ...]:
    """Compare rules by their id; a group that was not compared counts as different."""
    voor = {regel.regel: regel for regel in oud}
    na = {regel.regel: regel for regel in nieuw}
    uit = []
    for regel_id in sorted(voor.keys() | na.keys()):
        paar = [voor.get(regel_id), na.get(regel_id)]
        if paar[0] == paar[1]:
            continue
        gevolg = any(
            regel is not None
            and (
                any(_speaks_about(regel, *verschil) for verschil in verschillen)
                or any(_speaks_about(regel, *plaats) for plaats in te_groot)
            )
            for regel in paar
        )
        uit.append(Regelverschil(regel_id, *_change(paar), gevolg))
    return tuple(uit)


def _change(paar: list[Regel | None]) -> tuple[str, tuple[str, ...]]:
    match paar:
        case [Regel() as voor, Regel() as na]:
            return "gewijzigd", tuple(
                field.name
                for field in fields(Regel)
                if getattr(voor, field.name) != getattr(na, field.name)
            )
        case [None, _]:
            return "toegevoegd", ()
        case _:
            return "weggehaald", ()


def _speaks_about(
    regel: Regel, berichttype: str, van: str, naar: str, rubriek: str | None = None
) -> bool:
    return regel.covers(berichttype, van, naar, regel.regio) and (
        rubriek is None or regel.covers_rubriek(rubriek)
    )
