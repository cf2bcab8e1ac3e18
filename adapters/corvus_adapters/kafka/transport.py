"""``Transport`` over Apache Kafka."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiokafka.structs import TopicPartition

from corvus_adapters.kafka import batches
from corvus_adapters.kafka.admin import Admin
from corvus_adapters.kafka.claim import KafkaClaim
from corvus_adapters.kafka.clients import make_producer, stop_producer
from corvus_adapters.kafka.faults import KAFKA_FAULTS, guarded, unavailable
from corvus_adapters.kafka.reader import Readers
from corvus_adapters.kafka.topics import Topics
from corvus_broker.ports import Transport
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_adapters.kafka.clients import Producer
    from corvus_adapters.kafka.settings import KafkaSettings
    from corvus_broker.ports import Append, PartitionClaim, Record, TopicSpec


class KafkaTransport(Transport):
    """Topics of a Kafka cluster. Safe to share between tasks of one event loop."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Name the cluster; ``start`` connects."""
        self._settings = settings
        self._timeout_s = settings.request_timeout_s
        self._admin: Admin | None = None
        self._topics: Topics | None = None
        self._readers = Readers(settings)
        # Made at the first append: a router that only claims needs none, and an
        # organisation that only reads may not write.
        self._producer: Producer | None = None
        self._producer_lock = asyncio.Lock()
        self._claims: list[KafkaClaim] = []

    async def start(self) -> None:
        """Connect. Raises UnavailableError ``transport.onbereikbaar``."""
        if self._admin is not None:
            return
        admin = Admin(self._settings)
        try:
            async with guarded("connect", self._timeout_s):
                await admin.start()
        except BaseException:
            await admin.close()
            raise
        self._admin = admin
        self._topics = Topics(admin, self._timeout_s)
        self._readers = Readers(self._settings)

    async def close(self) -> None:
        """Release everything. Safe to call twice."""
        for claim in self._claims:
            await claim.close()
        self._claims = []
        await self._readers.close()
        await self._drop_producer()
        if self._admin is not None:
            admin, self._admin, self._topics = self._admin, None, None
            with contextlib.suppress(*KAFKA_FAULTS):
                await admin.close()

    def _known_topics(self) -> Topics:
        if self._topics is None:
            raise unavailable("the transport is not started, or was closed")
        return self._topics

    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create what is missing. Raises SettingsError ``topic.afwijkend``."""
        await self._known_topics().ensure(specs)

    async def partitions(self, topic: str) -> int:
        """Partition count. Raises SettingsError ``topic.onbekend``."""
        return (await self._known_topics().get(topic)).partitions

    async def append(self, appends: Sequence[Append]) -> Sequence[int]:
        """Append durably, in order per partition, and give the offsets."""
        topics = await self._known_topics().check(appends)
        if not appends:
            return []
        producer = await self._started_producer()
        try:
            async with guarded("append", self._timeout_s):
                return await batches.send(producer, appends, topics)
        except BaseException:
            # Its sequence numbers may be out of step now; the next append starts anew.
            if self._producer is producer:
                await self._drop_producer()
            raise

    async def _started_producer(self) -> Producer:
        async with self._producer_lock:
            if self._producer is None:
                producer = make_producer(self._settings, None)
                try:
                    async with guarded("connect", self._timeout_s):
                        await producer.start()
                    self._known_topics()  # it may have been closed meanwhile
                except BaseException:
                    await stop_producer(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _drop_producer(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await stop_producer(producer)

    async def read(
        self,
        positions: Mapping[tuple[str, int], int],
        *,
        limit: int,
        wait_s: float,
    ) -> Sequence[Record]:
        """Read committed records, waiting for the first one."""
        topics = self._known_topics()
        for place in positions:
            await topics.partition(*place)
        if not positions:
            await asyncio.sleep(wait_s)
            return []
        reader = await self._readers.take(positions)
        try:
            return await reader.read(positions, limit=limit, wait_s=wait_s)
        finally:
            self._readers.give_back(reader)

    async def end_offset(self, topic: str, partition: int) -> int:
        """Offset after the last committed record."""
        await self._known_topics().partition(topic, partition)
        reader = await self._readers.take({})
        try:
            return await reader.end_offset(topic, partition)
        finally:
            self._readers.give_back(reader)

    async def claim(self, group: str, topic: str, partition: int) -> PartitionClaim:
        """Take over a partition and fence whoever had it."""
        topics = self._known_topics()
        await topics.partition(topic, partition)
        if self._admin is None:
            raise unavailable("the transport was closed")
        claim = await KafkaClaim.take(
            self._settings,
            self._admin,
            topics,
            group,
            TopicPartition(topic, partition),
        )
        try:
            self._known_topics()  # it may have been closed meanwhile
        except UnavailableError:
            await claim.close()
            raise
        self._claims = [one for one in self._claims if not one.closed]
        self._claims.append(claim)
        return claim
