"""The command ``corvus``."""

from __future__ import annotations

import typer

from corvus_adapters.cli import geparkeerd, kafka, scenario, schema, tabel
from corvus_adapters.cli.adresboek import adresboek, instellingen
from corvus_adapters.cli.bericht import ontvang, verstuur
from corvus_adapters.cli.bewijs import bewijs, verify
from corvus_adapters.cli.demo import demo
from corvus_adapters.cli.init import init
from corvus_adapters.cli.router import router

app = typer.Typer(
    name="corvus",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals can hold content and keys
    help=(
        "Corvus: a message broker that filters what it cannot read."
        " Fields are sealed at the sender; each organisation gets the rubrieken it may"
        " see; everyone can prove who received what, on which ground."
        " Begin with: corvus demo"
    ),
)
app.command()(init)
app.command()(router)
app.command()(verstuur)
app.command()(ontvang)
app.command()(bewijs)
app.command()(verify)
app.command()(demo)
app.command()(adresboek)
app.command()(instellingen)
app.add_typer(tabel.app, name="tabel")
app.add_typer(schema.app, name="schema")
app.add_typer(scenario.app, name="scenario")
app.add_typer(geparkeerd.app, name="geparkeerd")
app.add_typer(kafka.app, name="kafka")


def main() -> None:
    """Run the command line."""
    app()
