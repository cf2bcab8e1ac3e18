"""A cel: one rubriek of one betrokkene, sealed under its own celgeheim (SPEC 5).

On the wire a non-empty cel is ``geheimhash (32) | u32 | ciphertext | u32 | key row``,
which is also the tail of the input of its commitment, so that the broker hashes one
slice and needs no key. The commitment binds the key (GCM alone does not): a sender
cannot show two recipients two contents under one commitment.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from corvus_crypto.lp import LENGTH_BYTES, digest, lp, u8, u32
from corvus_schemas.errors import EnvelopeError, SealError

if TYPE_CHECKING:
    from collections.abc import Sequence

GEHEIM_BYTES: Final = 32
HASH_BYTES: Final = 32
SLOT_BYTES: Final = 40
TAG_BYTES: Final = 16
SMALLEST_BUCKET: Final = 128
LARGEST_BUCKET: Final = 1024 * 1024
# Every celgeheim is fresh and used for one encryption, so a constant nonce is safe.
_NONCE: Final = bytes(12)
# Senders choose the layout (buckets); one of 400 positions takes about 50 kB.
_LAYOUTS: Final = 128
_TEXT_AT: Final = HASH_BYTES + LENGTH_BYTES
_TEXT_SIZES: Final = {
    u32(size): size
    for size in (
        TAG_BYTES + (SMALLEST_BUCKET << power)
        for power in range((LARGEST_BUCKET // SMALLEST_BUCKET).bit_length())
    )
}
"""Lengths that the ciphertext of a cel can have, by their bytes on the wire."""


@dataclass(frozen=True, slots=True)
class CelContext:
    """What a cel is bound to besides its own position: the suite and the kop."""

    suite: int
    kop_digest: bytes


@dataclass(frozen=True, slots=True)
class Plaats:
    """Where a cel stands in its message, and the schema of what it holds."""

    position: int
    label: str
    fingerprint: bytes


class WireCel(NamedTuple):
    """A cel as it came in: nothing decrypted, nothing believed."""

    geheimhash: bytes
    ciphertext: bytes
    row: bytes
    wire: bytes


def bucket_of(size: int) -> int:
    """Smallest bucket of 128 B times a power of two that holds ``size`` bytes.

    Raises:
        SealError: ``cel.te_groot`` above 1 MiB.
    """
    bucket = SMALLEST_BUCKET
    while bucket < size:
        bucket *= 2
    if bucket > LARGEST_BUCKET:
        raise SealError(
            "cel.te_groot",
            f"a rubriek holds at most {LARGEST_BUCKET - LENGTH_BYTES} bytes",
            advice="Send large files as bijlage.",
        )
    return bucket


def pad(plaintext: bytes) -> bytes:
    """Put the length in front and fill up with zeros to the bucket."""
    size = LENGTH_BYTES + len(plaintext)
    return u32(len(plaintext)) + plaintext + bytes(bucket_of(size) - size)


def unpad(padded: bytes) -> bytes:
    """Undo ``pad``; anything but its exact output is refused.

    Raises:
        EnvelopeError: ``cel.opvulling``.
    """
    size = int.from_bytes(padded[:LENGTH_BYTES], "big")
    plaintext = padded[LENGTH_BYTES : LENGTH_BYTES + size]
    if len(plaintext) != size or size > LARGEST_BUCKET - LENGTH_BYTES:
        raise EnvelopeError("cel.opvulling", "the padding of a cel is not canonical")
    if pad(plaintext) != padded:
        raise EnvelopeError("cel.opvulling", "the padding of a cel is not canonical")
    return plaintext


def geheimhash(suite: int, celgeheim: bytes) -> bytes:
    """Commit to a celgeheim: what a recipient checks before it decrypts."""
    return digest("celgeheim", u8(suite), celgeheim)


def derive_key(suite: int, celgeheim: bytes, use: str) -> bytes:
    """Derive the key of one use (``cel``, ``bijlage 0``): no key ever seals twice."""
    info = lp("cel-sleutel", u8(suite), use.encode("ascii"))
    return HKDF(hashes.SHA256(), 32, None, info).derive(celgeheim)


def _aad(context: CelContext, plaats: Plaats) -> bytes:
    return lp(
        "cel",
        u8(context.suite),
        context.kop_digest,
        u32(plaats.position),
        plaats.label.encode("ascii"),
        plaats.fingerprint,
    )


def seal_cel(
    context: CelContext, plaats: Plaats, celgeheim: bytes, plaintext: bytes
) -> bytes:
    """Encrypt one rubriek. ``celgeheim`` is fresh; it must never be used again."""
    key = derive_key(context.suite, celgeheim, "cel")
    aad = _aad(context, plaats)
    return AESGCM(key).encrypt(_NONCE, pad(plaintext), aad)


def open_cel(
    context: CelContext, plaats: Plaats, celgeheim: bytes, ciphertext: bytes
) -> bytes:
    """Decrypt one rubriek whose celgeheim already matched its hash.

    Raises:
        EnvelopeError: ``cel.bedrog`` (the sender sealed something else under a key it
            committed to: only the sender can cause this), ``cel.opvulling``.
    """
    key = derive_key(context.suite, celgeheim, "cel")
    aad = _aad(context, plaats)
    try:
        padded = AESGCM(key).decrypt(_NONCE, ciphertext, aad)
    except InvalidTag:
        raise EnvelopeError(
            "cel.bedrog",
            f"cel {plaats.label} does not open under the key its sender committed to",
            advice="Keep the message; report it: only its sender can have made this.",
        ) from None
    return unpad(padded)


def wrap_geheim(kastsleutel: bytes, celgeheim: bytes) -> bytes:
    """Wrap a celgeheim for one column: a slot of 40 bytes (RFC 3394)."""
    return keywrap.aes_key_wrap(kastsleutel, celgeheim)


def unwrap_geheim(kastsleutel: bytes, slot: bytes) -> bytes | None:
    """Unwrap a slot; None when it holds filler (nothing was granted)."""
    try:
        return keywrap.aes_key_unwrap(kastsleutel, slot)
    except (keywrap.InvalidUnwrap, ValueError):
        return None


def wire_cel(hashed: bytes, ciphertext: bytes, row: bytes) -> bytes:
    """Lay a cel out for the wire."""
    return b"".join((hashed, u32(len(ciphertext)), ciphertext, u32(len(row)), row))


def _commitment_prefix(suite: int, position: int, label: str) -> bytes:
    head = lp("cel-belofte", u8(suite), u32(position), label.encode("ascii"))
    return head + u32(HASH_BYTES)


def commit_cel(suite: int, position: int, label: str, wire: bytes) -> bytes:
    """Commitment of a non-empty cel: H(lp(position, label, hash, ciphertext, row))."""
    prefix = _commitment_prefix(suite, position, label)
    return hashlib.sha256(prefix + wire).digest()


@lru_cache(maxsize=_LAYOUTS)
def commitment_prefixes(suite: int, labels: tuple[str, ...]) -> tuple[bytes, ...]:
    """Give what stands before the wire bytes in the commitment of every position."""
    return tuple(
        _commitment_prefix(suite, position, label)
        for position, label in enumerate(labels)
    )


def cut_cellen(packed: bytes, count: int, columns: int) -> Sequence[bytes]:
    """Cut ``count`` concatenated cellen of ``columns`` slots each apart.

    Raises:
        EnvelopeError: ``cel.indeling``, for wrong lengths, sizes outside the buckets,
            or bytes left over.
    """
    cellen: list[bytes] = []
    row_size = columns * SLOT_BYTES
    row_head = u32(row_size)
    at = 0
    for _ in range(count):
        text_size = _TEXT_SIZES.get(packed[at + HASH_BYTES : at + _TEXT_AT])
        if text_size is None:
            raise _malformed()
        row_at = at + _TEXT_AT + text_size
        start, at = at, row_at + LENGTH_BYTES + row_size
        if packed[row_at : row_at + LENGTH_BYTES] != row_head:
            raise _malformed()
        cellen.append(packed[start:at])
    if at != len(packed):  # the last one is cut off, or something is left over
        raise _malformed()
    return cellen


def parse_cel(wire: bytes) -> WireCel:
    """Take a cel apart that ``cut_cellen`` gave."""
    text_end = _TEXT_AT + int.from_bytes(wire[HASH_BYTES:_TEXT_AT], "big")
    return WireCel(
        wire[:HASH_BYTES],
        wire[_TEXT_AT:text_end],
        wire[text_end + LENGTH_BYTES :],
        wire,
    )


def split_cellen(packed: bytes, count: int, columns: int) -> Sequence[WireCel]:
    """Cut concatenated cellen apart, and each of them into its parts.

    Raises:
        EnvelopeError: as ``cut_cellen``.
    """
    return [parse_cel(wire) for wire in cut_cellen(packed, count, columns)]


def _malformed() -> EnvelopeError:
    return EnvelopeError("cel.indeling", "a cel has impossible lengths")
