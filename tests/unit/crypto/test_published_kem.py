"""Published vectors of X25519, ML-KEM-768 and HPKE through our suites (SPEC 3)."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from published_vectors import Case, cases

from corvus_crypto.suite import SUITES
from corvus_schemas.errors import EnvelopeError, IdentityError

HYBRID, CLASSIC = SUITES[1], SUITES[2]
KAST = b"\x42" * 32


def test_x25519_of_wycheproof_with_every_small_order_key_refused() -> None:
    # SPEC 3-4: 31 of these give an all-zero secret
    refused = 0
    for case in cases("x25519", 71):
        if int(case.text("shared"), 16):
            public = CLASSIC.load_public(case.hex("public"))
            private = CLASSIC.load_private(case.hex("private"))
            assert isinstance(public, x25519.X25519PublicKey)
            assert isinstance(private, x25519.X25519PrivateKey)
            assert private.exchange(public) == case.hex("shared"), case.name
        else:
            refused += 1
            with pytest.raises(IdentityError) as caught:
                CLASSIC.load_public(case.hex("public"))
            assert caught.value.code == "sleutel.ongeldig"
    assert refused == 31


def test_an_encapsulation_from_a_small_order_point_does_not_open() -> None:
    # SPEC 3-5
    private, _ = CLASSIC.generate_key()
    hybrid, _ = HYBRID.generate_key()
    for case in cases("x25519", 71):
        if int(case.text("shared"), 16):
            continue
        forged = case.hex("public") + bytes(48)
        with pytest.raises(EnvelopeError) as caught:
            CLASSIC.decapsulate(forged, CLASSIC.load_private(private), b"")
        assert caught.value.code == "kolom.opent_niet"
        with pytest.raises(EnvelopeError) as caught:
            HYBRID.decapsulate(bytes(1088) + forged, HYBRID.load_private(hybrid), b"")
        assert caught.value.code == "kolom.opent_niet"


def test_ml_kem_768_key_generation_of_fips_203() -> None:
    # SPEC 3-2
    for case in cases("mlkem_768_keygen", 12):
        HYBRID.load_private(case.hex("seed") + bytes(32))
        key = mlkem.MLKEM768PrivateKey.from_seed_bytes(case.hex("seed"))
        assert key.public_key().public_bytes_raw() == case.hex("ek"), case.name


def test_ml_kem_768_decapsulation_of_wycheproof() -> None:
    # SPEC 3-2
    for case in cases("mlkem_768_decaps", 24):
        if case.valid:
            key = mlkem.MLKEM768PrivateKey.from_seed_bytes(case.hex("seed"))
            assert key.decapsulate(case.hex("c")) == case.hex("K"), case.name
        else:
            with pytest.raises(ValueError, match=r"seed|ciphertext"):
                mlkem.MLKEM768PrivateKey.from_seed_bytes(case.hex("seed")).decapsulate(
                    case.hex("c")
                )


def test_ml_kem_keys_that_fail_the_modulus_or_length_check_are_refused() -> None:
    # SPEC 3-4
    _, public = CLASSIC.generate_key()
    for case in cases("mlkem_768_bad_keys", 12):
        with pytest.raises(IdentityError) as caught:
            HYBRID.load_public(case.hex("ek") + public)
        assert caught.value.code == "sleutel.ongeldig", case.name


def test_hpke_of_rfc_9180_opens_through_suite_2() -> None:
    # SPEC 3-3: the RFC's ciphertexts carry an AAD, ours none. Its key and nonce are
    # published, so a ciphertext without AAD can be made with them; that our suite opens
    # it holds KEM, key schedule and AEAD to the RFC.
    for case in cases("hpke_x25519", 1):
        assert (case["kdf_id"], case["aead_id"]) == (1, 2)
        private = CLASSIC.load_private(case.hex("skRm"))
        sealed = AESGCM(case.hex("key")).encrypt(case.hex("base_nonce"), KAST, b"")
        opened = CLASSIC.decapsulate(
            case.hex("enc") + sealed, private, case.hex("info")
        )
        assert opened == KAST
        with pytest.raises(EnvelopeError):
            CLASSIC.decapsulate(case.hex("enc") + sealed, private, b"other")


def _expand(seed: bytes) -> bytes:
    """Give the 96 bytes that the hybrid KEM of the draft derives from its seed."""
    return hashlib.shake_256(seed).digest(96)


def test_hpke_mlkem768_x25519_of_the_draft_opens_with_our_key_layout() -> None:
    # SPEC 3-2, SPEC 3-3: the draft publishes this KEM with ChaCha20-Poly1305 only, so
    # the AEAD of suite 1 is swapped for it; KEM, KDF and key layout are our own.
    ran = 0
    for case in cases("hpke_mlkem768_x25519", 2):
        if case["kdf_id"] != 1:
            continue
        ran += 1
        suite = replace(
            HYBRID,
            _hpke=hpke.Suite(
                hpke.KEM.MLKEM768_X25519,
                hpke.KDF.HKDF_SHA256,
                hpke.AEAD.CHACHA20_POLY1305,
            ),
        )
        private = suite.load_private(_expand(case.hex("skRm")))
        assert _public_bytes(_expand(case.hex("skRm"))) == case.hex("pkRm")
        suite.load_public(case.hex("pkRm"))
        cipher = ChaCha20Poly1305(case.hex("key"))
        sealed = cipher.encrypt(case.hex("base_nonce"), KAST, b"")
        assert (
            suite.decapsulate(case.hex("enc") + sealed, private, case.hex("info"))
            == KAST
        )
    assert ran == 1


def _public_bytes(private: bytes) -> bytes:
    m_key = mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:64])
    x_key = x25519.X25519PrivateKey.from_private_bytes(private[64:])
    m_public = m_key.public_key().public_bytes_raw()
    return m_public + x_key.public_key().public_bytes_raw()


def test_the_published_ciphertext_of_rfc_9180_opens_under_its_published_key() -> None:
    # SPEC 3-3
    for case in cases("hpke_x25519", 1):
        (first,) = map(Case, case["encryptions"])  # type: ignore[call-overload]  # JSON
        plain = AESGCM(case.hex("key")).decrypt(
            case.hex("base_nonce"), first.hex("ct"), first.hex("aad")
        )
        assert plain == first.hex("pt")
