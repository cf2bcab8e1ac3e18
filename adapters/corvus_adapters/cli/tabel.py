"""``corvus tabel``: the verstrekkingentabel for the people who own it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
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
from corvus_adapters.cli.schema_lijsten import near
from corvus_adapters.cli.tabel_beheer import register_commands
from corvus_adapters.cli.tabel_diff import diff, impact
from corvus_adapters.cli.tabel_lint import lint
from corvus_adapters.cli.tabel_replay import replay
from corvus_adapters.cli.tabel_shadow import shadow
from corvus_adapters.cli.tabel_uitleg import (
    check_organisatietype,
    check_rubriek,
    conclude,
)
from corvus_adapters.cli.tabel_uitwisseling import export, import_
from corvus_broker.kalender import AMSTERDAM
from corvus_routing.explain import explain as explain_decision
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.kenmerken import parse_kenmerk

if TYPE_CHECKING:
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.explain import Uitleg
    from corvus_schemas.kenmerken import KenmerkWaarde

app = typer.Typer(
    no_args_is_help=True,
    help="The verstrekkingentabel: who may see what, why, and what a change does.",
)
app.command("lint")(lint)
app.command("diff")(diff)
app.command("impact")(impact)
app.command("shadow")(shadow)
app.command("replay")(replay)
app.command("export")(export)
app.command("import")(import_)


def table_in_force(folder: Path) -> GecompileerdeTabel:
    """Give the compiled table that is in force now."""
    installatie = open_installation(folder)
    op = utc_now()
    register = installatie.register.op(int(op.timestamp() * 1000))
    return register.compiled(installatie.statussen, op.astimezone(AMSTERDAM).date())


def parse_assignments(texts: list[str]) -> dict[str, KenmerkWaarde]:
    """Read ``naam=waarde``; lists by commas.

    Raises:
        SchemaError: ``kenmerk.onbekend``, ``kenmerk.ongeldig``.
    """
    kenmerken = load_catalogus().kenmerken
    values: dict[str, KenmerkWaarde] = {}
    for text in texts:
        naam, _, waarde = text.partition("=")
        kenmerk = kenmerken.get(naam)
        if kenmerk is None:
            raise SchemaError(
                "kenmerk.onbekend",
                f"kenmerk {naam!r:.40} does not exist",
                advice=near(naam, kenmerken, "corvus schema kenmerken"),
            )
        plain: object = waarde
        if kenmerk.soort == "bool":
            plain = {"ja": True, "true": True, "nee": False, "false": False}.get(waarde)
        elif kenmerk.soort == "lijst":
            plain = [one for one in waarde.split(",") if one]
        values[naam] = parse_kenmerk(kenmerk, plain)
    return values


@app.command()
@for_people
def explain(  # noqa: PLR0913 - the options of a command
    *,
    berichttype: Annotated[str, typer.Argument(help="For example zsm_aanmelding.")],
    rubriek: Annotated[
        str, typer.Argument(help=r"For example betrokkenen\[kind].bsn.")
    ],
    van: Annotated[str, typer.Option(help="Organisatietype of the sender.")],
    naar: Annotated[str, typer.Option(help="Organisatietype of the recipient.")],
    kenmerk: Annotated[
        list[str] | None,
        typer.Option("--kenmerk", "-k", help="naam=ja, naam=nee or naam=code."),
    ] = None,
    regio: Annotated[str, typer.Option(help="VT-regio of the sender.")] = "*",
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Say whether a rubriek goes from one party to another, and by which rules.

    A kenmerk that is not given is unknown: it fires no allow rule and does fire a deny
    rule.

    Example: corvus tabel explain zsm_besluit strafzaakinfo --van OM --naar VT
    -k nodig_voor_veiligheid=ja -k hg_label=ja
    """
    kenmerken = parse_assignments(kenmerk or [])
    uitleg = explain_decision(
        table_in_force(installation),
        berichttype,
        check_rubriek(berichttype, rubriek),
        check_organisatietype(van, "--van"),
        check_organisatietype(naar, "--naar"),
        regio,
        kenmerken,
    )
    if as_json:
        print_json(uitleg.to_dict())
        return
    _show(uitleg)


def _show(uitleg: Uitleg) -> None:
    table = Table(
        title=f"{uitleg.berichttype} {escape(uitleg.rubriek)}: {uitleg.van} to {uitleg.naar}",
        caption=f"table {uitleg.tabel}, version {uitleg.versie}",
    )
    for column in ("rule", "effect", "condition", "is", "unknown", "ground", "status"):
        table.add_column(column, overflow="fold")
    for regel in uitleg.regels:
        table.add_row(
            regel.regel,
            regel.effect,
            regel.voorwaarde,
            regel.waarheid,
            ", ".join(regel.onbekend),
            regel.citaat or regel.grondslag,
            regel.status,
        )
    console.print(table)
    uitkomst = uitleg.uitkomst
    why = "" if uitkomst.reden is None else f" ({uitkomst.reden.value})"
    rules = " ".join(uitkomst.regel_ids)
    console.print(f"[bold]{uitkomst.soort.value}[/]{why} {rules}")
    console.print(escape(conclude(uitleg)), highlight=False)


register_commands(app)
