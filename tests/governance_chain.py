"""A router, an operator and organisations that share a clock and a register."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from noting import Noting
from register_topic import Klok, Notities
from simulator import POL, VT, concept
from simulator_registers import (
    officers,
    soon,
)

from corvus_adapters.app import (
    build_keuring,
    build_organisatie,
    build_volger,
    build_worker,
    installation_topics,
    utc_now,
)
from corvus_adapters.installatie import Installatie
from corvus_adapters.registerdienst import Registervolger, Stukken, keep_following
from corvus_adapters.registerdienst.opstellen import draw_up
from corvus_adapters.registerdienst.publiceren import Uitgever, newest
from corvus_adapters.sdk import Ontvangst
from corvus_broker.register import (
    Wijziging,
    sign_register,
    sign_tabel,
)
from corvus_crypto.certificaten import to_ms
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.sdk import Organisatie
    from corvus_adapters.sqlite import SqliteTransport
    from corvus_broker.effecten import Effecten
    from corvus_broker.register import Registerversie

PARTITIES = 4
MINUTE_MS = 60_000
GRACE_MS = 15 * MINUTE_MS


class Keten:
    """A router, an operator and organisations; each opened the files by itself."""

    def __init__(self, path: Path, transport: SqliteTransport, klok: Klok) -> None:
        self.path, self.transport, self.klok = path, transport, klok
        self.uitkomsten, self.notities = Noting(), Notities()
        self.orgs: dict[str, Organisatie] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()

    async def start(self, *, follow: bool = True) -> None:
        """Open the files and start a router, as a process of its own would."""
        self.router, self.leden = (
            Installatie.open(self.path),
            Installatie.open(self.path),
        )
        assert self.leden.register.versies
        self._stop = asyncio.Event()
        volger = self._volger(self.router)
        await volger.volg()
        await self.transport.ensure_topics(installation_topics(self.router, utc_now()))
        keystore = self.router.broker_keystore()
        self._tasks = [
            asyncio.create_task(
                build_worker(
                    self.router,
                    keystore,
                    self.transport,
                    self.uitkomsten,
                    partition,
                    volger=volger,
                ).run(self._stop)
            )
            for partition in range(PARTITIES)
        ]
        if not follow:
            return
        self._tasks.append(
            asyncio.create_task(keep_following(volger, self.notities, self._stop, 0.02))
        )

    def _volger(self, installatie: Installatie) -> Registervolger:
        return build_volger(
            installatie,
            self.transport,
            max_age_s=30,
            waarnemer=self.notities,
            clock=self.klok.now,
        )

    async def stop(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)
        for organisatie in self.orgs.values():
            organisatie.postbus.close()
        self.orgs = {}

    def org(self, naam: str) -> Organisatie:
        if naam not in self.orgs:
            self.orgs[naam] = build_organisatie(
                self.leden,
                self.leden.keystore(naam),
                self.transport,
                clock=self.klok.now,
            )
        return self.orgs[naam]

    # -- governance ----------------------------------------------------------------

    async def publish(
        self, tabel: bytes | None = None, *, vroeg: bool = False, **fields: object
    ) -> Registerversie:
        """Draw up, sign by both officers and publish; starts in two minutes."""
        operator = Installatie.open(self.path)
        volger = self._operator(operator)
        await volger.volg()
        start_ms = to_ms(soon(self.klok.nu, minutes=2))
        changes = {"geldig_van_ms": start_ms, **fields}
        wijziging = Wijziging(**changes)  # type: ignore[arg-type]  # as the test says
        _, basis = newest(operator, volger)
        keuring = build_keuring(operator)
        stuk, signed = draw_up(basis, wijziging, tabel, keuring)
        version = Stukken(sign_register(stuk, officers(operator)), signed)
        uitgever = Uitgever(
            operator, self.transport, volger, keuring, self.klok.now, vroeg=vroeg
        )
        uitgave = await uitgever.publish([version])
        return uitgave.versies[-1]

    def _operator(self, operator: Installatie) -> Registervolger:
        return build_volger(
            operator,
            self.transport,
            max_age_s=0,
            waarnemer=Notities(),
            clock=self.klok.now,
        )

    async def known(self, versie: Registerversie) -> None:
        """Wait until the router knows a version."""
        async with asyncio.timeout(20):
            while self.router.register.by_digest(versie.digest) is None:  # noqa: ASYNC110 - the router polls too
                await asyncio.sleep(0.01)

    def sign(self, tabel: str) -> bytes:
        """Have both officers sign a table."""
        parsed = parse_tabel(tabel, load_catalogus())
        return sign_tabel(parsed, officers(self.router))[0]

    # -- messages ------------------------------------------------------------------

    async def send(self, naam: str = POL, seed: int = 1) -> str:
        return (await self.org(naam).verstuur(concept(seed=seed))).bericht_id

    async def received(self, bericht_id: str, naam: str = VT) -> Ontvangst:
        """Wait for a message."""
        async with asyncio.timeout(20):
            while True:
                for one in await self.org(naam).haal_op(wait_s=0.1):
                    if isinstance(one, Ontvangst) and one.bericht_id == bericht_id:
                        return one

    async def decided(self, count: int) -> Effecten:
        """Wait until so many records were handled; gives the last."""
        async with asyncio.timeout(20):
            while len(self.uitkomsten.effecten) < count:  # noqa: ASYNC110 - the router reports by calls
                await asyncio.sleep(0.01)
        return self.uitkomsten.effecten[count - 1]


def small(tabel: str) -> str:
    """Keep the rules about a politiemelding: everything is opened many times here."""
    head, *rules = tabel.split("\n- regel: ")
    kept = [one for one in rules if "\n  berichttype: politiemelding\n" in one]
    assert kept
    return "\n- regel: ".join([head, *kept])
