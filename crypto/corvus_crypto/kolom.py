"""A column: one recipient's way in (SPEC 6).

The sender makes a fresh kastsleutel per column, seals it to that organisation's key by
HPKE and wraps the celgeheimen it grants under it. Columns are shuffled and padded with
dummies; to everybody but the broker and its owner a column is a bare commitment.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from corvus_crypto.lp import lp, u8, u16, u32
from corvus_crypto.suite import SLEUTEL_ID_BYTES, Suite
from corvus_schemas.errors import EnvelopeError, SchemaError
from corvus_schemas.identifiers import OIN_DIGITS, Oin, parse_oin

if TYPE_CHECKING:
    from collections.abc import Sequence

ZOUT_BYTES: Final = 16
COLUMN_BUCKETS: Final = (4, 8, 16, 32)
_ZOUT_AT: Final = 2
_OIN_AT: Final = _ZOUT_AT + ZOUT_BYTES
_ID_AT: Final = _OIN_AT + OIN_DIGITS
_HEAD_BYTES: Final = _ID_AT + SLEUTEL_ID_BYTES
# Parts of lp that are the same for every column.
_OIN_LENGTH: Final = u32(OIN_DIGITS)
_ID_LENGTH: Final = u32(SLEUTEL_ID_BYTES)


@lru_cache(maxsize=8)
def _commitment_head(suite: int) -> bytes:
    """What stands before the salt in the commitment; its length is part of it."""
    return lp("kolom", u8(suite)) + u32(ZOUT_BYTES)


@dataclass(frozen=True, slots=True)
class Kolom:
    """An opened column: everything its commitment covers."""

    index: int
    zout: bytes
    oin: Oin
    sleutel_id: bytes
    inkapseling: bytes

    def commitment(self, suite: int) -> bytes:
        """Salted commitment k of this column."""
        inkapseling = self.inkapseling
        parts = (
            _commitment_head(suite),
            self.zout,
            _OIN_LENGTH,
            self.oin.encode("ascii"),
            _ID_LENGTH,
            self.sleutel_id,
            u32(len(inkapseling)),
            inkapseling,
        )
        return hashlib.sha256(b"".join(parts)).digest()

    def encode(self) -> bytes:
        """Fixed-size bytes for the wire."""
        oin = self.oin.encode("ascii")
        return b"".join(
            (u16(self.index), self.zout, oin, self.sleutel_id, self.inkapseling)
        )


@dataclass(frozen=True, slots=True)
class KastContext:
    """What an encapsulation is bound to (``info`` of RFC 9180)."""

    suite: int
    bericht_id: bytes
    poging: int
    kop_digest: bytes
    verstrekker: Oin
    register: bytes

    def info(self, ontvanger: Oin, sleutel_id: bytes) -> bytes:
        """Give the HPKE ``info`` for one recipient."""
        return lp(
            "kast",
            u8(self.suite),
            self.bericht_id,
            u32(self.poging),
            self.kop_digest,
            self.verstrekker.encode("ascii"),
            ontvanger.encode("ascii"),
            sleutel_id,
            self.register,
        )


def columns_for(recipients: int) -> int:
    """Smallest column bucket for so many recipients.

    Raises:
        EnvelopeError: ``kolom.te_veel`` above 32.
    """
    for bucket in COLUMN_BUCKETS:
        if recipients <= bucket:
            return bucket
    raise EnvelopeError(
        "kolom.te_veel",
        f"a message has at most {COLUMN_BUCKETS[-1]} recipients",
        advice="Send several messages with the same incident.",
    )


def parse_kolommen(packed: bytes, suite: Suite, columns: int) -> Sequence[Kolom]:
    """Cut the columns of a message apart; indices rise strictly.

    Raises:
        EnvelopeError: ``kolom.indeling``, ``kolom.dubbel`` (two columns for one OIN).
    """
    size = _HEAD_BYTES + suite.inkapseling_bytes
    if len(packed) % size:
        raise EnvelopeError("kolom.indeling", "the columns have an impossible length")
    kolommen = [
        _parse_kolom(packed[at : at + size]) for at in range(0, len(packed), size)
    ]
    indices = [kolom.index for kolom in kolommen]
    if any(b <= a for a, b in pairwise(indices)) or (
        indices and indices[-1] >= columns
    ):
        raise EnvelopeError("kolom.indeling", "the column indices are out of order")
    if len({kolom.oin for kolom in kolommen}) != len(kolommen):
        raise EnvelopeError(
            "kolom.dubbel",
            "two columns name one organisation",
            advice="Give each recipient one column.",
        )
    return kolommen


def _parse_kolom(data: bytes) -> Kolom:
    try:
        oin = parse_oin(data[_OIN_AT:_ID_AT].decode("ascii"))
    except (SchemaError, UnicodeDecodeError):
        raise EnvelopeError("kolom.indeling", "a column names no OIN") from None
    return Kolom(
        int.from_bytes(data[:_ZOUT_AT], "big"),
        data[_ZOUT_AT:_OIN_AT],
        oin,
        data[_ID_AT:_HEAD_BYTES],
        data[_HEAD_BYTES:],
    )
