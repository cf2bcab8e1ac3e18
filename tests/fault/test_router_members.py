"""Routers that divide the partitions come, go and fall under load: nothing changes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import re
import signal
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chain_load import check_chain, loaded, transport_of, wait_until_answered
from prometheus_client import CollectorRegistry
from router_process import running
from simulator import POL
from transport_backends import started

from corvus_adapters.app import build_worker, installation_topics, utc_now
from corvus_adapters.opzichter import Geduld, Kind
from corvus_adapters.ploeg import Ploeg
from corvus_adapters.samenvoegen import fetch, fetch_ready
from corvus_adapters.verdeling import Logverdeling, Ritme
from corvus_adapters.waarnemer import RouterWaarnemer
from corvus_broker.ports import Append
from corvus_broker.topics import ZAAKSTAAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from router_process import Router

    from corvus_adapters.installatie import Installatie
    from corvus_broker.ports import Transport

RITME = Ritme(beat_s=0.1, ttl_s=1.0)
PARTITIES = 4
GRACE_S = 20


class Lid:
    """A router within this process: its own transport, workers and membership."""

    def __init__(self, installatie: Installatie, transport: Transport, lid: str):
        keystore = installatie.broker_keystore()
        self.waarnemer = RouterWaarnemer(CollectorRegistry())
        self.transport = transport
        self.stop = asyncio.Event()
        self.ploeg = Ploeg(
            Logverdeling(transport, PARTITIES, lid, RITME),
            lambda partition: build_worker(
                installatie, keystore, transport, self.waarnemer, partition
            ),
            self.waarnemer,
            RITME,
        )
        self.task = asyncio.create_task(self.ploeg.run(self.stop))

    async def leave(self) -> None:
        self.stop.set()
        await self.task
        await self.transport.close()

    async def fall(self) -> None:
        """Lose the connection in the middle of whatever it does, without a word."""
        await self.transport.close()
        self.stop.set()
        await asyncio.gather(self.task, return_exceptions=True)


async def a_member(installatie: Installatie, number: int) -> Lid:
    transport = transport_of(installatie)
    await transport.start()
    return Lid(installatie, transport, f"lid-{number}")


# Who falls is cut off in the middle of connecting: aiokafka leaves that socket to the
# collector, which says so. What the router does about it is what is tested here.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize(
    ("turns", "zaken", "each"),
    [(6, 12, 10), pytest.param(40, 40, 30, marks=pytest.mark.slow)],
)
async def test_members_that_come_and_go_every_second(
    installatie: Installatie, turns: int, zaken: int, each: int
) -> None:
    chance = random.Random(f"{turns} turns")
    async with loaded(installatie, zaken, each) as load:
        share = len(load.waiting) // turns
        leden = [await a_member(installatie, 0)]
        for turn in range(1, turns + 1):
            leden.append(await a_member(installatie, turn))
            feeder = asyncio.create_task(load.feed(share, chance))
            await asyncio.sleep(0.5 + chance.random() / 2)
            if len(leden) > 2:
                gone = leden.pop(chance.randrange(len(leden)))
                await (gone.fall() if chance.random() < 0.5 else gone.leave())
            assert not [one for one in leden if one.task.done()]
            await feeder
        await load.feed(len(load.waiting), chance)
        await wait_until_answered(load, load.orgs[POL].oin)
        await until_all_is_held(leden)
        for one in leden:
            await one.leave()
        await check_chain(load)
    gc.collect()


async def until_all_is_held(leden: list[Lid]) -> None:
    await until(lambda: not any(one.ploeg.unready() for one in leden))


async def until(holds: Callable[[], bool], within_s: float = 120) -> None:
    """Look until it holds; the event loop goes on meanwhile."""
    for _ in range(int(within_s / 0.02)):
        if await asyncio.to_thread(holds):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to hold")


# On SQLite only: other tests go on using the Kafka of this run.
@pytest.mark.parametrize("installatie", ["sqlite"], indirect=True)
async def test_a_partition_that_cannot_be_trusted_stops_no_other(
    installatie: Installatie,
) -> None:
    async with started(transport_of(installatie)) as transport:
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        broken = await transport.end_offset(ZAAKSTAAT, 1)
        await transport.append([Append(ZAAKSTAAT, 1, b"?", b"?")])
        one = await a_member(installatie, 0)
        await until(lambda: one.ploeg.unready() == ["partition 1 not ready"])
        other = await a_member(installatie, 1)
        # The second gets its share, and not the one that would stop it too.
        await until(lambda: other.ploeg.unready() == [])
        assert one.ploeg.unready() == ["partition 1 not ready"]
        assert not one.task.done()
        await one.leave()
        await other.leave()
        assert await transport.end_offset(ZAAKSTAAT, 1) == broken + 1


async def test_a_supervised_process_that_fails_at_once_is_tried_with_growing_pauses(
    tmp_path: Path,
) -> None:
    count = tmp_path / "starts"
    command = ["/bin/sh", "-c", f"date +%s.%N >> {count}; exit 3"]
    kind = Kind(0, command, Geduld(backoff_s=0.1, longest_backoff_s=0.8))
    stop = asyncio.Event()
    task = asyncio.create_task(kind.keep(stop))
    await until(lambda: count.is_file() and len(count.read_text().split()) >= 6)
    stop.set()
    await asyncio.wait_for(task, 10)
    at = [float(one) for one in count.read_text().split()]
    pauses = [later - earlier for earlier, later in pairwise(at)]
    # Half of 0.8 s at least, from the fourth on; half of 0.1 s at first.
    assert min(pauses[3:]) >= 0.4
    assert pauses[0] >= 0.05


@pytest.mark.parametrize(
    ("kills", "zaken", "each"),
    [(2, 12, 10), pytest.param(12, 30, 20, marks=pytest.mark.slow)],
)
async def test_killed_members_are_replaced_by_the_others(
    installatie: Installatie, tmp_path: Path, kills: int, zaken: int, each: int
) -> None:
    chance = random.Random(f"{kills} kills of members")
    async with (
        loaded(installatie, zaken, each) as load,
        contextlib.AsyncExitStack() as stack,
    ):

        async def start(number: int) -> Router:
            log = tmp_path / f"router-{number}.log"
            return await stack.enter_async_context(running(installatie, log))

        routers = [await start(0), await start(1)]
        share = len(load.waiting) // (kills + 1)
        for kill in range(kills):
            feeder = asyncio.create_task(load.feed(share, chance))
            routers.append(await start(2 + kill))
            await routers[-1].holds_something()
            await asyncio.sleep(chance.random() * 0.2)
            await routers.pop(chance.randrange(2)).kill()
            await feeder
        await load.feed(len(load.waiting), chance)
        await wait_until_answered(load, load.orgs[POL].oin)
        for router in routers:
            assert await router.stop() == 0, router.log.read_text()
        await check_chain(load)


async def test_a_rolling_restart_loses_nothing_and_takes_no_grace(
    installatie: Installatie, tmp_path: Path
) -> None:
    chance = random.Random("rolling")
    async with (
        loaded(installatie, 12, 10) as load,
        contextlib.AsyncExitStack() as stack,
    ):

        async def start(number: int) -> Router:
            log = tmp_path / f"router-{number}.log"
            router = await stack.enter_async_context(running(installatie, log))
            await router.holds_something()
            return router

        routers = [await start(0), await start(1)]
        feeder = asyncio.create_task(load.feed(len(load.waiting), chance))
        for number in (2, 3):
            routers.append(await start(number))
            began = time.monotonic()
            old = routers.pop(0)
            assert await old.stop() == 0, old.log.read_text()
            assert time.monotonic() - began < GRACE_S / 2
        await feeder
        await wait_until_answered(load, load.orgs[POL].oin)
        await check_chain(load)
        for router in routers:
            assert await router.stop() == 0, router.log.read_text()


def children(pid: int) -> set[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return {int(one) for one in listed.split()}


def lives(pid: int) -> bool:
    """Whether it runs; one that ended may stay listed until somebody asks."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


