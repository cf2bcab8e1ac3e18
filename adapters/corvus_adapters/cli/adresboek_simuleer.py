"""``corvus adresboek simuleer``: who receives what after a day, compared to today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.table import Table

from corvus_adapters.app import utc_now
from corvus_adapters.cli.adresboek_gebieden import parse_day
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
    read_structured,
)
from corvus_adapters.registerdienst.opstellen import parse_moment
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.register import REGISTER_TYPE, adresboek_of, gebieden_of
from corvus_broker.register.formaat import parse_register
from corvus_crypto.dsse import peek_payload
from corvus_crypto.suite import DEFAULT_SUITE
from corvus_routing.adresboekwijziging import (
    change_adresboek,
    change_gebieden,
    parse_wijziging,
)
from corvus_routing.gebieden import parse_gebieden
from corvus_routing.simulatie import (
    GEEN_CERTIFICAAT,
    GEEN_SLEUTEL,
    VERVALLEN,
    Stand,
    known_types,
    simulate,
)
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.register import Registerversie
    from corvus_routing.simulatie import Regel, Simulatie, Uitkomst

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Toekomst:
    """The moment that is looked at, and what is known of keys then."""

    stand: Stand
    register: Registerversie
    nieuw: frozenset[str]
    verloopt: bool

    def gebrek(self, oin: str) -> str:
        """Give what an organisation lacks; of a new one nothing is known yet."""
        op_ms = int(self.stand.op.timestamp() * 1000)
        if oin in self.nieuw:
            return ""
        if self.register.sleutel(oin, op_ms, DEFAULT_SUITE.id) is None:
            return GEEN_SLEUTEL
        return "" if self.register.can_sign(oin, op_ms) else GEEN_CERTIFICAAT


@for_people
def simuleer(  # noqa: PLR0913 - the options of a command
    *,
    op: Annotated[str, typer.Option("--op", help="Day to look at: 2027-01-01.")],
    gemeente: Annotated[
        str | None, typer.Option("--gemeente", help="Only this one: name or code.")
    ] = None,
    berichttype: Annotated[
        str | None,
        typer.Option("--berichttype", help="Only who may receive it by the table."),
    ] = None,
    changes: Annotated[
        list[Path] | None,
        typer.Option(
            "--wijziging", help="A change, a list of places, or a draft of a register."
        ),
    ] = None,
    only_new: Annotated[
        bool, typer.Option("--nieuw", help="Leave out what is refused today too.")
    ] = False,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Show who receives what from a day on, compared to today. Ends with 1 at holes.

    Example: corvus adresboek simuleer --op 2027-01-01 --wijziging fusie.yaml
    """
    installatie = open_installation(installation)
    day, start = parse_day(op)
    now = utc_now()
    today = installatie.register.op(int(now.timestamp() * 1000))
    voor = Stand(today.adresboek, today.gebieden, now, now.astimezone(AMSTERDAM).date())
    register = _started_by(installatie, start)
    toekomst = _Toekomst(
        Stand(register.adresboek, register.gebieden, start, day),
        register,
        frozenset(),
        not register.in_force(int(start.timestamp() * 1000)),
    )
    for path in changes or []:
        toekomst = _changed(toekomst, path)
    na = toekomst.stand
    typen = known_types(voor, na)
    if berichttype is not None:
        typen = _recipients(installatie, register, berichttype, start)
    found = simulate(voor, na, typen, gemeente=gemeente, gebrek=toekomst.gebrek)
    if only_new:
        regels = [one for one in found.regels if one.is_change]
        found = replace(found, regels=regels)
    holes = [one for one in found.gaten if one.is_new_hole or not only_new]
    if as_json:
        print_json(_as_json(found, toekomst, typen, op))
    else:
        _tell(found, toekomst, typen, op)
    unreachable = any(one.code != VERVALLEN for one in found.bevindingen)
    if holes or unreachable or toekomst.verloopt:
        raise typer.Exit(1)


def _started_by(installatie: Installatie, start: datetime) -> Registerversie:
    """Give the last version that started, also where it has ended by then."""
    op_ms = int(start.timestamp() * 1000)
    versies = [
        one for one in installatie.register.versies if one.geldig_van_ms <= op_ms
    ]
    return versies[-1] if versies else installatie.register.op(op_ms)


