"""The two transports behind one face, for the contract suite and its subprocesses."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from corvus_adapters.sqlite import SqliteTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from corvus_adapters.kafka import KafkaSettings
    from corvus_broker.ports import Transport

Opened = TypeVar("Opened", bound="Transport")


@contextlib.asynccontextmanager
async def started(transport: Opened) -> AsyncIterator[Opened]:
    try:
        await transport.start()
        yield transport
    finally:
        await transport.close()


class Backend(Protocol):
    """One log that any number of transports, in any process, open."""

    def transport(self) -> Transport: ...

    def as_json(self) -> str: ...


@dataclass(frozen=True)
class SqliteBackend(Backend):
    path: Path

    def transport(self) -> SqliteTransport:
        return SqliteTransport(self.path)

    def as_json(self) -> str:
        return json.dumps({"path": str(self.path)})


@dataclass(frozen=True)
class KafkaBackend(Backend):
    settings: KafkaSettings

    def transport(self) -> Transport:
        # Tests without Kafka import nothing of it.
        from corvus_adapters.kafka import KafkaTransport  # noqa: PLC0415 - see above

        return KafkaTransport(self.settings)

    def as_json(self) -> str:
        fields = dataclasses.asdict(self.settings)
        return json.dumps({"kafka": fields}, default=str)


def from_json(text: str) -> Backend:
    fields = json.loads(text)
    if "path" in fields:
        return SqliteBackend(Path(fields["path"]))
    from corvus_adapters.kafka import KafkaSettings  # noqa: PLC0415 - see above

    kafka = fields["kafka"]
    for name, value in kafka.items():
        if value is not None and name in {"ssl_cafile", "ssl_certfile", "ssl_keyfile"}:
            kafka[name] = Path(value)
    return KafkaBackend(KafkaSettings(**kafka))
