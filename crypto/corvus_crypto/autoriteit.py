"""A certificate authority for sandboxes and tests, in the style of PKIoverheid.

Root -> TSP authority -> organisation. Keys, serial numbers and times come in as
arguments. Nobody outside the sandbox should ever trust what this issues.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from corvus_schemas.identifiers import Oin

AuthorityKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
SubjectKey: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey

_HASH: Final = hashes.SHA256()
_TLS: Final = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH)


@dataclass(frozen=True, slots=True)
class Periode:
    """From ``van`` up to and including the second ``tot``."""

    van: datetime
    tot: datetime


@dataclass(frozen=True, slots=True)
class Houder:
    """The organisation a certificate is for."""

    oin: Oin
    naam: str


@dataclass(frozen=True, slots=True)
class Autoriteit:
    """An authority that can issue: its certificate and its private key."""

    certificate: x509.Certificate
    key: AuthorityKey

    def make_crl(
        self, nummer: int, periode: Periode, revoked: Mapping[int, datetime]
    ) -> x509.CertificateRevocationList:
        """Sign a revocation list of serial numbers and their times."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(periode.van)
            .next_update(periode.tot)
            .add_extension(x509.CRLNumber(nummer), critical=False)
            .add_extension(self._key_identifier(), critical=False)
        )
        for serial, moment in sorted(revoked.items()):
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(moment)
                .build()
            )
        return builder.sign(self.key, _HASH)

    def issue(
        self, houder: Houder, key: SubjectKey, serial: int, periode: Periode
    ) -> x509.Certificate:
        """Issue an organisation's certificate for signing messages."""
        builder = self._for_organisation(houder, key, serial, periode)
        usage = _usage(digital_signature=True, content_commitment=True)
        return builder.add_extension(usage, critical=True).sign(self.key, _HASH)

    def issue_tls(
        self,
        houder: Houder,
        key: ec.EllipticCurvePublicKey,
        serial: int,
        periode: Periode,
        hosts: Sequence[x509.GeneralName],
    ) -> x509.Certificate:
        """Issue an organisation's certificate for mutual TLS."""
        builder = self._for_organisation(houder, key, serial, periode)
        builder = (
            builder.add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(_TLS), critical=False)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        )
        return builder.sign(self.key, _HASH)

    def issue_authority(
        self,
        naam: str,
        key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
        serial: int,
        periode: Periode,
    ) -> x509.Certificate:
        """Issue an authority below this one that can issue to organisations only."""
        builder = _authority(_common_name(naam), key, serial, periode, path_length=0)
        builder = builder.issuer_name(self.certificate.subject)
        builder = builder.add_extension(self._key_identifier(), critical=False)
        return builder.sign(self.key, _HASH)

    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        own = self.certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        )
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)

    def _for_organisation(
        self, houder: Houder, key: SubjectKey, serial: int, periode: Periode
    ) -> x509.CertificateBuilder:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, houder.naam),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, houder.oin),
                x509.NameAttribute(NameOID.COMMON_NAME, houder.naam),
            ]
        )
        return (
            _base(subject, key, serial, periode)
            .issuer_name(self.certificate.subject)
            .add_extension(
                x509.BasicConstraints(ca=False, path_length=None), critical=True
            )
            .add_extension(self._key_identifier(), critical=False)
        )


def make_root(
    naam: str, key: AuthorityKey, serial: int, periode: Periode
) -> Autoriteit:
    """Make a self-signed root."""
    name = _common_name(naam)
    builder = _authority(
        name, key.public_key(), serial, periode, path_length=1
    ).issuer_name(name)
    return Autoriteit(builder.sign(key, _HASH), key)


def _common_name(naam: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Corvus sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, naam),
        ]
    )


def _base(
    subject: x509.Name,
    key: SubjectKey | rsa.RSAPublicKey,
    serial: int,
    periode: Periode,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(periode.van)
        .not_valid_after(periode.tot)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _authority(
    subject: x509.Name,
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    serial: int,
    periode: Periode,
    *,
    path_length: int,
) -> x509.CertificateBuilder:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return (
        _base(subject, key, serial, periode)
        .add_extension(constraints, critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
