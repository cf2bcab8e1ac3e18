"""The places there are: gemeenten, VT-regios and Actieoverleg regions, with periods.

Gemeenten merge and regions split, on a day known beforehand. So everything here has a
period in Dutch days, keyed on a code (of the CBS for a gemeente); a code that moves to
another region has an entry for each period. A list is data: it comes with the package,
or in a register that two officers signed.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections import defaultdict
from datetime import date  # noqa: TC003 - msgspec reads the annotations
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, cast

import msgspec

from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MAX_PROBLEMS = 20

Tekst: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
GemeenteCode: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{4}$")]
RegioCode: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^VT[0-9]{2,3}$")]


class Periode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a day, up to but not including another."""

    geldig_van: date
    geldig_tot: date | None = None

    def is_valid_at(self, op: date) -> bool:
        """Tell whether a day is in the period."""
        return self.geldig_van <= op and not self.is_over_at(op)

    def is_over_at(self, op: date) -> bool:
        """Tell whether the period ended by a day."""
        return self.geldig_tot is not None and self.geldig_tot <= op


class Opgevolgd(Periode, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that can end and go into others, by their codes."""

    opvolgers: tuple[str, ...] = ()


class VtRegio(Opgevolgd, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A VT-regio, and the arrondissement it lies in."""

    code: RegioCode
    naam: Tekst
    arrondissement: Tekst
    politie_eenheid: str = ""
    rnzs: str = ""


class AoRegio(Periode, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An Actieoverleg region: several VT-regios, or one of several in one."""

    naam: Tekst
    vt_regios: tuple[RegioCode, ...]


class Gemeente(Opgevolgd, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gemeente; ``conflict`` where the source puts it in two regions."""

    code: GemeenteCode
    naam: Tekst
    vt_regio: RegioCode
    namen: tuple[Tekst, ...] = ()
    conflict: bool = False
    sleutel: str = ""
    ghnt_regio: str = ""


class Gebiedenlijst(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list as it is written down."""

    soort: Literal["corvus.gebieden"]
    synthetisch: bool
    vt_regios: tuple[VtRegio, ...]
    ao_regios: tuple[AoRegio, ...]
    gemeenten: tuple[Gemeente, ...]


class Gebieden:
    """A list that does not contradict itself, by code and by name."""

    def __init__(self, lijst: Gebiedenlijst) -> None:
        """Index a list.

        Raises:
            RegisterError: ``gebieden.ongeldig``; all faults are named.
        """
        self.lijst = lijst
        self._regios: defaultdict[str, list[VtRegio]] = defaultdict(list)
        self._gemeenten: defaultdict[str, list[Gemeente]] = defaultdict(list)
        self._namen: defaultdict[str, list[Gemeente]] = defaultdict(list)
        for regio in lijst.vt_regios:
            self._regios[regio.code].append(regio)
        for gemeente in lijst.gemeenten:
            self._gemeenten[gemeente.code].append(gemeente)
            for naam in {plain(one) for one in (gemeente.naam, *gemeente.namen)}:
                self._namen[naam].append(gemeente)
        for periods in (*self._regios.values(), *self._gemeenten.values()):
            cast("list[Periode]", periods).sort(key=_start)
        self._sleutels = {plain(one.sleutel): one.code for one in lijst.gemeenten}
        if problems := [*self._problems()]:
            more = len(problems) - _MAX_PROBLEMS
            shown = "; ".join(problems[:_MAX_PROBLEMS])
            raise RegisterError(
                "gebieden.ongeldig",
                f"{shown}; and {more} more" if more > 0 else shown,
                advice="Correct the list of gemeenten and regions.",
            )

    def regio(self, code: str, op: date | None) -> VtRegio | None:
        """Give a VT-regio as it is on a day; without a day as it was last."""
        entries = self._regios.get(code, [])
        if op is None:
            return entries[-1] if entries else None
        return next((one for one in entries if one.is_valid_at(op)), None)

    def regio_entries(self, code: str) -> Sequence[VtRegio]:
        """Give what a code of a VT-regio stood for in its periods."""
        return self._regios.get(code, ())

    def regios_op(self, op: date) -> list[VtRegio]:
        """Give the VT-regios there are on a day."""
        return [one for one in self.lijst.vt_regios if one.is_valid_at(op)]

    def ao_regios(self, vt_regio: str | None, op: date) -> list[AoRegio]:
        """Give the Actieoverleg regions of a VT-regio: none, one or several."""
        return [
            one
            for one in self.lijst.ao_regios
            if vt_regio in one.vt_regios and one.is_valid_at(op)
        ]

    def gemeente(self, code: str, op: date) -> Gemeente | None:
        """Give a gemeente by its code as it is on a day."""
        entries = self._gemeenten.get(code, ())
        return next((one for one in entries if one.is_valid_at(op)), None)

    def gemeenten_op(self, op: date) -> list[Gemeente]:
        """Give the gemeenten there are on a day."""
        return [one for one in self.lijst.gemeenten if one.is_valid_at(op)]

    def entries(self, text: str) -> Sequence[Gemeente]:
        """Give what a code or name stood for in its periods."""
        wanted = plain(text)
        code = self._sleutels.get(wanted) if wanted else None
        return self._gemeenten.get(code or wanted.upper(), ()) or self.named(text)

    def named(self, naam: str) -> Sequence[Gemeente]:
        """Give the gemeenten that had a name, in any spelling on record."""
        return self._namen.get(plain(naam), ())

    def successors(self, code: str, op: date) -> list[Gemeente]:
        """Follow a gemeente that ended to those it is part of on a day."""
        found: dict[str, Gemeente] = {}
        waiting, seen = [code], {code}
        while waiting:
            for one in self._gemeenten.get(waiting.pop(), ())[-1:]:
                new = [naar for naar in one.opvolgers if naar not in seen]
                seen.update(new)
                for naar in new:
                    living = self.gemeente(naar, op)
                    if living is None:
                        waiting.append(naar)
                    else:
                        found[naar] = living
        return [found[one] for one in sorted(found)]

    def payload(self) -> dict[str, object]:
        """Give the list as JSON, as a register carries it."""
        plain_json = msgspec.json.decode(msgspec.json.encode(self.lijst))
        return cast("dict[str, object]", plain_json)

    def _problems(self) -> Iterable[str]:
        yield from _period_problems("VT-regio", self._regios)
        yield from _period_problems("gemeente", self._gemeenten)
        ao_regios: defaultdict[str, list[AoRegio]] = defaultdict(list)
        for ao in self.lijst.ao_regios:
            ao_regios[ao.naam].append(ao)
            for code in ao.vt_regios:
                if code not in self._regios:
                    yield f"Actieoverleg region {ao.naam} names {code}, which is no VT-regio"
        yield from _period_problems("Actieoverleg region", ao_regios)
        for gemeente in self.lijst.gemeenten:
            if gemeente.vt_regio not in self._regios:
                yield f"gemeente {gemeente.code} lies in {gemeente.vt_regio}, which is no VT-regio"
        yield from _successor_problems("gemeente", self._gemeenten)
        yield from _successor_problems("VT-regio", self._regios)


def parse_gebieden(payload: object) -> Gebieden:
    """Read a list.

    Raises:
        RegisterError: ``gebieden.ongeldig``.
    """
    try:
        lijst = msgspec.convert(payload, Gebiedenlijst)
    except msgspec.ValidationError as error:
        raise RegisterError(
            "gebieden.ongeldig",
            f"this is no list of gemeenten and regions: {error}",
            advice="corvus adresboek gebieden toon --json shows the form.",
        ) from None
    return Gebieden(lijst)


@functools.cache
def load_gebieden() -> Gebieden:
    """Read the places that ship with corvus_schemas."""
    source = resources.files("corvus_schemas").joinpath("data", "gebieden.json")
    return parse_gebieden(json.loads(source.read_text(encoding="utf-8")))


def plain(text: str) -> str:
    """Write a name in the one form by which it is looked up."""
    return " ".join(text.split()).casefold()


def _start(one: Periode) -> date:
    return one.geldig_van


def _period_problems(
    what: str, by_code: Mapping[str, Sequence[Periode]]
) -> Iterable[str]:
    for code, unsorted in by_code.items():
        entries = sorted(unsorted, key=_start)
        if any(one.is_over_at(one.geldig_van) for one in entries):
            yield f"a period of {what} {code} is empty"
        for one, after in itertools.pairwise(entries):
            if not one.is_over_at(after.geldig_van):
                yield f"the periods of {what} {code} overlap"


def _successor_problems(
    what: str, by_code: Mapping[str, Sequence[Opgevolgd]]
) -> Iterable[str]:
    for code, entries in by_code.items():
        ordered = sorted(entries, key=_start)
        for one in ordered:
            if one.opvolgers and one.geldig_tot is None:
                yield f"{what} {code} has a successor and no end"
            if one.opvolgers and one is not ordered[-1]:
                yield f"{what} {code} has a successor and a later period"
            for naar in one.opvolgers:
                if naar not in by_code:
                    yield f"the successor {naar} of {what} {code} is not in the list"
        if _leads_back(code, by_code):
            yield f"the successors of {what} {code} lead back to it"


def _leads_back(code: str, by_code: Mapping[str, Sequence[Opgevolgd]]) -> bool:
    waiting = [naar for one in by_code[code] for naar in one.opvolgers]
    seen: set[str] = set()
    while waiting:
        naar = waiting.pop()
        if naar == code:
            return True
        if naar not in seen:
            seen.add(naar)
            waiting += [far for one in by_code.get(naar, ()) for far in one.opvolgers]
    return False
