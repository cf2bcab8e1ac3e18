"""The register on a real Kafka topic: a router follows a good version, not a bad one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from governance_chain import small
from register_topic import Notities, appends, edited
from simulator_registers import entry, first_register, first_tabel, officers, soon
from transport_backends import started

from corvus_adapters.app import build_volger, utc_now
from corvus_adapters.installatie import Installatie
from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_adapters.kafka import KafkaTransport
from corvus_adapters.registerdienst import Stukken, keep_following
from corvus_broker.ports import TopicSpec
from corvus_broker.register import sign_register, sign_tabel, time_text
from corvus_broker.topics import REGISTER
from corvus_crypto.certificaten import to_ms
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from pathlib import Path

    from kafka_cluster import KafkaCluster

pytestmark = pytest.mark.kafka


def _next(router: Installatie, volgnummer: int, note: str) -> Stukken:
    """A version with a table of its own, that starts in two minutes or later."""
    text = small(concept_tabel()).replace('opmerking: ""', f'opmerking: "{note}"', 1)
    both = officers(router)
    tabel, digest = sign_tabel(parse_tabel(text, load_catalogus()), both)
    start = time_text(to_ms(soon(utc_now(), minutes=volgnummer)))
    stuk = entry(router)
    stuk["volgnummer"], stuk["geldig_van"], stuk["tabel"] = volgnummer, start, digest
    return Stukken(sign_register(stuk, both), tabel)


async def test_a_router_follows_a_good_version_and_refuses_an_edited_one(
    kafka_server: KafkaCluster, small_path: Path
) -> None:
    router, notities, stop = Installatie.open(small_path), Notities(), asyncio.Event()
    async with started(KafkaTransport(kafka_server.operator_settings())) as transport:
        await transport.ensure_topics([TopicSpec(REGISTER)])
        volger = build_volger(router, transport, max_age_s=0, waarnemer=notities)
        # Other tests may have left entries of their own installations here.
        await volger.volg()
        already = len(notities.codes)
        task = asyncio.create_task(keep_following(volger, notities, stop, 0.05))
        first = Stukken(first_register(router), first_tabel(router))
        good, bad = _next(router, 2, "goed"), _next(router, 3, "slecht")
        worse = Stukken(
            edited(bad.register, b'"volgnummer":3', b'"volgnummer":4'), bad.tabel
        )
        await transport.append(appends(first, good, worse))
        async with asyncio.timeout(60):
            while len(notities.codes) == already or len(notities.genomen) < 2:  # noqa: ASYNC110 - the follower reports by calls
                await asyncio.sleep(0.05)
        stop.set()
        await task
    assert notities.genomen == [1, 2]
    assert notities.codes[already:] == ["register.handtekeningen"]
    assert [one.volgnummer for one in router.register.versies] == [1, 2]
    now_ms = to_ms(utc_now())
    assert router.register.op(now_ms).volgnummer == 1
    assert router.register.op(now_ms + 3 * 60_000).volgnummer == 2
