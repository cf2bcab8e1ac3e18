"""The Kafka of a test run: the one that KAFKA_BOOTSTRAP names, or one of our own."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from corvus_adapters.kafka import KafkaSettings
from corvus_adapters.kafka.certificates import OPERATOR_OIN, SandboxCa
from corvus_adapters.kafka.server import JavaOptions, KafkaServer, existing_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corvus_adapters.kafka.server_config import ServerTls


class KafkaCluster(Protocol):
    def operator_settings(self) -> KafkaSettings: ...


@dataclass(frozen=True)
class ExistingCluster(KafkaCluster):
    settings: KafkaSettings

    def operator_settings(self) -> KafkaSettings:
        return self.settings


@dataclass(frozen=True)
class OwnCluster(KafkaCluster):
    """A server on this machine, and the CA that it trusts."""

    server: KafkaServer
    ca: SandboxCa

    def operator_settings(self) -> KafkaSettings:
        return self.server.operator_settings()

    def settings(self, tls: ServerTls) -> KafkaSettings:
        return KafkaSettings(
            self.server.bootstrap,
            ssl_cafile=self.ca.folder / "ca.pem",
            ssl_certfile=tls.certificate,
            ssl_keyfile=tls.key,
            request_timeout_s=10,
        )


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[KafkaCluster]:
    existing = existing_cluster()
    if existing is not None:
        yield ExistingCluster(existing)
        return
    with own_cluster(folder) as own:
        yield own


@contextlib.contextmanager
def own_cluster(folder: Path) -> Iterator[OwnCluster]:
    ca = SandboxCa.make(folder / "tls")
    tls = ca.issue(OPERATOR_OIN, "Beheer")
    server = KafkaServer(folder / "kafka", tls=tls, java=JavaOptions(short_lived=True))
    with server.running_cluster():
        yield OwnCluster(server, ca)
