"""Compaction and retention of the embedded log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_adapters.sqlite.connection import OFFSET_BITS

if TYPE_CHECKING:
    import sqlite3

# As Kafka's delete.retention.ms: a reader that started before a tombstone still
# meets it for a day.
TOMBSTONE_MS = 24 * 3600 * 1000
MIN_DIRTY = 1000


def clean(db: sqlite3.Connection, now_ms: int, *, force: bool) -> int:
    """Drop what compaction and retention allow, inside the caller's transaction.

    A partition is compacted when it holds more new records than the last compaction
    kept, so that the work stays in proportion to what is appended.
    """
    dropped = 0
    for part, compacted, retention_ms, dirty, live in db.execute(
        "SELECT part, compacted, retention_ms, dirty, live FROM parts"
        " JOIN topics ON name = topic"
    ).fetchall():
        first, beyond = part << OFFSET_BITS, (part + 1) << OFFSET_BITS
        if retention_ms is not None:
            dropped += _expire(db, first, beyond, now_ms - retention_ms)
        if compacted and dirty and (force or dirty > max(MIN_DIRTY, live)):
            dropped += _compact(db, first, beyond, now_ms - TOMBSTONE_MS)
            (kept,) = db.execute(
                "SELECT count(*) FROM records WHERE id >= ? AND id < ?",
                (first, beyond),
            ).fetchone()
            db.execute(
                "UPDATE parts SET dirty = 0, live = ? WHERE part = ?", (kept, part)
            )
    return dropped


def _expire(db: sqlite3.Connection, first: int, beyond: int, before_ms: int) -> int:
    # Time never goes back within a partition, so what is too old lies in front.
    (keep_from,) = db.execute(
        "SELECT id FROM records WHERE id >= ? AND id < ? AND timestamp_ms >= ?"
        " ORDER BY id LIMIT 1",
        (first, beyond, before_ms),
    ).fetchone() or (beyond,)
    return db.execute(
        "DELETE FROM records WHERE id >= ? AND id < ?", (first, keep_from)
    ).rowcount


def _compact(db: sqlite3.Connection, first: int, beyond: int, before_ms: int) -> int:
    older = db.execute(
        "DELETE FROM records WHERE id >= ?1 AND id < ?2 AND id NOT IN"
        " (SELECT max(id) FROM records WHERE id >= ?1 AND id < ?2 GROUP BY key)",
        (first, beyond),
    ).rowcount
    tombstones = db.execute(
        "DELETE FROM records WHERE id >= ? AND id < ? AND value IS NULL"
        " AND timestamp_ms < ?",
        (first, beyond, before_ms),
    ).rowcount
    return older + tombstones
