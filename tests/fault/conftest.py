from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from router_process import use_kafka, use_small_batches

from corvus_adapters.installatie import Installatie

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.kafka)])
def installatie(
    request: pytest.FixtureRequest, sandbox_path: Path, tmp_path: Path
) -> Installatie:
    """A sandbox of its own on either transport; the router commits small batches."""
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    use_small_batches(path)
    if request.param == "kafka":
        settings = request.getfixturevalue("kafka_server").operator_settings()
        use_kafka(path, settings)
    return Installatie.open(path)
