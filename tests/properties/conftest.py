from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_model import World
from simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corvus_adapters.installatie import Installatie


@pytest.fixture(scope="module")
def world(
    sandbox: Installatie, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A chain for generated messages; a test empties it for every example."""
    simulator = Simulator(sandbox, tmp_path_factory.mktemp("world"))
    yield World(simulator)
    simulator.close()
