"""Issue what one organisation, or the broker, needs: keys, certificates, a folder."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from corvus_adapters import keystore as names
from corvus_adapters.sleutelbestand import encode_private, seal, write_secret
from corvus_broker.register import broker_key_id, declare_key, time_text
from corvus_broker.register.formaat import (
    BrokerSleutelStuk,
    BrokerStuk,
    CertificaatStuk,
    OrganisatieStuk,
)
from corvus_crypto.autoriteit import Houder
from corvus_crypto.certificaten import thumbprint, to_ms
from corvus_crypto.dsse import encode_base64
from corvus_crypto.suite import SUITES

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie.deelnemers import Deelnemer
    from corvus_broker.register.formaat import SleutelStuk
    from corvus_crypto.autoriteit import Autoriteit, Periode
    from corvus_crypto.signing import SigningKey

_LOCAL_HOSTS = (
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
)
_SERIAL_BITS = 120


def random_serial() -> int:
    """Give a serial number for a certificate: positive, unpredictable."""
    return secrets.randbits(_SERIAL_BITS) | 1


@dataclass(frozen=True)
class Uitgever:
    """Issues for one sandbox: authorities, validity, perhaps a passphrase."""

    wortel: Autoriteit
    tsp: Autoriteit
    periode: Periode
    wachtwoord: bytes | None = None

    def issue_organisation(self, map_: Path, deelnemer: Deelnemer) -> OrganisatieStuk:
        """Make an organisation's keystore, and its entry for the register."""
        houder = Houder(deelnemer.oin, deelnemer.naam)
        _start_folder(map_, houder, deelnemer.type)
        key = ed25519.Ed25519PrivateKey.generate()
        certificate = self.tsp.issue(
            houder, key.public_key(), random_serial(), self.periode
        )
        write_secret(map_ / names.SIGNING_KEY, encode_private(key, self.wachtwoord))
        (map_ / names.CERTIFICATE).write_bytes(_pem(certificate, self.tsp.certificate))
        self._issue_tls(map_, houder)
        (map_ / names.KEYS).mkdir(mode=0o700)
        owner = (deelnemer.oin, thumbprint(certificate), key)
        return OrganisatieStuk(
            oin=deelnemer.oin,
            naam=deelnemer.naam,
            type=deelnemer.type,
            vt_regios=list(deelnemer.vt_regios),
            arrondissementen=list(deelnemer.arrondissementen),
            gemeenten=[],
            geldig_van=time_text(to_ms(self.periode.van)),
            geldig_tot=None,
            opvolger=None,
            certificaten=[
                CertificaatStuk(
                    der=_der(certificate),
                    keten=[_der(self.tsp.certificate)],
                    ingetrokken_op=None,
                )
            ],
            sleutels=[self._make_key(map_, owner, suite_id) for suite_id in SUITES],
        )

    def issue_broker(self, map_: Path, houder: Houder) -> BrokerStuk:
        """Make the broker's keystore, and its entry for the register."""
        _start_folder(map_, houder, "BROKER")
        key = ed25519.Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        write_secret(map_ / names.BATCH_KEY, encode_private(key, self.wachtwoord))
        for name, size in ((names.ALIAS_KEY, 64), (names.ZOUT_KEY, 32)):
            raw = secrets.token_bytes(size)
            write_secret(map_ / name, seal(raw, name, self.wachtwoord))
        self._issue_tls(map_, houder)
        return BrokerStuk(
            oin=houder.oin,
            naam=houder.naam,
            sleutels=[
                BrokerSleutelStuk(
                    id=broker_key_id(public).hex(),
                    publiek=encode_base64(public),
                    geldig_van=time_text(to_ms(self.periode.van)),
                    geldig_tot=time_text(to_ms(self.periode.tot)),
                )
            ],
        )

    def _make_key(
        self, map_: Path, owner: tuple[str, bytes, SigningKey], suite_id: int
    ) -> SleutelStuk:
        private, public = SUITES[suite_id].generate_key()
        geldig = (to_ms(self.periode.van), to_ms(self.periode.tot))
        stuk = declare_key(owner, suite_id, public, 1, geldig)
        path = map_ / names.KEYS / f"{stuk['id']}.key"
        write_secret(path, seal(private, path.stem, self.wachtwoord))
        return stuk

    def _issue_tls(self, map_: Path, houder: Houder) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.tsp.issue_tls(
            houder, key.public_key(), random_serial(), self.periode, _LOCAL_HOSTS
        )
        # Kafka's client and ssl read this file themselves: it is not encrypted.
        write_secret(map_ / names.TLS_KEY, encode_private(key, None))
        (map_ / names.TLS_CERTIFICATE).write_bytes(
            _pem(certificate, self.tsp.certificate)
        )
        (map_ / names.TLS_ROOTS).write_bytes(_pem(self.wortel.certificate))


def _start_folder(map_: Path, houder: Houder, soort: str) -> None:
    map_.mkdir(mode=0o700, parents=True)
    identity = {"oin": houder.oin, "naam": houder.naam, "type": soort}
    (map_ / names.ORGANISATIE).write_text(json.dumps(identity, indent=1) + "\n")


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(entry.public_bytes(Encoding.PEM) for entry in certificates)


def _der(certificate: x509.Certificate) -> str:
    return encode_base64(certificate.public_bytes(Encoding.DER))
