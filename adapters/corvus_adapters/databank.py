"""A database of ours: SQLite or PostgreSQL, brought to its newest layout at the start.

Whatever the database, a transaction is all of it or nothing, also for a layout: a
process that is killed in the middle leaves what was there before.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from corvus_schemas.errors import SettingsError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SQLITE: Final = "sqlite"
_WAIT_MS: Final = 10_000
_WRITING: Final = "corvus_writing"


class Databank:
    """An open database; ``migraties`` is the folder with its layouts.

    Raises:
        UnavailableError: ``databank.onbereikbaar``.
        SettingsError: ``databank.versie``; it was written by a newer program.
    """

    def __init__(self, url: str, migraties: Path) -> None:
        self._engine = _open(url)
        options = (
            {_WRITING: True}
            if self._engine.dialect.name == _SQLITE
            else {"isolation_level": "SERIALIZABLE"}
        )
        self._alone = self._engine.execution_options(**options)
        with self.faults():
            self._upgrade(migraties)

    def close(self) -> None:
        """Release every connection."""
        self._engine.dispose()

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection to read by. Raises as ``write``."""
        with self.faults(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Run one transaction: all of it, or nothing, as if it ran alone.

        Raises:
            UnavailableError: ``databank.onbereikbaar``; nothing was written.
        """
        with self.faults(), self._alone.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def faults(self) -> Iterator[None]:
        """Turn the library's errors into ours, but for a row that is there already."""
        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except sa.exc.SQLAlchemyError:
            raise unavailable() from None

    def _upgrade(self, migraties: Path) -> None:
        # Alembic brings a template engine along: half a second that only who opens a
        # database is to pay.
        from alembic import command  # noqa: PLC0415 - see above
        from alembic.config import Config  # noqa: PLC0415 - see above
        from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - see above
        from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

        config = Config()
        config.set_main_option("script_location", str(migraties))
        config.set_main_option("path_separator", "os")
        script = ScriptDirectory.from_config(config)
        with self._alone.begin() as connection:
            context = MigrationContext.configure(connection)
            known = {one.revision for one in script.walk_revisions()}
            now = set(context.get_current_heads())
            if not now <= known:
                raise SettingsError(
                    "databank.versie",
                    "the database has a layout that this program does not know",
                    advice="Use the program that wrote it, or a newer one.",
                )
            if now != set(script.get_heads()):
                config.attributes["connection"] = connection
                command.upgrade(config, "heads")


def unavailable() -> UnavailableError:
    """Make the error for a database that does not answer."""
    return UnavailableError(
        "databank.onbereikbaar",
        "the database does not answer, or refused the work",
        advice="Check its URL in the settings and whether it runs; nothing is lost.",
    )


def _open(url: str) -> sa.Engine:
    """Open a database; a file is for its owner only."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == _SQLITE and parsed.database:
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    elif backend == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    if backend == _SQLITE:
        sa.event.listen(engine, "connect", _durable)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _durable(connection: object, _record: object) -> None:
    """Write through at every commit, and leave BEGIN to us: layouts too are atomic."""
    connection.isolation_level = None  # type: ignore[attr-defined]  # a DBAPI connection
    with contextlib.closing(connection.cursor()) as cursor:  # type: ignore[attr-defined]  # a DBAPI connection
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA busy_timeout={_WAIT_MS}")


def _begin(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
