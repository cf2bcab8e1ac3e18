"""Appends cut into Kafka batches, so that each partition gets few large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from corvus_adapters.kafka.clients import Producer, Written
    from corvus_adapters.kafka.topics import Topic
    from corvus_broker.ports import Append

BATCH_BYTES = 1024 * 1024
RECORD_OVERHEAD = 40


def plan(
    appends: Sequence[Append], topics: Mapping[str, Topic]
) -> list[tuple[str, int, list[int]]]:
    """Give (topic, partition, indexes of the appends) per batch, in order."""
    batches: list[tuple[str, int, list[int]]] = []
    filling: dict[tuple[str, int], tuple[list[int], int]] = {}
    for index, append in enumerate(appends):
        size = len(append.key) + len(append.value or b"") + RECORD_OVERHEAD
        bound = min(BATCH_BYTES, topics[append.topic].max_message_bytes)
        place = (append.topic, append.partition)
        indexes, filled = filling.get(place, ([], bound))
        if filled + size > bound:
            indexes, filled = [], 0
            batches.append((*place, indexes))
        indexes.append(index)
        filling[place] = (indexes, filled + size)
    return batches


async def send(
    producer: Producer, appends: Sequence[Append], topics: Mapping[str, Topic]
) -> list[int]:
    """Send all appends and wait until each is written; give their offsets.

    What a batch's own future raises is raised here, after all of them are done.
    """
    batches = plan(appends, topics)
    waiting: list[Awaitable[Written]] = []
    for topic, partition, indexes in batches:
        batch = producer.create_batch()
        for index in indexes:
            append = appends[index]
            batch.append(key=append.key, value=append.value, timestamp=None)
        waiting.append(await producer.send_batch(batch, topic, partition=partition))
    offsets = [0] * len(appends)
    failed: BaseException | None = None
    for (_, _, indexes), future in zip(batches, waiting, strict=True):
        try:
            written = await future
        except Exception as error:  # noqa: BLE001 - raised below, the first one
            failed = failed or error
            continue
        for number, index in enumerate(indexes):
            offsets[index] = written.offset + number
    if failed is not None:
        raise failed
    return offsets
