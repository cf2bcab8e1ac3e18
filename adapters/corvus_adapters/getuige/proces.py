"""The process ``corvus getuige``: answer the log, look for itself, compare with others."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from corvus_adapters.getuige.bron import Webbron
from corvus_adapters.getuige.getuige import Getuige
from corvus_adapters.getuige.opslag import Getuigenopslag
from corvus_adapters.getuige.server import Getuigenserver
from corvus_adapters.gezondheid import Gezondheid
from corvus_adapters.herhalen import repeat, run_until_stopped
from corvus_adapters.log import get_log
from corvus_schemas.errors import (
    CorvusError,
    EnvelopeError,
    IntegrityError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_adapters.getuige.map import Getuigenmap

LOOPBACK: Final = "127.0.0.1"
VORK: Final = "getuige.vork"


class Getuigenmeter:
    """Counts, logs, and says when it is time to stop."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._log = get_log()
        self.alarm = asyncio.Event()
        self.reasons: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._seen = Gauge(
            "corvus_getuige_size", "Leaves of the log as last seen.", registry=registry
        )
        self._answers = Counter(
            "corvus_getuige_checkpoints_total",
            "Checkpoints judged, by code; empty: cosigned.",
            ["code"],
            registry=registry,
        )
        self._alarms = Gauge(
            "corvus_getuige_alarm",
            "1 while the log contradicts what it signed, by code.",
            ["code"],
            registry=registry,
        )

    def seen(self, grootte: int) -> None:
        """The log was looked at and follows."""
        self._seen.set(grootte)
        self._alarms.labels("getuige.krimp").set(0)
        self.reasons.clear()

    def told(self, error: CorvusError | None) -> None:
        """A checkpoint was cosigned, or refused; called from any thread."""
        code = "" if error is None else error.code
        self._answers.labels(code).inc()
        if isinstance(error, IntegrityError):
            self._log.critical("getuige.alarm", code=code)
            self._alarms.labels(code).set(1)
            self.reasons[:] = [code]
            if code == VORK:
                self._loop.call_soon_threadsafe(self.alarm.set)
        elif error is not None:
            self._log.warning("getuige.refused", code=code)


def build_getuige(map_: Getuigenmap) -> Getuige:
    """Open a witness. Raises as ``Databank``."""
    return Getuige(
        map_.identiteit,
        map_.log,
        Getuigenopslag(map_.opslag_url),
        lambda: int(time.time()),
    )


def look_once(getuige: Getuige, map_: Getuigenmap) -> int | None:
    """Look at the log and at the other witnesses, once; give the size.

    Raises:
        CorvusError: as ``Getuige.look``; what others show counts only as an alarm.
    """
    log = Webbron(map_.log_url)
    size = getuige.look(log)
    for url in map_.anderen:
        try:
            getuige.compare(Webbron(url), log)
        except (EnvelopeError, UnavailableError) as error:
            get_log().warning("getuige.other", code=error.code)
    return size


async def run_getuige(
    map_: Getuigenmap, *, poort: int | None = None, metriek: int = 0
) -> None:
    """Witness until SIGTERM or SIGINT.

    Raises:
        IntegrityError: ``getuige.vork``; it does not start again after one.
    """
    log = get_log()
    registry = CollectorRegistry()
    meter = Getuigenmeter(registry)
    getuige = build_getuige(map_)
    getuige.check_calm()
    server = Getuigenserver(
        LOOPBACK, map_.poort if poort is None else poort, getuige, meter.told
    )
    health = Gezondheid(LOOPBACK, metriek, registry, lambda: _copy(meter.reasons))
    health.start()
    server.start()
    log.info("getuige.start", poort=server.port, getuige=map_.identiteit.naam)

    async def look() -> None:
        try:
            size = await asyncio.to_thread(look_once, getuige, map_)
        except (IntegrityError, EnvelopeError) as error:
            meter.told(error)
        else:
            meter.seen(size or 0)

    async def guard(stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(one.wait()) for one in (stop, meter.alarm)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        getuige.check_calm()

    try:
        await run_until_stopped(
            [lambda stop: repeat(look, stop, map_.kijk_ms / 1000), guard]
        )
    finally:
        server.stop()
        health.stop()
        await asyncio.to_thread(getuige.opslag.close)
    log.info("getuige.stop", code="")


def _copy(reasons: Sequence[str]) -> list[str]:
    return [*reasons]
