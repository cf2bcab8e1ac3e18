"""``Transport`` over one SQLite file: no server, several processes, one machine.

Two threads a transport, one that writes and one that reads, so that the event loop
never waits for the disk and a reader never waits for a writer's fsync. Appends that
arrive while the disk is busy share the next transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from corvus_adapters.sqlite.log import SqliteLog
from corvus_broker.ports import PartitionClaim, Transport
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from corvus_broker.ports import Append, Record, TopicSpec

P = ParamSpec("P")
R = TypeVar("R")

# Waiting for another process: look at the file every 1 to 5 ms, which costs
# microseconds, and into it every 20 ms, since file times are coarse.
SHORTEST_WAIT_S = 0.001
LONGEST_WAIT_S = 0.005
LOOK_INSIDE_S = 0.02

# How many records a process appends before it looks whether cleaning is due.
CLEAN_EVERY = 5000


def system_clock_ms() -> int:
    """UTC in milliseconds."""
    return time.time_ns() // 1_000_000


class SqliteTransport(Transport):
    """The embedded log. Safe to share between tasks of one event loop."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], int] = system_clock_ms,
        busy_timeout_s: float = 10.0,
    ) -> None:
        """Name the file; ``start`` opens it.

        Args:
            path: The log file, made when it is not there.
            clock: LogAppendTime, UTC in milliseconds.
            busy_timeout_s: How long to wait for another process's transaction.
        """
        self._path = path
        self._wal = path.with_name(path.name + "-wal")
        self._clock = clock
        self._busy_timeout_s = busy_timeout_s
        self._writer: _Worker | None = None
        self._reader: _Worker | None = None
        self._queue: list[tuple[Sequence[Append], asyncio.Future[Sequence[int]]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._appended = 0
        self._turn = 0

    async def start(self) -> None:
        """Open the file. Raises UnavailableError ``transport.onbereikbaar``."""
        if self._writer is None:
            self._writer = await _Worker.open(self._open)
            self._reader = await _Worker.open(self._open)

    def _open(self) -> SqliteLog:
        return SqliteLog(
            self._path, clock=self._clock, busy_timeout_s=self._busy_timeout_s
        )

    async def close(self) -> None:
        """Finish what is being written and close. Safe to call twice."""
        if self._flusher is not None:
            await self._flusher
        for worker in (self._reader, self._writer):
            if worker is not None:
                await worker.close()
        self._reader = self._writer = None

    def writer(self) -> _Worker:
        """Give the writing thread, for claims."""
        if self._writer is None:
            raise _closed()
        return self._writer

    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create what is missing. Raises SettingsError ``topic.afwijkend``."""
        worker = self.writer()
        await worker.run(worker.log.ensure_topics, list(specs))

    async def partitions(self, topic: str) -> int:
        """Partition count. Raises SettingsError ``topic.onbekend``."""
        worker = self._read_worker()
        return await worker.run(worker.log.partitions, topic)

    def _read_worker(self) -> _Worker:
        if self._reader is None:
            raise _closed()
        return self._reader

    async def append(self, appends: Sequence[Append]) -> Sequence[int]:
        """Append durably; here also all of them or none."""
        if not appends:
            return []
        worker = self._read_worker()
        await worker.run(worker.log.check, appends)
        future: asyncio.Future[Sequence[int]] = (
            asyncio.get_running_loop().create_future()
        )
        self._queue.append((appends, future))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        # A caller that gives up must not take the others' transaction with it.
        return await asyncio.shield(future)

    async def _flush(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue, []
                await self._write_together(batch)
                await self._clean_when_due(sum(len(appends) for appends, _ in batch))
        finally:
            self._flusher = None

    async def _write_together(
        self, batch: list[tuple[Sequence[Append], asyncio.Future[Sequence[int]]]]
    ) -> None:
        try:
            worker = self.writer()
            together = [append for appends, _ in batch for append in appends]
            offsets = await worker.run(worker.log.append, together)
        except Exception as error:  # noqa: BLE001 - each caller gets it raised
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        start = 0
        for appends, future in batch:
            if not future.done():
                future.set_result(offsets[start : start + len(appends)])
            start += len(appends)

    async def _clean_when_due(self, appended: int) -> None:
        self._appended += appended
        if self._appended < CLEAN_EVERY:
            return
        self._appended = 0
        worker = self.writer()
        # Cleaning is housekeeping: when the disk is in trouble the next append says
        # so to somebody who can act on it.
        with contextlib.suppress(UnavailableError):
            await worker.run(worker.log.clean, force=False)

    async def appended(self, count: int) -> None:
        """Count what a claim wrote, and clean when it is time."""
        await self._clean_when_due(count)

    async def compact(self) -> int:
        """Compact and expire now; give how many records went."""
        worker = self.writer()
        return await worker.run(worker.log.clean, force=True)

    async def read(
        self,
        positions: Mapping[tuple[str, int], int],
        *,
        limit: int,
        wait_s: float,
    ) -> Sequence[Record]:
        """Read committed records, waiting for the first one."""
        worker = self._read_worker()
        deadline = time.monotonic() + wait_s
        pause = SHORTEST_WAIT_S
        while True:
            seen = self._wal_state()
            found = await worker.run(worker.log.read, self._in_turn(positions), limit)
            if found or time.monotonic() >= deadline:
                return found
            look_inside = min(deadline, time.monotonic() + LOOK_INSIDE_S)
            while time.monotonic() < look_inside and self._wal_state() == seen:
                await asyncio.sleep(pause)
                pause = min(pause * 1.25, LONGEST_WAIT_S)

    def _in_turn(
        self, positions: Mapping[tuple[str, int], int]
    ) -> list[tuple[str, int, int]]:
        """Start each read with another partition, so that none is starved."""
        asked = [(topic, part, offset) for (topic, part), offset in positions.items()]
        self._turn += 1
        first = self._turn % len(asked) if asked else 0
        return asked[first:] + asked[:first]

    def _wal_state(self) -> tuple[int, int]:
        try:
            state = self._wal.stat()
        except FileNotFoundError:
            return (0, 0)
        return (state.st_mtime_ns, state.st_size)

    async def end_offset(self, topic: str, partition: int) -> int:
        """Offset after the last committed record."""
        worker = self._read_worker()
        return await worker.run(worker.log.end_offset, topic, partition)

    async def claim(self, group: str, topic: str, partition: int) -> PartitionClaim:
        """Take over a partition and fence whoever had it."""
        worker = self.writer()
        epoch, next_offset = await worker.run(worker.log.claim, group, topic, partition)
        return SqliteClaim(self, (group, topic, partition, epoch), next_offset)


@dataclass(slots=True)
class SqliteClaim(PartitionClaim):
    """A claim is an epoch in the file; it holds no lock and no connection."""

    _transport: SqliteTransport
    _claim: tuple[str, str, int, int]
    _next_offset: int

    async def committed(self) -> int:
        """Offset of the next record to consume."""
        return self._next_offset

    async def commit(self, next_offset: int, appends: Sequence[Append]) -> None:
        """Write all appends and the offset, or nothing at all."""
        worker = self._transport.writer()

        def step() -> None:
            worker.log.check(appends)
            worker.log.commit(self._claim, next_offset, appends)

        await worker.run(step)
        self._next_offset = next_offset
        await self._transport.appended(len(appends))

    async def close(self) -> None:
        """Nothing to release: the next claim takes a new epoch."""


class _Worker:
    """One thread with one connection."""

    def __init__(self, executor: ThreadPoolExecutor, log: SqliteLog) -> None:
        self.log = log
        self._executor = executor

    @classmethod
    async def open(cls, factory: Callable[[], SqliteLog]) -> _Worker:
        executor = ThreadPoolExecutor(1, thread_name_prefix="corvus-sqlite")
        try:
            loop = asyncio.get_running_loop()
            return cls(executor, await loop.run_in_executor(executor, factory))
        except BaseException:
            executor.shutdown(wait=False)
            raise

    async def run(self, step: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        try:
            future = loop.run_in_executor(self._executor, lambda: step(*args, **kwargs))
        except RuntimeError as error:  # the executor was shut down
            raise _closed() from error
        return await future

    async def close(self) -> None:
        try:
            await self.run(self.log.close)
        finally:
            self._executor.shutdown(wait=False)


def _closed() -> UnavailableError:
    return UnavailableError(
        "transport.onbereikbaar",
        "the transport is not started, or was closed",
        advice="Call start() first.",
    )
