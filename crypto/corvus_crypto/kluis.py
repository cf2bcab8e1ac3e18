"""What is kept at rest under a key of its own, so that destroying the key destroys it.

AES-256-GCM with a random nonce in front; the name of what is kept is the associated
data, so that nothing kept stands for anything else (SPEC 17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from corvus_crypto.lp import lp
from corvus_schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable

SLEUTEL_BYTES: Final = 32
_NONCE_BYTES: Final = 12


def lock(
    sleutel: bytes, naam: bytes, inhoud: bytes, random: Callable[[int], bytes]
) -> bytes:
    """Encrypt what is to be kept under ``naam``."""
    nonce = random(_NONCE_BYTES)
    return nonce + AESGCM(sleutel).encrypt(nonce, inhoud, lp("kluis", naam))


def unlock(sleutel: bytes, naam: bytes, gesloten: bytes) -> bytes:
    """Decrypt what was kept under ``naam``.

    Raises:
        IntegrityError: ``kluis.beschadigd``; it was changed, or is another's.
    """
    nonce, body = gesloten[:_NONCE_BYTES], gesloten[_NONCE_BYTES:]
    try:
        return AESGCM(sleutel).decrypt(nonce, body, lp("kluis", naam))
    except (InvalidTag, ValueError):
        raise IntegrityError(
            "kluis.beschadigd",
            "what was kept does not open with its key",
            advice="Restore both databases of what is held from the same backup.",
        ) from None
