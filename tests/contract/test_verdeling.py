"""Members divide partitions through either transport, and take over from each other."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from corvus_adapters.verdeling import Logverdeling, Ritme
from corvus_broker.ports import TopicSpec
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from corvus_broker.ports import Transport

PARTITIES = 8
RITME = Ritme(beat_s=0.05, ttl_s=1.0)


class Lid:
    """A member without workers: it holds what it is told to, and lets go at once."""

    def __init__(self, verdeling: Logverdeling) -> None:
        self.verdeling = verdeling
        self.held: frozenset[int] = frozenset()
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.verdeling.join(self.changed.set)
        self.task = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        while True:
            wanted = await self.verdeling.renew(self.held)
            self.held &= wanted
            if wanted > self.held:
                again = await self.verdeling.renew(wanted)
                self.held |= wanted & again
            await asyncio.sleep(RITME.beat_s)

    async def fall_silent(self) -> None:
        """As a process that is stopped, or cut off."""
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def member(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> AsyncIterator[Callable[[str], Awaitable[Lid]]]:
    topic, made = name("verdeling"), []

    async def make(lid: str) -> Lid:
        transport = await connect()
        await transport.ensure_topics([TopicSpec(topic)])
        one = Lid(Logverdeling(transport, PARTITIES, lid, RITME, topic=topic))
        made.append(one)
        await one.start()
        return one

    yield make
    for one in made:
        await one.fall_silent()
        await one.verdeling.leave()


async def settled(*leden: Lid) -> float:
    """Wait until all partitions are held once, in equal shares; how long it took."""
    started = time.monotonic()
    share = PARTITIES // len(leden)
    async with asyncio.timeout(20):
        while True:
            held = [p for one in leden for p in one.held]
            if sorted(held) == list(range(PARTITIES)) and all(
                share <= len(one.held) <= share + 1 for one in leden
            ):
                return time.monotonic() - started
            assert len(held) == len(set(held)), "nobody is given what another holds"
            await asyncio.sleep(0.01)


async def test_one_takes_all_a_second_gets_half_and_the_first_keeps_the_rest(
    member: Callable[[str], Awaitable[Lid]],
) -> None:
    a = await member("a")
    await settled(a)
    b = await member("b")
    before = a.held
    await settled(a, b)
    assert a.held < before
    c = await member("c")
    kept = (a.held, b.held)
    await settled(a, b, c)
    assert a.held <= kept[0]
    assert b.held <= kept[1]


async def test_who_leaves_hands_over_at_once(
    member: Callable[[str], Awaitable[Lid]],
) -> None:
    a, b = await member("a"), await member("b")
    await settled(a, b)
    await b.fall_silent()
    b.held = frozenset()
    a.changed.clear()
    await b.verdeling.leave()
    await b.verdeling.leave()
    async with asyncio.timeout(RITME.ttl_s / 2):
        await a.changed.wait()
    assert await settled(a) < RITME.ttl_s / 2


async def test_who_falls_silent_loses_what_he_had_and_comes_back_as_one_of_many(
    member: Callable[[str], Awaitable[Lid]],
) -> None:
    a, b = await member("a"), await member("b")
    await settled(a, b)
    await b.fall_silent()
    had, b.held = b.held, frozenset()
    assert RITME.ttl_s / 2 < await settled(a) < 10
    # It believes to hold what it had. A moment later it knows better.
    assert await b.verdeling.renew(had) == frozenset()
    assert a.verdeling.unheld() == frozenset()
    b.task = asyncio.create_task(b._beat())
    await settled(a, b)


async def test_after_silence_nothing_new_is_taken_before_others_spoke(
    member: Callable[[str], Awaitable[Lid]],
) -> None:
    a, b = await member("a"), await member("b")
    await settled(a, b)
    for one in (a, b):
        await one.fall_silent()
    await asyncio.sleep(RITME.ttl_s * 1.2)
    # The log was out of reach for both; b is not gone, it only has not spoken yet.
    assert await a.verdeling.renew(a.held) == a.held
    assert await b.verdeling.renew(b.held) == b.held
    assert await a.verdeling.renew(a.held) == a.held


async def test_a_transport_that_is_gone_is_said(
    connect: Callable[[], Awaitable[Transport]], name: Callable[[str], str]
) -> None:
    transport, topic = await connect(), name("verdeling")
    await transport.ensure_topics([TopicSpec(topic)])
    one = Logverdeling(transport, PARTITIES, "a", RITME, topic=topic)
    await one.join(lambda: None)
    assert len(await one.renew(frozenset())) == PARTITIES
    await transport.close()
    with pytest.raises(UnavailableError):
        await one.renew(frozenset())
    await one.leave()
