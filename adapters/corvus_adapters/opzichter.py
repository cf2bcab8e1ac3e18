"""Several router processes on one machine: started, watched, started again, stopped.

The processes divide the partitions by themselves, and with those of other machines;
the supervisor holds none and reads no message.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry

from corvus_adapters.gezondheid import Gezondheid
from corvus_adapters.log import get_log
from corvus_adapters.routerproces import stopped_by_signal
from corvus_adapters.samenvoegen import Samenvoeger, fetch_ready

if TYPE_CHECKING:
    from pathlib import Path

MELD_OPTION: Final = "--meld"


@dataclass(frozen=True, slots=True)
class Geduld:
    """How long the supervisor waits for what, in seconds."""

    backoff_s: float = 0.5
    longest_backoff_s: float = 30.0
    # Who ran this long did not fail at the start: begin with short waits again.
    healthy_s: float = 30.0
    grace_s: float = 20.0


class Kind:
    """One place of the supervisor: the process that runs in it, and its port."""

    def __init__(self, number: int, command: list[str], geduld: Geduld) -> None:
        """Describe it; ``keep`` runs it."""
        self.number = number
        self.port: int | None = None
        self.pid: int | None = None
        self._command = command
        self._geduld = geduld
        self._backoff = geduld.backoff_s

    async def keep(self, stop: asyncio.Event) -> None:
        """Run the process, again and again, until told to stop."""
        log = get_log()
        while not stop.is_set():
            started = time.monotonic()
            code = await self._once(stop)
            if stop.is_set():
                return
            if time.monotonic() - started > self._geduld.healthy_s:
                self._backoff = self._geduld.backoff_s
            log.error("router.process_ended", proces=self.number, code=code)
            # Unevenly, so that processes that fall together do not rise together.
            pause = self._backoff * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            self._backoff = min(self._backoff * 2, self._geduld.longest_backoff_s)

    async def _once(self, stop: asyncio.Event) -> int:
        """Run the process to its end; give its exit code."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    MELD_OPTION,
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    # Asked by the supervisor only, whatever address that has.
                    env={**os.environ, "CORVUS_METRIEK__HOST": "127.0.0.1"},
                    # Interrupt in a terminal goes to the whole group: each process
                    # is told by us, once.
                    start_new_session=True,
                )
            self.pid = process.pid
            ended = asyncio.create_task(process.wait())
            told = asyncio.create_task(self._listen(ours))
            stopped = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait(
                    {ended, stopped}, return_when=asyncio.FIRST_COMPLETED
                )
                if not ended.done():
                    await self._end(process, ended)
                return await ended
            finally:
                self.port = self.pid = None
                for task in (told, stopped):
                    task.cancel()
                if process.returncode is None:
                    process.kill()

    async def _listen(self, ours: socket.socket) -> None:
        ours.settimeout(0)
        line = await asyncio.get_running_loop().sock_recv(ours, 16)
        self.port = int(line) if line.strip().isdigit() else None

    async def _end(
        self, process: asyncio.subprocess.Process, ended: asyncio.Task[int]
    ) -> None:
        process.send_signal(signal.SIGTERM)
        done, _ = await asyncio.wait({ended}, timeout=self._geduld.grace_s)
        if not done:
            get_log().critical("router.process_killed", proces=self.number)
            process.kill()


async def run_processes(
    path: Path,
    *,
    aantal: int,
    host: str,
    poort: int,
    geduld: Geduld | None = None,
) -> None:
    """Run so many router processes of an installation until SIGTERM or SIGINT.

    Raises:
        SettingsError: ``metriek.poort``.
    """
    log = get_log()
    command = [sys.executable, "-m", "corvus_adapters", "router"]
    command += ["-i", os.fspath(path), "--port", "0"]
    patience = geduld or Geduld()
    kinderen = [Kind(number, command, patience) for number in range(aantal)]
    registry = CollectorRegistry()
    registry.register(
        Samenvoeger(lambda: {str(kind.number): kind.port for kind in kinderen})
    )
    health = Gezondheid(host, poort, registry, lambda: _unready(kinderen))
    health.start()
    log.info("router.supervise", aantal=aantal, poort=health.port)
    stop = asyncio.Event()
    try:
        with stopped_by_signal(stop):
            await asyncio.gather(*(kind.keep(stop) for kind in kinderen))
    finally:
        health.stop()
    log.info("router.stop", code="")


def _unready(kinderen: list[Kind]) -> list[str]:
    return [
        f"process {kind.number}: {reason}"
        for kind in kinderen
        for reason in fetch_ready(kind.port)
    ]
