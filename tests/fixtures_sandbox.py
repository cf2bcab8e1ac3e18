"""One small sandbox for the whole test session; tests that change it copy it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from corvus_adapters.installatie import Installatie, make_sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def sandbox_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a minimal sandbox, valid now."""
    path = tmp_path_factory.mktemp("sandbox") / "corvus"
    make_sandbox(path, nu=datetime.now(UTC), organisaties="minimaal")
    return path


@pytest.fixture(scope="session")
def sandbox(sandbox_path: Path) -> Installatie:
    """The minimal sandbox, opened."""
    return Installatie.open(sandbox_path)
