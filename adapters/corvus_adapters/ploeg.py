"""The workers of one process: started and stopped as the division says."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from corvus_schemas.errors import (
    CorvusError,
    FencedError,
    IntegrityError,
    RegisterError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_adapters.verdeling import Ritme
    from corvus_broker.ports import Verdeling
    from corvus_broker.service import Worker


class Ploegwaarnemer(Protocol):
    """Watches what the process takes and gives up."""

    def taken(self, partition: int) -> None:
        """Note that work on a partition begins."""
        ...

    def released(self, partition: int) -> None:
        """Note that work on a partition has ended."""
        ...

    def aside(self, partition: int, code: str) -> None:
        """Note that a partition cannot be worked on at all."""
        ...

    def silent(self, code: str) -> None:
        """Note that the membership could not be renewed."""
        ...


@dataclass(slots=True)
class _Post:
    worker: Worker
    task: asyncio.Task[None]
    stop: asyncio.Event


class Ploeg:
    """Keeps one worker running for each partition that this process should have."""

    def __init__(
        self,
        verdeling: Verdeling,
        make_worker: Callable[[int], Worker],
        waarnemer: Ploegwaarnemer,
        ritme: Ritme,
    ) -> None:
        """Tie the parts together; ``run`` begins."""
        self._verdeling = verdeling
        self._make_worker = make_worker
        self._waarnemer = waarnemer
        self._ritme = ritme
        self._posts: dict[int, _Post] = {}
        self._wanted: frozenset[int] = frozenset()
        # What cannot be worked on stays with this process: given up, it would stop one
        # process after the other.
        self._aside: dict[int, CorvusError] = {}
        self._not_before: dict[int, float] = {}
        self._renewed: float | None = None
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; batches in progress are finished first.

        Raises:
            CorvusError: what stopped a worker that nobody can replace.
        """
        await self._verdeling.join(self._wake.set)
        watcher = asyncio.create_task(self._wake_at(stop))
        try:
            while not stop.is_set():
                self._wake.clear()
                self._reap()
                await self._follow_division()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._ritme.beat_s)
        finally:
            watcher.cancel()
            await self._end()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _end(self) -> None:
        self._renewed = None
        for post in self._posts.values():
            post.stop.set()
        await asyncio.gather(
            *(post.task for post in self._posts.values()), return_exceptions=True
        )
        for partition in self._posts:
            self._waarnemer.released(partition)
        self._posts.clear()
        await self._verdeling.leave()

    async def _follow_division(self) -> None:
        try:
            self._wanted = await self._verdeling.renew(self._held())
            self._renewed = time.monotonic()
            for partition, post in self._posts.items():
                if partition not in self._wanted:
                    post.stop.set()
            new = {p for p in self._wanted if self._may_start(p)}
            if new:
                # Said before it is done, so that nobody else is given the same.
                again = await self._verdeling.renew(self._held() | new)
                for partition in sorted(new & again):
                    self._start(partition)
        except UnavailableError as error:
            # The workers go on: whether they may is up to their claims.
            self._waarnemer.silent(error.code)

    def _held(self) -> frozenset[int]:
        return frozenset(self._posts) | frozenset(self._aside)

    def _may_start(self, partition: int) -> bool:
        return (
            partition not in self._posts
            and partition not in self._aside
            and self._not_before.get(partition, 0.0) <= time.monotonic()
        )

    def _start(self, partition: int) -> None:
        worker, stop = self._make_worker(partition), asyncio.Event()
        task = asyncio.create_task(worker.run(stop))
        task.add_done_callback(lambda _: self._wake.set())
        self._posts[partition] = _Post(worker, task, stop)
        self._waarnemer.taken(partition)

    def _reap(self) -> None:
        for partition, post in list(self._posts.items()):
            if post.task.done():
                del self._posts[partition]
                self._waarnemer.released(partition)
                error = post.task.exception()
                if error is not None:
                    self._ended(partition, error)

    def _ended(self, partition: int, error: BaseException) -> None:
        match error:
            case FencedError() if self._verdeling.divides:
                # Another has it: let the members agree before it is taken back.
                self._not_before[partition] = time.monotonic() + 2 * self._ritme.beat_s
            case FencedError() | RegisterError():
                raise error
            case IntegrityError():
                self._aside[partition] = error
                self._waarnemer.aside(partition, error.code)
                if not self._posts:
                    raise error
            case _:
                raise error

    def unready(self) -> list[str]:
        """Say what keeps the process from its work; empty when it is ready.

        For another thread: reads only.
        """
        renewed = self._renewed
        if renewed is None:
            return ["not a member yet"]
        if time.monotonic() - renewed > self._ritme.ttl_s:
            return ["membership not renewed"]
        posts = dict(self._posts)
        reasons = [
            f"partition {partition} not ready"
            for partition in sorted(self._wanted)
            if partition not in posts or not posts[partition].worker.ready
        ]
        nobody = sorted(self._verdeling.unheld())
        return reasons + [f"partition {one} held by nobody" for one in nobody]
