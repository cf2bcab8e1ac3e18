"""How a cluster should be, and what that differs from how it is.

Derived from the register and the settings and from nothing else: there is no file in
which somebody can give himself rights.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from corvus_adapters.kafka.acls import (
    ALLOW,
    Operation,
    Pattern,
    Resource,
    organisation_rules,
    router_rules,
)
from corvus_adapters.kafka.clusteradmin import Topicstand
from corvus_adapters.kafka.topics import topic_config
from corvus_broker.topics import ROUTER_GROUP, topic_specs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.kafka.protocol import AclRow

TOPICS: Final = "corvus."
TRANSACTIONS: Final = "corvus-"
MIN_INSYNC: Final = "min.insync.replicas"
SENDING: Final = "producer_byte_rate"
RECEIVING: Final = "consumer_byte_rate"

_OIN: Final = re.compile(r"User:([0-9]{20})\Z")
_OIN_NAME: Final = re.compile(r"[0-9]{20}\Z")


@dataclass(frozen=True, slots=True)
class Toestand:
    """Topics, rules and quotas of a cluster."""

    topics: Mapping[str, Topicstand] = field(default_factory=dict)
    acls: frozenset[AclRow] = frozenset()
    quotas: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Doe(enum.StrEnum):
    """What is to be done about a difference."""

    MAAK = "maak"
    WIJZIG = "wijzig"
    OVER = "over"
    KAN_NIET = "kan_niet"


@dataclass(frozen=True, slots=True)
class Stap:
    """One difference. ``acl`` is the rule itself, where it is about one."""

    doe: Doe
    soort: str
    naam: str
    onderdeel: str = ""
    van: str = ""
    naar: str = ""
    acl: AclRow | None = None


def declared(installatie: Installatie, op_ms: int) -> Toestand:
    """How the cluster of an installation should be.

    Topics stay for organisations of every version: what they hold is still theirs.
    Rights and quotas are for those of versions in force and to come.

    Raises:
        RegisterError: no register is in force.
    """
    kafka = installatie.instellingen.transport.kafka
    register = installatie.register.op(op_ms)
    versies = installatie.register.versies
    ever = {oin: None for one in versies for oin in one.adresboek.oins()}
    now = {
        oin: None
        for one in versies
        if one.geldig_tot_ms > op_ms
        for oin in one.adresboek.oins()
    }
    specs = topic_specs(
        register.partities, ever, installatie.instellingen.router.max_bericht_bytes
    )
    extra = {}
    if kafka.replicatie is not None:
        extra = {MIN_INSYNC: str(max(1, kafka.replicatie - 1))}
    rules = router_rules(installatie.broker_keystore().houder.oin)
    for oin in now:
        rules += organisation_rules(oin)
    rates = {SENDING: kafka.quotum_verzenden, RECEIVING: kafka.quotum_ontvangen}
    given = {kind: float(rate) for kind, rate in rates.items() if rate}
    return Toestand(
        {
            spec.name: Topicstand(
                spec.partitions, kafka.replicatie, {**topic_config(spec), **extra}
            )
            for spec in specs
        },
        frozenset(rule.row() for rule in rules),
        {oin: given for oin in now if given},
    )


def differences(
    wanted: Toestand, there: Toestand, *, spare: str | None = None
) -> list[Stap]:
    """Every difference, in the order in which it is to be made good.

    ``spare`` is who asks: rights that he has by rules are not called left over.
    """
    return [
        *_topics(wanted, there),
        *_acls(wanted.acls, there.acls, spare),
        *_quotas(wanted, there),
    ]


def _topics(wanted: Toestand, there: Toestand) -> Iterator[Stap]:
    for name, one in sorted(wanted.topics.items()):
        found = there.topics.get(name)
        if found is None:
            yield Stap(Doe.MAAK, "topic", name, naar=f"{one.partitions} partities")
            continue
        counts = [("partities", one.partitions, found.partitions)]
        if one.replicas is not None:
            counts.append(("replicas", one.replicas, found.replicas or 0))
        for what, right, real in counts:
            if right != real:
                yield Stap(Doe.KAN_NIET, "topic", name, what, str(real), str(right))
        for what, value in sorted(one.config.items()):
            before = found.config.get(what, "")
            if before != value:
                yield Stap(Doe.WIJZIG, "topic", name, what, before, value)
    for name in sorted(there.topics.keys() - wanted.topics.keys()):
        yield Stap(Doe.OVER, "topic", name)


def _acls(
    wanted: frozenset[AclRow], there: frozenset[AclRow], spare: str | None
) -> Iterator[Stap]:
    for row in sorted(wanted - there):
        yield _acl_step(Doe.MAAK, row)
    for row in sorted(there - wanted):
        if _ours(row, spare):
            yield _acl_step(Doe.OVER, row)


def _ours(row: AclRow, spare: str | None) -> bool:
    """Whether a rule is about what is Corvus's, or for somebody with an OIN."""
    kind, name, _, principal, *_ = row
    oin = _OIN.match(principal)
    if oin is not None:
        return oin[1] != spare
    match kind:
        case Resource.TOPIC:
            return name.startswith(TOPICS)
        case Resource.GROUP:
            return name == ROUTER_GROUP or _OIN_NAME.match(name[:20]) is not None
        case Resource.TRANSACTIONAL_ID:
            return name.startswith(TRANSACTIONS)
        case _:
            return False


def _acl_step(doe: Doe, row: AclRow) -> Stap:
    kind, name, pattern, principal, host, operation, permission = row
    what = f"{_word(Resource, kind)} {name}{'*' * (pattern == Pattern.PREFIXED)}"
    extra = "" if host == "*" else f" van {host}"
    deny = "" if permission == ALLOW else "nee: "
    return Stap(
        doe,
        "acl",
        principal.removeprefix("User:"),
        what,
        naar=f"{deny}{_word(Operation, operation)}{extra}",
        acl=row,
    )


def _word(kind: type[enum.IntEnum], number: int) -> str:
    known = {int(one): one.name.lower() for one in kind}
    return known.get(number, str(number))


def _quotas(wanted: Toestand, there: Toestand) -> Iterator[Stap]:
    for oin, rates in sorted(wanted.quotas.items()):
        real = there.quotas.get(oin, {})
        for kind, rate in sorted(rates.items()):
            before = real.get(kind)
            if before is None:
                yield Stap(Doe.MAAK, "quotum", oin, kind, naar=f"{rate:.0f}")
            elif before != rate:
                yield Stap(
                    Doe.WIJZIG, "quotum", oin, kind, f"{before:.0f}", f"{rate:.0f}"
                )
    for oin, real in sorted(there.quotas.items()):
        if _OIN_NAME.match(oin):
            for kind in sorted(real.keys() - wanted.quotas.get(oin, {}).keys()):
                yield Stap(Doe.OVER, "quotum", oin, kind, f"{real[kind]:.0f}")
