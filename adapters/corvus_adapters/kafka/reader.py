"""Reading committed records: consumers with manual assignment, no groups."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiokafka.errors import OffsetOutOfRangeError
from aiokafka.structs import TopicPartition

from corvus_adapters.kafka.clients import make_consumer, stop_consumer
from corvus_adapters.kafka.faults import guarded, unavailable
from corvus_broker.ports import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_adapters.kafka.clients import Fetched
    from corvus_adapters.kafka.settings import KafkaSettings

# After a seek nothing is fetched yet: even an impatient caller gives Kafka this long,
# or reading what is there would depend on luck.
AFTER_SEEK_S = 0.25
PAST_END_S = 0.05
SCAN_MS = 5


class Reader:
    """One consumer. Used by one task at a time."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Make the consumer; ``start`` connects it."""
        self._consumer = make_consumer(settings)
        self._timeout_s = settings.request_timeout_s
        # Per partition: the offset after what was last given. From there to the
        # consumer's position lie only markers and aborted records.
        self._given: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        """Connect. Raises UnavailableError ``transport.onbereikbaar``."""
        async with guarded("connect", self._timeout_s):
            await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await stop_consumer(self._consumer)

    def overlap(self, positions: Mapping[tuple[str, int], int]) -> int:
        """How well the partitions asked for match what this reader is reading."""
        asked = {TopicPartition(*place) for place in positions}
        mine = self._given.keys()
        return len(asked & mine) - len(asked ^ mine)

    async def read(
        self, positions: Mapping[tuple[str, int], int], *, limit: int, wait_s: float
    ) -> list[Record]:
        """Give committed records at or after the positions."""
        asked = {TopicPartition(*place): offset for place, offset in positions.items()}
        started = time.monotonic()
        async with guarded("read", wait_s + self._timeout_s):
            moved = await self._move(asked)
            deadline = started + (max(wait_s, AFTER_SEEK_S) if moved else wait_s)
            while True:
                left = max(0.0, deadline - time.monotonic())
                found = self._records(asked, await self._fetch(asked, limit, left))
                if found or time.monotonic() >= deadline:
                    return found

    async def _move(self, asked: Mapping[TopicPartition, int]) -> bool:
        """Put the consumer where the caller is; whether it had to move."""
        moved = False
        if asked.keys() != self._given.keys():
            self._consumer.assign(list(asked))
            self._given = {}
        for place, offset in asked.items():
            given = self._given.get(place)
            if given is not None and offset != given:
                ahead = await self._consumer.position(place)
                given = offset if given < offset <= ahead else None
            if given is None:
                self._consumer.seek(place, offset)
                moved = True
            self._given[place] = offset
        return moved

    async def _fetch(
        self, asked: Mapping[TopicPartition, int], limit: int, wait_s: float
    ) -> dict[TopicPartition, list[Fetched]]:
        try:
            return await self._consumer.getmany(
                timeout_ms=int(wait_s * 1000), max_records=limit
            )
        except OffsetOutOfRangeError:
            # Before the first record that retention left: go there. Past the end:
            # there is nothing yet, as for any other position at the end.
            first = await self._consumer.beginning_offsets(list(asked))
            for place, offset in asked.items():
                if offset < first[place]:
                    self._consumer.seek(place, first[place])
            await asyncio.sleep(min(PAST_END_S, wait_s))
            return {}

    def _records(
        self,
        asked: Mapping[TopicPartition, int],
        fetched: Mapping[TopicPartition, list[Fetched]],
    ) -> list[Record]:
        found: list[Record] = []
        for place, records in fetched.items():
            found.extend(
                Record(
                    place.topic,
                    place.partition,
                    record.offset,
                    record.key or b"",
                    record.value,
                    record.timestamp,
                )
                for record in records
                if record.offset >= asked[place]
            )
            if records:
                self._given[place] = records[-1].offset + 1
        return found

    async def end_offset(self, topic: str, partition: int) -> int:
        """Offset after the last committed record; 0 when there is none.

        Kafka's own answer (the last stable offset) may lie beyond it: markers of
        transactions and aborted records take offsets too, and who waits for a record
        there waits for ever. So the last record is looked for, from the end back.
        """
        place = TopicPartition(topic, partition)
        async with guarded("read", self._timeout_s):
            upto = (await self._consumer.end_offsets([place]))[place]
            first = (await self._consumer.beginning_offsets([place]))[place]
            if upto > first:  # what is assigned without a seek has no offset to read at
                self._consumer.assign([place])
                self._given = {}
            span = 2
            while upto > first:
                start = max(first, upto - span)
                last = await self._last_record(place, start, upto)
                if last is not None:
                    return last + 1
                upto, span = start, span * 16
        return 0

    async def _last_record(
        self, place: TopicPartition, start: int, upto: int
    ) -> int | None:
        self._given = {}
        self._consumer.seek(place, start)
        last: int | None = None
        while await self._consumer.position(place) < upto:
            fetched = await self._consumer.getmany(timeout_ms=SCAN_MS, max_records=None)
            for record in fetched.get(place, []):
                if record.offset < upto:
                    last = record.offset
        return last


class Readers:
    """As many readers as there are tasks reading at the same time."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Start with none."""
        self._settings = settings
        self._idle: list[Reader] = []
        self._all: list[Reader] = []
        self._closed = False

    async def take(self, positions: Mapping[tuple[str, int], int]) -> Reader:
        """Give the idle reader that fits best, or a new one."""
        if self._idle:
            best = max(self._idle, key=lambda reader: reader.overlap(positions))
            self._idle.remove(best)
            return best
        reader = Reader(self._settings)
        self._all.append(reader)
        try:
            await reader.start()
            self._check_open()
        except BaseException:
            if reader in self._all:
                self._all.remove(reader)
            await reader.stop()
            raise
        return reader

    def _check_open(self) -> None:
        if self._closed:
            raise unavailable("the transport was closed")

    def give_back(self, reader: Reader) -> None:
        """Make a reader available again."""
        self._idle.append(reader)

    async def close(self) -> None:
        """Stop all readers; one that is being made ends as soon as it is."""
        self._closed = True
        readers, self._all, self._idle = self._all, [], []
        for reader in readers:
            await reader.stop()
