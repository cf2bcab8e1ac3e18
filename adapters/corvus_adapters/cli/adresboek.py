"""``corvus adresboek`` and ``corvus instellingen``: look things up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markdown import Markdown
from rich.table import Table
from typer.core import TyperGroup

from corvus_adapters.app import utc_now
from corvus_adapters.cli import adresboek_gebieden, adresboek_simuleer
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.cli.organisaties import short_names
from corvus_adapters.settings import instellingentabel

_LIST: Final = "lijst"


class _ListUnlessNamed(TyperGroup):
    """Takes what is no subcommand for what is looked for: ``corvus adresboek VT``."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer keeps the wider type private
        helps = {"--help", "--install-completion", "--show-completion"}
        if not args or (args[0] not in self.commands and args[0] not in helps):
            args = [_LIST, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ListUnlessNamed,
    help="Who is in the register and answers for which place: now, and after a change."
    " Without a command: the list, or what a word is part of (corvus adresboek VT).",
)
app.command("simuleer")(adresboek_simuleer.simuleer)
app.add_typer(adresboek_gebieden.app, name="gebieden")


@app.command(_LIST)
@for_people
def adresboek(
    *,
    search: Annotated[
        str, typer.Argument(help="Part of a name, a short name, a type or an OIN.")
    ] = "",
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """List the organisations of the register in force.

    The short name is what --als and the geadresseerden of a message file take; it is
    the folder of the organisation's keys, so only those that are here have one.

    Example: corvus adresboek VT
    """
    installatie = open_installation(installation)
    op = utc_now()
    register = installatie.register.op(int(op.timestamp() * 1000))
    wanted = search.casefold()
    kort = {oin: naam for naam, oin in short_names(installatie).items()}
    found = [
        one
        for oin in register.adresboek.oins()
        if register.adresboek.heeft(oin, op)
        and wanted
        in f"{(one := register.adresboek.organisatie(oin, op)).naam} {one.type} {oin}"
        f" {kort.get(oin, '')}".casefold()
    ]
    if as_json:
        print_json(
            [
                {
                    "oin": one.oin,
                    "naam": one.naam,
                    "type": one.type,
                    "kort": kort.get(one.oin),
                }
                for one in found
            ]
        )
        return
    table = Table(title=f"{len(found)} organisations in register {register.volgnummer}")
    for column in ("short name", "OIN", "type", "name", "area"):
        table.add_column(column, overflow="fold")
    for one in found:
        area = sorted(one.vt_regios | one.arrondissementen | one.gemeenten)
        names = kort.get(one.oin, "-"), one.oin, one.type, one.naam
        table.add_row(*names, ", ".join(area) or "national")
    console.print(table)
    if not found:
        console.print(f"Nobody has {search!r} in a name; without it, all are listed.")


def instellingen() -> None:
    """Show every setting: file key, environment variable, default and meaning."""
    console.print(Markdown(instellingentabel()))
