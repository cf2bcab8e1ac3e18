"""Composition root: from an installation to running parts.

The only place that names concrete classes together. What not every process needs
(aiokafka, the SDK with its database) is imported where it is used: a router is to be
ready in two seconds.
"""

from __future__ import annotations

import os
import random
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from corvus_adapters.registerdienst import (
    Keuring,
    Registerlog,
    Registervolger,
)
from corvus_adapters.sqlite.transport import SqliteTransport
from corvus_broker.bewaren import Bewaarder
from corvus_broker.omgeving import Grenzen, Omgeving
from corvus_broker.pipeline import Pipeline
from corvus_broker.service import Tempo, Worker
from corvus_broker.topics import topic_specs
from corvus_crypto.attestatie import Attesteerder
from corvus_crypto.zaak import AliasSleutel

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_adapters.aanhouding import Opslag
    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.kafka.settings import KafkaSettings
    from corvus_adapters.keystore import BrokerKeystore, Keystore, TlsBestanden
    from corvus_adapters.registerdienst import Registerwaarnemer
    from corvus_adapters.sdk.organisatie import Organisatie
    from corvus_broker.ports import TopicSpec, Transport
    from corvus_broker.service import Waarnemer

_DAY_MS: Final = 24 * 60 * 60 * 1000
# The dedupe window exceeds the clock window and Kafka's retention together.
_RETENTION_MS: Final = 30 * _DAY_MS


def utc_now() -> datetime:
    """Give the time of the system's clock."""
    return datetime.now(UTC)


def build_transport(installatie: Installatie, tls: TlsBestanden) -> Transport:
    """Make the transport of an installation, for who holds these TLS files.

    ``KAFKA_BOOTSTRAP`` names an existing cluster instead of the configured one.
    """
    transport = installatie.instellingen.transport
    if transport.soort == "sqlite":
        return SqliteTransport(installatie.sqlite_path)
    from corvus_adapters.kafka.transport import KafkaTransport  # noqa: PLC0415 - start-up

    return KafkaTransport(kafka_settings(installatie, tls))


def kafka_settings(installatie: Installatie, tls: TlsBestanden) -> KafkaSettings:
    """Say how an installation reaches Kafka, for who holds these TLS files."""
    from corvus_adapters.kafka.settings import KafkaSettings  # noqa: PLC0415 - start-up

    kafka = installatie.instellingen.transport.kafka
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP", kafka.bootstrap)
    if not kafka.tls:
        return KafkaSettings(bootstrap)
    return KafkaSettings(
        bootstrap,
        ssl_cafile=kafka.tls_wortels or tls.wortels,
        ssl_certfile=kafka.tls_certificaat or tls.certificaat,
        ssl_keyfile=kafka.tls_sleutel or tls.sleutel,
    )


def installation_topics(installatie: Installatie, op: datetime) -> list[TopicSpec]:
    """Give every topic of an installation, for the organisations of every version.

    Those of a version that is yet to start too: its topics are there in time.

    Raises:
        RegisterError: no register is in force.
    """
    register = installatie.register.op(int(op.timestamp() * 1000))
    oins = {
        oin: None
        for versie in installatie.register.versies
        for oin in versie.adresboek.oins()
    }
    return topic_specs(
        register.partities,
        oins,
        installatie.instellingen.router.max_bericht_bytes,
    )


def build_grenzen(installatie: Installatie) -> Grenzen:
    """Take the limits of a pipeline from the settings."""
    settings = installatie.instellingen
    router, opslag = settings.router, settings.opslag
    window = router.venster_verleden_ms + router.venster_toekomst_ms
    return Grenzen(
        max_bytes=router.max_bericht_bytes,
        verleden_ms=router.venster_verleden_ms,
        toekomst_ms=router.venster_toekomst_ms,
        respijt_ms=settings.registers.respijt_ms,
        dedupe_ms=window + _RETENTION_MS,
        aanhouden_ms=opslag.aanhouden_ms,
        herbevestigen_ms=opslag.herbevestigen_ms,
        statussen=installatie.statussen,
    )


