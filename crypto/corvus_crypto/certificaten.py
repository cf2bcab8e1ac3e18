"""X.509 certificates of organisations: read, identify, verify a chain (SPEC 4).

Validator: ``cryptography.x509.verification``. It works offline on bytes and a given
time, verifies Ed25519 and P-256 leaves under RSA (PKCS#1 v1.5 and PSS, SHA-256 and up)
and ECDSA authorities, refuses SHA-1 and unknown critical extensions, takes 0.5 ms a
chain and is in a library we need anyway. pyhanko-certvalidator was tried too: correct
on the same chains, with CRLs built in, but ten times slower, a coroutine-only API, a
second X.509 parser (asn1crypto) and an HTTP client among its dependencies. What the
chosen one lacks, CRLs, is the small part below: issuer's signature, its right to sign
CRLs, currency, and the list of serial numbers.
"""

from __future__ import annotations

import itertools
import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from corvus_crypto.signing import check_verify_key
from corvus_schemas.errors import IdentityError
from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_crypto.signing import VerifyKey

THUMBPRINT_BYTES: Final = 32
_OIN: Final = re.compile(r"[0-9]{20}\Z", re.ASCII)
_DER: Final = Encoding.DER
_MALFORMED: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    CryptographyDeprecationWarning,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_CRL_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


@dataclass(frozen=True, slots=True)
class Certificaat:
    """What a certificate says; ``geldig_tot_ms`` is the first moment it is expired."""

    oin: Oin
    thumbprint: bytes
    verify_key: VerifyKey
    geldig_van_ms: int
    geldig_tot_ms: int


def load_certificate(der: bytes) -> x509.Certificate:
    """Parse one certificate in DER, strictly.

    Raises:
        IdentityError: ``certificaat.ongeldig``.
    """
    try:
        with warnings.catch_warnings():
            # The library warns where RFC 5280 says no (a serial number of zero).
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(der)
            if _well_formed(certificate) and certificate.public_bytes(_DER) == der:
                return certificate
    except _MALFORMED:
        pass
    raise IdentityError(
        "certificaat.ongeldig",
        f"{len(der)} bytes are not one X.509 certificate in DER",
        advice="Export the certificate again, as DER, without anything around it.",
    )


def _well_formed(certificate: x509.Certificate) -> bool:
    """Parse what the library parses only when asked: it fails here or nowhere."""
    lazy = (
        list(certificate.extensions),
        certificate.subject,
        certificate.issuer,
        certificate.public_key(),
        certificate.signature_algorithm_parameters,
    )
    period = certificate.not_valid_before_utc < certificate.not_valid_after_utc
    return bool(lazy) and period and certificate.version is x509.Version.v3


