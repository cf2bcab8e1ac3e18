"""``corvus init``: make an installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TextColumn

from corvus_adapters.app import utc_now
from corvus_adapters.cli.gedeeld import DEFAULT_FOLDER, console, errors, for_people
from corvus_adapters.installatie.aanmaken import make_production, make_sandbox


@for_people
def init(
    *,
    path: Annotated[Path, typer.Argument(help="Empty or new folder.")] = Path(
        DEFAULT_FOLDER
    ),
    production: Annotated[
        bool,
        typer.Option(
            "--production",
            help="Make the folders only: signs nothing, allows tested rules only.",
        ),
    ] = False,
    minimal: Annotated[
        bool,
        typer.Option("--minimal", help="Only the organisations the demo needs."),
    ] = False,
    partitions: Annotated[
        int, typer.Option(min=1, max=1024, help="Partitions; fixed from then on.")
    ] = 4,
) -> None:
    """Make a sandbox: authorities, organisations with keys, a signed table, a register.

    Everything in it is synthetic. The concept verstrekkingentabel is in force, which
    production never allows: its rules were not checked by a lawyer.

    Example: corvus init .corvus, then corvus router, then corvus verstuur
    """
    if production:
        make_production(path)
        console.print(f"Made the folders of a production installation in {path}.")
        console.print(
            "Nothing is signed yet: add trust anchors, officers and a register."
        )
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=errors,
        transient=True,
    ) as progress:
        task = progress.add_task("sandbox", total=None)

        def told(stap: str, gedaan: int, totaal: int) -> None:
            progress.update(task, description=f"{stap} {gedaan}/{totaal}")

        sandbox = make_sandbox(
            path,
            nu=utc_now(),
            partities=partitions,
            organisaties="minimaal" if minimal else "alle",
            progress=told,
        )
    console.print(
        f"Made a sandbox with {len(sandbox.deelnemers)} organisations in {path}."
    )
    console.print(
        Panel(
            "SANDBOX: concept rules are in force. They have no legal standing.\n"
            "Use synthetic data only.",
            style="bold yellow",
        )
    )
    console.print(f"Next: corvus router -i {path}")
