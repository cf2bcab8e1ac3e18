"""Fixtures used in more than two folders."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

pytest_plugins = ["fixtures_sandbox"]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kafka_cluster import KafkaCluster


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """One Kafka for the whole run, TLS and ACLs on; no Kafka is a failure."""
    # Tests without Kafka import nothing of it.
    from kafka_cluster import cluster  # noqa: PLC0415 - see above

    with cluster(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL for the whole run; no PostgreSQL is a failure."""
    from postgres_server import server  # noqa: PLC0415 - as above

    with server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of its own on it."""
    from postgres_server import database  # noqa: PLC0415 - as above

    with database(postgres_server, f"corvus_{uuid4().hex}") as url:
        yield url
