"""Following the register: what is on the topic is verified, or refused with a code."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from register_bouw import (
    NU,
    NU_MS,
    opened,
    register_dsse,
    trust,
)
from register_entries import FIRST, HOUR_MS, REFUSED, garbage, unsigned, version
from register_topic import Klok, Notities, appends

from corvus_adapters.registerdienst import (
    Keuring,
    Registermeter,
    Registervolger,
    Stukken,
    keep_following,
)
from corvus_adapters.sqlite import SqliteTransport
from corvus_broker.ports import Append
from corvus_broker.register import Registerreeks
from corvus_broker.topics import REGISTER, register_topic
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from corvus_adapters.registerdienst import Registerwaarnemer


@dataclass
class Topic:
    """A log with a clock, and a follower that starts from the files' version."""

    transport: SqliteTransport
    klok: Klok
    registers: Registerreeks = field(default_factory=lambda: Registerreeks([opened()]))
    notities: Notities = field(default_factory=Notities)

    def __post_init__(self) -> None:
        self.volger = self.follower(self.registers, self.notities)

    def follower(
        self, registers: Registerreeks, waarnemer: Registerwaarnemer
    ) -> Registervolger:
        keuring = Keuring(trust(), load_catalogus(), frozenset({"concept"}))
        return Registervolger(
            self.transport,
            registers,
            keuring,
            waarnemer,
            clock=self.klok.now,
            max_age_s=1,
        )

    async def write(self, *records: Append) -> None:
        await self.transport.append(records)
        await self.volger.volg()


@pytest.fixture
async def topic(tmp_path: Path) -> AsyncIterator[Topic]:
    klok = Klok(NU)
    transport = SqliteTransport(tmp_path / "log.sqlite", clock=klok.ms)
    await transport.start()
    await transport.ensure_topics([register_topic(1024 * 1024)])
    yield Topic(transport, klok)
    await transport.close()


async def test_a_version_published_ahead_is_in_force_from_its_start(
    topic: Topic,
) -> None:
    # SPEC 15-9
    await topic.write(*appends(FIRST, version()))
    assert topic.notities.genomen == [1, 2]
    assert topic.notities.codes == []
    assert topic.registers.op(NU_MS + HOUR_MS - 1).volgnummer == 1
    assert topic.registers.op(NU_MS + HOUR_MS).volgnummer == 2


async def test_without_files_the_topic_is_enough(topic: Topic) -> None:
    await topic.write(*appends(FIRST, version()))
    registers = Registerreeks([])
    await topic.follower(registers, Notities()).volg()
    assert [one.digest for one in registers.versies] == [
        one.digest for one in topic.registers.versies
    ]


async def test_a_topic_that_was_never_made_leaves_the_files(tmp_path: Path) -> None:
    klok = Klok(NU)
    transport = SqliteTransport(tmp_path / "empty.sqlite", clock=klok.ms)
    await transport.start()
    topic = Topic(transport, klok)
    await topic.volger.volg()
    assert topic.registers.op(NU_MS).volgnummer == 1
    await transport.close()


@pytest.mark.parametrize(
    ("make", "code"), REFUSED.items(), ids=[one.__name__ for one in REFUSED]
)
async def test_a_wrong_entry_is_refused_and_the_old_version_stays(
    topic: Topic, make: Callable[[], list[Append]], code: str
) -> None:
    # SPEC 15-10, SPEC 15-11, SPEC 15-12
    await topic.write(*make())
    assert topic.notities.codes[0] == code
    assert [one.volgnummer for one in topic.registers.versies] == [1]
    for moment in (NU_MS, NU_MS + 2 * HOUR_MS):
        assert topic.registers.op(moment).volgnummer == 1
    await topic.write(*appends(FIRST, version(nummer=2)))
    assert topic.registers.op(NU_MS + HOUR_MS).volgnummer == 2, "it reads on"


async def test_an_entry_under_the_key_of_another_takes_nothing_away(
    topic: Topic,
) -> None:
    # SPEC 15-13
    await topic.write(*appends(FIRST, version()))
    key = appends(version())[1].key
    await topic.write(Append(REGISTER, 0, key, b"gone"), Append(REGISTER, 0, key, None))
    await topic.transport.compact()
    registers = Registerreeks([])
    await topic.follower(registers, Notities()).volg()
    assert [one.volgnummer for one in registers.versies] == [1, 2]


