"""A message whose layout is not here yet is kept, and opens when the layout comes."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import simulator
from schema_versies import CODE, as_data, evolved
from simulator import POL, VT, Simulator, concept

from corvus_adapters.app import build_pipeline, utc_now
from corvus_adapters.installatie import Installatie
from corvus_adapters.sdk.post import Geweigerdepost, Ontvangenbewijs
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _install(layout: Path, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "corvus_adapters"),
            *("schema", "installeer", str(layout), "-i", str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_it_waits_in_the_postbus_and_opens_when_the_layout_is_installed(
    sandbox_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    newer = evolved(tmp_path)
    layout = tmp_path / "layout.json"
    layout.write_bytes(as_data(newer).encode())
    inhoud = concept().inhoud
    inhoud["melding"]["taal"] = "fy"

    # The sender and the router have the newer software.
    with monkeypatch.context() as changed:
        changed.setattr(simulator, "CATALOGUS", newer)
        sim = Simulator(Installatie.open(path), tmp_path)
        sim.submit(sim.message(POL, concept(inhoud=inhoud)))
    monkeypatch.setattr(simulator, "CATALOGUS", load_catalogus())
    vt = sim.org(VT).organisatie
    [refused] = await vt.haal_op(wait_s=0)
    assert isinstance(refused, Geweigerdepost)
    assert refused.code == "schema.versie"
    assert vt.open_post() == []
    assert await vt.haal_op(wait_s=0) == [], "it does not hold up what comes after"

    done = await asyncio.to_thread(_install, layout, path)
    assert done.returncode == 0, done.stderr
    assert newer.berichttype(CODE).fingerprint.hex() in done.stdout
    vt.postbus.close()
    later = Installatie.open(path)
    sim.sandbox = later
    monkeypatch.setattr(simulator, "CATALOGUS", later.catalogus)
    del sim._orgs[VT]
    vt = sim.org(VT).organisatie
    await vt.haal_op(wait_s=0)
    [melding] = vt.open_post()
    assert melding.inhoud["incident"] == inhoud["incident"]
    assert melding.buiten_schema == {"melding.taal": "fy"}
    statuses = [one.status for one in sim.receipts(POL)]
    assert statuses == ["GEACCEPTEERD"]
    post = await sim.post(POL)
    assert isinstance(post[-1], Ontvangenbewijs)
    assert post[-1].bewijs.status == "AFGELEVERD"
    sim.close()


def test_an_installation_with_a_layout_gives_it_to_sdk_and_router(
    sandbox_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    newer = evolved(tmp_path)
    (path / "schemas").mkdir()
    (path / "schemas" / "x.json").write_bytes(as_data(newer).encode())
    installatie = Installatie.open(path)
    fingerprint = newer.berichttype(CODE).fingerprint
    pipeline = build_pipeline(installatie, installatie.broker_keystore(), utc_now())
    known = pipeline._omgeving.catalogus.versie(CODE, fingerprint)
    assert known.rubriek("drone") is not None
