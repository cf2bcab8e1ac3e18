"""What an operator asks of a cluster and changes in it: topics, rules, quotas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.admin import DescribeAclsRequest, DescribeClientQuotasRequest

from corvus_adapters.kafka.admin import Admin, raise_for
from corvus_adapters.kafka.protocol import (
    USER,
    AlterClientQuotas,
    DeleteAcls,
    IncrementalAlterConfigs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiokafka.protocol.api import Request, RequestStruct

    from corvus_adapters.kafka.protocol import AclRow, ConfigRow, QuotaRow

_R = TypeVar("_R", bound="RequestStruct")

_ANY = 1
_ANY_NAME = 2
# How many topics are asked about at once.
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Topicstand:
    """A topic: as declared, or as it is. ``replicas`` None: as the cluster has it."""

    partitions: int
    replicas: int | None
    config: Mapping[str, str]


class _AclsAnswer(Protocol):
    error_code: int
    resources: list[tuple[int, str, int, list[tuple[str, str, int, int]]]]


class _DeleteAclsAnswer(Protocol):
    filter_responses: list[tuple[int, str | None, list[object]]]


class _QuotasAnswer(Protocol):
    error_code: int
    entries: list[tuple[list[tuple[str, str | None]], list[tuple[str, float]]]]


class _ConfigsAnswer(Protocol):
    resources: list[tuple[int, str, int, str, list[tuple[str, str]]]]


class _AlterAnswer(Protocol):
    responses: list[tuple[int, str | None, int, str]]


class _AlterQuotasAnswer(Protocol):
    entries: list[tuple[int, str | None, object]]


class _DeleteTopicsAnswer(Protocol):
    topic_error_codes: list[tuple[str, int]]


class ClusterAdmin(Admin):
    """The admin calls of an operator. Raises aiokafka's errors as they are."""

    async def topics(
        self, prefix: str, settings: Iterable[str]
    ) -> dict[str, Topicstand]:
        """Give every topic whose name begins so, with these settings of each."""
        found = [
            one
            for one in await self._client.describe_topics()
            if one["topic"].startswith(prefix)
        ]
        names = [one["topic"] for one in found]
        configs: dict[str, dict[str, str]] = {}
        for at in range(0, len(names), _PAGE):
            configs |= await self._configs(names[at : at + _PAGE], settings)
        return {
            one["topic"]: Topicstand(
                len(one["partitions"]),
                min((len(part["replicas"]) for part in one["partitions"]), default=0),
                configs[one["topic"]],
            )
            for one in found
        }

    async def _configs(
        self, names: Sequence[str], settings: Iterable[str]
    ) -> dict[str, dict[str, str]]:
        wanted = dict.fromkeys(settings)
        resources = [
            ConfigResource(ConfigResourceType.TOPIC, name, wanted)  # type: ignore[no-untyped-call]  # aiokafka's
            for name in names
        ]
        (answer,) = await self._client.describe_configs(resources)
        configs: dict[str, dict[str, str]] = {}
        for code, _, _, name, entries in cast("_ConfigsAnswer", answer).resources:
            raise_for(code)
            configs[name] = {entry[0]: entry[1] for entry in entries}
        return configs

    async def set_configs(self, rows: Sequence[ConfigRow]) -> None:
        """Set these settings and leave all others as they are."""
        answer = await self._ask(IncrementalAlterConfigs(rows))
        for code, *_ in cast("_AlterAnswer", answer).responses:
            raise_for(code)

    async def delete_topics(self, names: Sequence[str]) -> None:
        """Delete topics, with everything in them."""
        answer = await self._client.delete_topics(list(names))
        for _, code in cast("_DeleteTopicsAnswer", answer).topic_error_codes:
            raise_for(code)

    async def acls(self) -> set[AclRow]:
        """Give every rule of the cluster."""
        nobody = cast("str", None)  # the protocol's way to say: whoever
        request = DescribeAclsRequest(_ANY, nobody, _ANY, nobody, nobody, _ANY, _ANY)
        answer = cast("_AclsAnswer", await self._ask(request))
        raise_for(answer.error_code)
        return {
            (kind, name, pattern, principal, host, operation, permission)
            for kind, name, pattern, rules in answer.resources
            for principal, host, operation, permission in rules
        }

    async def delete_acls(self, rows: Sequence[AclRow]) -> None:
        """Take exactly these rules away."""
        answer = cast("_DeleteAclsAnswer", await self._ask(DeleteAcls(rows)))
        for code, *_ in answer.filter_responses:
            raise_for(code)

    async def quotas(self) -> dict[str, dict[str, float]]:
        """Give the quotas of every user that has any."""
        request = DescribeClientQuotasRequest(
            [(USER, _ANY_NAME, cast("str", None))],
            strict=True,
        )
        answer = cast("_QuotasAnswer", await self._ask(request))
        raise_for(answer.error_code)
        return {
            name: dict(rates)
            for ((_, name),), rates in answer.entries
            if name is not None
        }

    async def set_quotas(self, rows: Sequence[QuotaRow]) -> None:
        """Set quotas; None takes one away."""
        answer = cast("_AlterQuotasAnswer", await self._ask(AlterClientQuotas(rows)))
        for code, *_ in answer.entries:
            raise_for(code)

    async def _ask(self, request: Request[_R]) -> object:
        return await self._client._send_to_controller(request)  # noqa: SLF001 - no public way
