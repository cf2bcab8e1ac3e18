"""Real ``corvus router`` processes, on the transport they would have."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.router import FILL
from bench.sdk import ONTVANGERS

from corvus_adapters.app import installation_topics
from corvus_adapters.kafka import KafkaTransport
from corvus_adapters.sqlite.transport import SqliteTransport
from corvus_broker.ports import Append
from corvus_broker.staat import zaak_key
from corvus_broker.topics import ZAAKSTAAT, levering_topic
from corvus_schemas.identifiers import ZAAK_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from bench.world import Sealed, World

    from corvus_adapters.kafka import KafkaSettings
    from corvus_broker.ports import Record, Transport

START_S = 60.0
TICK_S = 0.01
LAATSTE = "RECL"
"""Whose leveringen are read: those are the smallest, so that reading costs least."""


def environment(kafka: KafkaSettings | None) -> dict[str, str]:
    """Settings that put a router on this Kafka; none: on its own SQLite file."""
    if kafka is None:
        return {**os.environ}
    given = {
        "SOORT": "kafka",
        "KAFKA__BOOTSTRAP": kafka.bootstrap,
        "KAFKA__TLS": str(kafka.ssl_cafile is not None).lower(),
        "KAFKA__TLS_WORTELS": kafka.ssl_cafile,
        "KAFKA__TLS_CERTIFICAAT": kafka.ssl_certfile,
        "KAFKA__TLS_SLEUTEL": kafka.ssl_keyfile,
    }
    return {
        **os.environ,
        **{
            f"CORVUS_TRANSPORT__{name}": str(value)
            for name, value in given.items()
            if value is not None
        },
    }


@dataclass
class Router:
    """One router process and its log."""

    process: subprocess.Popen[bytes]
    log: Path
    partities: int

    async def ready(self) -> None:
        """Wait until it has all its partitions, with their state."""
        async with asyncio.timeout(START_S):
            while self.log.read_bytes().count(b"router.takeover") < self.partities:
                assert self.process.poll() is None, self.log.read_text("utf-8")
                await asyncio.sleep(TICK_S)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(START_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def rss_mib(self) -> float:
        """Resident memory now."""
        return self._status("VmRSS:") / 1024

    @property
    def cpu_s(self) -> float:
        """CPU seconds so far, of all its threads."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8")
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text("utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name))


@contextlib.asynccontextmanager
async def running(
    world: World, kafka: KafkaSettings | None, partities: Iterable[Sequence[int]]
) -> AsyncIterator[list[Router]]:
    """One process for each set of partitions, all of them ready."""
    routers: list[Router] = []
    try:
        for number, some in enumerate(partities):
            log = world.path / f"router-{number}.log"
            routers.append(_start(world, kafka, log, some))
        for router in routers:
            await router.ready()
        yield routers
    finally:
        for router in routers:
            router.stop()


def _start(
    world: World, kafka: KafkaSettings | None, log: Path, partities: Sequence[int]
) -> Router:
    chosen = ",".join(map(str, partities))
    options = ["-i", str(world.path), "--port", "0", "--partitions", chosen]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "corvus_adapters", "router", *options],
            stdout=output,
            stderr=output,
            env=environment(kafka),
        )
    return Router(process, log, len(partities))


@contextlib.asynccontextmanager
async def opened(world: World, kafka: KafkaSettings | None) -> AsyncIterator[Transport]:
    """The transport of the routers, with its topics."""
    transport: Transport = (
        SqliteTransport(world.installatie.sqlite_path)
        if kafka is None
        else KafkaTransport(kafka)
    )
    await transport.start()
    try:
        await transport.ensure_topics(installation_topics(world.installatie, world.nu))
        # A changelog that has been used, as that of any installation but the newest.
        await transport.append(
            [
                Append(ZAAKSTAAT, partition, zaak_key(bytes(ZAAK_ID_BYTES)), None)
                for partition in range(world.partities)
            ]
        )
        yield transport
    finally:
        await transport.close()


@dataclass
class Lezer:
    """Reads what is delivered to one organisation, from where it stands now."""

    transport: Transport
    topic: str
    position: int
    found: int = field(default=0)

    @classmethod
    async def at_end(cls, world: World, transport: Transport) -> Lezer:
        oin = world.installatie.keystore(ONTVANGERS[LAATSTE]).oin
        topic = levering_topic(oin, "P30D")
        return cls(transport, topic, await transport.end_offset(topic, 0))

    async def read(self) -> Sequence[Record]:
        place = (self.topic, 0)
        records = await self.transport.read(
            {place: self.position}, limit=FILL, wait_s=0.2
        )
        if records:
            self.position = records[-1].offset + 1
            self.found += len(records)
        return records

    async def until(self, count: int, patience_s: float) -> None:
        """Read until so many came in all."""
        async with asyncio.timeout(patience_s):
            while self.found < count:
                await self.read()


async def fill(transport: Transport, sealed: Sequence[Sealed]) -> None:
    """Append messages, some hundreds at a time."""
    appends = [one.append for one in sealed]
    for at in range(0, len(appends), FILL):
        await transport.append(appends[at : at + FILL])
