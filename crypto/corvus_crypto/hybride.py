"""Ed25519 and ML-DSA-65 together: signatures that must hold for years (SPEC 4).

Register and table versions are believed long after they are signed, so they carry a
post-quantum signature too. One signature is ``Ed25519 (64) | ML-DSA-65 (3309)`` over
the same bytes, and both must verify: neither half proves anything by itself. The
ML-DSA context names this use, so its half is no signature under another protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from corvus_crypto.signing import SIGNATURE_BYTES, check_verify_key, sign, verify
from corvus_schemas.errors import EnvelopeError, IdentityError

MLDSA_BYTES: Final = 3309
HYBRIDE_BYTES: Final = SIGNATURE_BYTES + MLDSA_BYTES
_CONTEXT: Final = b"corvus/1/hybride"


@dataclass(frozen=True, slots=True)
class HybrideVerifyKey:
    """The public half of an officer's key."""

    ed25519: ed25519.Ed25519PublicKey
    mldsa65: mldsa.MLDSA65PublicKey

    def verify(self, signature: bytes, data: bytes) -> None:
        """Check both signatures.

        Raises:
            EnvelopeError: ``handtekening.ongeldig``, for every cause alike.
        """
        try:
            if len(signature) == HYBRIDE_BYTES:
                self.mldsa65.verify(signature[SIGNATURE_BYTES:], data, _CONTEXT)
                verify(self.ed25519, signature[:SIGNATURE_BYTES], data)
                return
        except InvalidSignature:
            pass
        raise EnvelopeError(
            "handtekening.ongeldig",
            "the two signatures do not both verify under the key they name",
            advice="Get the signed entry again from where it was published.",
        )

    def components(self) -> tuple[bytes, bytes]:
        """Raw bytes of both keys: who shares one is not another officer."""
        return self.ed25519.public_bytes_raw(), self.mldsa65.public_bytes_raw()


@dataclass(frozen=True, slots=True)
class HybrideSigningKey:
    """An officer's key: an Ed25519 and an ML-DSA-65 private key."""

    ed25519: ed25519.Ed25519PrivateKey
    mldsa65: mldsa.MLDSA65PrivateKey

    @classmethod
    def generate(cls) -> HybrideSigningKey:
        """Make a new pair."""
        return cls(
            ed25519.Ed25519PrivateKey.generate(), mldsa.MLDSA65PrivateKey.generate()
        )

    def public_key(self) -> HybrideVerifyKey:
        """Give the public half."""
        return HybrideVerifyKey(self.ed25519.public_key(), self.mldsa65.public_key())

    def sign(self, data: bytes) -> bytes:
        """Sign with both."""
        return sign(self.ed25519, data) + self.mldsa65.sign(data, _CONTEXT)


def check_hybride_key(first: object, second: object) -> HybrideVerifyKey:
    """Accept a pair of public keys for registration.

    Raises:
        IdentityError: ``sleutel.soort`` or ``sleutel.zwak``.
    """
    key = check_verify_key(first)
    if isinstance(key, ed25519.Ed25519PublicKey) and isinstance(
        second, mldsa.MLDSA65PublicKey
    ):
        return HybrideVerifyKey(key, second)
    raise IdentityError(
        "sleutel.soort", "an officer's key is an Ed25519 and an ML-DSA-65 key"
    )
