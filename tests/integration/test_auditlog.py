"""The audit log: follows the topic, in its order, whole, and as the standard reads it."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from auditlog_bouw import NAAM, logboek, make_batch, sqlite_url

from corvus_adapters.audit.opslag import Auditopslag
from corvus_adapters.audit.server import Tegelserver, answer, tile_path
from corvus_adapters.webvraag import vraag
from corvus_broker.auditlog import prove_record
from corvus_broker.topics import AUDIT
from corvus_crypto.boom import inclusion_path, root_of
from corvus_crypto.controlepunt import open_controlepunt
from corvus_crypto.merkle import leaf_hash, root_from_path
from corvus_schemas.errors import FencedError, IntegrityError
from corvus_schemas.wire.staat import Auditbatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from auditlog_bouw import Logboek

    from corvus_adapters.installatie import Installatie


@pytest.fixture
async def boek(sandbox: Installatie, tmp_path: Path) -> AsyncIterator[Logboek]:
    async with logboek(sandbox, tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database for the store, empty."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "log.sqlite")
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def opslag(url: str) -> Iterator[Auditopslag]:
    made = Auditopslag(url)
    yield made
    made.close()


async def test_leaves_stand_in_the_order_of_the_topic(
    boek: Logboek, opslag: Auditopslag
) -> None:
    # SPEC 19-1
    await boek.record(3)
    log = await boek.follow(opslag)
    await boek.record(600)
    while await log.step(0.01):
        pass
    assert log.grootte == opslag.grootte() == 603
    assert [blad.offset for blad in opslag.bladeren(0, 700)] == list(range(603))
    assert opslag.nummer(0, 602) == 602
    assert opslag.nummer(0, 603) is None
    records = await boek.transport.read({(AUDIT, 0): 0}, limit=700, wait_s=1)
    again = [prove_record(one, boek.installatie.register) for one in records]
    assert again == opslag.bladeren(0, 700)
    assert opslag.check_all() == 603


async def test_every_leaf_is_under_the_checkpoint_that_is_shown(
    boek: Logboek, opslag: Auditopslag
) -> None:
    # SPEC 19-4, SPEC 19-5
    await boek.record(300)
    await boek.follow(opslag)
    found = answer(opslag, "/checkpoint")
    assert found is not None
    punt = open_controlepunt(found[0].decode(), boek.sleutels).punt
    assert (punt.oorsprong, punt.grootte) == (NAAM, 300)
    for index, blad in enumerate(opslag.bladeren(0, 300)):
        path = inclusion_path(opslag.boom, index, 300)
        assert root_from_path(leaf_hash(blad.inhoud), index, 300, path) == punt.wortel


async def test_the_log_is_read_over_http_as_tiles(
    boek: Logboek, opslag: Auditopslag
) -> None:
    # SPEC 19-4
    await boek.record(300)
    await boek.follow(opslag)
    server = Tegelserver("127.0.0.1", 0, opslag)
    server.start()
    try:
        base = f"http://127.0.0.1:{server.port}"
        full = vraag(f"{base}/tile/0/000").inhoud
        part = vraag(f"{base}/tile/0/001.p/44").inhoud
        assert (len(full), len(part)) == (8192, 44 * 32)
        assert vraag(f"{base}/tile/1/000.p/1").status == 200
        bundle = vraag(f"{base}/tile/entries/000").inhoud
        assert _hashes(bundle) == [full[at : at + 32] for at in range(0, 8192, 32)]
        rest = vraag(f"{base}/tile/entries/001.p/44").inhoud
        assert b"".join(_hashes(rest)) == part
        assert vraag(f"{base}/checkpoint").tekst.startswith(f"{NAAM}\n300\n")
        for wrong in (
            "/tile/0/001",
            "/tile/0/001.p/45",
            "/tile/0/001.p/0",
            "/tile/0/1",
            "/tile/0/x000/001",
            "/tile/00/000",
            "/tile/9/000",
            "/tile/entries/002",
            "/tile/0/000.p/256",
            "/../etc/passwd",
            "/",
        ):
            assert vraag(base + wrong).status == 404, wrong
        assert vraag(f"{base}/checkpoint", body=b"x").status == 501
    finally:
        server.stop()


def _hashes(bundle: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 2], "big")
        found.append(leaf_hash(bundle[at + 2 : at + 2 + size]))
        at += 2 + size
    return found


def test_paths_are_those_of_the_specification() -> None:
    # SPEC 19-4
    assert tile_path("0", 1_234_067) == "/tile/0/x001/x234/067"
    assert tile_path("entries", 5, 7) == "/tile/entries/005.p/7"


async def test_what_is_no_batch_of_the_broker_stops_the_log(
    boek: Logboek, opslag: Auditopslag
) -> None:
    # SPEC 19-1
    await boek.record(2)
    log = await boek.follow(opslag)
    good = Auditbatch.decode(make_batch(boek.attesteerder, 7, boek.tijd_ms))
    changed = {name: getattr(good, name) for name in good.__struct_fields__}
    for wrong in (
        b"",
        Auditbatch(**{**changed, "wortel": bytes(32)}).encode(),
        Auditbatch(**{**changed, "bladeren": bytes(32)}).encode(),
        make_batch(boek.attesteerder, 7, boek.tijd_ms - 10**9),
    ):
        await boek.append([wrong])
        with pytest.raises(IntegrityError, match=r"auditlog\.batch"):
            await log.step(0.01)
        assert opslag.grootte() == 2
    assert [punt.grootte for punt in opslag.punten(5)] == [2, 0]


async def test_a_second_process_on_one_store_is_refused(
    boek: Logboek, opslag: Auditopslag
) -> None:
    await boek.record(1)
    first = await boek.follow(opslag)
    second = await boek.follow(opslag)
    await boek.record(1)
    assert await first.step(0.01) == 1
    with pytest.raises(FencedError, match=r"auditlog\.afgelost"):
        await second.step(0.01)
    assert opslag.check_all() == 2
    assert await second.step(0.01) == 0  # it went on from what the first one stored


async def test_a_store_rebuilt_from_the_topic_is_the_same_tree(
    boek: Logboek, opslag: Auditopslag, tmp_path: Path
) -> None:
    # SPEC 19-3
    for count in (1, 255, 2, 300):
        await boek.record(count)
        await boek.follow(opslag)
    again = Auditopslag(sqlite_url(tmp_path / "again.sqlite"))
    await boek.follow(again)
    sizes = [1, 256, 258, 558]
    assert [root_of(again.boom, n) for n in sizes] == [
        root_of(opslag.boom, n) for n in sizes
    ]
    told = {punt.grootte: punt.wortel for punt in opslag.punten(10)}
    assert told == {n: root_of(again.boom, n) for n in told}
    assert again.bladeren(0, 600) == opslag.bladeren(0, 600)
    assert [again.tegel(0, n) for n in range(4)] == [
        opslag.tegel(0, n) for n in range(4)
    ]
    assert await boek.auditlog(again).check_topic() == 558
    again.close()


async def test_a_restored_backup_catches_up_to_the_same_tree(
    boek: Logboek, tmp_path: Path
) -> None:
    # SPEC 19-3
    store, backup = tmp_path / "log.sqlite", tmp_path / "backup.sqlite"
    await boek.record(5)
    opslag = Auditopslag(sqlite_url(store))
    await boek.follow(opslag)
    opslag.close()
    shutil.copy(store, backup)
    await boek.record(5)
    opslag = Auditopslag(sqlite_url(store))
    await boek.follow(opslag)
    newest = opslag.punten()[0]
    opslag.close()
    restored = Auditopslag(sqlite_url(backup))
    await boek.follow(restored)
    assert restored.punten()[0].wortel == newest.wortel
    assert restored.punten()[0].grootte == newest.grootte == 10
    restored.close()


async def test_a_log_ahead_of_its_topic_does_not_start(
    boek: Logboek, opslag: Auditopslag, sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-6
    await boek.record(4)
    await boek.follow(opslag)
    (tmp_path / "other").mkdir()
    async with logboek(sandbox, tmp_path / "other") as shorter:
        await shorter.record(3)
        with pytest.raises(IntegrityError, match=r"auditlog\.topic"):
            await shorter.auditlog(opslag).start()
    assert opslag.grootte() == 4


async def test_a_log_of_another_topic_does_not_start(
    boek: Logboek, opslag: Auditopslag, sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-6
    await boek.record(4)
    await boek.follow(opslag)
    (tmp_path / "other").mkdir()
    async with logboek(sandbox, tmp_path / "other") as other:
        other.made = 100
        await other.record(6)
        with pytest.raises(IntegrityError, match=r"auditlog\.topic"):
            await other.auditlog(opslag).start()


@pytest.mark.parametrize(
    "attack", ["removed", "changed", "reordered", "inserted", "cut off"]
)
async def test_a_topic_that_was_bent_is_found(
    attack: str,
    boek: Logboek,
    opslag: Auditopslag,
    sandbox: Installatie,
    tmp_path: Path,
) -> None:
    # SPEC 19-6
    await boek.record(8)
    await boek.follow(opslag)
    assert await boek.auditlog(opslag).check_topic() == 8
    records = await boek.transport.read({(AUDIT, 0): 0}, limit=20, wait_s=1)
    values = [record.value or b"" for record in records]
    own = make_batch(boek.attesteerder, 99, boek.tijd_ms)
    bent = {
        "removed": values[:3] + values[4:],
        "changed": [*values[:3], own, *values[4:]],
        "reordered": [*values[:3], values[4], values[3], *values[5:]],
        "inserted": [*values[:3], own, *values[3:]],
        "cut off": values[:5],
    }[attack]
    (tmp_path / "bent").mkdir()
    async with logboek(sandbox, tmp_path / "bent") as other:
        await other.append(bent)
        with pytest.raises(IntegrityError, match=r"auditlog\.topic"):
            await other.auditlog(opslag).check_topic()


async def test_a_damaged_store_does_not_start(boek: Logboek, tmp_path: Path) -> None:
    # SPEC 19-6
    path = tmp_path / "log.sqlite"
    opslag = Auditopslag(sqlite_url(path))
    await boek.record(260)
    await boek.follow(opslag)
    opslag.check()
    for statement in (
        "UPDATE logblad SET inhoud = x'00' WHERE nummer = 259",
        "DELETE FROM logblad WHERE nummer = 259",
        "UPDATE tegel SET hashes = zeroblob(8192) WHERE niveau = 0 AND nummer = 0",
        "DELETE FROM tegel WHERE niveau = 1",
        "UPDATE controlepunt SET wortel = zeroblob(32) WHERE grootte = 260",
        "UPDATE controlepunt SET grootte = 261 WHERE grootte = 260",
    ):
        bent = tmp_path / "bent.sqlite"
        _copy(path, bent)
        other = Auditopslag(sqlite_url(bent))
        with other._databank.write() as connection:
            connection.exec_driver_sql(statement)
        # A tile on the left is not looked at when it starts, but by the full check.
        with pytest.raises(IntegrityError, match=r"auditlog\.beschadigd"):
            other.check_all()
        other.close()
    opslag.close()


def _copy(source: Path, target: Path) -> None:
    for name in (target, target.with_name(target.name + "-wal")):
        name.unlink(missing_ok=True)
    with sqlite3.connect(source) as one, sqlite3.connect(target) as other:
        one.backup(other)
    one.close()
    other.close()


async def test_the_place_in_the_topic_is_part_of_a_leaf(boek: Logboek) -> None:
    # SPEC 19-1
    await boek.record(1)
    [record] = await boek.transport.read({(AUDIT, 0): 0}, limit=5, wait_s=1)
    moved = replace(record, offset=5)
    registers = boek.installatie.register
    one, other = prove_record(record, registers), prove_record(moved, registers)
    assert one.hash != other.hash
    assert one == prove_record(record, registers)
