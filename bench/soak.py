"""A million messages through one router: does its memory stay flat, is nothing lost?

    python -m bench.soak [--messages N]

A real ``corvus router`` on SQLite. Sender and recipient are this process: at most
``WINDOW`` messages are under way, so the log has no backlog to speak of. To let a
million messages fit on a disk, the log's retention is set to minutes once the router
runs. Checked while it runs: every message comes out once, none comes out that was not
put in, in the order of its partition, and the audit batches follow each other without
a gap.

What a router remembers of every message until it leaves the dedupe window is memory it
is meant to keep: the growth is given per message, so that it can be told from a leak.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import sqlite3
import tempfile
import time
import tracemalloc
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Result, machine
from bench.router import FILL
from bench.routers import Lezer, opened, running
from bench.steps import records
from bench.sweep import named
from bench.world import BATCH, World
from rich.console import Console

from corvus_broker.staat import Partitiestaat
from corvus_broker.topics import AUDIT
from corvus_schemas.wire.bericht import Geattesteerd, Inzending, Leveringsbericht
from corvus_schemas.wire.staat import Auditbatch

if TYPE_CHECKING:
    from bench.routers import Router
    from bench.world import Sealed

    from corvus_broker.pipeline import Pipeline
    from corvus_broker.ports import Record, Transport

MILLION = 1_000_000
WINDOW = 16 * BATCH
SAMPLES = 50
STUCK_S = 120.0
RETENTION_MS = 3 * 60_000
# After a tenth of the run caches are full and the allocator has settled.
SETTLED = 0.1
SAMPLE = 4 * BATCH
# Allocators round up, dictionaries double; a leak shows as more than this.
LEAK = 1.5


@dataclass
class Check:
    """What has to come out, and what came."""

    under_way: list[deque[bytes]]
    places: dict[bytes, int] = field(default_factory=dict)
    audited: dict[int, int] = field(default_factory=dict)
    out: int = 0
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, partities: int) -> Check:
        return cls([deque() for _ in range(partities)])

    def sent(self, sealed: Sealed) -> None:
        name = named(Inzending.decode(sealed.value).manifest)
        self.places[name] = sealed.partition
        self.under_way[sealed.partition].append(name)

    def delivered(self, record: Record) -> None:
        geattesteerd = Geattesteerd.decode(record.value or b"")
        self.out_came(named(Leveringsbericht.decode(geattesteerd.inhoud).manifest))

    def out_came(self, name: bytes) -> None:
        partition = self.places.pop(name, None)
        if partition is None:
            self.faults.append("a levering of no message under way, or a second one")
            return
        if self.under_way[partition].popleft() != name:
            self.faults.append(f"out of order in partition {partition}")
        self.out += 1

    def evidence(self, record: Record) -> None:
        batch = Auditbatch.decode(record.value or b"")
        expected = self.audited.get(batch.partitie, batch.eerste)
        if batch.eerste != expected:
            self.faults.append(f"a gap in the evidence of partition {batch.partitie}")
        self.audited[batch.partitie] = batch.laatste + 1


@dataclass
class Soak:
    """One run."""

    world: World
    transport: Transport
    router: Router
    check: Check
    total: int
    samples: list[tuple[int, float]] = field(default_factory=list)

    async def run(self, lezer: Lezer) -> None:
        """Send, read and sample until everything is out."""
        audit = Lezer(self.transport, AUDIT, 0)
        sent, every, moved = 0, max(self.total // SAMPLES, 1), time.monotonic()
        while self.check.out < self.total and not self.check.faults:
            room = WINDOW - len(self.check.places)
            if sent < self.total and room >= BATCH:
                sent += await self._send(min(BATCH, self.total - sent))
            before = self.check.out
            for record in await lezer.read():
                self.check.delivered(record)
            for record in await self._evidence(audit):
                self.check.evidence(record)
            if self.check.out // every > before // every:
                self.samples.append((self.check.out, self.router.rss_mib))
            if self.check.out > before:
                moved = time.monotonic()
            elif time.monotonic() - moved > STUCK_S:
                self.check.faults.append(f"{len(self.check.places)} do not come out")
        for record in await self._evidence(audit):
            self.check.evidence(record)
        self.samples.append((self.check.out, self.router.rss_mib))

    async def _send(self, count: int) -> int:
        sealed = self.world.seal(count, batched=True)
        for one in sealed:
            self.check.sent(one)
        await self.transport.append([one.append for one in sealed])
        return count

    async def _evidence(self, audit: Lezer) -> list[Record]:
        """What is there; not waiting for more."""
        end = await self.transport.end_offset(AUDIT, 0)
        found: list[Record] = []
        while audit.position < end:
            records = await self.transport.read(
                {(AUDIT, 0): audit.position}, limit=FILL, wait_s=0
            )
            if not records:
                break
            audit.position = records[-1].offset + 1
            found += records
        return found


def remembered(world: World) -> float:
    """Bytes that the state of a partition takes for a message with a zaak of its own."""
    pipeline, staat = world.pipeline(), Partitiestaat()
    batches = records(world.seal(2 * SAMPLE, batched=True), world.nu_ms)
    half = len(batches) // 2
    _process(pipeline, staat, batches[:half])
    gc.collect()
    tracemalloc.start()
    _process(pipeline, staat, batches[half:])
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / SAMPLE


def _process(
    pipeline: Pipeline, staat: Partitiestaat, batches: list[list[Record]]
) -> None:
    for batch in batches:
        for record in batch:
            assert pipeline.process(record, staat).leveringen
        staat.take_changes()


def shorten_retention(path: Path) -> None:
    """Let the log clean itself while it grows."""
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as db, db:
        db.execute(
            "UPDATE topics SET retention_ms = ? WHERE NOT compacted", (RETENTION_MS,)
        )


async def soak(world: World, total: int) -> Result:
    """Run it and judge it."""
    async with (
        opened(world, None) as transport,
        running(world, None, [range(world.partities)]) as (router,),
    ):
        shorten_retention(world.installatie.sqlite_path)
        check = Check.of(world.partities)
        run = Soak(world, transport, router, check, total)
        started, used = time.perf_counter(), router.cpu_s
        await run.run(await Lezer.at_end(world, transport))
        seconds = time.perf_counter() - started
        cpu_s = router.cpu_s - used
    return _report(run, seconds, cpu_s, remembered(world))


def growth(samples: list[tuple[int, float]]) -> float:
    """Bytes a message, by least squares over what comes after settling in."""
    last = samples[-1][0]
    kept = [one for one in samples if one[0] >= last * SETTLED]
    if len({count for count, _ in kept}) < 2:
        return 0.0
    x = sum(count for count, _ in kept) / len(kept)
    y = sum(rss for _, rss in kept) / len(kept)
    over = sum((count - x) * (rss - y) for count, rss in kept)
    return over / sum((count - x) ** 2 for count, _ in kept) * 2**20


def _report(run: Soak, seconds: float, cpu_s: float, state: float) -> Result:
    check, per_message = run.check, growth(run.samples)
    result = Result(
        f"Soak: {check.out:,} messages through one router on SQLite",
        ("messages out", "RSS of the router, MiB"),
    )
    step = max(len(run.samples) // 10, 1)
    for count, rss in [*run.samples[:-1][::step], run.samples[-1]]:
        result.add(count, f"{rss:.1f}")
    leaks = per_message > LEAK * state
    result.notes += [
        (
            f"{check.out / seconds:.0f} messages/s, sealing and reading beside it;"
            f" {cpu_s / max(check.out, 1) * 1e6:.0f} us of CPU of the router a message"
        ),
        (
            f"grows by {per_message:.0f} bytes a message after the first tenth; what it"
            f" remembers of a message in a zaak of its own takes {state:.0f}"
            f"{': it leaks' if leaks else ''}"
        ),
        f"faults: {'; '.join(check.faults) if check.faults else 'none'}",
    ]
    result.numbers |= {
        "soak_messages": check.out,
        "soak_rss_bytes_a_message": round(per_message),
        "soak_state_bytes_a_message": round(state),
        "soak_leaks": int(leaks),
        "soak_rss_mib_end": round(run.samples[-1][1], 1),
        "soak_faults": len(check.faults),
    }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="A long run through one router.")
    parser.add_argument("--messages", type=int, default=MILLION)
    options = parser.parse_args()
    console = Console()
    for line in machine():
        console.print(line, highlight=False)
    with tempfile.TemporaryDirectory() as name:
        result = asyncio.run(soak(World(Path(name)), options.messages))
    result.show(console)
    print(json.dumps(result.numbers))
    short = result.numbers["soak_messages"] < options.messages
    if short or result.numbers["soak_leaks"] or result.numbers["soak_faults"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
