"""``corvus adresboek`` and ``corvus instellingen``: look things up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown
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
from corvus_adapters.settings import instellingentabel


@for_people
def adresboek(
    *,
    search: Annotated[
        str, typer.Argument(help="Part of a name, a type or an OIN.")
    ] = "",
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """List the organisations of the register in force.

    Example: corvus adresboek VT
    """
    installatie = open_installation(installation)
    op = utc_now()
    register = installatie.register.op(int(op.timestamp() * 1000))
    wanted = search.casefold()
    found = [
        organisatie
        for oin in register.adresboek.oins()
        if wanted
        in f"{(organisatie := register.adresboek.organisatie(oin, op)).naam} "
        f"{organisatie.type} {oin}".casefold()
    ]
    if as_json:
        print_json(
            [{"oin": one.oin, "naam": one.naam, "type": one.type} for one in found]
        )
        return
    table = Table(title=f"{len(found)} organisations in register {register.volgnummer}")
    for column in ("OIN", "type", "name", "area"):
        table.add_column(column, overflow="fold")
    for one in found:
        area = sorted(one.vt_regios | one.arrondissementen | one.gemeenten)
        table.add_row(one.oin, one.type, one.naam, ", ".join(area) or "national")
    console.print(table)


def instellingen() -> None:
    """Show every setting: file key, environment variable, default and meaning."""
    console.print(Markdown(instellingentabel()))
