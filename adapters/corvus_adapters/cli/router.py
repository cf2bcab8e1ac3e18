"""``corvus router``: route messages until told to stop."""

from __future__ import annotations

import asyncio
import socket
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
    processes: Annotated[
        int,
        typer.Option(
            min=1,
            max=256,
            help="So many processes, watched and started again when one falls.",
        ),
    ] = 1,
    partitions: Annotated[
        str,
        typer.Option(
            help="Take these and no others: 0-3 or 0,2; empty: divide all of them"
            " with the other routers."
        ),
    ] = "",
    port: Annotated[
        int | None,
        typer.Option(help="Port of /metrics, /livez, /readyz; 0: any free port."),
    ] = None,
    meld: Annotated[int, typer.Option(hidden=True)] = -1,
) -> None:
    """Route messages: verify, decide, filter, deliver, record. Ctrl-C stops it.

    A batch in progress is finished first. Routers on the same transport divide the
    partitions among themselves, on one machine or on many: start more and they take
    their share, stop or kill one and the others take over.

    Example: corvus router --processes 2
    """
    installatie = open_installation(installation)
    settings = installatie.instellingen
    configure_log(settings.log.niveau, settings.log.vorm)
    if installatie.concept_allowed and meld < 0:
        errors.print(
            "[bold yellow]Concept rules are in force: sandbox and demo only.[/]"
        )
    poort = settings.metriek.poort if port is None else port
    if processes > 1:
        if partitions:
            raise SettingsError(
                "optie.ongeldig",
                "--partitions goes with one process only",
                advice="Leave it out: the processes divide the partitions themselves.",
            )
        from corvus_adapters.opzichter import (  # noqa: PLC0415 - start-up
            run_processes,
        )

        host = settings.metriek.host
        asyncio.run(
            run_processes(installation, aantal=processes, host=host, poort=poort)
        )
        return
    chosen = parse_partitions(partitions) if partitions else None
    asyncio.run(
        run_router(
            installatie,
            partities=chosen,
            poort=poort,
            meld=socket.socket(fileno=meld) if meld >= 0 else None,
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
