"""``corvus schema check, versies, indeling, installeer``: versions of berichttypen."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    errors,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.installatie.openen import SCHEMAS
from corvus_schemas.berichttypen import FINGERPRINT_BYTES
from corvus_schemas.catalogus import load_catalogus, read_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.indeling import Indeling, parse_indeling
from corvus_schemas.verenigbaarheid import check_changes, check_published

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_schemas.berichttypen import Berichttype
    from corvus_schemas.catalogus import Catalogus

BerichttypeArgument = Annotated[str, typer.Argument(help="For example politiemelding.")]


@for_people
def check(
    *,
    folder: Annotated[
        Path | None,
        typer.Option("--map", help="Check this data folder instead of our own."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the berichttypen against those that were published; exit 1 on a finding.

    E1 to E8: the change breaks messages of others. E9: it was not published yet. The
    rules are in schemas/README.md.

    Example: corvus schema check
    """
    if folder is not None and not (folder / "berichttypen").is_dir():
        raise SchemaError(
            "bestand.onleesbaar",
            f"{folder} is no data folder: it has no folder berichttypen",
            advice="Name a folder like schemas/corvus_schemas/data.",
        )
    catalogus = load_catalogus() if folder is None else read_catalogus(folder)
    published = catalogus.gepubliceerd
    found = [
        *check_changes(catalogus, published),
        *check_published(catalogus, published),
    ]
    if as_json:
        print_json(
            [
                {
                    "regel": one.regel,
                    "plaats": one.plaats,
                    "uitleg": one.uitleg,
                    "berichttypen": one.berichttypen,
                }
                for one in found
            ]
        )
    else:
        for one in found:
            console.print(str(one), markup=False, highlight=False, soft_wrap=True)
        said = f"{len(found)} findings" if found else "all as published"
        console.print(f"{len(catalogus.berichttypen)} berichttypen: {said}")
    if found:
        raise typer.Exit(1)


@for_people
def versies(
    *,
    berichttype: BerichttypeArgument,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Show every version of a berichttype that can be opened here.

    The first is the one that is sent. Versions in the folder schemas of an
    installation count, when there is one.

    Example: corvus schema versies politiemelding
    """
    catalogus = _catalogus(installation)
    found = catalogus.versies(berichttype)
    if as_json:
        print_json(
            [
                {
                    "schema": one.fingerprint.hex(),
                    "herkomst": _origin(one, catalogus),
                    "rubrieken": len(one.rubrieken),
                }
                for one in found
            ]
        )
        return
    table = Table(title=f"{berichttype}: versions that can be opened")
    for column in ("version", "use", "rubrieken"):
        table.add_column(column)
    for one in found:
        table.add_row(
            one.fingerprint.hex(), _origin(one, catalogus), str(len(one.rubrieken))
        )
    console.print(table)


@for_people
def indeling(
    *,
    berichttype: BerichttypeArgument,
    versie: Annotated[
        str | None, typer.Argument(help="Fingerprint; without it the one sent.")
    ] = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
) -> None:
    """Print one version as a file, for a partner whose software is older.

    The digest goes to standard error: compare it over another channel.

    Example: corvus schema indeling politiemelding > politiemelding.json
    """
    catalogus = _catalogus(installation)
    data = _as_file(catalogus, berichttype, versie).encode()
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
    errors.print(f"sha256 {hashlib.sha256(data).hexdigest()}", highlight=False)


@for_people
def installeer(
    *,
    file: Annotated[Path, typer.Argument(help="File made by corvus schema indeling.")],
    installation: InstallationOption = Path(DEFAULT_FOLDER),
) -> None:
    """Add a version of a berichttype to an installation, so that it can be opened.

    What is sent from here does not change. Messages that wait for it open by
    themselves; a running router reads it when it starts again.

    Example: corvus schema installeer politiemelding.json
    """
    installatie = open_installation(installation)
    try:
        data = file.read_bytes()
    except OSError:
        raise SchemaError(
            "bestand.onleesbaar", f"{file} cannot be read", advice="Check its name."
        ) from None
    added = parse_indeling(data, file.name)
    berichttype = added.berichttype
    catalogus = installatie.catalogus.with_indeling(added)
    named = f"{berichttype.code} {berichttype.fingerprint.hex()}"
    if catalogus is installatie.catalogus:
        console.print(f"{named} was known here already; nothing changed")
        return
    target = installatie.path / SCHEMAS / f"{named.replace(' ', '.')}.json"
    target.parent.mkdir(exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(target)
    console.print(f"{escape(named)} can be opened now: {target}", soft_wrap=True)
    digest = hashlib.sha256(data).hexdigest()
    console.print(f"sha256 {digest}", highlight=False, soft_wrap=True)


def _catalogus(installation: Path) -> Catalogus:
    if not installation.exists() and installation == Path(DEFAULT_FOLDER):
        return load_catalogus()
    return open_installation(installation).catalogus


def _origin(berichttype: Berichttype, catalogus: Catalogus) -> str:
    if berichttype is catalogus.berichttypen[berichttype.code]:
        return "sent and opened"
    added = {id(one.berichttype) for one in catalogus.bijgevoegd}
    return "opened, from file" if id(berichttype) in added else "opened, former"


def _as_file(catalogus: Catalogus, code: str, versie: str | None) -> Indeling:
    huidig = catalogus.berichttype(code)
    wanted = huidig.fingerprint if versie is None else _fingerprint(versie)
    found = catalogus.versie(code, wanted)
    for one in catalogus.bijgevoegd:
        if one.berichttype is found:
            return one
    published = catalogus.gepubliceerd.fingerprints(code)
    until = published.index(wanted) if wanted in published else len(published)
    return Indeling(found, published[:until], catalogus.codelijsten)


def _fingerprint(text: str) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != FINGERPRINT_BYTES:
        raise SchemaError(
            "schema.versie",
            f"a version is named by {2 * FINGERPRINT_BYTES} hexadecimals",
            advice="corvus schema versies shows those that are known.",
        )
    return value


COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "check": check,
    "versies": versies,
    "indeling": indeling,
    "installeer": installeer,
}
