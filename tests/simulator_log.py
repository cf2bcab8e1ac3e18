"""The topics of the simulator, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_broker.ports import Append, Record, Transport
from corvus_broker.topics import INZENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from corvus_broker.ports import PartitionClaim, TopicSpec


@dataclass
class Geheugenlog(Transport):
    """The topics, in memory; what reaches the inzending topic is handled at once."""

    route: Callable[[Record], None]
    now_ms: Callable[[], int]
    records: dict[tuple[str, int], list[Record]] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to release."""

    async def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Topics come into being when they are used."""

    async def partitions(self, topic: str) -> int:
        raise NotImplementedError  # an organisation never asks

    async def claim(self, group: str, topic: str, partition: int) -> PartitionClaim:
        raise NotImplementedError  # the simulator drives the pipeline itself

    async def end_offset(self, topic: str, partition: int) -> int:
        return len(self.records.get((topic, partition), ()))

    async def append(self, appends: Sequence[Append]) -> Sequence[int]:
        return [self.put(append).offset for append in appends]

    def put(self, append: Append, at_ms: int | None = None) -> Record:
        """Append one record, and route it when it is an inzending."""
        place = (append.topic, append.partition)
        # As real transports do; what comes in is the attacker's, of any size.
        if append.topic != INZENDING:
            size = len(append.key) + len(append.value or b"")
            assert size <= self.limits[append.topic], append.topic
        log = self.records.setdefault(place, [])
        moment = self.now_ms() if at_ms is None else at_ms
        record = Record(*place, len(log), append.key, append.value, moment)
        log.append(record)
        if append.topic == INZENDING:
            self.route(record)
        return record

    async def read(
        self,
        positions: Mapping[tuple[str, int], int],
        *,
        limit: int,
        wait_s: float,  # noqa: ARG002 - what is there is there at once
    ) -> Sequence[Record]:
        found = [
            record
            for place, offset in positions.items()
            for record in self.records.get(place, ())[offset:]
        ]
        return found[:limit]
