"""A real ``corvus router`` in a process of its own, to be killed and looked into."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.kafka import KafkaSettings

CONFIG = "corvus.toml"
_CHUNK = 1 << 24


def use_small_batches(path: Path) -> None:
    """Many commits, so that a kill falls in the middle of one."""
    with (path / CONFIG).open("a") as config:
        config.write("\n[router]\nbatch = 4\n")


def use_kafka(path: Path, settings: KafkaSettings) -> None:
    """Put an installation on Kafka, as whoever holds these TLS files."""
    file = path / CONFIG
    text = file.read_text().replace('soort = "sqlite"', 'soort = "kafka"')
    tls = settings.ssl_cafile is not None
    lines = [
        "",
        "[transport.kafka]",
        f'bootstrap = "{settings.bootstrap}"',
        f"tls = {str(tls).lower()}",
    ]
    if tls:
        lines += [
            f'tls_wortels = "{settings.ssl_cafile}"',
            f'tls_certificaat = "{settings.ssl_certfile}"',
            f'tls_sleutel = "{settings.ssl_keyfile}"',
        ]
    file.write_text(text + "\n".join(lines) + "\n")


@dataclass
class Router:
    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    async def kill(self) -> None:
        """As the power cut does: no handler, no flush."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)

    async def ready(self) -> None:
        """Wait until every partition is claimed and its state restored."""
        await self._logged(b"router.takeover", 4)

    async def busy(self) -> None:
        """Wait for the first commit."""
        await self._logged(b"router.batch", 1)

    async def holds_something(self) -> None:
        """Wait for the first partition it takes."""
        await self._logged(b"router.takeover", 1)

    async def port(self) -> int:
        """Wait until it tells where its metrics are."""
        await self._logged(b"poort=", 1)
        match = re.search(rb"poort=(\d+)", self.log.read_bytes())
        assert match is not None
        return int(match[1])

    async def _logged(self, event: bytes, count: int) -> None:
        async with asyncio.timeout(120):
            while self.log.read_bytes().count(event) < count:
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(
    installatie: Installatie, log: Path, *options: str
) -> AsyncIterator[Router]:
    """Start a router; it is killed at the end if it still runs."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "corvus_adapters",
            "router",
            "-i",
            str(installatie.path),
            "--port",
            "0",
            *options,
            stdout=output,
            stderr=output,
        )
    router = Router(process, log)
    try:
        yield router
    finally:
        if process.returncode is None:
            await router.kill()


def found_in_file(path: Path, needles: Iterable[bytes]) -> set[bytes]:
    data = path.read_bytes()
    return {needle for needle in needles if needle in data}


def found_in_memory(pid: int, needles: Iterable[bytes]) -> set[bytes]:
    """Search every readable mapping of a process."""
    wanted, found = list(needles), set()
    longest = max(map(len, wanted))
    with open(f"/proc/{pid}/maps") as maps:  # noqa: PTH123 - no real file
        regions = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) r", maps.read(), re.MULTILINE)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - idem
        for first, last in regions:
            at, end = int(first, 16), int(last, 16)
            while at < end:
                try:
                    memory.seek(at)
                    data = memory.read(min(_CHUNK, end - at))
                except (OSError, OverflowError, ValueError):
                    break  # vvar, or gone since
                found |= {needle for needle in wanted if needle in data}
                at += max(len(data) - longest, 1) if at + len(data) < end else len(data)
                if not data:
                    break
    return found
