"""Every operation on every topic, with the certificate of every organisation.

What an organisation may is a short list; all the rest of the table is refused, by the
broker itself.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final

import pytest
from aiokafka import TopicPartition, errors
from aiokafka.admin import NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from kafka_cluster import OwnCluster, own_cluster
from raw_kafka import raw_admin, raw_consumer, raw_producer

from corvus_adapters.kafka import KafkaTransport
from corvus_adapters.kafka.acls import LEVERING_PREFIX, apply, organisation_rules
from corvus_broker.ports import Append
from corvus_broker.topics import topic_specs
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from kafka_cluster import KafkaCluster

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.kafka import KafkaSettings

pytestmark = pytest.mark.kafka

TOPIC_OPERATIONS: Final = ("write", "read", "describe", "delete", "grow", "alter")
REFUSALS: Final = (
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.TransactionalIdAuthorizationFailed,
)
ORGANISATIES: Final = (
    "pol-noord-nl",
    "vt-groningen",
    "om-noord-nl",
    "rvdk-noord-nl",
    "recl-noord-nl",
)


@pytest.fixture(scope="module")
def own(
    kafka_server: KafkaCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnCluster]:
    """The shared server; these tests issue certificates, so it must be our own."""
    if isinstance(kafka_server, OwnCluster):
        yield kafka_server
        return
    with own_cluster(tmp_path_factory.mktemp("matrix")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def topics(own: OwnCluster, sandbox: Installatie) -> list[str]:
    """All topics of a small installation, with the rules of its organisations."""
    register = sandbox.register.versies[-1]
    oins = register.adresboek.oins()
    specs = topic_specs(register.partities, oins, 1 << 20)

    async def prepare() -> None:
        settings = own.operator_settings()
        transport = KafkaTransport(settings)
        await transport.start()
        try:
            await transport.ensure_topics(specs)
            rules = [rule for oin in oins for rule in organisation_rules(oin)]
            await apply(settings, rules)
            # Something to read: who may not must be refused, not just find nothing.
            await transport.append(
                [
                    Append(spec.name, 0, b"", b"proef")
                    for spec in specs
                    if spec.name.startswith(LEVERING_PREFIX)
                ]
            )
        finally:
            await transport.close()

    asyncio.run(prepare())
    return [spec.name for spec in specs]


@pytest.fixture(scope="module")
def settings_of(own: OwnCluster, sandbox: Installatie) -> dict[str, KafkaSettings]:
    """How each organisation connects, with its own certificate."""
    oins = {naam: sandbox.keystore(naam).oin for naam in ORGANISATIES}
    return {naam: own.settings(own.ca.issue(oin, naam)) for naam, oin in oins.items()}


class Member:
    """Raw clients with the certificate of one organisation."""

    def __init__(self, settings: KafkaSettings, oin: str) -> None:
        self.oin = oin
        self._settings = settings
        self.admin = raw_admin(settings)
        self.producer = raw_producer(settings, enable_idempotence=False)

    async def start(self) -> None:
        await self.admin.start()
        await self.producer.start()

    async def stop(self) -> None:
        await self.producer.stop()
        await self.admin.close()

    async def may(self, operation: str, topic: str) -> bool:
        """Try it; whether the broker let it happen."""
        try:
            async with asyncio.timeout(20):
                await getattr(self, f"_{operation}")(topic)
        except REFUSALS:
            return False
        return True

    async def _write(self, topic: str) -> None:
        await self.producer.send_and_wait(topic, b"proef", partition=0)

    async def _read(self, topic: str) -> None:
        # Who may read may describe: what cannot be described is never fetched.
        await self._describe(topic)
        # A consumer each: a refusal may still come in after one has moved on.
        consumer, place = raw_consumer(self._settings), TopicPartition(topic, 0)
        await consumer.start()
        try:
            consumer.assign([place])
            consumer.seek(place, 0)
            until = time.monotonic() + 2
            while time.monotonic() < until:
                if await consumer.getmany(timeout_ms=300):
                    return
        finally:
            await consumer.stop()

    async def _describe(self, topic: str) -> None:
        [found] = await self.admin.describe_topics([topic])
        _raise(found["error_code"])

    async def _delete(self, topic: str) -> None:
        answer = await self.admin.delete_topics([topic])
        _raise(answer.topic_error_codes[0][1])

    async def _grow(self, topic: str) -> None:
        more = NewPartitions(99)  # type: ignore[no-untyped-call]  # aiokafka's
        answer = await self.admin.create_partitions({topic: more})
        _raise(answer.topic_errors[0][1])

    async def _alter(self, topic: str) -> None:
        resource = ConfigResource(  # type: ignore[no-untyped-call]  # aiokafka's
            ConfigResourceType.TOPIC, topic, configs={"retention.ms": "1"}
        )
        [answer] = await self.admin.alter_configs([resource])
        _raise(answer.resources[0][0])

    async def _transaction(self, name: str) -> None:
        producer = raw_producer(self._settings, transactional_id=name)
        try:
            await producer.start()
        finally:
            await producer.stop()

    async def _group(self, name: str) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                await self.admin.list_consumer_group_offsets(name)
            except errors.GroupCoordinatorNotAvailableError:
                await asyncio.sleep(0.2)  # the topic of the groups is being made
            else:
                return
        raise AssertionError(name)


def _raise(code: int) -> None:
    error = errors.for_code(code)
    if error is not errors.NoError:
        raise error


@pytest.fixture
async def open_as(
    settings_of: dict[str, KafkaSettings], topics: list[str], sandbox: Installatie
) -> AsyncIterator[Callable[[str], Awaitable[Member]]]:
    opened: list[Member] = []

    async def open_one(naam: str) -> Member:
        assert topics, "the rules are there"
        member = Member(settings_of[naam], sandbox.keystore(naam).oin)
        opened.append(member)
        await member.start()
        await rules_arrive(member)
        return member

    yield open_one
    for member in opened:
        await member.stop()


async def rules_arrive(member: Member) -> None:
    """The brokers learn of new rules a moment after the controller."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if await member.may("describe", "corvus.register"):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(member.oin)