def build_opslag(installatie: Installatie) -> Opslag:
    """Open the store of what is held.

    Raises:
        UnavailableError: ``opslag.onbereikbaar``.
    """
    from corvus_adapters.aanhouding import Opslag  # noqa: PLC0415 - start-up

    settings = installatie.instellingen.opslag
    return Opslag(
        database_url(installatie, settings.inhoud),
        database_url(installatie, settings.sleutels),
    )


def database_url(installatie: Installatie, url: str) -> str:
    """Make the file of an SQLite URL one in the installation's folder."""
    head = "sqlite:///"
    if not url.startswith(head) or url.startswith(f"{head}/"):
        return url
    return f"{head}{installatie.path.resolve() / url.removeprefix(head)}"


def build_pipeline(
    installatie: Installatie, keystore: BrokerKeystore, op: datetime
) -> Pipeline:
    """Make the pipeline of a router.

    Raises:
        RegisterError: no register is in force.
    """
    register = installatie.register.op(int(op.timestamp() * 1000))
    return Pipeline(
        Omgeving(
            catalogus=installatie.catalogus,
            registers=installatie.register,
            aliassen=AliasSleutel(keystore.alias_key),
            grenzen=build_grenzen(installatie),
            partities=register.partities,
            broker_oin=keystore.houder.oin,
        )
    )


def build_keuring(installatie: Installatie) -> Keuring:
    """Make what every entry of the register has to pass."""
    return Keuring(installatie.vertrouwen, installatie.catalogus, installatie.statussen)


def build_volger(
    installatie: Installatie,
    transport: Transport,
    *,
    max_age_s: float,
    waarnemer: Registerwaarnemer | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Registervolger:
    """Make what lets the registers of an installation grow by what is published."""
    return Registervolger(
        transport,
        installatie.register,
        build_keuring(installatie),
        waarnemer or Registerlog(),
        clock=clock,
        max_age_s=max_age_s,
    )


def build_attesteerder(keystore: BrokerKeystore) -> Attesteerder:
    """Make what signs batches."""
    return Attesteerder(keystore.batch_key, keystore.batch_key_id, keystore.zout_key)


def build_worker(  # noqa: PLR0913 - what a worker ties together
    installatie: Installatie,
    keystore: BrokerKeystore,
    transport: Transport,
    waarnemer: Waarnemer,
    partition: int,
    *,
    volger: Registervolger | None = None,
    opslag: Opslag | None = None,
) -> Worker:
    """Make the worker of one partition; without a ``volger`` registers do not grow.

    Workers of one process share an ``opslag``; without one this one opens its own.

    Raises:
        RegisterError: no register is in force.
    """
    router = installatie.instellingen.router
    following = {} if volger is None else {"ververs": volger.ververs}
    attesteerder = build_attesteerder(keystore)
    bewaarder = Bewaarder(
        opslag or build_opslag(installatie),
        attesteerder,
        build_grenzen(installatie),
        lambda: int(utc_now().timestamp() * 1000),
        waarnemer.held,
    )
    return Worker(
        partition,
        transport,
        build_pipeline(installatie, keystore, utc_now()),
        attesteerder,
        waarnemer,
        router_id=keystore.houder.oin,
        tempo=Tempo(batch=router.batch),
        bewaarder=bewaarder,
        jitter=lambda: random.uniform(0.5, 1.0),  # noqa: S311 - no secret
        **following,
    )


def build_organisatie(
    installatie: Installatie,
    keystore: Keystore,
    transport: Transport,
    *,
    clock: Callable[[], datetime] = utc_now,
) -> Organisatie:
    """Make the client of one organisation; its postbus lies in its own folder."""
    from corvus_adapters.sdk.organisatie import (  # noqa: PLC0415 - start-up
        Organisatie,
        Uitrusting,
    )
    from corvus_adapters.sdk.postbus import Postbus  # noqa: PLC0415 - start-up

    return Organisatie(
        Uitrusting(
            keystore=keystore,
            postbus=Postbus(keystore.path / "postbus.sqlite"),
            transport=transport,
            registers=installatie.register,
            catalogus=installatie.catalogus,
            statussen=installatie.statussen,
            clock=clock,
            random=secrets.token_bytes,
            volger=build_volger(
                installatie,
                transport,
                max_age_s=installatie.instellingen.registers.volg_ms / 1000,
                clock=clock,
            ),
        )
    )
