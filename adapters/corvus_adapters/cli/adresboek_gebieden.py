"""``corvus adresboek gebieden``: gemeenten and regions, and the list of the CBS."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from corvus_adapters.app import utc_now
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.registerdienst.bestanden import write_whole
from corvus_adapters.registerdienst.opstellen import parse_moment
from corvus_broker.kalender import AMSTERDAM
from corvus_routing.cbs import import_cbs
from corvus_routing.gebied import gebied_of
from corvus_routing.gebieden import load_gebieden
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from corvus_routing.gebieden import Gebieden

app = typer.Typer(
    no_args_is_help=True,
    help="Gemeenten, VT-regio's, arrondissementen and Actieoverleg regions, with the"
    " days they hold.",
)

DayOption = Annotated[str | None, typer.Option("--op", help="Day: 2027-01-01.")]


def parse_day(text: str | None) -> tuple[date, datetime]:
    """Read a day (nothing: now); gives it with the moment it starts in Dutch time.

    Raises:
        SchemaError: ``tijd.ongeldig``.
    """
    if text is None:
        now = utc_now()
        return now.astimezone(AMSTERDAM).date(), now
    start = datetime.fromtimestamp(parse_moment(text) / 1000, UTC)
    return start.astimezone(AMSTERDAM).date(), start


def gebieden_at(installation: Path, start: datetime) -> Gebieden:
    """Give the places of the register in force; without installation those that ship.

    Raises:
        RegisterError: no register is in force.
    """
    if not installation.exists():
        return load_gebieden()
    register = open_installation(installation).register
    return register.op(int(start.timestamp() * 1000)).gebieden


@app.command()
@for_people
def toon(
    *,
    gemeente: Annotated[str, typer.Argument(help="Name or code.")] = "",
    op: DayOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Show where a gemeente lies on a day; without one the whole list.

    Example: corvus adresboek gebieden toon Breda --op 2027-01-01
    """
    day, _ = parse_day(op)
    gebieden = gebieden_at(installation, utc_now())
    if not gemeente and as_json:
        print_json(gebieden.payload())
        return
    if gemeente:
        code = gebied_of(gemeente, gebieden, op=day).gemeente
        codes = [] if code is None else [code]
    else:
        codes = sorted(one.code for one in gebieden.gemeenten_op(day))
    rows = [_row(code, gebieden, day) for code in codes]
    if as_json:
        print_json(rows)
        return
    kind = "synthetic codes" if gebieden.lijst.synthetisch else "codes of the CBS"
    table = Table(title=f"{len(rows)} gemeenten on {day}, {kind}")
    for column in ("code", "gemeente", "VT-regio", "arrondissement", "Actieoverleg"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_text(value) for value in row.values()))
    console.print(table)


def _row(code: str, gebieden: Gebieden, day: date) -> dict[str, object]:
    gemeente = gebieden.gemeente(code, day)
    regio = None if gemeente is None else gebieden.regio(gemeente.vt_regio, day)
    vt = None if gemeente is None else gemeente.vt_regio
    return {
        "code": code,
        "naam": None if gemeente is None else gemeente.naam,
        "vt_regio": vt,
        "arrondissement": None if regio is None else regio.arrondissement,
        "ao_regios": [one.naam for one in gebieden.ao_regios(vt, day)],
    }


def _text(value: object) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value or "-")


@app.command("import")
@for_people
def import_(  # noqa: PLR0913 - the options of a command
    *,
    cbs: Annotated[
        Path, typer.Argument(help="CSV with Gemeentecode and Gemeentenaam.")
    ],
    start: Annotated[
        str, typer.Option("--geldig-van", help="First day of this list: 2027-01-01.")
    ],
    successors: Annotated[
        list[str] | None,
        typer.Option("--opvolger", help="What one that ends goes into: 0123=0456."),
    ] = None,
    out: Annotated[Path, typer.Option("--uit", help="File to write.")] = Path(
        "gebieden.json"
    ),
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Make the list of places out of the list of the CBS. Changes nothing yet.

    The CBS does not know VT-regio's: give them in a column vt_regio, or let them follow
    from the name. Then: corvus register volgende --gebieden FILE
    """
    day, _ = parse_day(start)
    gebieden = import_cbs(
        _read(cbs),
        gebieden_at(installation, utc_now()),
        day,
        _parse_successors(successors or []),
    )
    text = json.dumps(gebieden.payload(), ensure_ascii=False, indent=1) + "\n"
    write_whole(out, text.encode())
    there = gebieden.gemeenten_op(day)
    ended = [one for one in gebieden.lijst.gemeenten if one.geldig_tot == day]
    if as_json:
        print_json(
            {"bestand": str(out), "gemeenten": len(there), "per": day.isoformat()}
            | {"beeindigd": [one.code for one in ended]}
        )
        return
    console.print(f"{len(there)} gemeenten from {day} on, in {out}.", highlight=False)
    for one in ended:
        naar = ", ".join(one.opvolgers) or "nothing: say it with --opvolger"
        console.print(f"  {one.code} {one.naam} ends; into {naar}", highlight=False)
    console.print(f"Look: corvus adresboek simuleer --op {day} --wijziging {out}")
    console.print(f"Then: corvus register volgende --gebieden {out}")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise SchemaError(
            "bestand.onleesbaar",
            f"{path} cannot be read as text in UTF-8",
            advice="Check the file name; in Excel save as CSV UTF-8.",
        ) from None


def _parse_successors(texts: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        code, _, naar = text.partition("=")
        if not code or not naar:
            raise SchemaError(
                "cbs.ongeldig", "--opvolger is written as 0123=0456", advice=""
            )
        found.setdefault(code.strip(), []).append(naar.strip())
    return found