def allowed(operation: str, topic: str, oin: str) -> bool:
    """The whole of what an organisation may: said again here, on purpose."""
    own = topic.startswith(f"corvus.levering.{oin}.")
    may = {
        "write": topic == "corvus.inzending",
        "read": own or topic == "corvus.register",
        "describe": own or topic in {"corvus.inzending", "corvus.register"},
    }
    return may.get(operation, False)


@pytest.mark.parametrize("operation", TOPIC_OPERATIONS)
@pytest.mark.parametrize("naam", ORGANISATIES)
async def test_an_organisation_may_send_and_read_its_own_post_and_nothing_else(
    open_as: Callable[[str], Awaitable[Member]],
    topics: list[str],
    naam: str,
    operation: str,
) -> None:
    member = await open_as(naam)
    outcome = {topic: await member.may(operation, topic) for topic in topics}
    assert outcome == {topic: allowed(operation, topic, member.oin) for topic in topics}
    assert len([topic for topic in topics if member.oin in topic]) == 3


@pytest.mark.parametrize("naam", ORGANISATIES)
async def test_an_organisation_has_no_transactions_and_no_group_of_others(
    open_as: Callable[[str], Awaitable[Member]], naam: str
) -> None:
    member = await open_as(naam)
    for name in ("corvus-router-corvus.inzending-0", f"{member.oin}.eigen"):
        assert not await member.may("transaction", name)
    assert not await member.may("group", "router")
    assert await member.may("group", f"{member.oin}.eigen")


async def test_nothing_listens_in_plaintext(own: OwnCluster) -> None:
    """Each port of the broker, the controller's too, speaks TLS and wants a name."""
    ports = own.server._cluster.client_ports + own.server._cluster.controller_ports
    assert len(ports) == 2
    listeners = [
        line.partition("=")[2].strip()
        for line in (own.server.folder / "node-1.properties").read_text().splitlines()
        if line.startswith(("listeners=", "listener.security.protocol.map="))
    ]
    assert len(listeners) == 2
    assert "PLAINTEXT" not in "".join(listeners)
    for port in ports:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            # ApiVersions, version 0: what any client says first.
            plain.sendall(bytes.fromhex("0000000a00120000000000010000"))
            assert not _answer(plain)
        with pytest.raises(ssl.SSLError):
            _say_without_a_name(port)


def _say_without_a_name(port: int) -> None:
    """Connect with TLS and no certificate, and wait for what it says to that."""
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as raw,
        nobody.wrap_socket(raw) as secured,
    ):
        secured.sendall(b"wie daar")
        secured.recv(1)


def _answer(plain: socket.socket) -> bytes:
    """What it says; a TLS alert (0x15) is no answer."""
    plain.settimeout(3)
    try:
        found = plain.recv(64)
    except (ConnectionResetError, TimeoutError):
        return b""
    return b"" if found[:1] == b"\x15" else found


async def test_a_client_without_tls_gets_no_connection(own: OwnCluster) -> None:
    from corvus_adapters.kafka import KafkaSettings  # noqa: PLC0415 - beside its use

    transport = KafkaTransport(KafkaSettings(own.server.bootstrap, request_timeout_s=5))
    with pytest.raises(UnavailableError):
        await transport.start()
    await transport.close()
