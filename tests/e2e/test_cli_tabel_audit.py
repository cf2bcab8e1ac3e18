"""Replay, shadow and impact over the evidence of a real router, as operators run it."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from simulator import POL, concept
from typer.testing import CliRunner

import corvus_routing
from corvus_adapters.app import build_organisatie
from corvus_adapters.cli import gedeeld
from corvus_adapters.cli.main import build_app
from corvus_adapters.cli.scenario import running_router
from corvus_adapters.installatie import Installatie
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.bewijs import Ontvangstbewijs

if TYPE_CHECKING:
    from typer.testing import Result

CONCEPT = (
    Path(corvus_routing.__file__).parent / "data" / "verstrekkingentabel-concept.yaml"
)
RUNNER = CliRunner()
MESSAGES = 3
pytestmark = pytest.mark.xdist_group("cli_tabel")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    for console in (gedeeld.console, gedeeld.errors):
        monkeypatch.setattr(console, "width", 250)


def corvus(*args: str | Path) -> Result:
    return RUNNER.invoke(
        build_app("tabel"), ["tabel", *map(str, args)], catch_exceptions=False
    )


async def send(path: Path, count: int) -> list[str]:
    """Send messages through a router that runs until all were answered."""
    installatie = Installatie.open(path)
    async with running_router(installatie) as transport:
        police = build_organisatie(installatie, installatie.keystore(POL), transport)
        sent = [
            (await police.verstuur(concept("zsm_aanmelding", seed=seed))).bericht_id
            for seed in range(1, count + 1)
        ]
        answered: set[str] = set()
        async with asyncio.timeout(60):
            while len(answered) < count:
                for one in await police.haal_op(wait_s=0.2):
                    bewijs = getattr(one, "bewijs", None)
                    if isinstance(bewijs, Ontvangstbewijs):
                        assert bewijs.status == "GEACCEPTEERD", bewijs.code
                        answered.add(bewijs.bericht_id.hex())
        police.postbus.close()
    return sent


@pytest.fixture(scope="module")
def chain(
    sandbox_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[str]]:
    """An installation of which the router decided some messages."""
    path = tmp_path_factory.mktemp("audit") / "corvus"
    ignore = shutil.ignore_patterns("*.sqlite*")
    shutil.copytree(sandbox_path, path, ignore=ignore)
    return path, asyncio.run(send(path, MESSAGES))


@pytest.fixture
def copy(chain: tuple[Path, list[str]], tmp_path: Path) -> Path:
    """The same installation, to change something in."""
    path = tmp_path / "corvus"
    shutil.copytree(chain[0], path)
    return path


@pytest.fixture(scope="module")
def kandidaat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The concept table without what the police tells the VT in a zsm_aanmelding."""
    blocks = CONCEPT.read_text(encoding="utf-8").split("\n- ")
    kept = [block for block in blocks if not _told_to_vt(block)]
    assert len(kept) < len(blocks)
    path = tmp_path_factory.mktemp("tabel") / "kandidaat.yaml"
    text = "\n- ".join(kept).replace("versie: 1", "versie: 2", 1)
    path.write_text(text, encoding="utf-8")
    return path


def _told_to_vt(block: str) -> bool:
    lines = {line.strip() for line in block.splitlines()}
    return {
        "berichttype: zsm_aanmelding",
        "van: POL",
        "naar: VT",
        "besluit: ja",
    } <= lines


def test_replay_of_everything_is_equal(chain: tuple[Path, list[str]]) -> None:
    path, sent = chain
    done = corvus("replay", "-i", path)
    assert done.exit_code == 0, done.output
    assert f"EQUAL: {MESSAGES} messages" in done.stdout
    told = json.loads(corvus("replay", sent[0], "-i", path, "--json").stdout)
    assert (told["gelijk"], told["berichten"], told["afwijkingen"]) == (True, 1, [])
    assert told["beslissingen"] > 1
    none = json.loads(
        corvus("replay", "--tot", "2026-01-01", "-i", path, "--json").stdout
    )
    assert none["berichten"] == 0
    since = corvus("replay", "--sinds", "2026-01-01", "-i", path, "--json")
    assert json.loads(since.stdout)["berichten"] == MESSAGES


def test_replay_of_an_unknown_message_says_so(chain: tuple[Path, list[str]]) -> None:
    path, _ = chain
    done = corvus("replay", "01890a5d-ac96-774b-bcce-b302099a8057", "-i", path)
    assert (done.exit_code, "audit.bericht_onbekend" in done.stderr) == (1, True)
    done = corvus("replay", "geen-id", "-i", path)
    assert done.exit_code == 1


def test_replay_finds_a_byte_changed_in_the_log(copy: Path) -> None:
    installatie = Installatie.open(copy)
    with sqlite3.connect(installatie.sqlite_path) as database:
        header = wire_schema("auditbatch").header
        number, value = next(
            row
            for row in database.execute("SELECT id, value FROM records")
            if (row[1] or b"").startswith(header)
        )
        at = value.index(b"opsporingsbelang")
        bent = value[: at + 18] + bytes([value[at + 18] ^ 1]) + value[at + 19 :]
        database.execute("UPDATE records SET value = ? WHERE id = ?", (bent, number))
    done = corvus("replay", "-i", copy)
    assert done.exit_code == 1
    assert "audit.ongeldig" in done.stdout
    assert "NOT EQUAL" in done.stdout


