"""What only Kafka does: aborted records, markers, brokers that go away."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from aiokafka.errors import ProducerFenced
from aiokafka.structs import TopicPartition
from kafka_cluster import own_cluster
from reading import read_to_end
from transport_backends import started

from corvus_adapters.kafka import KafkaSettings, KafkaTransport, batches
from corvus_adapters.kafka.claim import KafkaClaim
from corvus_adapters.kafka.clients import make_producer, stop_producer
from corvus_adapters.kafka.reader import Reader
from corvus_broker.ports import Append, TopicSpec
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from kafka_cluster import KafkaCluster

    from corvus_broker.ports import PartitionClaim

pytestmark = pytest.mark.kafka


@pytest.fixture
async def transport(kafka_server: KafkaCluster) -> AsyncIterator[KafkaTransport]:
    transport = KafkaTransport(kafka_server.operator_settings())
    await transport.start()
    yield transport
    await transport.close()


@pytest.fixture
async def topic(transport: KafkaTransport) -> str:
    name = f"corvus.audit.{uuid.uuid4().hex[:8]}"
    await transport.ensure_topics([TopicSpec(name)])
    return name


async def test_nothing_of_an_open_or_aborted_transaction_is_ever_read(
    kafka_server: KafkaCluster, transport: KafkaTransport, topic: str
) -> None:
    await transport.append([Append(topic, 0, b"k", b"voor")])
    lost = [Append(topic, 0, b"k", b"nooit")] * 3
    topics = {topic: await transport._known_topics().get(topic)}
    producer = make_producer(kafka_server.operator_settings(), f"tx-{topic}")
    await producer.start()
    await producer.begin_transaction()
    await batches.send(producer, lost, topics)

    assert await transport.end_offset(topic, 0) == 1
    found = await transport.read({(topic, 0): 0}, limit=10, wait_s=1)
    assert [record.value for record in found] == [b"voor"]
    await producer.abort_transaction()
    await stop_producer(producer)

    assert await transport.end_offset(topic, 0) == 1
    assert await transport.read({(topic, 0): 1}, limit=10, wait_s=0.5) == []
    await transport.append([Append(topic, 0, b"k", b"na")])
    found = await transport.read({(topic, 0): 1}, limit=10, wait_s=5)
    assert [(record.offset, record.value) for record in found] == [(5, b"na")]
    assert await transport.end_offset(topic, 0) == 6


async def test_a_new_claim_aborts_what_the_old_one_left_open(
    transport: KafkaTransport, topic: str
) -> None:
    old = await transport.claim("router", topic, 0)
    assert isinstance(old, KafkaClaim)
    producer = old._producer
    await producer.begin_transaction()
    await producer.send_offsets_to_transaction({TopicPartition(topic, 0): 77}, "router")
    began = time.monotonic()

    new = await transport.claim("router", topic, 0)

    assert await new.committed() == 0
    # Not by waiting for the transaction's timeout.
    assert time.monotonic() - began < 5
    with pytest.raises(ProducerFenced):
        await producer.commit_transaction()
    await new.commit(1, [])


async def test_the_time_is_the_logs_whatever_the_sender_claims(
    kafka_server: KafkaCluster, transport: KafkaTransport, topic: str
) -> None:
    producer = make_producer(kafka_server.operator_settings(), None)
    await producer.start()
    batch = producer.create_batch()
    batch.append(key=b"k", value=b"v", timestamp=1)
    await (await producer.send_batch(batch, topic, partition=0))
    await stop_producer(producer)

    (record,) = await transport.read({(topic, 0): 0}, limit=10, wait_s=5)

    assert abs(record.timestamp_ms - time.time_ns() // 1_000_000) < 60_000


async def test_reading_on_does_not_move_the_consumer(
    kafka_server: KafkaCluster, transport: KafkaTransport, topic: str
) -> None:
    claim = await transport.claim("router", topic, 0)
    for number in range(3):
        await claim.commit(number, [Append(topic, 0, b"k", b"v")])
    place = (topic, 0)
    reader = Reader(kafka_server.operator_settings())
    await reader.start()
    position = 0
    moves = []
    for _ in range(3):
        moves.append(await reader._move({TopicPartition(*place): position}))
        (record,) = await reader.read({place: position}, limit=1, wait_s=5)
        position = record.offset + 1
    await reader.stop()

    # Offsets 1, 3 and 5 are markers: reading on steps over them.
    assert moves == [True, False, False]
    assert position == 5


async def test_a_cluster_that_is_not_there_is_unavailable() -> None:
    transport = KafkaTransport(KafkaSettings("127.0.0.1:1", request_timeout_s=3))
    with pytest.raises(UnavailableError) as refused:
        await transport.start()
    await transport.close()
    assert refused.value.code == "transport.onbereikbaar"


@pytest.mark.slow
async def test_a_broker_killed_between_commits_loses_none_and_halves_none(
    tmp_path: Path,
) -> None:
    with own_cluster(tmp_path) as own:
        settings = KafkaSettings(
            own.server.bootstrap,
            ssl_cafile=own.ca.folder / "ca.pem",
            ssl_certfile=own.operator_settings().ssl_certfile,
            ssl_keyfile=own.operator_settings().ssl_keyfile,
            request_timeout_s=4,
        )
        async with started(KafkaTransport(settings)) as transport:
            specs = [TopicSpec(name) for name in ("bron", "een", "twee")]
            await transport.ensure_topics(specs)
            claim = await transport.claim("router", "bron", 0)
            committing = asyncio.create_task(commit_on(claim, "een", "twee"))
            await asyncio.sleep(1.5)
            await asyncio.to_thread(own.server.kill)
            with pytest.raises(UnavailableError) as gone:
                await committing
            with pytest.raises(UnavailableError):
                await transport.append([Append("een", 0, b"k", b"v")])
        await asyncio.to_thread(own.server.start)
        await asyncio.to_thread(own.server.wait_ready)

        async with started(KafkaTransport(own.operator_settings())) as transport:
            again = await transport.claim("router", "bron", 0)
            committed = await again.committed()
            outputs = [await read_to_end(transport, name) for name in ("een", "twee")]
    assert gone.value.code == "transport.onbereikbaar"
    assert committed >= await claim.committed() > 0
    for found in outputs:
        assert [int(r.value or b"") for r in found] == list(range(committed))


async def commit_on(claim: PartitionClaim, *outputs: str) -> None:
    """Commit rounds until it fails: round n writes n to every output."""
    number = await claim.committed()
    while True:
        value = str(number).encode()
        await claim.commit(
            number + 1, [Append(name, 0, b"k", value) for name in outputs]
        )
        number += 1