async def until_ready(port: int) -> None:
    await until(lambda: not fetch_ready(port))


async def test_the_supervisor_replaces_a_killed_process_and_stops_them_all(
    installatie: Installatie, tmp_path: Path
) -> None:
    chance = random.Random("supervised")
    log = tmp_path / "router.log"
    options = ("--processes", "2")
    async with (
        loaded(installatie, 12, 10) as load,
        running(installatie, log, *options) as supervisor,
    ):
        port = await supervisor.port()
        await until_ready(port)
        before = children(supervisor.pid)
        assert len(before) == 2
        status, metrics = await asyncio.to_thread(fetch, port, "/metrics")
        working = re.findall(
            r'^corvus_partition_working\{partitie="(\d)",proces="[01]"\} 1',
            metrics,
            re.MULTILINE,
        )
        assert (status, sorted(working)) == (200, ["0", "1", "2", "3"])

        feeder = asyncio.create_task(load.feed(len(load.waiting) // 2, chance))
        await asyncio.sleep(0.3)
        os.kill(sorted(before)[chance.randrange(2)], signal.SIGKILL)
        await until(lambda: bool(fetch_ready(port)))
        await feeder
        await until_ready(port)
        after = children(supervisor.pid)
        assert len(after) == 2
        assert len(before & after) == 1

        await load.feed(len(load.waiting), chance)
        await wait_until_answered(load, load.orgs[POL].oin)
        assert await supervisor.stop() == 0, log.read_text()
        assert not [pid for pid in after if lives(pid)]
        await check_chain(load)


async def test_processes_end_when_their_supervisor_is_killed(
    installatie: Installatie, tmp_path: Path
) -> None:
    log = tmp_path / "router.log"
    async with running(installatie, log, "--processes", "2") as supervisor:
        await until_ready(await supervisor.port())
        left = children(supervisor.pid)
        await supervisor.kill()
        await until(lambda: not any(lives(pid) for pid in left))
