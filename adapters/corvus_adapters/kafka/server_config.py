"""The properties of a Kafka node: KRaft, loopback only, TLS with ACLs per OIN.

Ports are chosen free when a cluster is made and kept with its data, so that it comes
back at the same address.
"""

from __future__ import annotations

import json
import secrets
import socket
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
NODE_COUNTS = (1, 3)
CLUSTER_FILE = "cluster.json"

# The principal is the OIN: subject serialNumber (OID 2.5.4.5), 20 digits. Java prints
# it in hex, "2.5.4.5=#1314" and "3" before each digit (13: PrintableString, 0c: UTF8;
# 14: length 20). A subject with two serial numbers, or none, matches no rule, and a
# comma inside another attribute is escaped: no other subject can pass for an OIN.
_DIGITS = "".join("3([0-9])" for _ in range(20))
_GROUPS = "".join(f"${group}" for group in range(1, 21))
PRINCIPAL_RULE = (
    r"RULE:^(?!.*2\.5\.4\.5=.*2\.5\.4\.5=)(?:.*[^\\],)?"
    rf"2\.5\.4\.5=#(?:13|0c)14{_DIGITS}(?:,.*)?$/{_GROUPS}/"
)


@dataclass(frozen=True, slots=True)
class ServerTls:
    """PEM files of the operator: every node and the operator's client use them."""

    ca: Path
    certificate: Path
    key: Path
    operator_oin: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is fixed when a cluster is made."""

    cluster_id: str
    client_ports: tuple[int, ...]
    controller_ports: tuple[int, ...]
    plaintext: bool

    @property
    def bootstrap(self) -> str:
        """Addresses for clients."""
        return ",".join(f"{HOST}:{port}" for port in self.client_ports)


def existing(folder: Path) -> Cluster | None:
    """Give the cluster of a folder, or None."""
    path = folder / CLUSTER_FILE
    if not path.exists():
        return None
    fields = json.loads(path.read_text(encoding="utf-8"))
    return Cluster(
        fields["cluster_id"],
        tuple(fields["client_ports"]),
        tuple(fields["controller_ports"]),
        fields["plaintext"],
    )


def load_or_make(folder: Path, *, nodes: int, plaintext: bool) -> Cluster:
    """Give the cluster of a folder, made when there is none yet.

    Raises:
        SettingsError: ``kafka.instelling``; another node count or security mode.
    """
    if nodes not in NODE_COUNTS:
        raise SettingsError("kafka.instelling", f"{nodes} nodes; it can be 1 or 3")
    cluster = existing(folder)
    if cluster is not None:
        if (len(cluster.client_ports), cluster.plaintext) != (nodes, plaintext):
            raise SettingsError(
                "kafka.instelling",
                f"{folder} holds a cluster with another node count or security mode",
                advice="Ask for the same as before, or name another folder.",
            )
        return cluster
    ports = _free_ports(2 * nodes)
    cluster = Cluster(
        _cluster_id(),
        tuple(ports[:nodes]),
        tuple(ports[nodes:]),
        plaintext,
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CLUSTER_FILE
    path.write_text(json.dumps(asdict(cluster)), encoding="utf-8")
    return cluster


def _cluster_id() -> str:
    # Not with a dash in front: the storage tool would take it for an option.
    first, *rest = secrets.token_bytes(16)
    return urlsafe_b64encode(bytes([first & 0x7F, *rest])).decode().rstrip("=")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def properties(
    cluster: Cluster, node: int, data: Path, tls: ServerTls | None
) -> dict[str, str]:
    """Give the server.properties of one node, counted from 1."""
    nodes = len(cluster.client_ports)
    protocol = "PLAINTEXT" if tls is None else "SSL"
    client = f"CLIENT://{HOST}:{cluster.client_ports[node - 1]}"
    controller = f"CONTROLLER://{HOST}:{cluster.controller_ports[node - 1]}"
    voters = ",".join(
        f"{number}@{HOST}:{port}"
        for number, port in enumerate(cluster.controller_ports, start=1)
    )
    return {
        "process.roles": "broker,controller",
        "node.id": str(node),
        "controller.quorum.voters": voters,
        "listeners": f"{client},{controller}",
        "advertised.listeners": client,
        "listener.security.protocol.map": f"CLIENT:{protocol},CONTROLLER:{protocol}",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "default.replication.factor": str(nodes),
        "min.insync.replicas": "1" if nodes == 1 else "2",
        "offsets.topic.replication.factor": str(nodes),
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.replication.factor": str(nodes),
        "transaction.state.log.min.isr": "1" if nodes == 1 else "2",
        "transaction.state.log.num.partitions": "8",
        "share.coordinator.state.topic.replication.factor": str(nodes),
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "3000",
        **({} if tls is None else _security(tls, data.parent / f"keystore-{node}.pem")),
    }


def _security(tls: ServerTls, keystore: Path) -> dict[str, str]:
    return {
        "ssl.client.auth": "required",
        "ssl.enabled.protocols": "TLSv1.3",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(tls.ca),
        "ssl.principal.mapping.rules": PRINCIPAL_RULE,
        "authorizer.class.name": (
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        ),
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{tls.operator_oin}",
    }


def write_node(
    folder: Path, cluster: Cluster, node: int, tls: ServerTls | None
) -> Path:
    """Write what a node reads at start; give its properties file."""
    data = folder / f"data-{node}"
    if tls is not None:
        # Kafka wants key and chain in one file.
        keystore = folder / f"keystore-{node}.pem"
        keystore.touch(mode=0o600)
        keystore.write_bytes(tls.key.read_bytes() + tls.certificate.read_bytes())
    path = folder / f"node-{node}.properties"
    lines = [
        # A backslash starts an escape in a properties file.
        f"{name}={value}".replace("\\", "\\\\")
        for name, value in properties(cluster, node, data, tls).items()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
