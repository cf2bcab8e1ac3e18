"""Small-order, mixed-order and non-canonical Ed25519 (SPEC 4), made by arithmetic.

Libraries that follow RFC 8032 to different letters disagree on these ("Taming the many
EdDSAs", Chalkias, Garillot and Nikolaenko, 2020). Ours is cofactorless: the point
``[S]B - [h]A`` is encoded and compared with R as bytes. A key or R with a component of
small order (mixed order) then passes only if the small parts cancel exactly, which a
cofactored verifier, multiplying both sides by 8, does not ask. Neither is wrong; it
matters that broker and recipient use one verifier and one rule, so that both say the
same of the same bytes. The mixed-order tests below pin what that is, whatever library
does the arithmetic underneath.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from corvus_crypto import signing
from corvus_schemas.errors import EnvelopeError, IdentityError

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Point(NamedTuple):
    x: int
    y: int

    def plus(self, other: Point) -> Point:
        xx, yy = self.x * other.x, self.y * other.y
        cross = D * xx * yy % P
        x = (self.x * other.y + other.x * self.y) * pow(1 + cross, -1, P)
        return Point(x % P, (yy + xx) * pow(1 - cross, -1, P) % P)

    def times(self, scalar: int) -> Point:
        total, step = ZERO, self
        while scalar:
            if scalar & 1:
                total = total.plus(step)
            step, scalar = step.plus(step), scalar >> 1
        return total

    def encode(self) -> bytes:
        return (self.y | (self.x & 1) << 255).to_bytes(32, "little")


ZERO = Point(0, 1)


def x_of(y: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return None if (x * x - square) % P else x


def _point(y: int) -> Point:
    x = x_of(y)
    assert x is not None
    return Point(min(x, P - x), y)


BASE = Point(P - x, y) if (x := _point(y := 4 * pow(5, -1, P) % P).x) & 1 else _point(y)


def _order_8() -> Point:
    """Find a point of order 8: L times a point that has all orders."""
    for y in range(2, 100):
        if x_of(y) is None:
            continue
        small = _point(y).times(L)
        if small.times(4) != ZERO:
            return small
    raise AssertionError


T8 = _order_8()
SMALL = [T8.times(n) for n in range(8)]


def _h(r: bytes, a: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def _key(encoded: bytes) -> ed25519.Ed25519PublicKey:
    return ed25519.Ed25519PublicKey.from_public_bytes(encoded)


def _accepts(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        signing.verify(_key(public), signature, message)
    except EnvelopeError as error:
        return error.code != "handtekening.ongeldig"
    return True


def _library_accepts(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        _key(public).verify(signature, message)
    except Exception:  # noqa: BLE001 - whatever it says no with
        return False
    return True


def test_the_arithmetic_is_that_of_ed25519() -> None:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    seed = bytearray(hashlib.sha512(bytes(32)).digest()[:32])
    seed[0] &= 248
    seed[31] = seed[31] & 127 | 64
    made = BASE.times(int.from_bytes(seed, "little")).encode()
    assert made == key.public_key().public_bytes_raw()
    assert BASE.times(L) == ZERO
    assert len({point.encode() for point in SMALL}) == 8


@pytest.mark.parametrize("n", range(8))
def test_a_small_order_key_is_refused_at_registration_and_in_verification(
    n: int,
) -> None:
    # SPEC 4-4: under such a key S B = R + h A has solutions that need no secret; find a
    # message for which the bare library says yes, and see ours say no.
    public = SMALL[n].encode()
    with pytest.raises(IdentityError) as caught:
        signing.check_verify_key(_key(public))
    assert caught.value.code == "sleutel.zwak"
    r, s = BASE.times(5).encode(), (5).to_bytes(32, "little")
    forged = [
        m for m in map(str.encode, map(str, range(60))) if _h(r, public, m) % 8 == 0
    ]
    assert forged
    assert _library_accepts(public, r + s, forged[0])
    assert not _accepts(public, r + s, forged[0])


@pytest.mark.parametrize("n", range(8))
def test_a_small_order_r_is_refused(n: int) -> None:
    # SPEC 4-5: R of small order is the signature of a nonce known to all; with the
    # secret it can be made so that the equation holds for R = the identity.
    secret = 0x1234567
    public, r = BASE.times(secret).encode(), SMALL[n].encode()
    s = _h(r, public, b"m") * secret % L
    signature = r + s.to_bytes(32, "little")
    assert _library_accepts(public, signature, b"m") is (SMALL[n] == ZERO)
    assert not _accepts(public, signature, b"m")


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", [P, P + 1, P + 2, 2**255 - 1, P - 1, 0, 1])
def test_a_non_canonical_or_small_y_is_refused_as_key_and_as_r(
    y: int, sign: int
) -> None:
    # SPEC 4-4, SPEC 4-5: y + p is a second spelling of y where y < 19
    encoded = (y | sign).to_bytes(32, "little")
    secret = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
    public, good = secret.public_key().public_bytes_raw(), secret.sign(b"m")
    assert not _accepts(public, encoded + good[32:], b"m")
    assert not _accepts(encoded, good, b"m")
    with pytest.raises(IdentityError) as caught:
        signing.check_verify_key(_key(encoded))
    assert caught.value.code == "sleutel.zwak"


@pytest.mark.parametrize("times", [1, 2, 4, 8])
def test_a_signature_with_s_plus_the_order_is_refused(times: int) -> None:
    # SPEC 4-3
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
    public, good = key.public_key().public_bytes_raw(), key.sign(b"m")
    s = int.from_bytes(good[32:], "little") + times * L
    assert _accepts(public, good, b"m")
    assert not _accepts(public, good[:32] + s.to_bytes(32, "little"), b"m")


def test_s_just_under_the_order_can_be_right_and_the_order_itself_is_not() -> None:
    # SPEC 4-3
    r = BASE.times(7)
    for message in map(str.encode, map(str, range(4))):
        secret = 0x7654321
        public = BASE.times(secret).encode()
        s = (7 + _h(r.encode(), public, message) * secret) % L
        good = r.encode() + s.to_bytes(32, "little")
        assert _accepts(public, good, message)
        assert not _accepts(public, r.encode() + L.to_bytes(32, "little"), message)


def test_mixed_order_is_judged_without_the_cofactor() -> None:
    # SPEC 4-8: A' = A + T8. With s = r + h a the two sides differ by h T8: they agree
    # exactly where 8 divides h. A cofactored verifier would accept all of these.
    secret, nonce = 0x1357, 0x2468
    mixed = BASE.times(secret).plus(T8).encode()
    r = BASE.times(nonce).encode()
    seen = set()
    for message in map(str.encode, map(str, range(64))):
        h = _h(r, mixed, message)
        s = ((nonce + h * secret) % L).to_bytes(32, "little")
        seen.add(h % 8 == 0)
        assert _accepts(mixed, r + s, message) is (h % 8 == 0)
    assert seen == {True, False}


def test_mixed_order_r_is_judged_without_the_cofactor() -> None:
    # SPEC 4-8: R' = R + T8 never equals [S]B - [h]A, which has no small part.
    secret, nonce = 0x1357, 0x2468
    public = BASE.times(secret).encode()
    r = BASE.times(nonce).plus(T8).encode()
    for message in map(str.encode, map(str, range(8))):
        s = (nonce + _h(r, public, message) * secret) % L
        assert not _accepts(public, r + s.to_bytes(32, "little"), message)


@pytest.mark.parametrize("size", [0, 1, 32, 63, 65, 72, 128])
def test_a_signature_has_64_bytes(size: int) -> None:
    # SPEC 4-1
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
    good = (key.sign(b"m") * 2)[:size]
    assert not _accepts(key.public_key().public_bytes_raw(), good, b"m")


def test_other_keys_and_curves_are_refused() -> None:
    # SPEC 4-2
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key()
    k256 = ec.generate_private_key(ec.SECP256K1())
    rsa_key = rsa.generate_private_key(65537, 2048).public_key()
    for key in (p384, k256.public_key(), rsa_key, None, b"\x00" * 32):
        with pytest.raises(IdentityError) as caught:
            signing.check_verify_key(key)
        assert caught.value.code == "sleutel.soort"
    # A valid signature on a curve of the same size: only the curve check stops it.
    r, s = decode_dss_signature(k256.sign(b"m", ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(32, "big") + min(s, N256 - s).to_bytes(32, "big")
    with pytest.raises(EnvelopeError):
        signing.verify(k256.public_key(), signature, b"m")


def test_a_curve_of_the_same_size_is_stopped_by_the_curve_check_alone() -> None:
    # SPEC 4-2: over messages until s is low enough to pass the range check
    k256 = ec.generate_private_key(ec.SECP256K1())
    for message in map(str.encode, map(str, range(64))):
        der = k256.sign(message, ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(der)
        if r < N256 and s <= N256 // 2:
            k256.public_key().verify(
                encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256())
            )
            raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
            with pytest.raises(EnvelopeError):
                signing.verify(k256.public_key(), raw, message)
            return
    raise AssertionError


def test_both_kinds_of_key_sign_64_canonical_bytes() -> None:
    # SPEC 4-6, SPEC 4-7
    p256 = ec.generate_private_key(ec.SECP256R1())
    assert signing.check_verify_key(p256.public_key()) == p256.public_key()
    for message in map(str.encode, map(str, range(16))):
        signature = signing.sign(p256, message)
        s = int.from_bytes(signature[32:], "big")
        assert len(signature) == signing.SIGNATURE_BYTES
        assert 0 < s <= N256 // 2
        signing.verify(p256.public_key(), signature, message)
        high = signature[:32] + (N256 - s).to_bytes(32, "big")
        with pytest.raises(EnvelopeError):
            signing.verify(p256.public_key(), high, message)


@pytest.mark.parametrize(
    ("r", "s"), [(0, 1), (1, 0), (N256, 1), (1, N256), (N256 + 1, 1)]
)
def test_ecdsa_numbers_out_of_range_are_refused(r: int, s: int) -> None:
    # SPEC 4-6
    public = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    with pytest.raises(EnvelopeError) as caught:
        signing.verify(public, r.to_bytes(32, "big") + s.to_bytes(32, "big"), b"m")
    assert caught.value.code == "handtekening.ongeldig"


def test_a_wrong_signature_says_the_same_whatever_is_wrong() -> None:
    # SPEC 4-1, SPEC 1-3
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
    good = key.sign(b"m")
    said = set()
    for signature, message in ((good, b"n"), (bytes(64), b"m"), (good[:-1], b"m")):
        with pytest.raises(EnvelopeError) as caught:
            signing.verify(key.public_key(), signature, message)
        said.add(caught.value.describe())
    assert len(said) == 1


@pytest.mark.parametrize("k", range(8))
def test_our_verdict_on_mixed_order_is_that_of_openssl_too(k: int) -> None:
    # SPEC 4-8: two libraries are in use (libsodium here, OpenSSL at many a partner), and
    # a release of either that multiplies by the cofactor would split their verdicts.
    secret, nonce, accepted = 0x1357, 0x2468, 0
    public = BASE.times(secret).plus(SMALL[k]).encode()
    for j in range(8):
        r = BASE.times(nonce).plus(SMALL[j]).encode()
        for message in map(str.encode, map(str, range(24))):
            s = (nonce + _h(r, public, message) * secret) % L
            signature = r + s.to_bytes(32, "little")
            verdict = _library_accepts(public, signature, message)
            assert _accepts(public, signature, message) is verdict
            accepted += verdict
    assert 0 < accepted < 8 * 24
