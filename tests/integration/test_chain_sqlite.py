"""The chain over the SQLite transport: workers, SDKs, receipts, parking on disk."""

from __future__ import annotations

import asyncio
import copy
import shutil
import sqlite3
from typing import TYPE_CHECKING, cast

import msgspec
import pytest
from chain_load import transport_of
from noting import Noting
from simulator import OM, POL, RVDK, VT, concept
from transport_backends import started

from corvus_adapters.app import (
    build_organisatie,
    build_worker,
    installation_topics,
    utc_now,
)
from corvus_adapters.cli.geparkeerd import offer_again
from corvus_adapters.installatie import Installatie
from corvus_adapters.sdk import Ontvangst
from corvus_broker.ports import Append
from corvus_broker.staat import zaak_key
from corvus_broker.topics import INZENDING
from corvus_crypto.zaak import alias_partition
from corvus_schemas.identifiers import ZaakAlias, ZaakId, parse_bericht_id
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.staat import Zaakstaat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from corvus_adapters.sdk import Concept, Organisatie
    from corvus_broker.effecten import Effecten
    from corvus_broker.ports import Transport

PARTITIES = 4


class Chain:
    """Workers of every partition, and organisations, in one event loop."""

    def __init__(self, installatie: Installatie, transport: Transport) -> None:
        self.installatie, self.transport = installatie, transport
        self.noted = Noting()
        self._orgs: dict[str, Organisatie] = {}
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._stop = asyncio.Event()
        keystore = self.installatie.broker_keystore()
        self._tasks = [
            asyncio.create_task(
                build_worker(
                    self.installatie, keystore, self.transport, self.noted, partition
                ).run(self._stop)
            )
            for partition in range(PARTITIES)
        ]

    async def stop(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)
        self._tasks = []

    def org(self, naam: str) -> Organisatie:
        if naam not in self._orgs:
            keystore = self.installatie.keystore(naam)
            self._orgs[naam] = build_organisatie(
                self.installatie, keystore, self.transport
            )
        return self._orgs[naam]

    async def handled(self, count: int) -> list[Effecten]:
        """Wait until so many records were handled."""
        async with asyncio.timeout(30):
            while len(self.noted.effecten) < count:  # noqa: ASYNC110 - the driver reports by calls
                await asyncio.sleep(0.01)
        return self.noted.effecten

    async def send(self, naam: str, wat: Concept) -> str:
        verzonden = await self.org(naam).verstuur(wat)
        return verzonden.zaak

    async def receive(self, naam: str) -> list[Ontvangst]:
        """Wait for post and give the deliveries in it."""
        async with asyncio.timeout(30):
            while True:
                post = await self.org(naam).haal_op(wait_s=0.2)
                found = [one for one in post if isinstance(one, Ontvangst)]
                if found:
                    return found

    async def statuses(self, naam: str, bericht_id: str, want: str) -> list[str]:
        """Wait until a status was told; gives all that were."""
        key = bytes.fromhex(bericht_id.replace("-", ""))
        async with asyncio.timeout(30):
            while True:
                await self.org(naam).haal_op(wait_s=0.2)
                found = [one.status for one in self.org(naam).postbus.bewijzen(key)]
                if want in found:
                    return found

    def close(self) -> None:
        for organisatie in self._orgs.values():
            organisatie.postbus.close()


@pytest.fixture
async def chain(sandbox_path: Path, tmp_path: Path) -> AsyncIterator[Chain]:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    installatie = Installatie.open(path)
    async with started(transport_of(installatie)) as transport:
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        chain = Chain(installatie, transport)
        chain.start()
        yield chain
        await chain.stop()
        chain.close()


async def test_a_melding_its_receipts_and_its_answer(chain: Chain) -> None:
    wat = concept()
    zaak = await chain.send(POL, wat)
    (melding,) = await chain.receive(VT)
    assert melding.inhoud["melding"] == wat.inhoud["melding"]
    expected = copy.deepcopy(wat.inhoud["betrokkenen"])
    for betrokkene in expected:
        betrokkene.pop("justitieel", None)  # which no rule lets VT have
    assert melding.inhoud["betrokkenen"] == expected
    assert expected != wat.inhoud["betrokkenen"]

    await chain.org(VT).bevestig(melding, Status.GELEZEN)
    await chain.org(VT).bevestig(melding)
    found = await chain.statuses(POL, melding.bericht_id, "VERWERKT")
    assert found == ["GEACCEPTEERD", "AFGELEVERD", "GELEZEN", "VERWERKT"]

    antwoord = concept(
        "terugkoppeling",
        geadresseerden=(chain.org(POL).oin,),
        antwoord_op=melding.bericht_id,
        zaak=melding.zaak,
    )
    await chain.send(VT, antwoord)
    (back,) = await chain.receive(POL)
    assert back.inhoud["verwijzing"]["antwoord_op"] == melding.bericht_id
    assert back.zaak == zaak, "the sender's own reference of the zaak"
    assert back.inhoud["status"] == antwoord.inhoud["status"]


async def test_a_zaak_from_melding_to_besluit(chain: Chain) -> None:
    """Each of the chain gets its own part; what nobody may have stays sealed."""
    wat = concept("zsm_aanmelding")
    await chain.send(POL, wat)
    got = {naam: (await chain.receive(naam))[0] for naam in (OM, VT, RVDK)}
    assert got[OM].inhoud["verdenking"] == wat.inhoud["verdenking"]
    labels = {naam: frozenset(one.regels) for naam, one in got.items()}
    assert len(set(labels.values())) == len(labels), "no two get the same"
    for one in got.values():
        assert one.achtergehouden > 0

    besluit = concept(
        "zsm_besluit",
        zaak=got[OM].zaak,
        kenmerken={"hg_label": True, "nodig_voor_veiligheid": True},
    )
    await chain.send(OM, besluit)
    (pol,) = await chain.receive(POL)
    assert pol.berichttype == "zsm_besluit"
    assert pol.inhoud["besluit"] == besluit.inhoud["besluit"]


