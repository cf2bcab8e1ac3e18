"""aiokafka's producer and consumer with types.

aiokafka ships no types; the protocols below say what the transport uses of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Protocol, TypedDict, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from corvus_adapters.kafka.faults import KAFKA_FAULTS
from corvus_broker.ports import READ_BYTES

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Mapping, Sequence

    from aiokafka.structs import TopicPartition

    from corvus_adapters.kafka.settings import KafkaSettings

STOP_S = 2.0

# A takeover waits for the transaction it interrupts; a lost router's transaction must
# not hold readers up for longer than this.
TRANSACTION_TIMEOUT_MS = 10_000

# How long to wait before asking again. A transaction that follows another closely is
# refused until Kafka has written the markers of that one, which takes milliseconds.
RETRY_MS = 100
TRANSACTION_RETRY_MS = 5

# Batches are cut by us (batches.py), so aiokafka's own bounds must not cut again.
NO_BOUND = 64 * 1024 * 1024

# A changed position waits for the fetch under way, so that one must not take long. New
# records end it at once.
FETCH_WAIT_MS = 100


class Written(Protocol):
    """What Kafka says about a batch that it wrote."""

    offset: int


class Batch(Protocol):
    """Records of one partition, written in one piece."""

    def append(
        self, *, key: bytes, value: bytes | None, timestamp: int | None
    ) -> object | None:
        """Add a record; None when it is full."""
        ...


class Producer(Protocol):
    """AIOKafkaProducer."""

    async def start(self) -> None:
        """Connect."""
        ...

    async def stop(self) -> None:
        """Disconnect."""
        ...

    def create_batch(self) -> Batch:
        """Start a batch."""
        ...

    async def send_batch(
        self, batch: Batch, topic: str, *, partition: int
    ) -> Awaitable[Written]:
        """Queue a batch; what it gives resolves when written."""
        ...

    async def begin_transaction(self) -> None:
        """Start a transaction."""
        ...

    async def commit_transaction(self) -> None:
        """Commit it."""
        ...

    async def abort_transaction(self) -> None:
        """Abort it."""
        ...

    async def send_offsets_to_transaction(
        self, offsets: Mapping[TopicPartition, int], group_id: str
    ) -> None:
        """Commit offsets with the transaction."""
        ...


class Fetched(Protocol):
    """ConsumerRecord."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Consumer(Protocol):
    """AIOKafkaConsumer with manual assignment."""

    async def start(self) -> None:
        """Connect."""
        ...

    async def stop(self) -> None:
        """Disconnect."""
        ...

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        """Say what to read; forgets all positions."""
        ...

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Move."""
        ...

    async def position(self, partition: TopicPartition) -> int:
        """Give the offset of the next fetch."""
        ...

    async def getmany(
        self, *, timeout_ms: int, max_records: int | None
    ) -> dict[TopicPartition, list[Fetched]]:
        """Give what was fetched, or wait for it."""
        ...

    async def beginning_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Offset of the first record."""
        ...

    async def end_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Offset that is not committed yet."""
        ...


class Connection(TypedDict):
    """Arguments that every client of aiokafka takes."""

    bootstrap_servers: str
    request_timeout_ms: int
    retry_backoff_ms: int
    security_protocol: str
    ssl_context: ssl.SSLContext | None


def connection(settings: KafkaSettings, *, transactions: bool = False) -> Connection:
    """Give what every client needs. Raises SettingsError ``kafka.certificaat``."""
    context = settings.ssl_context()
    return {
        "bootstrap_servers": settings.bootstrap,
        "request_timeout_ms": int(settings.request_timeout_s * 1000),
        "retry_backoff_ms": RETRY_MS if not transactions else TRANSACTION_RETRY_MS,
        "security_protocol": "PLAINTEXT" if context is None else "SSL",
        "ssl_context": context,
    }


def make_producer(settings: KafkaSettings, transactional_id: str | None) -> Producer:
    """Make an idempotent producer, or a transactional one."""
    producer = AIOKafkaProducer(  # type: ignore[no-untyped-call]  # aiokafka has none
        **connection(settings, transactions=transactional_id is not None),
        acks="all",
        enable_idempotence=True,
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        max_batch_size=NO_BOUND,
        max_request_size=NO_BOUND,
    )
    return cast("Producer", producer)


def make_consumer(settings: KafkaSettings) -> Consumer:
    """Make a consumer that sees committed records only; that is no setting."""
    consumer = AIOKafkaConsumer(  # type: ignore[no-untyped-call]  # aiokafka has none
        **connection(settings),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        # What is fetched ahead is bounded by bytes, never by a count of messages.
        fetch_max_bytes=READ_BYTES,
        max_partition_fetch_bytes=READ_BYTES,
    )
    return cast("Consumer", consumer)


async def stop_producer(producer: Producer) -> None:
    """Stop a producer in whatever state it is, quietly and in bounded time."""
    await _stop(producer)
    # aiokafka leaves the outcome of a failed transaction in a future nobody awaits.
    manager = getattr(producer, "_txn_manager", None)
    waiter = None if manager is None else manager.wait_for_transaction_end()
    if waiter is not None and waiter.done() and not waiter.cancelled():
        waiter.exception()


async def stop_consumer(consumer: Consumer) -> None:
    """Stop a consumer in whatever state it is, quietly and in bounded time."""
    await _stop(consumer)


async def _stop(client: Producer | Consumer) -> None:
    with contextlib.suppress(*KAFKA_FAULTS):
        async with asyncio.timeout(STOP_S):
            await client.stop()
            return
    # It waited for a broker that does not answer: drop the connections at least.
    connections = getattr(client, "client", None) or getattr(client, "_client", None)
    if connections is not None:
        # What was cut off above ends as cancelled here; that is not ours.
        await asyncio.gather(connections.close(), return_exceptions=True)
