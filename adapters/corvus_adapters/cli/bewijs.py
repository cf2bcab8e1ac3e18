"""``corvus bewijs`` and ``corvus verify``: make proof files and check them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from corvus_adapters.app import build_transport
from corvus_adapters.audit.beleid import read_beleid
from corvus_adapters.audit.insluiter import Insluiter
from corvus_adapters.audit.proces import open_opslag
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
    read_text,
)
from corvus_adapters.installatie.vertrouwen import read_vertrouwen
from corvus_routing.grondslagen import load_grondslagen
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import EnvelopeError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corvus_adapters.audit.beleid import Beleid
    from corvus_adapters.bewijs.bestand import Bewijsbestand
    from corvus_adapters.bewijs.verificatie import Verslag
    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.register import Vertrouwen


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
        with _insluiter(installatie) as insluiter:
            return await collect(
                transport, sorted(oins), installatie.register_entries(), insluiter
            )
    finally:
        await transport.close()


@contextlib.contextmanager
def _insluiter(installatie: Installatie) -> Iterator[Insluiter | None]:
    """Open the audit log; an installation without one has no keys for it."""
    if not installatie.getuigen_path.exists():
        yield None
        return
    opslag = open_opslag(installatie)
    try:
        yield Insluiter(opslag, read_beleid(installatie.getuigen_path))
    finally:
        opslag.close()


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
    console.print(
        f"Wrote {len(paths)} proof file{'' if len(paths) == 1 else 's'} in {folder}."
    )
    if paths:
        console.print(f"To check one: corvus verify {paths[0]} -i {installation}")
    else:
        console.print(
            "Nothing was delivered yet: corvus verstuur, with a corvus router."
        )


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
    witnesses: Annotated[
        Path | None,
        typer.Option(
            "--getuigen",
            help="Audit log and witnesses to believe (getuigen.json).",
        ),
    ] = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Check a proof file without a network, and say in plain words what is proven.

    Whom to believe is yours to say: a file vertrouwen.json that you got from where you
    trust, or an installation of your own with -i. So is which audit log, and how many
    of which witnesses: a file getuigen.json, or the installation's.

    Exit code 0: everything holds. 1: the step that failed is named. 2: whom to believe
    is not known.

    Example: corvus verify politiemelding-...bewijs.json --vertrouwen vertrouwen.json
    """
    bestand = _read_proof(file)
    anchors = _anchors(trust, installation)
    policy = _policy(witnesses, trust, installation)
    verslag = Verificateur(anchors, load_catalogus(), policy).verify(bestand)
    if as_json:
        print_json(_as_dict(verslag))
    else:
        show_verslag(verslag)
    if not verslag.ok:
        raise typer.Exit(1)


def _read_proof(file: Path) -> Bewijsbestand:
    """Read a proof file, and tell half of one from something else.

    Raises:
        SchemaError: ``bestand.onleesbaar``.
        EnvelopeError: ``bewijsbestand.ongeldig``.
    """
    text = read_text(file)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith(
            "Unterminated"
        )
        raise EnvelopeError(
            "bewijsbestand.ongeldig",
            f"{file} is not whole: it ends in the middle, after {len(text)} characters"
            if cut_off and text.strip()
            else f"{file} is no JSON, so no proof file",
            advice="Copy the file again, or make it again: corvus bewijs FOLDER",
        ) from None
    return parse_bewijsbestand(text)


def _anchors(trust: Path | None, installation: Path) -> Vertrouwen:
    """Read whom to believe: a file, or an installation's own.

    Raises:
        SettingsError: ``installatie.ontbreekt``, ``vertrouwen.ongeldig``.
    """
    if trust is not None:
        return read_vertrouwen(trust)
    if not installation.exists():
        raise SettingsError(
            "installatie.ontbreekt",
            f"whom to believe is not known: there is no installation in {installation}",
            advice="Name the officers and roots you trust: --vertrouwen vertrouwen.json."
            " Or name the installation that the proof is of: -i FOLDER",
        )
    return open_installation(installation).vertrouwen


def _policy(
    witnesses: Path | None, trust: Path | None, installation: Path
) -> Beleid | None:
    """Read which log and witnesses to believe: a file, or an installation's own.

    Raises:
        SettingsError: ``getuigen.ongeldig``.
    """
    if witnesses is not None:
        return read_beleid(witnesses)
    if trust is not None:
        return None
    path = open_installation(installation).getuigen_path
    return read_beleid(path) if path.exists() else None


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
