"""Where the rubrieken of a layout lie: per rubriek the bits of its positions.

``Berichttype.posities`` gives the same tuple again for the same buckets, so a layout
is recognised by identity. Layouts are numbered, and whoever remembers something about
one keeps its number: small, and no layout stays alive for it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_routing.woordenboek import VERWIJZING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.catalogus import Positie

LIMIT: Final = 512
"""Layouts remembered before all are forgotten, as many as corvus_schemas keeps.

A sender chooses the buckets, and there are 4 to the power of the roles.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Indeling:
    """One layout: its number, its labels, and which bits belong to which rubriek."""

    nummer: int
    posities: tuple[Positie, ...]
    bits: Mapping[str, int]
    alle: int
    verwijzing: int
    labels: tuple[str, ...]


_known: Final[dict[int, Indeling]] = {}
_nummers: Final = itertools.count()


def indeling_of(posities: tuple[Positie, ...]) -> Indeling:
    """Give the layout of these positions, made at first use."""
    # The layout holds the tuple, so its id cannot come back for another one.
    known = _known.get(id(posities))
    if known is not None:
        return known
    bits: dict[str, int] = {}
    for bit, positie in enumerate(posities):
        naam = positie.rubriek.naam
        bits[naam] = bits.get(naam, 0) | 1 << bit
    indeling = Indeling(
        next(_nummers),
        posities,
        bits,
        (1 << len(posities)) - 1,
        bits.get(VERWIJZING, 0),
        tuple(positie.label for positie in posities),
    )
    if len(_known) >= LIMIT:
        _known.clear()
    _known[id(posities)] = indeling
    return indeling
