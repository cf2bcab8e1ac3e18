"""Step 9: the decision per recipient and cel, and why (SPEC 14.9).

Two tables are asked where two hold: the one in force and the one the message was
sealed under. What leaves is what the sender granted, both allow, and is not empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from weakref import WeakKeyDictionary

from corvus_broker.adressering import KETEN
from corvus_broker.inzending import granted_cellen
from corvus_broker.kenmerken import Kenmerkset, Samenhang, find_bericht, took_part
from corvus_crypto.masker import flags
from corvus_routing.beslissing import Beslissing, Reden, Soort, Uitkomst
from corvus_routing.projection import REGEL_VERWIJZING, Projectie, project
from corvus_routing.woordenboek import VERWIJZING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_broker.adressering import Geadresseerde
    from corvus_broker.inzending import OntledeInzending
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


@dataclass(frozen=True, slots=True)
class Oordeel:
    """What one recipient gets of a message, and the reason at every position."""

    geadresseerde: Geadresseerde
    beslissing: Beslissing
    projectie: Projectie
    redenen: bytes
    regels: Sequence[str]
    """Of every position the rules that decided about it, joined by a space."""


@dataclass(frozen=True, slots=True, eq=False)
class _Grond:
    """What a decision says about every position of a layout, whatever was granted.

    ``redenen`` has a byte for each position, as one little-endian number.
    """

    beslissing: Beslissing
    posities: tuple[Positie, ...]
    redenen: int
    regels: tuple[str, ...]


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


def decide_inzending(
    ontleed: OntledeInzending,
    geadresseerden: Sequence[Geadresseerde],
    kenmerken: Kenmerkset,
    samenhang: Samenhang,
    tabellen: Tabellen,
) -> Sequence[Oordeel]:
    """Decide for every column. The order is that of the columns."""
    regio = ontleed.routering.vt_regio or "*"
    beslissingen = [
        tabellen.decide(
            ontleed.berichttype.code,
            samenhang.verstrekker_type,
            one.organisatie.type,
            regio,
            kenmerken.voor(one.organisatie.oin),
        )
        for one in geadresseerden
    ]
    doel = ontleed.kop.doel
    if not serves_doel(beslissingen, doel):
        beslissingen = [beslissing.for_doel(doel) for beslissing in beslissingen]
    return [
        _judge(ontleed, geadresseerde, beslissing, samenhang)
        for geadresseerde, beslissing in zip(geadresseerden, beslissingen, strict=True)
    ]


def serves_doel(beslissingen: Iterable[Beslissing], doel: str) -> bool:
    """Tell whether a message's doel is that of a rule that fires for any recipient.

    One message serves several recipients, each under its own rule's doel (which is what
    its cellen log); a doel that no rule has at all makes the message disclose nothing.
    """
    return any(
        doel in one.doelen or doel in one.doelen_aangehouden for one in beslissingen
    )


def _judge(
    ontleed: OntledeInzending,
    geadresseerde: Geadresseerde,
    beslissing: Beslissing,
    samenhang: Samenhang,
) -> Oordeel:
    projectie = project(
        granted_cellen(ontleed, geadresseerde.kolom),
        ontleed.gevuld,
        beslissing,
        ontleed.posities,
        with_verwijzing=_knows_reference(
            ontleed, samenhang, geadresseerde.organisatie.oin
        ),
    )
    grond = _grond_of(beslissing, ontleed.posities)
    redenen = _redenen(grond, ontleed.gevuld, projectie.mask)
    return Oordeel(geadresseerde, beslissing, projectie, redenen, grond.regels)


def _knows_reference(ontleed: OntledeInzending, samenhang: Samenhang, oin: str) -> bool:
    """Tell whether a recipient knows every message this one refers to."""
    routering = ontleed.routering
    ids = [
        one for one in (routering.antwoord_op, routering.vervangt) if one is not None
    ]
    return bool(ids) and all(
        took_part(find_bericht(samenhang, bericht_id), oin) for bericht_id in ids
    )


def _grond_of(beslissing: Beslissing, posities: tuple[Positie, ...]) -> _Grond:
    key = (id(beslissing), id(posities))
    known = _gronden.get(key)
    if known is None:
        names = [positie.rubriek.naam for positie in posities]
        redenen = bytes(_reden(beslissing.uitkomsten.get(naam)) for naam in names)
        known = _Grond(
            beslissing,
            posities,
            int.from_bytes(redenen, "little"),
            tuple(_decided_by(beslissing, naam) for naam in names),
        )
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
