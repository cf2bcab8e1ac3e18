"""The process ``corvus audit``: follow, sign, show, and ask the witnesses.

A process of its own: however slow it is, no router waits for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from corvus_adapters.app import (
    build_transport,
    build_volger,
    database_url,
    installation_topics,
    utc_now,
)
from corvus_adapters.audit.beleid import read_beleid
from corvus_adapters.audit.medetekenen import Medetekenaar
from corvus_adapters.audit.meter import Auditmeter
from corvus_adapters.audit.opslag import Auditopslag
from corvus_adapters.audit.server import Tegelserver
from corvus_adapters.audit.volgen import Auditlog, Auditwaarnemer
from corvus_adapters.gezondheid import Gezondheid
from corvus_adapters.herhalen import repeat, run_until_stopped
from corvus_adapters.log import get_log
from corvus_adapters.registerdienst import Registermeter, keep_following
from corvus_crypto.controlepunt import log_keys
from corvus_schemas.errors import CorvusError, SettingsError

if TYPE_CHECKING:
    from corvus_adapters.audit.beleid import Beleid
    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.registerdienst import Registervolger
    from corvus_broker.ports import Transport


def open_opslag(installatie: Installatie) -> Auditopslag:
    """Open the store of an installation's log. Raises as ``Databank``."""
    return Auditopslag(database_url(installatie, installatie.instellingen.audit.opslag))


def open_beleid(installatie: Installatie) -> Beleid:
    """Read the policy of an installation, and check that the log's keys are ours.

    Raises:
        SettingsError: ``getuigen.ongeldig``, ``audit.sleutel``, or ``sleutel.*``.
    """
    beleid = read_beleid(installatie.getuigen_path)
    if log_keys(beleid.log.naam, installatie.audit_sleutel()) != beleid.log:
        raise SettingsError(
            "audit.sleutel",
            f"the keys in {installatie.getuigen_path} are not those of this log",
            advice="Restore keys and file of one and the same log.",
        )
    return beleid


def build_auditlog(
    installatie: Installatie,
    transport: Transport,
    opslag: Auditopslag,
    waarnemer: Auditwaarnemer,
    volger: Registervolger | None = None,
) -> Auditlog:
    """Make the log of an installation. Raises as ``open_beleid``."""
    return Auditlog(
        open_beleid(installatie).log.naam,
        installatie.audit_sleutel(),
        transport,
        opslag,
        installatie.register,
        lambda: int(utc_now().timestamp() * 1000),
        waarnemer,
        volger,
    )


async def run_audit(
    installatie: Installatie, *, poort: int | None = None, metriek: int | None = None
) -> None:
    """Keep the log until SIGTERM or SIGINT.

    Raises:
        CorvusError: what stopped it: a damaged store, another topic, another process.
    """
    log, settings = get_log(), installatie.instellingen.audit
    beleid = open_beleid(installatie)
    registry = CollectorRegistry()
    meter, registers = Auditmeter(registry), Registermeter(registry)
    transport = build_transport(installatie, installatie.broker_keystore().tls)
    opslag = open_opslag(installatie)
    server = Tegelserver(
        settings.host, settings.poort if poort is None else poort, opslag
    )
    pause_s = installatie.instellingen.registers.volg_ms / 1000
    volger = build_volger(
        installatie, transport, max_age_s=pause_s, waarnemer=registers
    )
    auditlog = build_auditlog(installatie, transport, opslag, meter, volger)
    missing = ["the log is not checked yet"]
    health = Gezondheid(
        installatie.instellingen.metriek.host,
        settings.metriek_poort if metriek is None else metriek,
        registry,
        lambda: missing,
    )
    health.start()
    server.start()
    medetekenaar = Medetekenaar(beleid, opslag, meter)
    try:
        await transport.start()
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        await volger.volg()
        await auditlog.start()
        missing.clear()
        log.info("audit.start", aantal=auditlog.grootte, poort=server.port)
        await run_until_stopped(
            [
                lambda stop: repeat(auditlog.step, stop),
                lambda stop: repeat(
                    medetekenaar.collect, stop, settings.getuige_ms / 1000
                ),
                lambda stop: keep_following(volger, registers, stop, pause_s),
            ]
        )
    except CorvusError as error:
        log.critical("audit.stop", code=error.code)
        raise
    finally:
        await transport.close()
        server.stop()
        health.stop()
        await asyncio.to_thread(opslag.close)
    log.info("audit.stop", code="")
