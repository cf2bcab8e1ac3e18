"""``corvus tabel replay``: decide messages of the past again, from the audit log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.cli.tabel_audit import (
    SindsOption,
    TotOption,
    open_lezer,
    read_with_progress,
    window,
)
from corvus_adapters.cli.tabel_bestand import StatusOption, choose
from corvus_adapters.cli.tabel_verschil import show_rows
from corvus_adapters.schaduw import Kandidaat, Samenvatting, make_geval
from corvus_adapters.schaduw.verschil import message_row
from corvus_broker.herbeoordeling import replay as decide_again
from corvus_schemas.errors import CorvusError, EnvelopeError
from corvus_schemas.identifiers import parse_bericht_id

if TYPE_CHECKING:
    from corvus_adapters.bewijs.auditlog import Auditstuk, Venster
    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.auditboek import Dossier
    from corvus_broker.herbeoordeling import Naslag


@dataclass
class Uitkomst:
    """What came of a replay."""

    berichten: int = 0
    beslissingen: int = 0
    rows: list[dict[str, object]] = field(default_factory=list)
    fouten: list[dict[str, object]] = field(default_factory=list)
    samenvatting: Samenvatting = field(default_factory=Samenvatting)

    @property
    def ok(self) -> bool:
        """Whether every decision came out as it was recorded, or as it was."""
        return not self.rows and not self.fouten

    def to_dict(self) -> dict[str, object]:
        """Give a form for JSON."""
        return {
            "gelijk": self.ok,
            "berichten": self.berichten,
            "beslissingen": self.beslissingen,
            "afwijkingen": self.rows,
            "fouten": self.fouten,
        }


@for_people
def replay(  # noqa: PLR0913 - the options of a command
    *,
    bericht_id: Annotated[
        str | None, typer.Argument(help="One message; without it, every one.")
    ] = None,
    sinds: SindsOption = None,
    tot: TotOption = None,
    tabel: Annotated[
        str | None,
        typer.Option(
            help="Decide by this table (.yaml, .csv, .xlsx) instead of the one in"
            " force then, and say what differs."
        ),
    ] = None,
    status: StatusOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Decide recorded messages again and compare with the evidence, byte for byte.

    For the operator of the broker, who reads the audit log. The log is proven on the
    way: signature, tree and every record in it. Exit code 1 on any difference, with the
    recipient and the rubriek.

    Example: corvus tabel replay --sinds 2026-11-01
    """
    chosen = None if bericht_id is None else parse_bericht_id(bericht_id)
    venster = window(sinds, tot, chosen)
    kandidaat = None
    if tabel is not None:
        gekozen = choose(tabel, installation, status)
        kandidaat = Kandidaat(gekozen.tabel, gekozen.statussen)
    installatie = open_installation(installation)
    uitkomst = asyncio.run(_replay(installatie, venster, kandidaat))
    if chosen is not None and not uitkomst.berichten and not uitkomst.fouten:
        raise EnvelopeError(
            "audit.bericht_onbekend",
            "the audit log has no decision about that message",
            advice="Only accepted messages are decided; see the sender's receipt.",
        )
    if as_json and kandidaat is not None:
        samenvatting = uitkomst.samenvatting.to_dict()
        print_json({**uitkomst.to_dict(), "samenvatting": samenvatting})
    elif as_json:
        print_json(uitkomst.to_dict())
    elif kandidaat is not None:
        show_rows(uitkomst.rows, uitkomst.samenvatting)
        _show_faults(uitkomst)
    else:
        _show(uitkomst)
    if not uitkomst.ok:
        raise typer.Exit(1)


async def _replay(
    installatie: Installatie, venster: Venster, kandidaat: Kandidaat | None
) -> Uitkomst:
    uitkomst = Uitkomst()
    async with open_lezer(installatie) as lezer:
        async for stuk in read_with_progress(lezer):
            if stuk.fout is not None:
                uitkomst.fouten.append(_fault(stuk, stuk.fout))
            for dossier in stuk.dossiers:
                if venster.covers(dossier.beoordeling):
                    _one(dossier, lezer.naslag, kandidaat, uitkomst)
    return uitkomst


def _one(
    dossier: Dossier,
    naslag: Naslag,
    kandidaat: Kandidaat | None,
    uitkomst: Uitkomst,
) -> None:
    kop = message_row(dossier.beoordeling)
    uitkomst.berichten += 1
    uitkomst.beslissingen += len(dossier.beslisregels)
    try:
        if kandidaat is not None:
            geval = make_geval(dossier, naslag, kandidaat)
            uitkomst.samenvatting.add(geval)
            uitkomst.rows += geval.rows()
            return
        uitkomst.rows += [
            {
                **kop,
                "ontvanger": een.ontvanger,
                "wat": een.wat,
                "vastgelegd": een.vastgelegd,
                "opnieuw": een.opnieuw,
            }
            for een in decide_again(dossier, naslag)
        ]
    except CorvusError as error:
        uitkomst.fouten.append({**kop, "code": error.code, "reden": error.message})


def _fault(stuk: Auditstuk, error: CorvusError) -> dict[str, object]:
    return {"audit_offset": stuk.offset, "code": error.code, "reden": error.message}


def _show(uitkomst: Uitkomst) -> None:
    if uitkomst.rows:
        table = Table()
        for column in ("message", "recipient", "what", "recorded", "decided anew"):
            table.add_column(column, overflow="fold")
        for row in uitkomst.rows:
            cells = ("bericht_id", "ontvanger", "wat", "vastgelegd", "opnieuw")
            table.add_row(*(escape(str(row[cell])) for cell in cells))
        console.print(table)
    _show_faults(uitkomst)
    what = f"{uitkomst.berichten} messages, {uitkomst.beslissingen} decisions"
    if uitkomst.ok:
        console.print(
            f"[bold green]EQUAL[/]: {what} decided again, every record the same to the"
            " byte.",
            highlight=False,
        )
    else:
        console.print(f"[bold red]NOT EQUAL[/]: {what} looked at.", highlight=False)


def _show_faults(uitkomst: Uitkomst) -> None:
    for fout in uitkomst.fouten:
        where = fout.get("bericht_id", f"record {fout.get('audit_offset')} of the log")
        console.print(f"[bold red]{fout['code']}[/] {where}: ", end="", highlight=False)
        console.print(str(fout["reden"]), markup=False, highlight=False)
