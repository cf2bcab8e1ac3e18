"""``corvus audit``: the transparency log of what was recorded."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from corvus_adapters.app import build_transport
from corvus_adapters.audit.beleid import read_beleid
from corvus_adapters.audit.meter import Auditmeter
from corvus_adapters.audit.proces import build_auditlog, open_opslag, run_audit
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.log import configure_log
from corvus_crypto.controlepunt import open_controlepunt

if TYPE_CHECKING:
    from corvus_adapters.audit.beleid import Beleid
    from corvus_adapters.audit.opslag import Bewaardpunt
    from corvus_adapters.installatie.openen import Installatie

app = typer.Typer(
    help="The audit log: run it, look at it, check it against the topic.",
    invoke_without_command=True,
)


@app.callback()
@for_people
def audit(
    *,
    ctx: typer.Context,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    port: Annotated[
        int | None, typer.Option(help="Port of the log itself; 0: any free port.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="Port of /metrics, /livez, /readyz.")
    ] = None,
) -> None:
    """Keep the audit log: prove every batch of the router and make it a leaf.

    Signs a checkpoint whenever the log grew, asks the witnesses in getuigen.json for
    cosignatures, and shows the log over HTTP on loopback (C2SP tlog-tiles). A process of
    its own: no router waits for it. Ctrl-C stops it; it goes on where it was.

    Example: corvus audit & corvus audit status
    """
    if ctx.invoked_subcommand is not None:
        return
    installatie = open_installation(installation)
    settings = installatie.instellingen
    configure_log(settings.log.niveau, settings.log.vorm)
    asyncio.run(run_audit(installatie, poort=port, metriek=metrics_port))


@app.command()
@for_people
def status(
    *,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Show how far the log is, and which witnesses cosigned what.

    Exit code 1: the newest checkpoint has not as many cosignatures as getuigen.json asks.
    """
    installatie = open_installation(installation)
    beleid = read_beleid(installatie.getuigen_path)
    opslag = open_opslag(installatie)
    try:
        leaves, punten = opslag.grootte(), opslag.punten(100)
    finally:
        opslag.close()
    told = _status(beleid, leaves, punten)
    if as_json:
        print_json(told)
    else:
        _show(told)
    if not told["genoeg"]:
        raise typer.Exit(1)


def _status(
    beleid: Beleid, leaves: int, punten: list[Bewaardpunt]
) -> dict[str, object]:
    newest = punten[0] if punten else None
    seen: dict[str, tuple[int, int]] = {}
    proven = 0
    for punt in punten:
        getekend = open_controlepunt(punt.notitie, beleid.log)
        cosigners = beleid.getuigen.cosigners(getekend)
        if not proven and len(cosigners) >= beleid.getuigen.drempel:
            proven = punt.grootte
        for naam, when in cosigners.items():
            seen.setdefault(naam, (punt.grootte, when))
    return {
        "log": beleid.log.naam,
        "bladeren": leaves,
        "controlepunt": newest.grootte if newest else 0,
        "wortel": newest.wortel.hex() if newest else "",
        "getekend": _moment(newest.tijd_ms // 1000) if newest else "",
        "drempel": beleid.getuigen.drempel,
        "meerderheid": beleid.is_majority,
        "bewezen_tot": proven,
        "genoeg": newest is not None and proven == newest.grootte,
        "getuigen": [
            {
                "getuige": naam,
                "grootte": seen[naam][0] if naam in seen else 0,
                "tijd": _moment(seen[naam][1]) if naam in seen else "",
            }
            for naam in beleid.getuigen.getuigen
        ],
    }


def _show(told: dict[str, object]) -> None:
    console.print(f"[bold]{told['log']}[/]: {told['bladeren']} leaves")
    if not told["getekend"]:
        console.print("No checkpoint yet: start corvus audit.")
        return
    console.print(
        f"checkpoint of {told['controlepunt']} leaves, signed {told['getekend']},"
        f" root {str(told['wortel'])[:16]}..."
    )
    rows = told["getuigen"]
    if isinstance(rows, list) and rows:
        table = Table(title=f"Witnesses: {told['drempel']} of {len(rows)} needed")
        for column in ("witness", "leaves cosigned", "at"):
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(row["getuige"], str(row["grootte"]), row["tijd"])
        console.print(table)
        console.print(f"proven by enough of them: {told['bewezen_tot']} leaves")
    else:
        console.print("No witnesses: only the broker's word stands behind this log.")
        return
    if not told["meerderheid"]:
        console.print(
            "[yellow]Fewer than half of the witnesses are enough: two faces of the log"
            " could both be proven.[/]"
        )


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@app.command()
@for_people
def controleer(*, installation: InstallationOption = Path(DEFAULT_FOLDER)) -> None:
    """Make the whole log again from the topic and compare every leaf and tile.

    Exit code 4: they differ, and where is said.
    """
    installatie = open_installation(installation)
    size = asyncio.run(_check(installatie))
    console.print(f"[bold green]✓[/] {size} leaves: store and topic are the same log.")


async def _check(installatie: Installatie) -> int:
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - start-up

    transport = build_transport(installatie, installatie.broker_keystore().tls)
    opslag = open_opslag(installatie)
    meter = Auditmeter(CollectorRegistry())
    await transport.start()
    try:
        return await build_auditlog(installatie, transport, opslag, meter).check_topic()
    finally:
        await transport.close()
        opslag.close()


@app.command()
@for_people
def sleutel(
    *,
    naam: Annotated[
        str, typer.Argument(help="Name of the log, as an address without https://")
    ],
    installation: InstallationOption = Path(DEFAULT_FOLDER),
) -> None:
    """Make the keys that sign checkpoints, and getuigen.json to hand to witnesses.

    Example: corvus audit sleutel corvus.example.nl/audit
    """
    installatie = open_installation(installation)
    beleid = installatie.make_audit_sleutel(naam)
    console.print(
        f"Made the keys of {beleid.log.naam}, and {installatie.getuigen_path}."
    )
    console.print("Witnesses need that file: corvus getuige maak FOLDER --log FILE")
