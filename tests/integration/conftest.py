"""An installation with a small table, and a chain whose register a test changes."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from governance_chain import Keten, small
from register_topic import Klok
from simulator_registers import entry, officers

from corvus_adapters.installatie import Installatie
from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_adapters.sqlite import SqliteTransport
from corvus_broker.register import sign_register, sign_tabel
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(scope="module")
def small_path(sandbox_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox whose first version has a small table."""
    path = tmp_path_factory.mktemp("klein") / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    sandbox = Installatie.open(path)
    stuk, both = entry(sandbox), officers(sandbox)
    parsed = parse_tabel(small(concept_tabel()), load_catalogus())
    signed, stuk["tabel"] = sign_tabel(parsed, both)
    for file in (path / "tabellen").iterdir():
        file.unlink()
    (path / "tabellen" / f"{stuk['tabel']}.json").write_bytes(signed)
    (path / "register" / "0001.json").write_bytes(sign_register(stuk, both))
    return path


@pytest.fixture
async def keten(small_path: Path, tmp_path: Path) -> AsyncIterator[Keten]:
    path = tmp_path / "corvus"
    shutil.copytree(small_path, path)
    klok = Klok(datetime.now(UTC))
    transport = SqliteTransport(path / "transport.sqlite", clock=klok.ms)
    await transport.start()
    keten = Keten(path, transport, klok)
    await keten.start()
    yield keten
    await keten.stop()
    await transport.close()
