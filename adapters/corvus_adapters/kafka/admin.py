"""aiokafka's admin client with types, and what it lacks (ACLs)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.new_topic import NewTopic

from corvus_adapters.kafka.clients import connection
from corvus_adapters.kafka.protocol import CreateAcls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiokafka.structs import TopicPartition

    from corvus_adapters.kafka.protocol import AclRow
    from corvus_adapters.kafka.settings import KafkaSettings

BROKER_DEFAULT = -1


@dataclass(frozen=True, slots=True)
class Described:
    """A topic as the cluster sees it; ``leaders`` has one broker id per partition."""

    error: type[errors.KafkaError]
    leaders: list[int]


class _ConfigAnswer(Protocol):
    resources: list[tuple[int, str, int, str, list[tuple[str, str]]]]


class _CreateAnswer(Protocol):
    topic_errors: list[tuple[str, int, str]]


class _AclAnswer(Protocol):
    creation_responses: list[tuple[int, str | None]]


class _Offset(Protocol):
    offset: int


class Admin:
    """The admin calls that Corvus needs. Raises aiokafka's errors as they are."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Name the cluster; ``start`` connects."""
        self._client = AIOKafkaAdminClient(**connection(settings))

    async def start(self) -> None:
        """Connect."""
        await self._client.start()  # type: ignore[no-untyped-call]  # aiokafka's

    async def close(self) -> None:
        """Disconnect. Safe to call twice."""
        await self._client.close()  # type: ignore[no-untyped-call]  # aiokafka's

    async def describe(self, topic: str) -> Described:
        """Look a topic up."""
        (found,) = await self._client.describe_topics([topic])
        return Described(
            errors.for_code(found["error_code"]),
            [partition["leader"] for partition in found["partitions"]],
        )

    async def topic_config(self, topic: str, name: str) -> str:
        """Give one setting of a topic."""
        resource = ConfigResource(  # type: ignore[no-untyped-call]  # aiokafka's
            ConfigResourceType.TOPIC, topic, {name: None}
        )
        (answer,) = await self._client.describe_configs([resource])
        ((code, _, _, _, entries),) = cast("_ConfigAnswer", answer).resources
        raise_for(code)
        return entries[0][1]

    async def create_topics(
        self,
        topics: Mapping[str, tuple[int, Mapping[str, str]]],
        *,
        replication: int = BROKER_DEFAULT,
    ) -> dict[str, type[errors.KafkaError]]:
        """Create topics of (partitions, settings); give the outcome of each."""
        new = [
            NewTopic(  # type: ignore[no-untyped-call]  # aiokafka's
                name=name,
                num_partitions=partitions,
                replication_factor=replication,
                # Empty, not None: or it refuses the broker's default replication.
                replica_assignments={},
                topic_configs=dict(config),
            )
            for name, (partitions, config) in topics.items()
        ]
        answer = cast("_CreateAnswer", await self._client.create_topics(new))
        return {name: errors.for_code(code) for name, code, _ in answer.topic_errors}

    async def group_offset(self, group: str, place: TopicPartition) -> int:
        """Give the committed offset of a group; 0 when there is none."""
        offsets = await self._client.list_consumer_group_offsets(
            group, partitions=[place]
        )
        found = cast("_Offset | None", offsets.get(place))
        return 0 if found is None else max(0, int(found.offset))

    async def create_acls(self, rows: Sequence[AclRow]) -> None:
        """Allow or deny; rules that are there already stay as they are."""
        answer = await self._client._send_to_controller(  # noqa: SLF001 - no public way
            CreateAcls(rows)
        )
        for code, _ in cast("_AclAnswer", answer).creation_responses:
            raise_for(code)


def raise_for(code: int) -> None:
    """Raise the error of a code, unless it says that all is well."""
    error = errors.for_code(code)
    if error is not errors.NoError:
        raise error
