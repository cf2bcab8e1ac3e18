"""Which rubrieken hold data of a special kind, by the attributes of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_schemas.velden import Kaart, Lijst, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.velden import Soort

BIJZONDER: Final = frozenset({"GEZONDHEID", "BIJZONDER", "STRAF", "BSN", "MINDERJARIG"})
"""Kinds of data that need a condition, or an exception that is written down."""


class Gevoeligheden:
    """Looks the special kinds of a rubriek up, and remembers them."""

    def __init__(self, catalogus: Catalogus) -> None:
        """Take the fields from the catalogue."""
        self._catalogus = catalogus
        self._bekend: dict[str, frozenset[str]] = {}

    def of(self, berichttype: str, naam: str) -> frozenset[str]:
        """Give the special kinds of data in a rubriek; a field may hold more fields."""
        rubriek = self._catalogus.berichttypen[berichttype].rubriek(naam)
        if rubriek is None:
            return frozenset()
        schema = rubriek.schema.name
        if schema not in self._bekend:
            velden = self._catalogus.velden(rubriek)
            self._bekend[schema] = frozenset(_gevoeligheden(velden)) & BIJZONDER
        return self._bekend[schema]


def _gevoeligheden(soort: Soort) -> Iterator[str]:
    match soort:
        case Record():
            for veld in soort.velden.values():
                yield veld.gevoeligheid
                yield from _gevoeligheden(veld.soort)
        case Lijst() | Kaart():
            yield from _gevoeligheden(soort.item)
        case _:
            pass
