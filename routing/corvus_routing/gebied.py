"""Places: from the name or code of a gemeente to the regions it lies in, on a day."""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_routing.gebieden import Gebieden, Gemeente, load_gebieden, plain
from corvus_schemas.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

__all__ = [
    "Gebied",
    "check_gebied",
    "close_matches",
    "gebied_of",
    "gebied_of_regio",
    "listing",
    "load_gebieden",
]

MAX_CANDIDATES: Final = 5
"""Candidates an error names; more would not help anyone choose."""


@dataclass(frozen=True, slots=True)
class Gebied:
    """Where a message is to be routed to; what is not known is None."""

    gemeente: str | None = None
    vt_regio: str | None = None
    arrondissement: str | None = None


def gebied_of(gemeente: str, gebieden: Gebieden, *, op: date | None = None) -> Gebied:
    """Find the regions of a gemeente by its code or its name.

    Args:
        gemeente: a code, or a name in any capitals.
        gebieden: the known places.
        op: the day; without one every period counts, and a gemeente that ever was in
            two regions is ambiguous.

    Raises:
        AddressError: ``regio.onbekend``, ``regio.vervallen``, ``geen_route`` for a
            gemeente whose VT-regio is not there, or, where the place could be in two
            VT-regio's, ``dubbele_route``; all name the candidates.
    """
    entries = _settled(gebieden.entries(gemeente), gebieden)
    found = [one for one in entries if op is None or one.is_valid_at(op)]
    if not found:
        raise _not_there(gemeente, entries, gebieden, op)
    if len({one.vt_regio for one in found}) > 1:
        raise AddressError(
            "dubbele_route",
            "the gemeente lies in more than one VT-regio: "
            + listing(_describe(one, gebieden, op) for one in found),
            advice="Give the gemeentecode, or address a Veilig Thuis by its OIN",
        )
    regio = gebieden.regio(found[0].vt_regio, op)
    if regio is None:
        raise _without_regio(found[0], gebieden, op)
    return Gebied(
        gemeente=found[0].code,
        vt_regio=regio.code,
        arrondissement=regio.arrondissement,
    )


def gebied_of_regio(vt_regio: str, gebieden: Gebieden, *, op: date) -> Gebied:
    """Find the area of a VT-regio by its code.

    Raises:
        AddressError: ``regio.onbekend`` or ``regio.vervallen``.
    """
    regio = gebieden.regio(vt_regio, op)
    if regio is None:
        raise _regio_not_there(vt_regio, gebieden, op)
    return Gebied(vt_regio=vt_regio, arrondissement=regio.arrondissement)


@functools.lru_cache(maxsize=4096)  # a few hundred gemeenten, and what is misspelt
def check_gebied(gebied: Gebied, gebieden: Gebieden, op: date) -> None:
    """Check that the parts of an area belong together on a day.

    A message that named the gemeente of one region and the VT-regio of another would
    reach organisations of both.

    Raises:
        AddressError: ``regio.onbekend``, ``regio.vervallen``, ``regio.tegenstrijdig``,
            ``geen_route``, ``dubbele_route``.
    """
    if gebied.gemeente is not None:
        expected = gebied_of(gebied.gemeente, gebieden, op=op)
        if expected != gebied:
            raise _contradiction()
        return
    if gebied.vt_regio is None:
        return
    expected = gebied_of_regio(gebied.vt_regio, gebieden, op=op)
    if gebied.arrondissement not in {None, expected.arrondissement}:
        raise _contradiction()


def _contradiction() -> AddressError:
    return AddressError(
        "regio.tegenstrijdig",
        "gemeente, VT-regio and arrondissement do not belong together",
        advice="Give the gemeente of the victims; the rest follows from it",
    )


def listing(candidates: Iterable[str]) -> str:
    """Name candidates, and how many more there are."""
    names = sorted(set(candidates))
    more = len(names) - MAX_CANDIDATES
    shown = ", ".join(names[:MAX_CANDIDATES])
    return f"{shown} and {more} more" if more > 0 else shown


def close_matches(wanted: str, known: Iterable[str]) -> list[str]:
    """Give the known names that look like a wanted one, best first."""
    by_form = {name.casefold(): name for name in known}
    matches = difflib.get_close_matches(wanted.casefold(), by_form, cutoff=0.6)
    return [by_form[match] for match in matches]


def _settled(entries: Sequence[Gemeente], gebieden: Gebieden) -> Sequence[Gemeente]:
    """A registry that puts one gemeente in two regions is wrong about its code too.

    So its code does not settle which of the two is meant.
    """
    if any(one.conflict for one in entries):
        return gebieden.named(entries[0].naam)
    return entries


def _not_there(
    gemeente: str, entries: Sequence[Gemeente], gebieden: Gebieden, op: date | None
) -> AddressError:
    over = [one for one in entries if op is not None and one.is_over_at(op)]
    if op is None or not over:
        names = {one.naam: None for one in gebieden.lijst.gemeenten}
        matches = close_matches(plain(gemeente), names)
        return AddressError(
            "regio.onbekend",
            "the gemeente is not known"
            + (f"; close to it are {', '.join(matches)}" if matches else "")
            + _begins(entries),
            advice="Give the gemeentecode, or the name as the registry writes it",
        )
    candidates = [
        _describe(one, gebieden, op)
        for code in sorted({one.code for one in over})
        for one in gebieden.successors(code, op)
    ]
    return AddressError(
        "regio.vervallen",
        f"the gemeente ended on {max(one.geldig_tot for one in over if one.geldig_tot)}"
        "; it went into " + (listing(candidates) or "none that is known"),
        advice="Give the gemeente where the victims are registered now",
    )


def _begins(entries: Sequence[Gemeente]) -> str:
    if not entries:
        return ""
    first = min(one.geldig_van for one in entries)
    return f"; one of this name or code begins on {first}"


def _without_regio(
    gemeente: Gemeente, gebieden: Gebieden, op: date | None
) -> AddressError:
    why = (
        ""
        if op is None
        else f": {_regio_not_there(gemeente.vt_regio, gebieden, op).message}"
    )
    return AddressError(
        "geen_route",
        f"gemeente {gemeente.code} lies in {gemeente.vt_regio}, which is not there on"
        f" this day{why}",
        advice="Have the list of gemeenten corrected; until then address by OIN",
    )


def _regio_not_there(code: str, gebieden: Gebieden, op: date) -> AddressError:
    entries = gebieden.regio_entries(code)
    over = [one for one in entries if one.is_over_at(op)]
    if not over:
        known = ", ".join(sorted(one.code for one in gebieden.regios_op(op)))
        return AddressError(
            "regio.onbekend", "the VT-regio does not exist", advice=f"One of {known}."
        )
    candidates = [
        f"{regio.code} {regio.naam}"
        for one in over
        for naar in one.opvolgers
        if (regio := gebieden.regio(naar, op)) is not None
    ]
    return AddressError(
        "regio.vervallen",
        f"VT-regio {code} ended; it went into "
        + (listing(candidates) or "none that is known"),
        advice="Give the gemeente of the victims; the rest follows from it",
    )


def _describe(gemeente: Gemeente, gebieden: Gebieden, op: date | None) -> str:
    regio = gebieden.regio(gemeente.vt_regio, op)
    naam = "" if regio is None else f" {regio.naam}"
    return f"{gemeente.naam} ({gemeente.code}) in {gemeente.vt_regio}{naam}"
