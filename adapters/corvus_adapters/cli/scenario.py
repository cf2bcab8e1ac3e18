"""``corvus scenario run``: play cases through real SDKs and a real router."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from prometheus_client import CollectorRegistry
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
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.log import configure_log
from corvus_adapters.scenario.bestand import load_scenarios
from corvus_adapters.scenario.keten import Keten
from corvus_adapters.scenario.speler import Speler, Toneel
from corvus_adapters.scenario.vergelijk import Verschil, compare, received
from corvus_adapters.waarnemer import RouterWaarnemer
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from corvus_adapters.scenario.bestand import Scenario
    from corvus_broker.ports import Transport

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
        keten, installatie.register, load_catalogus(), installatie.statussen, utc_now
    )


async def play_and_compare(toneel: Toneel, scenario: Scenario) -> list[Verschil]:
    """Play one scenario and give every difference from what it expects."""
    played = await Speler(toneel, scenario).play()
    return [
        verschil
        for one in played
        if not one.vooraf
        for verschil in compare(one, received(one, toneel.keten, toneel.catalogus))
    ]


@app.command()
@for_people
def run(
    *,
    files: Annotated[list[Path], typer.Argument(help="YAML, or Markdown with YAML.")],
    as_json: JsonOption = False,
) -> None:
    """Play scenarios in a sandbox of their own; exit 1 on any difference.

    What is compared: per message and organisation, what must be received, must not be,
    and is held. Facts a scenario takes for granted are established first, by the party
    entitled to.

    Example: corvus scenario run tests/scenarios/S08.yaml
    """
    scenarios = [one for file in files for one in load_scenarios(file)]
    configure_log("error", "console")
    with tempfile.TemporaryDirectory(prefix="corvus-scenario-") as folder:
        results = asyncio.run(_run_all(Path(folder) / "sandbox", scenarios))
    if as_json:
        print_json(
            [
                {"id": scenario.id, "verschillen": [_as_dict(one) for one in found]}
                for scenario, found in results
            ]
        )
    else:
        _show(results)
    if any(found for _, found in results):
        raise typer.Exit(1)


async def _run_all(
    folder: Path, scenarios: Sequence[Scenario]
) -> list[tuple[Scenario, list[Verschil]]]:
    results = []
    with errors.status("making a sandbox") as status:
        make_sandbox(folder, nu=utc_now())
        installatie = Installatie.open(folder)
        async with running_router(installatie) as transport:
            for number, scenario in enumerate(scenarios, 1):
                status.update(f"{scenario.id} ({number} of {len(scenarios)})")
                toneel = make_toneel(installatie, transport)
                results.append((scenario, await play_and_compare(toneel, scenario)))
    return results


def _as_dict(one: Verschil) -> dict[str, Any]:
    return {
        "nr": one.nr,
        "berichttype": one.berichttype,
        "ontvanger": one.ontvanger,
        "wat": one.wat,
    }


def _show(results: Sequence[tuple[Scenario, list[Verschil]]]) -> None:
    for scenario, found in results:
        mark = "[red]✗[/]" if found else "[green]✓[/]"
        count = len(scenario.berichten)
        console.print(f"{mark} {scenario.id} {scenario.titel} ({count} messages)")
        if not found:
            continue
        table = Table()
        for column in ("nr", "berichttype", "recipient", "difference"):
            table.add_column(column, overflow="fold")
        for one in found:
            table.add_row(str(one.nr), one.berichttype, one.ontvanger, one.wat)
        console.print(table)
