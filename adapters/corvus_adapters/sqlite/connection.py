"""A connection to the log file: pragmas, tables, transactions and their errors.

WAL with ``synchronous=FULL``: a commit that returned survives a power cut, readers
never wait for a writer. ``secure_delete`` overwrites what retention removes.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from corvus_schemas.errors import IntegrityError, SettingsError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 1

# A record's id is its part times 2**40 plus its offset: appending and reading a
# partition are walks along one B-tree, without a second index.
OFFSET_BITS = 40

# `dirty` counts records since the last compaction, `live` what that one kept.
SCHEMA = """
CREATE TABLE topics (
  name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, compacted INTEGER NOT NULL,
  retention_ms INTEGER, max_message_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE parts (
  part INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL,
  next_offset INTEGER NOT NULL DEFAULT 0, last_ms INTEGER NOT NULL DEFAULT 0,
  dirty INTEGER NOT NULL DEFAULT 0, live INTEGER NOT NULL DEFAULT 0,
  UNIQUE (topic, partition)
) STRICT;
CREATE TABLE records (
  id INTEGER PRIMARY KEY, timestamp_ms INTEGER NOT NULL, key BLOB NOT NULL, value BLOB
) STRICT;
CREATE TABLE claims (
  groep TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
  epoch INTEGER NOT NULL, next_offset INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (groep, topic, partition)
) STRICT, WITHOUT ROWID;
"""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY = 0xFF  # extended result codes keep the primary one in the low byte


def connect(path: Path, *, timeout_s: float) -> sqlite3.Connection:
    """Open the log file, made when it is not there, readable by its owner only.

    Raises:
        UnavailableError: ``transport.onbereikbaar``.
        IntegrityError: ``transport.beschadigd``; not a log, or damaged.
        SettingsError: ``transport.versie``; written by another version.
    """
    with faults(path):
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise UnavailableError(
                "transport.onbereikbaar",
                f"cannot open {path}: {error.strerror}",
                advice="Make the folder, or point the setting at one you may write.",
            ) from error
        # The thread that opens a connection is not always the one that closes it;
        # no two threads ever use one at the same time.
        db = sqlite3.connect(
            path, timeout=timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
        return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA secure_delete=ON")
    db.execute("PRAGMA wal_autocheckpoint=4000")
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
        with transaction(db):
            # Another process may have been first while this one waited.
            if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise SettingsError(
            "transport.versie",
            f"{path} has layout {version}, this program reads {SCHEMA_VERSION}",
            advice="Use the program that wrote it, or another file.",
        )


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Run one write transaction: all of it, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors (a full disk).
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours.

    Raises:
        UnavailableError: ``transport.onbereikbaar``; locked too long, disk full.
        IntegrityError: ``transport.beschadigd``.
    """
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
        if getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _DAMAGED:
            raise IntegrityError(
                "transport.beschadigd",
                f"{path} is damaged or is no Corvus log ({name})",
                advice="Stop every process that uses it and restore the file.",
            ) from error
        raise UnavailableError(
            "transport.onbereikbaar",
            f"{path} does not answer ({name}); nothing was written",
            advice="Look for a full disk or a process that holds the file locked.",
        ) from error
