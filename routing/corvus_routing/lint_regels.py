"""Findings about rules by themselves: their ground, their period, their status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_routing.lint_bevinding import Bevinding, Soort
from corvus_routing.lint_gronden import GEEN_GROND, ONZEKER, Grond
from corvus_routing.regel import VERVALLEN, Besluit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from corvus_routing.regel import Regel, Verstrekkingentabel

GEACCORDEERD: Final = "landelijk_geaccordeerd"


def check_regels(
    tabel: Verstrekkingentabel, gronden: Mapping[str, Grond], op: date
) -> Iterator[Bevinding]:
    """Find what is wrong with the table as a whole and with each rule alone."""
    yield from _check_tabel(tabel, op)
    gevonden: dict[tuple[Soort, str], list[str]] = {}
    for regel in tabel.regels:
        if regel.status == VERVALLEN:
            continue
        for soort in _period(regel, op):
            gevonden.setdefault((soort, ""), []).append(regel.regel)
        if regel.geldig_tot is None or op < regel.geldig_tot:
            for soort in _ground(regel, gronden.get(regel.grondslag), op):
                gevonden.setdefault((soort, regel.grondslag), []).append(regel.regel)
    for (soort, grondslag), regels in gevonden.items():
        zin, advies = _ZINNEN[soort]
        yield Bevinding(
            soort,
            grondslag or tabel.naam,
            tuple(regels),
            zin.format(op=op, grondslag=grondslag),
            advies,
        )


_ZINNEN: Final = {
    Soort.REGEL_VERLOPEN: (
        "no longer valid on {op}",
        "take the rules out of the next version, or extend geldig_tot",
    ),
    Soort.REGEL_NOG_NIET_GELDIG: (
        "not valid yet on {op}",
        "nothing, if that is intended",
    ),
    Soort.GRONDSLAG_ONTBREEKT: (
        "allow rules with {grondslag}, which says that there is no ground",
        "name the article, or take the rules out",
    ),
    Soort.GRONDSLAG_ONBEKEND: (
        "{grondslag} is not in grondslagen.json",
        "correct the code, or have the ground added with its article",
    ),
    Soort.GRONDSLAG_VERLOPEN: (
        "the ground {grondslag} has ended on {op}",
        "give the rules the article that replaced it, or take them out",
    ),
    Soort.GRONDSLAG_NOG_NIET_GELDIG: (
        "the ground {grondslag} does not hold yet on {op}",
        "let the rules begin when it does",
    ),
    Soort.GRONDSLAG_ONZEKER: (
        "agreed nationally while the certainty of {grondslag} is laag",
        "have the article confirmed, or give the rules an earlier status",
    ),
}


def _check_tabel(tabel: Verstrekkingentabel, op: date) -> Iterator[Bevinding]:
    if op < tabel.geldig_van:
        yield Bevinding(
            Soort.TABEL_NOG_NIET_GELDIG,
            tabel.naam,
            (),
            f"the table is not in force before {tabel.geldig_van}; its groups are"
            " examined as on that day",
            "nothing, if that is intended",
        )
    elif not tabel.is_valid_on(op):
        yield Bevinding(
            Soort.TABEL_VERLOPEN,
            tabel.naam,
            (),
            f"the table ended on {tabel.geldig_tot}",
            "publish a version that is valid",
        )


def _period(regel: Regel, op: date) -> Iterator[Soort]:
    if op < regel.geldig_van:
        yield Soort.REGEL_NOG_NIET_GELDIG
    elif not regel.is_valid_on(op):
        yield Soort.REGEL_VERLOPEN


def _ground(regel: Regel, grond: Grond | None, op: date) -> Iterator[Soort]:
    if regel.grondslag == GEEN_GROND:
        if regel.besluit is Besluit.JA:
            yield Soort.GRONDSLAG_ONTBREEKT
        return
    if grond is None:
        yield Soort.GRONDSLAG_ONBEKEND
        return
    # A rule that begins later leans on the ground as it is then.
    dag = max(op, regel.geldig_van)
    if grond.geldig_tot is not None and grond.geldig_tot <= dag:
        yield Soort.GRONDSLAG_VERLOPEN
    if grond.geldig_van is not None and dag < grond.geldig_van:
        yield Soort.GRONDSLAG_NOG_NIET_GELDIG
    if regel.status == GEACCORDEERD and grond.zekerheid == ONZEKER:
        yield Soort.GRONDSLAG_ONZEKER
