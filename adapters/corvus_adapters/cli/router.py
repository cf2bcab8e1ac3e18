"""``corvus router``: route messages until told to stop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    errors,
    for_people,
    open_installation,
)
from corvus_adapters.log import configure_log
from corvus_adapters.routerproces import run_router
from corvus_schemas.errors import SettingsError


@for_people
def router(
    *,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    partitions: Annotated[
        str, typer.Option(help="Partitions to take: 0-3 or 0,2; empty: all of them.")
    ] = "",
    port: Annotated[
        int | None,
        typer.Option(help="Port of /metrics, /livez, /readyz; 0: any free port."),
    ] = None,
) -> None:
    """Route messages: verify, decide, filter, deliver, record. Ctrl-C stops it.

    A batch in progress is finished first. Several routers may run side by side, each on
    its own partitions; one that takes a partition over fences the one before.
    """
    installatie = open_installation(installation)
    settings = installatie.instellingen
    configure_log(settings.log.niveau, settings.log.vorm)
    if installatie.concept_allowed:
        errors.print(
            "[bold yellow]Concept rules are in force: sandbox and demo only.[/]"
        )
    chosen = parse_partitions(partitions) if partitions else None
    asyncio.run(
        run_router(
            installatie,
            partities=chosen,
            poort=settings.metriek.poort if port is None else port,
        )
    )


def parse_partitions(text: str) -> list[int]:
    """Read ``0-3`` or ``0,2,5``.

    Raises:
        SettingsError: ``router.partities``.
    """
    found: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            found += range(int(first), int(last or first) + 1)
    except ValueError:
        raise SettingsError(
            "router.partities",
            "partitions are written as 0-3 or 0,2,5",
            advice="For example: corvus router --partitions 0-1",
        ) from None
    return sorted(set(found))
