"""At what rate a router is full, and how long a message takes well below that.

    python -m bench.sweep [--quick] [--transport sqlite|kafka|both]

A real ``corvus router`` holds every partition. Messages are offered at their time,
whether or not the ones before are through (an open loop), so that waiting counts. The
latency of a message runs from the moment it should have been submitted until the
levering to RECL can be read: it is in the same transaction as all others. The rate
rises until a tenth is not through when the sending ends, or the median passes half a
second: the rate before is the knee. Then at half the knee for longer. Beside it, as what the log itself takes: a
record of the same bytes, appended and read, twice (in, and out).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Result, calibration, median
from bench.router import kafka_settings
from bench.routers import Lezer, opened, running
from bench.world import World
from rich.console import Console

from corvus_broker.ports import Append, TopicSpec
from corvus_schemas.wire.bericht import Geattesteerd, Inzending, Leveringsbericht

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.world import Sealed

    from corvus_adapters.kafka import KafkaSettings
    from corvus_broker.ports import Transport

FIRST_RATE, FACTOR, STEPS = 50.0, 1.4, 10
LATE_S, THROUGH = 0.5, 0.9
DRAIN_S = 60.0
MOST = 20_000
"""Messages in one step, whatever the rate: sealing them takes longer than sending."""
ECHO = "bench.echo"


@dataclass(frozen=True)
class Plan:
    """How long each step lasts."""

    step_s: float
    half_s: float
    steps: int = STEPS


FULL, QUICK = Plan(5.0, 30.0), Plan(1.5, 3.0, 3)


@dataclass
class Step:
    """What one rate gave."""

    rate: float
    sent: int
    through: float
    latencies_ms: list[float] = field(repr=False)

    @property
    def sustained(self) -> bool:
        late = percentile(self.latencies_ms, 0.5) / 1000 > LATE_S
        return self.through >= THROUGH and not late


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def named(manifest: bytes) -> bytes:
    """What a message is known by at both ends: a levering has its manifest verbatim."""
    return hashlib.sha256(manifest).digest()


@dataclass
class Loop:
    """Offers messages at a rate and sees them come out."""

    world: World
    transport: Transport
    lezer: Lezer

    async def offer(self, rate: float, seconds: float) -> Step:
        count = min(max(int(rate * seconds), 10), MOST)
        sealed = self.world.seal(count, batched=True)
        names = [named(Inzending.decode(one.value).manifest) for one in sealed]
        start = time.perf_counter() + 0.1
        due = {name: start + at / rate for at, name in enumerate(names)}
        seen: dict[bytes, float] = {}
        sending = asyncio.create_task(self._send(sealed, start, rate))
        async with asyncio.timeout(count / rate + DRAIN_S):
            while len(seen) < count:
                for record in await self.lezer.read():
                    levering = Leveringsbericht.decode(
                        Geattesteerd.decode(record.value or b"").inhoud
                    )
                    seen[named(levering.manifest)] = time.perf_counter()
        await sending
        end = start + count / rate
        through = sum(at <= end + LATE_S for at in seen.values()) / count
        return Step(
            rate, count, through, [(seen[name] - due[name]) * 1000 for name in names]
        )

    async def _send(self, sealed: Sequence[Sealed], start: float, rate: float) -> None:
        """Append what is due, as soon as it is; a late append takes what came due."""
        at = 0
        while at < len(sealed):
            now = time.perf_counter()
            upto = (
                min(int((now - start) * rate) + 1, len(sealed)) if now > start else at
            )
            if upto > at:
                await self.transport.append([one.append for one in sealed[at:upto]])
                at = upto
            else:
                await asyncio.sleep(max(start + at / rate - now, 0))

    async def echo(self, sealed: Sequence[Sealed]) -> list[float]:
        """One append and one read of the log itself, in ms."""
        await self.transport.ensure_topics(
            [TopicSpec(ECHO, 1, max_message_bytes=2**21)]
        )
        place = (ECHO, 0)
        position, found = await self.transport.end_offset(*place), list[float]()
        for one in sealed:
            started = time.perf_counter()
            await self.transport.append([Append(*place, one.key, one.value)])
            records = await self.transport.read(
                {place: position}, limit=1, wait_s=DRAIN_S
            )
            position = records[-1].offset + 1
            found.append((time.perf_counter() - started) * 1000)
        return found


async def sweep(world: World, kafka: KafkaSettings | None, plan: Plan) -> list[Result]:
    name = "SQLite (embedded)" if kafka is None else "Apache Kafka, one node, TLS"
    async with (
        opened(world, kafka) as transport,
        running(world, kafka, [range(world.partities)]),
    ):
        loop = Loop(world, transport, await Lezer.at_end(world, transport))
        await loop.offer(FIRST_RATE, 1.0)  # a warm-up, not counted
        echo = await loop.echo(world.seal(50, batched=True))
        found, rate = list[Step](), FIRST_RATE
        for _ in range(plan.steps):
            found.append(await loop.offer(rate, plan.step_s))
            if not found[-1].sustained:
                break
            rate *= FACTOR
        knee = max((one.rate for one in found if one.sustained), default=FIRST_RATE)
        half = await loop.offer(knee / 2, plan.half_s)
    key = "embedded" if kafka is None else "kafka"
    full = not found[-1].sustained
    return [
        _rates(name, found),
        _latency(f"{name}", key, (knee, half, echo), full=full),
    ]


def _rates(name: str, found: Sequence[Step]) -> Result:
    result = Result(
        f"Rate sweep on {name}",
        ("offered, messages/s", "sent", "in time", "p50 ms", "p99 ms"),
        notes=["one router process; in time: readable within 0.5 s of the last"],
    )
    for one in found:
        result.add(
            f"{one.rate:.0f}",
            one.sent,
            f"{one.through:.0%}",
            percentile(one.latencies_ms, 0.5),
            percentile(one.latencies_ms, 0.99),
        )
    return result


def _latency(
    name: str, key: str, found: tuple[float, Step, list[float]], *, full: bool
) -> Result:
    knee, half, echo = found
    result = Result(
        f"Latency at half the knee on {name}",
        ("what", "p50 ms", "p99 ms", "p99.9 ms"),
        notes=[
            (
                f"knee: {'' if full else 'at least '}{knee:.0f} messages/s;"
                f" {half.sent} messages at {half.rate:.0f} messages/s"
            ),
        ],
    )
    shares = (0.5, 0.99, 0.999)
    submitted = [percentile(half.latencies_ms, share) for share in shares]
    result.add("submit to levering", *submitted)
    result.add(
        "the log alone: append and read, x 2",
        *(2 * percentile(echo, s) for s in shares),
    )
    result.numbers[f"knee_msgs_per_s_{key}"] = round(knee)
    for share, value in zip(("p50", "p99", "p999"), submitted, strict=True):
        result.numbers[f"latency_{share}_ms_{key}"] = round(value, 2)
    result.numbers[f"log_p50_ms_{key}"] = round(2 * median(echo), 2)
    return result


def run(world: World, folder: Path, *, quick: bool, transport: str) -> list[Result]:
    results, plan = list[Result](), QUICK if quick else FULL
    if transport in {"sqlite", "both"}:
        results += asyncio.run(sweep(world, None, plan))
    if transport in {"kafka", "both"}:
        with kafka_settings(folder) as kafka:
            results += asyncio.run(sweep(world, kafka, plan))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="Rate sweep, knee and latency.")
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
