"""An audit log to test with: batches of a real broker key, a topic, a store, witnesses."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ed25519

from corvus_adapters.app import build_attesteerder
from corvus_adapters.audit.beleid import Beleid
from corvus_adapters.audit.server import answer, tile_path
from corvus_adapters.audit.volgen import Auditlog
from corvus_adapters.getuige.getuige import Getuige, Identiteit
from corvus_adapters.getuige.opslag import Getuigenopslag
from corvus_adapters.sqlite import SqliteTransport
from corvus_broker.ports import Append, TopicSpec
from corvus_broker.topics import AUDIT
from corvus_crypto.boom import TEGEL_BREEDTE, partial_width
from corvus_crypto.controlepunt import Getuigenbeleid, Logsleutels, log_keys
from corvus_schemas.wire.staat import Auditbatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from corvus_adapters.audit.opslag import Auditopslag
    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.ports import Transport
    from corvus_crypto.attestatie import Attesteerder

NAAM: Final = "log.example/corvus"
NU_S: Final = 1_800_000_000


class Stil:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.refused: list[tuple[str, str]] = []
        self.by: list[tuple[str, int]] = []
        self.steps: list[tuple[int, int]] = []

    def grew(self, grootte: int, bladeren: int) -> None:
        self.steps.append((grootte, bladeren))

    def signed(self, grootte: int, tijd_ms: int) -> None: ...

    def cosigned(self, getuige: str, grootte: int) -> None:
        self.by.append((getuige, grootte))

    def not_cosigned(self, getuige: str, code: str) -> None:
        self.refused.append((getuige, code))


def make_batch(
    attesteerder: Attesteerder, number: int, tijd_ms: int, leaves: int = 1
) -> bytes:
    """A batch of receipts, as the router records it."""
    outputs = [
        ("bewijs", hashlib.sha256(b"%d %d" % (number, at)).digest())
        for at in range(leaves)
    ]
    reeks = attesteerder.attest_digests(outputs, tijd_ms)
    return Auditbatch(
        router="00009999000000000000",
        partitie=0,
        eerste=number,
        laatste=number,
        attestatie=reeks.attestaties[0],
        wortel=reeks.wortel,
        bladeren=b"".join(reeks.bladeren),
        beslisregels=[],
        beoordelingen=[],
    ).encode()


@dataclass
class Logboek:
    """A topic with batches, and the log that follows it."""

    installatie: Installatie
    transport: Transport
    attesteerder: Attesteerder
    tijd_ms: int
    made: int = 0
    waarnemer: Stil = field(default_factory=Stil)

    async def record(self, count: int, *, leaves: int = 1) -> None:
        """Let the router record some batches."""
        numbers = range(self.made, self.made + count)
        values = [
            make_batch(self.attesteerder, n, self.tijd_ms, leaves) for n in numbers
        ]
        await self.append(values)
        self.made += count

    async def append(self, values: Iterable[bytes]) -> None:
        await self.transport.append([Append(AUDIT, 0, b"", one) for one in values])

    def auditlog(self, opslag: Auditopslag) -> Auditlog:
        return Auditlog(
            NAAM,
            self.installatie.audit_sleutel(),
            self.transport,
            opslag,
            self.installatie.register,
            lambda: NU_S * 1000,
            self.waarnemer,
        )

    async def follow(self, opslag: Auditopslag) -> Auditlog:
        """Start a log and let it take up everything there is."""
        log = self.auditlog(opslag)
        await log.start()
        while await log.step(0.01):
            pass
        return log

    @property
    def sleutels(self) -> Logsleutels:
        return log_keys(NAAM, self.installatie.audit_sleutel())


@asynccontextmanager
async def logboek(installatie: Installatie, path: Path) -> AsyncIterator[Logboek]:
    """A topic on SQLite in a folder; what was in it is still there."""
    transport = SqliteTransport(path / "topic.sqlite")
    await transport.start()
    try:
        await transport.ensure_topics([TopicSpec(AUDIT)])
        attesteerder = build_attesteerder(installatie.broker_keystore())
        tijd_ms = installatie.register.versies[0].geldig_van_ms + 1000
        made = await transport.end_offset(AUDIT, 0)
        yield Logboek(installatie, transport, attesteerder, tijd_ms, made)
    finally:
        await transport.close()


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


class Opslagbron:
    """A log as a witness sees it, without the network in between."""

    def __init__(self, opslag: Auditopslag) -> None:
        self._opslag = opslag
        self.note: str | None = None

    def checkpoint(self) -> str | None:
        if self.note is not None:
            return self.note
        found = answer(self._opslag, "/checkpoint")
        return None if found is None else found[0].decode()

    def tegels(self, grootte: int) -> Callable[[int, int], bytes]:
        def read(niveau: int, nummer: int) -> bytes:
            full = nummer < grootte >> 8 * (niveau + 1)
            width = TEGEL_BREEDTE if full else partial_width(niveau, grootte)
            found = answer(self._opslag, tile_path(str(niveau), nummer, width))
            return b"" if found is None else found[0]

        return read


class Getuigebron:
    """A witness as another one sees it."""

    def __init__(self, getuige: Getuige) -> None:
        self._getuige = getuige

    def checkpoint(self) -> str | None:
        seen = self._getuige.opslag.laatste()
        return None if seen is None else seen.notitie

    def tegels(self, grootte: int) -> Callable[[int, int], bytes]:
        raise NotImplementedError


def make_getuige(path: Path, naam: str, log: Logsleutels) -> Getuige:
    key = ed25519.Ed25519PrivateKey.generate()
    opslag = Getuigenopslag(sqlite_url(path / f"{naam.replace('/', '-')}.sqlite"))
    return Getuige(Identiteit(naam, key), log, opslag, lambda: NU_S)


def make_beleid(
    log: Logsleutels, getuigen: dict[str, Getuige], urls: dict[str, str], drempel: int
) -> Beleid:
    keys = {naam: one._identiteit.publiek for naam, one in getuigen.items()}
    return Beleid(log, Getuigenbeleid(keys, drempel), urls)
