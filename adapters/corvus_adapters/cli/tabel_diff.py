"""``corvus tabel diff`` and ``impact``: what a new version of the table changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.cli.tabel_audit import (
    SindsOption,
    TotOption,
    open_lezer,
    read_with_progress,
    window,
)
from corvus_adapters.cli.tabel_bestand import (
    OpOption,
    StatusOption,
    TabelArgument,
    choose,
    day,
)
from corvus_adapters.cli.tabel_lint import shorten
from corvus_broker.herbeoordeling import koppen_of
from corvus_routing.diff import Vergelijking, compare, summary
from corvus_routing.impact import Telling, parse_koppen
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError, SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from corvus_adapters.bewijs.auditlog import Venster
    from corvus_adapters.installatie.openen import Installatie
    from corvus_routing.diff_stand import Plaats
    from corvus_routing.impact import Impact


def _compare(
    tabellen: tuple[str, str],
    op: datetime | None,
    status: list[str] | None,
    installation: Path,
) -> Vergelijking:
    oud, nieuw = (
        choose(naam, installation, status).stand(day(op)) for naam in tabellen
    )
    return compare(oud, nieuw, load_catalogus())


@for_people
def diff(  # noqa: PLR0913 - the options of a command
    *,
    oud: TabelArgument,
    nieuw: TabelArgument,
    op: OpOption = None,
    status: StatusOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Say exactly who sees what under a new table that they did not, and the reverse.

    Every combination of the kenmerken is compared, undeclared ones included, with
    every doel and region. A table that is not valid on the day is taken on the
    nearest day on which it is.

    Example: corvus tabel diff in-werking kandidaat.yaml
    """
    vergelijking = _compare((oud, nieuw), op, status, installation)
    if as_json:
        print_json(vergelijking.to_dict())
        return
    _show_diff(vergelijking)


@for_people
def impact(  # noqa: PLR0913 - the options of a command
    *,
    oud: TabelArgument,
    nieuw: TabelArgument,
    headers: Annotated[
        Path | None,
        typer.Option(
            help="JSON lines with berichttype, van, naar, and perhaps regio, doel and"
            " kenmerken."
        ),
    ] = None,
    uit_audit: Annotated[
        bool,
        typer.Option("--uit-audit", help="Take the messages of the audit log instead."),
    ] = False,
    sinds: SindsOption = None,
    tot: TotOption = None,
    op: OpOption = None,
    status: StatusOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Count the past headers that a new table would have decided differently.

    From the audit log a header is a whole message with all of its recipients, and only
    rubrieken that hold something count.

    Example: corvus tabel impact in-werking kandidaat.yaml --headers oktober.jsonl
    """
    if (headers is None) is not uit_audit:
        raise SettingsError(
            "koppen.keuze",
            "headers come from a file or from the audit log: one of them",
            advice="Give --headers FILE, or --uit-audit.",
        )
    vergelijking = _compare((oud, nieuw), op, status, installation)
    telling = Telling(vergelijking.oud.compiled, vergelijking.nieuw.compiled)
    if headers is None:
        venster = window(sinds, tot)
        asyncio.run(_count_audit(open_installation(installation), venster, telling))
    else:
        _count_file(headers, telling)
    gevolg = telling.impact
    if as_json:
        samenvatting = list(summary(vergelijking.verschillen))
        print_json({**gevolg.to_dict(), "samenvatting": samenvatting})
        return
    _show_summary(vergelijking)
    _show_impact(gevolg)


def _count_file(headers: Path, telling: Telling) -> None:
    try:
        with headers.open(encoding="utf-8") as lines:
            for koppen in parse_koppen(lines, load_catalogus()):
                telling.add(koppen)
    except (OSError, UnicodeDecodeError):
        raise SchemaError(
            "bestand.onleesbaar",
            f"{headers} cannot be read as headers",
            advice="Check the file name; text is in UTF-8.",
        ) from None


async def _count_audit(
    installatie: Installatie, venster: Venster, telling: Telling
) -> None:
    """Count every message of the log.

    Raises:
        CorvusError: a message cannot be taken: a count of the rest would mislead.
    """
    async with open_lezer(installatie) as lezer:
        async for stuk in read_with_progress(lezer):
            if stuk.fout is not None:
                raise stuk.fout
            for dossier in stuk.dossiers:
                if venster.covers(dossier.beoordeling):
                    vraag = lezer.naslag.question(dossier.beoordeling)
                    telling.add(koppen_of(vraag))


def _show_diff(vergelijking: Vergelijking) -> None:
    per_plaats: dict[Plaats, Table] = {}
    for verschil in vergelijking.verschillen:
        table = per_plaats.get(verschil.plaats)
        if table is None:
            berichttype, van, naar = verschil.plaats
            table = Table(title=f"{berichttype}: {van} to {naar}", title_justify="left")
            for column in ("rubriek", "change", "when"):
                table.add_column(column, overflow="fold")
            per_plaats[verschil.plaats] = table
        regios = f" in {', '.join(verschil.regios)}" if verschil.regios else ""
        table.add_row(
            escape(verschil.rubriek),
            verschil.verandering.value + regios,
            escape(verschil.wanneer.tekst),
        )
    for table in per_plaats.values():
        console.print(table)
    _show_regels(vergelijking)
    _show_summary(vergelijking)


def _show_regels(vergelijking: Vergelijking) -> None:
    for gevolg, woorden in ((True, "with effect"), (False, "without effect")):
        for wijze in ("toegevoegd", "gewijzigd", "weggehaald"):
            regels = [
                regel
                for regel in vergelijking.regels
                if (regel.gevolg, regel.wijze) == (gevolg, wijze)
            ]
            if regels:
                velden = sorted({veld for regel in regels for veld in regel.velden})
                wat = f" ({', '.join(velden)})" if velden else ""
                console.print(
                    f"{len(regels)} rule(s) {wijze} {woorden} on who sees what{wat}:"
                    f" {shorten([regel.regel for regel in regels])}",
                    highlight=False,
                )


def _show_summary(vergelijking: Vergelijking) -> None:
    for kant, stand in (("old", vergelijking.oud), ("new", vergelijking.nieuw)):
        console.print(
            f"{kant}: table {stand.tabel.naam}, version {stand.tabel.versie},"
            f" {len(stand.regels)} rules valid on {stand.op}",
            highlight=False,
        )
    for zin in summary(vergelijking.verschillen):
        console.print(f"* {zin}", markup=False, highlight=False)
    if not vergelijking.verschillen:
        console.print("nobody sees more or less")
    for plaats in vergelijking.niet_vergeleken:
        console.print(
            "[bold red]not compared[/], too many combinations: " + " ".join(plaats)
        )


def _show_impact(gevolg: Impact) -> None:
    if gevolg.wijzigingen:
        table = Table()
        for column in ("headers", "berichttype", "from", "to", "rubriek", "was", "is"):
            table.add_column(column, overflow="fold")
        for een in gevolg.wijzigingen:
            table.add_row(
                str(een.aantal),
                een.berichttype,
                een.van,
                een.naar,
                escape(een.rubriek),
                een.was,
                een.wordt,
            )
        console.print(table)
    console.print(
        f"{gevolg.anders} of {gevolg.koppen} headers would have been decided"
        " differently",
        highlight=False,
    )
