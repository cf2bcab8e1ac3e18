"""What a developer runs before a commit: under 50 s on two cores, one line of JSON.

    python -m bench --quick

The same measurements as the full run, smaller, with one world, one Kafka and shared
rounds. What cannot be measured here is null, and the reason is printed above the line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import csfle, jose, processes, router, table
from bench.measure import Result, calibration, ratio
from bench.router import COPIES, ROUTER, Size
from bench.sides import X25519, Sides
from bench.steps import ENKEL, REEKS, records, whole
from bench.world import BATCH, World

from corvus_schemas.errors import CorvusError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from concurrent.futures import Future

    from corvus_adapters.kafka import KafkaSettings
    from corvus_broker.ports import Record

HEADLINES = (
    "pipeline_msgs_per_s",
    "pipeline_batched_sender_msgs_per_s",
    "router_vs_forwarder_kafka",
    "router_batched_vs_forwarder_kafka",
    "router_vs_forwarder_embedded",
    "vs_jose",
    "vs_csfle",
    "rules_10000_vs_100",
    "two_processes_vs_one",
)
DEADLINE_S = 42.0
"""What is not done by then is not measured: stopping Kafka takes time too."""
MESSAGES, FEW, TURNS = 2 * BATCH, 16, 3
PIPELINE, SEAL = "pipeline, sender: ", "seal, sign"
CORVUS, JOSE, CSFLE = "Corvus", "joserfc", "CSFLE"


def _age_s() -> float:
    """How long this process runs already: importing counts."""
    stat = Path("/proc/self/stat")
    if not stat.exists():
        return time.process_time()
    ticks = int(stat.read_text("utf-8").rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Quick:
    """One quick run: its world, its Kafka, and how long it has been going on."""

    folder: Path
    started: float = field(default_factory=lambda: time.perf_counter() - _age_s())
    reasons: list[str] = field(default_factory=list)

    def run(self) -> list[Result]:
        """Everything, in memory first; Kafka starts beside the making of the world."""
        with contextlib.ExitStack() as stack, ThreadPoolExecutor(1) as beside:
            coming = beside.submit(
                stack.enter_context, router.kafka_settings(self.folder)
            )
            world = World(self.folder)
            sizes = {size: table.make(world.catalogus, size) for size in table.EDGES}
            batches = make_batches(world)
            kafka = self._kafka(coming)
            results = [calibration(), in_memory(world, batches)]
            results += table.compare(sizes, count=400, turns=5)
            results += self._on_logs(world, kafka)
        return results

    @property
    def left_s(self) -> float:
        return DEADLINE_S - (time.perf_counter() - self.started)

    def _kafka(self, coming: Future[KafkaSettings]) -> KafkaSettings | None:
        try:
            return coming.result(max(self.left_s, 0))
        except CorvusError as error:
            self.reasons.append(f"nothing on Kafka: {error}")
        except TimeoutError:
            self.reasons.append("nothing on Kafka: it did not start in time")
        return None

    def _on_logs(self, world: World, kafka: KafkaSettings | None) -> Iterator[Result]:
        """What a log is needed for, as long as there is time."""
        for name, transport, senders in (
            ("Kafka", kafka, (False, True)),
            ("SQLite", None, (False,)),
        ):
            if name == "Kafka" and kafka is None:
                continue
            size = Size(2 * BATCH, 2, FEW, (ROUTER, COPIES), senders)
            yield from self._in_time(
                f"router against forwarder on {name}",
                router.compare(world, self.folder, transport, size),
            )
        if kafka is not None:
            yield from self._in_time(
                "two processes against one",
                processes.compare(world, kafka, count=BATCH, turns=2),
            )

    def _in_time(
        self, what: str, work: Coroutine[None, None, list[Result]]
    ) -> list[Result]:
        async def bounded() -> list[Result]:
            async with asyncio.timeout(max(self.left_s, 0)):
                return await work

        try:
            return asyncio.run(bounded())
        except TimeoutError:
            self.reasons.append(f"{what}: not done after {DEADLINE_S:.0f} s")
            return []


def make_batches(world: World, count: int = MESSAGES) -> dict[str, list[list[Record]]]:
    """The same messages of both kinds of sender, for all that is done in memory."""
    return {
        kind: records(world.seal(count, batched=batched), world.nu_ms)
        for kind, batched in ((ENKEL, False), (REEKS, True))
    }


def in_memory(
    world: World, batches: dict[str, list[list[Record]]], *, turns: int = TURNS
) -> Result:
    """The pipeline, and what others do, in the same rounds."""
    sides, pipeline = Sides(), world.pipeline()
    for kind, made in batches.items():
        step = partial(whole, world, pipeline, made)
        count = sum(map(len, made))
        sides.add_batch(PIPELINE + kind, CORVUS, step, count)
    ontwerp, maker = world.design(X25519), world.samensteller(X25519)
    conventional = jose.Jose(world, ontwerp)
    message = conventional.send()
    jose.check_same(conventional, conventional.route(message))
    ontvangers = [
        one for naam, one in csfle.make_topics(world).items() if naam != csfle.ALLEN
    ]
    sides.add(SEAL, CORVUS, lambda: maker.seal(ontwerp).encode(), FEW)
    sides.add("broker", JOSE, partial(conventional.route, message), FEW)
    sides.add("producer", CSFLE, lambda: [one.produce() for one in ontvangers], FEW)
    sides.run(turns)
    return _report(sides)


def _report(sides: Sides) -> Result:
    result = Result(
        "In memory, us of CPU a message, 1 -> 4",
        ("step", "us"),
        notes=[
            "vs_jose: its broker / the pipeline; vs_csfle: its producer / seal and pipeline"
        ],
    )
    for row, side in sides.rows():
        result.add(f"{side}: {row}", sides.us(row, side))
    alone = PIPELINE + ENKEL
    numbers = result.numbers
    numbers["pipeline_msgs_per_s"] = round(1e6 / sides.best(alone, CORVUS))
    numbers["pipeline_batched_sender_msgs_per_s"] = round(
        1e6 / sides.best(PIPELINE + REEKS, CORVUS)
    )
    numbers["vs_jose"] = round(sides.ratio(("broker", JOSE), (alone, CORVUS)), 3)
    both = sides.summed([SEAL, alone], CORVUS)
    numbers["vs_csfle"] = round(ratio(sides.summed(["producer"], CSFLE), both), 3)
    return result
