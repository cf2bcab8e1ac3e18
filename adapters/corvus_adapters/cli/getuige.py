"""``corvus getuige``: witness the audit log of somebody else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from corvus_adapters.audit.beleid import read_beleid
from corvus_adapters.cli.gedeeld import JsonOption, console, for_people, print_json
from corvus_adapters.getuige.map import make_map, open_map
from corvus_adapters.getuige.opslag import Getuigenopslag
from corvus_adapters.getuige.proces import build_getuige, look_once, run_getuige
from corvus_adapters.log import configure_log

app = typer.Typer(
    no_args_is_help=True,
    help="Witness an audit log: for other organisations than its own.",
)
_FOLDER: Final = "Folder of the witness."
FolderArgument = Annotated[Path, typer.Argument(help=_FOLDER)]


@app.command()
@for_people
def maak(
    *,
    folder: FolderArgument,
    naam: Annotated[
        str, typer.Option(help="Your name as a witness, as an address without https://")
    ],
    log: Annotated[Path, typer.Option(help="getuigen.json of the log to witness.")],
    url: Annotated[str, typer.Option(help="Address where the log can be read.")],
    port: Annotated[
        int, typer.Option(help="Port on loopback where the log can ask.")
    ] = 9472,
) -> None:
    """Make the folder of a witness, with a new key; prints what the log needs.

    Example: corvus getuige maak getuige --naam rechtspraak.example/g1 --log getuigen.json
    --url https://corvus.example.nl/audit
    """
    make_map(folder, naam, read_beleid(log).log, url, port)
    made = open_map(folder)
    console.print(
        f"Made {folder}. The log lists you in its getuigen.json with this key:"
    )
    console.print(made.identiteit.publiek.encode(), markup=False, highlight=False)
    console.print(f"Then: corvus getuige loop {folder}")


@app.command()
@for_people
def loop(
    *,
    folder: FolderArgument,
    port: Annotated[int | None, typer.Option(help="Another port than its own.")] = None,
    metrics_port: Annotated[
        int, typer.Option(help="Port of /metrics, /livez, /readyz; 0: any free port.")
    ] = 0,
) -> None:
    """Cosign what follows, refuse and raise the alarm at what does not.

    Looks at the log by itself too, and compares with the witnesses under anderen in
    getuige.json. Exit code 4: the log forked; it does not start again after that.
    """
    configure_log("info", "console")
    asyncio.run(run_getuige(open_map(folder), poort=port, metriek=metrics_port))


@app.command()
@for_people
def kijk(*, folder: FolderArgument) -> None:
    """Look once, cosign what follows, and compare with the others.

    Exit code 4: the log forked or shrank. 3: it does not answer, or shows too little.
    """
    configure_log("warning", "console")
    map_ = open_map(folder)
    getuige = build_getuige(map_)
    try:
        size = look_once(getuige, map_)
    finally:
        getuige.opslag.close()
    console.print(
        "The log has no checkpoint yet."
        if size is None
        else f"[bold green]✓[/] {map_.log.naam}: {size} leaves, and nothing was changed."
    )


@app.command()
@for_people
def alarm(*, folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Show what was found against the log: both checkpoints, signed by it.

    Exit code 1: there is something.
    """
    opslag = Getuigenopslag(open_map(folder).opslag_url)
    try:
        found, last = opslag.alarmen(), opslag.laatste()
    finally:
        opslag.close()
    if as_json:
        print_json([one._asdict() for one in found])
    for one in [] if as_json else found:
        console.print(f"[bold red]{one.code}[/] at {one.tijd_s}; both are signed:")
        console.print(f"{one.gezien}\n{one.getoond}", markup=False, highlight=False)
    if found:
        raise typer.Exit(1)
    if not as_json:
        console.print(f"No alarm; cosigned {last.grootte if last else 0} leaves.")
