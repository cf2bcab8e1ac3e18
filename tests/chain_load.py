"""Load on a chain in which the router is killed, and what has to hold afterwards."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checker import check
from checker_log import read_log
from simulator import CATALOGUS, OM, POL, RECL, RVDK, VT, concept
from transport_backends import started

from corvus_adapters.app import (
    build_organisatie,
    build_transport,
    installation_topics,
    utc_now,
)
from corvus_broker.inzending import INZENDING_SCHEMA, parse_inzending
from corvus_broker.ports import Append
from corvus_broker.topics import (
    AUDIT,
    GEPARKEERD,
    INZENDING,
    ZAAKSTAAT,
    levering_topics,
)
from corvus_schemas.avro import fingerprint_of
from corvus_schemas.errors import UnavailableError
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.bewijs import Ontvangstbewijs
from corvus_schemas.wire.staat import Geparkeerd

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Sequence

    from checker_log import Row

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.sdk import Organisatie
    from corvus_broker.ports import Record, Transport
    from corvus_crypto.signing import VerifyKey

NAMEN = (POL, VT, OM, RECL, RVDK)
_DUPLICATES = 0.5


@dataclass
class Load:
    """Messages of several zaken, sealed before the load begins."""

    installatie: Installatie
    transport: Transport
    waiting: list[Append] = field(default_factory=list)
    sent: list[Append] = field(default_factory=list)
    acknowledged: list[bytes] = field(default_factory=list)
    refused: int = 0
    pace_s: float = 0.005
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
            for topic in (INZENDING, GEPARKEERD, ZAAKSTAAT)
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

    async def feed(self, count: int, chance: random.Random) -> None:
        """Append so many of what waits, about half of them twice, unevenly paced."""
        todo, self.waiting = self.waiting[:count], self.waiting[count:]
        for append in todo:
            await self._append(append)
            if chance.random() < _DUPLICATES:
                await self._append(chance.choice(self.sent))
            await asyncio.sleep(chance.choice((0, 0, self.pace_s)))

    async def _append(self, append: Append) -> None:
        """Append as a sender does: what is not acknowledged is sent again."""
        self.sent.append(append)
        while True:
            try:
                await self.transport.append([append])
            except UnavailableError:
                self.refused += 1
                await asyncio.sleep(0.2)
            else:
                self.acknowledged.append(append.value or b"")
                return

    def close(self) -> None:
        for organisatie in self.orgs.values():
            organisatie.postbus.close()


async def wait_until_answered(load: Load, oin: str, timeout_s: float = 120) -> None:
    """Wait for as many receipts to a sender as attempts of it are in the log."""
    receipts = _Tail((levering_topics(oin)[-1], 0), load)
    register = load.installatie.register.versies[-1]
    asked = [_Tail((INZENDING, part), load) for part in range(register.partities)]
    async with asyncio.timeout(timeout_s):
        while True:
            made = len(attempts([r for tail in asked for r in await tail.grown()]))
            found = [
                Geattesteerd.decode(r.value or b"") for r in await receipts.grown()
            ]
            if sum(one.soort == "bewijs" for one in found) >= made:
                return
            await asyncio.sleep(0.1)


@dataclass
class _Tail:
    """One partition as far as it was read."""

    place: tuple[str, int]
    load: Load
    records: list[Record] = field(default_factory=list)

    async def grown(self) -> list[Record]:
        """Read on to the end; what does not answer is asked again."""
        position = self.load.starts[self.place]
        if self.records:
            position = self.records[-1].offset + 1
        with contextlib.suppress(UnavailableError):
            end = await self.load.transport.end_offset(*self.place)
            while position < end:
                found = await self.load.transport.read(
                    {self.place: position}, limit=500, wait_s=1
                )
                self.records += found
                position = found[-1].offset + 1 if found else position
        return self.records


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
    """Nothing lost, nothing twice, order kept, evidence complete.

    The checker reads the topics by itself; beside it, the recipients' own SDKs take
    their post in.
    """
    keys = load.installatie.register.versies[-1]

    def key_of(sleutel_id: bytes) -> VerifyKey | None:
        found = keys.broker_key(sleutel_id)
        return None if found is None else found[0]

    # A Kafka may have topics of other tests' organisations too.
    topics = {topic for topic, _ in load.starts}
    rows = [
        row
        for row in await read_log(load.transport, load.starts)
        if row.topic in topics and (row.topic != GEPARKEERD or _is_ours(load, row))
    ]
    findings = check(rows, key_of, appended=load.acknowledged)
    assert not findings, "\n".join(findings[:20])
    assert not [row for row in rows if row.topic == GEPARKEERD]
    made = attempts(await load.read_all(INZENDING, keys.partities))
    assert len(made) >= len(load.acknowledged)
    outgoing = [Geattesteerd.decode(row.value or b"") for row in rows if _is_post(row)]
    receipts = [
        Ontvangstbewijs.decode(one.inhoud) for one in outgoing if one.soort == "bewijs"
    ]
    assert {one.status for one in receipts} == {"GEACCEPTEERD"}
    assert {one.bericht_id for one in receipts} == {one.bericht_id for one in made}
    await _check_applications(load, made)


def _is_ours(load: Load, row: Row) -> bool:
    """Whether what was parked came in since; a Kafka may hold what others left."""
    parked = Geparkeerd.decode(row.value or b"")
    return parked.offset >= load.starts[INZENDING, parked.partitie]


def _is_post(row: Row) -> bool:
    return row.topic.startswith("corvus.levering.")


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


@contextlib.asynccontextmanager
async def loaded(
    installatie: Installatie,
    zaken: int,
    each: int,
    *,
    transport: Transport | None = None,
) -> AsyncIterator[Load]:
    """A load that is ready to be fed, over a transport of the senders' own."""
    async with started(transport or transport_of(installatie)) as opened:
        await opened.ensure_topics(installation_topics(installatie, utc_now()))
        load = Load(installatie, opened)
        try:
            await load.prepare(zaken, each)
            yield load
        finally:
            load.close()


def transport_of(installatie: Installatie) -> Transport:
    return build_transport(installatie, installatie.broker_keystore().tls)
