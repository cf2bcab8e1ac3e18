"""Router throughput, one message in and four leveringen out, against a bare forwarder.

    python -m bench.router [--quick] [--transport sqlite|kafka|both]

The forwarder reads the same records through the same Transport and appends each of
them four times, with the same batches and the same transactions; it looks at nothing.
It is run twice: copying what came in ("1 -> 4"), and copying as many bytes as the
router's four leveringen have, which is less. Both sides work through the same backlog
in turns, one worker for each of the four partitions, in one process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Result, calibration, median, ratio, rounds
from bench.world import BATCH, World
from rich.console import Console

from corvus_adapters.app import build_worker, installation_topics
from corvus_adapters.kafka import KafkaSettings, KafkaTransport
from corvus_adapters.kafka.certificates import OPERATOR_OIN, SandboxCa
from corvus_adapters.kafka.server import KafkaServer, existing_cluster
from corvus_adapters.sqlite.transport import SqliteTransport
from corvus_broker.ports import Append, TopicSpec
from corvus_broker.staat import zaak_key
from corvus_broker.topics import INZENDING, ZAAKSTAAT
from corvus_schemas.identifiers import ZAAK_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from bench.world import Sealed

    from corvus_broker.effecten import Effecten
    from corvus_broker.ports import PartitionClaim, Record, Transport

OUT = tuple(f"bench.levering.{number}" for number in range(4))
# Sizes of the four leveringen of the reference message, about.
LEVERINGEN = (13_300, 9_900, 7_500, 6_100)
ROUTER, COPIES, SIZED = "router", "forwarder, 1 -> 4", "forwarder, same bytes out"
GROUPS = {COPIES: "bench-copies", SIZED: "bench-sized"}
FILL = 200
PATIENCE_S = 120.0


class Gate:
    """Holds all readers of the input until every worker has its partition."""

    def __init__(self, workers: int, expected: int) -> None:
        self._waiting = workers
        self._left = expected
        self._open = asyncio.Event()
        self.done = asyncio.Event()
        self.started = self.ended = 0.0
        self._cpu = self.cpu_s = 0.0

    async def enter(self) -> None:
        if self._open.is_set():
            return
        self._waiting -= 1
        if not self._waiting:
            self.started, self._cpu = time.perf_counter(), time.process_time()
            self._open.set()
        await self._open.wait()

    def handled(self, count: int) -> None:
        self._left -= count
        if self._left <= 0:
            self.ended = time.perf_counter()
            self.cpu_s = time.process_time() - self._cpu
            self.done.set()


@dataclass
class Watched:
    """The transport of the router, behind a gate."""

    inner: Transport
    gate: Gate

    async def start(self) -> None:
        await self.inner.start()

    async def close(self) -> None:
        await self.inner.close()

    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        await self.inner.ensure_topics(specs)

    async def partitions(self, topic: str) -> int:
        return await self.inner.partitions(topic)

    async def append(self, appends: Sequence[Append]) -> Sequence[int]:
        return await self.inner.append(appends)

    async def end_offset(self, topic: str, partition: int) -> int:
        return await self.inner.end_offset(topic, partition)

    async def claim(self, group: str, topic: str, partition: int) -> PartitionClaim:
        return await self.inner.claim(group, topic, partition)

    async def read(
        self,
        positions: Mapping[tuple[str, int], int],
        *,
        limit: int,
        wait_s: float,
    ) -> Sequence[Record]:
        if any(topic == INZENDING for topic, _ in positions):
            await self.gate.enter()
        return await self.inner.read(positions, limit=limit, wait_s=wait_s)


@dataclass
class Counter:
    """Counts what the router committed; a message not accepted ends the bench."""

    gate: Gate
    warming: bool

    def handled(self, records: Sequence[Record], effecten: Sequence[Effecten]) -> None:
        assert all(len(one.leveringen) == 4 for one in effecten), [
            (one.uitkomst, one.code) for one in effecten
        ]
        self.gate.handled(len(records))

    def held(self, partition: int, count: int, overdue: int) -> None:
        pass

    def takeover(self, partition: int, restored: int) -> None:
        """Not counted."""

    def lost(self, partition: int, code: str) -> None:
        # The first claims on an empty cluster may have to be made twice.
        assert self.warming, f"partition {partition} was lost: {code}"


@dataclass
class Bench:
    """The router and the forwarder, each with a client of its own on one log."""

    world: World
    routing: Transport
    transport: Transport
    warming: bool = True
    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu_us: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def batch(self) -> int:
        """Most records in a transaction, of the router and of the forwarder."""
        return self.world.installatie.instellingen.router.batch

    async def prepare(self) -> None:
        topics = installation_topics(self.world.installatie, self.world.nu)
        await self.transport.ensure_topics(
            [*topics, *(TopicSpec(name, max_message_bytes=2**21) for name in OUT)]
        )
        # A changelog that has been used, as that of any installation but the newest.
        await self.transport.append(
            [
                Append(ZAAKSTAAT, partition, zaak_key(bytes(ZAAK_ID_BYTES)), None)
                for partition in range(self.world.partities)
            ]
        )

    async def fill(self, sealed: Sequence[Sealed]) -> None:
        appends = [one.append for one in sealed]
        for at in range(0, len(appends), FILL):
            await self.transport.append(appends[at : at + FILL])

    async def measure(self, kind: str, count: int) -> None:
        gate = Gate(self.world.partities, count)
        stop = asyncio.Event()
        step = self._route if kind == ROUTER else self._forward
        tasks = [
            asyncio.create_task(step(kind, gate, stop, partition))
            for partition in range(self.world.partities)
        ]
        waiting = asyncio.create_task(gate.done.wait())
        await asyncio.wait(
            [waiting, *tasks],
            timeout=PATIENCE_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        stop.set()
        waiting.cancel()
        await asyncio.gather(*tasks)
        assert gate.done.is_set(), f"{kind} did not get through its backlog"
        seconds = gate.ended - gate.started
        self.rates[kind].append(count / seconds)
        self.cpu_us[kind].append(gate.cpu_s / count * 1e6)

    async def _route(
        self, _kind: str, gate: Gate, stop: asyncio.Event, partition: int
    ) -> None:
        worker = build_worker(
            self.world.installatie,
            self.world.broker,
            Watched(self.routing, gate),
            Counter(gate, self.warming),
            partition,
        )
        await worker.run(stop)

    async def _forward(
        self, kind: str, gate: Gate, stop: asyncio.Event, partition: int
    ) -> None:
        place = (INZENDING, partition)
        claim = await self.transport.claim(GROUPS[kind], *place)
        position = await claim.committed()
        await gate.enter()
        while not stop.is_set():
            records = await self.transport.read(
                {place: position}, limit=self.batch, wait_s=0.5
            )
            if not records:
                continue
            position = records[-1].offset + 1
            await claim.commit(position, _copies(kind, records))
            gate.handled(len(records))
        await claim.close()


def _copies(kind: str, records: Sequence[Record]) -> list[Append]:
    if kind == COPIES:
        return [
            Append(topic, 0, record.key, record.value)
            for record in records
            for topic in OUT
        ]
    return [
        Append(topic, 0, record.key, (record.value or b"")[:size])
        for record in records
        for topic, size in zip(OUT, LEVERINGEN, strict=True)
    ]


@contextlib.contextmanager
def kafka_settings(folder: Path) -> Iterator[KafkaSettings]:
    """The cluster that KAFKA_BOOTSTRAP names, or one of our own with TLS and ACLs."""
    existing = existing_cluster()
    if existing is not None:
        yield existing
        return
    ca = SandboxCa.make(folder / "tls")
    tls = ca.issue(OPERATOR_OIN, "Bench")
    with KafkaServer(folder / "kafka", tls=tls).running_cluster() as server:
        yield server.operator_settings()


@contextlib.asynccontextmanager
async def _opened(
    name: str, folder: Path, kafka: KafkaSettings | None
) -> AsyncIterator[Transport]:
    transport: Transport = (
        SqliteTransport(folder / f"{name}.sqlite")
        if kafka is None
        else KafkaTransport(kafka)
    )
    await transport.start()
    try:
        yield transport
    finally:
        await transport.close()


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    count: int
    turns: int
    warm_up: int = 2 * BATCH
    kinds: tuple[str, ...] = (ROUTER, COPIES, SIZED)
    senders: tuple[bool, ...] = (False, True)


FULL, QUICK = Size(16 * BATCH, 5), Size(4 * BATCH, 3)


async def _compare(bench: Bench, size: Size, *, batched: bool) -> None:
    world, count = bench.world, size.count
    await bench.prepare()
    await bench.fill(world.seal(size.warm_up, batched=batched))
    for kind in size.kinds:  # a warm-up of each, not counted
        await bench.measure(kind, size.warm_up)
    bench.warming = False
    bench.rates.clear()
    bench.cpu_us.clear()
    for turn in rounds(size.turns):
        await bench.fill(world.seal(count, batched=batched))
        first = turn % len(size.kinds)
        for kind in size.kinds[first:] + size.kinds[:first]:
            await bench.measure(kind, count)


async def compare(
    world: World, folder: Path, kafka: KafkaSettings | None, size: Size
) -> list[Result]:
    """Both kinds of sender on one transport."""
    name = "embedded" if kafka is None else "kafka"
    most = world.installatie.instellingen.router.batch
    title = "SQLite (embedded)" if kafka is None else "Apache Kafka, one node, TLS"
    result = Result(
        f"Router 1 -> 4 on {title}",
        ("sender", "side", "messages/s", "CPU us", "router / it"),
        notes=[
            (
                f"{size.turns} rounds of {size.count} messages in turns, 4 partitions,"
                f" transactions of at most {most} messages; ratios are medians of the rounds"
            ),
            "CPU us: of this process, a message",
        ],
    )
    for batched in size.senders:
        async with (
            _opened(f"bench-{batched}", folder, kafka) as routing,
            _opened(f"bench-{batched}", folder, kafka) as transport,
        ):
            bench = Bench(world, routing, transport)
            await _compare(bench, size, batched=batched)
        _report(result, bench, name, batched=batched)
    return [result]


def _report(result: Result, bench: Bench, name: str, *, batched: bool) -> None:
    sender = f"signed {BATCH} at a time" if batched else "signed one by one"
    key = "router_batched_vs_forwarder" if batched else "router_vs_forwarder"
    for kind in list(bench.rates):
        rates = bench.rates[kind]
        against = ratio(bench.rates[ROUTER], rates)
        cpu = median(bench.cpu_us[kind])
        shown = "" if kind == ROUTER else f"{against:.0%}"
        result.add(sender, kind, median(rates), cpu, shown)
        if kind == COPIES:
            result.numbers[f"{key}_{name}"] = round(against, 3)
        if kind == SIZED:
            result.numbers[f"{key}_same_bytes_{name}"] = round(against, 3)
    result.numbers[f"{'router_batched' if batched else 'router'}_msgs_per_s_{name}"] = (
        round(median(bench.rates[ROUTER]))
    )


def run(
    world: World, folder: Path, *, quick: bool, transport: str = "both"
) -> list[Result]:
    results, size = list[Result](), QUICK if quick else FULL
    if transport in {"sqlite", "both"}:
        results += asyncio.run(compare(world, folder, None, size))
    if transport in {"kafka", "both"}:
        with kafka_settings(folder) as settings:
            results += asyncio.run(compare(world, folder, settings, size))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="Router against a bare forwarder.")
    parser.add_argument("--quick", action="store_true", help="smaller and rougher")
    parser.add_argument(
        "--transport", choices=("sqlite", "kafka", "both"), default="both"
    )
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = World(folder)
        for result in [
            calibration(),
            *run(world, folder, quick=options.quick, transport=options.transport),
        ]:
            result.show(console)


if __name__ == "__main__":
    main()
