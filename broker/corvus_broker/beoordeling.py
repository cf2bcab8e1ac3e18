"""Step 9: the decision per recipient and cel, and why (SPEC 14.9).

Two tables are asked where two hold: the one in force and the one the message was
sealed under. What leaves is what the sender granted, both allow, and is not empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from weakref import WeakKeyDictionary

import msgspec

from corvus_broker.adressering import KETEN
from corvus_broker.beslisvraag import Beslisvraag, Ontvangervraag
from corvus_broker.inzending import granted_cellen
from corvus_broker.kenmerken import Kenmerkset, Samenhang, find_bericht, took_part
from corvus_broker.personen import positions_of
from corvus_crypto.masker import bits, flags
from corvus_routing.beslissing import (
    Beslissing,
    Reden,
    Soort,
    Uitkomst,
    longest,
    serves_doel,
)
from corvus_routing.projection import REGEL_VERWIJZING, Projectie, project
from corvus_routing.woordenboek import VERWIJZING
from corvus_schemas.wire.primitives import Strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_broker.adressering import Geadresseerde
    from corvus_broker.inzending import OntledeInzending
    from corvus_broker.personen import Plek
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_schemas.catalogus import Positie
    from corvus_schemas.kenmerken import KenmerkWaarde

_Types: TypeAlias = dict[tuple[str, str], frozenset[str]]

_EVERY_BIT: Final = 0xFF
LEEG: Final = 0
GELEVERD: Final = 1
NIET_TOEGEKEND: Final = 2
_REDENEN: Final = {
    Reden.STANDAARD: 3,
    Reden.VERBODEN: 4,
    Reden.AANGEHOUDEN: 5,
    Reden.DOEL: 6,
}
REDEN_NAMEN: Final = {
    LEEG: "leeg",
    GELEVERD: "geleverd",
    NIET_TOEGEKEND: "niet_toegekend",
    **{code: reden.value for reden, code in _REDENEN.items()},
}


class Uitspraak(msgspec.Struct, frozen=True):
    """What the tables say about one recipient, and the reason at every position."""

    beslissing: Beslissing
    projectie: Projectie
    redenen: bytes
    regels: Strings
    """Of every position the rules that decided about it, joined by a space."""
    per_reden: Sequence[tuple[int, int]]
    """Reasons, rising, each with the positions it keeps back if they are filled."""
    per_persoon: Sequence[tuple[int, Beslissing]] = ()
    """Positions of persons about whom the facts differ, and what holds for those."""


class Oordeel(msgspec.Struct, frozen=True):
    """What one recipient gets of a message, and the reason at every position."""

    geadresseerde: Geadresseerde
    uitspraak: Uitspraak

    @property
    def projectie(self) -> Projectie:
        """The cellen that go."""
        return self.uitspraak.projectie

    @property
    def beslissing(self) -> Beslissing:
        """What the tables say where facts about persons do not differ."""
        return self.uitspraak.beslissing

    @property
    def redenen(self) -> bytes:
        """What became of each position."""
        return self.uitspraak.redenen

    @property
    def regels(self) -> Strings:
        """Of every position the rules that decided about it, joined by a space."""
        return self.uitspraak.regels

    @property
    def bewaartermijn(self) -> str | None:
        """The longest retention of the rules that let something go."""
        uitspraak = self.uitspraak
        if not uitspraak.per_persoon:
            return uitspraak.beslissing.bewaartermijn
        alle = (uitspraak.beslissing, *(one for _, one in uitspraak.per_persoon))
        return longest(one.bewaartermijn for one in alle)


class _Besluit(msgspec.Struct, frozen=True):
    """The decision for one recipient; for some persons another one holds."""

    algemeen: Beslissing
    per_persoon: tuple[tuple[int, Beslissing], ...] = ()

    @property
    def alle(self) -> tuple[Beslissing, ...]:
        return (self.algemeen, *(one for _, one in self.per_persoon))

    def for_doel(self, doel: str) -> _Besluit:
        return _Besluit(
            self.algemeen.for_doel(doel),
            tuple((mask, one.for_doel(doel)) for mask, one in self.per_persoon),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Grond:
    """What a decision says about every position of a layout, whatever was granted.

    ``redenen`` has a byte for each position, as one little-endian number; ``per_reden``
    has the same as masks.
    """

    beslissing: Beslissing
    posities: tuple[Positie, ...]
    redenen: int
    per_reden: Sequence[tuple[int, int]]
    regels: Strings


# Decisions and layouts are shared by messages, so both are recognised by identity; a
# Grond holds them, so that their ids cannot come back for others. One takes 1 to 4 kB.
_gronden: Final[dict[tuple[int, int], _Grond]] = {}
_GRONDEN_LIMIT: Final = 2048
_types: Final[WeakKeyDictionary[GecompileerdeTabel, _Types]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Tabellen:
    """The tables that decide: in force, and sealed under where it is another one."""

    van_kracht: GecompileerdeTabel
    verzegeld: GecompileerdeTabel | None

    def decide(
        self,
        berichttype: str,
        verstrekker_type: str,
        ontvanger_type: str,
        regio: str,
        kenmerken: Mapping[str, KenmerkWaarde],
    ) -> Beslissing:
        """Give the decision that both tables allow."""
        args = (berichttype, verstrekker_type, ontvanger_type, regio, kenmerken)
        beslissing = self.van_kracht.decide(*args)
        if self.verzegeld is None:
            return beslissing
        return beslissing.doorsnede(self.verzegeld.decide(*args))


def ask(
    ontleed: OntledeInzending,
    geadresseerden: Sequence[Geadresseerde],
    kenmerken: Kenmerkset,
    samenhang: Samenhang,
) -> Beslisvraag:
    """Put together what is asked of the tables, in the order of the columns."""
    return Beslisvraag(
        berichttype=ontleed.berichttype.code,
        posities=ontleed.posities,
        verstrekker_type=samenhang.verstrekker_type,
        regio=ontleed.routering.vt_regio or "*",
        doel=ontleed.kop.doel,
        gevuld=ontleed.gevuld,
        kenmerken=kenmerken,
        ontvangers=[
            Ontvangervraag(
                one.organisatie.oin,
                one.organisatie.type,
                granted_cellen(ontleed, one.kolom),
                verwijzing=_knows_reference(ontleed, samenhang, one.organisatie.oin),
            )
            for one in geadresseerden
        ],
    )


def decide_vraag(vraag: Beslisvraag, tabellen: Tabellen) -> list[Uitspraak]:
    """Decide for every recipient of a question, from it and the tables alone.

    The one place where a decision is made: for the router and for a replay. What it
    depends on besides tables has to be in the question, or no replay can be right.
    """
    besluiten = [_decide_for(vraag, one, tabellen) for one in vraag.ontvangers]
    doel = vraag.doel
    every = [one for besluit in besluiten for one in besluit.alle]
    if not serves_doel(every, doel):
        besluiten = [besluit.for_doel(doel) for besluit in besluiten]
    return [
        _judge(vraag, ontvanger, besluit)
        for ontvanger, besluit in zip(vraag.ontvangers, besluiten, strict=True)
    ]


def _decide_for(
    vraag: Beslisvraag, ontvanger: Ontvangervraag, tabellen: Tabellen
) -> _Besluit:
    kenmerken = vraag.kenmerken

    def decide(plek: Plek | None = None) -> Beslissing:
        return tabellen.decide(
            vraag.berichttype,
            vraag.verstrekker_type,
            ontvanger.type,
            vraag.regio,
            kenmerken.voor(ontvanger.oin, plek),
        )

    if not kenmerken.per_persoon:
        return _Besluit(decide())
    return _Besluit(
        decide(),
        tuple(
            (positions_of(vraag.posities, plek), decide(plek))
            for plek in kenmerken.per_persoon
        ),
    )


def _judge(
    vraag: Beslisvraag, ontvanger: Ontvangervraag, besluit: _Besluit
) -> Uitspraak:
    projectie = project(
        ontvanger.toegekend,
        vraag.gevuld,
        besluit.algemeen,
        vraag.posities,
        per_persoon=besluit.per_persoon,
        with_verwijzing=ontvanger.verwijzing,
    )
    grond = _grond_of(besluit.algemeen, vraag.posities)
    if besluit.per_persoon:
        grond = _with_persons(grond, besluit.per_persoon)
    redenen = _redenen(grond, vraag.gevuld, projectie.mask)
    return Uitspraak(
        besluit.algemeen,
        projectie,
        redenen,
        grond.regels,
        grond.per_reden,
        besluit.per_persoon,
    )


def _with_persons(grond: _Grond, eigen: Sequence[tuple[int, Beslissing]]) -> _Grond:
    """Put the reasons and rules for some persons in the place of the general ones."""
    size = len(grond.posities)
    redenen = bytearray(grond.redenen.to_bytes(size, "little"))
    regels = list(grond.regels.all)
    for mask, beslissing in eigen:
        theirs = _grond_of(beslissing, grond.posities)
        own = theirs.redenen.to_bytes(size, "little")
        for position in bits(mask):
            redenen[position] = own[position]
            regels[position] = theirs.regels.all[position]
    return _make_grond(grond.beslissing, grond.posities, bytes(redenen), regels)


def _make_grond(
    beslissing: Beslissing,
    posities: tuple[Positie, ...],
    redenen: bytes,
    regels: Iterable[str],
) -> _Grond:
    per_reden: dict[int, int] = {}
    for position, reden in enumerate(redenen):
        per_reden[reden] = per_reden.get(reden, 0) | 1 << position
    return _Grond(
        beslissing,
        posities,
        int.from_bytes(redenen, "little"),
        sorted(per_reden.items()),
        Strings(regels),
    )


def _knows_reference(ontleed: OntledeInzending, samenhang: Samenhang, oin: str) -> bool:
    """Tell whether a recipient knows every message this one refers to."""
    routering = ontleed.routering
    ids = [
        one for one in (routering.antwoord_op, routering.vervangt) if one is not None
    ]
    return bool(ids) and all(
        took_part(find_bericht(samenhang, bericht_id), samenhang.namen(oin))
        for bericht_id in ids
    )


def _grond_of(beslissing: Beslissing, posities: tuple[Positie, ...]) -> _Grond:
    key = (id(beslissing), id(posities))
    known = _gronden.get(key)
    if known is None:
        names = [positie.rubriek.naam for positie in posities]
        redenen = bytes(_reden(beslissing.uitkomsten.get(naam)) for naam in names)
        regels = [_decided_by(beslissing, naam) for naam in names]
        known = _make_grond(beslissing, posities, redenen, regels)
        if len(_gronden) >= _GRONDEN_LIMIT:
            _gronden.clear()
        _gronden[key] = known
    return known


def _reden(uitkomst: Uitkomst | None) -> int:
    """Why a position does not go out, if it does not."""
    if uitkomst is None:
        return _REDENEN[Reden.STANDAARD]
    if uitkomst.soort is Soort.TOEGESTAAN:
        return NIET_TOEGEKEND
    return _REDENEN[uitkomst.reden or Reden.STANDAARD]


def _decided_by(beslissing: Beslissing, rubriek: str) -> str:
    """Rules that decided about a rubriek, joined by a space; empty by default deny."""
    if rubriek == VERWIJZING:
        return REGEL_VERWIJZING
    uitkomst = beslissing.uitkomsten.get(rubriek)
    return "" if uitkomst is None else " ".join(uitkomst.regel_ids)


def _redenen(grond: _Grond, gevuld: int, mask: int) -> bytes:
    """One byte per position: what became of it for this recipient.

    All positions at once: numbers with a byte for each, so nothing is carried over.
    """
    size = len(grond.posities)
    delivered = int.from_bytes(flags(mask, size), "little")
    withheld = int.from_bytes(flags(gevuld & ~mask, size), "little")
    reasons = grond.redenen & withheld * _EVERY_BIT | delivered * GELEVERD
    return reasons.to_bytes(size, "little")  # what is not filled stays LEEG


def missing_moet(
    ontleed: OntledeInzending,
    oordelen: Sequence[Oordeel],
    kenmerken: Kenmerkset,
    samenhang: Samenhang,
    tabellen: Tabellen,
) -> list[str]:
    """Recipient types a rule says must get this message and the sender left out.

    A rule allows, it never obliges: the answer is a warning and an alarm, since the
    broker could not seal for them anyway.
    """
    if ontleed.berichttype.adressering != KETEN:
        return []
    present = {oordeel.geadresseerde.organisatie.type for oordeel in oordelen}
    regio = ontleed.routering.vt_regio or "*"
    code, van = ontleed.berichttype.code, samenhang.verstrekker_type
    types = _ontvanger_types(tabellen.van_kracht, code, van)
    return sorted(
        naar
        for naar in types - present
        if tabellen.decide(code, van, naar, regio, kenmerken.algemeen).moet
    )


def _ontvanger_types(
    tabel: GecompileerdeTabel, berichttype: str, van: str
) -> frozenset[str]:
    """Recipient types of a table, looked for once: it walks over all its rules."""
    known = _types.setdefault(tabel, {})
    types = known.get((berichttype, van))
    if types is None:
        types = tabel.ontvanger_types(berichttype, van)
        known[berichttype, van] = types
    return types
