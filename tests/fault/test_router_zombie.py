"""A router that hangs, is replaced, and comes back believing that it is still it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sqlite3
from typing import TYPE_CHECKING

from chain_load import check_chain, loaded, wait_until_answered
from router_process import running
from simulator import POL
from soak import longer, rounds, soak_s

if TYPE_CHECKING:
    from pathlib import Path

    from router_process import Router

    from corvus_adapters.installatie import Installatie

# By hand, so that the newcomer takes all of it, whatever the other one says.
ALL = ("--partitions", "0,1,2,3")


async def stop_in_its_tracks(router: Router, installatie: Installatie) -> None:
    """Stop it where it stands; not while it holds the lock of the embedded log.

    A process that is stopped there holds everybody up until it goes on or ends: SQLite
    knows no other way, and Kafka no such thing.
    """
    while True:
        router.process.send_signal(signal.SIGSTOP)
        if installatie.instellingen.transport.soort != "sqlite":
            return
        with contextlib.closing(
            sqlite3.connect(installatie.sqlite_path, timeout=0.5, isolation_level=None)
        ) as probe:
            try:
                probe.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                router.process.send_signal(signal.SIGCONT)
                await asyncio.sleep(0.01)
            else:
                probe.execute("ROLLBACK")
                return


async def test_a_stopped_router_comes_back_as_a_zombie_and_is_fenced(
    installatie: Installatie, tmp_path: Path
) -> None:
    chance = random.Random("zombies")
    async with loaded(installatie, zaken=6, each=longer(8)) as load:
        load.pace_s = max(0.1, 3 * soak_s() / len(load.waiting))
        async with contextlib.AsyncExitStack() as stack:
            log = tmp_path / "router-0.log"
            old = await stack.enter_async_context(running(installatie, log, *ALL))
            await old.ready()
            feeder = asyncio.create_task(load.feed(len(load.waiting), chance))
            for number in rounds(1):
                if not feeder.done():
                    await old.busy()
                await asyncio.sleep(chance.random() * 0.1)
                await stop_in_its_tracks(old, installatie)
                log = tmp_path / f"router-{number + 1}.log"
                new = await stack.enter_async_context(running(installatie, log, *ALL))
                await new.ready()
                old.process.send_signal(signal.SIGCONT)
                async with asyncio.timeout(60):
                    assert await old.process.wait() != 0
                assert b"router.afgelost" in old.log.read_bytes()
                old = new
            await feeder
            await wait_until_answered(load, load.orgs[POL].oin)
            await check_chain(load)
            assert await old.stop() == 0, old.log.read_text()