async def test_a_refusal_reaches_the_senders_own_store(chain: Chain) -> None:
    pol = chain.org(POL)
    late = concept(geldig_uren=1)
    verzonden = pol.leg_klaar(late)
    key = bytes.fromhex(verzonden.bericht_id.replace("-", ""))
    uitgaand = pol.postbus.uitgaand(key)
    assert uitgaand is not None
    changed = bytearray(uitgaand.inhoud)
    changed[-1] ^= 1
    append = Append(INZENDING, uitgaand.partitie, b"", bytes(changed))
    await chain.transport.append([append])
    (effect,) = await chain.handled(1)
    assert (effect.uitkomst, effect.code) == ("ONBESTELBAAR", "cel.belofte")
    await pol.verzend()
    assert await chain.statuses(POL, verzonden.bericht_id, "GEACCEPTEERD")


async def test_a_restart_forgets_nothing(chain: Chain) -> None:
    """The same message again after a restart: its receipt again, no second delivery."""
    pol = chain.org(POL)
    verzonden = await pol.verstuur(concept())
    (melding,) = await chain.receive(VT)
    (first,) = await chain.handled(1)
    assert first.uitkomst == "GEACCEPTEERD"
    await chain.stop()
    handled = len(chain.noted.effecten)
    chain.start()
    uitgaand = pol.postbus.uitgaand(parse_bericht_id(verzonden.bericht_id))
    assert uitgaand is not None
    again = Append(INZENDING, uitgaand.partitie, b"", uitgaand.inhoud)
    await chain.transport.append([again])
    outcomes = [one.uitkomst for one in (await chain.handled(handled + 1))[handled:]]
    assert "HERHAALD" in outcomes
    assert sum(chain.noted.restored) >= 2
    assert not [
        one
        for one in await chain.org(VT).haal_op(wait_s=0.2)
        if isinstance(one, Ontvangst)
    ]
    assert melding.bericht_id == verzonden.bericht_id


async def test_a_zaak_damaged_on_disk_parks_alone(chain: Chain) -> None:
    # SPEC 14-8
    pol = chain.org(POL)
    zaak = await chain.send(POL, concept())
    (melding,) = await chain.receive(VT)
    await chain.statuses(POL, melding.bericht_id, "AFGELEVERD")
    await chain.stop()
    known = pol.postbus.zaak(zaak)
    assert known is not None
    assert known.alias is not None
    assert known.nieuw_id is not None
    partitie = alias_partition(ZaakAlias(known.alias))
    file = chain.installatie.sqlite_path
    key = zaak_key(known.nieuw_id)
    good = _spoil(file, key)

    before = len(chain.noted.effecten)
    chain.start()
    for seed in (2, 3):
        await chain.send(POL, concept(seed=seed, zaak=zaak))
    neighbour = await _open_in(chain, partitie)
    effecten = (await chain.handled(before + 3 + neighbour))[before:]
    outcomes = [(one.uitkomst, one.code) for one in effecten]
    assert outcomes.count(("GEPARKEERD", "zaakstaat.beschadigd")) == 2
    assert ("GEACCEPTEERD", "") in outcomes, "its neighbour went on"
    others = await chain.receive(VT)
    assert all(one.zaak != melding.zaak for one in others)

    await chain.stop()
    _repair(file, key, _with_parked(good, 2))
    chain.start()
    count = await offer_again(chain.installatie, ZaakId(known.nieuw_id))
    assert count == 2
    delivered: list[Ontvangst] = []
    while len(delivered) < 2:
        delivered += [
            one for one in await chain.receive(VT) if one.zaak == melding.zaak
        ]
    numbers = [one.inhoud["melding"]["meldingnummer"] for one in delivered]
    assert numbers == [
        concept(seed=seed).inhoud["melding"]["meldingnummer"] for seed in (2, 3)
    ], "in their order"


async def _open_in(chain: Chain, partitie: int) -> int:
    """Open zaken until one stands in this partition; gives how many more it took."""
    for extra in range(100):
        verzonden = await chain.org(POL).verstuur(concept(seed=20 + extra))
        if verzonden.partitie == partitie:
            return extra
    raise AssertionError


def _spoil(file: Path, key: bytes) -> bytes:
    """Overwrite the newest record of a key in the log file."""
    with sqlite3.connect(file) as db:
        row = db.execute(
            "SELECT id, value FROM records WHERE key = ? ORDER BY id DESC", (key,)
        ).fetchone()
        db.execute("UPDATE records SET value = ? WHERE id = ?", (b"rot", row[0]))
    db.close()
    return cast("bytes", row[1])


def _repair(file: Path, key: bytes, value: bytes) -> None:
    with sqlite3.connect(file) as db:
        (row,) = db.execute(
            "SELECT max(id) FROM records WHERE key = ?", (key,)
        ).fetchall()
        db.execute("UPDATE records SET value = ? WHERE id = ?", (value, row[0]))
    db.close()


def _with_parked(good: bytes, count: int) -> bytes:
    zaak = Zaakstaat.decode(good)
    return msgspec.structs.replace(zaak, geparkeerd=count).encode()
