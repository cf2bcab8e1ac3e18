"""Who may do what in Kafka, as a list: the principal is the OIN of the certificate.

What no rule allows is refused. An organisation has no transactional id, so that it
cannot hold up the readers of ``corvus.inzending`` with an open transaction.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_adapters.kafka.admin import Admin
from corvus_adapters.kafka.faults import guarded, retried
from corvus_broker.topics import (
    AUDIT,
    GEPARKEERD,
    INZENDING,
    REGISTER,
    ROUTER_GROUP,
    VERDELING,
    ZAAKSTAAT,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_adapters.kafka.protocol import AclRow
    from corvus_adapters.kafka.settings import KafkaSettings

LEVERING_PREFIX = "corvus.levering."

ALLOW = 3
_ANY_HOST = "*"


class Resource(enum.IntEnum):
    """What a rule is about; numbers of the Kafka protocol."""

    TOPIC = 2
    GROUP = 3
    CLUSTER = 4
    TRANSACTIONAL_ID = 5


class Pattern(enum.IntEnum):
    """Whether the name is the whole name or its beginning."""

    LITERAL = 3
    PREFIXED = 4


class Operation(enum.IntEnum):
    """What a rule allows; READ and WRITE imply DESCRIBE."""

    READ = 3
    WRITE = 4
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """One principal may do one thing with one resource."""

    oin: str
    operation: Operation
    resource: Resource
    name: str
    pattern: Pattern = Pattern.LITERAL

    def row(self) -> AclRow:
        """Give the rule as the protocol wants it."""
        return (
            int(self.resource),
            self.name,
            int(self.pattern),
            f"User:{self.oin}",
            _ANY_HOST,
            int(self.operation),
            ALLOW,
        )


def organisation_rules(oin: str) -> list[Rule]:
    """What an organisation may: send, and read what is its own or everyone's."""
    own = f"{LEVERING_PREFIX}{oin}."
    write, read, limits = Operation.WRITE, Operation.READ, Operation.DESCRIBE_CONFIGS
    topic, prefixed = Resource.TOPIC, Pattern.PREFIXED
    return [
        Rule(oin, write, topic, INZENDING),
        Rule(oin, limits, topic, INZENDING),
        Rule(oin, read, topic, own, prefixed),
        Rule(oin, limits, topic, own, prefixed),
        Rule(oin, read, topic, REGISTER),
        Rule(oin, limits, topic, REGISTER),
        Rule(oin, read, Resource.GROUP, f"{oin}.", prefixed),
    ]


def router_rules(oin: str) -> list[Rule]:
    """What a router may: all data topics, and its own transactions and offsets."""
    write, read, limits = Operation.WRITE, Operation.READ, Operation.DESCRIBE_CONFIGS
    topic, prefixed = Resource.TOPIC, Pattern.PREFIXED
    both = (AUDIT, ZAAKSTAAT, GEPARKEERD, VERDELING)
    return [
        Rule(oin, limits, topic, "corvus.", prefixed),
        Rule(oin, read, topic, INZENDING),
        Rule(oin, read, topic, REGISTER),
        Rule(oin, write, topic, LEVERING_PREFIX, prefixed),
        *(
            Rule(oin, operation, topic, name)
            for name in both
            for operation in (read, write)
        ),
        Rule(oin, read, Resource.GROUP, ROUTER_GROUP),
        Rule(
            oin,
            write,
            Resource.TRANSACTIONAL_ID,
            f"corvus-{ROUTER_GROUP}-",
            prefixed,
        ),
    ]


async def apply(settings: KafkaSettings, rules: Sequence[Rule]) -> None:
    """Give the rules to the cluster; applying them again changes nothing.

    Raises:
        UnavailableError: ``transport.onbereikbaar``.
        SettingsError: ``transport.geen_toegang``; not the operator's certificate.
    """
    admin = Admin(settings)
    try:
        async with guarded("set the ACLs", settings.request_timeout_s):
            await admin.start()
            await retried(lambda: admin.create_acls([rule.row() for rule in rules]))
    finally:
        await admin.close()
