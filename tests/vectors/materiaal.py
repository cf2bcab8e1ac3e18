"""Keys, messages and the files of vectors: what build.py makes its cases of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from corvus_crypto import cel
from corvus_crypto.kolom import KastContext, Kolom
from corvus_crypto.manifest import Manifest, commit_routering, make_manifest
from corvus_crypto.masker import encode_mask, mask_of
from corvus_crypto.ondertekening import (
    Ondertekening,
    _single_input,
    sign_one,
)
from corvus_crypto.suite import SUITES
from corvus_schemas.identifiers import Oin
from corvus_schemas.wire.bericht import Kop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


FOLDER = Path(__file__).resolve().parent
INVOER = FOLDER / "invoer.json"
VERSTREKKER = Oin("00000000000000000001")
ONTVANGERS = [Oin(f"0000000000000000000{n}") for n in (2, 3)]
COLUMNS = 4
PLACES = {ONTVANGERS[0]: 2, ONTVANGERS[1]: 0}
REGISTER, OTHER_REGISTER = b"\xaa" * 32, b"\xbb" * 32
THUMBPRINT = hashlib.sha256(b"the certificate of the vectors").digest()
ED = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
BROKER = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
P256 = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
FINGERPRINT = b"\x0f" * 8
LABELS = [
    "melding",
    "verwijzing",
    "betrokkenen[slachtoffer#0].identiteit",
    "betrokkenen[slachtoffer#0].adres",
    "betrokkenen[verdachte#0].identiteit",
    "betrokkenen[verdachte#1].identiteit",
]
PLAINTEXTS = {0: b"melding " * 20, 2: b"slachtoffer", 3: b"adres" * 60, 4: b"verdachte"}
GRANTED = {ONTVANGERS[0]: {0, 2, 3}, ONTVANGERS[1]: {0, 4}}

Case = dict[str, object]


def stream(seed: str) -> Callable[[int], bytes]:
    """Give a deterministic source of bytes: SHAKE-256 of the seed and a counter."""
    count = 0

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{seed}/{count}".encode()).digest(size)

    return random


def make_kop(*, poging: int = 1) -> bytes:
    return Kop(
        bericht_id=b"\x10" * 16,
        poging=poging,
        berichttype="politiemelding",
        schema=b"\x0e" * 8,
        buckets=bytes([1, 2]),
        verstrekker=VERSTREKKER,
        functie="MELDKAMER",
        doel="VEILIGHEIDSBEOORDELING",
        verwerkingsbasis="WETTELIJKE_TAAK",
        spoed="NORMAAL",
        ondertekend_op=1_900_000_000_000,
        geldig_tot=1_900_000_600_000,
        register=REGISTER,
    ).encode()


def context(suite: int, register: bytes = REGISTER) -> KastContext:
    kop_digest = make_manifest(suite, make_kop(), b"", b"", b"").kop_digest
    return KastContext(suite, b"\x10" * 16, 1, kop_digest, VERSTREKKER, register)


def new_kasten() -> None:
    """Make keys and encapsulations anew; the only random part."""
    invoer: dict[str, dict[str, dict[str, str]]] = {}
    for suite in SUITES.values():
        invoer[str(suite.id)] = {}
        for oin in ONTVANGERS:
            private, public = suite.generate_key()
            kastsleutel = hashlib.sha256(f"kast {suite.id} {oin}".encode()).digest()
            loaded, sleutel_id = suite.load_public(public), suite.sleutel_id(public)
            infos = [
                context(suite.id, register).info(oin, sleutel_id)
                for register in (REGISTER, OTHER_REGISTER)
            ]
            good, other = (suite.encapsulate(kastsleutel, loaded, i) for i in infos)
            invoer[str(suite.id)][oin] = {
                "private": private.hex(),
                "sleutel_id": sleutel_id.hex(),
                "kastsleutel": kastsleutel.hex(),
                "inkapseling": good.hex(),
                "inkapseling_ander_register": other.hex(),
            }
    INVOER.write_text(json.dumps(invoer, indent=1, sort_keys=True) + "\n")


@dataclass
class Bericht:
    """A message of a suite, still open to what a bad sender would do to it."""

    suite: int
    kolommen: dict[Oin, Kolom]
    kastsleutels: dict[Oin, bytes]
    privates: dict[Oin, bytes]
    geheimen: dict[int, bytes]
    wires: dict[int, bytes]
    salt: str

    def manifest(self) -> Manifest:
        random = stream(f"manifest {self.suite} {self.salt}")
        cellen = [random(32) for _ in LABELS]
        for at, wire in self.wires.items():
            cellen[at] = cel.commit_cel(self.suite, at, LABELS[at], wire)
        columns = [random(32) for _ in range(COLUMNS)]
        for kolom in self.kolommen.values():
            columns[kolom.index] = kolom.commitment(self.suite)
        routering = commit_routering(self.suite, random(16), b"routering")
        return make_manifest(
            self.suite, make_kop(), routering, b"".join(cellen), b"".join(columns)
        )

    def seal(self, at: int, *, celgeheim: bytes | None = None) -> bytes:
        """Give the ciphertext of a position, under its own celgeheim or another."""
        place = cel.Plaats(at, LABELS[at], FINGERPRINT)
        bound = cel.CelContext(self.suite, context(self.suite).kop_digest)
        key = self.geheimen[at] if celgeheim is None else celgeheim
        return cel.seal_cel(bound, place, key, PLAINTEXTS[at])

    def wire(self, at: int, ciphertext: bytes) -> bytes:
        random = stream(f"row {self.suite} {at}")
        row = [random(cel.SLOT_BYTES) for _ in range(COLUMNS)]
        for oin, kolom in self.kolommen.items():
            if at in GRANTED[oin]:
                row[kolom.index] = cel.wrap_geheim(
                    self.kastsleutels[oin], self.geheimen[at]
                )
        hashed = cel.geheimhash(self.suite, self.geheimen[at])
        return cel.wire_cel(hashed, ciphertext, b"".join(row))


def make_bericht(suite: int, *, register: str = "", salt: str = "") -> Bericht:
    stored = cast(
        "Mapping[str, Mapping[str, str]]", json.loads(INVOER.read_text())[str(suite)]
    )
    random = stream(f"bericht {suite}")

    def kolom(oin: Oin) -> Kolom:
        kast = stored[oin]
        return Kolom(
            PLACES[oin],
            random(16),
            oin,
            bytes.fromhex(kast["sleutel_id"]),
            bytes.fromhex(kast["inkapseling" + register]),
        )

    bericht = Bericht(
        suite,
        {oin: kolom(oin) for oin in ONTVANGERS},
        {oin: bytes.fromhex(stored[oin]["kastsleutel"]) for oin in ONTVANGERS},
        {oin: bytes.fromhex(stored[oin]["private"]) for oin in ONTVANGERS},
        {at: random(32) for at in PLAINTEXTS},
        {},
        salt,
    )
    for at in PLAINTEXTS:
        bericht.wires[at] = bericht.wire(at, bericht.seal(at))
    return bericht


def sign_p256(digest: bytes, *, high: bool = False) -> Ondertekening:
    signed = _single_input("inzending", THUMBPRINT, digest)
    scheme = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(P256.sign(signed, scheme))
    low, up = min(s, N256 - s), max(s, N256 - s)
    signature = r.to_bytes(32, "big") + (up if high else low).to_bytes(32, "big")
    return Ondertekening(THUMBPRINT, signature)


def levering(  # one argument for each part that a case may replace
    bericht: Bericht,
    oin: Oin = ONTVANGERS[0],
    *,
    manifest: bytes | None = None,
    ondertekening: Ondertekening | None = None,
    kolom: bytes | None = None,
    private: bytes | None = None,
    delivered: Sequence[int] | None = None,
    wires: Mapping[int, bytes] | None = None,
    p256: bool = False,
) -> Case:
    """Lay a levering out; what it leaves out of ``delivered`` was withheld."""
    made = bericht.manifest()
    if ondertekening is None:
        if p256:
            ondertekening = sign_p256(made.digest)
        else:
            ondertekening = sign_one(ED, THUMBPRINT, "inzending", made.digest)
    present = sorted(GRANTED[oin]) if delivered is None else sorted(delivered)
    sources = bericht.wires if wires is None else wires
    point = (
        P256.public_key().public_numbers()
        if p256
        else ED.public_key().public_bytes_raw()
    )
    return {
        "soort": "levering",
        "manifest": (made.encoded if manifest is None else manifest).hex(),
        "ondertekening": ondertekening.encode().hex(),
        "sleutelsoort": "p256" if p256 else "ed25519",
        "publiek": point.hex()
        if isinstance(point, bytes)
        else f"04{point.x:064x}{point.y:064x}",
        "kolom": (bericht.kolommen[oin].encode() if kolom is None else kolom).hex(),
        "private": (bericht.privates[oin] if private is None else private).hex(),
        "posities": encode_mask(mask_of(present), len(LABELS)).hex(),
        "cellen": b"".join(sources[at] for at in present).hex(),
        "plaatsen": [[label, FINGERPRINT.hex()] for label in LABELS],
    }


def success(case: Case, opened: Sequence[int], missed: Sequence[int] = ()) -> Case:
    return {
        **case,
        "expect": "success",
        "plaintexts": {LABELS[at]: PLAINTEXTS[at].hex() for at in opened},
        "niet_toegekend": [LABELS[at] for at in missed],
    }


FILES: dict[str, list[Case]] = {}


def add(name: str, spec: str, why: str, case: Case, expect: str = "") -> None:
    """Put a case in a file; ``expect`` is an error code unless the case has its own."""
    full = {"why": why, "spec": spec, **case}
    if expect:
        full["expect"] = expect
    FILES.setdefault(name, []).append(full)


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
