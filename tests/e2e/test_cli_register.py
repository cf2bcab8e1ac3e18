"""Governance on the command line: officers sign, an operator publishes, it holds."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from router_process import running
from simulator_registers import without
from typer.testing import CliRunner

from corvus_adapters.cli.main import build_app
from corvus_adapters.installatie import Installatie
from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.register import time_text
from corvus_crypto.certificaten import to_ms

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

RUNNER = CliRunner()
pytestmark = pytest.mark.xdist_group("cli")


def run(*args: object) -> Result:
    return RUNNER.invoke(
        build_app(str(args[0])), [str(one) for one in args], env={"COLUMNS": "300"}
    )


def ok(*args: object) -> str:
    result = run(*args)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*args: object) -> str:
    result = run(*args)
    assert result.exit_code != 0
    return result.stderr.split(" ", 1)[0]


def await_force(path: Path) -> list[dict[str, object]]:
    """Wait until the newest version is in force; gives all of them."""
    deadline = time.monotonic() + 60
    while True:
        rows: list[dict[str, object]] = json.loads(
            ok("tabel", "versies", "--json", "-i", path)
        )
        if rows[-1]["status"] == "in force":
            return rows
        assert time.monotonic() < deadline, rows


@pytest.fixture
def path(sandbox_path: Path, tmp_path: Path) -> Path:
    own = tmp_path / "corvus"
    shutil.copytree(sandbox_path, own, ignore=shutil.ignore_patterns("*.sqlite*"))
    return own


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table without R0002, as its maker hands it in."""
    file = tmp_path / "tabel.yaml"
    text = without("R0002").replace("versie: 1\n", "versie: 2\n", 1)
    file.write_text(text, "utf-8")
    return file


def signed(path: Path, table: Path) -> Path:
    envelope = table.with_suffix(".dsse.json")
    for officer in ("functionaris-1", "functionaris-2"):
        ok("tabel", "sign", table, "--sleutel", officer, "-i", path)
    return envelope


async def test_a_table_goes_from_draft_to_force_in_a_running_router(
    path: Path, table: Path, tmp_path: Path
) -> None:
    log = tmp_path / "router.log"
    async with running(Installatie.open(path), log) as router:
        await router.ready()
        envelope = await asyncio.to_thread(signed, path, table)
        text = await asyncio.to_thread(
            ok, "tabel", "publish", envelope, "--nu", "--json", "-i", path
        )
        first, second = json.loads(text)
        assert (first["volgnummer"], second["volgnummer"]) == (1, 2)
        assert second["tabel_versie"] == 2
        await router._logged(b"register.version", 2)
        assert second["tabel"][:16] in log.read_text()
        rows = await asyncio.to_thread(await_force, path)
        assert [row["status"] for row in rows] == ["replaced", "in force"]
        both = ["functionaris-1", "functionaris-2"]
        assert rows[1]["ondertekenaars"] == rows[1]["tabel_ondertekenaars"] == both
        uitleg = await asyncio.to_thread(
            ok,
            *("tabel", "explain", "politiemelding", "incident"),
            *("--van", "POL", "--naar", "VT", "-i", path),
        )
        assert "R0002" not in uitleg
        assert await router.stop() == 0


def test_officers_of_a_production_sign_each_at_their_own_desk(
    path: Path, table: Path, tmp_path: Path
) -> None:
    settings = path / "corvus.toml"
    settings.write_text(settings.read_text().replace('"sandbox"', '"productie"', 1))
    desks = []
    for number in (1, 2):
        desk = tmp_path / f"bureau-{number}"
        desk.mkdir()
        for file in (path / "functionarissen").glob(f"functionaris-{number}.*"):
            file.rename(desk / file.name)
        desks.append(desk)
    envelope = table.with_suffix(".dsse.json")
    for desk in desks:
        ok("tabel", "sign", table, "--sleutel", desk, "-i", path)
    draft = tmp_path / "versie.json"
    told = ok("tabel", "publish", envelope, "--uit", draft, "-i", path)
    assert "still have to sign" in told
    assert refused("register", "publish", draft, "-i", path) == (
        "register.handtekeningen"
    )
    ok("register", "sign", draft, "--sleutel", desks[0] / "functionaris-1", "-i", path)
    assert refused("register", "publish", draft, "-i", path) == (
        "register.handtekeningen"
    )
    ok("register", "sign", draft, "--sleutel", desks[1], "-i", path)
    assert "version 2" in ok("register", "publish", draft, "-i", path)
    assert "already" in ok("register", "publish", "-i", path)
    shown = ok("tabel", "versies", "-i", path)
    assert re.search(r"2 .*concept 2.*scheduled", shown), shown


def test_the_wrong_signatures_are_refused_at_the_desk(
    path: Path, table: Path, tmp_path: Path
) -> None:
    envelope = table.with_suffix(".dsse.json")
    sign = ("tabel", "sign", table, "-i", path, "--sleutel")
    ok(*sign, "functionaris-1")
    assert refused(*sign, "functionaris-1") == "register.handtekeningen"
    assert refused(*sign, "niemand") == "sleutel.ontbreekt"
    assert refused(*sign, path / "functionarissen") == "functionaris.onbekend"
    assert refused("tabel", "publish", envelope, "-i", path) == (
        "register.handtekeningen"
    )
    table.write_text(concept_tabel(), "utf-8")
    assert refused(*sign, "functionaris-2") == "tabel.envelop"
    before = envelope.read_bytes()
    ok("tabel", "sign", envelope, "--sleutel", "functionaris-2", "-i", path)
    assert envelope.read_bytes() != before
    moment = ("--geldig-van", "morgen")
    assert refused("tabel", "publish", envelope, "-i", path, *moment) == "tijd.ongeldig"
    assert refused("tabel", "publish", "0" * 64, "-i", path) == "register.tabel"
    assert refused("register", "sign", tmp_path / "x", "--sleutel", "y", "-i", path)


def test_a_revocation_is_a_version_of_its_own(path: Path, tmp_path: Path) -> None:
    thumbprint = Installatie.open(path).keystore("pol-noord-nl").thumbprint.hex()
    draft = tmp_path / "versie.json"
    start = (datetime.now(AMSTERDAM) + timedelta(days=3)).date()
    text = ok(
        *("register", "volgende", "--trek-in", thumbprint, "--uit", draft),
        *("--geldig-van", f"{start}T00:00", "--json", "-i", path),
    )
    expected = datetime.combine(start, datetime.min.time(), AMSTERDAM)
    assert json.loads(text)["geldig_van"] == time_text(to_ms(expected))
    for officer in ("functionaris-1", "functionaris-2"):
        ok("register", "sign", draft, "--sleutel", officer, "-i", path)
    ok("register", "publish", draft, "-i", path)
    for file in (path / "register").glob("0002*"):
        file.unlink()
    assert "1 new version(s)" in ok("register", "haal", "-i", path)
    kept = Installatie.open(path).register.versies[-1]
    certificaat = kept.certificaat(bytes.fromhex(thumbprint))
    assert certificaat is not None
    assert certificaat.ingetrokken_op_ms == kept.geldig_van_ms