def _changed(toekomst: _Toekomst, path: Path) -> _Toekomst:
    """Put what a file proposes in the place of what is in force."""
    value, stand = read_structured(path), toekomst.stand
    given = cast("dict[str, object]", value if isinstance(value, dict) else {})
    if "payloadType" in given:
        stuk = parse_register(peek_payload(path.read_bytes(), REGISTER_TYPE))
        if parse_moment(stuk["geldig_van"]) > int(stand.op.timestamp() * 1000):
            raise SchemaError(
                "wijziging.ongeldig",
                "the draft starts after the day that is looked at",
                advice=f"It starts on {stuk['geldig_van']}.",
            )
        boek = adresboek_of(stuk)
        known = {*stand.adresboek.oins()}
        return replace(
            toekomst,
            stand=replace(stand, adresboek=boek, gebieden=gebieden_of(stuk)),
            nieuw=toekomst.nieuw | (frozenset(boek.oins()) - known),
            verloopt=parse_moment(stuk["geldig_tot"]) <= stand.op.timestamp() * 1000,
        )
    if given.get("soort") == "corvus.gebieden":
        return replace(toekomst, stand=replace(stand, gebieden=parse_gebieden(given)))
    wijziging = parse_wijziging(value)
    moment_ms = parse_moment(wijziging.per.isoformat())
    start = datetime.fromtimestamp(moment_ms / 1000, UTC)
    boek = change_adresboek(stand.adresboek, wijziging, start)
    known = {*stand.adresboek.oins()}
    return replace(
        toekomst,
        stand=replace(
            stand,
            adresboek=boek,
            gebieden=change_gebieden(stand.gebieden, wijziging),
        ),
        nieuw=toekomst.nieuw | (frozenset(boek.oins()) - known),
    )


def _recipients(
    installatie: Installatie, register: Registerversie, code: str, start: datetime
) -> list[str]:
    """Give who may receive a berichttype, from any sender.

    Raises:
        SchemaError: ``berichttype.onbekend``.
    """
    berichttype = register.catalogus.berichttype(code)
    day = start.astimezone(AMSTERDAM).date()
    tabel = register.compiled(installatie.statussen, day)
    return sorted(
        {
            naar
            for van in berichttype.verstrekkers
            for naar in tabel.ontvanger_types(code, van)
        }
    )


def _as_json(
    found: Simulatie, toekomst: _Toekomst, typen: list[str], op: str
) -> dict[str, object]:
    return {
        "op": op,
        "register": toekomst.register.volgnummer,
        "register_verlopen": toekomst.verloopt,
        "typen": typen,
        "gemeenten": found.bekeken,
        "wijzigingen": [_regel(one) for one in found.wijzigingen],
        "gaten": [{**_regel(one), "nieuw": one.is_new_hole} for one in found.gaten],
        "organisaties": [
            {
                "code": one.code,
                "oin": one.oin,
                "naam": one.naam,
                "opvolger": one.opvolger or None,
            }
            for one in found.bevindingen
        ],
    }


def _regel(regel: Regel) -> dict[str, object]:
    return {
        "type": regel.type,
        "voor": _uitkomst(regel.voor),
        "na": _uitkomst(regel.na),
        "gemeenten": [
            {"voor": one.voor or None, "na": one.na or None, "naam": one.naam}
            for one in regel.plaatsen
        ],
    }


def _uitkomst(one: Uitkomst) -> dict[str, str]:
    if not one.code:
        return {"oin": one.oin, "naam": one.naam}
    return {"code": one.code} | ({"uitleg": one.uitleg} if one.uitleg else {})


def _tell(found: Simulatie, toekomst: _Toekomst, typen: list[str], op: str) -> None:
    console.print(
        f"From {op}, register {toekomst.register.volgnummer}: {found.bekeken} gemeenten,"
        f" {len(typen)} kinds of organisation ({', '.join(typen)}).",
        highlight=False,
    )
    if toekomst.verloopt:
        console.print("[bold red]The register has ended by then.[/]")
    for title, regels in (
        ("changes", found.wijzigingen),
        ("refused", [one for one in found.gaten if not one.is_change]),
    ):
        if not regels:
            continue
        table = Table(title=f"{sum(len(one.plaatsen) for one in regels)} {title}")
        for column in ("type", "gemeenten", "today", f"from {op}"):
            table.add_column(column, overflow="fold")
        for one, typen_ in _alike(regels):
            kinds = ", ".join(typen_)
            table.add_row(kinds, _names(one), _said(one.voor), _said(one.na))
        console.print(table)
    for finding in found.bevindingen:
        naar = f"; successor {finding.opvolger}" if finding.opvolger else ""
        console.print(
            f"{finding.code}: {finding.naam} (OIN {finding.oin}){naar}", highlight=False
        )
    if not found.regels and not found.bevindingen:
        console.print("Nothing changes, and nothing is refused.")


def _alike(regels: list[Regel]) -> list[tuple[Regel, list[str]]]:
    """Put kinds of organisation together that are refused for the same gemeenten."""
    found: dict[object, tuple[Regel, list[str]]] = {}
    for one in regels:
        key = (one.voor, one.na, tuple(one.plaatsen))
        found.setdefault(key, (one, []))[1].append(one.type)
    return list(found.values())


def _names(regel: Regel) -> str:
    names = [one.naam for one in regel.plaatsen]
    more = len(names) - _SHOWN
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {more} more (--json names all)" if more > 0 else shown


def _said(one: Uitkomst) -> str:
    return f"[red]{one.code}[/]" if one.is_hole else one.code or one.naam
