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
        (["verstuur", "-", "--als", "pol-nord-nl"], "berichttype: x\ninhoud: {}\ndoel: y", 2, "sleutelbos.onbekend", "Close to it: pol-noord-nl"),
        (["verstuur", "-", "--als", "pol-noord-nl"], "berichttype: x\ninhoud: []\ndoell: y", 1, "concept.ongeldig", "line 3, doell: a message file has no part of this name; did you mean doel"),
        (["verstuur", "-", "--als", "pol-noord-nl"], "berichttype: x\ninhoud: []\ndoel: y", 1, "concept.ongeldig", "line 2, inhoud: a block of names and values is expected"),
        (["verstuur", "-", "--als", "pol-noord-nl"], "berichttype: x\ninhoud: {}\ndoel: y\ngeadresseerden: [vt-groninge]", 1, "organisatie.onbekend", "Close to it: vt-groningen"),
        (["verstuur", "-", "--als", "pol-noord-nl"], "berichttype: zsm_besluit\ninhoud: {}\ndoel: TOEZICHT\nantwoord_op: VUL-IN", 1, "concept.invullen", "line 4, antwoord_op"),
        (["schema", "kenmerken", "hg_labl"], "", 1, "kenmerk.onbekend", "Did you mean hg_label"),
        (["schema", "codes", "doell"], "", 1, "codelijst.onbekend", "Did you mean doel"),
        (["verstuur", "-", "--als", "pol-noord-nl"], "berichttype: politiemeldin\ninhoud: {}\ndoel: y", 1, "berichttype.onbekend", "politiemelding"),
        (["ontvang", "--als", "nobody"], "", 2, "sleutelbos.onbekend", "corvus adresboek"),
        (["tabel", "explain", "zsm_besluit", "nee", "--van", "OM", "--naar", "VT"], "", 1, "rubriek.onbekend", "zsm_besluit"),
        (["tabel", "explain", "zsm_besluit", "besluit", "--van", "OM", "--naar", "VT", "-k", "hg_labl=ja"], "", 1, "kenmerk.onbekend", "Did you mean hg_label"),
        (["tabel", "explain", "zsm_besluit", "besluit", "--van", "OMM", "--naar", "VT"], "", 1, "organisatietype.onbekend", "Did you mean OM"),
        (["router", "--partitions", "7"], "", 2, "router.partities", "0 to 3"),
        (["geparkeerd", "vrijgeven", "00000000-0000-0000-0000-000000000000"], "", 1, "geparkeerd.geen", "lijst"),
        (["verify", "/nonexistent"], "", 1, "bestand.onleesbaar", "there is no such file"),
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
    where = [] if args[0] == "schema" else ["-i", str(installation)]
    said = RUNNER.invoke(build_app(), [*args, *where], input=stdin)
    assert said.exit_code == exit_code, said.output
    assert code in said.stderr
    assert hint in said.stderr
    assert "Traceback" not in said.stderr


def _concept(text: str, berichttype: str, tmp_path: Path) -> Path:
    file = tmp_path / "bericht.yaml"
    made = RUNNER.invoke(build_app(), ["schema", "voorbeeld", berichttype])
    head, inhoud = made.stdout.split("inhoud:", 1)
    kept = [line for line in head.splitlines() if not re.match(text, line)]
    file.write_text("\n".join(kept) + "\ninhoud:" + inhoud)
    return file


@pytest.mark.parametrize(
    ("berichttype", "als", "left_out", "code", "hint"),
    [
        ("bekendheidscheck", "pol-noord-nl", r"ken|  acute", "geen_ontvanger", "Declare under kenmerken what is so, of acute_onveiligheid"),
        ("bekendheidscheck", "pol-noord-nl", r"gea|- vt", "geen_ontvanger", "Name them under geadresseerden, of type RECL"),
        ("zsm_besluit", "pol-noord-nl", r"#", "geen_ontvanger", "It is sent by OM"),
        ("overdracht_regio", "vt-groningen", r"- vt", "concept.ongeldig", "line 5, geadresseerden: a list is expected"),
    ],
)  # fmt: skip
def test_a_message_for_nobody_says_what_is_missing(
    installation: Path,
    tmp_path: Path,
    berichttype: str,
    als: str,
    left_out: str,
    code: str,
    hint: str,
) -> None:
    file = _concept(left_out, berichttype, tmp_path)
    said = RUNNER.invoke(
        build_app(), ["verstuur", str(file), "--als", als, "-i", str(installation)]
    )
    assert said.exit_code in {1, 2}
    assert code in said.stderr
    assert hint in said.stderr


def test_ja_and_nee_are_read_and_the_receipt_names_who_got_what(
    installation: Path, router: int
) -> None:
    example = run("schema", "voorbeeld", "politiemelding").stdout
    text = example.replace("acuut: true", "acuut: ja")
    text = text.replace("melder_anoniem: false", "melder_anoniem: nee")
    text = text.replace("opsporingsbelang: false", "opsporingsbelang: ja")
    assert text.count(": ja") == 2
    said = run("verstuur", "-", "--als", "pol-noord-nl", "-i", installation, stdin=text)
    assert said.returncode == 0, said.stderr
    assert "to       Veilig Thuis Groningen (sandbox)" in said.stdout
    assert "held back until released: opsporing, bijlagen" in said.stdout
    assert "betrokkenen[verdachte#0].justitieel" in said.stdout


def test_a_message_without_a_receipt_is_not_a_success(tmp_path: Path) -> None:
    assert run("init", tmp_path / "alone", "--minimal").returncode == 0
    example = run("schema", "voorbeeld", "politiemelding").stdout
    args: list[str | Path] = [
        "verstuur",
        "-",
        "--als",
        "pol-noord-nl",
        "-i",
        tmp_path / "alone",
    ]
    assert run(*args, "--wait", "0.3", stdin=example).returncode == 3
    assert run(*args, "--wait", "0", stdin=example).returncode == 0
    empty = run("geparkeerd", "lijst", "-i", tmp_path / "alone")
    assert empty.stdout == "Nothing is parked or put aside.\n", empty.stderr


def test_half_a_proof_and_nobody_to_believe_are_told(tmp_path: Path) -> None:
    half = tmp_path / "half.bewijs.json"
    half.write_text('{"levering": "abc')
    said = run("verify", half)
    assert (said.returncode, "is not whole" in said.stderr) == (1, True)
    half.write_text("{}")
    said = run("verify", half, "-i", tmp_path / "none")
    assert (said.returncode, "Traceback" in said.stderr) == (1, False)


def test_tables_into_a_pipe_are_plain_lines(installation: Path) -> None:
    said = run("adresboek", "VT", "-i", installation).stdout
    assert "vt-groningen" in said
    assert not set(said) & set("│┃━┏╭")
    assert all(len(line.split("  ")) > 3 for line in said.splitlines()[1:])


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
        ["schema", "list"], ["schema", "voorbeeld"], ["schema", "kenmerken"], ["schema", "codes"], ["scenario", "run"],
        ["geparkeerd", "lijst"], ["geparkeerd", "vrijgeven"], ["kafka", "up"],
    ],
)  # fmt: skip
def test_every_command_explains_itself(command: list[str]) -> None:
    said = RUNNER.invoke(build_app(), [*command, "--help"])
    assert said.exit_code == 0, said.output
    assert "Usage" in said.output
