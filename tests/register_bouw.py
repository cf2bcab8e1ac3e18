"""Builds small signed registers in memory, right or wrong in one chosen way."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from corvus_broker.register import (
    Registerversie,
    Vertrouwen,
    broker_key_id,
    declare_key,
    open_register,
    sign_register,
    sign_tabel,
    time_text,
)
from corvus_broker.register.formaat import (
    BrokerSleutelStuk,
    BrokerStuk,
    CertificaatStuk,
    OrganisatieStuk,
    RegisterStuk,
    SuiteStuk,
)
from corvus_crypto.autoriteit import Autoriteit, Houder, Periode, make_root
from corvus_crypto.certificaten import thumbprint, to_ms
from corvus_crypto.dsse import encode_base64
from corvus_crypto.hybride import HybrideSigningKey
from corvus_crypto.suite import SUITES
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from corvus_broker.register.formaat import SleutelStuk

NU = datetime(2026, 11, 22, 12, tzinfo=UTC)
VAN, TOT = NU - timedelta(days=1), NU + timedelta(days=30)
VAN_MS, NU_MS, TOT_MS = to_ms(VAN), to_ms(NU), to_ms(TOT)
PERIODE = Periode(VAN - timedelta(days=10), NU + timedelta(days=365))

VT, POL = Oin("00009999002001000000"), Oin("00009999001001000000")
BROKER = Oin("00009999000000000000")

TABEL = """
tabel: proef
versie: 1
geldig_van: "2025-01-01"
geldig_tot: null
regels:
- regel: R0001
  berichttype: politiemelding
  rubriek: melding
  van: POL
  naar: VT
  besluit: ja
  voorwaarde: "true"
  grondslag: G_WPG18_VT
  doel: VEILIGHEIDSBEOORDELING
  modaliteit: moet
  bewaartermijn: P30D
  status: concept
  geldig_van: "2025-01-01"
  geldig_tot: null
  regio: "*"
  bron: ""
  opmerking: ""
"""


@cache
def authorities() -> tuple[Autoriteit, Autoriteit]:
    """Root and TSP, made once."""
    root = make_root("Proef root", ec.generate_private_key(ec.SECP256R1()), 1, PERIODE)
    key = ec.generate_private_key(ec.SECP256R1())
    tsp = root.issue_authority("Proef TSP", key.public_key(), 2, PERIODE)
    return root, Autoriteit(tsp, key)


@cache
def officers() -> tuple[tuple[str, HybrideSigningKey], ...]:
    """Three officers, made once."""
    return tuple((f"fg-{n}", HybrideSigningKey.generate()) for n in (1, 2, 3))


def trust(drempel: int = 2) -> Vertrouwen:
    keys = {name: key.public_key() for name, key in officers()}
    return Vertrouwen(keys, (authorities()[0].certificate,), drempel)


@dataclass
class Partij:
    """One organisation with a signing key, a certificate and keys of both suites."""

    oin: Oin
    type: str
    key: ed25519.Ed25519PrivateKey = field(
        default_factory=ed25519.Ed25519PrivateKey.generate
    )

    def __post_init__(self) -> None:
        _, tsp = authorities()
        houder = Houder(self.oin, f"{self.type} proef")
        serial = int(self.oin)
        self.cert = tsp.issue(houder, self.key.public_key(), serial, PERIODE)
        self.thumbprint = thumbprint(self.cert)

    def declare(
        self,
        suite: int = 1,
        volgnummer: int = 1,
        geldig: tuple[int, int] = (VAN_MS, TOT_MS),
        public: bytes | None = None,
    ) -> SleutelStuk:
        raw = public if public is not None else SUITES[suite].generate_key()[1]
        owner = (self.oin, self.thumbprint, self.key)
        return declare_key(owner, suite, raw, volgnummer, geldig)

    def stuk(self) -> OrganisatieStuk:
        return OrganisatieStuk(
            oin=self.oin,
            naam=f"{self.type} proef",
            type=self.type,
            vt_regios=["VT01"] if self.type == "VT" else [],
            arrondissementen=["Noord-NL"] if self.type == "POL" else [],
            gemeenten=[],
            geldig_van=time_text(VAN_MS),
            geldig_tot=None,
            opvolger=None,
            certificaten=[
                CertificaatStuk(
                    der=encode_base64(self.cert.public_bytes(Encoding.DER)),
                    keten=[
                        encode_base64(
                            authorities()[1].certificate.public_bytes(Encoding.DER)
                        )
                    ],
                    ingetrokken_op=None,
                )
            ],
            sleutels=[self.declare(1), self.declare(2)],
        )


@cache
def parties() -> tuple[Partij, Partij]:
    return Partij(VT, "VT"), Partij(POL, "POL")


@cache
def broker_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


@cache
def _signed_tabel(signers: tuple[int, ...]) -> tuple[bytes, str]:
    tabel = parse_tabel(TABEL, load_catalogus())
    return sign_tabel(tabel, [officers()[n] for n in signers])


@cache
def _first_stuk() -> RegisterStuk:
    public = broker_key().public_key().public_bytes_raw()
    return RegisterStuk(
        soort="corvus.register",
        volgnummer=1,
        geldig_van=time_text(VAN_MS),
        geldig_tot=time_text(TOT_MS),
        partities=4,
        suites=[
            SuiteStuk(id=1, geldig_tot=None),
            SuiteStuk(id=2, geldig_tot=time_text(NU_MS)),
        ],
        tabel=tabel_dsse()[1],
        broker=BrokerStuk(
            oin=BROKER,
            naam="Broker proef",
            sleutels=[
                BrokerSleutelStuk(
                    id=broker_key_id(public).hex(),
                    publiek=encode_base64(public),
                    geldig_van=time_text(VAN_MS),
                    geldig_tot=time_text(TOT_MS),
                )
            ],
        ),
        organisaties=[party.stuk() for party in parties()],
    )


def tabel_dsse(signers: tuple[int, ...] = (0, 1)) -> tuple[bytes, str]:
    """The signed table and its digest."""
    return _signed_tabel(signers)


def stuk() -> RegisterStuk:
    """A right register, to be changed by a test."""
    return copy.deepcopy(_first_stuk())


def register_dsse(
    entry: RegisterStuk | None = None, signers: tuple[int, ...] = (0, 1)
) -> bytes:
    return sign_register(entry or stuk(), [officers()[n] for n in signers])


def opened(entry: RegisterStuk | None = None) -> Registerversie:
    return open_register(
        register_dsse(entry), tabel_dsse()[0], trust(), load_catalogus()
    )
