"""Tables in files, and the one in force, for the commands about tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from corvus_adapters.app import utc_now
from corvus_adapters.cli.gedeeld import open_installation
from corvus_broker.kalender import AMSTERDAM
from corvus_routing.diff_stand import STATUSSEN, Stand, stand_of
from corvus_routing.tabel import parse_tabel
from corvus_routing.uitwisseling import from_csv, rijen_of, tabel_from_rijen, to_csv
from corvus_routing.uitwisseling_yaml import to_yaml
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError, SettingsError

if TYPE_CHECKING:
    from types import ModuleType

    from corvus_routing.regel import Verstrekkingentabel

IN_WERKING: Final = "in-werking"
"""Written instead of a file: the table that is in force in the installation."""

_YAML: Final = frozenset({".yaml", ".yml"})

TabelArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help=f"A .yaml, .csv or .xlsx table, or {IN_WERKING}."
    ),
]
OpOption = Annotated[
    datetime | None,
    typer.Option("--op", formats=["%Y-%m-%d"], help="Day to look at; today if absent."),
]
StatusOption = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        help="Status a rule may have; repeat it. If absent: what the installation says"
        " for the table in force, and every status but vervallen for a file.",
    ),
]


@dataclass(frozen=True)
class Gekozen:
    """A table that a command was asked about, and which rules of it count."""

    tabel: Verstrekkingentabel
    statussen: frozenset[str]

    def stand(self, op: date) -> Stand:
        """Give the table on a day."""
        return stand_of(self.tabel, load_catalogus(), op, self.statussen)


def day(op: datetime | None) -> date:
    """Give the day that was asked for, or today in the Netherlands."""
    return (utc_now().astimezone(AMSTERDAM) if op is None else op).date()


def choose(name: str, installation: Path, status: list[str] | None) -> Gekozen:
    """Read the table that was asked for.

    Raises:
        SettingsError: ``tabel.status_onbekend``, or there is no installation.
    """
    vreemd = frozenset(status or ()) - STATUSSEN
    if vreemd:
        raise SettingsError(
            "tabel.status_onbekend",
            "a rule cannot be in force with that status",
            advice=f"One of {', '.join(sorted(STATUSSEN))}.",
        )
    if name != IN_WERKING:
        return Gekozen(read_tabel(Path(name)), frozenset(status or STATUSSEN))
    installatie = open_installation(installation)
    register = installatie.register.op(int(utc_now().timestamp() * 1000))
    return Gekozen(register.tabel, frozenset(status or installatie.statussen))


def read_tabel(path: Path) -> Verstrekkingentabel:
    """Read a table; the end of the name says how it is written.

    Raises:
        SchemaError: ``bestand.onleesbaar``.
        SettingsError: ``uitwisseling.soort_onbekend``.
    """
    catalogus = load_catalogus()
    try:
        match _kind(path):
            case ".csv":
                return tabel_from_rijen(from_csv(path.read_text("utf-8")), catalogus)
            case ".xlsx":
                return tabel_from_rijen(_xlsx().read_rijen(path), catalogus)
            case _:
                return parse_tabel(path.read_text("utf-8"), catalogus)
    except (OSError, UnicodeDecodeError):
        raise SchemaError(
            "bestand.onleesbaar",
            f"{path} cannot be read as a table",
            advice="Check the file name; text is in UTF-8.",
        ) from None


def write_tabel(tabel: Verstrekkingentabel, path: Path) -> None:
    """Write a table; the end of the name says how.

    Raises:
        SettingsError: ``uitwisseling.soort_onbekend``.
        SchemaError: ``bestand.onschrijfbaar``.
    """
    try:
        match _kind(path):
            case ".csv":
                # The mark at the beginning makes spreadsheets read UTF-8.
                path.write_text(to_csv(rijen_of(tabel)), "utf-8-sig", newline="")
            case ".xlsx":
                _xlsx().write_rijen(rijen_of(tabel), path)
            case _:
                path.write_text(to_yaml(tabel), "utf-8")
    except OSError:
        raise SchemaError(
            "bestand.onschrijfbaar",
            f"{path} cannot be written",
            advice="Check that the folder exists and may be written to.",
        ) from None


def _xlsx() -> ModuleType:
    """Import what reads workbooks: a third of a second, for those who need it."""
    return import_module("corvus_adapters.cli.tabel_xlsx")


def _kind(path: Path) -> str:
    kind = path.suffix.lower()
    if kind not in {*_YAML, ".csv", ".xlsx"}:
        raise SettingsError(
            "uitwisseling.soort_onbekend",
            f"{path.name} has no name that says how a table is written in it",
            advice=f"Let it end in .yaml, .csv or .xlsx; or write {IN_WERKING}.",
        )
    return kind