async def test_a_copy_with_fewer_signatures_is_refused_where_the_file_is_known(
    topic: Topic,
) -> None:
    """Or whoever has the file would think that everybody has it."""
    await topic.write(*appends(Stukken(register_dsse(signers=(0,)), FIRST.tabel)))
    assert topic.notities.codes == ["register.handtekeningen"]
    assert topic.volger.stukken == {}


async def test_history_can_be_filled_in_but_not_what_follows_it(topic: Topic) -> None:
    # SPEC 15-12
    second = version(2, NU_MS - HOUR_MS)
    third = version(3, NU_MS - 1000)
    await topic.transport.append(appends(second, FIRST, third))
    registers, notities = Registerreeks([]), Notities()
    await topic.follower(registers, notities).volg()
    assert notities.genomen == [2, 1]
    assert notities.codes == ["register.te_laat"]
    assert registers.op(NU_MS).volgnummer == 2
    assert registers.op(NU_MS - HOUR_MS - 1).volgnummer == 1


async def test_no_change_of_a_record_stops_a_reader_or_gets_in(topic: Topic) -> None:
    chance = random.Random(15)
    table, entry = appends(version())
    await topic.write(table)
    changed = []
    for _ in range(150):
        value = bytearray(entry.value or b"")
        for _ in range(chance.randint(1, 4)):
            value[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
        if bytes(value) != entry.value:
            changed.append(Append(REGISTER, 0, entry.key, bytes(value)))
    await topic.write(*changed)
    assert len(topic.notities.codes) == len(changed)
    assert [one.volgnummer for one in topic.registers.versies] == [1]
    await topic.write(entry)
    assert [one.volgnummer for one in topic.registers.versies] == [1, 2]


async def test_reading_is_left_out_when_it_was_done_a_moment_ago(topic: Topic) -> None:
    await topic.volger.ververs()
    await topic.transport.append(appends(FIRST, version()))
    await topic.volger.ververs()
    assert topic.notities.genomen == []
    topic.klok.later(seconds=1)
    await topic.volger.ververs()
    assert topic.notities.genomen == [1, 2]


async def test_a_clock_set_back_does_not_stop_the_reading(topic: Topic) -> None:
    await topic.volger.ververs()
    await topic.transport.append(appends(FIRST))
    topic.klok.later(hours=-3)
    await topic.volger.ververs()
    assert topic.notities.genomen == [1]


async def test_an_outage_is_waited_out(topic: Topic) -> None:
    stop = asyncio.Event()
    await topic.transport.append(appends(FIRST, version()))
    await topic.transport.close()
    following = asyncio.create_task(
        keep_following(topic.volger, topic.notities, stop, 0.01)
    )
    async with asyncio.timeout(20):
        while not topic.notities.storingen:  # noqa: ASYNC110 - a follower reports by calls
            await asyncio.sleep(0.01)
        await topic.transport.start()
        while len(topic.registers.versies) < 2:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
        stop.set()
        await following
    assert topic.notities.storingen[0] == "transport.onbereikbaar"


async def test_a_refusal_is_counted_by_its_code(topic: Topic) -> None:
    registry = CollectorRegistry()
    volger = topic.follower(Registerreeks([opened()]), Registermeter(registry))
    await topic.transport.append([*appends(FIRST, version()), *unsigned(), *garbage()])
    await volger.volg()
    text = generate_latest(registry).decode()
    refused = 'corvus_register_refused_total{code="register.handtekeningen"} 1.0'
    assert refused in text
    assert 'corvus_register_refused_total{code="schema.onbekend"} 1.0' in text
    assert "corvus_register_newest 2.0" in text


def test_a_series_that_refuses_a_version_stays_as_it_was() -> None:
    # SPEC 15-11
    first = opened()
    reeks = Registerreeks([first])
    before = reeks.versies
    keuring = Keuring(trust(), load_catalogus(), frozenset({"concept"}))
    wrong = keuring.open(version(nummer=1))
    with pytest.raises(RegisterError) as caught:
        reeks.add(wrong)
    assert caught.value.code == "register.volgorde"
    assert reeks.versies is before
    assert reeks.by_digest(wrong.digest) is None
    assert not reeks.add(first), "there already"
    assert reeks.add(keuring.open(version()))
