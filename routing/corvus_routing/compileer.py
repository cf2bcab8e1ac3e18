"""A table made ready to decide: the rules in force, indexed, decisions remembered.

A decision costs one look-up of the group (berichttype, parties, region), a key of the
kenmerken that matter to it, and one look-up of that key: nothing in it grows with the
table. Groups and decisions are built when first asked for.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from corvus_routing.groep import Groep
from corvus_routing.regel import (
    VERVALLEN,
    Besluit,
    Regel,
    Verstrekkingentabel,
)
from corvus_routing.voorwaarde import Voorwaarde, parse_voorwaarde
from corvus_routing.weging import Kandidaat
from corvus_routing.woordenboek import (
    VERWIJZING,
    WILDCARD,
    Woordenboek,
    woordenboek_of,
)
from corvus_schemas.errors import RegisterError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from corvus_routing.beslissing import Beslissing
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde

MEMO_LIMIT: Final = 4096
"""Decisions remembered over all groups before all are forgotten.

Real traffic needs a few hundred. A decision takes about 4 kB and its masks at most
13 kB, so a sender that tries every combination costs time and at most some 70 MB.
"""

_Plaats: TypeAlias = tuple[str, str, str]


def compile_tabel(
    tabel: Verstrekkingentabel,
    catalogus: Catalogus,
    *,
    statussen: frozenset[str],
    op: date,
) -> GecompileerdeTabel:
    """Keep the rules with a status the installation allows that are valid on a date.

    A rule that is ``vervallen`` is never in force, whatever the installation allows.

    Raises:
        RegisterError: ``tabel.niet_in_werking`` outside the period of the table.
    """
    if not tabel.is_valid_on(op):
        raise RegisterError(
            "tabel.niet_in_werking",
            f"version {tabel.versie} of table {tabel.naam} is not valid on {op}",
            advice="Publish a version of the table that is valid on this date",
        )
    in_werking = statussen - {VERVALLEN}
    return GecompileerdeTabel(
        tabel,
        woordenboek_of(catalogus),
        (
            regel
            for regel in tabel.regels
            if regel.status in in_werking and regel.is_valid_on(op)
        ),
    )


class GecompileerdeTabel:
    """The rules in force, ready to decide; made by ``compile_tabel``."""

    def __init__(
        self,
        tabel: Verstrekkingentabel,
        woorden: Woordenboek,
        regels: Iterable[Regel],
    ) -> None:
        """Index the rules; every condition text is compiled once."""
        self.naam = tabel.naam
        self.versie = tabel.versie
        self._woorden = woorden
        self._regels: dict[str, Regel] = {}
        self._allow: dict[_Plaats, list[Kandidaat]] = {}
        self._deny: list[Kandidaat] = []
        self._groepen: dict[tuple[str, str, str, str], Groep] = {}
        self._onthouden = 0
        self._index(regels)
        self._regios = frozenset(regel.regio for regel in self._regels.values())

    def _index(self, regels: Iterable[Regel]) -> None:
        voorwaarden: dict[str, Voorwaarde] = {}
        for regel in regels:
            voorwaarde = voorwaarden.get(regel.voorwaarde)
            if voorwaarde is None:
                voorwaarde = parse_voorwaarde(regel.voorwaarde, self._woorden.domeinen)
                voorwaarden[regel.voorwaarde] = voorwaarde
            kandidaat = Kandidaat(regel, voorwaarde)
            self._regels[regel.regel] = regel
            if regel.besluit is Besluit.NEE:
                self._deny.append(kandidaat)
            else:
                plaats = (regel.berichttype, regel.van, regel.naar)
                self._allow.setdefault(plaats, []).append(kandidaat)

    def decide(
        self,
        berichttype: str,
        verstrekker_type: str,
        ontvanger_type: str,
        regio: str,
        kenmerken: Mapping[str, KenmerkWaarde],
    ) -> Beslissing:
        """Decide for every rubriek of a berichttype between two parties.

        ``regio`` is the VT-regio of the sender. A kenmerk that is absent, or has a
        value it cannot have, is unknown.

        Raises:
            SchemaError: ``berichttype.onbekend`` or ``organisatietype.onbekend``.
        """
        groep = self._groep(berichttype, verstrekker_type, ontvanger_type, regio)
        key = groep.key(kenmerken)
        beslissing = groep.memo.get(key)
        if beslissing is None:
            beslissing = groep.decide(key)
            self._make_room()
            groep.memo[key] = beslissing
        return beslissing

    def _make_room(self) -> None:
        self._onthouden += 1
        if self._onthouden > MEMO_LIMIT:
            for groep in self._groepen.values():
                groep.memo.clear()
            self._onthouden = 1

    def _groep(self, berichttype: str, van: str, naar: str, regio: str) -> Groep:
        # Regions without rules of their own share one group, so that the number of
        # groups is bounded by the table and not by what senders name.
        eigen = regio if regio in self._regios else WILDCARD
        plaats = (berichttype, van, naar, eigen)
        groep = self._groepen.get(plaats)
        if groep is None:
            groep = Groep(
                (van, naar),
                (*self._rubrieken(berichttype), VERWIJZING),
                self.kandidaten(berichttype, van, naar, eigen),
            )
            self._groepen[plaats] = groep
        return groep

    def kandidaten(
        self, berichttype: str, van: str, naar: str, regio: str
    ) -> tuple[Kandidaat, ...]:
        """Give every rule in force for a type, two parties and a region.

        Raises:
            SchemaError: ``berichttype.onbekend`` or ``organisatietype.onbekend``.
        """
        self._rubrieken(berichttype)
        for partij in (van, naar):
            if partij not in self._woorden.organisatietypen:
                raise SchemaError(
                    "organisatietype.onbekend", "an organisatietype is not known"
                )
        return tuple(
            kandidaat
            for kandidaat in (
                *self._allow.get((berichttype, van, naar), ()),
                *self._deny,
            )
            if kandidaat.regel.covers(berichttype, van, naar, regio)
        )

    def _rubrieken(self, berichttype: str) -> tuple[str, ...]:
        rubrieken = self._woorden.rubrieken.get(berichttype)
        if rubrieken is None:
            raise SchemaError("berichttype.onbekend", "a berichttype is not known")
        return rubrieken

    def regel(self, regel_id: str) -> Regel:
        """Give a rule in force by its id, to name its doel and grondslag.

        Raises:
            RegisterError: ``regel.onbekend``.
        """
        regel = self._regels.get(regel_id)
        if regel is None:
            raise RegisterError(
                "regel.onbekend", f"rule {regel_id} is not in force in {self.naam}"
            )
        return regel

    @cached_property
    def hold_kenmerken(self) -> frozenset[str]:
        """The kenmerken for which a rule holds; a release takes them for false."""
        return frozenset(
            regel.hold for regel in self._regels.values() if regel.hold is not None
        )

    def used_kenmerken(self, berichttype: str) -> frozenset[str]:
        """Give the kenmerken that rules of a berichttype use.

        These and no others are declared in its messages.

        Raises:
            SchemaError: ``berichttype.onbekend``.
        """
        self._rubrieken(berichttype)
        return frozenset().union(
            *(
                self._groep(*plaats, regio).kenmerken
                for plaats in self._allow
                if plaats[0] == berichttype
                for regio in self._regios | {WILDCARD}
            )
        )

    def ontvanger_types(
        self, berichttype: str, verstrekker_type: str
    ) -> frozenset[str]:
        """Give the organisatietypen that an allow rule names as recipient.

        A rule whose condition is false for that recipient whatever is declared does
        not count.
        """
        return frozenset(
            naar
            for soort, van, naar in self._allow
            if (soort, van) == (berichttype, verstrekker_type)
            and any(
                self._groep(soort, van, naar, regio).allows_anything
                for regio in self._regios | {WILDCARD}
            )
        )

    def possible_rubrieken(
        self, berichttype: str, van: str, naar: str
    ) -> frozenset[str]:
        """Give the rubrieken that could ever go from one type to another.

        What lies outside was disclosed against every rule, whatever the kenmerken and
        the region: a recipient can tell without knowing either.

        Raises:
            SchemaError: ``berichttype.onbekend`` or ``organisatietype.onbekend``.
        """
        return frozenset().union(
            *(
                self._groep(berichttype, van, naar, regio).possible
                for regio in self._regios | {WILDCARD}
            )
        )
