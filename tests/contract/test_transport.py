"""What both transports promise (corvus_broker.ports), held by one suite."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from reading import read_to_end, read_until

from corvus_broker.ports import READ_BYTES, Append, TopicSpec, Transport
from corvus_schemas.errors import (
    EnvelopeError,
    SettingsError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def test_records_are_read_in_the_order_they_were_appended(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic, partitions=2)])
    appends = [Append(topic, n % 2, b"k", f"{n}".encode()) for n in range(20)]

    offsets = await transport.append(appends)

    assert offsets == [n // 2 for n in range(20)]
    found = await read_until(transport, {(topic, 0): 0, (topic, 1): 0}, 20)
    for partition in (0, 1):
        mine = [record for record in found if record.partition == partition]
        assert [record.offset for record in mine] == list(range(10))
        assert [record.value for record in mine] == [
            append.value for append in appends if append.partition == partition
        ]


async def test_read_starts_at_the_position_and_keeps_to_the_limit(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic)])
    await transport.append([Append(topic, 0, b"k", bytes([n])) for n in range(50)])

    some = await transport.read({(topic, 0): 7}, limit=5, wait_s=5)
    again = await transport.read({(topic, 0): 7}, limit=3, wait_s=5)
    back = await transport.read({(topic, 0): 0}, limit=1, wait_s=5)

    assert [record.offset for record in some] == [7, 8, 9, 10, 11]
    assert [record.offset for record in again] == [7, 8, 9]
    assert [record.offset for record in back] == [0]


async def test_a_read_of_large_messages_is_bounded_by_their_size(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic, size = name("inzending"), 1024 * 1024
    await transport.ensure_topics([TopicSpec(topic)])
    await transport.append([Append(topic, 0, b"k", bytes(size)) for _ in range(24)])

    seen: list[int] = []
    while len(seen) < 24:
        position = {(topic, 0): seen[-1] + 1 if seen else 0}
        found = await transport.read(position, limit=512, wait_s=10)
        assert found
        assert sum(len(one.value or b"") for one in found) <= READ_BYTES + size
        seen += [one.offset for one in found]
    assert seen == list(range(24))


async def test_positions_may_come_and_go_between_reads(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic, partitions=3)])
    await transport.append([Append(topic, n, b"k", bytes([n])) for n in range(3)])

    one = await read_until(transport, {(topic, 0): 0}, 1)
    three = await read_until(transport, {(topic, n): 0 for n in range(3)}, 3)
    last = await read_until(transport, {(topic, 2): 0}, 1)

    assert [record.partition for record in one] == [0]
    assert sorted(record.partition for record in three) == [0, 1, 2]
    assert [record.partition for record in last] == [2]


async def test_two_tasks_read_different_partitions_at_the_same_time(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic, partitions=2)])
    await transport.append([Append(topic, 1, b"k", b"een")])

    idle = asyncio.create_task(
        transport.read({(topic, 0): 0}, limit=1, wait_s=20), name="idle"
    )
    found = await asyncio.wait_for(read_until(transport, {(topic, 1): 0}, 1), 10)
    await transport.append([Append(topic, 0, b"k", b"nul")])

    assert [record.value for record in found] == [b"een"]
    assert [record.value for record in await idle] == [b"nul"]


async def test_reading_past_the_end_waits_and_then_gives_nothing(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic)])
    await transport.append([Append(topic, 0, b"k", b"v")])
    started = time.monotonic()

    assert await transport.read({(topic, 0): 1}, limit=10, wait_s=0.3) == []
    assert await transport.read({(topic, 0): 9}, limit=10, wait_s=0.3) == []

    assert time.monotonic() - started >= 0.55


async def test_a_waiting_reader_wakes_up_when_another_transport_appends(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    reader, writer = await connect(), await connect()
    await writer.ensure_topics([TopicSpec(topic)])
    waiting = asyncio.create_task(reader.read({(topic, 0): 0}, limit=10, wait_s=20))
    await asyncio.sleep(0.2)

    await writer.append([Append(topic, 0, b"k", b"v")])

    found = await asyncio.wait_for(waiting, 5)
    assert [record.value for record in found] == [b"v"]


async def test_the_log_sets_the_time_and_it_never_goes_back(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic)])
    before = time.time_ns() // 1_000_000
    for _ in range(5):
        await transport.append([Append(topic, 0, b"k", b"v")])
    after = time.time_ns() // 1_000_000

    times = [record.timestamp_ms for record in await read_to_end(transport, topic)]

    assert len(times) == 5
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= after


async def test_a_tombstone_is_read_as_none_and_an_empty_value_as_empty(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("zaakstaat")
    await transport.ensure_topics([TopicSpec(topic, compacted=True)])
    await transport.append([Append(topic, 0, b"a", b""), Append(topic, 0, b"b", None)])

    found = await read_until(transport, {(topic, 0): 0}, 2)

    assert [(record.key, record.value) for record in found] == [
        (b"a", b""),
        (b"b", None),
    ]


async def test_append_of_nothing_gives_nothing(transport: Transport) -> None:
    assert list(await transport.append([])) == []


async def test_concurrent_appenders_lose_nothing_and_keep_their_own_order(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    writers = [await connect() for _ in range(3)]
    await writers[0].ensure_topics([TopicSpec(topic)])

    async def write(writer: Transport, who: int) -> None:
        for n in range(20):
            await writer.append([Append(topic, 0, b"k", f"{who}:{n}".encode())])

    await asyncio.gather(*(write(writer, who) for who, writer in enumerate(writers)))

    found = await read_until(writers[0], {(topic, 0): 0}, 60)
    values = [(record.value or b"").decode() for record in found]
    assert [record.offset for record in found] == list(range(60))
    for who in range(3):
        mine = [value for value in values if value.startswith(f"{who}:")]
        assert mine == [f"{who}:{n}" for n in range(20)]


async def test_the_end_offset_of_an_empty_partition_is_zero(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic)])
    assert await transport.end_offset(topic, 0) == 0
    assert await read_to_end(transport, topic) == []


async def test_a_message_of_the_largest_size_passes_and_one_byte_more_does_not(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic, max_message_bytes=100_000)])

    await transport.append([Append(topic, 0, b"k", bytes(99_999))])
    with pytest.raises(EnvelopeError) as refused:
        await transport.append([Append(topic, 0, b"k", bytes(100_000))])

    assert refused.value.code == "bericht.te_groot"
    assert await transport.end_offset(topic, 0) == 1


async def test_many_small_messages_pass_where_one_of_their_size_would_not(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic, max_message_bytes=3000)])

    offsets = await transport.append([Append(topic, 0, b"k", bytes(1000))] * 20)

    assert offsets == list(range(20))
    assert len(await read_to_end(transport, topic)) == 20


async def test_an_unknown_topic_or_partition_is_named(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic, missing = name("inzending"), name("nergens")
    await transport.ensure_topics([TopicSpec(topic)])
    attempts = [
        transport.partitions(missing),
        transport.append([Append(missing, 0, b"k", b"v")]),
        transport.append([Append(topic, 1, b"k", b"v")]),
        transport.read({(missing, 0): 0}, limit=1, wait_s=0.1),
        transport.end_offset(missing, 0),
        transport.claim("router", missing, 0),
    ]
    for attempt in attempts:
        with pytest.raises(SettingsError) as refused:
            await attempt
        assert refused.value.code == "topic.onbekend"


async def test_topics_are_ensured_twice_and_never_resized(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    first, second = await connect(), await connect()
    spec = TopicSpec(topic, partitions=3, retention_ms=7 * 24 * 3600 * 1000)
    await asyncio.gather(first.ensure_topics([spec]), second.ensure_topics([spec]))
    await first.append([Append(topic, 2, b"k", b"v")])

    await second.ensure_topics([spec])
    with pytest.raises(SettingsError) as refused:
        await second.ensure_topics([TopicSpec(topic, partitions=4)])

    assert refused.value.code == "topic.afwijkend"
    assert await second.partitions(topic) == 3
    assert await second.end_offset(topic, 2) == 1


async def test_what_was_written_is_there_after_closing_and_opening_again(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    first = await connect()
    await first.ensure_topics([TopicSpec(topic)])
    await first.append([Append(topic, 0, b"k", b"v")])
    claim = await first.claim("router", topic, 0)
    await claim.commit(1, [])
    await first.close()
    await first.close()

    second = await connect()
    found = await read_until(second, {(topic, 0): 0}, 1)
    assert [record.value for record in found] == [b"v"]
    assert await (await second.claim("router", topic, 0)).committed() == 1


async def test_a_closed_transport_says_so(
    transport: Transport, name: Callable[[str], str]
) -> None:
    topic = name("inzending")
    await transport.ensure_topics([TopicSpec(topic)])
    await transport.close()
    for attempt in (
        transport.append([Append(topic, 0, b"k", b"v")]),
        transport.read({(topic, 0): 0}, limit=1, wait_s=0),
        transport.claim("router", topic, 0),
    ):
        with pytest.raises(UnavailableError) as refused:
            await attempt
        assert refused.value.code == "transport.onbereikbaar"
