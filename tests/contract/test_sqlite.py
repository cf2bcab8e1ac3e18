"""What only the embedded transport has: its file, its clock, its cleaning."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from itertools import count
from typing import TYPE_CHECKING

import pytest

from corvus_adapters.sqlite import SqliteTransport
from corvus_broker.ports import Append, TopicSpec
from corvus_schemas.errors import IntegrityError, SettingsError, UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = "corvus.inzending"
DAY_MS = 24 * 3600 * 1000

APPENDER = """
import asyncio, sys
from pathlib import Path
from corvus_adapters.sqlite import SqliteTransport
from corvus_broker.ports import Append

async def main():
    transport = SqliteTransport(Path(sys.argv[1]))
    await transport.start()
    for number in range(100):
        value = f"{sys.argv[2]}:{number}".encode()
        await transport.append([Append("corvus.inzending", 0, b"k", value)])
    await transport.close()

asyncio.run(main())
"""


class Clock:
    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


async def opened(path: Path, *specs: TopicSpec, clock: Clock) -> SqliteTransport:
    transport = SqliteTransport(path, clock=clock)
    await transport.start()
    await transport.ensure_topics(specs or [TopicSpec(TOPIC)])
    return transport


async def values(transport: SqliteTransport, topic: str = TOPIC) -> list[bytes | None]:
    found = await transport.read({(topic, 0): 0}, limit=10_000, wait_s=0)
    return [record.value for record in found]


async def test_two_processes_append_to_one_log_without_losing_a_record(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    transport = await opened(path, clock=Clock(1))
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", APPENDER, str(path), who
        )
        for who in ("een", "twee")
    ]
    assert [await process.wait() for process in processes] == [0, 0]

    found = [(value or b"").decode() for value in await values(transport)]
    await transport.close()

    assert len(found) == 200
    for who in ("een", "twee"):
        mine = [value for value in found if value.startswith(who)]
        assert mine == [f"{who}:{number}" for number in range(100)]


async def test_the_time_of_a_partition_never_goes_back_when_the_clock_does(
    tmp_path: Path,
) -> None:
    clock = Clock(5000)
    transport = await opened(tmp_path / "log", clock=clock)
    await transport.append([Append(TOPIC, 0, b"k", b"a")])
    clock.now_ms = 4000
    await transport.append([Append(TOPIC, 0, b"k", b"b")])
    clock.now_ms = 6000
    await transport.append([Append(TOPIC, 0, b"k", b"c")])

    found = await transport.read({(TOPIC, 0): 0}, limit=10, wait_s=0)
    await transport.close()

    assert [record.timestamp_ms for record in found] == [5000, 5000, 6000]


async def test_a_full_disk_is_said_and_nothing_of_that_step_is_written(
    tmp_path: Path,
) -> None:
    transport = await opened(
        tmp_path / "log", TopicSpec(TOPIC), TopicSpec("uit"), clock=Clock(1)
    )
    claim = await transport.claim("router", TOPIC, 0)
    db = transport.writer().log._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count={pages + 20}")
    large = Append("uit", 0, b"k", bytes(60_000))

    await claim.commit(1, [large])
    with pytest.raises(UnavailableError) as full:
        await claim.commit(2, [large, large])
    with pytest.raises(UnavailableError):
        await transport.append([large, large])

    assert full.value.code == "transport.onbereikbaar"
    assert await transport.end_offset("uit", 0) == 1
    db.execute("PRAGMA max_page_count=100000")
    await claim.commit(2, [large])
    assert await values(transport, "uit") == [bytes(60_000)] * 2
    assert await (await transport.claim("router", TOPIC, 0)).committed() == 2
    await transport.close()


async def test_a_file_size_limit_stops_an_append_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    await (await opened(path, clock=Clock(1))).close()
    program = (
        "import resource, signal;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        + APPENDER.replace('value = f"', 'value = bytes(9000) + f"')
    ).replace(";", "\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(path), "vol"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()

    transport = await opened(path, clock=Clock(1))
    found = await values(transport)
    await transport.append([Append(TOPIC, 0, b"k", b"verder")])
    await transport.close()

    assert b"transport.onbereikbaar" in err
    assert 0 < len(found) < 100
    assert found == [bytes(9000) + f"vol:{n}".encode() for n in range(len(found))]


async def test_a_file_held_locked_is_unavailable_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "log"
    await (await opened(path, clock=Clock(1))).close()
    transport = SqliteTransport(path, busy_timeout_s=0.1)
    await transport.start()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(UnavailableError) as locked:
        await transport.append([Append(TOPIC, 0, b"k", b"v")])
    assert await values(transport) == []  # readers do not wait for a writer
    other.close()

    assert locked.value.code == "transport.onbereikbaar"
    assert await transport.append([Append(TOPIC, 0, b"k", b"v")]) == [0]
    await transport.close()


async def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"geen log" * 1000)
    newer = tmp_path / "newer"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version=99")
    db.close()

    with pytest.raises(IntegrityError) as damaged:
        await SqliteTransport(text).start()
    with pytest.raises(SettingsError) as version:
        await SqliteTransport(newer).start()
    with pytest.raises(UnavailableError) as folder:
        await SqliteTransport(tmp_path / "nergens" / "log").start()

    assert damaged.value.code == "transport.beschadigd"
    assert version.value.code == "transport.versie"
    assert folder.value.code == "transport.onbereikbaar"


async def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    await (await opened(tmp_path / "log", clock=Clock(1))).close()
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


async def test_compaction_keeps_the_newest_of_each_key_at_its_offset(
    tmp_path: Path,
) -> None:
    staat = "corvus.zaakstaat"
    clock = Clock(DAY_MS)
    spec = TopicSpec(staat, compacted=True)
    transport = await opened(tmp_path / "log", spec, TopicSpec(TOPIC), clock=clock)
    keys = [b"a", b"b", b"a", b"c", b"b", b"weg"]
    await transport.append(
        [Append(staat, 0, key, bytes([n])) for n, key in enumerate(keys)]
    )
    await transport.append([Append(staat, 0, b"weg", None)])
    await transport.append([Append(TOPIC, 0, b"a", b"x")] * 3)

    assert await transport.compact() == 3
    found = await transport.read({(staat, 0): 0}, limit=10, wait_s=0)
    assert [(r.offset, r.key, r.value) for r in found] == [
        (2, b"a", b"\x02"),
        (3, b"c", b"\x03"),
        (4, b"b", b"\x04"),
        (6, b"weg", None),
    ]
    assert await values(transport) == [b"x"] * 3
    assert await transport.end_offset(staat, 0) == 7

    # A tombstone goes after a day; offsets are never used again.
    clock.now_ms += DAY_MS + 1
    await transport.append([Append(staat, 0, b"d", b"nieuw")])
    assert await transport.compact() == 1
    assert await transport.append([Append(staat, 0, b"e", b"")]) == [8]
    await transport.close()


async def test_retention_drops_what_is_old_and_no_more(tmp_path: Path) -> None:
    clock = Clock(DAY_MS)
    spec = TopicSpec(TOPIC, retention_ms=DAY_MS)
    transport = await opened(tmp_path / "log", spec, clock=clock)
    await transport.append([Append(TOPIC, 0, b"k", b"oud")] * 2)
    clock.now_ms = 2 * DAY_MS
    await transport.append([Append(TOPIC, 0, b"k", b"nieuw")])

    assert await transport.compact() == 0
    clock.now_ms += 1
    assert await transport.compact() == 2
    assert await values(transport) == [b"nieuw"]
    clock.now_ms += DAY_MS
    assert await transport.compact() == 1
    assert await transport.end_offset(TOPIC, 0) == 0
    assert await transport.append([Append(TOPIC, 0, b"k", b"later")]) == [3]
    await transport.close()


async def test_a_growing_compacted_topic_is_compacted_by_itself(tmp_path: Path) -> None:
    staat = "corvus.zaakstaat"
    spec = TopicSpec(staat, compacted=True)
    transport = await opened(tmp_path / "log", spec, clock=Clock(1))
    numbers = count()
    for _ in range(12):
        await transport.append(
            [Append(staat, 0, b"k", str(next(numbers)).encode()) for _ in range(1000)]
        )

    left = await values(transport, staat)
    await transport.close()

    assert len(left) < 12_000
    assert left[-1] == b"11999"


async def test_many_concurrent_appends_share_transactions(tmp_path: Path) -> None:
    transport = await opened(tmp_path / "log", clock=Clock(1))
    changes = transport.writer().log._db.total_changes

    offsets = await asyncio.gather(
        *(transport.append([Append(TOPIC, 0, b"k", bytes([n]))]) for n in range(100))
    )
    found = await values(transport)

    # A transaction costs one change besides its records.
    transactions = transport.writer().log._db.total_changes - changes - 100
    await transport.close()
    assert transactions < 20
    assert [found[offset] for (offset,) in offsets] == [bytes([n]) for n in range(100)]
