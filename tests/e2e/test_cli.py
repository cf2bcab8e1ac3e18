"""The command line as its users meet it: a real router process, real files."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from corvus_adapters.cli.main import build_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNNER = CliRunner()
CORVUS = [sys.executable, "-m", "corvus_adapters"]
pytestmark = pytest.mark.xdist_group("cli")


def run(*args: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CORVUS, *map(str, args)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "sandbox"
    made = run("init", path, "--minimal")
    assert made.returncode == 0, made.stderr
    assert "concept rules are in force" in made.stdout
    return path


@pytest.fixture(scope="module")
def router(installation: Path) -> Iterator[int]:
    log = installation.parent / "router.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*CORVUS, "router", "-i", str(installation), "--port", "0"],
            stdout=stream,
            stderr=stream,
        )
    try:
        port = _await_port(log)
        yield port
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()


def _await_port(log: Path) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = re.search(
            r"poort=\D*?(\d+)", re.sub(r"\x1b\[\d*m", "", log.read_text())
        )
        if found and _status(int(found[1]), "readyz") == 200:
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def _status(port: int, path: str) -> int:
    try:
        with urlopen(f"http://127.0.0.1:{port}/{path}", timeout=2) as answer:
            return int(answer.status)
    except OSError:
        return 0


def test_a_message_goes_out_and_comes_in(installation: Path, router: int) -> None:
    example = run("schema", "voorbeeld", "politiemelding")
    sent = run(
        "verstuur", "-", "--als", "pol-noord-nl", "-i", installation, "--json",
        stdin=example.stdout,
    )  # fmt: skip
    assert sent.returncode == 0, sent.stderr
    said = json.loads(sent.stdout)
    assert said["status"] == "GEACCEPTEERD"
    got = run("ontvang", "--als", "vt-groningen", "-i", installation, "--json")
    [message] = [
        one for one in json.loads(got.stdout) if one["bericht_id"] == said["bericht_id"]
    ]
    assert message["inhoud"]["melding"]["meldingnummer"].startswith("TEST-")
    assert "justitieel" not in json.dumps(message["inhoud"])
    assert all(regel.startswith("R") for regel in message["regels"].values())


def test_what_was_disclosed_is_proven_and_a_changed_byte_is_named(
    installation: Path, router: int, tmp_path: Path
) -> None:
    example = run("schema", "voorbeeld", "politiemelding").stdout
    run("verstuur", "-", "--als", "pol-noord-nl", "-i", installation, stdin=example)
    run("ontvang", "--als", "vt-groningen", "-i", installation, "--bevestig")
    made = run("bewijs", tmp_path / "bewijzen", "-i", installation)
    assert made.returncode == 0, made.stderr
    proof = min((tmp_path / "bewijzen").glob("*.json"))
    trust = installation / "vertrouwen.json"
    good = run("verify", proof, "--vertrouwen", trust)
    assert good.returncode == 0, good.stdout
    assert "PROVEN" in good.stdout
    content = json.loads(proof.read_text())
    raw = content["beslisregel"]
    content["beslisregel"] = ("A" if raw[40] != "A" else "B").join([raw[:40], raw[41:]])
    proof.write_text(json.dumps(content))
    bad = run("verify", proof, "--vertrouwen", trust)
    assert bad.returncode == 1
    assert "✗ besluit" in bad.stdout
    assert "NOT PROVEN" in bad.stdout


def test_metrics_count_and_hold_no_names(installation: Path, router: int) -> None:
    with urlopen(f"http://127.0.0.1:{router}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert "corvus_messages_received_total" in text
    assert "corvus_batch_records_bucket" in text
    assert "00009999" not in text


@pytest.mark.parametrize(
    ("args", "stdin", "exit_code", "code", "hint"),
    [
        (["verstuur", "-", "--als", "pol-noord-nl"], "a: [", 1, "bestand.onleesbaar", "line"),
        (["verstuur", "-", "--als", "pol-noord-nl"], "a: 1", 1, "concept.ongeldig", "berichttype"),
        (["verstuur", "-", "--als", "nobody"], "berichttype: x\ninhoud: {}\ndoel: y", 2, "sleutelbos.onbekend", "pol-noord-nl"),
        (["verstuur", "-", "--als", "pol-noord-nl"], "berichttype: politiemeldin\ninhoud: {}\ndoel: y", 1, "berichttype.onbekend", "politiemelding"),
        (["ontvang", "--als", "nobody"], "", 2, "sleutelbos.onbekend", "vt-groningen"),
        (["tabel", "explain", "zsm_besluit", "nee", "--van", "OM", "--naar", "VT"], "", 1, "rubriek.onbekend", "zsm_besluit"),
        (["tabel", "explain", "zsm_besluit", "besluit", "--van", "OM", "--naar", "VT", "-k", "x=ja"], "", 1, "kenmerk.onbekend", "hg_label"),
        (["router", "--partitions", "7"], "", 2, "router.partities", "0 to 3"),
        (["geparkeerd", "vrijgeven", "00000000-0000-0000-0000-000000000000"], "", 1, "geparkeerd.geen", "lijst"),
        (["verify", "/nonexistent"], "", 1, "bestand.onleesbaar", "cannot be read"),
    ],
)  # fmt: skip
def test_wrong_input_gets_a_code_and_says_what_to_do(
    installation: Path,
    args: list[str],
    stdin: str,
    exit_code: int,
    code: str,
    hint: str,
) -> None:
    said = RUNNER.invoke(build_app(), [*args, "-i", str(installation)], input=stdin)
    assert said.exit_code == exit_code, said.output
    assert code in said.stderr
    assert hint in said.stderr
    assert "Traceback" not in said.stderr


def test_without_an_installation_it_says_how_to_make_one(tmp_path: Path) -> None:
    said = run("adresboek", "-i", tmp_path / "none")
    assert (said.returncode, "corvus init" in said.stderr) == (2, True)


def test_explain_names_rule_ground_and_what_is_unknown(installation: Path) -> None:
    said = run(
        "tabel", "explain", "zsm_besluit", "strafzaakinfo", "--van", "OM", "--naar", "VT",
        "-k", "hg_label=ja", "-i", installation, "--json",
    )  # fmt: skip
    found = json.loads(said.stdout)
    assert found["uitkomst"] == "geweigerd"
    denial = next(one for one in found["regels"] if one["besluit"] == "nee")
    assert denial["onbekend"] == ["nodig_voor_veiligheid"]


@pytest.mark.parametrize(
    "command",
    [
        [], ["init"], ["router"], ["verstuur"], ["ontvang"], ["bewijs"], ["verify"],
        ["demo"], ["adresboek"], ["instellingen"], ["tabel", "explain"],
        ["schema", "list"], ["schema", "voorbeeld"], ["scenario", "run"],
        ["geparkeerd", "lijst"], ["geparkeerd", "vrijgeven"], ["kafka", "up"],
    ],
)  # fmt: skip
def test_every_command_explains_itself(command: list[str]) -> None:
    said = RUNNER.invoke(build_app(), [*command, "--help"])
    assert said.exit_code == 0, said.output
    assert "Usage" in said.output
