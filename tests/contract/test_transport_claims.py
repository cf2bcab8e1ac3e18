"""Claims and commits, on both transports: one at a time, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reading import read_to_end, read_until

from corvus_broker.ports import Append, TopicSpec, Transport
from corvus_schemas.errors import (
    EnvelopeError,
    FencedError,
    SettingsError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def test_a_commit_writes_to_several_topics_and_moves_the_offset(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> None:
    transport = await connect()
    source, levering, audit = name("inzending"), name("levering"), name("audit")
    await transport.ensure_topics(
        [TopicSpec(source), TopicSpec(levering, partitions=2), TopicSpec(audit)]
    )
    claim = await transport.claim("router", source, 0)
    assert await claim.committed() == 0

    await claim.commit(
        3,
        [
            Append(levering, 1, b"alias", b"a"),
            Append(audit, 0, b"", b"bewijs"),
            Append(levering, 0, b"alias", b"b"),
        ],
    )
    await claim.commit(5, [])

    assert await claim.committed() == 5
    await claim.close()
    await claim.close()
    reader = await connect()
    found = await read_until(
        reader, {(levering, 0): 0, (levering, 1): 0, (audit, 0): 0}, 3
    )
    assert sorted((r.topic, r.partition, r.value) for r in found) == sorted(
        [(levering, 1, b"a"), (audit, 0, b"bewijs"), (levering, 0, b"b")]
    )
    again = await reader.claim("router", source, 0)
    assert await again.committed() == 5


async def test_many_commits_read_back_in_order_to_the_end_offset(
    transport: Transport, name: Callable[[str], str]
) -> None:
    source, staat = name("inzending"), name("zaakstaat")
    await transport.ensure_topics([TopicSpec(source), TopicSpec(staat)])
    claim = await transport.claim("router", source, 0)
    for n in range(12):
        await claim.commit(n + 1, [Append(staat, 0, b"k", bytes([n]))] * 3)
    # A takeover is the moment from which every earlier commit is there to be read.
    await transport.claim("router", source, 0)

    found = await read_to_end(transport, staat)

    assert [record.value for record in found] == [
        bytes([n]) for n in range(12) for _ in range(3)
    ]
    assert found[-1].offset + 1 == await transport.end_offset(staat, 0)


async def test_a_later_claim_fences_the_zombie_and_nothing_of_it_is_written(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> None:
    source, levering = name("inzending"), name("levering")
    old, new = await connect(), await connect()
    await old.ensure_topics([TopicSpec(source), TopicSpec(levering)])
    zombie = await old.claim("router", source, 0)
    await zombie.commit(1, [Append(levering, 0, b"k", b"eerst")])

    taken = await new.claim("router", source, 0)
    assert await taken.committed() == 1
    for _ in range(2):
        with pytest.raises(FencedError) as fenced:
            await zombie.commit(2, [Append(levering, 0, b"k", b"zombie")])
        assert fenced.value.code == "router.afgelost"
    await taken.commit(2, [Append(levering, 0, b"k", b"daarna")])
    await zombie.close()

    found = await read_until(new, {(levering, 0): 0}, 2)
    assert [record.value for record in found] == [b"eerst", b"daarna"]
    last = await new.claim("router", source, 0)
    assert await last.committed() == 2


async def test_claims_of_other_groups_and_partitions_do_not_fence(
    transport: Transport, name: Callable[[str], str]
) -> None:
    source = name("inzending")
    await transport.ensure_topics([TopicSpec(source, partitions=2)])
    first = await transport.claim("router", source, 0)
    await (await transport.claim("router", source, 1)).commit(9, [])
    await (await transport.claim("audit", source, 0)).commit(8, [])

    await first.commit(7, [])

    assert await first.committed() == 7


async def test_a_refused_commit_leaves_nothing_behind(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> None:
    source, levering = name("inzending"), name("levering")
    transport = await connect()
    await transport.ensure_topics(
        [TopicSpec(source), TopicSpec(levering, max_message_bytes=2000)]
    )
    claim = await transport.claim("router", source, 0)
    good = Append(levering, 0, b"k", b"goed")

    with pytest.raises(EnvelopeError) as large:
        await claim.commit(1, [good, Append(levering, 0, b"k", bytes(5000))])
    with pytest.raises(SettingsError) as unknown:
        await claim.commit(1, [good, Append(name("nergens"), 0, b"k", b"v")])

    assert large.value.code == "bericht.te_groot"
    assert unknown.value.code == "topic.onbekend"
    taken = await (await connect()).claim("router", source, 0)
    assert await taken.committed() == 0
    assert await transport.end_offset(levering, 0) == 0
