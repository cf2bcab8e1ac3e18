"""Keystores: the keys of one organisation, or of the broker, in a folder of files.

An organisation's folder::

    organisatie.json          oin, naam, type
    ondertekening.key.pem     signing key, PKCS#8 (Ed25519 or P-256)
    certificaat.pem           signing certificate, then the authorities above it
    tls.key.pem tls.crt.pem   mutual TLS: key, and certificate with its authorities
    tls.ca.pem                roots to believe on the other side
    sleutels/<id>.key         HPKE private keys, named by their public key

A broker's folder has ``batch.key.pem`` (Ed25519), ``alias.key`` and ``zout.key`` in
place of signing key and ``sleutels``. Secrets are for their owner only (mode 0600).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from corvus_adapters.sleutelbestand import (
    read_private,
    read_secret,
    seal,
    unseal,
    write_secret,
)
from corvus_broker.register import broker_key_id
from corvus_crypto.certificaten import oin_of, thumbprint
from corvus_crypto.signing import check_verify_key
from corvus_schemas.errors import CorvusError, SettingsError
from corvus_schemas.identifiers import Oin, parse_oin

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_crypto.signing import SigningKey

ORGANISATIE: Final = "organisatie.json"
SIGNING_KEY: Final = "ondertekening.key.pem"
CERTIFICATE: Final = "certificaat.pem"
KEYS: Final = "sleutels"
BATCH_KEY: Final = "batch.key.pem"
ALIAS_KEY: Final = "alias.key"
ZOUT_KEY: Final = "zout.key"
TLS_KEY: Final = "tls.key.pem"
TLS_CERTIFICATE: Final = "tls.crt.pem"
TLS_ROOTS: Final = "tls.ca.pem"
_ALIAS_SIZES: Final = (32, 64)
_ZOUT_BYTES: Final = 32
_KEY_FILE: Final = re.compile(r"[0-9a-f]{32}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Houdergegevens:
    """Whose folder it is."""

    oin: Oin
    naam: str
    type: str


@dataclass(frozen=True, slots=True)
class TlsBestanden:
    """Files for mutual TLS, as ``ssl`` and aiokafka want them: by path."""

    sleutel: Path
    certificaat: Path
    wortels: Path


class Keystore:
    """The opened keystore of one organisation."""

    def __init__(
        self,
        path: Path,
        houder: Houdergegevens,
        signing_key: SigningKey,
        chain: tuple[x509.Certificate, ...],
        passphrase: bytes | None,
    ) -> None:
        self.path = path
        self.houder = houder
        self.signing_key = signing_key
        self.certificate, self.chain = chain[0], chain[1:]
        self.thumbprint = thumbprint(chain[0])
        self.tls = _tls(path)
        self._passphrase = passphrase
        self._keys: dict[bytes, bytes] = {}

    @classmethod
    def open(cls, path: Path, passphrase: bytes | None = None) -> Keystore:
        """Open a folder and check that everything in it belongs together.

        Raises:
            SettingsError: ``sleutel.ontbreekt``, ``sleutel.rechten``,
                ``sleutel.wachtwoord``, ``sleutel.ongeldig``,
                ``sleutelbos.ongeldig`` or ``sleutelbos.past_niet``.
        """
        houder = read_houder(path)
        chain = read_certificates(path / CERTIFICATE)
        key = read_private(path / SIGNING_KEY, passphrase)
        if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
            raise _mismatch(path, "the signing key is not Ed25519 or P-256")
        try:
            check_verify_key(key.public_key())
            oin = oin_of(chain[0])
        except CorvusError as error:
            raise _mismatch(path, str(error)) from error
        if oin != houder.oin:
            raise _mismatch(path, f"the certificate is for OIN {oin}")
        if _spki(key.public_key()) != _spki(chain[0].public_key()):
            raise _mismatch(path, "the certificate is not for the signing key")
        return cls(path, houder, key, chain, passphrase)

    @property
    def oin(self) -> Oin:
        """OIN of the organisation."""
        return self.houder.oin

    def key_ids(self) -> tuple[bytes, ...]:
        """Ids of the HPKE private keys at hand."""
        names = (file.stem for file in (self.path / KEYS).glob("*.key"))
        return tuple(sorted(bytes.fromhex(n) for n in names if _KEY_FILE.match(n)))

    def private_key(self, key_id: bytes) -> bytes | None:
        """Give an HPKE private key; None when it is not (or no longer) here.

        Raises:
            SettingsError: ``sleutel.rechten`` or ``sleutel.wachtwoord``.
        """
        raw = self._keys.get(key_id)
        if raw is None:
            file = self._key_file(key_id)
            if not file.exists():
                return None
            raw = unseal(read_secret(file), file.stem, self._passphrase)
            self._keys[key_id] = raw
        return raw

    def add_private_key(self, key_id: bytes, raw: bytes) -> None:
        """Keep a new HPKE private key.

        Raises:
            SettingsError: ``sleutel.bestaat``.
        """
        file = self._key_file(key_id)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        write_secret(file, seal(raw, file.stem, self._passphrase))

    def _key_file(self, key_id: bytes) -> Path:
        return self.path / KEYS / f"{key_id.hex()}.key"


@dataclass(frozen=True, slots=True)
class BrokerKeystore:
    """The opened keystore of the broker: it signs, it never decrypts."""

    path: Path
    houder: Houdergegevens
    batch_key: ed25519.Ed25519PrivateKey
    alias_key: bytes = field(repr=False)
    zout_key: bytes = field(repr=False)
    tls: TlsBestanden

    @classmethod
    def open(cls, path: Path, passphrase: bytes | None = None) -> BrokerKeystore:
        """Open a folder.

        Raises:
            SettingsError: ``sleutel.ontbreekt``, ``sleutel.rechten``,
                ``sleutel.wachtwoord``, ``sleutel.ongeldig`` or
                ``sleutelbos.past_niet``.
        """
        houder = read_houder(path)
        batch_key = read_private(path / BATCH_KEY, passphrase)
        if not isinstance(batch_key, ed25519.Ed25519PrivateKey):
            raise _mismatch(path, "the batch signing key is not Ed25519")
        alias_key = unseal(read_secret(path / ALIAS_KEY), ALIAS_KEY, passphrase)
        zout_key = unseal(read_secret(path / ZOUT_KEY), ZOUT_KEY, passphrase)
        if len(alias_key) not in _ALIAS_SIZES or len(zout_key) != _ZOUT_BYTES:
            raise _mismatch(path, "the alias or salt key has a wrong length")
        return cls(path, houder, batch_key, alias_key, zout_key, _tls(path))

    @property
    def batch_key_id(self) -> bytes:
        """Id under which the register lists the batch key."""
        return broker_key_id(self.batch_key.public_key().public_bytes_raw())


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Read PEM certificates, at least one.

    Raises:
        SettingsError: ``sleutel.ontbreekt`` or ``sleutelbos.ongeldig``.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except OSError:
        raise _missing(path) from None
    except ValueError:
        raise _malformed(path, "holds no certificates in PEM") from None


def read_houder(folder: Path) -> Houdergegevens:
    """Read whose keystore a folder is.

    Raises:
        SettingsError: ``sleutel.ontbreekt`` or ``sleutelbos.ongeldig``.
    """
    path = folder / ORGANISATIE
    try:
        value = json.loads(path.read_bytes())
        return Houdergegevens(
            parse_oin(value["oin"]), str(value["naam"]), str(value["type"])
        )
    except OSError:
        raise _missing(path) from None
    except (ValueError, TypeError, KeyError, CorvusError):
        raise _malformed(path, "needs oin, naam and type") from None


def _tls(path: Path) -> TlsBestanden:
    return TlsBestanden(path / TLS_KEY, path / TLS_CERTIFICATE, path / TLS_ROOTS)


def _spki(key: object) -> bytes:
    """Compare public keys by what X.509 says of them."""
    if not isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _missing(path: Path) -> SettingsError:
    return SettingsError(
        "sleutel.ontbreekt",
        f"{path} is not there or cannot be read",
        advice="Name the keystore's folder; corvus init makes one for a sandbox.",
    )


def _malformed(path: Path, what: str) -> SettingsError:
    return SettingsError(
        "sleutelbos.ongeldig",
        f"{path} {what}",
        advice="Restore the file from the back-up.",
    )


def _mismatch(path: Path, what: str) -> SettingsError:
    return SettingsError(
        "sleutelbos.past_niet",
        f"the files of {path} do not belong together: {what}",
        advice="Put back the key and the certificate of one and the same issuance.",
    )
