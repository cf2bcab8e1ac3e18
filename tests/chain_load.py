"""Load on a chain in which the router is killed, and what has to hold afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evidence import check_evidence
from simulator import CATALOGUS, OM, POL, RECL, RVDK, VT, concept

from corvus_adapters.app import build_organisatie, build_transport
from corvus_broker.inzending import INZENDING_SCHEMA, parse_inzending
from corvus_broker.ports import Append
from corvus_broker.topics import AUDIT, GEPARKEERD, INZENDING, levering_topics
from corvus_schemas.avro import fingerprint_of
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.bewijs import Ontvangstbewijs
from corvus_schemas.wire.staat import Auditbatch, Geparkeerd

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.sdk import Organisatie
    from corvus_broker.ports import Record, Transport

NAMEN = (POL, VT, OM, RECL, RVDK)
_DUPLICATES = 0.5


@dataclass
class Load:
    """Messages of several zaken, sealed before the load begins."""

    installatie: Installatie
    transport: Transport
    waiting: list[Append] = field(default_factory=list)
    sent: list[Append] = field(default_factory=list)
    orgs: dict[str, Organisatie] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)

    async def prepare(self, zaken: int, each: int) -> None:
        """Seal so many messages in each of so many zaken, in the zaken's own order."""
        # A Kafka may hold what earlier tests left behind.
        await self._note_starts()
        for naam in NAMEN:
            keystore = self.installatie.keystore(naam)
            organisatie = build_organisatie(self.installatie, keystore, self.transport)
            for topic in levering_topics(keystore.oin):
                start = self.starts[topic, 0]
                organisatie.postbus.put_position(topic, 0, start)
            self.orgs[naam] = organisatie
        pol = self.orgs[POL]
        refs: list[str | None] = [None] * zaken
        for number in range(each):
            for zaak in range(zaken):
                kind = ("politiemelding", "zsm_aanmelding")[number % 2]
                wat = concept(kind, seed=number, zaak=refs[zaak])
                laid = pol.leg_klaar(wat)
                refs[zaak] = laid.zaak
        for one in pol.postbus.unsent():
            pol.postbus.set_status(one.bericht_id, "verzonden")
            self.waiting.append(
                Append(INZENDING, one.partitie, one.sleutel, one.inhoud)
            )

    async def _note_starts(self) -> None:
        register = self.installatie.register.versies[-1]
        places = [
            (topic, partition)
            for topic in (INZENDING, GEPARKEERD)
            for partition in range(register.partities)
        ]
        places += [
            (topic, 0)
            for oin in register.adresboek.oins()
            for topic in levering_topics(oin)
        ]
        for place in [*places, (AUDIT, 0)]:
            self.starts[place] = await self.transport.end_offset(*place)

    async def read_all(self, topic: str, partitions: int = 1) -> list[Record]:
        """Read what this test put in a topic, to its end."""
        found: list[Record] = []
        for partition in range(partitions):
            position = self.starts[topic, partition]
            end = await self.transport.end_offset(topic, partition)
            async with asyncio.timeout(60):
                while position < end:
                    for record in await self.transport.read(
                        {(topic, partition): position}, limit=500, wait_s=1
                    ):
                        found.append(record)
                        position = record.offset + 1
        return found

    async def outgoing(self) -> dict[str, list[Geattesteerd]]:
        """Everything in the organisations' own topics, by OIN."""
        register = self.installatie.register.versies[-1]
        return {
            oin: [
                Geattesteerd.decode(record.value or b"")
                for topic in levering_topics(oin)
                for record in await self.read_all(topic)
            ]
            for oin in register.adresboek.oins()
        }

    async def feed(self, count: int, chance: random.Random) -> None:
        """Append so many of what waits, about half of them twice, unevenly paced."""
        todo, self.waiting = self.waiting[:count], self.waiting[count:]
        for append in todo:
            await self._append(append)
            if chance.random() < _DUPLICATES:
                await self._append(chance.choice(self.sent))
            await asyncio.sleep(chance.choice((0, 0, 0.005)))

    async def _append(self, append: Append) -> None:
        self.sent.append(append)
        await self.transport.append([append])

    def close(self) -> None:
        for organisatie in self.orgs.values():
            organisatie.postbus.close()


async def wait_until_answered(load: Load, oin: str) -> None:
    """Wait for as many receipts to a sender as it made attempts."""
    place = (levering_topics(oin)[-1], 0)
    position, receipts = load.starts[place], 0
    async with asyncio.timeout(120):
        while receipts < len(load.sent):
            for record in await load.transport.read(
                {place: position}, limit=500, wait_s=1
            ):
                position = record.offset + 1
                soort = Geattesteerd.decode(record.value or b"").soort
                receipts += soort == "bewijs"


