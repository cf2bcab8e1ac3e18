"""Read a partition from its start to its end: state, evidence, what was parked.

``end_offset`` promises a record in front of it, so a read that gives nothing is a
transport that does not answer: half of a log must not pass for the whole of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from corvus_broker.ports import Record, Transport

_PAGE: Final = 1000
_WAIT_S: Final = 10.0


async def read_whole(
    transport: Transport, topic: str, partition: int
) -> AsyncIterator[Record]:
    """Give every committed record that is there now, in order.

    Raises:
        UnavailableError: ``transport.onbereikbaar``; not everything came in time.
    """
    position, end = 0, await transport.end_offset(topic, partition)
    while position < end:
        records = await transport.read(
            {(topic, partition): position}, limit=_PAGE, wait_s=_WAIT_S
        )
        if not records:
            raise UnavailableError(
                "transport.onbereikbaar",
                f"partition {partition} of {topic} did not come in time",
            )
        for record in records:
            yield record
        position = records[-1].offset + 1
