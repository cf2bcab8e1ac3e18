"""Runs one vector of ours the way a recipient would, and gives its outcome."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from corvus_crypto import cel
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.kolom import KastContext, parse_kolommen
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.masker import bits, encode_mask, parse_mask
from corvus_crypto.ondertekening import parse_ondertekening
from corvus_crypto.sealing import (
    Geopend,
    check_cellen,
    check_kolom,
    open_cellen,
    open_kast,
)
from corvus_crypto.suite import SUITES, suite_of
from corvus_crypto.zaak import AliasSleutel
from corvus_schemas.identifiers import Oin
from corvus_schemas.wire.bericht import Inzending, Kop

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_crypto.signing import VerifyKey

FOLDER = Path(__file__).resolve().parent / "vectors"


class Vector(dict[str, object]):
    def text(self, name: str) -> str:
        return cast("str", self[name])

    def hex(self, name: str) -> bytes:
        return bytes.fromhex(self.text(name))


def load_vectors() -> list[tuple[str, Vector]]:
    """Every vector of ours, with the name of its file."""
    return [
        (path.stem, Vector(case))
        for path in sorted(FOLDER.glob("*_*.json"))
        for case in cast(
            "list[dict[str, object]]", json.loads(path.read_text("utf-8"))["cases"]
        )
    ]


def verify_key(vector: Vector) -> VerifyKey:
    if vector.get("sleutelsoort") == "p256":
        return ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), vector.hex("publiek")
        )
    return ed25519.Ed25519PublicKey.from_public_bytes(vector.hex("publiek"))


def open_levering(vector: Vector) -> Geopend:
    """Verify and open a levering in the order of SPEC section 11."""
    manifest = parse_manifest(vector.hex("manifest"))
    suite = suite_of(manifest.suite)
    kop = Kop.decode(manifest.kop)
    signed = parse_ondertekening(vector.hex("ondertekening"))
    signed.verify(verify_key(vector), "inzending", manifest.digest)
    (kolom,) = parse_kolommen(vector.hex("kolom"), suite, manifest.columns)
    check_kolom(manifest, kolom)
    posities = parse_mask(vector.hex("posities"), manifest.posities)
    plaatsen = [
        cel.Plaats(at, label, bytes.fromhex(fingerprint))
        for at, (label, fingerprint) in enumerate(
            cast("list[tuple[str, str]]", vector["plaatsen"])
        )
    ]
    labels = [plaats.label for plaats in plaatsen]
    cellen = check_cellen(manifest, posities, vector.hex("cellen"), labels)
    context = KastContext(
        manifest.suite,
        kop.bericht_id,
        kop.poging,
        manifest.kop_digest,
        Oin(kop.verstrekker),
        kop.register,
    )
    private = suite.load_private(vector.hex("private"))
    kastsleutel = open_kast(kolom, context, private)
    present = [plaatsen[at] for at in bits(posities)]
    return open_cellen(manifest, kolom, kastsleutel, cellen, present)


COLUMNS, POSITIONS = 4, 6
PARSERS: dict[str, Callable[[bytes], bytes]] = {
    "manifest": lambda data: parse_manifest(data).encoded,
    "ondertekening": lambda data: parse_ondertekening(data).encode(),
    "attestatie": lambda data: parse_attestatie(data).encode(),
    "kolommen": lambda data: b"".join(
        kolom.encode() for kolom in parse_kolommen(data, SUITES[2], COLUMNS)
    ),
    "cellen": lambda data: b"".join(
        cel.wire_cel(one.geheimhash, one.ciphertext, one.row)
        for one in cel.split_cellen(data, 2, COLUMNS)
    ),
    "masker": lambda data: encode_mask(parse_mask(data, POSITIONS), POSITIONS),
    "opvulling": lambda data: cel.pad(cel.unpad(data)),
    "kop": lambda data: Kop.decode(data).encode(),
    "inzending": lambda data: Inzending.decode(data).encode(),
}
"""Each parser with its encoder behind it: what it gives is the bytes it was given."""


def run(vector: Vector) -> dict[str, object]:
    """Carry a vector out; gives what a success must say, or raises its error."""
    soort = vector.text("soort")
    if soort == "levering":
        opened = open_levering(vector)
        return {
            "plaintexts": {
                label: plain.hex() for label, plain in opened.plaintexts.items()
            },
            "niet_toegekend": list(opened.niet_toegekend),
        }
    if soort == "parse":
        return {"data": PARSERS[vector.text("parser")](vector.hex("data")).hex()}
    if soort == "alias":
        zaak = AliasSleutel(vector.hex("sleutel")).zaak(
            vector.hex("alias"), Oin(vector.text("oin"))
        )
        return {"zaak": zaak.hex()}
    attestatie = parse_attestatie(vector.hex("attestatie"))
    attestatie.verify(verify_key(vector), vector.text("als"), vector.hex("inhoud"))
    return {}
