"""The container files, read as text: there is no engine to run them where tests run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from corvus_adapters.settings import option_names

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"
COMPOSE = ROOT / "docker" / "compose.yaml"

_PINNED = re.compile(r"[a-z0-9./-]+:[0-9]+\.[0-9]+[a-z0-9.-]*\Z")


def _instructions() -> list[list[str]]:
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return [
        line.split()
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    ]


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    document = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def test_base_images_are_pinned() -> None:
    images = [words[1] for words in _instructions() if words[0] == "FROM"]
    assert len(images) == 3
    assert not [image for image in images if not _PINNED.match(image)]


def test_every_path_copied_into_the_build_exists_and_is_let_in() -> None:
    ignore = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    let_in = {line[1:].rstrip("/") for line in ignore.split() if line[0] == "!"}
    copied = [
        source
        for words in _instructions()
        if words[0] == "COPY" and not words[1].startswith("--from")
        for source in words[1:-1]
    ]
    assert len(copied) == 9
    assert not [source for source in copied if not (ROOT / source).exists()]
    assert set(copied) == let_in


def test_the_image_locks_its_dependencies_and_runs_as_nobody_special() -> None:
    syncs = [" ".join(words) for words in _instructions() if "sync" in words]
    assert len(syncs) == 2
    for sync in syncs:
        assert {"--frozen", "--no-editable", "--no-dev"} <= set(sync.split())
    users = [words[1] for words in _instructions() if words[0] == "USER"]
    assert users == ["10001:10001"]


def test_services_have_no_more_than_they_need(
    services: dict[str, dict[str, Any]],
) -> None:
    assert set(services) == {"kafka", "init", "router", "organisatie"}
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "ports" not in service, name
        assert service["mem_limit"], name
        if name != "kafka":
            assert service["read_only"] is True, name


def test_the_sandbox_network_has_no_way_out(
    services: dict[str, dict[str, Any]],
) -> None:
    document = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    assert document["networks"] == {"keten": {"internal": True}}
    for name, service in services.items():
        inside = service.get("networks") == ["keten"]
        assert inside or service["network_mode"] == "none", name


def test_every_setting_named_exists(services: dict[str, dict[str, Any]]) -> None:
    named = {
        variable.removeprefix("CORVUS_").lower().replace("__", ".")
        for service in services.values()
        for variable in service["environment"]
        if variable.startswith("CORVUS_")
    }
    assert named
    assert named <= set(option_names())
