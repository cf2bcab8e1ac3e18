"""Topic names and their retention classes (SPEC 11.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_broker.ports import TopicSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

INZENDING: Final = "corvus.inzending"
AUDIT: Final = "corvus.audit"
ZAAKSTAAT: Final = "corvus.zaakstaat"
REGISTER: Final = "corvus.register"
GEPARKEERD: Final = "corvus.geparkeerd"
VERDELING: Final = "corvus.verdeling"
ROUTER_GROUP: Final = "router"

MAX_ZAAK_BYTES: Final = 512 * 1024
"""Beyond this a zaak takes no more facts or holds: it has to fit its record."""
ORDER_BYTES: Final = 8192
"""What an order of the router or the operator has besides the message in it."""
_HOUR_MS: Final = 60 * 60 * 1000
_DAY_MS: Final = 24 * _HOUR_MS
BEWAARKLASSEN: Final = {
    "P7D": 7 * _DAY_MS,
    "P30D": 30 * _DAY_MS,
    "P5Y": 5 * 366 * _DAY_MS,
}
BEWIJSKLASSE: Final = "P5Y"


def levering_topic(oin: str, bewaarklasse: str) -> str:
    """Topic of one organisation and retention class."""
    return f"corvus.levering.{oin}.{bewaarklasse.lower()}"


def levering_topics(oin: str) -> list[str]:
    """Every topic that one organisation reads."""
    return [levering_topic(oin, klasse) for klasse in BEWAARKLASSEN]


def register_topic(max_message_bytes: int) -> TopicSpec:
    """Give the topic of the register.

    Kept for ever and not compacted: in a compacted topic an unsigned record under the
    key of an entry would take that entry away.
    """
    return TopicSpec(REGISTER, max_message_bytes=max_message_bytes * 4)


def topic_specs(
    partities: int, oins: Iterable[str], max_message_bytes: int
) -> list[TopicSpec]:
    """All topics of an installation."""
    size = max_message_bytes
    specs = [
        TopicSpec(
            INZENDING,
            partities,
            retention_ms=30 * _DAY_MS,
            # The router's own orders come back with a whole message in them.
            max_message_bytes=size + ORDER_BYTES,
        ),
        TopicSpec(AUDIT, max_message_bytes=size * 2),
        TopicSpec(
            ZAAKSTAAT,
            partities,
            compacted=True,
            max_message_bytes=max(size, 2 * MAX_ZAAK_BYTES),
        ),
        register_topic(size),
        TopicSpec(GEPARKEERD, partities, max_message_bytes=size + 2 * ORDER_BYTES),
        # Only the last seconds count: which router works on what.
        TopicSpec(VERDELING, retention_ms=_HOUR_MS, max_message_bytes=ORDER_BYTES),
    ]
    specs += [
        TopicSpec(
            levering_topic(oin, klasse),
            retention_ms=retention,
            max_message_bytes=size + 65_536,
        )
        for oin in oins
        for klasse, retention in BEWAARKLASSEN.items()
    ]
    return specs
