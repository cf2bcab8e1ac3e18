"""Other registers for a sandbox: edited, signed by its own two officers, opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_pem_private_key,
)

from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_adapters.installatie.functionarissen import read_functionaris
from corvus_broker.register import (
    REGISTER_TYPE,
    open_register,
    sign_register,
    sign_tabel,
    time_ms,
    time_text,
)
from corvus_broker.register.formaat import CertificaatStuk
from corvus_crypto.autoriteit import Autoriteit, Houder, Periode
from corvus_crypto.certificaten import thumbprint, to_ms
from corvus_crypto.dsse import encode_base64, peek_payload
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.register import Registerversie
    from corvus_broker.register.formaat import OrganisatieStuk, RegisterStuk
    from corvus_crypto.hybride import HybrideSigningKey

OFFICERS = ("functionaris-1", "functionaris-2")


def officers(sandbox: Installatie) -> list[tuple[str, HybrideSigningKey]]:
    folder = sandbox.path / "functionarissen"
    return [(name, read_functionaris(folder, name)) for name in OFFICERS]


def first_register(sandbox: Installatie) -> bytes:
    return (sandbox.path / "register" / "0001.json").read_bytes()


def first_tabel(sandbox: Installatie) -> bytes:
    (file,) = (sandbox.path / "tabellen").glob("*.json")
    return file.read_bytes()


def entry(sandbox: Installatie) -> RegisterStuk:
    """The sandbox's own register, to be changed by a test."""
    payload = peek_payload(first_register(sandbox), REGISTER_TYPE)
    return cast("RegisterStuk", json.loads(json.dumps(payload)))


def organisation(stuk: RegisterStuk, oin: str) -> OrganisatieStuk:
    return next(one for one in stuk["organisaties"] if one["oin"] == oin)


def opened(
    sandbox: Installatie,
    change: Callable[[RegisterStuk], None] = lambda _: None,
    *,
    van: datetime | None = None,
    volgnummer: int = 1,
    tabel: str | None = None,
) -> Registerversie:
    """Open an edited version; ``tabel`` is another table, as YAML."""
    stuk, signers = entry(sandbox), officers(sandbox)
    signed = first_tabel(sandbox)
    if tabel is not None:
        signed, stuk["tabel"] = sign_tabel(
            parse_tabel(tabel, load_catalogus()), signers
        )
    if van is not None:
        stuk["geldig_van"] = time_text(to_ms(van))
    stuk["volgnummer"] = volgnummer
    change(stuk)
    return open_register(
        sign_register(stuk, signers), signed, sandbox.vertrouwen, load_catalogus()
    )


@dataclass(frozen=True)
class Certificaat:
    """A new signing certificate with its key, and its entry in a register."""

    key: ed25519.Ed25519PrivateKey
    thumbprint: bytes
    stuk: CertificaatStuk


def issue(sandbox: Installatie, oin: str, van: datetime, tot: datetime) -> Certificaat:
    """Have the sandbox's authority issue a certificate for an organisation."""
    ca: Path = sandbox.path / "ca"
    tsp = x509.load_pem_x509_certificate((ca / "tsp.pem").read_bytes())
    ca_key = load_pem_private_key((ca / "tsp.key.pem").read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ed25519.Ed25519PrivateKey.generate()
    certificate = Autoriteit(tsp, ca_key).issue(
        Houder(Oin(oin), "proef"), key.public_key(), 77, Periode(van, tot)
    )
    stuk = CertificaatStuk(
        der=encode_base64(certificate.public_bytes(Encoding.DER)),
        keten=[encode_base64(tsp.public_bytes(Encoding.DER))],
        ingetrokken_op=None,
    )
    return Certificaat(key, thumbprint(certificate), stuk)


def start_of(sandbox: Installatie) -> datetime:
    """When the sandbox's register starts, in whole seconds."""
    return datetime.fromtimestamp(time_ms(entry(sandbox)["geldig_van"]) / 1000, UTC)


def soon(moment: datetime, **delta: float) -> datetime:
    """A moment later, in whole seconds, as certificates and registers count."""
    return moment.replace(microsecond=0) + timedelta(**delta)


def without(rule: str) -> str:
    """The concept table less one rule."""
    head, *rules = concept_tabel().split("\n- regel: ")
    kept = [one for one in rules if not one.startswith(f"{rule}\n")]
    assert len(kept) == len(rules) - 1
    return "\n- regel: ".join([head, *kept])
