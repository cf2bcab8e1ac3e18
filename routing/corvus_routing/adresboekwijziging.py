"""A change of the adresboek on one day: what merges, splits, moves and ends.

The same file is simulated and put in the next register, so what officers sign is what
they looked at.
"""

from __future__ import annotations

import dataclasses
from datetime import date  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import msgspec

from corvus_routing.adresboek import Adresboek, Organisatie
from corvus_routing.gebieden import Gebieden, parse_gebieden
from corvus_schemas.errors import RegisterError, SchemaError
from corvus_schemas.identifiers import Oin, parse_oin

if TYPE_CHECKING:
    from datetime import datetime

_Entry: TypeAlias = "dict[str, object]"


class Gemeentewijziging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gemeente that is new, moves, gets another name, or ends."""

    code: str
    naam: str | None = None
    vt_regio: str | None = None
    eindigt: bool = False
    opvolgers: tuple[str, ...] = ()


class Regiowijziging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A VT-regio that is new, moves, gets another name, or ends."""

    code: str
    naam: str | None = None
    arrondissement: str | None = None
    eindigt: bool = False
    opvolgers: tuple[str, ...] = ()


class AoWijziging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Actieoverleg region that is new, covers other VT-regios, or ends."""

    naam: str
    vt_regios: tuple[str, ...] | None = None
    eindigt: bool = False


class Organisatiewijziging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation that is new (with its type), changes, or ends."""

    oin: str
    naam: str | None = None
    type: str | None = None
    vt_regios: tuple[str, ...] | None = None
    arrondissementen: tuple[str, ...] | None = None
    gemeenten: tuple[str, ...] | None = None
    eindigt: bool = False
    opvolger: str | None = None


class Adresboekwijziging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that changes at the start of one day in the Netherlands."""

    per: date
    soort: Literal["corvus.adresboekwijziging"] = "corvus.adresboekwijziging"
    vt_regios: tuple[Regiowijziging, ...] = ()
    ao_regios: tuple[AoWijziging, ...] = ()
    gemeenten: tuple[Gemeentewijziging, ...] = ()
    organisaties: tuple[Organisatiewijziging, ...] = ()

    @property
    def moves_places(self) -> bool:
        """Tell whether gemeenten or regions change."""
        return bool(self.vt_regios or self.ao_regios or self.gemeenten)


def parse_wijziging(payload: object) -> Adresboekwijziging:
    """Read a change.

    Raises:
        SchemaError: ``wijziging.ongeldig``, naming the place.
    """
    try:
        return msgspec.convert(payload, Adresboekwijziging)
    except msgspec.ValidationError as error:
        raise SchemaError(
            "wijziging.ongeldig",
            f"this is no change of the adresboek: {error}",
            advice="It has per (a day), and gemeenten, vt_regios, ao_regios or"
            " organisaties; see routing/README.md.",
        ) from None


def change_gebieden(gebieden: Gebieden, wijziging: Adresboekwijziging) -> Gebieden:
    """Give the list of places after a change, with the periods before it kept.

    Raises:
        RegisterError: ``gebieden.ongeldig``.
    """
    payload = gebieden.payload()
    per = wijziging.per.isoformat()
    plain = cast(
        "dict[str, list[_Entry]]", msgspec.json.decode(msgspec.json.encode(wijziging))
    )
    for kind, key in (
        ("vt_regios", "code"),
        ("ao_regios", "naam"),
        ("gemeenten", "code"),
    ):
        entries = cast("list[_Entry]", payload[kind])
        for change in plain[kind]:
            _change(entries, key, change, per)
    return parse_gebieden(payload)


def change_adresboek(
    adresboek: Adresboek, wijziging: Adresboekwijziging, start: datetime
) -> Adresboek:
    """Give the adresboek after a change that starts at a moment.

    Raises:
        RegisterError: ``adresboek.ongeldig``.
    """
    entries = adresboek.entries()
    for change in wijziging.organisaties:
        own = [entry for entry in entries if entry.oin == change.oin]
        if not own:
            entries.append(_new(change, start))
            continue
        last = own[-1]
        entries.remove(last)
        entries += _after(last, change, start)
    return Adresboek(entries)


def _after(
    entry: Organisatie, change: Organisatiewijziging, start: datetime
) -> list[Organisatie]:
    if change.eindigt:
        opvolger = None if change.opvolger is None else Oin(change.opvolger)
        return [dataclasses.replace(entry, geldig_tot=start, opvolger=opvolger)]
    changed = dataclasses.replace(
        entry,
        geldig_van=max(start, entry.geldig_van),
        naam=change.naam or entry.naam,
        vt_regios=_either(change.vt_regios, entry.vt_regios),
        arrondissementen=_either(change.arrondissementen, entry.arrondissementen),
        gemeenten=_either(change.gemeenten, entry.gemeenten),
    )
    if entry.geldig_van >= start:
        return [changed]
    return [dataclasses.replace(entry, geldig_tot=start, opvolger=None), changed]


def _new(change: Organisatiewijziging, start: datetime) -> Organisatie:
    if change.type is None or change.naam is None or change.eindigt:
        raise RegisterError(
            "adresboek.ongeldig",
            f"OIN {change.oin} is not in the adresboek, so it needs a type and a name",
            advice="Look the organisation up: corvus adresboek",
        )
    return Organisatie(
        oin=parse_oin(change.oin),
        naam=change.naam,
        type=change.type,
        vt_regios=frozenset(change.vt_regios or ()),
        arrondissementen=frozenset(change.arrondissementen or ()),
        gemeenten=frozenset(change.gemeenten or ()),
        geldig_van=start,
    )


def _either(given: tuple[str, ...] | None, before: frozenset[str]) -> frozenset[str]:
    return before if given is None else frozenset(given)


def _change(entries: list[_Entry], key: str, change: _Entry, per: str) -> None:
    """Close the period a change falls in, and begin the next one."""
    ends = change.pop("eindigt")
    given = {name: value for name, value in change.items() if value not in (None, [])}
    open_ = [
        entry
        for entry in entries
        if entry[key] == change[key] and _is_open_at(entry, per)
    ]
    if ends:
        if not open_:
            raise RegisterError(
                "gebieden.ongeldig",
                f"{change[key]} is to end on {per}, and is not there then",
                advice="Look it up: corvus adresboek gebieden toon",
            )
        open_[0].update(given, geldig_tot=per)
        return
    before: _Entry = open_[0] if open_ else {"geldig_tot": None}
    entries.append({**before, **given, "geldig_van": per})
    if before.get("geldig_van") == per:
        entries.remove(before)
    else:
        before["geldig_tot"] = per


def _is_open_at(entry: _Entry, per: str) -> bool:
    tot = entry["geldig_tot"]
    return str(entry["geldig_van"]) <= per and (tot is None or str(tot) > per)
