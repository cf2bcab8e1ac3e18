"""Reading a transport to a count or to its end, as its users do."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_broker.ports import Record, Transport


async def read_until(
    transport: Transport,
    positions: Mapping[tuple[str, int], int],
    count: int,
    *,
    limit: int = 1000,
) -> list[Record]:
    """Read on from the positions until there are `count` records."""
    at = dict(positions)
    found: list[Record] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        for record in await transport.read(at, limit=limit, wait_s=1):
            at[record.topic, record.partition] = record.offset + 1
            found.append(record)
    assert len(found) == count
    return found


async def read_to_end(transport: Transport, topic: str) -> list[Record]:
    """The reader's idiom: read from 0 until end_offset is reached."""
    end = await transport.end_offset(topic, 0)
    found: list[Record] = []
    position = 0
    async with asyncio.timeout(20):
        while position < end:
            for record in await transport.read(
                {(topic, 0): position}, limit=100, wait_s=1
            ):
                found.append(record)
                position = record.offset + 1
    return found
