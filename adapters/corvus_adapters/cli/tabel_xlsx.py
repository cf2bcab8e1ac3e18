"""Rows of cells in an XLSX workbook, every cell as text, and back."""

from __future__ import annotations

import itertools
import zipfile
from datetime import datetime, time
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from corvus_routing.uitwisseling import VELDEN
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from openpyxl.cell.cell import Cell, MergedCell

    from corvus_routing.uitwisseling import Rijen

BLAD: Final = "verstrekkingentabel"
MAX_BYTES: Final = 200_000_000
"""Size of the workbook when unpacked; 3000 rules take 4 MB."""

MAX_RIJEN: Final = 100_100
_MAX_KOLOMMEN: Final = 2 * len(VELDEN)
_TEKST: Final = "@"
_BREED: Final = {"rubriek": 34, "voorwaarde": 50, "bron": 24, "opmerking": 50}
_ADVICE: Final = "Type every cell as text: formulas and amounts have no place here"


def write_rijen(rijen: Rijen, path: Path) -> None:
    """Write rows in a workbook of one sheet, its headings kept in view."""
    boek = Workbook(write_only=True)
    blad = boek.create_sheet(BLAD)
    blad.freeze_panes = "B3"
    blad.auto_filter.ref = f"A2:{get_column_letter(len(VELDEN))}{len(rijen)}"
    for nummer, veld in enumerate(VELDEN, 1):
        kolom = blad.column_dimensions[get_column_letter(nummer)]
        kolom.width = _BREED.get(veld, 16)
        kolom.number_format = _TEKST  # so that 002:531 does not become a time
    for rij in rijen:
        cellen = [WriteOnlyCell(blad, tekst or None) for tekst in rij]
        for cel in cellen:
            cel.number_format = _TEKST
        blad.append(cellen)
    boek.save(path)


def read_rijen(path: Path) -> Rijen:
    """Read the first sheet of a workbook.

    Raises:
        RegisterError: ``uitwisseling.ongeldig``, naming every row that is wrong.
    """
    try:
        _check_size(path)
        boek = load_workbook(path, read_only=True)
        try:
            return list(_rows(boek.worksheets[0].iter_rows(max_col=_MAX_KOLOMMEN)))
        finally:
            boek.close()
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        ParseError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        # What openpyxl raises for a file that is no workbook, or a damaged one.
        raise RegisterError(
            "uitwisseling.ongeldig", "this is not an XLSX workbook", advice=_ADVICE
        ) from error


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as pak:
        if sum(deel.file_size for deel in pak.infolist()) > MAX_BYTES:
            raise RegisterError(
                "uitwisseling.ongeldig",
                f"the workbook is larger than {MAX_BYTES} bytes when unpacked",
                advice="Take out sheets and pictures that are not the table",
            )


def _rows(
    rijen: Iterable[tuple[Cell | MergedCell, ...]],
) -> Iterator[list[str]]:
    problemen: list[str] = []
    for nummer, rij in enumerate(itertools.islice(rijen, MAX_RIJEN), 1):
        cellen = [_text(cel) for cel in rij]
        if None in cellen:
            problemen.append(f"row {nummer}: a cell holds a formula or a fraction")
        yield [cel or "" for cel in cellen]
    if problemen:
        raise RegisterError(
            "uitwisseling.ongeldig", "; ".join(problemen[:50]), advice=_ADVICE
        )


def _text(cel: Cell | MergedCell) -> str | None:
    """Give what a person typed as text; None if it is a formula or a fraction."""
    waarde: object = cel.value
    if cel.data_type == "f":
        return None
    match waarde:
        case None:
            return ""
        case bool():
            return "true" if waarde else "false"
        case str() | int():
            return str(waarde)
        case datetime() if waarde.time() == time():
            return waarde.date().isoformat()
        case _:
            return None
