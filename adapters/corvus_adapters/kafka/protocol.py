"""Requests of the Kafka protocol that aiokafka lacks: quotas, and settings one by one.

Written with aiokafka's own means, after KIP-339, KIP-546 and KIP-140; all of them are
version 0 or 1, which every Kafka 4 speaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka import errors
from aiokafka.protocol.admin import (
    CreateAclsRequest,
    CreateAclsRequest_v1,
    DeleteAclsRequest,
    DeleteAclsRequest_v1,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    Float64,
    Int8,
    Int16,
    Int32,
    Schema,
    String,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# resource type, name, pattern type, principal, host, operation, permission
AclRow = tuple[int, str, int, str, str, int, int]
# A topic, with settings and their values.
ConfigRow = tuple[str, list[tuple[str, str]]]
# A user, with kinds of quota and bytes per second; None takes one away.
QuotaRow = tuple[str, list[tuple[str, float | None]]]

TOPIC = 2
USER = "user"
SET = 0


class IncrementalAlterConfigsResponse(Response):
    """What became of each setting."""

    API_KEY = 44
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "responses",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
            ),
        ),
    )


class IncrementalAlterConfigsStruct(RequestStruct):
    """Change the settings named, and no others."""

    API_KEY = 44
    API_VERSION = 0
    RESPONSE_TYPE = IncrementalAlterConfigsResponse
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                (
                    "configs",
                    Array(
                        ("name", String("utf-8")),
                        ("config_operation", Int8),
                        ("value", String("utf-8")),
                    ),
                ),
            ),
        ),
        ("validate_only", Boolean),
    )


class IncrementalAlterConfigs(Request[IncrementalAlterConfigsStruct]):
    """Settings of topics to be set."""

    API_KEY = 44

    def __init__(self, rows: Sequence[ConfigRow]) -> None:
        self._rows = [
            (TOPIC, topic, [(name, SET, value) for name, value in values])
            for topic, values in rows
        ]

    def build(
        self, request_struct_class: type[IncrementalAlterConfigsStruct]
    ) -> IncrementalAlterConfigsStruct:
        """Fill the request."""
        return request_struct_class(self._rows, False)  # noqa: FBT003 - not a trial


class AlterClientQuotasResponse(Response):
    """What became of each quota."""

    API_KEY = 49
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "entries",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                (
                    "entity",
                    Array(
                        ("entity_type", String("utf-8")),
                        ("entity_name", String("utf-8")),
                    ),
                ),
            ),
        ),
    )


class AlterClientQuotasStruct(RequestStruct):
    """Set and remove quotas."""

    API_KEY = 49
    API_VERSION = 0
    RESPONSE_TYPE = AlterClientQuotasResponse
    SCHEMA = Schema(
        (
            "entries",
            Array(
                (
                    "entity",
                    Array(
                        ("entity_type", String("utf-8")),
                        ("entity_name", String("utf-8")),
                    ),
                ),
                (
                    "ops",
                    Array(
                        ("key", String("utf-8")),
                        ("value", Float64),
                        ("remove", Boolean),
                    ),
                ),
            ),
        ),
        ("validate_only", Boolean),
    )


class AlterClientQuotas(Request[AlterClientQuotasStruct]):
    """Quotas of users to be set; None takes one away."""

    API_KEY = 49

    def __init__(self, rows: Sequence[QuotaRow]) -> None:
        self._rows = [
            (
                [(USER, user)],
                [(kind, rate or 0.0, rate is None) for kind, rate in rates],
            )
            for user, rates in rows
        ]

    def build(
        self, request_struct_class: type[AlterClientQuotasStruct]
    ) -> AlterClientQuotasStruct:
        """Fill the request."""
        return request_struct_class(self._rows, False)  # noqa: FBT003 - not a trial


class CreateAcls(CreateAclsRequest):
    """Many rules in one request; aiokafka's own takes one."""

    def __init__(self, rows: Sequence[AclRow]) -> None:
        self._rows = list(rows)

    def build(self, request_struct_class: type[object]) -> CreateAclsRequest_v1:
        """Fill the request."""
        # Version 0 has no prefixed patterns; no Kafka 4 speaks it.
        if request_struct_class is not CreateAclsRequest_v1:
            raise _too_old()
        return CreateAclsRequest_v1(self._rows)


class DeleteAcls(DeleteAclsRequest):
    """Many rules in one request; aiokafka's own takes one."""

    def __init__(self, rows: Sequence[AclRow]) -> None:
        self._rows = list(rows)

    def build(self, request_struct_class: type[object]) -> DeleteAclsRequest_v1:
        """Fill the request."""
        if request_struct_class is not DeleteAclsRequest_v1:
            raise _too_old()
        return DeleteAclsRequest_v1(self._rows)


def _too_old() -> errors.KafkaError:
    return errors.IncompatibleBrokerVersion("this Kafka is too old for Corvus")
