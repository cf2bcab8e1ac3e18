"""A router process: the workers of its partitions, metrics, and a graceful stop."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from corvus_adapters.app import (
    build_opslag,
    build_transport,
    build_volger,
    build_worker,
    installation_topics,
    utc_now,
)
from corvus_adapters.gezondheid import Gezondheid
from corvus_adapters.log import get_log
from corvus_adapters.ploeg import Ploeg
from corvus_adapters.registerdienst import Registermeter, keep_following
from corvus_adapters.verdeling import Logverdeling, Ritme, VasteVerdeling
from corvus_adapters.waarnemer import RouterWaarnemer
from corvus_schemas.errors import CorvusError, RegisterError, SettingsError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.ports import Transport, Verdeling
    from corvus_broker.register import Registerversie
    from corvus_broker.service import Worker


async def run_router(
    installatie: Installatie,
    *,
    partities: Sequence[int] | None = None,
    poort: int,
    meld: socket.socket | None = None,
) -> None:
    """Route until SIGTERM or SIGINT; batches in progress are finished first.

    Without ``partities`` it divides them with all other routers on this transport.
    ``meld`` leads to a supervisor: told the port, and followed when it goes.

    Raises:
        CorvusError: what stopped it: no register, broken state, wrong settings.
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
    ploegen: list[Ploeg] = []
    health = Gezondheid(
        installatie.instellingen.metriek.host,
        poort,
        registry,
        lambda: _unready(installatie, ploegen),
    )
    health.start()
    try:
        if meld is not None:
            meld.sendall(f"{health.port}\n".encode())
        await transport.start()
        await volger.volg()
        register = installatie.register.op(int(utc_now().timestamp() * 1000))
        chosen = None if partities is None else _choose(register, partities)
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        opslag = build_opslag(installatie)

        def make_worker(partition: int) -> Worker:
            return build_worker(
                installatie,
                keystore,
                transport,
                waarnemer,
                partition,
                volger=volger,
                opslag=opslag,
            )

        ritme = Ritme(ttl_s=installatie.instellingen.router.overname_ms / 1000)
        verdeling = _verdeling(transport, register, chosen, ritme)
        ploegen.append(Ploeg(verdeling, make_worker, waarnemer, ritme))
        log.info(
            "router.start",
            partities="verdeeld" if chosen is None else chosen,
            register=register.volgnummer,
            tabel=register.tabel_digest.hex()[:16],
            poort=health.port,
        )
        if installatie.concept_allowed:
            log.warning("router.concept_rules", statussen=sorted(installatie.statussen))
        await _run_all(
            [
                ploegen[0].run,
                lambda stop: keep_following(
                    volger, meter, stop, settings.volg_ms / 1000
                ),
            ],
            meld,
        )
    except CorvusError as error:
        log.critical("router.stop", code=error.code)
        raise
    finally:
        await transport.close()
        health.stop()
    log.info("router.stop", code="")


def _unready(installatie: Installatie, ploegen: Sequence[Ploeg]) -> list[str]:
    if not ploegen:
        return ["starting"]
    try:
        installatie.register.op(int(utc_now().timestamp() * 1000))
    except RegisterError as error:
        return [error.code]
    return ploegen[0].unready()


def _verdeling(
    transport: Transport,
    register: Registerversie,
    chosen: Sequence[int] | None,
    ritme: Ritme,
) -> Verdeling:
    if chosen is not None:
        return VasteVerdeling(frozenset(chosen))
    # A name of its own, and no host's: it lies in a topic.
    return Logverdeling(transport, register.partities, secrets.token_hex(8), ritme)


def _choose(register: Registerversie, partities: Sequence[int]) -> list[int]:
    chosen = [*partities]
    if not chosen or min(chosen) < 0 or max(chosen) >= register.partities:
        raise SettingsError(
            "router.partities",
            f"the register has partitions 0 to {register.partities - 1}",
            advice="Name some of them, or none to divide all with other routers.",
        )
    return chosen


async def _run_all(
    parts: Sequence[Callable[[asyncio.Event], Coroutine[None, None, None]]],
    meld: socket.socket | None,
) -> None:
    stop = asyncio.Event()
    with stopped_by_signal(stop), _stopped_by_end(meld, stop):
        tasks = [asyncio.create_task(part(stop)) for part in parts]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        stop.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()


@contextlib.contextmanager
def stopped_by_signal(stop: asyncio.Event) -> Iterator[None]:
    """Set ``stop`` at SIGTERM or SIGINT, as long as the block lasts."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _stopped_by_end(meld: socket.socket | None, stop: asyncio.Event) -> Iterator[None]:
    """Set ``stop`` when the other side of the socket is gone."""
    if meld is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(meld)
        stop.set()

    loop.add_reader(meld, ended)
    try:
        yield
    finally:
        loop.remove_reader(meld)
