"""Clocks that jump, forward and back, while messages go through.

What counts is the time at which the log appended a record. The log keeps the order by
itself, so a time that goes back changes no order, repeats nothing and loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import time
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from chain_load import check_chain, loaded, transport_of, wait_until_answered
from checker_log import read_log
from fault_shim import build_shim
from kafka_cluster import own_cluster
from router_process import running, use_kafka, use_small_batches
from simulator import POL, VT, concept
from soak import longer, rounds
from transport_backends import started

from corvus_adapters.app import build_organisatie, installation_topics, utc_now
from corvus_adapters.installatie import Installatie
from corvus_adapters.sdk.post import Ontvangenbewijs
from corvus_adapters.sqlite import SqliteTransport

if TYPE_CHECKING:
    from pathlib import Path

    from chain_load import Load
    from checker_log import Row
    from fault_shim import Shim

    from corvus_adapters.sdk.openen import Ontvangst
    from corvus_adapters.sdk.post import Post

HOUR = 3600
JUMPS = (2 * HOUR, 0, 26 * HOUR, HOUR, 0)
"""Where the clock is put in turn, in seconds from the right time."""


@pytest.fixture
def copied(sandbox_path: Path, tmp_path: Path) -> Path:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    use_small_batches(path)
    return path


async def jump_about(load: Load, *shims: Shim) -> None:
    """Feed the load and let the clocks jump meanwhile; they end up right again."""
    chance = random.Random("jumping clocks")
    for _ in rounds(1):
        for number in range(len(JUMPS)):
            for turn, shim in enumerate(shims):
                shim.shift_clock(JUMPS[number - turn])
            await load.feed(8, chance)
            await asyncio.sleep(0.3)
    for shim in shims:
        shim.shift_clock(0)
    await load.feed(len(load.waiting), chance)


def times(rows: list[Row]) -> list[list[int]]:
    """Per partition, the times of its records in the order of the log."""
    found: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        found.setdefault((row.topic, row.partition), []).append(row.tijd_ms)
    return list(found.values())


def goes_back(moments: list[int]) -> bool:
    return any(left > right + 60_000 for left, right in pairwise(moments))


class Wandering:
    """A clock of a sender's transport that jumps as often as it is read."""

    def __init__(self) -> None:
        self._read = 0

    def ms(self) -> int:
        self._read += 1
        ahead = JUMPS[self._read // 7 % len(JUMPS)]
        return time.time_ns() // 1_000_000 + ahead * 1000


async def test_in_the_embedded_log_time_never_goes_back(
    copied: Path, tmp_path: Path
) -> None:
    """Senders' and router's clocks jump apart from each other."""
    shim = build_shim(tmp_path)
    installatie = Installatie.open(copied)
    clock = Wandering()
    senders = SqliteTransport(installatie.sqlite_path, clock=clock.ms)
    async with loaded(installatie, zaken=5, each=longer(10), transport=senders) as load:
        with shim.over_what_starts():
            router_at_work = running(installatie, tmp_path / "router.log")
            async with router_at_work as router:
                await router.ready()
                await jump_about(load, shim)
                await wait_until_answered(load, load.orgs[POL].oin)
                await check_chain(load)
                assert await router.stop() == 0, router.log.read_text()
        found = times(await read_log(load.transport))
        assert shim.clocks > 100, "the shim was not in the router"
        assert not [moments for moments in found if goes_back(moments)]
        spread = max(map(max, found)) - min(map(min, found))
        assert spread > 20 * HOUR * 1000, "the clocks did jump"


@pytest.mark.kafka
@pytest.mark.soak
async def test_a_kafka_whose_clock_jumps_loses_and_repeats_nothing(
    copied: Path, tmp_path: Path
) -> None:
    """LogAppendTime goes back here: the order is that of the offsets."""
    shim, routers = build_shim(tmp_path), tmp_path / "routers"
    routers.mkdir()
    own = build_shim(routers)
    with contextlib.ExitStack() as stack:
        with shim.over_what_starts():
            server = stack.enter_context(own_cluster(tmp_path / "kafka"))
        use_kafka(copied, server.operator_settings())
        installatie = Installatie.open(copied)
        async with loaded(installatie, zaken=5, each=longer(10)) as load:
            with own.over_what_starts():
                router_at_work = running(installatie, tmp_path / "router.log")
                async with router_at_work as router:
                    await router.ready()
                    await jump_about(load, shim, own)
                    await wait_until_answered(load, load.orgs[POL].oin)
                    await check_chain(load)
                    assert await router.stop() == 0, router.log.read_text()
            found = times(await read_log(load.transport))
    assert shim.clocks > 100, "the shim was not in the broker"
    assert [moments for moments in found if goes_back(moments)], "it did jump"


async def test_a_sender_whose_clock_is_ahead_is_refused_and_hears_why(
    copied: Path, tmp_path: Path
) -> None:
    installatie = Installatie.open(copied)
    async with started(transport_of(installatie)) as transport:
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        ahead = timedelta(hours=1)
        keystore = installatie.keystore(POL)
        pol = build_organisatie(
            installatie, keystore, transport, clock=lambda: utc_now() + ahead
        )
        vt = build_organisatie(installatie, installatie.keystore(VT), transport)
        async with running(installatie, tmp_path / "router.log"):
            await pol.verstuur(concept())
            async with asyncio.timeout(60):
                post: list[Post] = []
                while not post:
                    post = await pol.haal_op()
            (bewijs,) = post
            assert isinstance(bewijs, Ontvangenbewijs)
            assert bewijs.bewijs.status == "AFGEWEZEN"
            assert bewijs.bewijs.code == "tijd.toekomst"
            ahead = timedelta(0)
            await pol.verstuur(concept(seed=2))
            async with asyncio.timeout(60):
                handed: list[Ontvangst] = []
                while not handed:
                    handed = list(await vt.ontvang())
        assert len(handed) == 1
        pol.postbus.close()
        vt.postbus.close()
