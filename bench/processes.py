"""Two router processes against one, on a log they share.

    python -m bench.processes [--quick] [--transport sqlite|kafka|both]

Two real ``corvus router`` processes each hold half of the partitions. For the rate of
one, the other is stopped and the whole backlog lies on partitions of the first; both
take that role. For the rate of two, as much lies on each. Every backlog is there before
a router may start on it; it ends when the last levering can be read.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Result, calibration, median
from bench.router import kafka_settings
from bench.routers import Lezer, fill, opened, running
from bench.world import BATCH, World
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.routers import Router
    from bench.world import Sealed

    from corvus_adapters.kafka import KafkaSettings
    from corvus_broker.ports import Transport

ONE, TWO = "1 process", "2 processes"
PATIENCE_S = 120.0


@dataclass
class Pair:
    """Two routers, each with half of the partitions."""

    world: World
    transport: Transport
    routers: Sequence[Router]
    lezer: Lezer
    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu_us: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def halves(self, count: int) -> list[list[Sealed]]:
        """Messages for each of the two; as many for both."""
        made: list[list[Sealed]] = [[], []]
        while min(map(len, made)) < count:
            for one in self.world.seal(BATCH, batched=True):
                made[one.partition * 2 // self.world.partities].append(one)
        return [half[:count] for half in made]

    async def measure(self, sealed: Sequence[Sealed], active: Sequence[int]) -> float:
        """Messages a second of the routers that are active."""
        for router in self.routers:
            router.pause()
        await fill(self.transport, sealed)
        used = -sum(router.cpu_s for router in self.routers)
        started = time.perf_counter()
        for number in active:
            self.routers[number].resume()
        await self.lezer.until(self.lezer.found + len(sealed), PATIENCE_S)
        seconds = time.perf_counter() - started
        used += sum(router.cpu_s for router in self.routers)
        kind = TWO if len(active) > 1 else ONE
        self.cpu_us[kind].append(used / len(sealed) * 1e6)
        for router in self.routers:
            router.resume()
        return len(sealed) / seconds

    async def turn(self, count: int) -> None:
        """Each alone, and both."""
        first, second = self.halves(2 * count)
        alone = [
            await self.measure(first[:count], [0]),
            await self.measure(second[:count], [1]),
        ]
        both = await self.measure([*first[count:], *second[count:]], [0, 1])
        self.rates[ONE].append(sum(alone) / 2)
        self.rates[TWO].append(both)


async def compare(
    world: World, kafka: KafkaSettings | None, *, count: int, turns: int
) -> list[Result]:
    """One and two processes in turns, on one transport."""
    partitions = range(world.partities)
    half = world.partities // 2
    name = "embedded" if kafka is None else "kafka"
    async with (
        opened(world, kafka) as transport,
        running(world, kafka, (partitions[:half], partitions[half:])) as routers,
    ):
        lezer = await Lezer.at_end(world, transport)
        pair = Pair(world, transport, routers, lezer)
        await pair.turn(max(count // 4, 8))  # a warm-up, not counted
        pair.rates.clear()
        pair.cpu_us.clear()
        for _ in range(turns):
            await pair.turn(count)
    return [_report(pair, name, count, turns)]


def _report(pair: Pair, name: str, count: int, turns: int) -> Result:
    title = "SQLite (embedded)" if name == "embedded" else "Apache Kafka, one node, TLS"
    result = Result(
        f"Router processes on {title}",
        ("", "messages/s", "CPU us of the routers, a message", "to one"),
        notes=[
            (
                f"{turns} rounds of {count} messages a process, 4 partitions,"
                f" {os.cpu_count()} cores, on which the log, the reader of the"
                " leveringen and Kafka run too; medians"
            ),
        ],
    )
    ratios = [
        two / one for one, two in zip(pair.rates[ONE], pair.rates[TWO], strict=True)
    ]
    for kind, shown in ((ONE, ""), (TWO, f"{median(ratios):.2f}")):
        result.add(kind, median(pair.rates[kind]), median(pair.cpu_us[kind]), shown)
    result.numbers[f"two_processes_vs_one_{name}"] = round(median(ratios), 3)
    if name == "kafka":
        result.numbers["two_processes_vs_one"] = round(median(ratios), 3)
    return result


def run(world: World, folder: Path, *, quick: bool, transport: str) -> list[Result]:
    count, turns = (BATCH, 2) if quick else (8 * BATCH, 5)
    results: list[Result] = []
    if transport in {"sqlite", "both"}:
        results += asyncio.run(compare(world, None, count=count, turns=turns))
    if transport in {"kafka", "both"}:
        with kafka_settings(folder) as kafka:
            results += asyncio.run(compare(world, kafka, count=count, turns=turns))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="Two router processes against one.")
    parser.add_argument("--quick", action="store_true", help="smaller and rougher")
    parser.add_argument(
        "--transport", choices=("sqlite", "kafka", "both"), default="both"
    )
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = run(
            World(folder), folder, quick=options.quick, transport=options.transport
        )
        for result in [calibration(), *results]:
            result.show(console)


if __name__ == "__main__":
    main()
