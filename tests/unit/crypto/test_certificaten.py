"""Certificates of organisations: what is believed and what is refused, by code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from corvus_crypto.autoriteit import Autoriteit, Houder, Periode, make_root
from corvus_crypto.certificaten import (
    describe,
    from_ms,
    load_certificate,
    oin_of,
    thumbprint,
    to_ms,
    verify_chain,
)
from corvus_schemas.errors import IdentityError
from corvus_schemas.identifiers import Oin

NU = datetime(2026, 11, 22, 12, tzinfo=UTC)
LANG = Periode(NU - timedelta(days=100), NU + timedelta(days=1000))
KORT = Periode(NU - timedelta(days=1), NU + timedelta(days=30))
OIN = Oin("00009999002001000000")
HOUDER = Houder(OIN, "Veilig Thuis proef")


@cache
def authorities() -> tuple[Autoriteit, Autoriteit]:
    root = make_root("root", ec.generate_private_key(ec.SECP256R1()), 1, LANG)
    key = ec.generate_private_key(ec.SECP256R1())
    return root, Autoriteit(root.issue_authority("tsp", key.public_key(), 2, LANG), key)


@cache
def leaf_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


@cache
def leaf(serial: int = 10) -> x509.Certificate:
    return authorities()[1].issue(HOUDER, leaf_key().public_key(), serial, KORT)


def check(
    certificate: x509.Certificate,
    *,
    at: datetime = NU,
    crls: tuple[x509.CertificateRevocationList, ...] = (),
) -> None:
    root, tsp = authorities()
    verify_chain(certificate, [tsp.certificate], [root.certificate], at, crls)


def builder(
    *attributes: tuple[x509.ObjectIdentifier, str], by: Autoriteit | None = None
) -> x509.CertificateBuilder:
    """A leaf of the TSP with these subject attributes and no key usage yet."""
    tsp = by or authorities()[1]
    identifier = tsp.certificate.extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier
    )
    return (
        x509.CertificateBuilder()
        .subject_name(
            x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
        )
        .issuer_name(tsp.certificate.subject)
        .public_key(leaf_key().public_key())
        .serial_number(77)
        .not_valid_before(KORT.van)
        .not_valid_after(KORT.tot)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                identifier.value
            ),
            critical=False,
        )
    )


def test_an_ed25519_leaf_verifies_up_to_the_root() -> None:
    root, tsp = authorities()
    found = verify_chain(leaf(), [tsp.certificate], [root.certificate], NU)
    assert found.oin == OIN
    assert found.thumbprint == thumbprint(leaf())
    assert len(found.thumbprint) == 32
    assert found.verify_key == leaf_key().public_key()
    assert from_ms(found.geldig_van_ms) == KORT.van


def test_a_p256_leaf_verifies() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    check(authorities()[1].issue(HOUDER, key.public_key(), 11, KORT))


@pytest.mark.parametrize("pss", [False, True])
def test_rsa_authorities_of_pkioverheid_verify(*, pss: bool) -> None:
    """PKCS#1 v1.5 and PSS; 4096 bits as PKIoverheid's root for the first."""
    root_key = rsa.generate_private_key(65537, 2048 if pss else 4096)
    root = make_root("rsa", root_key, 1, LANG)
    template = builder((NameOID.SERIAL_NUMBER, OIN), by=root)
    usage = leaf().extensions.get_extension_for_class(x509.KeyUsage).value
    certificate = template.add_extension(usage, critical=True).sign(
        root_key,
        hashes.SHA256(),
        rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else None,
    )
    assert verify_chain(certificate, [], [root.certificate], NU).oin == OIN


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (KORT.van - timedelta(seconds=1), "certificaat.nog_niet_geldig"),
        (KORT.tot + timedelta(seconds=1), "certificaat.verlopen"),
    ],
)
def test_the_validity_is_checked_at_the_time_given(at: datetime, code: str) -> None:
    with pytest.raises(IdentityError) as caught:
        check(leaf(), at=at)
    assert caught.value.code == code


def test_the_last_second_is_included() -> None:
    check(leaf(), at=KORT.tot)
    assert describe(leaf()).geldig_tot_ms == to_ms(KORT.tot) + 1000


def test_another_root_does_not_vouch() -> None:
    other = make_root("root", ec.generate_private_key(ec.SECP256R1()), 1, LANG)
    _, tsp = authorities()
    for anchors in ([other.certificate], []):
        with pytest.raises(IdentityError) as caught:
            verify_chain(leaf(), [tsp.certificate], anchors, NU)
        assert caught.value.code == "certificaat.keten"


def test_a_missing_or_expired_authority_breaks_the_chain() -> None:
    root, tsp = authorities()
    with pytest.raises(IdentityError) as caught:
        verify_chain(leaf(), [], [root.certificate], NU)
    assert caught.value.code == "certificaat.keten"
    past = Periode(LANG.van, NU - timedelta(hours=1))
    old = root.issue_authority("tsp", tsp.key.public_key(), 3, past)
    with pytest.raises(IdentityError) as caught:
        verify_chain(leaf(), [old], [root.certificate], NU)
    assert caught.value.code == "certificaat.keten"


