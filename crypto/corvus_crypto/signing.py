"""The one signature verifier of Corvus, strict on purpose (SPEC 4).

Libraries disagree on small-order points, non-canonical encodings and malleable ECDSA;
where broker and recipient disagree, a message is accepted by one and refused by the
other. Here every signature has one encoding of 64 bytes, and every key is checked
when it is registered and again in every verification.

* Ed25519: R || S as in RFC 8032, S < L, R and the key canonical, not of small order.
* ECDSA P-256 with SHA-256: r || s, 32 bytes each, low s only (no second signature).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from corvus_schemas.errors import EnvelopeError, IdentityError

SigningKey: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
VerifyKey: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey

SIGNATURE_BYTES: Final = 64
_HALF: Final = 32
_P25519: Final = 2**255 - 19
_L25519: Final = 2**252 + 27742317777372353535851937790883648493
_N256: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_ROOTS: Final = 4096  # half a kB each

# y-coordinates of the eight points of order 1, 2, 4 and 8 (RFC 7748 section 6.1 has the
# Montgomery form); the sign bit is masked off before the look-up, so both x count.
_SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _P25519 - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)


def _good_point(encoded: bytes) -> bool:
    y = int.from_bytes(encoded, "little") & ((1 << 255) - 1)
    return y < _P25519 and y not in _SMALL_ORDER_Y


def _good_key(key: ed25519.Ed25519PublicKey) -> bool:
    return _good_point(key.public_bytes_raw())


def check_verify_key(key: object) -> VerifyKey:
    """Accept a public key for registration.

    Raises:
        IdentityError: ``sleutel.soort`` for another kind of key, ``sleutel.zwak`` for a
            point of small order or a non-canonical encoding.
    """
    if isinstance(key, ed25519.Ed25519PublicKey):
        if not _good_key(key):
            raise IdentityError(
                "sleutel.zwak",
                "the Ed25519 key is a small-order or non-canonical point",
                advice="Make a new key pair; this one proves nothing.",
            )
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(
        key.curve, ec.SECP256R1
    ):
        return key
    raise IdentityError(
        "sleutel.soort", "signing keys are Ed25519 or ECDSA P-256, nothing else"
    )


def sign(key: SigningKey, data: bytes) -> bytes:
    """Sign; 64 bytes, canonical."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    r, s = decode_dss_signature(key.sign(data, _ECDSA))
    s = min(s, _N256 - s)
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def verify(key: VerifyKey, signature: bytes, data: bytes) -> None:
    """Check a signature under a registered key.

    Raises:
        EnvelopeError: ``handtekening.ongeldig``, for every cause alike (no oracle).
    """
    if len(signature) == SIGNATURE_BYTES:
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                raw = key.public_bytes_raw()
                # A small-order key would verify any message: S B = R suffices.
                if _canonical_ed25519(signature) and _good_point(raw):
                    # libsodium: half the time of OpenSSL, the same checks again.
                    crypto_sign_open(signature + data, raw)
                    return
            elif _canonical_ecdsa(signature) and isinstance(key.curve, ec.SECP256R1):
                r = int.from_bytes(signature[:_HALF], "big")
                s = int.from_bytes(signature[_HALF:], "big")
                key.verify(encode_dss_signature(r, s), data, _ECDSA)
                return
        except (InvalidSignature, BadSignatureError):
            pass
    raise EnvelopeError(
        "handtekening.ongeldig",
        "the signature does not verify under the key it names",
        advice="Check that the message was not changed and the certificate is current.",
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """A key that can be looked up: by its bytes, since key objects have no hash."""

    raw: bytes
    key: VerifyKey = field(compare=False)


def verify_root(key: VerifyKey, signature: bytes, data: bytes) -> None:
    """Check the signature over a batch root, which many messages bring along.

    What verified once verifies again, so successes (and no failures) are remembered:
    a batch costs one verification, and every message still its own path.

    Raises:
        EnvelopeError: ``handtekening.ongeldig``.
    """
    if isinstance(key, ed25519.Ed25519PublicKey):
        raw = key.public_bytes_raw()
    else:
        raw = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    _verify_once(_Named(raw, key), signature, data)


@lru_cache(maxsize=_ROOTS)  # an exception is not remembered
def _verify_once(named: _Named, signature: bytes, data: bytes) -> None:
    verify(named.key, signature, data)


def _canonical_ed25519(signature: bytes) -> bool:
    scalar = int.from_bytes(signature[_HALF:], "little")
    return scalar < _L25519 and _good_point(signature[:_HALF])


def _canonical_ecdsa(signature: bytes) -> bool:
    r = int.from_bytes(signature[:_HALF], "big")
    s = int.from_bytes(signature[_HALF:], "big")
    return 0 < r < _N256 and 0 < s <= _N256 // 2
