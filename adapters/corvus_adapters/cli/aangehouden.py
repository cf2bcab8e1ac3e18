"""``corvus aangehouden``: what the router holds, since when, and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from corvus_adapters.app import build_opslag, utc_now
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_broker.kalender import AMSTERDAM

app = typer.Typer(
    no_args_is_help=True,
    help="Held cellen: which holds stand, who has to confirm, when they end.",
)


@app.command("lijst")
@for_people
def show(
    *,
    late: Annotated[
        bool, typer.Option("--verlopen", help="Only what was not confirmed in time.")
    ] = False,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """List the holds of this installation: numbers and times; never content or OINs.

    The sender of a message releases, confirms or destroys what is held of it, with a
    vrijgave. An operator cannot, and sees here only what is overdue (T35).
    """
    installatie = open_installation(installation)
    now = int(utc_now().timestamp() * 1000)
    rows = [
        {
            "nummer": nummer.hex(),
            "partitie": partitie,
            "sinds": _moment(tijd),
            "herbevestigen_voor": _moment(before),
            "vernietigd_op": _moment(end),
            "te_laat": before <= now,
        }
        for nummer, partitie, tijd, before, end in build_opslag(installatie).standing()
        if not late or before <= now
    ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print("Nothing is held." if not late else "Every hold was confirmed.")
        return
    table = Table(title=f"{len(rows)} held")
    for column in ("number", "partition", "since", "confirm before", "destroyed at"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            str(row["nummer"])[:16],
            str(row["partitie"]),
            _local(str(row["sinds"])),
            _local(str(row["herbevestigen_voor"])) + " late" * bool(row["te_laat"]),
            _local(str(row["vernietigd_op"])),
        )
    console.print(table)


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def _local(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")
