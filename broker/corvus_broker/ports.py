"""The ports of the broker: what the driver needs of the world outside.

``Transport`` has two real implementations, SQLite and Kafka, held to one contract
suite (tests/contract). Topics are logs of records with offsets from 0 up, perhaps
with gaps (Kafka's transaction markers take offsets too).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

READ_BYTES: Final = 8 * 1024 * 1024
"""How much one read gives at most, beside the record that goes over it: a flood of
large messages is to cost a router no more memory than one of small ones."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as the installation declares it.

    ``retention_ms`` None keeps records for ever; ``compacted`` keeps the newest record
    of each key. Timestamps are always LogAppendTime.
    """

    name: str
    partitions: int = 1
    compacted: bool = False
    retention_ms: int | None = None
    max_message_bytes: int = 2 * 1024 * 1024


class Append(msgspec.Struct, frozen=True):
    """One record to be written. ``value`` None is a tombstone."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read. ``timestamp_ms`` is LogAppendTime, UTC."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    timestamp_ms: int


class PartitionClaim(Protocol):
    """Exclusive right of one process to consume one input partition.

    A later claim on the same (group, topic, partition) fences this one: every later
    ``commit`` of the older claim raises FencedError and writes nothing.
    """

    async def committed(self) -> int:
        """Offset of the next record to consume; 0 when nothing was committed."""
        ...

    async def commit(self, next_offset: int, appends: Sequence[Append]) -> None:
        """Write all appends and the offset, or nothing at all.

        Raises:
            FencedError: ``router.afgelost``; another process claimed the partition.
            UnavailableError: ``transport.onbereikbaar``; nothing was written, or the
                outcome is unknown: claim again and read ``committed``.
        """
        ...

    async def close(self) -> None:
        """Give up the claim. Safe to call twice."""
        ...


class Transport(Protocol):
    """Topics to append to and to read from; reads see committed records only."""

    async def start(self) -> None:
        """Connect. Raises UnavailableError ``transport.onbereikbaar``."""
        ...

    async def close(self) -> None:
        """Release everything. Safe to call twice."""
        ...

    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create what is missing; leave alone what is there.

        Raises:
            SettingsError: ``topic.afwijkend`` when a topic exists with another
                partition count.
        """
        ...

    async def partitions(self, topic: str) -> int:
        """Partition count. Raises SettingsError ``topic.onbekend``."""
        ...

    async def append(self, appends: Sequence[Append]) -> Sequence[int]:
        """Append durably, all of them in order, and give their offsets.

        Not atomic across records: after an UnavailableError the caller sends again and
        the reader dedupes.

        Raises:
            SettingsError: ``topic.onbekend``.
            EnvelopeError: ``bericht.te_groot``.
            UnavailableError: ``transport.onbereikbaar``.
        """
        ...

    async def read(
        self,
        positions: Mapping[tuple[str, int], int],
        *,
        limit: int,
        wait_s: float,
    ) -> Sequence[Record]:
        """Read committed records at or after a position per (topic, partition).

        Gives at most ``limit`` records and about READ_BYTES per partition, in offset
        order per partition, skipping offsets that hold none; waits up to ``wait_s`` seconds for the first one.
        """
        ...

    async def end_offset(self, topic: str, partition: int) -> int:
        """Offset after the last committed record; 0 when there is none.

        Whoever reads until it has this record has read it all: there is one at
        ``end_offset - 1``, whatever gaps lie before it. A commit of another claim is
        seen here once that claim has been taken over; one just made may take Kafka
        some milliseconds to show.
        """
        ...

    async def claim(self, group: str, topic: str, partition: int) -> PartitionClaim:
        """Take over a partition and fence whoever had it."""
        ...


class Verdeling(Protocol):
    """Says which partitions this process should work on.

    Advice, not a right: what two processes work on at the same time is decided by the
    claims, of which the later one fences the other.
    """

    divides: bool
    """Whether others may get what is given up here; False: it is given by hand."""

    async def join(self, on_change: Callable[[], None]) -> None:
        """Begin; ``on_change`` is called when ``renew`` may give something else.

        Raises UnavailableError ``transport.onbereikbaar``.
        """
        ...

    async def renew(self, held: frozenset[int]) -> frozenset[int]:
        """Say what is worked on, and hear what should be. To be called often.

        What is new is to be said once more, as if it were held, before it is begun:
        of two that are given the same only the first to say so is given it again.

        Raises UnavailableError ``transport.onbereikbaar``: what was heard last counts.
        """
        ...

    def unheld(self) -> frozenset[int]:
        """What nobody works on, as far as is known."""
        ...

    async def leave(self) -> None:
        """Give everything up, so that others take it at once. Safe to call twice."""
        ...


@dataclass(frozen=True, slots=True)
class Bewaard:
    """What is held of one message, on its way into the store; times in ms, UTC.

    After ``vernietigen_op`` it is destroyed; before ``herbevestigen_voor`` its sender
    is to confirm that it must be held.
    """

    nummer: bytes
    zaak: bytes
    partitie: int
    tijd: int
    herbevestigen_voor: int
    vernietigen_op: int
    inhoud: bytes = field(repr=False)


class Aanhoudopslag(Protocol):
    """Keeps held cellen, each sealed under a key of its own that can be destroyed.

    Raises UnavailableError ``opslag.onbereikbaar`` everywhere: nothing was done, or
    the outcome is unknown; every call can be made again.
    """

    async def bewaar(self, bewaard: Sequence[Bewaard]) -> None:
        """Keep durably before returning; what is there already stays as it is."""
        ...

    async def haal(self, nummer: bytes) -> bytes | None:
        """Give what is kept; None where it was destroyed."""
        ...

    async def bevestig(self, nummer: bytes, herbevestigen_voor: int) -> None:
        """Put off the day on which the sender is to confirm."""
        ...

    async def vernietig(self, nummers: Sequence[bytes]) -> None:
        """Destroy key and content for good; what is not there is no fault."""
        ...

    async def tel(self, partitie: int, op_ms: int) -> tuple[int, int]:
        """Count the holds of a partition, and those not confirmed in time."""
        ...

    async def nummers(self, partitie: int) -> Sequence[tuple[bytes, bytes]]:
        """Give every hold of a partition: (nummer, zaak)."""
        ...

    async def verlopen(
        self, partitie: int, op_ms: int
    ) -> Sequence[tuple[bytes, bytes]]:
        """Give some holds of a partition that are at their end: (nummer, zaak)."""
        ...
