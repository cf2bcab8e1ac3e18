"""Two sides doing the same work in turns, timed in CPU seconds of this process."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.measure import best, cpu_us, median, ratio, repeated, rounds

from corvus_crypto.suite import SUITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.measure import Result

# What others have too; the default suite has ML-KEM besides.
X25519 = next(one.id for one in SUITES.values() if one.naam == "X25519")


@dataclass
class Sides:
    """Rows of work, each done by one or more sides; every round does all of them."""

    _steps: dict[tuple[str, str], tuple[Callable[[], object], int]] = field(
        default_factory=dict
    )
    _times: dict[tuple[str, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, row: str, side: str, step: Callable[[], object], count: int) -> None:
        """A step that does one thing, to be done ``count`` times a round."""
        self.add_batch(row, side, repeated(step, count), count)

    def add_batch(
        self, row: str, side: str, step: Callable[[], object], count: int
    ) -> None:
        """A step that does ``count`` things at once."""
        self._steps[row, side] = (step, count)

    def run(self, turns: int) -> None:
        """One round to warm up, then so many that count."""
        for turn in rounds(turns + 1):
            steps = list(self._steps.items())
            for key, (step, count) in steps[:: -1 if turn % 2 else 1]:
                cost = cpu_us(step, count)
                if turn:
                    self._times[key].append(cost)

    def rows(self) -> list[tuple[str, str]]:
        """Every row and side, in the order they were added."""
        return list(self._steps)

    def best(self, row: str, side: str) -> float:
        """CPU microseconds of one thing in the round that was disturbed least."""
        return best(self._times[row, side])

    def us(self, row: str, side: str) -> float:
        """CPU microseconds of one thing, the median of the rounds."""
        return median(self._times[row, side])

    def summed(self, rows: list[str], side: str) -> list[float]:
        """Per round, what these rows cost together."""
        return [
            sum(costs)
            for costs in zip(*(self._times[row, side] for row in rows), strict=True)
        ]

    def ratio(self, over: tuple[str, str], under: tuple[str, str]) -> float:
        """How many times as much the one costs as the other, median of the rounds."""
        return ratio(self._times[over], self._times[under])

    def table(self, result: Result, ours: str, other: str) -> None:
        """One line a row: both sides and their ratio."""
        for row in dict.fromkeys(row for row, _ in self._steps):
            there = [(row, side) in self._steps for side in (ours, other)]
            cells = [
                self.us(row, side) if known else ""
                for known, side in zip(there, (ours, other), strict=True)
            ]
            shown = f"{self.ratio((row, other), (row, ours)):.2f}" if all(there) else ""
            result.add(row, *cells, shown)
