"""Suites: one object per wire version that binds every cryptographic choice (SPEC 3).

A suite is named in the signed bytes, so a message cannot be read under another one.
New suites are added, never changed; the register says until when each may be used.

* suite 1: HPKE (RFC 9180, base mode) MLKEM768-X25519, HKDF-SHA256, AES-256-GCM
* suite 2: HPKE (RFC 9180, base mode) DHKEM(X25519, HKDF-SHA256), AES-256-GCM

Cellen are AES-256-GCM, slots AES key wrap (RFC 3394), hashes SHA-256, in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from corvus_crypto.lp import digest, u8
from corvus_schemas.errors import EnvelopeError, IdentityError

PrivateKey: TypeAlias = x25519.X25519PrivateKey | hpke.MLKEM768X25519PrivateKey
PublicKey: TypeAlias = x25519.X25519PublicKey | hpke.MLKEM768X25519PublicKey

KAST_BYTES: Final = 32
SLEUTEL_ID_BYTES: Final = 16
_TAG_BYTES: Final = 16
_MLKEM_SEED: Final = 64
_MLKEM_PUBLIC: Final = 1184
_X25519: Final = 32


@dataclass(frozen=True)
class Suite:
    """The choices of one wire version."""

    id: int
    naam: str
    hybrid: bool
    inkapseling_bytes: int
    _hpke: hpke.Suite

    def generate_key(self) -> tuple[bytes, bytes]:
        """Make a recipient key pair: (private, public) as raw bytes."""
        x_key = x25519.X25519PrivateKey.generate()
        x_private, x_public = (
            x_key.private_bytes_raw(),
            x_key.public_key().public_bytes_raw(),
        )
        if not self.hybrid:
            return x_private, x_public
        m_key = mlkem.MLKEM768PrivateKey.generate()
        m_public = m_key.public_key().public_bytes_raw()
        return m_key.private_bytes_raw() + x_private, m_public + x_public

    def load_private(self, raw: bytes) -> PrivateKey:
        """Load a private key.

        Raises:
            IdentityError: ``sleutel.ongeldig``.
        """
        try:
            if not self.hybrid:
                return x25519.X25519PrivateKey.from_private_bytes(raw)
            return hpke.MLKEM768X25519PrivateKey(
                mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED]),
                x25519.X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED:]),
            )
        except ValueError:
            raise IdentityError(
                "sleutel.ongeldig", f"no private key of suite {self.id}"
            ) from None

    def load_public(self, raw: bytes) -> PublicKey:
        """Load a public key; a point of small order is refused.

        Raises:
            IdentityError: ``sleutel.ongeldig``.
        """
        if len(raw) != _X25519 + (_MLKEM_PUBLIC if self.hybrid else 0):
            raise IdentityError("sleutel.ongeldig", "the key has a wrong length")
        try:
            x_public = x25519.X25519PublicKey.from_public_bytes(raw[-_X25519:])
            # An exchange with a small-order point gives zero and raises: the check.
            x25519.X25519PrivateKey.from_private_bytes(b"\x40" * 32).exchange(x_public)
            if not self.hybrid:
                return x_public
            m_public = mlkem.MLKEM768PublicKey.from_public_bytes(raw[:-_X25519])
            return hpke.MLKEM768X25519PublicKey(m_public, x_public)
        except ValueError:
            raise IdentityError(
                "sleutel.ongeldig", f"no usable public key of suite {self.id}"
            ) from None

    def sleutel_id(self, public: bytes) -> bytes:
        """Name a public key: 16 bytes, a hash of suite and key (never a free choice)."""
        return digest("sleutel-id", u8(self.id), public)[:SLEUTEL_ID_BYTES]

    def encapsulate(self, kastsleutel: bytes, public: PublicKey, info: bytes) -> bytes:
        """Seal a kastsleutel of 32 bytes to a recipient, bound to ``info``."""
        return self._hpke.encrypt(kastsleutel, public, info)

    def decapsulate(
        self, inkapseling: bytes, private: PrivateKey, info: bytes
    ) -> bytes:
        """Open an encapsulation.

        Raises:
            EnvelopeError: ``kolom.opent_niet``, for every cause alike.
        """
        try:
            kastsleutel = self._hpke.decrypt(inkapseling, private, info)
        except (InvalidTag, ValueError, TypeError):
            kastsleutel = b""
        if len(kastsleutel) != KAST_BYTES:
            raise EnvelopeError(
                "kolom.opent_niet",
                "the column does not open with this organisation's key",
                advice="Ask for a nasleutel if the key was replaced.",
            )
        return kastsleutel


_AES = hpke.AEAD.AES_256_GCM
_KDF = hpke.KDF.HKDF_SHA256

SUITES: Final = {
    suite.id: suite
    for suite in (
        Suite(
            1,
            "MLKEM768-X25519",
            hybrid=True,
            inkapseling_bytes=1088 + 32 + KAST_BYTES + _TAG_BYTES,
            _hpke=hpke.Suite(hpke.KEM.MLKEM768_X25519, _KDF, _AES),
        ),
        Suite(
            2,
            "X25519",
            hybrid=False,
            inkapseling_bytes=32 + KAST_BYTES + _TAG_BYTES,
            _hpke=hpke.Suite(hpke.KEM.X25519, _KDF, _AES),
        ),
    )
}
DEFAULT_SUITE: Final = SUITES[1]


def suite_of(suite_id: int) -> Suite:
    """Look a suite up.

    Raises:
        EnvelopeError: ``suite.onbekend``.
    """
    suite = SUITES.get(suite_id)
    if suite is None:
        raise EnvelopeError(
            "suite.onbekend",
            f"suite {suite_id} is not one of {sorted(SUITES)}",
            advice="Upgrade Corvus, or ask the sender to use a known suite.",
        )
    return suite
