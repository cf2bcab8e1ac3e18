"""kill -9 of the router at random points under load, on either transport."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from chain_load import Load, check_chain, transport_of, wait_until_answered
from router_process import running
from simulator import POL
from transport_backends import started

from corvus_adapters.app import installation_topics, utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie import Installatie


@pytest.mark.parametrize(
    ("kills", "zaken", "each"),
    [(5, 12, 10), pytest.param(20, 30, 20, marks=pytest.mark.slow)],
)
async def test_a_killed_router_loses_nothing_and_repeats_nothing(
    installatie: Installatie, tmp_path: Path, kills: int, zaken: int, each: int
) -> None:
    # The seed only chooses where the kills fall; any choice has to pass.
    chance = random.Random(f"{kills} kills")
    async with started(transport_of(installatie)) as transport:
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        load = Load(installatie, transport)
        await load.prepare(zaken, each)
        share = len(load.waiting) // (kills + 1)
        for kill in range(kills):
            # A backlog for when it is ready, and more while it works.
            await load.feed(share // 2, chance)
            async with running(installatie, tmp_path / f"router-{kill}.log") as router:
                await router.busy()
                feeder = asyncio.create_task(load.feed(share - share // 2, chance))
                await asyncio.sleep(chance.random() * 0.1)
                assert router.process.returncode is None, router.log.read_text()
                await router.kill()
                await feeder
        async with running(installatie, tmp_path / "router-last.log") as router:
            await load.feed(len(load.waiting), chance)
            await wait_until_answered(load, load.orgs[POL].oin)
            await check_chain(load)
            assert await router.stop() == 0, router.log.read_text()
        load.close()
