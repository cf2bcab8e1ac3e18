from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corvus_adapters.installatie import Installatie


@pytest.fixture
def sim(sandbox: Installatie, tmp_path: Path) -> Iterator[Simulator]:
    """A chain with nothing in it yet."""
    simulator = Simulator(sandbox, tmp_path)
    yield simulator
    simulator.close()
