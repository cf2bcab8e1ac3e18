"""A real Apache Kafka on this machine: prepare, start, wait, stop.

Used by ``corvus kafka up`` and by the tests; production is a cluster of its own. Every
node is a JVM that listens on the loopback address only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from corvus_adapters.kafka import jars
from corvus_adapters.kafka.processes import NodeProcess
from corvus_adapters.kafka.server_config import ServerTls, load_or_make, write_node
from corvus_adapters.kafka.settings import KafkaSettings
from corvus_schemas.errors import SettingsError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_LINE = "Kafka Server started"
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class JavaOptions:
    """How a node runs.

    ``heap_mb`` bounds the Java heap. ``short_lived`` compiles less: ready sooner and
    slower for ever after, for tests. ``cache`` is the folder of the jars, by default
    in the user's cache.
    """

    heap_mb: int = 512
    short_lived: bool = False
    cache: Path | None = None


_FORMATTING = JavaOptions(heap_mb=128, short_lived=True)


class KafkaServer:
    """A cluster of one or three nodes in one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        tls: ServerTls | None,
        nodes: int = 1,
        java: JavaOptions | None = None,
    ) -> None:
        """Describe the cluster; ``start`` makes it.

        Args:
            folder: Data, logs and settings of the cluster.
            tls: Certificates for mutual TLS with ACLs; None means plaintext without
                any check, for benchmarks only.
            nodes: 1 or 3.
            java: How the nodes run.

        Raises:
            SettingsError: ``kafka.instelling``.
        """
        self.folder = folder.resolve()
        self._tls = tls
        self._nodes = nodes
        self._options = java or JavaOptions()
        self._cluster = load_or_make(self.folder, nodes=nodes, plaintext=tls is None)

    @property
    def tls(self) -> ServerTls | None:
        """Certificates of the operator; None when plaintext."""
        return self._tls

    @property
    def bootstrap(self) -> str:
        """Addresses for clients."""
        return self._cluster.bootstrap

    @property
    def logs(self) -> list[Path]:
        """Log file of each node."""
        return [self.folder / f"node-{node}.log" for node in self._numbers()]

    def _numbers(self) -> range:
        return range(1, self._nodes + 1)

    def operator_settings(self) -> KafkaSettings:
        """Settings of a client that may do everything."""
        if self._tls is None:
            return KafkaSettings(self.bootstrap)
        return KafkaSettings(
            self.bootstrap,
            ssl_cafile=self._tls.ca,
            ssl_certfile=self._tls.certificate,
            ssl_keyfile=self._tls.key,
        )

    def start(self) -> None:
        """Start every node that does not run yet; ``wait_ready`` waits for them.

        Raises:
            SettingsError: ``kafka.niet_beschikbaar``.
        """
        java, classpath = jars.java(), jars.resolve(self._options.cache)
        for node in self._numbers():
            if self._process(node).running():
                continue
            config = write_node(self.folder, self._cluster, node, self._tls)
            if not (self.folder / f"data-{node}" / "meta.properties").exists():
                self._format(java, classpath, config)
            self._start_node(java, classpath, node, config)

    def _process(self, node: int) -> NodeProcess:
        return NodeProcess(self.folder, node)

    def _java(self, java: str, classpath: Path, options: JavaOptions) -> list[str]:
        log4j = self.folder / "log4j2.properties"
        data = resources.files("corvus_adapters.kafka").joinpath(log4j.name)
        log4j.write_bytes(data.read_bytes())
        return [
            *(java, f"-Xmx{options.heap_mb}m", "-XX:+UseSerialGC"),
            *(["-XX:TieredStopAtLevel=1"] if options.short_lived else []),
            f"-Dlog4j2.configurationFile={log4j}",
            *("-cp", f"{classpath}/*"),
        ]

    def _format(self, java: str, classpath: Path, config: Path) -> None:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            [
                *self._java(java, classpath, _FORMATTING),
                *("kafka.tools.StorageTool", "format", "--config", str(config)),
                *("--cluster-id", self._cluster.cluster_id),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
            raise jars.unavailable(f"the storage could not be formatted: {lines[-1]}")

    def _start_node(self, java: str, classpath: Path, node: int, config: Path) -> None:
        command = self._java(java, classpath, self._options)
        with self.logs[node - 1].open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
                [
                    *command,
                    *("kafka.Kafka", str(config)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )
        self._process(node).remember(process)

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Wait until every node serves clients.

        Raises:
            UnavailableError: ``kafka.start_mislukt``; a node ended or took too long.
        """
        deadline = time.monotonic() + timeout_s
        for node, log in zip(self._numbers(), self.logs, strict=True):
            while READY_LINE not in log.read_text(encoding="utf-8", errors="replace"):
                if not self._process(node).running():
                    raise self._failed(f"node {node} ended", log)
                if time.monotonic() > deadline:
                    raise self._failed(f"node {node} is not ready", log)
                time.sleep(0.05)

    def _failed(self, what: str, log: Path) -> UnavailableError:
        return UnavailableError(
            "kafka.start_mislukt", what, advice=f"Its log is {log}."
        )

    def running(self) -> list[int]:
        """Numbers of the nodes that run."""
        return [node for node in self._numbers() if self._process(node).running()]

    def stop(self) -> None:
        """Stop the nodes in good order; those that do not listen are killed."""
        for node in self._numbers():
            self._process(node).signal(signal.SIGTERM)
        for node in self._numbers():
            if not self._process(node).wait(STOP_S):
                self.kill(node)
            self._process(node).forget()

    def kill(self, node: int = 1) -> None:
        """End a node as a power cut would."""
        process = self._process(node)
        process.signal(signal.SIGKILL)
        process.wait(STOP_S)

    @contextlib.contextmanager
    def running_cluster(self) -> Iterator[KafkaServer]:
        """Run the cluster for as long as the block lasts."""
        try:
            self.start()
            self.wait_ready()
            yield self
        finally:
            self.stop()


def existing_cluster(environ: dict[str, str] | None = None) -> KafkaSettings | None:
    """Give the cluster that KAFKA_BOOTSTRAP names, if any.

    Raises:
        SettingsError: ``kafka.instelling``; a certificate file that is not there.
    """
    values = dict(os.environ) if environ is None else environ
    if not values.get("KAFKA_BOOTSTRAP"):
        return None
    return KafkaSettings(
        values["KAFKA_BOOTSTRAP"],
        ssl_cafile=_file(values.get("KAFKA_TLS_CA")),
        ssl_certfile=_file(values.get("KAFKA_TLS_CERT")),
        ssl_keyfile=_file(values.get("KAFKA_TLS_KEY")),
        ssl_key_password=values.get("KAFKA_TLS_KEY_PASSWORD"),
    )


def _file(name: str | None) -> Path | None:
    if not name:
        return None
    path = Path(name)
    if not path.is_file():
        raise SettingsError("kafka.instelling", f"there is no file {path}")
    return path