@dataclass(frozen=True)
class Attempt:
    bericht_id: bytes
    zaak: bytes
    place: tuple[int, int]


def attempts(records: Sequence[Record]) -> list[Attempt]:
    """The inzendingen among the records, in the order of their partition."""
    kind = wire_schema(INZENDING_SCHEMA).fingerprint
    found = []
    for record in records:
        if fingerprint_of(record.value or b"") == kind:
            ontleed = parse_inzending(record.value or b"", CATALOGUS, 10**7)
            found.append(
                Attempt(
                    ontleed.kop.bericht_id,
                    ontleed.routering.zaak,
                    (record.partition, record.offset),
                )
            )
    return found


async def check_chain(load: Load) -> None:
    """Nothing lost, nothing twice, order kept, evidence complete."""
    register = load.installatie.register.versies[-1]
    made = attempts(await load.read_all(INZENDING, register.partities))
    assert len(made) == len(load.sent)
    parked = [
        Geparkeerd.decode(record.value or b"")
        for record in await load.read_all(GEPARKEERD, register.partities)
    ]
    assert not [
        one for one in parked if one.offset >= load.starts[INZENDING, one.partitie]
    ]
    sent = await load.outgoing()
    _check_receipts(made, sent[load.orgs[POL].oin])
    audit = [
        Auditbatch.decode(record.value or b"") for record in await load.read_all(AUDIT)
    ]
    everything = [one for found in sent.values() for one in found]
    regels = check_evidence(audit, everything, register)
    assert {regel.bericht_id for regel in regels} == {one.bericht_id for one in made}
    _check_coverage(audit)
    await _check_applications(load, made)


def _check_receipts(made: Sequence[Attempt], to_sender: Sequence[Geattesteerd]) -> None:
    """Exactly one outcome receipt per attempt; repeats get the original one."""
    receipts: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for one in to_sender:
        if one.soort == "bewijs":
            bewijs = Ontvangstbewijs.decode(one.inhoud)
            assert bewijs.status == "GEACCEPTEERD", bewijs.code
            receipts[bewijs.bericht_id].append(one.inhoud)
    asked = Counter(one.bericht_id for one in made)
    assert {key: len(found) for key, found in receipts.items()} == dict(asked)
    assert all(len(set(found)) == 1 for found in receipts.values())


def _check_coverage(audit: Sequence[Auditbatch]) -> None:
    """Batches of a partition follow each other and never overlap."""
    ends: dict[int, int] = {}
    for batch in audit:
        assert batch.eerste > ends.get(batch.partitie, -1)
        assert batch.laatste >= batch.eerste
        ends[batch.partitie] = batch.laatste


async def _check_applications(load: Load, made: Sequence[Attempt]) -> None:
    """What each recipient's application is handed: everything, once, in order."""
    first: dict[bytes, Attempt] = {}
    for one in made:
        first.setdefault(one.bericht_id, one)
    order = [one.bericht_id for one in sorted(first.values(), key=lambda o: o.place)]
    for naam in (VT, OM):
        handed = await _take_in(load, load.orgs[naam])
        assert len(set(handed)) == len(handed)
        per_zaak: defaultdict[bytes, list[bytes]] = defaultdict(list)
        for bericht_id in handed:
            per_zaak[first[bericht_id].zaak].append(bericht_id)
        for zaak, delivered in per_zaak.items():
            wanted = [key for key in order if first[key].zaak == zaak]
            assert delivered == [key for key in wanted if key in set(delivered)]
        if naam == VT:
            assert set(handed) == set(first), "VT gets both kinds"


async def _take_in(load: Load, organisatie: Organisatie) -> list[bytes]:
    """Take everything in up to the end of the topics, however slow a read is."""
    handed: list[bytes] = []
    ends = {
        (topic, 0): await load.transport.end_offset(topic, 0)
        for topic in levering_topics(organisatie.oin)
    }

    def behind() -> bool:
        known = organisatie.postbus.positions()
        return any(known.get(place, 0) < end for place, end in ends.items())

    while behind():
        post = await organisatie.haal_op(limit=200, wait_s=0.5)
        assert all(hasattr(one, "bericht_id") for one in post), post
        handed += [bytes.fromhex(one.bericht_id.replace("-", "")) for one in post]  # type: ignore[union-attr]  # checked above
    again = [one.bericht_id for one in organisatie.open_post()]
    assert len(again) == len(handed)
    return handed


def transport_of(installatie: Installatie) -> Transport:
    return build_transport(installatie, installatie.broker_keystore().tls)
