"""How long a fault test goes on: one round in CI, as long as asked in ``make soak``."""

from __future__ import annotations

import itertools
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SOAK_S = "SOAK_S"
"""Environment variable: how many seconds each test repeats its fault."""


def soak_s() -> float:
    return float(os.environ.get(SOAK_S, "0"))


def longer(each: int) -> int:
    """Messages of a zaak: so many, and more for who goes on for long."""
    return each + int(soak_s() / 4)


def rounds(at_least: int) -> Iterator[int]:
    """Count rounds: at least so many, and on until the time is over."""
    until = time.monotonic() + soak_s()
    for number in itertools.count():
        if number >= at_least and time.monotonic() >= until:
            return
        yield number
