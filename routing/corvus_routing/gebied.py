"""Places: from the name or code of a gemeente to the regions it lies in."""

from __future__ import annotations

import difflib
import functools
import json
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, Final, TypedDict, cast

from corvus_schemas.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_CANDIDATES: Final = 5
"""Candidates an error names; more would not help anyone choose."""


class VtRegioData(TypedDict):
    """One VT-regio in gebieden.json (the fields used here)."""

    naam: str
    arrondissement: str


class GemeenteData(TypedDict):
    """One gemeente in gebieden.json (the fields used here)."""

    gemeentecode: str
    naam: str
    vt_regio: str
    conflict: bool
    geldig_van: str
    geldig_tot: str | None


class GebiedenData(TypedDict):
    """The contents of gebieden.json (the fields used here)."""

    vt_regios: dict[str, VtRegioData]
    gemeenten: dict[str, GemeenteData]
    namen: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Gebied:
    """Where a message is to be routed to; what is not known is None."""

    gemeente: str | None = None
    vt_regio: str | None = None
    arrondissement: str | None = None


@functools.cache
def load_gebieden() -> GebiedenData:
    """Read the places that ship with corvus_schemas."""
    source = resources.files("corvus_schemas").joinpath("data", "gebieden.json")
    return cast("GebiedenData", json.loads(source.read_text(encoding="utf-8")))


def gebied_of(
    gemeente: str, gebieden: GebiedenData, *, op: date | None = None
) -> Gebied:
    """Find the regions of a gemeente by its code or its name.

    Args:
        gemeente: a code, or a name in any capitals.
        gebieden: the known places.
        op: leave out gemeenten that do not exist on this date.

    Raises:
        AddressError: ``regio.onbekend`` or, where the place could be in two
            VT-regio's, ``dubbele_route``; both name the candidates.
    """
    found = [
        entry
        for entry in _find(" ".join(gemeente.split()).casefold(), gebieden)
        if op is None or _exists(entry, op)
    ]
    if not found:
        raise AddressError(
            "regio.onbekend",
            "the gemeente is not known" + _like(gemeente, gebieden),
            advice="Give the gemeentecode, or the name as the registry writes it",
        )
    if len({entry["vt_regio"] for entry in found}) > 1:
        raise AddressError(
            "dubbele_route",
            "the gemeente lies in more than one VT-regio: "
            + listing(_describe(entry, gebieden) for entry in found),
            advice="Give the gemeentecode, or address a Veilig Thuis by its OIN",
        )
    regio = found[0]["vt_regio"]
    return Gebied(
        gemeente=found[0]["gemeentecode"],
        vt_regio=regio,
        arrondissement=gebieden["vt_regios"][regio]["arrondissement"],
    )


@functools.lru_cache(maxsize=4096)  # a few hundred gemeenten, and what is misspelt
def check_gebied(gebied: Gebied) -> None:
    """Check that the parts of an area belong together.

    A message that named the gemeente of one region and the VT-regio of another would
    reach organisations of both.

    Raises:
        AddressError: ``regio.onbekend``, ``regio.tegenstrijdig``, ``dubbele_route``.
    """
    gebieden = load_gebieden()
    if gebied.gemeente is not None:
        expected = gebied_of(gebied.gemeente, gebieden)
        if expected != gebied:
            raise _contradiction()
        return
    if gebied.vt_regio is None:
        return
    regio = gebieden["vt_regios"].get(gebied.vt_regio)
    if regio is None:
        raise AddressError("regio.onbekend", "the VT-regio does not exist")
    if gebied.arrondissement not in {None, regio["arrondissement"]}:
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


def _find(wanted: str, gebieden: GebiedenData) -> list[GemeenteData]:
    gemeenten = gebieden["gemeenten"]
    for key, entry in gemeenten.items():
        if wanted in {key.casefold(), entry["gemeentecode"].casefold()}:
            # A registry that puts one gemeente in two regions is wrong about its
            # code too, so its code does not settle which of the two is meant.
            if entry["conflict"]:
                return _find(entry["naam"].casefold(), gebieden)
            return [entry]
    return [gemeenten[key] for key in gebieden["namen"].get(wanted, ())]


def _exists(entry: GemeenteData, op: date) -> bool:
    tot = entry["geldig_tot"]
    return date.fromisoformat(entry["geldig_van"]) <= op and (
        tot is None or op < date.fromisoformat(tot)
    )


def _like(gemeente: str, gebieden: GebiedenData) -> str:
    names: Mapping[str, None] = dict.fromkeys(
        entry["naam"] for entry in gebieden["gemeenten"].values()
    )
    matches = close_matches(" ".join(gemeente.split()), names)
    return f"; close to it are {', '.join(matches)}" if matches else ""


def _describe(entry: GemeenteData, gebieden: GebiedenData) -> str:
    regio = entry["vt_regio"]
    naam = gebieden["vt_regios"][regio]["naam"]
    return f"{entry['naam']} ({entry['gemeentecode']}) in {regio} {naam}"