def test_an_organisation_cannot_issue() -> None:
    root, tsp = authorities()
    p256 = ec.generate_private_key(ec.SECP256R1())
    below = tsp.issue(HOUDER, p256.public_key(), 12, KORT)
    forged = Autoriteit(below, p256).issue(HOUDER, leaf_key().public_key(), 13, KORT)
    with pytest.raises(IdentityError) as caught:
        verify_chain(forged, [below, tsp.certificate], [root.certificate], NU)
    assert caught.value.code == "certificaat.keten"


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA1()])
def test_sha1_is_refused(algorithm: hashes.HashAlgorithm) -> None:
    """The library issues no SHA-1: the certificate is signed again by hand, once with
    SHA-256 to show that the hand is right, once with SHA-1.
    """
    key = rsa.generate_private_key(65537, 2048)
    root = make_root("rsa", key, 1, LANG)
    usage = leaf().extensions.get_extension_for_class(x509.KeyUsage).value
    template = builder((NameOID.SERIAL_NUMBER, OIN), by=root)
    good = template.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    with_sha256 = bytes.fromhex("06092a864886f70d01010b")
    oid = with_sha256[:-1] + (b"\x0b" if algorithm.name == "sha256" else b"\x05")
    tbs = good.tbs_certificate_bytes
    resigned = tbs.replace(with_sha256, oid)
    der = good.public_bytes(Encoding.DER).replace(with_sha256, oid)
    signature = key.sign(resigned, padding.PKCS1v15(), algorithm)
    certificate = load_certificate(der[: -len(signature)] + signature)
    if algorithm.name == "sha256":
        verify_chain(certificate, [], [root.certificate], NU)
        return
    with pytest.raises(IdentityError) as caught:
        verify_chain(certificate, [], [root.certificate], NU)
    assert caught.value.code == "certificaat.keten"


@pytest.mark.parametrize(
    "attributes",
    [
        [],
        [(NameOID.SERIAL_NUMBER, "0000999900200100000")],
        [(NameOID.SERIAL_NUMBER, "000099990020010000000")],
        [(NameOID.SERIAL_NUMBER, "0000999900200100000x")],
        [(NameOID.SERIAL_NUMBER, OIN), (NameOID.SERIAL_NUMBER, OIN)],
    ],
)
def test_exactly_one_oin_of_twenty_digits(
    attributes: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    certificate = builder((NameOID.ORGANIZATION_NAME, "x"), *attributes).sign(
        authorities()[1].key, hashes.SHA256()
    )
    with pytest.raises(IdentityError) as caught:
        oin_of(certificate)
    assert caught.value.code == "certificaat.oin"
    with pytest.raises(IdentityError) as caught:
        check(certificate)
    assert caught.value.code == "certificaat.oin"


def test_a_certificate_without_digital_signature_cannot_sign() -> None:
    subject = ((NameOID.ORGANIZATION_NAME, "x"), (NameOID.SERIAL_NUMBER, OIN))
    bare = builder(*subject).sign(authorities()[1].key, hashes.SHA256())
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    other = (
        builder(*subject)
        .add_extension(usage, critical=True)
        .sign(authorities()[1].key, hashes.SHA256())
    )
    for certificate in (bare, other):
        with pytest.raises(IdentityError) as caught:
            check(certificate)
        assert caught.value.code == "certificaat.gebruik"


def test_other_kinds_of_keys_and_weak_points_are_refused() -> None:
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key()
    weak = ed25519.Ed25519PublicKey.from_public_bytes(b"\x01" + bytes(31))
    for key, code in ((p384, "sleutel.soort"), (weak, "sleutel.zwak")):
        with pytest.raises(IdentityError) as caught:
            check(authorities()[1].issue(HOUDER, key, 14, KORT))
        assert caught.value.code == code


def crl(
    who: int,
    *,
    revoked: tuple[int, ...] = (),
    periode: Periode = KORT,
) -> x509.CertificateRevocationList:
    return authorities()[who].make_crl(1, periode, dict.fromkeys(revoked, KORT.van))


def test_current_lists_without_the_certificate_let_it_pass() -> None:
    check(leaf(), crls=(crl(0), crl(1, revoked=(999,))))


@pytest.mark.parametrize(("who", "serial"), [(1, 10), (0, 2)])
def test_a_revoked_certificate_or_authority_is_refused(who: int, serial: int) -> None:
    lists = tuple(crl(n, revoked=(serial,) if n == who else ()) for n in (0, 1))
    with pytest.raises(IdentityError) as caught:
        check(leaf(), crls=lists)
    assert caught.value.code == "certificaat.ingetrokken"


def test_a_missing_stale_or_forged_list_proves_nothing() -> None:
    past = Periode(LANG.van, NU - timedelta(hours=1))
    impostor = make_root("tsp", ec.generate_private_key(ec.SECP256R1()), 2, LANG)
    forged = impostor.make_crl(1, KORT, {})
    for lists in ((crl(1),), (crl(0), crl(1, periode=past)), (crl(0), forged)):
        with pytest.raises(IdentityError) as caught:
            check(leaf(), crls=lists)
        assert caught.value.code == "certificaat.crl"


def test_a_tls_certificate_carries_the_oin_and_both_usages() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = authorities()[1].issue_tls(
        HOUDER, key.public_key(), 15, KORT, [x509.DNSName("localhost")]
    )
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert oin_of(certificate) == OIN
    assert {usage.dotted_string for usage in usages.value} == {
        "1.3.6.1.5.5.7.3.1",
        "1.3.6.1.5.5.7.3.2",
    }


def test_loading_is_strict() -> None:
    der = leaf().public_bytes(Encoding.DER)
    assert load_certificate(der) == leaf()
    for wrong in (b"", der + b"\x00", der[:-1], leaf().public_bytes(Encoding.PEM)):
        with pytest.raises(IdentityError) as caught:
            load_certificate(wrong)
        assert caught.value.code == "certificaat.ongeldig"


@given(st.integers(0, 4000), st.integers(1, 255))
def test_any_changed_byte_is_refused(place: int, change: int) -> None:
    der = bytearray(leaf().public_bytes(Encoding.DER))
    der[place % len(der)] ^= change
    with pytest.raises(IdentityError):
        check(load_certificate(bytes(der)))
