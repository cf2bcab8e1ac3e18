"""``corvus tabel export`` and ``import``: spreadsheets in and out, without loss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    print_json,
)
from corvus_adapters.cli.tabel_bestand import (
    TabelArgument,
    choose,
    read_tabel,
    write_tabel,
)

if TYPE_CHECKING:
    from corvus_routing.regel import Verstrekkingentabel

NaarOption = Annotated[Path, typer.Option(help="File to write: .yaml, .csv or .xlsx.")]


@for_people
def export(
    *,
    tabel: TabelArgument,
    naar: NaarOption,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Write a table as a spreadsheet or as YAML; every rule, whatever its status.

    Prefer .xlsx to .csv for editing: spreadsheets turn 002:531 in a CSV into a time.

    Example: corvus tabel export in-werking --naar tabel.xlsx
    """
    _copy(choose(tabel, installation, None).tabel, naar, as_json=as_json)


@for_people
def import_(
    *,
    bestand: Annotated[Path, typer.Argument(help="A .csv, .xlsx or .yaml table.")],
    naar: NaarOption,
    as_json: JsonOption = False,
) -> None:
    """Read a table from a spreadsheet; what is wrong is named by row.

    Example: corvus tabel import tabel.xlsx --naar kandidaat.yaml
    """
    _copy(read_tabel(bestand), naar, as_json=as_json)


def _copy(tabel: Verstrekkingentabel, naar: Path, *, as_json: bool) -> None:
    write_tabel(tabel, naar)
    if as_json:
        print_json(
            {
                "bestand": str(naar),
                "tabel": tabel.naam,
                "versie": tabel.versie,
                "regels": len(tabel.regels),
            }
        )
        return
    console.print(
        f"{naar}: table {tabel.naam}, version {tabel.versie},"
        f" {len(tabel.regels)} rules",
        highlight=False,
        markup=False,
    )
