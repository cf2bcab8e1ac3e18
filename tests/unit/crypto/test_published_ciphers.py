"""Published vectors of the symmetric primitives, as our wrappers call them.

Where a wrapper fixes a parameter (nonce zero, our AAD, our ``info``), the test puts the
vector's own parameter in that one place, so that the wrapper's call is what runs.
"""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from published_vectors import Case, cases

from corvus_crypto import cel, zaak
from corvus_crypto.lp import lp, u8, u16
from corvus_schemas.errors import EnvelopeError
from corvus_schemas.identifiers import Oin, ZaakId

OIN = Oin("00000000000000000001")


def test_aes_256_gcm_of_wycheproof() -> None:
    # SPEC 5-5
    for case in cases("aes_256_gcm", 66):
        sealed = case.hex("ct") + case.hex("tag")
        args = case.hex("iv"), sealed, case.hex("aad")
        if case.valid:
            assert AESGCM(case.hex("key")).decrypt(*args) == case.hex("msg")
        else:
            with pytest.raises(InvalidTag):
                AESGCM(case.hex("key")).decrypt(*args)


def _the_nonce_of_a_cel(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cel, "_NONCE", case.hex("iv"))
    monkeypatch.setattr(cel, "derive_key", lambda *_: case.hex("key"))
    monkeypatch.setattr(cel, "_aad", lambda *_: case.hex("aad"))
    monkeypatch.setattr(cel, "pad", lambda plaintext: plaintext)
    monkeypatch.setattr(cel, "unpad", lambda padded: padded)


def test_a_cel_is_sealed_and_opened_by_exactly_that_aes_gcm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # SPEC 5-5, SPEC 5-9
    context = cel.CelContext(1, bytes(32))
    plaats = cel.Plaats(0, "melding", bytes(8))
    for case in cases("aes_256_gcm", 66):
        _the_nonce_of_a_cel(case, monkeypatch)
        sealed = case.hex("ct") + case.hex("tag")
        if case.valid:
            assert cel.open_cel(context, plaats, b"", sealed) == case.hex("msg")
            assert cel.seal_cel(context, plaats, b"", case.hex("msg")) == sealed
        else:
            with pytest.raises(EnvelopeError) as caught:
                cel.open_cel(context, plaats, b"", sealed)
            assert caught.value.code == "cel.bedrog"


@pytest.mark.parametrize(("name", "count"), [("aes_256_kw", 68), ("nist_kw_256", 48)])
def test_key_wrap_of_wycheproof_and_nist(name: str, count: int) -> None:
    # SPEC 6-8
    for case in cases(name, count):
        opened = cel.unwrap_geheim(case.hex("key"), case.hex("ct"))
        assert opened == (case.hex("msg") if case.valid else None), case.name
        if case.valid:
            assert cel.wrap_geheim(case.hex("key"), case.hex("msg")) == case.hex("ct")


def test_hkdf_of_wycheproof_and_rfc_5869() -> None:
    # SPEC 5-4
    for case in cases("hkdf_sha256", 86):
        size = int(case.text("size"))
        salt = case.hex("salt") or None
        if size > 255 * 32:
            with pytest.raises(ValueError, match="Cannot derive keys larger"):
                HKDF(hashes.SHA256(), size, salt, case.hex("info"))
            continue
        made = HKDF(hashes.SHA256(), size, salt, case.hex("info"))
        assert made.derive(case.hex("ikm")) == case.hex("okm"), case.name


def test_the_key_of_a_cel_is_hkdf_without_salt_under_our_info(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # SPEC 5-4
    info = lp("cel-sleutel", u8(1), b"cel")
    expected = HKDF(hashes.SHA256(), 32, None, info).derive(b"\x07" * 32)
    assert cel.derive_key(1, b"\x07" * 32, "cel") == expected
    ran = 0
    for case in cases("hkdf_sha256", 86):
        if case.text("salt") or int(case.text("size")) != 32:
            continue
        monkeypatch.setattr(cel, "lp", lambda *_, case=case: case.hex("info"))
        assert cel.derive_key(1, case.hex("ikm"), "cel") == case.hex("okm")
        ran += 1
    assert ran == 1


def test_aes_siv_of_wycheproof() -> None:
    # SPEC 10-5
    for case in cases("aes_256_siv", 155):
        siv = AESSIV(case.hex("key"))
        sealed = case.hex("tag") + case.hex("ct")
        extra = [case.hex("aad"), case.hex("iv")]
        if case.valid:
            assert siv.decrypt(sealed, extra) == case.hex("msg"), case.name
            assert siv.encrypt(case.hex("msg"), extra) == sealed, case.name
        else:
            with pytest.raises(InvalidTag):
                siv.decrypt(sealed, extra)


def test_an_alias_is_that_aes_siv_over_the_zaak_with_partition_and_oin() -> None:
    # SPEC 10-3, SPEC 10-5
    key, zaak_id = bytes(range(64)), ZaakId(b"\x11" * 16)
    alias = zaak.AliasSleutel(key).alias(zaak_id, OIN, 12)
    head = u16(zaak.partition_of(zaak_id, 12))
    extra = lp("zaak-alias", head, OIN.encode())
    assert alias == head + AESSIV(key).encrypt(zaak_id, [extra])
    assert zaak.AliasSleutel(key).zaak(alias, OIN) == zaak_id