def test_a_table_file_edited_after_signing_decides_nothing(copy: Path) -> None:
    installatie = Installatie.open(copy)
    tabellen = copy / installatie.instellingen.registers.tabellen
    (file,) = tabellen.glob("*.json")
    text = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(text[:200] + bytes([text[200] ^ 1]) + text[201:])
    done = corvus("replay", "-i", copy)
    assert done.exit_code != 0
    assert "register." in done.stderr


def test_replay_with_a_candidate_names_who_loses_what(
    chain: tuple[Path, list[str]], kandidaat: Path
) -> None:
    path, sent = chain
    done = corvus("replay", "--tabel", kandidaat, "-i", path, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    rows = told["afwijkingen"]
    assert {row["bericht_id"] for row in rows} == set(sent)
    assert {row["naar"] for row in rows} == {"VT"}
    assert all(row["was"] == "toegestaan" and row["regels_was"] for row in rows)
    assert told["samenvatting"]["anders"] == MESSAGES
    same = corvus("replay", "--tabel", CONCEPT, "-i", path)
    assert same.exit_code == 0
    assert f"0 of {MESSAGES} messages" in same.stdout


def test_impact_counts_the_messages_of_the_log(
    chain: tuple[Path, list[str]], kandidaat: Path
) -> None:
    path, _ = chain
    tables = (CONCEPT, kandidaat)
    done = corvus("impact", *tables, "--uit-audit", "-i", path, "--json")
    told = json.loads(done.stdout)
    assert (told["koppen"], told["anders"]) == (MESSAGES, MESSAGES)
    changed = {(one["naar"], one["wordt"]) for one in told["wijzigingen"]}
    assert changed == {("VT", "geweigerd")}
    assert all(one["aantal"] == MESSAGES for one in told["wijzigingen"])
    none = corvus("impact", *tables, "-i", path)
    assert (none.exit_code, "koppen.keuze" in none.stderr) == (2, True)


def test_shadow_once_tells_each_difference_and_exits_1(
    chain: tuple[Path, list[str]], kandidaat: Path
) -> None:
    path, sent = chain
    done = corvus("shadow", kandidaat, "-i", path, "--json")
    assert done.exit_code == 1
    *rows, total = (json.loads(line) for line in done.stdout.splitlines())
    assert {row["bericht_id"] for row in rows} == set(sent)
    assert (total["berichten"], total["anders"]) == (MESSAGES, MESSAGES)
    people = corvus("shadow", kandidaat, "-i", path)
    assert "no longer visible" in people.stdout
    assert f"{MESSAGES} of {MESSAGES} messages would have been" in people.stdout
    same = corvus("shadow", CONCEPT, "-i", path)
    assert (same.exit_code, f"0 of {MESSAGES}" in same.stdout) == (0, True)


def test_a_candidate_that_does_not_parse_is_refused(
    chain: tuple[Path, list[str]], tmp_path: Path
) -> None:
    broken = tmp_path / "kapot.yaml"
    text = CONCEPT.read_text(encoding="utf-8")
    broken.write_text(text.replace("besluit: ja", "besluit: soms", 1), "utf-8")
    for command in (("shadow", broken), ("replay", "--tabel", broken)):
        done = corvus(*command, "-i", chain[0])
        assert (done.exit_code, "tabel.ongeldig" in done.stderr) == (4, True)


def test_shadow_follows_stops_on_sigterm_and_goes_on(
    copy: Path, kandidaat: Path, tmp_path: Path
) -> None:
    position = tmp_path / "positie.json"
    first = follow(copy, kandidaat, position, wait_for=MESSAGES)
    assert first["berichten"] == MESSAGES
    asyncio.run(send(copy, 1))
    second = follow(copy, kandidaat, position, wait_for=MESSAGES + 1)
    assert second["berichten"] == MESSAGES + 1
    assert second["regels"] < first["regels"], "what was told is not told again"
    other = corvus("shadow", CONCEPT, "--volg", "--positie", position, "-i", copy)
    assert (other.exit_code, "schaduw.positie" in other.stderr) == (2, True)


def follow(
    path: Path, kandidaat: Path, position: Path, wait_for: int
) -> dict[str, int]:
    """Run a shadow as a process until it saw so many messages, then stop it."""
    args = ("tabel", "shadow", kandidaat, "--volg", "-i", path, "--json")
    more = ("--positie", position, "--metrics-port", "0")
    with subprocess.Popen(
        [sys.executable, "-m", "corvus_adapters", *map(str, (*args, *more))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        url = process.stderr.readline().split()[-1]
        deadline = time.monotonic() + 60
        while not position.exists() or _seen(position) < wait_for:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with urllib.request.urlopen(url) as answer:
            metrics = answer.read().decode()
        process.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in process.stdout.read().splitlines()]
        assert process.wait(20) == 0
    assert 'corvus_shadow_differences_total{berichttype="zsm_aanmelding"' in metrics
    assert 'naar="VT",verandering="niet_meer"' in metrics
    rows = [line for line in lines if line["soort"] == "verschil"]
    return {"berichten": lines[-1]["berichten"], "regels": len(rows)}


def _seen(position: Path) -> int:
    seen: int = json.loads(position.read_text("utf-8"))["berichten"]
    return seen


def test_a_damaged_position_is_named(
    chain: tuple[Path, list[str]], kandidaat: Path, tmp_path: Path
) -> None:
    position = tmp_path / "positie.json"
    position.write_text("{}", "utf-8")
    done = corvus("shadow", kandidaat, "--volg", "--positie", position, "-i", chain[0])
    assert (done.exit_code, "schaduw.positie" in done.stderr) == (2, True)
