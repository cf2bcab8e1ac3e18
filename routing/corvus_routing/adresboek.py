"""The adresboek: which organisation answers for a type in an area, at a moment.

A message is routed to exactly one organisation per type or refused at the sender with
the candidates named. Organisations come, merge and go: every entry has a period, and
one that ended leads to its successor.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_routing.gebied import Gebied, close_matches, listing
from corvus_routing.woordenboek import BROKER
from corvus_schemas.errors import AddressError, RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from corvus_schemas.identifiers import Oin

_VT_REGIO: Final = ("vt_regio",)
_ARRONDISSEMENT: Final = ("arrondissement",)
_LOCAL: Final = ("gemeente", "vt_regio", "landelijk")
_LANDELIJK: Final = ("landelijk",)

NIVEAUS: Final[dict[str, tuple[str, ...]]] = {
    "VT": _VT_REGIO,
    **dict.fromkeys(
        ("OM", "RECL", "RVDK", "SHN", "POL", "ZM", "HALT"), _ARRONDISSEMENT
    ),
    # By arrondissement or by VT-regio: whichever the organisation has in its entry.
    "ZVH": ("vt_regio", "arrondissement"),
    **dict.fromkeys(
        ("SCHOOL", "LT", "GEM", "GI", "JR", "ZORG", "OPVANG", "KMAR"), _LOCAL
    ),
    "BROKER": _LANDELIJK,
}
"""Per organisatietype the areas it is addressed by, the most local first."""


_REMEMBERED: Final = 4096
"""Answers kept before all are forgotten: types times areas, a few hundred in use."""


@dataclass(frozen=True, slots=True)
class Organisatie:
    """One organisation during one period; without any area it is a national one."""

    oin: Oin
    naam: str
    type: str
    vt_regios: frozenset[str]
    arrondissementen: frozenset[str]
    gemeenten: frozenset[str]
    geldig_van: datetime
    geldig_tot: datetime | None = None
    opvolger: Oin | None = None

    def is_valid_at(self, op: datetime) -> bool:
        """Tell whether the entry is valid at a moment; its end is not included."""
        return self.geldig_van <= op and (
            self.geldig_tot is None or op < self.geldig_tot
        )

    def is_over_at(self, op: datetime) -> bool:
        """Tell whether the entry ended by a moment."""
        return self.geldig_tot is not None and self.geldig_tot <= op

    def serves(self, niveau: str, gebied: Gebied) -> bool:
        """Tell whether the organisation answers for an area at one level."""
        match niveau:
            case "gemeente":
                return gebied.gemeente in self.gemeenten
            case "vt_regio":
                return gebied.vt_regio in self.vt_regios
            case "arrondissement":
                return gebied.arrondissement in self.arrondissementen
            case _:
                return not (self.gemeenten or self.vt_regios or self.arrondissementen)

    def describe(self) -> str:
        """Name the organisation for a person."""
        return f"{self.naam} (OIN {self.oin})"


class Adresboek:
    """All organisations, with their periods."""

    def __init__(self, organisaties: Iterable[Organisatie]) -> None:
        """Index the entries.

        Raises:
            RegisterError: ``adresboek.ongeldig``.
        """
        self._by_oin: dict[str, list[Organisatie]] = {}
        self._by_type: dict[str, list[Organisatie]] = {}
        self._vt_regios: set[str] = set()
        self._arrondissementen: set[str] = set()
        for organisatie in organisaties:
            self._vt_regios |= organisatie.vt_regios
            self._arrondissementen |= organisatie.arrondissementen
            self._by_oin.setdefault(organisatie.oin, []).append(organisatie)
            self._by_type.setdefault(organisatie.type, []).append(organisatie)
        for entries in self._by_oin.values():
            entries.sort(key=lambda entry: entry.geldig_van.timestamp())
        self._check()
        self._grenzen = sorted(
            {
                grens.timestamp()
                for entry in self.entries()
                for grens in (entry.geldig_van, entry.geldig_tot)
                if grens is not None
            }
        )
        self._gevonden: dict[tuple[str, Gebied, int], Organisatie] = {}
        self._voorgangers: dict[str, list[str]] = {}
        for oin, entries in self._by_oin.items():
            if (opvolger := entries[-1].opvolger) is not None:
                self._voorgangers.setdefault(opvolger, []).append(oin)

    def entries(self) -> list[Organisatie]:
        """Give every entry, of whatever period, by OIN."""
        return [one for oin in self.oins() for one in self._by_oin[oin]]

    def typen(self) -> frozenset[str]:
        """Give the types there are entries of."""
        return frozenset(self._by_type)

    def oins(self) -> tuple[str, ...]:
        """Give every OIN, of whatever period."""
        return tuple(sorted(self._by_oin))

    def organisatie(self, oin: str, op: datetime) -> Organisatie:
        """Give the organisation with an OIN as it is at a moment.

        Raises:
            AddressError: ``organisatie.onbekend`` or ``organisatie.vervallen``.
        """
        entries = self._by_oin.get(oin)
        if entries is None:
            raise AddressError(
                "organisatie.onbekend",
                "the OIN is not in the adresboek",
                advice="Look the organisation up: corvus adresboek",
            )
        for entry in entries:
            if entry.is_valid_at(op):
                return entry
        last = entries[-1]
        opvolger = self._successor(last, op) if last.is_over_at(op) else None
        raise AddressError(
            "organisatie.vervallen",
            f"{entries[-1].describe()} is not in the adresboek at this moment",
            advice=f"Its successor is {opvolger.describe()}" if opvolger else "",
        )

    def heeft(self, oin: str, op: datetime) -> bool:
        """Tell whether there is an organisation with this OIN at a moment."""
        return any(one.is_valid_at(op) for one in self._by_oin.get(oin, ()))

    def opvolger(self, oin: str, op: datetime) -> str:
        """Give who an organisation is at a moment: itself, or its living successor.

        One that is not there and has no successor is given as it is.
        """
        if oin not in self._by_oin or self.heeft(oin, op):
            return oin
        last = self._by_oin[oin][-1]
        found = self._successor(last, op) if last.is_over_at(op) else None
        return oin if found is None else found.oin

    def identiteit(self, oin: str, op: datetime) -> frozenset[str]:
        """Give the OINs an organisation counts as: its own, and its predecessors'.

        A predecessor is one that ended by this moment and leads to it, along ended
        ones only. So no successor counts before the day, and no predecessor ever.
        """
        found, waiting = {oin}, [oin]
        while waiting:
            for vorige in self._voorgangers.get(waiting.pop(), ()):
                # An OIN that is in use again is nobody's past.
                if vorige not in found and self._by_oin[vorige][-1].is_over_at(op):
                    found.add(vorige)
                    waiting.append(vorige)
        return frozenset(found)

    def resolve(self, type: str, gebied: Gebied, op: datetime) -> Organisatie:  # noqa: A002 - the domain's word for the kind of organisation
        """Find the one organisation of a type that answers for an area.

        Raises:
            AddressError: ``geen_route``, ``dubbele_route`` or ``regio.onbekend``.
        """
        # Between two moments at which an entry starts or ends every answer stays.
        place = (type, gebied, bisect_right(self._grenzen, op.timestamp()))
        known = self._gevonden.get(place)
        if known is None:
            known = self._resolve(type, gebied, op)
            if len(self._gevonden) >= _REMEMBERED:
                self._gevonden.clear()
            self._gevonden[place] = known
        return known

    def _resolve(self, type: str, gebied: Gebied, op: datetime) -> Organisatie:  # noqa: A002 - as above
        niveaus = NIVEAUS.get(type, _LANDELIJK)
        self._check_gebied(gebied, niveaus)
        entries = self._by_type.get(type, [])
        for niveau in niveaus:
            found = self._at(niveau, entries, gebied, op)
            if len(found) > 1:
                raise AddressError(
                    "dubbele_route",
                    f"more than one {type} answers for {_where(gebied)}: "
                    + listing(entry.describe() for entry in found),
                    advice="Address one of them by its OIN",
                )
            if found:
                return found[0]
        levend = [entry.describe() for entry in entries if entry.is_valid_at(op)]
        raise AddressError(
            "geen_route",
            f"no {type} answers for {_where(gebied)}; known of this type: "
            + (listing(levend) or "none"),
            advice="Address an organisation by its OIN, or complete the adresboek",
        )

    def _at(
        self,
        niveau: str,
        entries: Sequence[Organisatie],
        gebied: Gebied,
        op: datetime,
    ) -> list[Organisatie]:
        """Give who answers at one level; successors only where nobody does."""
        serving = [entry for entry in entries if entry.serves(niveau, gebied)]
        found = [entry for entry in serving if entry.is_valid_at(op)]
        if not found:
            ended = [entry for entry in serving if entry.is_over_at(op)]
            found = [
                opvolger
                for entry in ended
                if (opvolger := self._successor(entry, op)) is not None
            ]
        return list({entry.oin: entry for entry in found}.values())

    def _successor(self, entry: Organisatie, op: datetime) -> Organisatie | None:
        """Follow successors of one that ended to the one that is there at a moment."""
        volgend = entry.opvolger
        while volgend is not None:
            entries = self._by_oin[volgend]
            for candidate in entries:
                if candidate.is_valid_at(op):
                    return candidate
            # One that is yet to come, or away for a while, hands nothing on.
            volgend = entries[-1].opvolger if entries[-1].is_over_at(op) else None
        return None

    def _check_gebied(self, gebied: Gebied, niveaus: tuple[str, ...]) -> None:
        """Refuse a region nobody has, before a national organisation is tried."""
        for niveau, wanted, known in (
            ("vt_regio", gebied.vt_regio, self._vt_regios),
            ("arrondissement", gebied.arrondissement, self._arrondissementen),
        ):
            if niveau not in niveaus or wanted is None or wanted in known:
                continue
            matches = close_matches(wanted, sorted(known))
            raise AddressError(
                "regio.onbekend",
                f"the {niveau} is not in the adresboek"
                + (f"; close to it are {', '.join(matches)}" if matches else ""),
            )

    def _check(self) -> None:
        problems = []
        for oin, entries in self._by_oin.items():
            for entry in entries:
                problems += self._problems(entry)
            for vorige, volgende in itertools.pairwise(entries):
                tot = vorige.geldig_tot
                if tot is None or tot.timestamp() > volgende.geldig_van.timestamp():
                    problems.append(f"the periods of OIN {oin} overlap")
            if self._leads_back(oin):
                problems.append(f"the successors of OIN {oin} lead back to it")
            else:
                problems += self._successor_problems(oin, entries)
        if problems:
            raise RegisterError("adresboek.ongeldig", "; ".join(problems))

    def _problems(self, entry: Organisatie) -> list[str]:
        problems = []
        if entry.type not in NIVEAUS:
            problems.append(f"the type of OIN {entry.oin} is not known")
        if entry.type == BROKER:
            # It would be sealed to, and get what the broker may act on and not read.
            problems.append(f"OIN {entry.oin} cannot be an organisation of type BROKER")
        if entry.opvolger is not None and entry.opvolger not in self._by_oin:
            problems.append(f"the successor of OIN {entry.oin} is not in the adresboek")
        if entry.geldig_van.tzinfo is None or (
            entry.geldig_tot is not None and entry.geldig_tot.tzinfo is None
        ):
            problems.append(f"the period of OIN {entry.oin} has no time zone")
        elif entry.geldig_tot is not None and entry.geldig_tot <= entry.geldig_van:
            problems.append(f"the period of OIN {entry.oin} is empty")
        return problems

    def _successor_problems(self, oin: str, entries: list[Organisatie]) -> list[str]:
        """What would let a successor count for nothing, or for too much."""
        problems = [
            f"OIN {oin} has a successor and a later period"
            for entry in entries[:-1]
            if entry.opvolger is not None
        ]
        last = entries[-1]
        followers = self._by_oin.get(last.opvolger or "", [])
        if not followers:
            return problems
        if any(one.type != last.type for one in followers):
            problems.append(f"the successor of OIN {oin} is of another type")
        tot = last.geldig_tot
        if tot is None:
            problems.append(f"OIN {oin} has a successor and no end")
        elif tot.tzinfo is not None and self._successor(last, tot) is None:
            problems.append(f"the successor of OIN {oin} is not there when it ends")
        return problems

    def _leads_back(self, oin: str) -> bool:
        seen = {oin}
        volgend = self._by_oin[oin][-1].opvolger
        while volgend is not None and volgend in self._by_oin:
            if volgend in seen:
                return True
            seen.add(volgend)
            volgend = self._by_oin[volgend][-1].opvolger
        return False


def _where(gebied: Gebied) -> str:
    parts = [
        f"{naam} {waarde}"
        for naam, waarde in (
            ("gemeente", gebied.gemeente),
            ("VT-regio", gebied.vt_regio),
            ("arrondissement", gebied.arrondissement),
        )
        if waarde is not None
    ]
    return ", ".join(parts) or "an area that is not given"
