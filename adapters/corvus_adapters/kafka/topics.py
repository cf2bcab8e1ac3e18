"""What topics there are: made, counted, and how large a message each takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka import errors

from corvus_adapters.kafka.faults import (
    guarded,
    retried,
    too_large,
    translate,
    unknown_topic,
)
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_adapters.kafka.admin import Admin
    from corvus_broker.ports import Append, TopicSpec

# Kafka's limit is on a batch; what a batch of one record needs besides key and value.
OVERHEAD_BYTES = 512
LIMIT = "max.message.bytes"

_UNKNOWN = (errors.UnknownTopicOrPartitionError, errors.InvalidTopicError)


@dataclass(frozen=True, slots=True)
class Topic:
    """What the transport has to know of a topic."""

    partitions: int
    max_message_bytes: int


class Topics:
    """The topics of a cluster, remembered once seen: they are not resized."""

    def __init__(self, admin: Admin, timeout_s: float) -> None:
        """Use an admin client that the transport starts and closes."""
        self._admin = admin
        self._timeout_s = timeout_s
        self._known: dict[str, Topic] = {}

    async def get(self, name: str) -> Topic:
        """Give a topic. Raises SettingsError ``topic.onbekend``."""
        known = self._known.get(name)
        if known is None:
            async with guarded(f"describe {name}", self._timeout_s):
                known = await retried(lambda: self._describe(name))
            if known is None:
                raise unknown_topic(name)
            self._known[name] = known
        return known

    async def partition(self, topic: str, partition: int) -> Topic:
        """Give the topic of a partition. Raises SettingsError ``topic.onbekend``."""
        found = await self.get(topic)
        if not 0 <= partition < found.partitions:
            raise unknown_topic(topic, partition)
        return found

    async def _describe(self, name: str) -> Topic | None:
        described = await self._admin.describe(name)
        if described.error in _UNKNOWN:
            return None
        if described.error is not errors.NoError:
            raise described.error
        limit = await self._admin.topic_config(name, LIMIT)
        return Topic(len(described.leaders), int(limit) - OVERHEAD_BYTES)

    async def check(self, appends: Iterable[Append]) -> dict[str, Topic]:
        """Refuse what can never be appended; give the topics.

        Raises:
            SettingsError: ``topic.onbekend``.
            EnvelopeError: ``bericht.te_groot``.
        """
        found: dict[str, Topic] = {}
        for append in appends:
            topic = await self.partition(append.topic, append.partition)
            found[append.topic] = topic
            size = len(append.key) + len(append.value or b"")
            if size > topic.max_message_bytes:
                raise too_large(append.topic, size, topic.max_message_bytes)
        return found

    async def ensure(self, specs: Sequence[TopicSpec]) -> None:
        """Create what is missing.

        Raises:
            SettingsError: ``topic.afwijkend``; another partition count is there.
        """
        new = {
            spec.name: (spec.partitions, topic_config(spec))
            for spec in specs
            if not await self._is_there(spec.name)
        }
        if new:
            async with guarded("create topics", self._timeout_s):
                await retried(lambda: self._create(new))
                await retried(lambda: self._appear(new))
        for spec in specs:
            there = (await self.get(spec.name)).partitions
            if there != spec.partitions:
                raise SettingsError(
                    "topic.afwijkend",
                    f"topic {spec.name} has {there} partitions, not {spec.partitions}",
                    advice="The partition count of a topic cannot change.",
                )

    async def _is_there(self, name: str) -> bool:
        # Asked first: who may not create topics can still see that they are there.
        async with guarded(f"describe {name}", self._timeout_s):
            described = await retried(lambda: self._admin.describe(name))
        return described.error not in _UNKNOWN

    async def _create(self, new: Mapping[str, tuple[int, dict[str, str]]]) -> None:
        outcome = await self._admin.create_topics(new)
        for name, error in outcome.items():
            if error in (errors.NoError, errors.TopicAlreadyExistsError):
                continue
            if error.retriable:
                raise error
            raise translate(error(), f"create {name}")

    async def _appear(self, names: Iterable[str]) -> None:
        """Wait until the brokers, not only the controller, know the topics."""
        for name in names:
            described = await self._admin.describe(name)
            if (
                described.error is not errors.NoError
                or min(described.leaders, default=-1) < 0
            ):
                raise errors.LeaderNotAvailableError


def topic_config(spec: TopicSpec) -> dict[str, str]:
    """Give the settings of a topic, as Kafka names them."""
    return {
        "message.timestamp.type": "LogAppendTime",
        LIMIT: str(spec.max_message_bytes + OVERHEAD_BYTES),
        "cleanup.policy": "compact" if spec.compacted else "delete",
        "retention.ms": str(-1 if spec.retention_ms is None else spec.retention_ms),
        "retention.bytes": "-1",
    }
