"""The driver: reads a partition, runs the pipeline, commits effects and offset.

One worker per partition and one transaction per batch. On takeover it claims the
partition (fencing whoever had it), reads the changelog to its end and goes on behind
the committed offset. A batch whose outcome is unknown is not guessed at: the worker
starts over from a fresh claim, and every step is idempotent.

The only module of the broker that knows asyncio.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from corvus_broker.batch import finish_batch
from corvus_broker.staat import Partitiestaat
from corvus_broker.topics import INZENDING, ROUTER_GROUP, ZAAKSTAAT
from corvus_broker.uitlezen import read_whole
from corvus_schemas.errors import FencedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from corvus_broker.bewaren import Bewaarder
    from corvus_broker.effecten import Effecten
    from corvus_broker.pipeline import Pipeline
    from corvus_broker.ports import PartitionClaim, Record, Transport
    from corvus_crypto.attestatie import Attesteerder


class Waarnemer(Protocol):
    """Watches the driver: metrics and logs, never content."""

    def handled(self, records: Sequence[Record], effecten: Sequence[Effecten]) -> None:
        """Note a batch that was committed."""
        ...

    def takeover(self, partition: int, restored: int) -> None:
        """Note that a partition was claimed and so many state records were read."""
        ...

    def held(self, partition: int, count: int, overdue: int) -> None:
        """Note how much is held, and how much of it was not confirmed in time."""
        ...

    def lost(self, partition: int, code: str) -> None:
        """Note that a partition has to be claimed again, and why."""
        ...


@dataclass(frozen=True, slots=True)
class Tempo:
    """How a worker paces itself: records a batch, and waits in seconds."""

    batch: int = 512
    wait_s: float = 0.5
    backoff_s: float = 0.2
    longest_backoff_s: float = 10.0


async def _nothing_to_renew() -> None:
    """Do nothing: the registers of this process do not grow."""


class Worker:
    """Drives one partition of ``corvus.inzending``.

    ``ververs`` is awaited before each batch is decided: it makes sure that no version
    of the register that could be in force by now is missing. ``jitter`` says what part
    of a pause to wait, so that workers that fail together do not come back together.
    """

    def __init__(  # noqa: PLR0913 - what a driver ties together
        self,
        partition: int,
        transport: Transport,
        pipeline: Pipeline,
        attesteerder: Attesteerder,
        waarnemer: Waarnemer,
        *,
        router_id: str,
        tempo: Tempo,
        bewaarder: Bewaarder,
        ververs: Callable[[], Awaitable[None]] = _nothing_to_renew,
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._partition = partition
        self._transport = transport
        self._pipeline = pipeline
        self._attesteerder = attesteerder
        self._waarnemer = waarnemer
        self._router_id = router_id
        self._tempo = tempo
        self._bewaarder = bewaarder
        self._ververs = ververs
        self._jitter = jitter
        self.ready = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; a batch in progress is finished first.

        Raises:
            FencedError: another process took this partition over.
            RegisterError: no register is in force.
            IntegrityError: the state cannot be trusted.
        """
        backoff = self._tempo.backoff_s
        while not stop.is_set():
            claim = None
            try:
                claim = await self._transport.claim(
                    ROUTER_GROUP, INZENDING, self._partition
                )
                staat = await self._restore()
                await self._bewaarder.tidy(self._partition, staat)
                self.ready = True
                backoff = self._tempo.backoff_s
                await self._consume(claim, staat, stop)
            except FencedError as error:
                self._waarnemer.lost(self._partition, error.code)
                raise
            except UnavailableError as error:
                self._waarnemer.lost(self._partition, error.code)
                await _pause(stop, backoff * self._jitter())
                backoff = min(backoff * 2, self._tempo.longest_backoff_s)
            finally:
                self.ready = False
                if claim is not None:
                    await claim.close()

    async def _restore(self) -> Partitiestaat:
        """Read the changelog to its end."""
        staat = Partitiestaat()
        restored = 0
        async for record in read_whole(self._transport, ZAAKSTAAT, self._partition):
            staat.replay(record.key, record.value)
            restored += 1
        self._waarnemer.takeover(self._partition, restored)
        return staat

    async def _consume(
        self, claim: PartitionClaim, staat: Partitiestaat, stop: asyncio.Event
    ) -> None:
        place = (INZENDING, self._partition)
        position = await claim.committed()
        while not stop.is_set():
            records = await self._transport.read(
                {place: position}, limit=self._tempo.batch, wait_s=self._tempo.wait_s
            )
            if not records:
                await self._bewaarder.sweep(self._transport, self._partition)
                continue
            await self._ververs()
            effecten = [self._pipeline.process(record, staat) for record in records]
            position = records[-1].offset + 1
            # What is held is stored before its message counts as handled.
            orders = await self._bewaarder.before_commit(self._partition, effecten)
            appends = finish_batch(
                self._router_id, self._attesteerder, records, effecten, staat
            )
            await claim.commit(position, [*appends, *orders])
            await self._bewaarder.after_commit(effecten)
            self._waarnemer.handled(records, effecten)
            await self._bewaarder.sweep(self._transport, self._partition)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
