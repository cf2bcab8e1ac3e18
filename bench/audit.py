"""The audit log: leaves a second, time to a proof, and proofs as the tree grows.

python -m bench.audit [--quick] [--leaves N]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Result
from bench.world import World
from rich.console import Console

from corvus_adapters.audit.insluiter import Insluiter
from corvus_adapters.audit.opslag import Auditopslag
from corvus_adapters.audit.proces import build_auditlog, open_beleid
from corvus_adapters.sqlite.transport import SqliteTransport
from corvus_broker.ports import Append, TopicSpec
from corvus_broker.topics import AUDIT
from corvus_crypto.boom import Rand, Tegelboom, inclusion_path
from corvus_crypto.merkle import HASH_BYTES, leaf_hash, root_from_path
from corvus_schemas.wire.staat import Auditbatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_crypto.attestatie import Attesteerder

RATE = 20
"""Batches a second while the time to a proof is measured."""
PER_BATCH = 8


class Silent:
    """Counts nothing."""

    def grew(self, grootte: int, bladeren: int) -> None: ...

    def signed(self, grootte: int, tijd_ms: int) -> None: ...


def batches(
    attesteerder: Attesteerder, nu_ms: int, first: int, count: int
) -> list[bytes]:
    """Batches of receipts: a root over some leaves, and its signature."""
    made = []
    for number in range(first, first + count):
        outputs = [
            ("bewijs", hashlib.sha256(b"%d %d" % (number, at)).digest())
            for at in range(PER_BATCH)
        ]
        reeks = attesteerder.attest_digests(outputs, nu_ms)
        batch = Auditbatch(
            router="00009999000000000000",
            partitie=0,
            eerste=number,
            laatste=number,
            attestatie=reeks.attestaties[0],
            wortel=reeks.wortel,
            bladeren=b"".join(reeks.bladeren),
            beslisregels=[],
            beoordelingen=[],
        )
        made.append(batch.encode())
    return made


async def measure(world: World, folder: Path, *, leaves: int, proofs: int) -> Result:
    """Follow a backlog, then single batches as they come."""
    result = Result("Audit log, SQLite to SQLite", ["", "value"])
    transport = SqliteTransport(folder / "topic.sqlite")
    opslag = Auditopslag(f"sqlite:///{folder / 'log.sqlite'}")
    await transport.start()
    await transport.ensure_topics([TopicSpec(AUDIT)])
    attesteerder = world.attesteerder()
    await append(transport, batches(attesteerder, world.nu_ms, 0, leaves))
    log = build_auditlog(world.installatie, transport, opslag, Silent())
    await log.start()
    wall, cpu = time.perf_counter(), time.process_time()
    while await log.step(0.01):
        pass
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    result.add("leaves/s, CPU time", round(leaves / cpu))
    result.add("leaves/s, wall time", round(leaves / wall))
    result.numbers["audit_leaves_per_s"] = round(leaves / cpu)
    stop = False

    async def follow() -> None:
        while not stop:
            await log.step(0.05)

    task = asyncio.create_task(follow())
    waits, beleid = [], open_beleid(world.installatie)
    for number in range(proofs):
        [value] = batches(attesteerder, world.nu_ms, leaves + number, 1)
        started = time.perf_counter()
        [offset] = await transport.append([Append(AUDIT, 0, b"", value)])
        while Insluiter(opslag, beleid).prove(0, offset) is None:  # noqa: ASYNC110 - another process would look again too
            await asyncio.sleep(0.002)
        waits.append(time.perf_counter() - started)
        await asyncio.sleep(max(0.0, 1 / RATE - waits[-1]))
    stop = True
    await task
    waits.sort()
    p99 = waits[int(len(waits) * 0.99)] * 1000
    result.add("ms to a signed proof, p50", round(statistics.median(waits) * 1000, 1))
    result.add("ms to a signed proof, p99", round(p99, 1))
    result.numbers["audit_proof_p99_ms"] = round(p99, 1)
    result.notes.append(
        f"{PER_BATCH} outputs a leaf; every batch proven; {RATE} a second"
    )
    opslag.close()
    await transport.close()
    return result


async def append(transport: SqliteTransport, values: Sequence[bytes]) -> None:
    for at in range(0, len(values), 512):
        await transport.append(
            [Append(AUDIT, 0, b"", v) for v in values[at : at + 512]]
        )


def grow(most: int) -> Result:
    """A tree alone, in memory: what a proof costs as it grows."""
    columns = ["leaves", "append us", "proof us", "verify us", "proof bytes"]
    result = Result("Growth of the tree", columns)
    rand, tiles, size = Rand(), dict[tuple[int, int], bytes](), 0
    boom = Tegelboom(lambda level, number: tiles[level, number])
    goal = 1000
    while goal <= most:
        started, begun = time.process_time(), size
        while size < goal:
            count = min(10_000, goal - size)
            tiles |= rand.append(
                leaf_hash(b"%d" % at) for at in range(size, size + count)
            )
            size += count
        append_us = (time.process_time() - started) / (size - begun) * 1e6
        places = [at * 7919 * 65_537 % size for at in range(1, 201)]
        started = time.process_time()
        paths = [inclusion_path(boom, at, size) for at in places]
        proof_us = (time.process_time() - started) / len(places) * 1e6
        leaves, wortel = [leaf_hash(b"%d" % at) for at in places], rand.wortel
        started = time.process_time()
        for leaf, at, path in zip(leaves, places, paths, strict=True):
            assert root_from_path(leaf, at, size, path) == wortel
        verify_us = (time.process_time() - started) / len(places) * 1e6
        most_bytes = max(len(path) for path in paths) * HASH_BYTES
        result.add(
            size, round(append_us, 1), round(proof_us), round(verify_us), most_bytes
        )
        goal *= 10
    return result


def run(world: World, folder: Path, *, quick: bool, leaves: int = 0) -> list[Result]:
    """Measure all of it."""
    count, proofs = (4000, 60) if quick else (50_000, 400)
    most = leaves or (10_000 if quick else 1_000_000)
    return [
        asyncio.run(measure(world, folder, leaves=count, proofs=proofs)),
        grow(most),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="The audit log.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--leaves", type=int, default=0, help="grow the tree to N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = run(World(folder), folder, quick=options.quick, leaves=options.leaves)
    for result in found:
        result.show(Console())


if __name__ == "__main__":
    main()
