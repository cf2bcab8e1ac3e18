"""The manifest: the bytes a sender signs and every recipient gets whole (SPEC 7).

``lp("manifest", suite, kop, C(routering), c1..cn, k1..km)``. Its digest is the identity
of the message. A withheld cel and a foreign column are in it as bare commitments, so
the sender's signature still verifies over a filtered message, and empty, held and
denied positions look alike.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from corvus_crypto.cel import HASH_BYTES
from corvus_crypto.kolom import COLUMN_BUCKETS
from corvus_crypto.lp import LENGTH_BYTES, VERSION, digest, lp, u8
from corvus_schemas.errors import EnvelopeError

_TAG: Final = (VERSION + "manifest").encode("ascii")
_PARTS: Final = 6
MAX_POSITIONS: Final = 4096


@dataclass(frozen=True)
class Manifest:
    """A parsed manifest; ``encoded`` is kept verbatim."""

    suite: int
    kop: bytes
    routering: bytes
    cellen: bytes
    kolommen: bytes
    encoded: bytes

    @cached_property
    def digest(self) -> bytes:
        """Identity of the message."""
        return hashlib.sha256(self.encoded).digest()

    @cached_property
    def kop_digest(self) -> bytes:
        """Digest of the kop, to which every cel and column is bound."""
        return digest("kop", u8(self.suite), self.kop)

    @property
    def posities(self) -> int:
        """Number of positions n."""
        return len(self.cellen) // HASH_BYTES

    @property
    def columns(self) -> int:
        """Number of columns m, dummies included."""
        return len(self.kolommen) // HASH_BYTES

    def cel(self, position: int) -> bytes:
        """Commitment of the cel at a position."""
        return self.cellen[position * HASH_BYTES : (position + 1) * HASH_BYTES]

    def kolom(self, index: int) -> bytes:
        """Commitment of a column."""
        return self.kolommen[index * HASH_BYTES : (index + 1) * HASH_BYTES]


def make_manifest(
    suite: int, kop: bytes, routering: bytes, cellen: bytes, kolommen: bytes
) -> Manifest:
    """Build a manifest from its parts; ``cellen``, ``kolommen`` are concatenations."""
    encoded = lp("manifest", u8(suite), kop, routering, cellen, kolommen)
    return Manifest(suite, kop, routering, cellen, kolommen, encoded)


def commit_routering(suite: int, zout: bytes, routering: bytes) -> bytes:
    """Salted commitment of the routering, which recipients never see."""
    return digest("routering", u8(suite), zout, routering)


def parse_manifest(encoded: bytes) -> Manifest:
    """Parse a manifest.

    Raises:
        EnvelopeError: ``manifest.indeling``, for any other bytes than ``make_manifest``
            would make.
    """
    parts = _split(encoded)
    if len(parts) != _PARTS or parts[0] != _TAG or len(parts[1]) != 1:
        raise _malformed()
    _, suite, kop, routering, cellen, kolommen = parts
    if (
        len(routering) != HASH_BYTES
        or len(cellen) % HASH_BYTES
        or not 0 < len(cellen) <= MAX_POSITIONS * HASH_BYTES
        or len(kolommen) % HASH_BYTES
        or len(kolommen) // HASH_BYTES not in COLUMN_BUCKETS
    ):
        raise _malformed()
    return Manifest(suite[0], kop, routering, cellen, kolommen, encoded)


def _split(encoded: bytes) -> list[bytes]:
    parts: list[bytes] = []
    at = 0
    while at < len(encoded):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(encoded[at:start], "big")
        if at > len(encoded) or len(parts) == _PARTS:
            raise _malformed()
        parts.append(encoded[start:at])
    return parts


def _malformed() -> EnvelopeError:
    return EnvelopeError(
        "manifest.indeling", "the manifest is not laid out as SPEC section 7 says"
    )
