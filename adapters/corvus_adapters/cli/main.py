"""The command ``corvus``.

Only the command that was asked for is imported: a router is to start fast, and so is a
look at the adresboek. Without one, for the list of commands, all of them are.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import typer

COMMANDS: Final = {
    "init": "init",
    "router": "router",
    "verstuur": "bericht",
    "ontvang": "bericht",
    "nasleutel": "nasleutel",
    "bewijs": "bewijs",
    "verify": "bewijs",
    "demo": "demo",
    "instellingen": "adresboek",
}
GROUPS: Final = (
    "adresboek",
    "audit",
    "getuige",
    "tabel",
    "register",
    "schema",
    "scenario",
    "geparkeerd",
    "aangehouden",
    "kafka",
    "topics",
)
_HELP: Final = (
    "Corvus: a message broker that filters what it cannot read."
    " Fields are sealed at the sender; each organisation gets the rubrieken it may"
    " see; everyone can prove who received what, on which ground."
    " Begin with: corvus demo"
)


def build_app(wanted: str | None = None) -> typer.Typer:
    """Make the command line: all of it, or the one command that is wanted."""
    app = typer.Typer(
        name="corvus",
        no_args_is_help=True,
        # Locals in a traceback can hold content and keys.
        pretty_exceptions_show_locals=False,
        help=_HELP,
    )

    @app.callback()
    def corvus() -> None:
        """Keep a single command a command of its own, not the whole program."""

    corvus.__doc__ = _HELP
    known = wanted in COMMANDS or wanted in GROUPS
    for name, module in COMMANDS.items():
        if not known or name == wanted:
            found = import_module(f"corvus_adapters.cli.{module}")
            app.command(name)(getattr(found, name))
    for name in GROUPS:
        if not known or name == wanted:
            group = import_module(f"corvus_adapters.cli.{name}")
            app.add_typer(group.app, name=name)
    return app


def main() -> None:
    """Run the command line."""
    build_app(sys.argv[1] if len(sys.argv) > 1 else None)()