def thumbprint(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the certificate's DER: 32 bytes."""
    return certificate.fingerprint(hashes.SHA256())


def oin_of(certificate: x509.Certificate) -> Oin:
    """Read the OIN: the one serialNumber of the subject, 20 digits (PKIoverheid).

    Raises:
        IdentityError: ``certificaat.oin``.
    """
    values = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    text = values[0].value if len(values) == 1 else ""
    if not isinstance(text, str) or not _OIN.match(text):
        raise IdentityError(
            "certificaat.oin",
            f"the subject has {len(values)} serialNumber(s), and not one of 20 digits",
            advice="Ask for a certificate with the OIN in the subject's serialNumber.",
        )
    return Oin(text)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, UTC."""
    return int(moment.timestamp() * 1000)


def from_ms(moment_ms: int) -> datetime:
    """Give the UTC time of a number of milliseconds since 1970."""
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC)


def describe(certificate: x509.Certificate) -> Certificaat:
    """Read a certificate without verifying who issued it.

    Raises:
        IdentityError: ``certificaat.oin``, ``sleutel.soort``, ``sleutel.zwak``.
    """
    return Certificaat(
        oin=oin_of(certificate),
        thumbprint=thumbprint(certificate),
        verify_key=check_verify_key(certificate.public_key()),
        geldig_van_ms=to_ms(certificate.not_valid_before_utc),
        # X.509 includes its last second.
        geldig_tot_ms=to_ms(certificate.not_valid_after_utc) + 1000,
    )


def verify_chain(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    at: datetime,
    crls: Sequence[x509.CertificateRevocationList] = (),
) -> Certificaat:
    """Verify an organisation's signing certificate up to a trust anchor.

    With no ``crls`` nothing is checked for revocation here (the register has its own
    ``ingetrokken_op``); with any, each authority of the chain needs a current one.

    Raises:
        IdentityError: ``certificaat.verlopen``, ``certificaat.nog_niet_geldig``,
            ``certificaat.keten``, ``certificaat.ingetrokken``, ``certificaat.crl``,
            ``certificaat.gebruik``, ``certificaat.oin``, ``sleutel.zwak``,
            ``sleutel.soort``.
    """
    certificaat = describe(leaf)
    _check_period(leaf, at)
    chain = _build_chain(leaf, intermediates, anchors, at)
    _check_usage(leaf)
    if crls:
        by_issuer = {crl.issuer: crl for crl in crls}
        for certificate, issuer in itertools.pairwise(chain):
            _check_not_revoked(certificate, issuer, by_issuer, at)
    return certificaat


def _check_period(leaf: x509.Certificate, at: datetime) -> None:
    if at < leaf.not_valid_before_utc:
        raise IdentityError(
            "certificaat.nog_niet_geldig",
            f"the certificate is valid from {leaf.not_valid_before_utc.isoformat()}",
            advice="Wait, or check the clock of the machine that signed.",
        )
    if to_ms(at) >= to_ms(leaf.not_valid_after_utc) + 1000:
        raise IdentityError(
            "certificaat.verlopen",
            f"the certificate expired at {leaf.not_valid_after_utc.isoformat()}",
            advice="Renew the certificate and have it entered in the register.",
        )


def _build_chain(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    at: datetime,
) -> Sequence[x509.Certificate]:
    if anchors:
        verifier = (
            PolicyBuilder()
            .time(at)
            .store(Store(list(anchors)))
            # The web's rules for authorities; its rules for leaves (a DNS name, an
            # extended key usage) do not fit signing certificates, see _check_usage.
            .extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca(),
                ee_policy=ExtensionPolicy.permit_all(),
            )
            .build_client_verifier()
        )
        try:
            return verifier.verify(leaf, list(intermediates)).chain
        except VerificationError:
            pass
    raise IdentityError(
        "certificaat.keten",
        f"no valid chain from the certificate to one of {len(anchors)} trust anchors",
        advice="Send the issuing authorities along; compare with vertrouwen.json.",
    )


def _check_usage(leaf: x509.Certificate) -> None:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        may_sign = usage.digital_signature and not usage.key_cert_sign
    except x509.ExtensionNotFound:
        may_sign = False
    try:
        basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
        is_authority = basic.ca
    except x509.ExtensionNotFound:
        is_authority = False
    if is_authority or not may_sign:
        raise IdentityError(
            "certificaat.gebruik",
            "the certificate's keyUsage does not say digitalSignature,"
            " or it is an authority",
            advice="Use the organisation's signing certificate.",
        )


def _check_not_revoked(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    crls: Mapping[x509.Name, x509.CertificateRevocationList],
    at: datetime,
) -> None:
    crl = crls.get(issuer.subject)
    if crl is None or not _crl_holds(crl, issuer, at):
        raise IdentityError(
            "certificaat.crl",
            "an authority of the chain has no valid and current revocation list here",
            advice="Fetch the revocation lists again; a stale one proves nothing.",
        )
    if crl.get_revoked_certificate_by_serial_number(certificate.serial_number):
        raise IdentityError(
            "certificaat.ingetrokken",
            "the certificate, or an authority above it, is revoked",
            advice="Use the new certificate; ask the issuer why this one was revoked.",
        )


def _crl_holds(
    crl: x509.CertificateRevocationList, issuer: x509.Certificate, at: datetime
) -> bool:
    """Tell whether a list is the issuer's own, complete and current."""
    expires = crl.next_update_utc
    if expires is None or not crl.last_update_utc <= at < expires:
        return False
    # Delta and partial lists mark themselves with a critical extension.
    if any(extension.critical for extension in crl.extensions):
        return False
    if not isinstance(crl.signature_hash_algorithm, _CRL_HASHES):
        return False
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        return usage.crl_sign and _crl_signed(crl, issuer)
    except x509.ExtensionNotFound:
        return False


def _crl_signed(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return crl.is_signature_valid(key)
    return False
