"""Findings about what the table leaves out: nobody gets it, nobody sends or gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_routing.lint_bevinding import Bevinding, Soort

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from corvus_routing.diff_stand import Plaats
    from corvus_routing.woordenboek import Woordenboek


def check_wezen(
    woorden: Woordenboek, gaat: Collection[tuple[Plaats, str]]
) -> Iterator[Bevinding]:
    """Find orphans, given every place and rubriek that can go or be held."""
    rubrieken: dict[str, set[str]] = {}
    partijen: set[str] = set()
    for (berichttype, van, naar), rubriek in gaat:
        rubrieken.setdefault(berichttype, set()).add(rubriek)
        partijen |= {van, naar}
    for berichttype, alle in woorden.rubrieken.items():
        gekregen = rubrieken.get(berichttype)
        if gekregen is None:
            yield Bevinding(
                Soort.BERICHTTYPE_WEES,
                berichttype,
                (),
                "nobody gets anything of this berichttype, so it cannot be sent",
                "add rules, or leave it out of the catalogue",
            )
            continue
        niemand = [rubriek for rubriek in alle if rubriek not in gekregen]
        if niemand:
            yield Bevinding(
                Soort.RUBRIEK_VOOR_NIEMAND,
                berichttype,
                (),
                f"nobody ever gets {', '.join(niemand)}",
                "add a rule, or leave the rubriek out of the berichttype",
            )
    for organisatietype in sorted(woorden.organisatietypen - partijen):
        yield Bevinding(
            Soort.ORGANISATIETYPE_WEES,
            organisatietype,
            (),
            "no rule lets this organisatietype send or get anything",
            "add rules, or leave it out of the codelijst",
        )
