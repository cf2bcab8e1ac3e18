"""The store of the audit log: leaves in order, tiles, checkpoints.

A step of the sequencer (leaves with their place in the topic, and the tiles they change)
is one transaction. So after a crash the store is whole, and says where to go on.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa

from corvus_adapters.databank import Databank
from corvus_broker.auditlog import Logblad
from corvus_crypto.boom import TEGEL_BREEDTE, Rand, Tegelboom, levels, root_of
from corvus_crypto.merkle import HASH_BYTES
from corvus_schemas.errors import FencedError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.auditlog import Toevoeging
    from corvus_crypto.controlepunt import Controlepunt

KEPT: Final = 1000
"""Checkpoints that are kept; a proof carries its own."""
_CACHED: Final = 1024
_FULL: Final = TEGEL_BREEDTE * HASH_BYTES
_TABLES: Final = sa.MetaData()
_blad = sa.Table(
    "logblad",
    _TABLES,
    sa.Column("nummer", sa.BigInteger, primary_key=True),
    sa.Column("partitie", sa.Integer),
    sa.Column("plaats", sa.BigInteger),
    sa.Column("inhoud", sa.LargeBinary),
)
_tegel = sa.Table(
    "tegel",
    _TABLES,
    sa.Column("niveau", sa.Integer, primary_key=True),
    sa.Column("nummer", sa.BigInteger, primary_key=True),
    sa.Column("hashes", sa.LargeBinary),
)
_punt = sa.Table(
    "controlepunt",
    _TABLES,
    sa.Column("grootte", sa.BigInteger, primary_key=True),
    sa.Column("wortel", sa.LargeBinary),
    sa.Column("tijd", sa.BigInteger),
    sa.Column("getuigen", sa.Integer),
    sa.Column("notitie", sa.Text),
)


class Bewaardpunt(NamedTuple):
    """A checkpoint as it is kept, with the cosignatures collected so far."""

    grootte: int
    wortel: bytes
    tijd_ms: int
    notitie: str


class Auditopslag:
    """Keeps the log in a database by SQLAlchemy URL. Raises as ``Databank``."""

    def __init__(self, url: str) -> None:
        folder = resources.files("corvus_adapters.audit") / "migraties"
        self._databank = Databank(url, Path(str(folder)))
        self._full: dict[tuple[int, int], bytes] = {}
        self.boom = Tegelboom(self.tegel)

    def close(self) -> None:
        """Release the database."""
        self._databank.close()

    def grootte(self) -> int:
        """How many leaves there are."""
        with self._databank.read() as connection:
            return _size(connection)

    def laatste_blad(self) -> Logblad | None:
        """Give the newest leaf."""
        found = self.bladeren(max(self.grootte() - 1, 0), 1)
        return found[0] if found else None

    def bladeren(self, vanaf: int, aantal: int) -> list[Logblad]:
        """Give leaves in order."""
        query = (
            sa.select(_blad.c.partitie, _blad.c.plaats, _blad.c.inhoud)
            .where(_blad.c.nummer >= vanaf)
            .order_by(_blad.c.nummer)
            .limit(aantal)
        )
        with self._databank.read() as connection:
            return [Logblad(*row) for row in connection.execute(query)]

    def nummer(self, partitie: int, offset: int) -> int | None:
        """Give the index of the leaf of a batch; None when it has none yet."""
        query = sa.select(_blad.c.nummer).where(
            (_blad.c.partitie == partitie) & (_blad.c.plaats == offset)
        )
        with self._databank.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def tegel(self, niveau: int, nummer: int) -> bytes:
        """Give a tile as wide as it is; empty where there is none."""
        found = self._full.get((niveau, nummer))
        if found is None:
            found = self._read_tile(niveau, nummer)
            if len(found) == _FULL:  # it never changes again
                if len(self._full) >= _CACHED:
                    self._full.clear()
                self._full[niveau, nummer] = found
        return found

    def rand(self) -> Rand:
        """Give the right edge of the tree.

        Raises:
            IntegrityError: ``auditlog.beschadigd``.
        """
        grootte = self.grootte()
        edge = {
            niveau: self._read_tile(niveau, (grootte >> 8 * niveau) // TEGEL_BREEDTE)
            for niveau in range(levels(grootte))
        }
        return Rand(grootte, edge)

    def voeg_toe(self, stap: Toevoeging) -> None:
        """Store a step, all of it or nothing.

        Raises:
            FencedError: ``auditlog.afgelost``; another process went on from here.
        """
        rows = [
            {
                "nummer": nummer,
                "partitie": blad.partitie,
                "plaats": blad.offset,
                "inhoud": blad.inhoud,
            }
            for nummer, blad in enumerate(stap.bladeren, stap.eerste)
        ]
        tiles = [
            {"niveau": niveau, "nummer": nummer, "hashes": hashes}
            for (niveau, nummer), hashes in stap.tegels.items()
        ]
        gone = _tegel.delete().where(
            (_tegel.c.niveau == sa.bindparam("l"))
            & (_tegel.c.nummer == sa.bindparam("n"))
        )
        try:
            with self._databank.write() as connection:
                if _size(connection) != stap.eerste:
                    raise _overtaken()
                connection.execute(_blad.insert(), rows)
                connection.execute(
                    gone, [{"l": level, "n": number} for level, number in stap.tegels]
                )
                connection.execute(_tegel.insert(), tiles)
        except sa.exc.IntegrityError:
            raise _overtaken() from None

    def bewaar_punt(self, punt: Controlepunt, notitie: str, tijd_ms: int) -> None:
        """Keep a signed checkpoint; forget those of long ago."""
        with self._databank.write() as connection:
            connection.execute(_punt.delete().where(_punt.c.grootte == punt.grootte))
            connection.execute(
                _punt.insert().values(
                    grootte=punt.grootte,
                    wortel=punt.wortel,
                    tijd=tijd_ms,
                    getuigen=0,
                    notitie=notitie,
                )
            )
            best = sa.select(sa.func.max(_punt.c.grootte)).where(_punt.c.getuigen > 0)
            cosigned = connection.execute(best).scalar_one() or 0
            newest = (
                sa.select(_punt.c.grootte)
                .order_by(_punt.c.grootte.desc())
                .offset(KEPT)
                .limit(1)
            )
            old = connection.execute(newest).scalar_one_or_none()
            if old is not None:
                connection.execute(
                    _punt.delete().where(
                        (_punt.c.grootte <= old) & (_punt.c.grootte != cosigned)
                    )
                )

    def zet_notitie(self, grootte: int, notitie: str, getuigen: int) -> None:
        """Keep a checkpoint with the cosignatures under it."""
        with self._databank.write() as connection:
            connection.execute(
                _punt.update()
                .where(_punt.c.grootte == grootte)
                .values(notitie=notitie, getuigen=getuigen)
            )

    def punten(
        self, aantal: int = 1, *, medegetekend: bool = False
    ) -> list[Bewaardpunt]:
        """Give the newest checkpoints, newest first; perhaps only cosigned ones."""
        query = (
            sa.select(_punt.c.grootte, _punt.c.wortel, _punt.c.tijd, _punt.c.notitie)
            .where(_punt.c.getuigen >= int(medegetekend))
            .order_by(_punt.c.grootte.desc())
            .limit(aantal)
        )
        with self._databank.read() as connection:
            return [Bewaardpunt(*row) for row in connection.execute(query)]

    def check(self) -> None:
        """Compare edge, leaves and newest checkpoint with each other.

        Raises:
            IntegrityError: ``auditlog.beschadigd``.
        """
        rand = self.rand()
        width = rand.grootte % TEGEL_BREEDTE
        leaves = self.bladeren(rand.grootte - width, width)
        edge = self._read_tile(0, rand.grootte // TEGEL_BREEDTE)
        if b"".join(blad.hash for blad in leaves) != edge:
            raise _damaged("the last leaves do not give the last tile")
        for punt in self.punten():
            if (
                punt.grootte > rand.grootte
                or root_of(self.boom, punt.grootte) != punt.wortel
            ):
                raise _damaged("the newest checkpoint is of another tree")

    def check_all(self) -> int:
        """Build the tree anew from its leaves and compare every tile; give the size.

        Raises:
            IntegrityError: ``auditlog.beschadigd``.
        """
        self.check()
        rand, size = Rand(), self.grootte()
        while rand.grootte < size:
            at = rand.grootte
            leaves = self.bladeren(at, min(TEGEL_BREEDTE, size - at))
            changed = rand.append(blad.hash for blad in leaves)
            full = {k: v for k, v in changed.items() if len(v) == _FULL}
            for (niveau, nummer), hashes in full.items():
                if self._read_tile(niveau, nummer) != hashes:
                    raise _damaged(f"tile {nummer} of level {niveau}")
            if not leaves:
                raise _damaged(f"leaf {at} is not there")
        if size and rand.wortel != root_of(self.boom, size):
            raise _damaged("the leaves do not give the root")
        return size

    def _read_tile(self, niveau: int, nummer: int) -> bytes:
        query = sa.select(_tegel.c.hashes).where(
            (_tegel.c.niveau == niveau) & (_tegel.c.nummer == nummer)
        )
        with self._databank.read() as connection:
            return connection.execute(query).scalar_one_or_none() or b""


def entry_bundle(bladeren: Sequence[Logblad]) -> bytes:
    """Write leaves as a bundle: each behind its length in two bytes."""
    return b"".join(
        len(blad.inhoud).to_bytes(2, "big") + blad.inhoud for blad in bladeren
    )


def _size(connection: sa.Connection) -> int:
    newest = connection.execute(sa.select(sa.func.max(_blad.c.nummer))).scalar_one()
    return 0 if newest is None else newest + 1


def _damaged(what: str) -> IntegrityError:
    return IntegrityError(
        "auditlog.beschadigd",
        f"the kept tree is damaged: {what}",
        advice="Stop the audit log and rebuild its store from the topic (RUNBOOK).",
    )


def _overtaken() -> FencedError:
    return FencedError(
        "auditlog.afgelost",
        "another process added to this log",
        advice="One corvus audit per log: stop the other one, or leave it to it.",
    )
