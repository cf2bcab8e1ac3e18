"""Identifiers: parsed once at the edge, never bare strings afterwards."""

from __future__ import annotations

import re
import uuid
from typing import NewType

from corvus_schemas.errors import SchemaError

Oin = NewType("Oin", str)
"""Organisatie-identificatienummer: 20 digits."""

BerichtId = NewType("BerichtId", bytes)
"""16 bytes, a UUID chosen by the sender before the first attempt."""

ZaakId = NewType("ZaakId", bytes)
"""16 random bytes; known to the broker and the organisation that opened the zaak."""

ZaakAlias = NewType("ZaakAlias", bytes)
"""34 bytes: partition (2) and AES-SIV of the zaak id (32) for one organisation."""

BERICHT_ID_BYTES = 16
ZAAK_ID_BYTES = 16
ZAAK_ALIAS_BYTES = 34
OIN_DIGITS = 20

_OIN = re.compile(r"[0-9]{20}\Z", re.ASCII)


def parse_oin(text: str) -> Oin:
    """Parse an OIN of exactly 20 digits.

    Raises:
        SchemaError: ``oin.ongeldig``.
    """
    if not _OIN.match(text):
        raise SchemaError(
            "oin.ongeldig",
            f"an OIN has 20 digits, this has {len(text)} characters",
            advice="Look the OIN up in the adresboek: corvus adresboek",
        )
    return Oin(text)


def parse_bericht_id(text: str) -> BerichtId:
    """Parse a bericht_id in the usual UUID notation.

    Raises:
        SchemaError: ``bericht.id_ongeldig``.
    """
    try:
        return BerichtId(uuid.UUID(text).bytes)
    except ValueError:
        raise SchemaError(
            "bericht.id_ongeldig", "a bericht_id is a UUID of 32 hexadecimal digits"
        ) from None


def format_id(value: bytes) -> str:
    """Show 16 bytes in UUID notation."""
    return str(uuid.UUID(bytes=bytes(value)))
