"""One entry of the register as a record of ``corvus.register``."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_broker.ports import Append
from corvus_broker.register import REGISTER_TYPE, TABEL_TYPE, claimed_digest
from corvus_broker.topics import REGISTER
from corvus_crypto.dsse import MAX_ENVELOPE_BYTES
from corvus_schemas.errors import RegisterError
from corvus_schemas.wire.staat import Registerstuk

if TYPE_CHECKING:
    from corvus_broker.ports import Record

VERSIE: Final = "register"
TABEL: Final = "tabel"
_TYPES: Final = {VERSIE: REGISTER_TYPE, TABEL: TABEL_TYPE}


@dataclass(frozen=True, slots=True)
class GelezenStuk:
    """An entry as it was read: its digest is that of its bytes, nobody vouches for it."""

    soort: str
    digest: bytes
    dsse: bytes


def make_append(soort: str, dsse: bytes) -> Append:
    """Make the record of an entry.

    Raises:
        RegisterError: ``register.ongeldig``.
    """
    digest = claimed_digest(dsse, _TYPES[soort])
    stuk = Registerstuk(soort=soort, digest=digest, dsse=zlib.compress(dsse))
    return Append(REGISTER, 0, digest, stuk.encode())


def read_stuk(record: Record) -> GelezenStuk:
    """Read a record, believing nothing.

    Raises:
        SchemaError: ``schema.onbekend``, ``schema.niet_canoniek``.
        RegisterError: ``register.ongeldig``, ``register.digest``.
    """
    stuk = Registerstuk.decode(record.value or b"")
    payload_type = _TYPES.get(stuk.soort)
    if payload_type is None:
        raise RegisterError(
            "register.ongeldig", "the record is neither a register nor a table"
        )
    dsse = _inflate(stuk.dsse)
    if not record.key == stuk.digest == claimed_digest(dsse, payload_type):
        raise RegisterError(
            "register.digest",
            "the entry is not the one its record names by digest",
            advice="Find out who wrote it; publish the original again.",
        )
    return GelezenStuk(stuk.soort, stuk.digest, dsse)


def _inflate(data: bytes) -> bytes:
    """Decompress with a limit, so that a small record cannot fill the memory."""
    work = zlib.decompressobj()
    try:
        dsse = work.decompress(data, MAX_ENVELOPE_BYTES)
    except zlib.error:
        dsse = b""
    if work.eof and not work.unconsumed_tail and not work.unused_data:
        return dsse
    raise RegisterError(
        "register.ongeldig", "the entry cannot be decompressed, or is too large"
    )
