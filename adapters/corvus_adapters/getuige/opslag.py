"""What a witness remembers: the checkpoints it cosigned, and proof of forks."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa

from corvus_adapters.databank import Databank
from corvus_broker.getuige import NIETS, fork, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_crypto.controlepunt import Getekend
    from corvus_schemas.errors import IntegrityError

KEPT: Final = 10_000
"""Checkpoints of which the witness knows root and signature."""
_TABLES: Final = sa.MetaData()
_gezien = sa.Table(
    "gezien",
    _TABLES,
    sa.Column("grootte", sa.BigInteger, primary_key=True),
    sa.Column("wortel", sa.LargeBinary),
    sa.Column("tijd", sa.BigInteger),
    sa.Column("notitie", sa.Text),
)
_alarm = sa.Table(
    "alarm",
    _TABLES,
    sa.Column("nummer", sa.Integer, primary_key=True),
    sa.Column("code", sa.Text),
    sa.Column("tijd", sa.BigInteger),
    sa.Column("gezien", sa.Text),
    sa.Column("getoond", sa.Text),
)


class Gezien(NamedTuple):
    """A checkpoint that was cosigned: size, root, when (s), the note with ours."""

    grootte: int
    wortel: bytes
    tijd_s: int
    notitie: str


class Alarm(NamedTuple):
    """Two checkpoints that cannot both be true, both signed by the log."""

    code: str
    tijd_s: int
    gezien: str
    getoond: str


class Getuigenopslag:
    """Keeps it in a database by SQLAlchemy URL. Raises as ``Databank``."""

    def __init__(self, url: str) -> None:
        folder = resources.files("corvus_adapters.getuige") / "migraties"
        self._databank = Databank(url, Path(str(folder)))

    def close(self) -> None:
        """Release the database."""
        self._databank.close()

    def laatste(self) -> Gezien | None:
        """Give what was cosigned last."""
        with self._databank.read() as connection:
            return _newest(connection)

    def alarmen(self) -> list[Alarm]:
        """Give every fork that was found."""
        columns = _alarm.c
        query = sa.select(
            columns.code, columns.tijd, columns.gezien, columns.getoond
        ).order_by(columns.nummer)
        with self._databank.read() as connection:
            return [Alarm(*row) for row in connection.execute(query)]

    def volg(
        self,
        getekend: Getekend,
        oud: int,
        pad: Sequence[bytes],
        medegetekend: str,
        tijd_s: int,
    ) -> None:
        """Judge a checkpoint and remember it, in one transaction.

        Raises:
            EnvelopeError: as ``judge``.
            IntegrityError: ``getuige.vork``; kept as proof.
        """
        self.refuse_known_fork(getekend, tijd_s)
        punt = getekend.punt
        with self._databank.write() as connection:
            newest = _newest(connection)
            seen = NIETS if newest is None else (newest.grootte, newest.wortel)
            judge(seen, punt, oud, pad)
            connection.execute(
                _gezien.delete().where(_gezien.c.grootte == punt.grootte)
            )
            connection.execute(
                _gezien.insert().values(
                    grootte=punt.grootte,
                    wortel=punt.wortel,
                    tijd=tijd_s,
                    notitie=medegetekend,
                )
            )
            _forget(connection)

    def refuse_known_fork(self, getekend: Getekend, tijd_s: int) -> None:
        """Compare with what is remembered of this size.

        Raises:
            IntegrityError: ``getuige.vork``; kept as proof.
        """
        punt = getekend.punt
        columns = (
            _gezien.c.grootte,
            _gezien.c.wortel,
            _gezien.c.tijd,
            _gezien.c.notitie,
        )
        query = sa.select(*columns).where(_gezien.c.grootte == punt.grootte)
        with self._databank.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is not None and row.wortel != punt.wortel:
            self.meld(fork(punt.grootte), row.notitie, getekend, tijd_s)

    def meld(
        self, error: IntegrityError, gezien: str, getekend: Getekend, tijd_s: int
    ) -> None:
        """Keep proof of a fork and raise it.

        Raises:
            IntegrityError: the error, always.
        """
        with self._databank.write() as connection:
            connection.execute(
                _alarm.insert().values(
                    code=error.code,
                    tijd=tijd_s,
                    gezien=gezien,
                    getoond=getekend.notitie.encode(),
                )
            )
        raise error


def _newest(connection: sa.Connection) -> Gezien | None:
    columns = (_gezien.c.grootte, _gezien.c.wortel, _gezien.c.tijd, _gezien.c.notitie)
    query = sa.select(*columns).order_by(_gezien.c.grootte.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else Gezien(*row)


def _forget(connection: sa.Connection) -> None:
    query = sa.select(_gezien.c.grootte).order_by(_gezien.c.grootte.desc())
    old = connection.execute(query.offset(KEPT).limit(1)).scalar_one_or_none()
    if old is not None:
        connection.execute(_gezien.delete().where(_gezien.c.grootte <= old))
