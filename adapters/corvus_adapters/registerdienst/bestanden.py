"""The folders of an installation: signed entries as files."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from corvus_adapters.registerdienst.keuring import Stukken

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.register import Registerversie


def file_entries(installatie: Installatie) -> dict[bytes, Stukken]:
    """Give the entries in the folders, by register digest.

    Raises:
        RegisterError: a file is not what it must be.
    """
    found = installatie.register_entries()
    return {digest: Stukken(*entries) for digest, entries in found.items()}


def store(installatie: Installatie, versie: Registerversie, stukken: Stukken) -> bool:
    """Keep a version and its table as files; False when they are there."""
    if versie.digest in installatie.register_entries():
        return False
    store_tabel(installatie, versie.tabel_digest, stukken.tabel)
    folder = installatie.path / installatie.instellingen.registers.map
    name = f"{versie.volgnummer:04d}.json"
    if (folder / name).exists():
        name = f"{versie.volgnummer:04d}-{versie.digest.hex()[:16]}.json"
    write_whole(folder / name, stukken.register)
    return True


def store_tabel(installatie: Installatie, digest: bytes, tabel: bytes) -> Path:
    """Keep a signed table under its digest; in force only once a version names it."""
    folder = installatie.path / installatie.instellingen.registers.tabellen
    path = folder / f"{digest.hex()}.json"
    write_whole(path, tabel)
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with draft.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
