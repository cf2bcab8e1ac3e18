from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from transport_backends import Backend, KafkaBackend, SqliteBackend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from corvus_broker.ports import Transport


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.kafka)])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "kafka":
        return KafkaBackend(request.getfixturevalue("kafka_server").operator_settings())
    return SqliteBackend(tmp_path / "corvus.log")


@pytest.fixture
async def connect(
    backend: Backend,
) -> AsyncIterator[Callable[[], Awaitable[Transport]]]:
    """Open as many transports on the backend as a test wants."""
    opened: list[Transport] = []

    async def open_one() -> Transport:
        transport = backend.transport()
        opened.append(transport)
        await transport.start()
        return transport

    yield open_one
    for transport in opened:
        await transport.close()


@pytest.fixture
async def transport(connect: Callable[[], Awaitable[Transport]]) -> Transport:
    return await connect()


@pytest.fixture
def name() -> Callable[[str], str]:
    """Topic names of this test only: the Kafka server is shared."""
    suffix = uuid.uuid4().hex[:8]
    return lambda topic: f"corvus.{topic}.{suffix}"
