"""``corvus scenario run``: play cases through real SDKs and a real router."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from prometheus_client import CollectorRegistry
from rich.markup import escape
from rich.table import Table

from corvus_adapters.app import (
    build_organisatie,
    build_transport,
    build_worker,
    installation_topics,
    utc_now,
)
from corvus_adapters.cli.gedeeld import (
    JsonOption,
    console,
    errors,
    for_people,
    print_json,
)
from corvus_adapters.cli.tabel_bestand import read_tabel
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.log import configure_log
from corvus_adapters.scenario.bestand import load_scenarios
from corvus_adapters.scenario.instellen import Ketenstand
from corvus_adapters.scenario.keten import Keten, gebied_of_regio
from corvus_adapters.scenario.keuring import (
    check_scenario,
    with_moments,
    without_prose,
)
from corvus_adapters.scenario.speler import Speler, Toneel
from corvus_adapters.scenario.termijnen import (
    Register,
    as_dict,
    compare_termijnen,
    loops_of,
)
from corvus_adapters.scenario.vergelijk import Verschil, compare, received
from corvus_adapters.waarnemer import RouterWaarnemer
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import CorvusError, Disposition
from corvus_schemas.termijnen import load_termijnen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from corvus_adapters.scenario.bestand import Scenario
    from corvus_adapters.scenario.speler import Gespeeld
    from corvus_broker.ports import Transport
    from corvus_broker.termijnen import Loop
    from corvus_routing.regel import Verstrekkingentabel

app = typer.Typer(
    no_args_is_help=True, help="Play cases through real SDKs and a real router."
)


@contextlib.asynccontextmanager
async def running_router(installatie: Installatie) -> AsyncIterator[Transport]:
    """Run a router over every partition in this process, while the block runs."""
    keystore = installatie.broker_keystore()
    transport = build_transport(installatie, keystore.tls)
    await transport.start()
    await transport.ensure_topics(installation_topics(installatie, utc_now()))
    register = installatie.register.op(int(utc_now().timestamp() * 1000))
    watch = RouterWaarnemer(CollectorRegistry())
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(
            build_worker(installatie, keystore, transport, watch, partition).run(stop)
        )
        for partition in range(register.partities)
    ]
    try:
        yield transport
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await transport.close()


def make_toneel(installatie: Installatie, transport: Transport) -> Toneel:
    """Set the stage: clients of the installation's organisations, over a transport."""
    keten = Keten(
        installatie.register,
        lambda oin: build_organisatie(
            installatie, installatie.keystore(oin), transport
        ),
        utc_now,
    )
    return Toneel(
        keten,
        installatie.register,
        load_catalogus(),
        installatie.statussen,
        utc_now,
        Ketenstand(installatie, utc_now),
    )


@dataclass(frozen=True, slots=True)
class Uitslag:
    """How a scenario came out: differences, what was left out, and its terms."""

    scenario: Scenario
    verschillen: list[Verschil]
    opmerkingen: list[str]
    termijnen: tuple[Loop, ...]


async def play_and_compare(toneel: Toneel, scenario: Scenario) -> list[Verschil]:
    """Play one scenario and give every difference from what it expects.

    Raises:
        SchemaError: ``scenario.ongeldig``.
    """
    return (await play_scenario(toneel, scenario)).verschillen


