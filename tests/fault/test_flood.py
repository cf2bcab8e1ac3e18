"""A flood of the largest messages there are costs a router no memory."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from chain_load import transport_of
from router_process import Router, running
from transport_backends import started

from corvus_adapters.app import installation_topics, utc_now
from corvus_adapters.installatie import Installatie
from corvus_broker.ports import READ_BYTES, Append
from corvus_broker.topics import GEPARKEERD, INZENDING

if TYPE_CHECKING:
    from corvus_broker.ports import Transport

MESSAGES, SIZE = 160, 1_000_000
# A batch as read, as put aside, and as written, with what Python keeps of it.
MOST = 8 * READ_BYTES


def peak(router: Router) -> int:
    """The most memory the process had so far, in bytes."""
    status = Path(f"/proc/{router.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


async def put_aside(transport: Transport) -> None:
    position = 0
    async with asyncio.timeout(120):
        while position < MESSAGES:
            found = await transport.read(
                {(GEPARKEERD, 0): position}, limit=50, wait_s=1
            )
            position = found[-1].offset + 1 if found else position


async def test_a_flood_of_large_messages_costs_a_router_no_memory(
    sandbox_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    installatie = Installatie.open(path)
    async with (
        started(transport_of(installatie)) as transport,
        running(installatie, tmp_path / "router.log") as router,
    ):
        await router.ready()
        before = peak(router)
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        for _ in range(MESSAGES // 40):
            flood = [Append(INZENDING, 0, b"", bytes(SIZE)) for _ in range(40)]
            await transport.append(flood)
        await put_aside(transport)

        assert MESSAGES * SIZE > 2 * MOST
        assert peak(router) - before < MOST
        assert await router.stop() == 0
