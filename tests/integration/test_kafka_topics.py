"""Topics, rights and quotas: planned, applied, held, and cleaned up after."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from kafka_cluster import own_cluster
from router_process import use_kafka
from typer.testing import CliRunner

from corvus_adapters.app import build_transport
from corvus_adapters.cli.main import build_app
from corvus_adapters.cli.topics import beheerder
from corvus_adapters.installatie import Installatie
from corvus_adapters.kafka import KafkaTransport
from corvus_adapters.kafka.acls import Operation, Resource, Rule
from corvus_adapters.kafka.clusteradmin import ClusterAdmin
from corvus_adapters.kafka.toestand import RECEIVING, SENDING, Doe
from corvus_broker.ports import Append, TopicSpec
from corvus_broker.topics import INZENDING, levering_topic
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kafka_cluster import OwnCluster

    from corvus_adapters.kafka.settings import KafkaSettings
    from corvus_adapters.kafka.toestand import Stap

pytestmark = pytest.mark.kafka

SENT = 100_000
QUOTUM = 100_000
STRANGER = "00000000000000000077"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnCluster]:
    """A server of its own: what others leave behind would count as left over."""
    with own_cluster(tmp_path_factory.mktemp("topics")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def installatie(
    own: OwnCluster, sandbox_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installatie:
    path = tmp_path_factory.mktemp("installatie") / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    use_kafka(path, own.operator_settings())
    with (path / "corvus.toml").open("a") as config:
        config.write(f"quotum_verzenden = {QUOTUM}\n")
    return Installatie.open(path)


@pytest.fixture(scope="module")
def oins(own: OwnCluster, installatie: Installatie) -> list[str]:
    """Two organisations with a certificate, in a cluster as it should be."""
    asyncio.run(beheerder(installatie).apply())
    chosen = list(installatie.register.versies[-1].adresboek.oins())[:2]
    for oin in chosen:
        own.ca.issue(oin, f"Organisatie {oin}")
    return chosen


def settings_of(own: OwnCluster, oin: str) -> KafkaSettings:
    folder = own.ca.folder
    operator = own.operator_settings()
    return type(operator)(
        operator.bootstrap,
        ssl_cafile=folder / "ca.pem",
        ssl_certfile=folder / f"{oin}.pem",
        ssl_keyfile=folder / f"{oin}.key",
        request_timeout_s=60,
    )


def corvus(installatie: Installatie, *words: str) -> list[dict[str, str]]:
    app = build_app("topics")
    done = CliRunner().invoke(
        app, ["topics", *words, "-i", str(installatie.path), "--json"]
    )
    assert done.exit_code == 0, done.output
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def test_a_plan_changes_nothing_and_apply_leaves_nothing_to_plan(
    installatie: Installatie,
) -> None:
    first = corvus(installatie, "plan")
    assert {one["doe"] for one in first} == {"maak"}
    assert {one["soort"] for one in first} == {"topic", "acl", "quotum"}
    assert {one["naam"] for one in first} >= {INZENDING, "corvus.verdeling"}
    assert corvus(installatie, "plan") == first

    assert corvus(installatie, "apply") == first

    assert corvus(installatie, "plan") == []
    assert corvus(installatie, "apply") == []


async def drift(installatie: Installatie, settings: KafkaSettings, oin: str) -> None:
    """Change by hand what somebody might: a setting, a right, a quota, a topic."""
    admin = ClusterAdmin(settings)
    await admin.start()
    try:
        await admin.set_configs([(INZENDING, [("retention.ms", "1000")])])
        rules = [
            Rule(oin, Operation.READ, Resource.TOPIC, INZENDING),
            Rule(STRANGER, Operation.READ, Resource.TOPIC, "iets"),
        ]
        await admin.create_acls([rule.row() for rule in rules])
        await admin.delete_acls(
            [Rule(oin, Operation.WRITE, Resource.TOPIC, INZENDING).row()]
        )
        await admin.set_quotas(
            [(oin, [(SENDING, 1.0)]), (STRANGER, [(RECEIVING, 5000.0)])]
        )
    finally:
        await admin.close()
    transport = build_transport(installatie, installatie.broker_keystore().tls)
    await transport.start()
    await transport.ensure_topics([TopicSpec("corvus.levering.iemand")])
    await transport.close()


async def test_what_was_changed_by_hand_is_found_put_right_and_taken_away(
    own: OwnCluster, installatie: Installatie, oins: list[str]
) -> None:
    oin, settings = oins[0], own.operator_settings()
    await drift(installatie, settings, oin)
    keeper = beheerder(installatie)

    def seen(steps: list[Stap]) -> set[tuple[str, str, str, str]]:
        return {(one.doe, one.soort, one.naam, one.onderdeel) for one in steps}

    over = {
        (Doe.OVER, "topic", "corvus.levering.iemand", ""),
        (Doe.OVER, "acl", oin, f"topic {INZENDING}"),
        (Doe.OVER, "acl", STRANGER, "topic iets"),
        (Doe.OVER, "quotum", STRANGER, RECEIVING),
    }
    right = {
        (Doe.WIJZIG, "topic", INZENDING, "retention.ms"),
        (Doe.WIJZIG, "quotum", oin, SENDING),
        (Doe.MAAK, "acl", oin, f"topic {INZENDING}"),
    }
    # The brokers show what was done a moment after the controller took it.
    found = seen(await keeper.plan())
    for _ in range(100):
        if found != over | right:
            await asyncio.sleep(0.1)
            found = seen(await keeper.plan())
    assert found == over | right

    await keeper.apply()
    assert seen(await keeper.plan()) == over
    await keeper.apply(verwijder=True)
    assert await keeper.plan() == []


async def test_organisations_have_their_own_rights_and_no_others(
    own: OwnCluster, oins: list[str]
) -> None:
    a = KafkaTransport(settings_of(own, oins[0]))
    await a.start()
    try:
        await a.append([Append(INZENDING, 0, b"z", b"bericht")])
        mine = (levering_topic(oins[0], "P30D"), 0)
        assert await a.read({mine: 0}, limit=1, wait_s=0.1) == []
        for place in ((INZENDING, 0), (levering_topic(oins[1], "P30D"), 0)):
            with pytest.raises(SettingsError) as refused:
                await a.read({place: 0}, limit=1, wait_s=0.1)
            assert refused.value.code == "transport.geen_toegang"
        with pytest.raises(SettingsError):
            await a.append([Append(mine[0], 0, b"k", b"zelf")])
    finally:
        await a.close()


async def send_time(settings: KafkaSettings, count: int) -> float:
    transport = KafkaTransport(settings)
    await transport.start()
    try:
        await transport.append([Append(INZENDING, 1, b"z", b"eerst")])
        started = time.monotonic()
        for _ in range(count):
            await transport.append([Append(INZENDING, 1, b"z", bytes(SENT))])
        # Kafka answers at once and listens no more for a while: the next one waits.
        await transport.append([Append(INZENDING, 1, b"z", b"laatst")])
        return time.monotonic() - started
    finally:
        await transport.close()


async def test_a_quota_slows_a_flood_down_and_nobody_else(
    own: OwnCluster, oins: list[str]
) -> None:
    # Kafka measures over eleven seconds: a burst of so much passes, then it waits.
    flood, other = settings_of(own, oins[0]), own.operator_settings()
    slow = asyncio.create_task(send_time(flood, 15))
    free = await send_time(other, 15)
    assert not slow.done()
    assert await slow > max(2.0, 2 * free)
