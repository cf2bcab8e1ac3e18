"""``corvus tabel lint``: what to know of a table before signing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    print_json,
)
from corvus_adapters.cli.tabel_bestand import (
    IN_WERKING,
    OpOption,
    StatusOption,
    TabelArgument,
    choose,
    day,
)
from corvus_routing.lint import Ernst
from corvus_routing.lint import lint as examine
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_routing.lint import Bevinding, Lintrapport, Soort

_STIJL = {Ernst.FOUT: "bold red", Ernst.WAARSCHUWING: "yellow"}
_GETOOND = 6


@for_people
def lint(
    *,
    tabel: TabelArgument = IN_WERKING,
    op: OpOption = None,
    status: StatusOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Find what is wrong with a table: grounds, dead rules, orphans, special data.

    A fout is to be solved before officers sign a table for production. Signing itself
    does not run this: corvus init signs the concept table for a sandbox as it is.

    Exit code 1: there is a fout. 0: there is none, at most a waarschuwing.
    routing/README.md explains each code.

    Example: corvus tabel lint kandidaat.yaml --op 2027-01-01
    """
    gekozen = choose(tabel, installation, status)
    rapport = examine(
        gekozen.tabel, load_catalogus(), day(op), statussen=gekozen.statussen
    )
    if as_json:
        print_json(rapport.to_dict())
    else:
        _show(rapport)
    if rapport.is_fout:
        raise typer.Exit(1)


def _show(rapport: Lintrapport) -> None:
    samen: dict[tuple[Soort, str], list[Bevinding]] = {}
    for een in rapport.bevindingen:
        samen.setdefault((een.soort, een.advies), []).append(een)
    for (soort, advies), bevindingen in samen.items():
        console.print(
            f"[{_STIJL[soort.ernst]}]{soort.ernst.value} {soort.value}[/]"
            f" ({len(bevindingen)}): {escape(advies)}",
            highlight=False,
        )
        console.print(_listing(bevindingen))
    tabel = rapport.stand.tabel
    aantallen = [
        f"{sum(een.ernst is ernst for een in rapport.bevindingen)} {woord}"
        for ernst, woord in ((Ernst.FOUT, "fout"), (Ernst.WAARSCHUWING, "waarschuwing"))
    ]
    console.print(
        f"{', '.join(aantallen)}: table {tabel.naam}, version {tabel.versie},"
        f" {len(rapport.stand.regels)} rules valid on {rapport.stand.op}",
        highlight=False,
    )
    if rapport.is_fout:
        console.print(
            "Not fit to sign for production; a sandbox runs a concept with these in it."
        )


def _listing(bevindingen: list[Bevinding]) -> Padding:
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    for een in bevindingen:
        table.add_row(escape(een.waar), escape(een.zin), shorten(een.regels))
    return Padding(table, (0, 0, 1, 2))


def shorten(regels: Sequence[str]) -> str:
    """Name the first rules, and how many there are more."""
    meer = len(regels) - _GETOOND
    genoemd = " ".join(regels[:_GETOOND])
    return f"{genoemd} and {meer} more" if meer > 0 else genoemd
