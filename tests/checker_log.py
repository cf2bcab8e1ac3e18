"""All topics of an installation, read around the transport: for the checker.

A fault of our own reader must not hide what stands in the log, so SQLite is read with
a query of its own and Kafka with a plain consumer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import TopicPartition
from raw_kafka import raw_admin, raw_consumer

from corvus_adapters.kafka import KafkaSettings, KafkaTransport
from corvus_adapters.sqlite import SqliteTransport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from corvus_broker.ports import Transport

Place = tuple[str, int]
_OFFSET_BITS = 40


class Row(NamedTuple):
    """One committed record."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    tijd_ms: int


async def read_log(
    transport: Transport, starts: Mapping[Place, int] | None = None
) -> list[Row]:
    """Everything committed, per partition in order, from the starts on."""
    if isinstance(transport, SqliteTransport):
        rows = _read_sqlite(transport._path)
    else:
        assert isinstance(transport, KafkaTransport)
        rows = await _read_kafka(transport._settings)
    first = starts or {}
    return [
        row for row in rows if row.offset >= first.get((row.topic, row.partition), 0)
    ]


def _read_sqlite(path: Path) -> list[Row]:
    db = sqlite3.connect(path, timeout=30)
    try:
        found = db.execute(
            "SELECT topic, partition, id & ((1 << ?) - 1), key, value, timestamp_ms"
            " FROM records JOIN parts ON part = id >> ? ORDER BY id",
            (_OFFSET_BITS, _OFFSET_BITS),
        )
        return [Row(*row) for row in found]
    finally:
        db.close()


async def _read_kafka(settings: KafkaSettings) -> list[Row]:
    places = await _places(raw_admin(settings))
    consumer = raw_consumer(
        settings,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign(places)
        async with asyncio.timeout(60):
            return await _to_the_end(consumer, places)
    finally:
        await consumer.stop()


async def _places(admin: Any) -> list[TopicPartition]:
    await admin.start()
    try:
        return [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in await admin.describe_topics()
            if topic["topic"].startswith("corvus.")
            for partition in topic["partitions"]
        ]
    finally:
        await admin.close()


async def _to_the_end(consumer: Any, places: list[TopicPartition]) -> list[Row]:
    ends = await consumer.end_offsets(places)
    await consumer.seek_to_beginning(*places)
    found: list[Row] = []
    # Beyond the last record there may be markers: the position passes over them.
    while any([await consumer.position(one) < ends[one] for one in places]):
        fetched = await consumer.getmany(timeout_ms=200)
        for place, records in fetched.items():
            found += [
                Row(
                    place.topic,
                    place.partition,
                    one.offset,
                    one.key or b"",
                    one.value,
                    one.timestamp,
                )
                for one in records
            ]
    return found
