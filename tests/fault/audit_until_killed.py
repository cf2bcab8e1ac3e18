"""Follows the audit topic and is killed at its n-th write, for every n that is asked.

Each time in a process of its own, forked from one that has loaded everything.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from auditlog_bouw import logboek

from corvus_adapters.audit.opslag import Auditopslag
from corvus_adapters.installatie import Installatie

if TYPE_CHECKING:
    from collections.abc import Callable

WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE")


def count_writes(told: Callable[[], None]) -> None:
    """Tell of every write just before it is made, and of every commit."""

    def before(*args: object) -> None:
        if str(args[2]).lstrip().upper().startswith(WRITES):
            told()

    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    sa.event.listen(sa.Engine, "commit", lambda _: told())


async def follow(installatie: Installatie, topic: Path, url: str) -> None:
    async with logboek(installatie, topic) as boek:
        opslag = Auditopslag(url)
        await boek.follow(opslag)
        opslag.close()


def child(installatie: Installatie, topic: Path, url: str, kill_at: int) -> int:
    """Follow in a process of its own; give how many writes it came to."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        writes = 0

        def told() -> None:
            nonlocal writes
            writes += 1
            os.write(writer, b".")
            if writes == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        count_writes(told)
        asyncio.run(follow(installatie, topic, url))
        os._exit(0)
    os.close(writer)
    made = 0
    while some := os.read(reader, 4096):
        made += len(some)
    os.close(reader)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == (-signal.SIGKILL if kill_at else 0)
    return made


def main(path: str, topic: str, urls: list[str]) -> None:
    installatie = Installatie.open(Path(path))
    assert installatie.register.versies
    for kill_at, url in enumerate(urls):
        print(child(installatie, Path(topic), url, kill_at), flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
