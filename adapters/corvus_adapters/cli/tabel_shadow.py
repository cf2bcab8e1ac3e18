"""``corvus tabel shadow``: hold a candidate against live headers, without effect."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from prometheus_client import CollectorRegistry

from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    errors,
    for_people,
    open_installation,
)
from corvus_adapters.cli.tabel_audit import (
    SindsOption,
    TotOption,
    open_lezer,
    window,
)
from corvus_adapters.cli.tabel_bestand import StatusOption, TabelArgument, choose
from corvus_adapters.cli.tabel_verschil import show_row, show_summary
from corvus_adapters.gezondheid import Gezondheid
from corvus_adapters.schaduw import Kandidaat, Stand
from corvus_adapters.schaduw.lopen import Schaduw, Verteller
from corvus_adapters.schaduw.meter import Schaduwmeter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from corvus_adapters.bewijs.auditlog import Venster
    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.schaduw import Geval
    from corvus_schemas.errors import CorvusError

_FOLDER = "schaduw"
_DIGITS = 16


@for_people
def shadow(  # noqa: PLR0913 - the options of a command
    *,
    kandidaat: TabelArgument,
    volg: Annotated[
        bool, typer.Option("--volg", help="Go on until told to stop (Ctrl-C, SIGTERM).")
    ] = False,
    sinds: SindsOption = None,
    tot: TotOption = None,
    positie: Annotated[
        Path | None,
        typer.Option(
            help="File that lets --volg go on after a stop; one per candidate in the"
            " installation if absent."
        ),
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(help="Port of /metrics, /livez, /readyz; 0: any; absent: none."),
    ] = None,
    status: StatusOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Decide what the router decides with a candidate too, and tell the differences.

    The router is not touched and knows nothing of it. The candidate needs no
    signature. Without --volg it looks at what is there: exit code 1 if anything
    differs. With --json each difference is one line, and the summary the last.

    Example: corvus tabel shadow kandidaat.yaml --volg --metrics-port 9465
    """
    venster = window(sinds, tot)
    gekozen = choose(kandidaat, installation, status)
    chosen = Kandidaat(gekozen.tabel, gekozen.statussen)
    installatie = open_installation(installation)
    digest = chosen.digest.hex()
    path = positie or installatie.path / _FOLDER / f"{digest[:_DIGITS]}.json"
    stand = Stand.load(path, digest) if volg else Stand(digest)
    asyncio.run(
        _run(
            installatie,
            (chosen, venster, stand),
            path if volg else None,
            _Json() if as_json else _Mensen(),
            metrics_port,
        )
    )
    tel = stand.samenvatting
    if not volg and (tel.anders or tel.onbeslisbaar):
        raise typer.Exit(1)


async def _run(
    installatie: Installatie,
    wat: tuple[Kandidaat, Venster, Stand],
    path: Path | None,
    verteller: Verteller,
    port: int | None,
) -> None:
    kandidaat, venster, stand = wat
    registry = CollectorRegistry()
    meter = Schaduwmeter(registry)
    async with open_lezer(installatie) as lezer, _stopping() as stop:
        with _metrics(installatie, registry, port):
            schaduw = Schaduw(lezer, kandidaat, venster, meter, verteller)
            if path is None:
                await schaduw.once(stand)
                return
            await schaduw.follow(stand, stop, path)
            verteller.quiet(stand)


@contextlib.asynccontextmanager
async def _stopping() -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _metrics(
    installatie: Installatie, registry: CollectorRegistry, port: int | None
) -> Iterator[None]:
    if port is None:
        yield
        return
    host = installatie.instellingen.metriek.host
    health = Gezondheid(host, port, registry, list)
    health.start()
    errors.print(f"metrics on http://{host}:{health.port}/metrics", highlight=False)
    try:
        yield
    finally:
        health.stop()


class _Mensen(Verteller):
    """Tells people: a line a difference, the counts whenever there is a pause."""

    def told(self, geval: Geval) -> None:
        """Print every cel that comes out differently."""
        for row in geval.rows():
            show_row(row)

    def undecided(self, where: str, error: CorvusError) -> None:
        """Print where and why, beside the answer."""
        errors.print(f"[bold red]{error.code}[/] {where}: ", end="", highlight=False)
        errors.print(error.message, markup=False, highlight=False)

    def quiet(self, stand: Stand) -> None:
        """Print the counts."""
        show_summary(stand.samenvatting)


class _Json(Verteller):
    """Tells programs: one JSON object a line."""

    def told(self, geval: Geval) -> None:
        """Write every cel that comes out differently."""
        for row in geval.rows():
            _line({"soort": "verschil", **row})

    def undecided(self, where: str, error: CorvusError) -> None:
        """Write where and why."""
        _line({"soort": "fout", "plaats": where, "code": error.code})

    def quiet(self, stand: Stand) -> None:
        """Write the counts."""
        _line({"soort": "samenvatting", **stand.samenvatting.to_dict()})


def _line(value: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
