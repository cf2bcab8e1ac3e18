"""aiokafka's own clients, for tests that go around the transport; it has no types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiokafka
import aiokafka.admin

if TYPE_CHECKING:
    from corvus_adapters.kafka import KafkaSettings

_CLIENTS: Any = aiokafka
_ADMIN: Any = aiokafka.admin


def _connection(settings: KafkaSettings) -> dict[str, object]:
    context = settings.ssl_context()
    return {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": "PLAINTEXT" if context is None else "SSL",
        "ssl_context": context,
    }


def raw_admin(settings: KafkaSettings) -> Any:
    return _ADMIN.AIOKafkaAdminClient(**_connection(settings))


def raw_consumer(settings: KafkaSettings, **options: object) -> Any:
    return _CLIENTS.AIOKafkaConsumer(**_connection(settings), **options)


def raw_producer(settings: KafkaSettings, **options: object) -> Any:
    return _CLIENTS.AIOKafkaProducer(**_connection(settings), **options)
