"""A claim on an input partition: one transactional id, fenced by Kafka itself.

One id per (group, topic, partition), not consumer groups: aiokafka sends no group
generation with its transactions (aiokafka#844), so a rebalance could let two consumers
commit the same input. Here the newest producer of the id wins, always.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from corvus_adapters.kafka import batches
from corvus_adapters.kafka.clients import STOP_S, make_producer, stop_producer
from corvus_adapters.kafka.faults import KAFKA_FAULTS, guarded, retried, unavailable
from corvus_broker.ports import PartitionClaim
from corvus_schemas.errors import CorvusError, FencedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka.structs import TopicPartition

    from corvus_adapters.kafka.admin import Admin
    from corvus_adapters.kafka.clients import Producer
    from corvus_adapters.kafka.settings import KafkaSettings
    from corvus_adapters.kafka.topics import Topics
    from corvus_broker.ports import Append


def transactional_id(group: str, topic: str, partition: int) -> str:
    """Name under which a partition's claims fence each other."""
    return f"corvus-{group}-{topic}-{partition}"


class KafkaClaim(PartitionClaim):
    """The exclusive right to consume one partition, until somebody else claims it."""

    def __init__(
        self,
        producer: Producer,
        group: str,
        place: TopicPartition,
        topics: Topics,
        settings: KafkaSettings,
    ) -> None:
        """Use ``KafkaClaim.take``."""
        self._producer = producer
        self._group = group
        self._place = place
        self._topics = topics
        self._timeout_s = settings.request_timeout_s
        self._committed = 0
        self._lost: CorvusError | None = None
        self._stopped = False
        self._lock = asyncio.Lock()

    @classmethod
    async def take(
        cls,
        settings: KafkaSettings,
        admin: Admin,
        topics: Topics,
        group: str,
        place: TopicPartition,
    ) -> KafkaClaim:
        """Fence whoever had the partition and learn how far it got.

        Raises:
            UnavailableError: ``transport.onbereikbaar``.
            SettingsError: ``transport.geen_toegang``.
        """
        producer = make_producer(settings, transactional_id(group, *place))
        claim = cls(producer, group, place, topics, settings)
        try:
            async with guarded("claim a partition", settings.request_timeout_s):
                # Starting initialises the transactional id: from here on the old
                # claim cannot commit, and what it had under way is settled. Only then
                # is the committed offset final.
                await producer.start()
                offset = await retried(lambda: admin.group_offset(group, place))
        except BaseException:
            await claim.close()
            raise
        claim._committed = offset
        return claim

    @property
    def closed(self) -> bool:
        """Whether it was given up, or lost."""
        return self._stopped

    async def committed(self) -> int:
        """Offset of the next record to consume."""
        return self._committed

    async def commit(self, next_offset: int, appends: Sequence[Append]) -> None:
        """Write all appends and the offset, or nothing at all."""
        async with self._lock:
            if self._lost is not None:
                raise self._lost
            topics = await self._topics.check(appends)
            try:
                async with guarded("commit", self._timeout_s):
                    await self._producer.begin_transaction()
                    # Offsets before sends: the other order races (aiokafka#1004).
                    await self._producer.send_offsets_to_transaction(
                        {self._place: next_offset}, self._group
                    )
                    await batches.send(self._producer, appends, topics)
                    await self._producer.commit_transaction()
            except BaseException as error:
                await self._lose(error)
                raise
            self._committed = next_offset

    async def _lose(self, error: BaseException) -> None:
        """End this claim: its outcome is unknown, only a new claim can tell."""
        self._lost = unavailable("a commit failed before; claim the partition again")
        if isinstance(error, FencedError):
            self._lost = error
        else:
            # An open transaction holds up every reader until it times out.
            with contextlib.suppress(*KAFKA_FAULTS):
                async with asyncio.timeout(STOP_S):
                    await self._producer.abort_transaction()
        await self.close()

    async def close(self) -> None:
        """Give up the claim. Safe to call twice."""
        if self._lost is None:
            self._lost = unavailable("this claim was closed")
        if not self._stopped:
            self._stopped = True
            await stop_producer(self._producer)