async def play_scenario(toneel: Toneel, scenario: Scenario) -> Uitslag:
    """Play one scenario and compare recipients, rubrieken, holds and terms.

    Raises:
        SchemaError: ``scenario.ongeldig``.
    """
    termijnen = load_termijnen()
    check_scenario(scenario, toneel.catalogus)
    scenario, told = without_prose(with_moments(scenario, termijnen), toneel.catalogus)
    played: list[Gespeeld] = []
    stopped: list[Verschil] = []
    try:
        await Speler(toneel, scenario).play(played.append)
    except CorvusError as error:
        if error.disposition is not Disposition.REJECT:
            raise
        bericht = scenario.berichten[len(played)]
        wat = f"could not be played: {error.code}: {error.message}"
        stopped = [Verschil(bericht.nr, bericht.type, "-", wat)]
    loops = loops_of(played, Register(toneel.keten, toneel.catalogus, termijnen))
    verschillen = stopped + [
        verschil
        for one in played
        for verschil in compare(one, received(one, toneel.keten, toneel.catalogus))
    ]
    verschillen += [
        Verschil(0, "-", "-", f"an SDK refused a delivery: {post.code}")
        for post in toneel.keten.geweigerd
    ]
    verschillen += compare_termijnen(scenario, loops, termijnen)
    return Uitslag(scenario, verschillen, told, loops)


@app.command()
@for_people
def run(
    *,
    files: Annotated[list[Path], typer.Argument(help="YAML, or Markdown with YAML.")],
    table: Annotated[
        Path | None,
        typer.Option(
            "--table",
            metavar="FILE",
            help="Play under this table (.yaml, .csv, .xlsx) instead of the concept's.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Play scenarios in a sandbox of their own; exit 1 on any difference.

    What is compared: per message and organisation, what must be received, must not be,
    and is held; and the terms that are named, on the scenario's own clock. Facts a
    scenario takes for granted are established first, by the party entitled to.

    Example: corvus scenario run tests/scenarios/S08.yaml

    Example: corvus scenario run case.md --table candidate.yaml --json
    """
    scenarios = [one for file in files for one in load_scenarios(file)]
    for scenario in scenarios:
        check_scenario(scenario, load_catalogus())
        gebied_of_regio(scenario.regio, utc_now())
    tabel = None if table is None else read_tabel(table)
    configure_log("error", "console")
    with tempfile.TemporaryDirectory(prefix="corvus-scenario-") as folder:
        results = asyncio.run(_run_all(Path(folder) / "sandbox", scenarios, tabel))
    if as_json:
        print_json([_as_dict(one) for one in results])
    else:
        for one in results:
            _show(one)
    if any(one.verschillen for one in results):
        raise typer.Exit(1)


async def _run_all(
    folder: Path, scenarios: Sequence[Scenario], tabel: Verstrekkingentabel | None
) -> list[Uitslag]:
    results = []
    with errors.status("making a sandbox") as status:
        make_sandbox(folder, nu=utc_now(), tabel=tabel)
        installatie = Installatie.open(folder)
        async with running_router(installatie) as transport:
            for number, scenario in enumerate(scenarios, 1):
                status.update(f"{scenario.id} ({number} of {len(scenarios)})")
                toneel = make_toneel(installatie, transport)
                results.append(await play_scenario(toneel, scenario))
    return results


def _as_dict(uitslag: Uitslag) -> dict[str, Any]:
    return {
        "id": uitslag.scenario.id,
        "verschillen": [asdict(one) for one in uitslag.verschillen],
        "opmerkingen": uitslag.opmerkingen,
        "termijnen": [as_dict(loop) for loop in uitslag.termijnen],
    }


def _show(uitslag: Uitslag) -> None:
    scenario, found = uitslag.scenario, uitslag.verschillen
    mark = "[red]✗[/]" if found else "[green]✓[/]"
    counts = f"{len(scenario.berichten)} messages, {len(scenario.termijnen)} terms"
    console.print(f"{mark} {escape(scenario.id)} {escape(scenario.titel)} ({counts})")
    for told in uitslag.opmerkingen:
        console.print(f"  {told}", markup=False, highlight=False)
    if not found:
        return
    table = Table()
    for column in ("nr", "berichttype", "recipient or term", "difference"):
        table.add_column(column, overflow="fold")
    for one in found:
        row = (str(one.nr or "-"), one.berichttype, one.ontvanger, one.wat)
        table.add_row(*map(escape, row))
    console.print(table)
