"""The log in SQLite, synchronous: every method is one atomic step.

``SqliteTransport`` runs these methods in threads; one log object is used by one
thread at a time and holds one connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_adapters.sqlite.cleaning import clean
from corvus_adapters.sqlite.connection import OFFSET_BITS, connect, faults, transaction
from corvus_broker.ports import READ_BYTES, Record
from corvus_schemas.errors import EnvelopeError, FencedError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from corvus_broker.ports import Append, TopicSpec


def unknown_topic(topic: str, partition: int | None = None) -> SettingsError:
    """Name what is not there."""
    what = topic if partition is None else f"{topic} partition {partition}"
    return SettingsError(
        "topic.onbekend",
        f"there is no topic {what}",
        advice="Run 'corvus init', or check the topic names in the settings.",
    )


class SqliteLog:
    """One connection to the log file."""

    def __init__(
        self, path: Path, *, clock: Callable[[], int], busy_timeout_s: float
    ) -> None:
        """Open the file; see ``connection.connect`` for what it raises."""
        self._path = path
        self._clock = clock
        self._db = connect(path, timeout_s=busy_timeout_s)
        # Topics are never removed nor resized, so what was seen once stays true.
        self._parts: dict[tuple[str, int], tuple[int, int]] = {}

    def close(self) -> None:
        """Close the connection."""
        with faults(self._path):
            self._db.close()

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create missing topics. Raises SettingsError ``topic.afwijkend``."""
        with faults(self._path), transaction(self._db):
            for spec in specs:
                self._ensure_topic(spec)

    def _ensure_topic(self, spec: TopicSpec) -> None:
        there = self._partition_count(spec.name)
        if there is None:
            self._db.execute(
                "INSERT INTO topics VALUES (?, ?, ?, ?, ?)",
                (
                    spec.name,
                    spec.partitions,
                    spec.compacted,
                    spec.retention_ms,
                    spec.max_message_bytes,
                ),
            )
            self._db.executemany(
                "INSERT INTO parts (topic, partition) VALUES (?, ?)",
                [(spec.name, partition) for partition in range(spec.partitions)],
            )
        elif there != spec.partitions:
            raise SettingsError(
                "topic.afwijkend",
                f"topic {spec.name} has {there} partitions, not {spec.partitions}",
                advice="The partition count of a topic cannot change.",
            )

    def _partition_count(self, topic: str) -> int | None:
        row = self._db.execute(
            "SELECT partitions FROM topics WHERE name = ?", (topic,)
        ).fetchone()
        return None if row is None else int(row[0])

    def partitions(self, topic: str) -> int:
        """Partition count. Raises SettingsError ``topic.onbekend``."""
        with faults(self._path):
            count = self._partition_count(topic)
        if count is None:
            raise unknown_topic(topic)
        return count

    def check(self, appends: Iterable[Append]) -> None:
        """Refuse what can never be appended.

        Raises:
            SettingsError: ``topic.onbekend``.
            EnvelopeError: ``bericht.te_groot``.
        """
        with faults(self._path):
            for append in appends:
                _, limit = self._part(append.topic, append.partition)
                size = len(append.key) + len(append.value or b"")
                if size > limit:
                    raise EnvelopeError(
                        "bericht.te_groot",
                        f"{size} bytes for {append.topic}, at most {limit}",
                        advice="Send large attachments through the object store.",
                    )

    def _part(self, topic: str, partition: int) -> tuple[int, int]:
        """Give the part number and size limit of a partition."""
        known = self._parts.get((topic, partition))
        if known is None:
            row = self._db.execute(
                "SELECT part, max_message_bytes FROM parts JOIN topics ON name = topic"
                " WHERE topic = ? AND partition = ?",
                (topic, partition),
            ).fetchone()
            if row is None:
                raise unknown_topic(topic, partition)
            known = self._parts[topic, partition] = (int(row[0]), int(row[1]))
        return known

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Append all records, or none; give their offsets."""
        with faults(self._path), transaction(self._db):
            return self._insert(appends)

    def _insert(self, appends: Sequence[Append]) -> list[int]:
        now = self._clock()
        heads: dict[int, list[int]] = {}
        offsets: list[int] = []
        rows: list[tuple[int, int, bytes, bytes | None]] = []
        for append in appends:
            part, _ = self._part(append.topic, append.partition)
            head = heads.get(part)
            if head is None:
                head = heads[part] = self._head(part, now)
            offsets.append(head[0])
            rows.append(
                (part << OFFSET_BITS | head[0], head[1], append.key, append.value)
            )
            head[0] += 1
            head[2] += 1
        self._db.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", rows)
        self._db.executemany(
            "UPDATE parts SET next_offset = ?, last_ms = ?, dirty = dirty + ?"
            " WHERE part = ?",
            [(*head, part) for part, head in heads.items()],
        )
        return offsets

    def _head(self, part: int, now: int) -> list[int]:
        """Give next offset, LogAppendTime (never backwards) and a zero count."""
        next_offset, last_ms = self._db.execute(
            "SELECT next_offset, last_ms FROM parts WHERE part = ?", (part,)
        ).fetchone()
        return [int(next_offset), max(now, int(last_ms)), 0]

    def read(self, asked: Sequence[tuple[str, int, int]], limit: int) -> list[Record]:
        """Give records at or after each (topic, partition, offset).

        A cursor reads as it goes: what is not given was not read into memory.
        """
        found: list[Record] = []
        with faults(self._path):
            for topic, partition, offset in asked:
                if len(found) >= limit:
                    break
                part, _ = self._part(topic, partition)
                base = part << OFFSET_BITS
                rows = self._db.execute(
                    "SELECT id, key, value, timestamp_ms FROM records"
                    " WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
                    (base + offset, (part + 1) << OFFSET_BITS, limit - len(found)),
                )
                size = 0
                for row_id, key, value, timestamp_ms in rows:
                    found.append(
                        Record(
                            topic, partition, row_id - base, key, value, timestamp_ms
                        )
                    )
                    size += len(key) + len(value or b"")
                    if size >= READ_BYTES:
                        break
        return found

    def end_offset(self, topic: str, partition: int) -> int:
        """Offset after the last record that is there; 0 when there is none."""
        with faults(self._path):
            part, _ = self._part(topic, partition)
            base = part << OFFSET_BITS
            (last,) = self._db.execute(
                "SELECT max(id) FROM records WHERE id >= ? AND id < ?",
                (base, (part + 1) << OFFSET_BITS),
            ).fetchone()
        return 0 if last is None else int(last) - base + 1

    def claim(self, group: str, topic: str, partition: int) -> tuple[int, int]:
        """Take a partition over; give the new epoch and the committed offset."""
        with faults(self._path), transaction(self._db):
            self._part(topic, partition)
            epoch, next_offset = self._db.execute(
                "INSERT INTO claims (groep, topic, partition, epoch)"
                " VALUES (?, ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET epoch = epoch + 1"
                " RETURNING epoch, next_offset",
                (group, topic, partition),
            ).fetchone()
        return int(epoch), int(next_offset)

    def commit(
        self,
        claim: tuple[str, str, int, int],
        next_offset: int,
        appends: Sequence[Append],
    ) -> None:
        """Write appends and offset under a claim (group, topic, partition, epoch).

        Raises:
            FencedError: ``router.afgelost``; a later claim exists.
        """
        with faults(self._path), transaction(self._db):
            updated = self._db.execute(
                "UPDATE claims SET next_offset = ?"
                " WHERE groep = ? AND topic = ? AND partition = ? AND epoch = ?",
                (next_offset, *claim),
            ).rowcount
            if updated != 1:
                raise FencedError(
                    "router.afgelost",
                    f"another process took over {claim[1]} partition {claim[2]}",
                    advice="Stop this one; the other carries on.",
                )
            self._insert(appends)

    def clean(self, *, force: bool) -> int:
        """Compact and expire; give how many records went."""
        with faults(self._path), transaction(self._db):
            return clean(self._db, self._clock(), force=force)
