"""A router process: one worker per partition, metrics, and a graceful stop."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from corvus_adapters.app import (
    build_transport,
    build_volger,
    build_worker,
    installation_topics,
    utc_now,
)
from corvus_adapters.gezondheid import Gezondheid
from corvus_adapters.log import get_log
from corvus_adapters.registerdienst import Registermeter, keep_following
from corvus_adapters.waarnemer import RouterWaarnemer
from corvus_schemas.errors import CorvusError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.register import Registerversie
    from corvus_broker.service import Worker


async def run_router(
    installatie: Installatie, *, partities: Sequence[int] | None = None, poort: int
) -> None:
    """Route until SIGTERM or SIGINT; a batch in progress is finished first.

    Raises:
        CorvusError: what stopped it: fenced, no register, or a broken state.
    """
    log = get_log()
    keystore = installatie.broker_keystore()
    registry = CollectorRegistry()
    waarnemer = RouterWaarnemer(registry)
    meter = Registermeter(registry)
    transport = build_transport(installatie, keystore.tls)
    settings = installatie.instellingen.registers
    # A version is published at least the margin before its start, so who looked half
    # a margin ago knows every version that can be in force now.
    volger = build_volger(
        installatie,
        transport,
        max_age_s=settings.marge_ms / 2000,
        waarnemer=meter,
    )
    await transport.start()
    workers: list[Worker] = []
    health = Gezondheid(
        installatie.instellingen.metriek.host,
        poort,
        registry,
        lambda: bool(workers) and all(worker.ready for worker in workers),
    )
    health.start()
    try:
        await volger.volg()
        register = installatie.register.op(int(utc_now().timestamp() * 1000))
        chosen = _choose(register, partities)
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        workers += [
            build_worker(
                installatie, keystore, transport, waarnemer, partition, volger=volger
            )
            for partition in chosen
        ]
        log.info(
            "router.start",
            partities=chosen,
            register=register.volgnummer,
            tabel=register.tabel_digest.hex()[:16],
            poort=health.port,
        )
        if installatie.concept_allowed:
            log.warning("router.concept_rules", statussen=sorted(installatie.statussen))
        await _run_all(
            workers,
            lambda stop: keep_following(volger, meter, stop, settings.volg_ms / 1000),
        )
    except CorvusError as error:
        log.critical("router.stop", code=error.code)
        raise
    finally:
        await transport.close()
        health.stop()
    log.info("router.stop", code="")


def _choose(register: Registerversie, partities: Sequence[int] | None) -> list[int]:
    chosen = list(range(register.partities)) if partities is None else [*partities]
    if not chosen or min(chosen) < 0 or max(chosen) >= register.partities:
        raise SettingsError(
            "router.partities",
            f"the register has partitions 0 to {register.partities - 1}",
            advice="Name some of them, or none to take all.",
        )
    return chosen


async def _run_all(
    workers: Sequence[Worker],
    beside: Callable[[asyncio.Event], Coroutine[None, None, None]],
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
    tasks.append(asyncio.create_task(beside(stop)))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        stop.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
