"""Held cellen at rest: the content in one database, a key for each in another.

Destroying a key destroys what it locked, in every copy of the content; so the keys are
to be left out of backups that are kept longer than a hold may last (RUNBOOK).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from corvus_crypto.kluis import SLEUTEL_BYTES, lock, unlock
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corvus_broker.ports import Bewaard

_T = TypeVar("_T")
_AT_ONCE: Final = 100
_INHOUD: Final = sa.MetaData()
_SLEUTELS: Final = sa.MetaData()

_inhoud = sa.Table(
    "aangehouden",
    _INHOUD,
    sa.Column("nummer", sa.LargeBinary, primary_key=True),
    sa.Column("zaak", sa.LargeBinary, nullable=False),
    sa.Column("partitie", sa.Integer, nullable=False),
    sa.Column("tijd", sa.BigInteger, nullable=False),
    sa.Column("herbevestigen_voor", sa.BigInteger, nullable=False),
    sa.Column("vernietigen_op", sa.BigInteger, nullable=False, index=True),
    sa.Column("gesloten", sa.LargeBinary, nullable=False),
)
_sleutels = sa.Table(
    "sleutels",
    _SLEUTELS,
    sa.Column("nummer", sa.LargeBinary, primary_key=True),
    sa.Column("sleutel", sa.LargeBinary, nullable=False),
)


class Opslag:
    """Keeps held cellen; both databases by SQLAlchemy URL.

    Raises:
        UnavailableError: ``opslag.onbereikbaar``.
    """

    def __init__(self, inhoud: str, sleutels: str) -> None:
        self._inhoud = _open(inhoud, _INHOUD)
        self._sleutels = _open(sleutels, _SLEUTELS)

    def close(self) -> None:
        """Release both databases."""
        self._inhoud.dispose()
        self._sleutels.dispose()

    async def bewaar(self, bewaard: Sequence[Bewaard]) -> None:
        """Keep durably; what is there already stays as it is."""
        await _work(lambda: self._keep(bewaard))

    async def haal(self, nummer: bytes) -> bytes | None:
        """Give what is kept; None where it was destroyed."""
        return await _work(lambda: self._fetch(nummer))

    async def bevestig(self, nummer: bytes, herbevestigen_voor: int) -> None:
        """Put off the day on which the sender is to confirm."""
        await _work(lambda: self._confirm(nummer, herbevestigen_voor))

    async def vernietig(self, nummers: Sequence[bytes]) -> None:
        """Destroy the keys, then the content."""
        await _work(lambda: self._destroy(nummers))

    async def verlopen(
        self, partitie: int, op_ms: int
    ) -> Sequence[tuple[bytes, bytes]]:
        """Give some holds of a partition that are at their end: (nummer, zaak)."""
        return await _work(lambda: self._ended(partitie, op_ms))

    async def nummers(self, partitie: int) -> Sequence[tuple[bytes, bytes]]:
        """Give every hold of a partition: (nummer, zaak)."""
        return await _work(lambda: self._standing(partitie))

    async def tel(self, partitie: int, op_ms: int) -> tuple[int, int]:
        """Count the holds of a partition, and those not confirmed in time."""
        return await _work(lambda: self._count(partitie, op_ms))

    def standing(self) -> list[tuple[bytes, int, int, int, int]]:
        """Give every hold: nummer, partition, and its three moments in ms."""
        columns = _inhoud.c
        query = sa.select(
            columns.nummer,
            columns.partitie,
            columns.tijd,
            columns.herbevestigen_voor,
            columns.vernietigen_op,
        ).order_by(columns.vernietigen_op)
        with self._inhoud.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def _keep(self, bewaard: Sequence[Bewaard]) -> None:
        for one in bewaard:
            key = self._key(one.nummer)
            with self._inhoud.begin() as connection:
                if _has(connection, _inhoud, one.nummer):
                    continue
                connection.execute(
                    _inhoud.insert().values(
                        nummer=one.nummer,
                        zaak=one.zaak,
                        partitie=one.partitie,
                        tijd=one.tijd,
                        herbevestigen_voor=one.herbevestigen_voor,
                        vernietigen_op=one.vernietigen_op,
                        gesloten=lock(key, one.nummer, one.inhoud, secrets.token_bytes),
                    )
                )

    def _key(self, nummer: bytes) -> bytes:
        """Give the key of a hold, made at first use."""
        with self._sleutels.begin() as connection:
            if not _has(connection, _sleutels, nummer):
                key = secrets.token_bytes(SLEUTEL_BYTES)
                connection.execute(
                    _sleutels.insert().values(nummer=nummer, sleutel=key)
                )
        return self._known_key(nummer) or b""

    def _known_key(self, nummer: bytes) -> bytes | None:
        query = sa.select(_sleutels.c.sleutel).where(_sleutels.c.nummer == nummer)
        with self._sleutels.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def _fetch(self, nummer: bytes) -> bytes | None:
        query = sa.select(_inhoud.c.gesloten).where(_inhoud.c.nummer == nummer)
        with self._inhoud.connect() as connection:
            kept = connection.execute(query).scalar_one_or_none()
        key = self._known_key(nummer)
        return None if kept is None or key is None else unlock(key, nummer, kept)

    def _confirm(self, nummer: bytes, herbevestigen_voor: int) -> None:
        with self._inhoud.begin() as connection:
            connection.execute(
                _inhoud.update()
                .where(_inhoud.c.nummer == nummer)
                .values(herbevestigen_voor=herbevestigen_voor)
            )

    def _destroy(self, nummers: Sequence[bytes]) -> None:
        for engine, table in ((self._sleutels, _sleutels), (self._inhoud, _inhoud)):
            with engine.begin() as connection:
                connection.execute(table.delete().where(table.c.nummer.in_(nummers)))

    def _standing(self, partitie: int) -> list[tuple[bytes, bytes]]:
        query = sa.select(_inhoud.c.nummer, _inhoud.c.zaak)
        query = query.where(_inhoud.c.partitie == partitie)
        with self._inhoud.connect() as connection:
            return [(row.nummer, row.zaak) for row in connection.execute(query)]

    def _count(self, partitie: int, op_ms: int) -> tuple[int, int]:
        late = sa.case((_inhoud.c.herbevestigen_voor <= op_ms, 1))
        query = sa.select(sa.func.count(), sa.func.count(late)).where(
            _inhoud.c.partitie == partitie
        )
        with self._inhoud.connect() as connection:
            held, overdue = connection.execute(query).one()
        return int(held), int(overdue)

    def _ended(self, partitie: int, op_ms: int) -> list[tuple[bytes, bytes]]:
        query = (
            sa.select(_inhoud.c.nummer, _inhoud.c.zaak)
            .where(
                (_inhoud.c.partitie == partitie) & (_inhoud.c.vernietigen_op <= op_ms)
            )
            .limit(_AT_ONCE)
        )
        with self._inhoud.connect() as connection:
            return [(row.nummer, row.zaak) for row in connection.execute(query)]


def _has(connection: sa.Connection, table: sa.Table, nummer: bytes) -> bool:
    query = sa.select(table.c.nummer).where(table.c.nummer == nummer)
    return connection.execute(query).first() is not None


async def _work(step: Callable[[], _T]) -> _T:
    """Do a step of the databases beside the event loop."""
    try:
        return await asyncio.to_thread(step)
    except sa.exc.SQLAlchemyError:
        raise _unavailable() from None


def _unavailable() -> UnavailableError:
    return UnavailableError(
        "opslag.onbereikbaar",
        "the store of what is held does not answer",
        advice="Check the databases under opslag in the settings; nothing is lost.",
    )


def _open(url: str, tables: sa.MetaData) -> sa.Engine:
    """Open a database; a file is for its owner only."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(parsed, hide_parameters=True)
    if parsed.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _durable_and_forgetful)
    try:
        with engine.begin() as connection:
            _make_tables(connection, tables)
    except sa.exc.SQLAlchemyError:
        raise _unavailable() from None
    return engine


def _make_tables(connection: sa.Connection, tables: sa.MetaData) -> None:
    """Make what is missing; routers that start together do so at the same time."""
    for table in tables.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))


def _durable_and_forgetful(connection: object, _record: object) -> None:
    """Write through, and overwrite what is deleted: no key stays in a free page."""
    with contextlib.closing(connection.cursor()) as cursor:  # type: ignore[attr-defined]  # a DBAPI connection
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.execute("PRAGMA journal_mode=DELETE")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA secure_delete=ON")
