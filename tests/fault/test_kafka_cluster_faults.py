"""Three brokers, a router and load; brokers die, hang, restart and come back."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiokafka.client import CoordinationType
from aiokafka.structs import TopicPartition
from chain_load import Load, check_chain, loaded, wait_until_answered
from kafka_cluster import OwnCluster
from reading import read_to_end
from router_process import running, use_kafka, use_small_batches
from simulator import POL
from soak import longer, rounds, soak_s
from transport_backends import started

from corvus_adapters.installatie import Installatie
from corvus_adapters.kafka import KafkaTransport, batches
from corvus_adapters.kafka.certificates import OPERATOR_OIN, SandboxCa
from corvus_adapters.kafka.claim import KafkaClaim
from corvus_adapters.kafka.server import JavaOptions, KafkaServer
from corvus_broker.ports import Append, TopicSpec
from corvus_schemas.errors import CorvusError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from router_process import Router

    from corvus_adapters.kafka.clients import Producer

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

NODES = (1, 2, 3)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnCluster]:
    folder = tmp_path_factory.mktemp("three")
    ca = SandboxCa.make(folder / "tls")
    tls = ca.issue(OPERATOR_OIN, "Beheer")
    java = JavaOptions(384, short_lived=True)
    server = KafkaServer(folder / "kafka", tls=tls, nodes=3, java=java)
    with server.running_cluster():
        yield OwnCluster(server, ca)


@pytest.fixture
def cluster(three: OwnCluster) -> Iterator[KafkaServer]:
    yield three.server
    for node in NODES:
        three.server._process(node).signal(signal.SIGCONT)
    three.server.start()
    three.server.wait_ready()


@pytest.fixture
def installatie(
    cluster: KafkaServer, sandbox_path: Path, tmp_path: Path
) -> Installatie:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    use_small_batches(path)
    use_kafka(path, cluster.operator_settings())
    return Installatie.open(path)


@contextlib.asynccontextmanager
async def at_work(
    installatie: Installatie, log: Path
) -> AsyncIterator[tuple[Load, Router, asyncio.Task[None]]]:
    """A router under load; what it did is checked when the block ends."""
    async with loaded(installatie, zaken=6, each=longer(8)) as load:
        load.pace_s = max(0.1, 3 * soak_s() / len(load.waiting))
        async with running(installatie, log) as router:
            await router.ready()
            chance = random.Random(log.name)
            feeder = asyncio.create_task(load.feed(len(load.waiting), chance))
            await router.busy()
            yield load, router, feeder
            load.pace_s = 0
            await feeder
            await wait_until_answered(load, load.orgs[POL].oin)
            await check_chain(load)
            assert await router.stop() == 0, router.log.read_text()


async def come_back(cluster: KafkaServer) -> None:
    """Start what does not run, and wait until all brokers serve."""
    await asyncio.to_thread(cluster.start)
    await asyncio.to_thread(cluster.wait_ready)


async def test_a_broker_is_killed_under_load_and_comes_back(
    cluster: KafkaServer, installatie: Installatie, tmp_path: Path
) -> None:
    chance = random.Random("killed brokers")
    async with at_work(installatie, tmp_path / "router.log") as (load, router, feeder):
        for number in rounds(1):
            node = NODES[number % 3]
            await asyncio.to_thread(cluster.kill, node)
            await asyncio.sleep(2 + chance.random())
            assert router.process.returncode is None, router.log.read_text()
            await come_back(cluster)
            await more(load, feeder)
            assert sorted(cluster.running()) == [*NODES]


async def more(load: Load, feeder: asyncio.Task[None]) -> None:
    """Let some of the load through, if there is any left."""
    wanted = len(load.acknowledged) + 5
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if len(load.acknowledged) >= wanted or feeder.done():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(len(load.acknowledged))


@pytest.mark.soak
async def test_all_brokers_are_restarted_in_turn_under_load(
    cluster: KafkaServer, installatie: Installatie, tmp_path: Path
) -> None:
    async with at_work(installatie, tmp_path / "router.log") as (load, router, feeder):
        for _ in rounds(1):
            for node in NODES:
                process = cluster._process(node)
                process.signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 30)
                await come_back(cluster)
                await more(load, feeder)
                assert router.process.returncode is None, router.log.read_text()


@pytest.mark.soak
async def test_a_broker_that_hangs_and_comes_back_as_a_zombie(
    cluster: KafkaServer, installatie: Installatie, tmp_path: Path
) -> None:
    """As a network cut: nothing answers, nothing is closed, and then it is there."""
    async with at_work(installatie, tmp_path / "router.log") as (load, router, feeder):
        for number in rounds(1):
            process = cluster._process(NODES[number % 3])
            process.signal(signal.SIGSTOP)
            # Longer than its session: the others elect leaders without it.
            await asyncio.sleep(6)
            process.signal(signal.SIGCONT)
            await more(load, feeder)
            assert router.process.returncode is None, router.log.read_text()


@pytest.mark.parametrize("role", ["coordinator", "leader"])
async def test_a_broker_restarts_in_the_middle_of_a_transaction(
    cluster: KafkaServer, role: str
) -> None:
    """Who keeps the transaction, or who leads what is written: all of it or nothing."""
    names = [f"tx-{role}-{time.time_ns()}-{part}" for part in ("in", "a", "b")]
    source, *outputs = names
    async with started(KafkaTransport(cluster.operator_settings())) as transport:
        await transport.ensure_topics([TopicSpec(name) for name in names])
        claim = await transport.claim("router", source, 0)
        assert isinstance(claim, KafkaClaim)
        await claim.commit(1, [Append(name, 0, b"k", b"0") for name in outputs])
        producer = claim._producer
        known = {name: await transport._known_topics().get(name) for name in outputs}
        await producer.begin_transaction()
        await producer.send_offsets_to_transaction(
            {TopicPartition(source, 0): 2}, "router"
        )
        first = Append(outputs[0], 0, b"k", b"1")
        await batches.send(producer, [first], known)
        node = node_in_role(producer, role, TopicPartition(outputs[0], 0))

        await asyncio.to_thread(cluster.kill, node)
        restart = asyncio.create_task(come_back(cluster))

        with contextlib.suppress(Exception):
            async with asyncio.timeout(20):
                second = Append(outputs[1], 0, b"k", b"1")
                await batches.send(producer, [second], known)
                await producer.commit_transaction()
        await restart
        again = await claimed(transport, source)
        committed = await again.committed()
        found = [await read_to_end(transport, name) for name in outputs]
        values = [[int(one.value or b"") for one in records] for records in found]
        assert values == [list(range(committed))] * 2
        assert committed in {1, 2}
        await again.commit(
            committed + 1,
            [Append(name, 0, b"k", str(committed).encode()) for name in outputs],
        )
        for name in outputs:
            assert len(await read_to_end(transport, name)) == committed + 1


def node_in_role(producer: Producer, role: str, place: TopicPartition) -> int:
    """Which node it is; aiokafka alone knows."""
    inside = cast("Any", producer)
    if role == "leader":
        return int(inside.client.cluster.leader_for_partition(place))
    return int(inside._sender._coordinators[CoordinationType.TRANSACTION])


async def claimed(transport: KafkaTransport, source: str) -> KafkaClaim:
    """Claim as a worker does: again, until the cluster is there."""
    async with asyncio.timeout(60):
        while True:
            try:
                claim = await transport.claim("router", source, 0)
            except CorvusError:
                await asyncio.sleep(0.2)
            else:
                assert isinstance(claim, KafkaClaim)
                return claim
