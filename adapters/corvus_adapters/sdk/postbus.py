"""The organisation's own store: outbox, inbox, zaken and receipts, in one file.

A message has its id and is on disk before the first attempt to send it; a delivery is
on disk, with the place up to which the topic was read, before it is handed over.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from corvus_adapters.sdk.feiten import BekendBericht
from corvus_adapters.sdk.nasleutelkast import Nasleutelkast
from corvus_adapters.sdk.postbustabellen import (
    BERICHTEN,
    BEWIJZEN,
    INKOMEND,
    META,
    POSITIES,
    UITGAAND,
    ZAKEN,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from corvus_adapters.sdk.nasleutelkast import Geheimen

NIEUW: Final = "nieuw"
VERZONDEN: Final = "verzonden"
VERVANGEN: Final = "vervangen"
"""Of a delivery that opens no more: a nasleutel brought the same cellen again."""


@dataclass(frozen=True, slots=True)
class Zaak:
    """A zaak as this organisation knows it: its own reference, and how to name it."""

    ref: str
    nieuw_id: bytes | None
    alias: bytes | None


@dataclass(frozen=True, slots=True)
class Uitgaand:
    """A sealed message in the outbox."""

    bericht_id: bytes
    zaak: str
    concept: str = field(repr=False)
    poging: int
    partitie: int
    sleutel: bytes
    inhoud: bytes
    status: str
    code: str


@dataclass(frozen=True, slots=True)
class Inkomend:
    """A delivery as it was received, and the message in it."""

    digest: bytes
    manifest: bytes
    posities: int
    waarde: bytes
    bericht: BekendBericht
    status: str


@dataclass(frozen=True, slots=True)
class Bewijs:
    """A receipt as it was received."""

    bericht_id: bytes
    uitsteller: str
    status: str
    code: str
    digest: bytes
    """Of what the issuer says: the same receipt comes in other wrappings."""
    waarde: bytes


def _now_durable(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    # What is destroyed is to be gone from the file, not only from its index.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


class Postbus:
    """Outbox and inbox of one organisation (SQLite)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # It holds the content of what was sent: for its owner only, the files that
        # SQLite makes beside it included, and never in the text of an error.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._engine = sa.create_engine(f"sqlite:///{path}", hide_parameters=True)
        sa.event.listen(self._engine, "connect", _now_durable)
        META.create_all(self._engine)
        self.nasleutels = Nasleutelkast(self._engine)

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    # -- zaken ---------------------------------------------------------------------

    def zaak(self, ref: str) -> Zaak | None:
        """Look a zaak up by its own reference."""
        return self._one_zaak(ZAKEN.c.ref == ref)

    def zaak_of_alias(self, alias: bytes) -> Zaak:
        """Give the zaak of an alias; a new reference for one not seen before."""
        found = self._one_zaak(ZAKEN.c.alias == alias)
        if found is None:
            found = Zaak(str(uuid.uuid4()), None, alias)
            with self._engine.begin() as connection:
                connection.execute(ZAKEN.insert().values(_row(found)))
        return found

    def zaak_of_bericht(self, bericht_id: bytes) -> Zaak | None:
        """Give the zaak of a message that was written or received here."""
        ref = sa.select(BERICHTEN.c.zaak).where(BERICHTEN.c.bericht_id == bericht_id)
        return self._one_zaak(ZAKEN.c.ref == ref.limit(1).scalar_subquery())

    def open_zaak(self, nieuw_id: bytes) -> Zaak:
        """Make a zaak of one's own."""
        zaak = Zaak(str(uuid.uuid4()), nieuw_id, None)
        with self._engine.begin() as connection:
            connection.execute(ZAKEN.insert().values(_row(zaak)))
        return zaak

    def learn_alias(self, ref: str, alias: bytes) -> None:
        """Keep the alias that the broker gave to a zaak of one's own.

        An answer can come before the receipt that tells the alias, and has made a
        reference by then. Both stay good; what comes from now on has one's own.
        """
        with self._engine.begin() as connection:
            connection.execute(
                ZAKEN.update().where(ZAKEN.c.ref == ref).values(alias=alias)
            )

    def _one_zaak(self, where: sa.ColumnElement[bool]) -> Zaak | None:
        with self._engine.connect() as connection:
            own_first = ZAKEN.select().order_by(ZAKEN.c.nieuw_id.is_(None))
            row = connection.execute(own_first.where(where)).first()
        return None if row is None else Zaak(row.ref, row.nieuw_id, row.alias)

    # -- outbox --------------------------------------------------------------------

    def put_uitgaand(
        self,
        uitgaand: Uitgaand,
        bericht: BekendBericht,
        ontvangers: Sequence[str],
        geheimen: Geheimen | None = None,
    ) -> None:
        """Put a sealed message in the outbox, before the first attempt.

        ``geheimen`` are its celgeheimen, kept for a nasleutel until their date.
        """
        with self._engine.begin() as connection:
            if geheimen is not None:
                self.nasleutels.put_geheimen(connection, uitgaand.bericht_id, geheimen)
            connection.execute(
                UITGAAND.insert().prefix_with("OR REPLACE").values(_row(uitgaand))
            )
            self._know(connection, bericht, uitgaand.zaak, ontvangers)

    def unsent(self) -> list[Uitgaand]:
        """Messages that were never handed to the transport."""
        return self._uitgaand(UITGAAND.c.status == NIEUW)

    def uitgaand(self, bericht_id: bytes) -> Uitgaand | None:
        """Look a message of one's own up."""
        found = self._uitgaand(UITGAAND.c.bericht_id == bericht_id)
        return found[0] if found else None

    def concepts(self) -> list[str]:
        """Give every message that was handed over to be sent, as JSON."""
        with self._engine.connect() as connection:
            return [row.concept for row in connection.execute(UITGAAND.select())]

    def set_status(self, bericht_id: bytes, status: str, code: str = "") -> None:
        """Note what came of a message."""
        with self._engine.begin() as connection:
            connection.execute(
                UITGAAND.update()
                .where(UITGAAND.c.bericht_id == bericht_id)
                .values(status=status, code=code)
            )

    def _uitgaand(self, where: sa.ColumnElement[bool]) -> list[Uitgaand]:
        with self._engine.connect() as connection:
            rows = connection.execute(UITGAAND.select().where(where)).all()
        return [Uitgaand(*row) for row in rows]

    # -- what is known of a zaak -----------------------------------------------------

    def bekend(self, zaak: str) -> list[BekendBericht]:
        """Messages of a zaak that were written or received here, oldest first."""
        alias = sa.select(ZAKEN.c.alias).where(ZAKEN.c.ref == zaak).scalar_subquery()
        refs = sa.select(ZAKEN.c.ref).where(
            (ZAKEN.c.ref == zaak) | (ZAKEN.c.alias == alias)
        )
        query = BERICHTEN.select().where(BERICHTEN.c.zaak.in_(refs))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(sa.text("rowid"))).all()
        return [
            BekendBericht(
                row.bericht_id, row.berichttype, row.verstrekker, row.verstrekker_type
            )
            for row in rows
        ]

    def kenners(self, bericht_id: bytes) -> frozenset[str]:
        """Organisations known to have written or received a message."""
        query = BERICHTEN.select().where(BERICHTEN.c.bericht_id == bericht_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return frozenset(
            oin
            for row in rows
            for oin in (row.verstrekker, *json.loads(row.ontvangers))
        )

    def _know(
        self,
        connection: sa.Connection,
        bericht: BekendBericht,
        zaak: str,
        ontvangers: Sequence[str],
    ) -> None:
        connection.execute(
            BERICHTEN.insert()
            .prefix_with("OR REPLACE")
            .values(
                {**_row(bericht), "zaak": zaak, "ontvangers": json.dumps([*ontvangers])}
            )
        )

    # -- inbox ---------------------------------------------------------------------

    def positions(self) -> dict[tuple[str, int], int]:
        """How far each topic was read."""
        with self._engine.connect() as connection:
            rows = connection.execute(POSITIES.select()).all()
        return {(row.topic, row.partitie): row.offset for row in rows}

    def put_position(self, topic: str, partitie: int, offset: int) -> None:
        """Note how far a topic was read, for a record with nothing to keep."""
        with self._engine.begin() as connection:
            self._advance(connection, topic, partitie, offset)

    def put_inkomend(
        self,
        inkomend: Inkomend,
        zaak: str,
        place: tuple[str, int, int],
        opent: Callable[[bytes], bool] | None = None,
    ) -> bool:
        """Keep a delivery and the place; False for a repeat.

        What was held comes later, as a supplement: the same message, other cellen. By
        a nasleutel any come again: ``opent`` says what of before still opens, and what
        brings nothing new besides that is a repeat.
        """
        bericht = inkomend.bericht
        with self._engine.begin() as connection:
            self._advance(connection, *place)
            known = connection.execute(
                INKOMEND.select().where(
                    (INKOMEND.c.verstrekker == bericht.verstrekker)
                    & (INKOMEND.c.bericht_id == bericht.bericht_id)
                )
            ).all()
            if any(
                row.manifest != inkomend.manifest or row.digest == inkomend.digest
                for row in known
            ):
                return False
            overlap = [row for row in known if _mask(row) & inkomend.posities]
            if overlap and opent is None:
                return False
            had, gone = 0, []
            for row in overlap:
                if opent is not None and opent(row.waarde):
                    had |= _mask(row)
                elif not _mask(row) & ~inkomend.posities:
                    gone.append(row.nummer)
            if not inkomend.posities & ~had:
                return False
            connection.execute(
                INKOMEND.update()
                .where(INKOMEND.c.nummer.in_(gone))
                .values(status=VERVANGEN)
            )
            connection.execute(
                INKOMEND.insert().values(
                    digest=inkomend.digest,
                    bericht_id=bericht.bericht_id,
                    verstrekker=bericht.verstrekker,
                    manifest=inkomend.manifest,
                    posities=_mask_bytes(inkomend.posities),
                    waarde=inkomend.waarde,
                    status=inkomend.status,
                )
            )
            self._know(connection, bericht, zaak, ())
        return True

    def inkomend(self, *statuses: str) -> list[bytes]:
        """Deliveries in one of these statuses, oldest first, as they came."""
        query = sa.select(INKOMEND.c.waarde).where(INKOMEND.c.status.in_(statuses))
        with self._engine.connect() as connection:
            return [
                row.waarde
                for row in connection.execute(query.order_by(INKOMEND.c.nummer))
            ]

    def set_inkomend(self, digest: bytes, status: str | None, code: str = "") -> None:
        """Note what came of a delivery; without a status that stays as it is."""
        values = {"code": code} if status is None else {"status": status, "code": code}
        with self._engine.begin() as connection:
            connection.execute(
                INKOMEND.update().where(INKOMEND.c.digest == digest).values(**values)
            )

    # -- receipts ------------------------------------------------------------------

    def put_bewijs(self, bewijs: Bewijs, place: tuple[str, int, int]) -> None:
        """Keep a receipt and the place; a repeat changes nothing."""
        with self._engine.begin() as connection:
            self._advance(connection, *place)
            connection.execute(
                BEWIJZEN.insert().prefix_with("OR IGNORE").values(_row(bewijs))
            )

    def bewijzen(self, bericht_id: bytes) -> list[Bewijs]:
        """Receipts on a message, oldest first."""
        query = BEWIJZEN.select().where(BEWIJZEN.c.bericht_id == bericht_id)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(BEWIJZEN.c.nummer)).all()
        return [
            Bewijs(
                row.bericht_id,
                row.uitsteller,
                row.status,
                row.code,
                row.digest,
                row.waarde,
            )
            for row in rows
        ]

    @staticmethod
    def _advance(
        connection: sa.Connection, topic: str, partitie: int, offset: int
    ) -> None:
        connection.execute(
            POSITIES.insert()
            .prefix_with("OR REPLACE")
            .values(topic=topic, partitie=partitie, offset=offset)
        )


def _mask(row: sa.Row[Any]) -> int:
    return int.from_bytes(row.posities, "little")


def _mask_bytes(mask: int) -> bytes:
    return mask.to_bytes((mask.bit_length() + 7) // 8, "little")


def _row(value: object) -> Mapping[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}  # type: ignore[attr-defined]  # slotted dataclasses only
