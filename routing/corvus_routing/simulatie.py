"""Who answers for which gemeente on a day, compared with another day.

Before regions change, officers want to know what does: which gemeenten get another
organisation, which get none or two, who is gone and who has no key. Nothing is sent;
the answers are those the SDK and the router would give on that day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from corvus_routing.adresboek import NIVEAUS
from corvus_routing.gebied import gebied_of
from corvus_schemas.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from corvus_routing.adresboek import Adresboek
    from corvus_routing.gebieden import Gebieden, Gemeente

BESTAAT_NIET: Final = "bestaat_niet"
VERVALLEN: Final = "vervallen"
GEEN_SLEUTEL: Final = "geen_sleutel"
GEEN_CERTIFICAAT: Final = "geen_certificaat"
BROKER: Final = "BROKER"


@dataclass(frozen=True, slots=True)
class Stand:
    """The adresboek and the places as they are on a day."""

    adresboek: Adresboek
    gebieden: Gebieden
    op: datetime
    dag: date


@dataclass(frozen=True, slots=True, order=True)
class Uitkomst:
    """Who answers: an organisation, or the code of the refusal."""

    code: str
    oin: str = ""
    naam: str = ""
    uitleg: str = field(default="", compare=False)

    @property
    def is_hole(self) -> bool:
        """Tell whether a message to this gemeente and type would be refused."""
        return self.code not in {"", BESTAAT_NIET}


@dataclass(frozen=True, slots=True, order=True)
class Plaats:
    """A gemeente before and after; another one where it merges or splits."""

    voor: str
    na: str
    naam: str


@dataclass(frozen=True, slots=True)
class Regel:
    """Gemeenten for which one type changes, or is refused, in the same way."""

    type: str
    voor: Uitkomst
    na: Uitkomst
    plaatsen: Sequence[Plaats]

    @property
    def is_change(self) -> bool:
        """Tell whether anything is otherwise than before."""
        return self.voor != self.na

    @property
    def is_new_hole(self) -> bool:
        """Tell whether it is refused, and was not before."""
        return self.na.is_hole and self.na.code != self.voor.code


@dataclass(frozen=True, slots=True)
class Bevinding:
    """An organisation that cannot receive on the day."""

    code: str
    oin: str
    naam: str
    opvolger: str = ""


@dataclass(frozen=True, slots=True)
class Simulatie:
    """What a day brings; ``regels`` has changes and refusals, and nothing else."""

    regels: Sequence[Regel]
    bevindingen: Sequence[Bevinding]
    bekeken: int

    @property
    def wijzigingen(self) -> list[Regel]:
        """What is otherwise."""
        return [one for one in self.regels if one.is_change]

    @property
    def gaten(self) -> list[Regel]:
        """What is refused."""
        return [one for one in self.regels if one.na.is_hole]


def simulate(
    voor: Stand,
    na: Stand,
    typen: Iterable[str],
    *,
    gemeente: str | None = None,
    gebrek: Callable[[str], str] = lambda _: "",
) -> Simulatie:
    """Compare two moments, for every gemeente there is on either of them.

    Args:
        voor: the moment to compare with.
        na: the moment that is looked at.
        typen: kinds of organisation.
        gemeente: only this one, by its code or name on either day.
        gebrek: the code of what an OIN lacks to receive on the day, or nothing.

    Raises:
        AddressError: ``regio.onbekend``; no gemeente is called that.
    """
    plaatsen = _places(voor, na)
    if gemeente is not None:
        plaatsen = _chosen(plaatsen, gemeente, voor, na)
    grouped: defaultdict[tuple[str, Uitkomst, Uitkomst], list[Plaats]]
    grouped = defaultdict(list)
    wanted = sorted(set(typen) - {BROKER})
    gebruikt = set() if gemeente else _oins(wanted, voor, na)
    for plaats in plaatsen:
        for type_ in wanted:
            before, after = _ask(voor, plaats.voor, type_), _ask(na, plaats.na, type_)
            gebruikt |= {before.oin, after.oin}
            if before != after or after.is_hole:
                grouped[type_, before, after].append(plaats)
    return Simulatie(
        [Regel(*key, sorted(grouped[key])) for key in sorted(grouped)],
        [*_findings(voor, na, sorted(gebruikt - {""}), gebrek)],
        len(plaatsen),
    )


def known_types(*standen: Stand) -> list[str]:
    """Give the kinds of organisation that take part in any of the moments."""
    present = frozenset[str]().union(*(stand.adresboek.typen() for stand in standen))
    return [type_ for type_ in NIVEAUS if type_ in present and type_ != BROKER]


def _oins(typen: Sequence[str], *standen: Stand) -> set[str]:
    return {
        entry.oin
        for stand in standen
        for entry in stand.adresboek.entries()
        if entry.type in typen
    }


def _places(voor: Stand, na: Stand) -> list[Plaats]:
    before = {one.code: one for one in voor.gebieden.gemeenten_op(voor.dag)}
    after = {one.code: one for one in na.gebieden.gemeenten_op(na.dag)}
    found: list[Plaats] = []
    entered: set[str] = set()
    for code, one in before.items():
        if code in after:
            found.append(Plaats(code, code, after[code].naam))
            continue
        naar = na.gebieden.successors(code, na.dag)
        entered |= {other.code for other in naar}
        found += [Plaats(code, other.code, _both(one, other)) for other in naar]
        if not naar:
            found.append(Plaats(code, code, one.naam))  # ended, into nothing
    found += [
        Plaats("", code, one.naam)
        for code, one in after.items()
        if code not in before and code not in entered
    ]
    return found


def _both(one: Gemeente, other: Gemeente) -> str:
    return f"{one.naam} -> {other.naam}"


def _chosen(
    plaatsen: Sequence[Plaats], gemeente: str, voor: Stand, na: Stand
) -> list[Plaats]:
    codes = {
        one.code for stand in (voor, na) for one in stand.gebieden.entries(gemeente)
    }
    found = [one for one in plaatsen if codes & {one.voor, one.na}]
    if not found:
        # Refused in the words everybody else gets, with what looks like it.
        gebied_of(gemeente, na.gebieden, op=na.dag)
    return found


def _ask(stand: Stand, code: str, type_: str) -> Uitkomst:
    if not code:
        return Uitkomst(BESTAAT_NIET)
    try:
        gebied = gebied_of(code, stand.gebieden, op=stand.dag)
        found = stand.adresboek.resolve(type_, gebied, stand.op)
    except AddressError as error:
        return Uitkomst(error.code, uitleg=error.message)
    return Uitkomst("", found.oin, found.naam)


def _findings(
    voor: Stand, na: Stand, oins: Sequence[str], gebrek: Callable[[str], str]
) -> Iterable[Bevinding]:
    for oin in oins:
        if na.adresboek.heeft(oin, na.op):
            if code := gebrek(oin):
                naam = na.adresboek.organisatie(oin, na.op).naam
                yield Bevinding(code, oin, naam)
        elif voor.adresboek.heeft(oin, voor.op):
            opvolger = na.adresboek.opvolger(oin, na.op)
            naam = voor.adresboek.organisatie(oin, voor.op).naam
            yield Bevinding(VERVALLEN, oin, naam, "" if opvolger == oin else opvolger)
