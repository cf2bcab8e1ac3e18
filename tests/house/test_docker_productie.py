"""The files for production, read as text: pinned, unprivileged, and true to the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from corvus_adapters.kafka.server_config import Cluster, ServerTls, properties
from corvus_adapters.settings import option_names

DOCKER = Path(__file__).resolve().parents[2] / "docker"
FOLDER = DOCKER / "productie"
CODE = DOCKER.parent / "adapters" / "corvus_adapters"

_PINNED = re.compile(r"[a-z0-9./-]+:v?[0-9]+\.[0-9]+[a-z0-9.-]*\Z")
_LOCAL = "corvus-broker:local"
_MADE_BY_THE_OPERATOR = ("./tls/", "./installaties/")
_SAME_IN_EVERY_CLUSTER = (
    "auto.create.topics.enable",
    "default.replication.factor",
    "min.insync.replicas",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "transaction.state.log.min.isr",
    "ssl.client.auth",
    "ssl.enabled.protocols",
    "ssl.principal.mapping.rules",
    "authorizer.class.name",
    "allow.everyone.if.no.acl.found",
    "listener.security.protocol.map",
)


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    document = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = document["services"]
    return found


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    text = (DOCKER / "kubernetes" / "router.yaml").read_text(encoding="utf-8")
    return {one["kind"]: one for one in yaml.safe_load_all(text)}


def _properties(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    pairs = [line.replace("\\\\", "\\").split("=", 1) for line in lines]
    return {name: value for name, value in pairs}  # noqa: C416 - of two, and no more


def test_every_service_is_pinned_and_has_no_more_than_it_needs(
    services: dict[str, dict[str, Any]],
) -> None:
    assert {"kafka-1", "kafka-2", "kafka-3", "postgres", "router", "audit"} <= set(
        services
    )
    for name, service in services.items():
        assert service["image"] == _LOCAL or _PINNED.match(service["image"]), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"mem_limit", "cpus", "pids_limit"} <= set(service), name
        # Our own image says itself who it runs as; test_docker.py reads that.
        assert service["image"] == _LOCAL or not service["user"].startswith("0"), name
        published = service.get("ports", [])
        assert all(port.startswith("127.0.0.1:") for port in published), name
        assert not published or name == "grafana"


def test_every_file_mounted_exists_or_is_the_operators(
    services: dict[str, dict[str, Any]],
) -> None:
    mounted = [
        one.split(":")[0]
        for service in services.values()
        for one in service.get("volumes", [])
        if one.startswith("./")
    ]
    ours = [one for one in mounted if not one.startswith(_MADE_BY_THE_OPERATOR)]
    assert len(ours) >= 6
    assert not [one for one in ours if not (FOLDER / one).is_file()]


def test_every_setting_named_exists(
    services: dict[str, dict[str, Any]], manifests: dict[str, dict[str, Any]]
) -> None:
    variables = [
        variable
        for service in services.values()
        for variable in service.get("environment", {})
    ]
    variables += manifests["ConfigMap"]["data"]
    named = {
        variable.removeprefix("CORVUS_").lower().replace("__", ".")
        for variable in variables
        if variable.startswith("CORVUS_")
    }
    assert len(named) > 5
    assert named <= set(option_names())


@pytest.mark.parametrize("node", [1, 2, 3])
def test_the_three_nodes_are_as_the_code_makes_them(node: int) -> None:
    text = (FOLDER / f"kafka-{node}.properties").read_text(encoding="utf-8")
    there = _properties(text)
    tls = ServerTls(Path("ca"), Path("cert"), Path("key"), "0" * 20)
    cluster = Cluster("id", (1, 2, 3), (4, 5, 6), plaintext=False)
    made = properties(cluster, node, Path("data"), tls)
    for name in _SAME_IN_EVERY_CLUSTER:
        assert there[name] == made[name], name
    assert there["node.id"] == str(node)
    assert there["advertised.listeners"] == f"CLIENT://kafka-{node}:9092"
    assert there["controller.quorum.voters"].count("@kafka-") == 3


def test_alarms_name_metrics_that_exist() -> None:
    text = (FOLDER / "alarmen.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"\bcorvus_[a-z_]+", text))
    source = "".join(path.read_text(encoding="utf-8") for path in CODE.rglob("*.py"))
    assert len(named) >= 4
    assert not [one for one in named if f'"{one}"' not in source]


def test_the_deployment_keeps_one_router_and_waits_for_a_new_one(
    manifests: dict[str, dict[str, Any]],
) -> None:
    deployment, budget = manifests["Deployment"], manifests["PodDisruptionBudget"]
    spec, pod = deployment["spec"], deployment["spec"]["template"]["spec"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert budget["spec"]["minAvailable"] >= 1
    assert budget["spec"]["selector"] == spec["selector"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    [router] = pod["containers"]
    for container in (router, *pod["initContainers"]):
        assert _PINNED.match(container["image"])
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert router["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert router["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert pod["terminationGracePeriodSeconds"] >= 20
