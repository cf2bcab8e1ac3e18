"""The audit log on a real Kafka, where transactions leave gaps in the offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from auditlog_bouw import Logboek, make_batch, sqlite_url
from kafka_cluster import own_cluster

from corvus_adapters.app import build_attesteerder
from corvus_adapters.audit.opslag import Auditopslag
from corvus_adapters.kafka.transport import KafkaTransport
from corvus_broker.ports import Append, TopicSpec
from corvus_broker.topics import AUDIT

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie import Installatie

SOURCE = "corvus.bron"


@pytest.mark.kafka
async def test_batches_of_transactions_become_leaves_in_order_and_again(
    sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-1, SPEC 19-3
    with own_cluster(tmp_path / "cluster") as cluster:
        transport = KafkaTransport(cluster.operator_settings())
        await transport.start()
        try:
            await transport.ensure_topics([TopicSpec(AUDIT), TopicSpec(SOURCE)])
            signer = build_attesteerder(sandbox.broker_keystore())
            tijd_ms = sandbox.register.versies[0].geldig_van_ms + 1000
            boek = Logboek(sandbox, transport, signer, tijd_ms)
            first = Auditopslag(sqlite_url(tmp_path / "first.sqlite"))
            claim = await transport.claim("router", SOURCE, 0)
            for number in range(6):
                batch = make_batch(signer, number, tijd_ms)
                await claim.commit(number + 1, [Append(AUDIT, 0, b"", batch)])
            await claim.close()
            log = boek.auditlog(first)
            await log.start()
            while log.grootte < 6:
                await log.step(1)
            offsets = [blad.offset for blad in first.bladeren(0, 10)]
            assert offsets == sorted(offsets)
            assert offsets[-1] > 5  # markers of transactions took offsets too
            assert await boek.auditlog(first).check_topic() == 6
            await boek.auditlog(first).start()
            again = Auditopslag(sqlite_url(tmp_path / "again.sqlite"))
            other = boek.auditlog(again)
            await other.start()
            while other.grootte < 6:
                await other.step(1)
            assert again.punten()[0].wortel == first.punten()[0].wortel
            for opslag in (first, again):
                opslag.close()
        finally:
            await transport.close()
