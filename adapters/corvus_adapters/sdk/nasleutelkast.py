"""What a sender keeps for a nasleutel: celgeheimen with their date, and an outbox.

The celgeheimen lie in the postbus beside the draft of the same message, so they give
away nothing that is not there in plain text; they are destroyed at their date, and
then no nasleutel can be made of the message any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from corvus_adapters.sdk.postbustabellen import CELGEHEIMEN, NASLEUTELS
from corvus_crypto.cel import GEHEIM_BYTES
from corvus_crypto.lp import u32

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa

NIEUW: Final = "nieuw"
_POSITION_BYTES: Final = 4
_ENTRY: Final = _POSITION_BYTES + GEHEIM_BYTES


@dataclass(frozen=True, slots=True)
class Geheimen:
    """The celgeheimen of a message by position, and when they are destroyed."""

    celgeheimen: Mapping[int, bytes] = field(repr=False)
    vernietigen_op_ms: int


@dataclass(frozen=True, slots=True)
class Uitgaandenasleutel:
    """A sealed nasleutel in the outbox; ``oins`` are parted by spaces."""

    nasleutel_id: bytes
    bericht_id: bytes
    oins: str
    poging: int
    partitie: int
    sleutel: bytes
    inhoud: bytes
    status: str
    code: str


class Nasleutelkast:
    """The part of a postbus that is about nasleutels."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put_geheimen(
        self, connection: sa.Connection, bericht_id: bytes, geheimen: Geheimen
    ) -> None:
        """Keep celgeheimen, in the transaction that keeps their message."""
        inhoud = b"".join(
            u32(position) + geheim
            for position, geheim in sorted(geheimen.celgeheimen.items())
        )
        connection.execute(
            CELGEHEIMEN.insert()
            .prefix_with("OR REPLACE")
            .values(
                bericht_id=bericht_id,
                inhoud=inhoud,
                vernietigen_op=geheimen.vernietigen_op_ms,
            )
        )

    def celgeheimen(self, bericht_id: bytes) -> dict[int, bytes]:
        """Give the celgeheimen of a message by position; none where they are gone."""
        query = CELGEHEIMEN.select().where(CELGEHEIMEN.c.bericht_id == bericht_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        data: bytes = b"" if row is None else row.inhoud
        entries = [data[at : at + _ENTRY] for at in range(0, len(data), _ENTRY)]
        return {
            int.from_bytes(one[:_POSITION_BYTES], "big"): one[_POSITION_BYTES:]
            for one in entries
        }

    def destroy_before(self, op_ms: int) -> None:
        """Destroy the celgeheimen whose date has come."""
        with self._engine.begin() as connection:
            connection.execute(
                CELGEHEIMEN.delete().where(CELGEHEIMEN.c.vernietigen_op <= op_ms)
            )

    def put(self, nasleutel: Uitgaandenasleutel) -> None:
        """Put a sealed nasleutel in the outbox, before the first attempt."""
        values = {name: getattr(nasleutel, name) for name in nasleutel.__slots__}
        with self._engine.begin() as connection:
            connection.execute(
                NASLEUTELS.insert().prefix_with("OR REPLACE").values(values)
            )

    def unsent(self) -> list[Uitgaandenasleutel]:
        """Nasleutels that were never handed to the transport."""
        return self._select(NASLEUTELS.c.status == NIEUW)

    def find(self, nasleutel_id: bytes) -> Uitgaandenasleutel | None:
        """Look a nasleutel of one's own up."""
        found = self._select(NASLEUTELS.c.nasleutel_id == nasleutel_id)
        return found[0] if found else None

    def set_status(self, nasleutel_id: bytes, status: str, code: str = "") -> None:
        """Note what came of a nasleutel."""
        with self._engine.begin() as connection:
            connection.execute(
                NASLEUTELS.update()
                .where(NASLEUTELS.c.nasleutel_id == nasleutel_id)
                .values(status=status, code=code)
            )

    def _select(self, where: sa.ColumnElement[bool]) -> list[Uitgaandenasleutel]:
        with self._engine.connect() as connection:
            rows = connection.execute(NASLEUTELS.select().where(where)).all()
        return [Uitgaandenasleutel(*row) for row in rows]
