"""What an organisation can and cannot do in Kafka with its own certificate."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from kafka_cluster import OwnCluster, own_cluster

from corvus_adapters.kafka import KafkaTransport
from corvus_adapters.kafka.acls import apply, organisation_rules, router_rules
from corvus_adapters.kafka.certificates import OPERATOR_OIN, SandboxCa
from corvus_broker.ports import Append, TopicSpec
from corvus_schemas.errors import SettingsError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from kafka_cluster import KafkaCluster

    from corvus_adapters.kafka.server_config import ServerTls

pytestmark = pytest.mark.kafka

A, B, ROUTER = "00000000000000000011", "00000000000000000022", "00000000000000000099"
OF_A, OF_B = f"corvus.levering.{A}.p30d", f"corvus.levering.{B}.p30d"
# B's OIN begins like this one's: a prefix without its dot would let it in.
LIKE_B = B[:-1]
TOPICS = ["corvus.inzending", "corvus.register", "corvus.audit", OF_A, OF_B]


@pytest.fixture(scope="module")
def own(
    kafka_server: KafkaCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnCluster]:
    """The shared server; these tests issue certificates, so it must be our own."""
    if isinstance(kafka_server, OwnCluster):
        yield kafka_server
        return
    with own_cluster(tmp_path_factory.mktemp("acls")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def certificates(own: OwnCluster) -> dict[str, ServerTls]:
    async def prepare() -> None:
        settings = own.operator_settings()
        transport = KafkaTransport(settings)
        await transport.start()
        try:
            # As an installation has them: other tests may have made them here.
            counts = {"corvus.inzending": 4}
            await transport.ensure_topics(
                [TopicSpec(topic, counts.get(topic, 1)) for topic in TOPICS]
            )
            rules = [*organisation_rules(A), *organisation_rules(B)]
            await apply(settings, [*rules, *router_rules(ROUTER)])
            await apply(settings, rules)
        finally:
            await transport.close()

    asyncio.run(prepare())
    return {oin: own.ca.issue(oin, f"Organisatie {oin}") for oin in (A, B, ROUTER)}


@pytest.fixture
async def open_as(
    own: OwnCluster, certificates: dict[str, ServerTls]
) -> AsyncIterator[Callable[[str], Awaitable[KafkaTransport]]]:
    opened: list[KafkaTransport] = []

    async def open_one(oin: str) -> KafkaTransport:
        transport = KafkaTransport(own.settings(certificates[oin]))
        opened.append(transport)
        await transport.start()
        # The brokers learn of new rules a moment after the controller.
        topic = "corvus.register"
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                await transport.partitions(topic)
            except SettingsError:
                await asyncio.sleep(0.1)
            else:
                return transport
        raise AssertionError(oin)

    yield open_one
    for transport in opened:
        await transport.close()


async def refused(attempt: Awaitable[object]) -> None:
    with pytest.raises(SettingsError) as error:
        await attempt
    assert error.value.code == "transport.geen_toegang"


async def test_an_organisation_sends_and_reads_its_own_deliveries(
    open_as: Callable[[str], Awaitable[KafkaTransport]],
) -> None:
    a, router = await open_as(A), await open_as(ROUTER)

    (offset,) = await a.append([Append("corvus.inzending", 0, b"z", b"bericht")])
    claim = await router.claim("router", "corvus.inzending", 0)
    await claim.commit(
        offset + 1,
        [Append(OF_A, 0, b"k", b"levering"), Append("corvus.audit", 0, b"", b"bewijs")],
    )

    found = await a.read({(OF_A, 0): 0}, limit=10, wait_s=5)
    assert [record.value for record in found] == [b"levering"]
    # It may read the register, in which other tests may have put something.
    end = await a.end_offset("corvus.register", 0)
    assert await a.read({("corvus.register", 0): end}, limit=1, wait_s=0.1) == []


@pytest.mark.parametrize("topic", ["corvus.inzending", OF_B, "corvus.audit"])
async def test_an_organisation_reads_nothing_of_others(
    open_as: Callable[[str], Awaitable[KafkaTransport]], topic: str
) -> None:
    a = await open_as(A)
    await refused(a.read({(topic, 0): 0}, limit=10, wait_s=2))
    await refused(a.end_offset(topic, 0))


@pytest.mark.parametrize("topic", [OF_A, OF_B, "corvus.register", "corvus.audit"])
async def test_an_organisation_writes_to_no_topic_but_inzending(
    open_as: Callable[[str], Awaitable[KafkaTransport]], topic: str
) -> None:
    await refused((await open_as(A)).append([Append(topic, 0, b"k", b"v")]))


async def test_an_organisation_has_no_transactions_and_makes_no_topics(
    open_as: Callable[[str], Awaitable[KafkaTransport]],
) -> None:
    a = await open_as(A)
    await refused(a.claim("router", "corvus.inzending", 0))
    await refused(a.claim(f"{A}.eigen", "corvus.inzending", 0))
    await refused(a.ensure_topics([TopicSpec(f"corvus.levering.{A}.nieuw")]))


async def test_an_organisation_sets_no_acls(
    own: OwnCluster, certificates: dict[str, ServerTls]
) -> None:
    await refused(apply(own.settings(certificates[A]), organisation_rules(LIKE_B)))


async def test_a_certificate_without_oin_or_of_another_ca_gets_no_connection(
    own: OwnCluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = SandboxCa.make(tmp_path_factory.mktemp("other"))
    for tls in (
        other.issue(OPERATOR_OIN, "Beheer"),
        own.ca.issue("geen-oin", "Niemand"),
        # An OIN in another attribute, as the log of a node would print it.
        own.ca.issue("leeg", f"x,2.5.4.5=#1314{OPERATOR_OIN.encode().hex()}"),
    ):
        transport = KafkaTransport(own.settings(tls))
        try:
            with pytest.raises(UnavailableError) as error:
                await transport.start()
            assert error.value.code == "transport.onbereikbaar"
        finally:
            await transport.close()
