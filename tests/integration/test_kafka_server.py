"""Starting a Kafka of our own, and saying well why there is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from reading import read_until
from transport_backends import started
from typer.testing import CliRunner

from corvus_adapters.cli.kafka import app
from corvus_adapters.kafka import KafkaTransport, jars
from corvus_adapters.kafka.certificates import OPERATOR_OIN, SandboxCa
from corvus_adapters.kafka.processes import NodeProcess
from corvus_adapters.kafka.server import JavaOptions, KafkaServer, existing_cluster
from corvus_adapters.kafka.server_config import load_or_make, write_node
from corvus_broker.ports import Append, TopicSpec
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_without_maven_the_error_says_how_to_get_kafka(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    attempts: list[Callable[[], object]] = [
        jars.java,
        lambda: jars.resolve(tmp_path / "nergens"),
    ]
    for attempt in attempts:
        with pytest.raises(SettingsError) as refused:
            attempt()
        assert refused.value.code == "kafka.niet_beschikbaar"
        assert "KAFKA_BOOTSTRAP" in refused.value.advice
        assert "maven" in refused.value.advice


def test_a_jar_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kafka_2.13-4.3.1.jar").write_bytes(b"iets anders")
    with pytest.raises(SettingsError) as refused:
        jars._check(tmp_path)
    assert refused.value.code == "kafka.niet_beschikbaar"


def test_a_folder_keeps_its_node_count_and_security(tmp_path: Path) -> None:
    first = KafkaServer(tmp_path, tls=None)
    assert KafkaServer(tmp_path, tls=None).bootstrap == first.bootstrap
    tls = SandboxCa.make(tmp_path / "tls").issue(OPERATOR_OIN, "Beheer")
    others: list[Callable[[], object]] = [
        lambda: KafkaServer(tmp_path, tls=tls),
        lambda: KafkaServer(tmp_path, tls=None, nodes=3),
        lambda: KafkaServer(tmp_path / "nieuw", tls=None, nodes=2),
    ]
    for other in others:
        with pytest.raises(SettingsError) as refused:
            other()
        assert refused.value.code == "kafka.instelling"


def test_the_docker_node_has_the_same_security_as_ours(tmp_path: Path) -> None:
    tls = SandboxCa.make(tmp_path / "tls").issue(OPERATOR_OIN, "Beheer")
    cluster = load_or_make(tmp_path, nodes=1, plaintext=False)
    ours = write_node(tmp_path, cluster, 1, tls).read_text().splitlines()
    docker = Path(__file__).parents[2] / "docker" / "kafka" / "server.properties"
    theirs = docker.read_text().splitlines()
    same = (
        "ssl.client",
        "ssl.enabled",
        "ssl.principal",
        "authorizer",
        "allow.",
        "auto",
    )
    expected = [line for line in ours if line.startswith(same)]

    assert len(expected) == 6
    assert [line for line in expected if line not in theirs] == []


def test_a_pid_that_the_system_gave_to_another_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
    try:
        (tmp_path / "node-1.pid").write_text(str(stranger.pid))
        node = NodeProcess(tmp_path, 1)
        assert not node.running()
        node.signal(signal.SIGKILL)
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")
    assert stranger.returncode == 0


def test_an_existing_cluster_is_named_by_the_environment(tmp_path: Path) -> None:
    assert existing_cluster({}) is None
    ca = tmp_path / "ca.pem"
    ca.touch()
    found = existing_cluster({"KAFKA_BOOTSTRAP": "k:9092", "KAFKA_TLS_CA": str(ca)})
    assert found is not None
    assert (found.bootstrap, found.ssl_cafile) == ("k:9092", ca)
    with pytest.raises(SettingsError):
        existing_cluster({"KAFKA_BOOTSTRAP": "k:9092", "KAFKA_TLS_CA": "/nergens"})
    with pytest.raises(SettingsError) as unusable:
        found.ssl_context()
    assert unusable.value.code == "kafka.certificaat"


@pytest.mark.kafka
@pytest.mark.slow
def test_the_command_starts_shows_and_stops_kafka(tmp_path: Path) -> None:
    run = CliRunner()
    folder = ["--dir", str(tmp_path / "k")]
    try:
        assert run.invoke(app, ["status", *folder]).exit_code == 1
        up = run.invoke(app, ["up", *folder])
        assert up.exit_code == 0, up.output
        assert "KAFKA_BOOTSTRAP=127.0.0.1:" in up.stdout
        assert "Log: " in up.stdout
        # Another program finds it by what the folder says.
        again = subprocess.run(
            [
                *(sys.executable, "-c"),
                "from corvus_adapters.cli.kafka import app; app()",
                *("status", *folder),
            ],
            check=False,
            capture_output=True,
            text=True,
            env=dict(os.environ),
        )
        assert again.returncode == 0, again.stderr
        assert again.stdout.splitlines()[1:] == up.stdout.splitlines()
    finally:
        down = run.invoke(app, ["down", *folder])
    assert down.exit_code == 0
    assert "stopped" in down.stdout
    assert run.invoke(app, ["status", *folder]).exit_code == 1


@pytest.mark.kafka
@pytest.mark.slow
async def test_three_nodes_carry_on_without_one(tmp_path: Path) -> None:
    tls = SandboxCa.make(tmp_path / "tls").issue(OPERATOR_OIN, "Beheer")
    java = JavaOptions(384, short_lived=True)
    server = KafkaServer(tmp_path / "k", tls=tls, nodes=3, java=java)
    with server.running_cluster():
        async with started(KafkaTransport(server.operator_settings())) as transport:
            await transport.ensure_topics([TopicSpec("bron", partitions=3)])
            await transport.append([Append("bron", n, b"k", b"voor") for n in range(3)])

            server.kill(2)

            await transport.append([Append("bron", n, b"k", b"na") for n in range(3)])
            claim = await transport.claim("router", "bron", 0)
            await claim.commit(1, [Append("bron", 1, b"k", b"commit")])
            assert server.running() == [1, 3]
            found = await read_until(transport, {("bron", 1): 0}, 3)
    assert [record.value for record in found] == [b"voor", b"na", b"commit"]
