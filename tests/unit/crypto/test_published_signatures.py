"""Published Ed25519 and ECDSA vectors through our one verifier (SPEC 4)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from published_vectors import Case, cases

from corvus_crypto import signing
from corvus_schemas.errors import EnvelopeError

_N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _accepts(key: signing.VerifyKey, case: Case) -> bool:
    try:
        signing.verify(key, case.hex("sig"), case.hex("msg"))
    except EnvelopeError as error:
        return error.code != "handtekening.ongeldig"
    return True


def test_ed25519_of_wycheproof_is_judged_alike() -> None:
    # SPEC 4-1, SPEC 4-3
    for case in cases("ed25519", 151):
        key = ed25519.Ed25519PublicKey.from_public_bytes(case.hex("public"))
        assert _accepts(key, case) is case.valid, case.name


def test_rfc_8032_signatures_are_made_and_verified_byte_for_byte() -> None:
    # SPEC 4-1
    for case in cases("rfc8032_ed25519", 4):
        key = ed25519.Ed25519PrivateKey.from_private_bytes(case.hex("secret"))
        assert key.public_key().public_bytes_raw() == case.hex("public")
        assert signing.sign(key, case.hex("msg")) == case.hex("sig")
        assert _accepts(key.public_key(), case)


def test_ecdsa_of_wycheproof_is_judged_alike_but_for_high_s() -> None:
    # SPEC 4-6, SPEC 4-7: the one difference with Wycheproof is that a valid signature
    # with s above n/2 is refused, and its low twin is accepted.
    high = 0
    for case in cases("ecdsa_p256_p1363", 262):
        key = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), case.hex("public")
        )
        s = int.from_bytes(case.hex("sig")[32:], "big")
        if case.valid and s > _N256 // 2:
            high += 1
            assert not _accepts(key, case), case.name
            twin = case.hex("sig")[:32] + (_N256 - s).to_bytes(32, "big")
            assert _accepts(key, Case(case, sig=twin.hex())), case.name
        else:
            assert _accepts(key, case) is case.valid, case.name
    assert high == 70
