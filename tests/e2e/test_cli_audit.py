"""``corvus audit`` and ``corvus getuige`` as their users meet them: real processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from auditlog_bouw import make_batch
from typer.testing import CliRunner

from corvus_adapters.app import build_attesteerder, build_transport, database_url
from corvus_adapters.audit.opslag import Auditopslag
from corvus_adapters.cli.main import build_app
from corvus_adapters.getuige.map import open_map
from corvus_adapters.installatie import Installatie
from corvus_adapters.webvraag import vraag
from corvus_broker.ports import Append, TopicSpec
from corvus_broker.topics import AUDIT
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_S: Final = 60.0


def run(*args: str | Path) -> tuple[int, str]:
    words = [str(arg) for arg in args]
    result = CliRunner().invoke(build_app(words[0]), words, env={"COLUMNS": "200"})
    return result.exit_code, result.output


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextlib.contextmanager
def process(*args: str | Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "corvus_adapters", *map(str, args)],
            stdout=out,
            stderr=out,
            env={**os.environ, "NO_COLOR": "1"},
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
        running.wait(WAIT_S)


def wait_for(url: str, status: int = 200, containing: str = "") -> str:
    end = time.monotonic() + WAIT_S
    while True:
        with contextlib.suppress(UnavailableError):
            answer = vraag(url)
            if answer.status == status and containing in answer.tekst:
                return answer.tekst
        assert time.monotonic() < end, f"{url} did not come"
        time.sleep(0.1)


def record(installatie: Installatie, first: int, count: int) -> None:
    """Record batches as a router would."""

    async def work() -> None:
        broker = installatie.broker_keystore()
        transport = build_transport(installatie, broker.tls)
        await transport.start()
        await transport.ensure_topics([TopicSpec(AUDIT)])
        tijd_ms = installatie.register.versies[0].geldig_van_ms + 1000
        signer = build_attesteerder(broker)
        values = [make_batch(signer, first + at, tijd_ms) for at in range(count)]
        await transport.append([Append(AUDIT, 0, b"", value) for value in values])
        await transport.close()

    asyncio.run(work())


@pytest.fixture
def installatie(sandbox_path: Path, tmp_path: Path) -> Installatie:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    return Installatie.open(path)


@pytest.mark.slow
def test_a_log_and_its_witness_work_together_and_a_fork_ends_it(
    installatie: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-7, SPEC 19-8
    path, folder = installatie.path, tmp_path / "getuige"
    port, witness_port, metrics = free_port(), free_port(), free_port()
    base = f"http://127.0.0.1:{port}"
    record(installatie, 0, 5)
    code, said = run(
        "getuige", "maak", folder, "--naam", "een.example/w",
        "--log", installatie.getuigen_path, "--url", base, "--port", str(witness_port),
    )  # fmt: skip
    assert code == 0, said
    [key] = [line for line in said.splitlines() if line.startswith("een.example/w+")]
    policy = json.loads(installatie.getuigen_path.read_text("utf-8"))
    policy["getuigen"] = [{"sleutel": key, "url": f"http://127.0.0.1:{witness_port}"}]
    policy["drempel"] = 1
    installatie.getuigen_path.write_text(json.dumps(policy), "utf-8")
    log, seen = tmp_path / "audit.log", tmp_path / "getuige.log"
    audit = ("audit", "-i", path, "--port", str(port), "--metrics-port", "0")
    loop = ("getuige", "loop", folder, "--metrics-port", str(metrics))
    with process(*loop, log=seen) as witness:
        with process(*audit, log=log) as first:
            wait_for(f"{base}/checkpoint", containing="een.example/w")
            first.kill()
            first.wait()
        record(installatie, 5, 300)
        with process(*audit, log=log):
            text = wait_for(f"{base}/checkpoint", containing="\n305\n")
            wait_for(f"{base}/checkpoint", containing="een.example/w")
            assert text.startswith(policy["log"][0].partition("+")[0])
            assert run("audit", "status", "-i", path)[0] == 0
            assert run("audit", "controleer", "-i", path)[0] == 0
            assert "305 leaves" in run("getuige", "kijk", folder)[1]
        # The operator takes the store and the topic away and signs another history.
        Path(installatie.sqlite_path).unlink()
        for name in (path / "audit").glob("log.sqlite*"):
            name.unlink()
        for name in path.glob("transport.sqlite*"):
            name.unlink()
        record(installatie, 1000, 305)
        with process(*audit, log=log):
            wait_for(f"{base}/checkpoint", containing="\n305\n")
            assert witness.wait(WAIT_S) == 4
    assert "getuige.vork" in seen.read_text("utf-8")
    assert "audit.not_cosigned" in log.read_text("utf-8")
    code, said = run("getuige", "alarm", folder)
    assert code == 1
    assert said.count("\n305\n") == 2
    assert run("getuige", "kijk", folder)[0] == 4
    code, said = run("audit", "status", "-i", path)
    assert code == 1
    assert "proven by enough of them: 0 leaves" in said


def test_a_store_that_is_not_of_this_topic_ends_with_exit_code_4(
    installatie: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-6
    record(installatie, 0, 3)
    log = tmp_path / "audit.log"
    audit = ("audit", "-i", installatie.path, "--port", "0", "--metrics-port", "0")
    with process(*audit, log=log):
        end = time.monotonic() + WAIT_S
        while "3 leaves" not in run("audit", "status", "-i", installatie.path)[1]:
            assert time.monotonic() < end
    for name in installatie.path.glob("transport.sqlite*"):
        name.unlink()
    record(installatie, 0, 2)
    with process(*audit, log=log) as again:
        assert again.wait(WAIT_S) == 4
    assert "auditlog.topic" in log.read_text("utf-8")
    code, _ = run("audit", "controleer", "-i", installatie.path)
    assert code == 4


def test_a_store_of_a_newer_program_is_refused(installatie: Installatie) -> None:
    url = database_url(installatie, installatie.instellingen.audit.opslag)
    opslag = Auditopslag(url)
    with opslag._databank.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    opslag.close()
    code, said = run("audit", "status", "-i", installatie.path)
    assert (code, "databank.versie" in said) == (2, True)


def test_what_is_missing_or_wrong_is_said(
    installatie: Installatie, tmp_path: Path
) -> None:
    policy = installatie.getuigen_path
    assert "sleutel.bestaat" in run("audit", "sleutel", "x", "-i", installatie.path)[1]
    assert "getuige.map" in run("getuige", "kijk", tmp_path / "none")[1]
    made = ("getuige", "maak", tmp_path / "w", "--log", policy, "--naam")
    assert "getuige.map" in run(*made, "Een Getuige", "--url", "http://x")[1]
    assert "getuige.map" in run(*made, "een", "--url", "x")[1]
    assert run(*made, "een", "--url", "http://127.0.0.1:1")[0] == 0
    assert "getuige.bestaat" in run(*made, "een", "--url", "http://127.0.0.1:1")[1]
    code, said = run("getuige", "kijk", tmp_path / "w")
    assert (code, "web.onbereikbaar" in said) == (3, True)
    content = json.loads(policy.read_text("utf-8"))
    key = run_key(tmp_path / "w")
    for wrong in (
        {"drempel": 1},
        {"log": content["log"][::-1]},
        {"log": [content["log"][0]]},
        {"getuigen": [{"sleutel": content["log"][0], "url": ""}]},
        {"getuigen": [{"sleutel": key, "url": ""}] * 2},
        {"getuigen": [{"sleutel": key, "url": "ftp://x"}]},
        {"extra": 1},
    ):
        policy.write_text(json.dumps({**content, **wrong}), "utf-8")
        code, said = run("audit", "status", "-i", installatie.path)
        assert (code, "getuigen.ongeldig" in said) == (2, True), wrong
    policy.unlink()
    assert run("audit", "status", "-i", installatie.path)[0] == 2


def run_key(folder: Path) -> str:

    return open_map(folder).identiteit.publiek.encode()
