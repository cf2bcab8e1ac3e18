"""``corvus bewijs`` and ``corvus verify``: make proof files and check them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from corvus_adapters.app import build_transport
from corvus_adapters.bewijs.bestand import (
    Gevonden,
    collect,
    parse_bewijsbestand,
    write_proofs,
)
from corvus_adapters.bewijs.verificatie import Verificateur
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.installatie.vertrouwen import read_vertrouwen
from corvus_routing.grondslagen import load_grondslagen
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from corvus_adapters.bewijs.verificatie import Verslag
    from corvus_adapters.installatie.openen import Installatie


async def collect_proofs(installatie: Installatie) -> list[Gevonden]:
    """Make a proof of every delivery in an installation's topics, as its operator."""
    keystore = installatie.broker_keystore()
    transport = build_transport(installatie, keystore.tls)
    await transport.start()
    try:
        oins = {
            oin
            for versie in installatie.register.versies
            for oin in versie.adresboek.oins()
        }
        return await collect(transport, sorted(oins), installatie.register_entries())
    finally:
        await transport.close()


@for_people
def bewijs(
    *,
    folder: Annotated[Path, typer.Argument(help="Folder for the proof files.")],
    installation: InstallationOption = Path(DEFAULT_FOLDER),
) -> None:
    """Write a proof file for every delivery; for the operator of the broker.

    Example: corvus bewijs bewijzen/
    """
    found = asyncio.run(collect_proofs(open_installation(installation)))
    paths = write_proofs(folder, found)
    console.print(f"Wrote {len(paths)} proof files in {folder}.")


@for_people
def verify(
    *,
    file: Annotated[Path, typer.Argument(help="Proof file.")],
    trust: Annotated[
        Path | None,
        typer.Option(
            "--vertrouwen", help="Officers and roots to believe (vertrouwen.json)."
        ),
    ] = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Check a proof file without a network, and say in plain words what is proven.

    Exit code 0: everything holds. 1: the step that failed is named.

    Example: corvus verify politiemelding-...bewijs.json --vertrouwen vertrouwen.json
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SchemaError("bestand.onleesbaar", f"{file} cannot be read") from None
    anchors = (
        open_installation(installation).vertrouwen
        if trust is None
        else read_vertrouwen(trust)
    )
    verslag = Verificateur(anchors, load_catalogus()).verify(parse_bewijsbestand(text))
    if as_json:
        print_json(_as_dict(verslag))
    else:
        show_verslag(verslag)
    if not verslag.ok:
        raise typer.Exit(1)


def _as_dict(verslag: Verslag) -> dict[str, Any]:
    return {
        "ok": verslag.ok,
        "stappen": [
            {"stap": one.naam, "ok": one.ok, "tekst": one.tekst}
            for one in verslag.stappen
        ],
        "verstrekt": [
            {
                "rubriek": one.rubriek,
                "regels": one.regels,
                "grondslag": one.grondslag,
                "doel": one.doel,
                "status": one.status,
            }
            for one in verslag.verstrekt
        ],
    }


def show_verslag(verslag: Verslag) -> None:
    """Print what is proven, and under which rules what was disclosed."""
    for stap in verslag.stappen:
        mark = "[green]✓[/]" if stap.ok else "[red]✗[/]"
        console.print(f"{mark} [bold]{stap.naam}[/]: ", end="")
        console.print(stap.tekst, markup=False, highlight=False)
    if not verslag.ok:
        console.print("[bold red]NOT PROVEN[/]: the step above failed.")
        return
    grounds = load_grondslagen()
    table = Table(title="Disclosed")
    for column in ("rubriek", "rule", "ground", "doel", "status"):
        table.add_column(column, overflow="fold")
    for one in verslag.verstrekt:
        ground = grounds.get(one.grondslag)
        table.add_row(
            escape(one.rubriek),
            " ".join(one.regels),
            ground.citaat if ground else one.grondslag,
            one.doel,
            one.status,
        )
    console.print(table)
    console.print("[bold green]PROVEN[/]: every step holds.")
