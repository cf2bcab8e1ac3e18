"""A small world of keys and sealed messages for tests of the crypto package.

Everything is deterministic but the encapsulations: keys come from fixed seeds, other
randomness from a SHAKE stream that a test names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519

from corvus_crypto import cel
from corvus_crypto.kolom import KastContext, Kolom, columns_for, parse_kolommen
from corvus_crypto.manifest import Manifest, make_manifest, parse_manifest
from corvus_crypto.masker import bits, encode_mask, mask_of, parse_mask
from corvus_crypto.ondertekening import parse_ondertekening, sign_one
from corvus_crypto.sealing import (
    Geopend,
    Kast,
    Omvang,
    Sleutelvermelding,
    Verzegeld,
    Vulling,
    check_cellen,
    check_kolom,
    make_kast,
    open_cellen,
    open_kast,
    seal,
)
from corvus_crypto.suite import SUITES, PrivateKey, suite_of
from corvus_schemas.identifiers import Oin
from corvus_schemas.wire.bericht import Kop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSTREKKER = Oin("00000000000000000001")
SIGNER = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x21" * 32)
THUMBPRINT = hashlib.sha256(b"certificate").digest()
FINGERPRINT = b"\x0f" * 8


def stream(seed: str) -> Callable[[int], bytes]:
    """Give a deterministic source of bytes."""
    count = 0

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{seed}/{count}".encode()).digest(size)

    return random


@dataclass(frozen=True)
class Houder:
    """A recipient with its key pair."""

    oin: Oin
    private: PrivateKey
    vermelding: Sleutelvermelding


@cache
def houder(suite_id: int, number: int) -> Houder:
    """Recipient ``number`` with its fixed key of a suite."""
    suite = SUITES[suite_id]
    seed = hashlib.shake_256(f"key {suite_id} {number}".encode()).digest(96)
    raw = seed if suite.hybrid else seed[:32]
    x_key = x25519.X25519PrivateKey.from_private_bytes(raw[-32:])
    public = x_key.public_key().public_bytes_raw()
    if suite.hybrid:
        m_key = mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:64])
        public = m_key.public_key().public_bytes_raw() + public
    oin = Oin(f"{number + 2:020d}")
    vermelding = Sleutelvermelding(
        oin, suite.sleutel_id(public), suite.load_public(public)
    )
    return Houder(oin, suite.load_private(raw), vermelding)


def make_kop(bericht_id: bytes = b"\x10" * 16) -> bytes:
    """Encode a kop that is the same for every recipient."""
    return Kop(
        bericht_id=bericht_id,
        poging=1,
        berichttype="politiemelding",
        schema=b"\x0e" * 8,
        buckets=b"\x01",
        verstrekker=VERSTREKKER,
        functie="MELDKAMER",
        doel="VEILIGHEIDSBEOORDELING",
        verwerkingsbasis="WETTELIJKE_TAAK",
        spoed="NORMAAL",
        ondertekend_op=1_900_000_000_000,
        geldig_tot=1_900_000_600_000,
        register=b"\xaa" * 32,
    ).encode()


@dataclass(frozen=True)
class Plan:
    """What a test wants sealed: contents by position, and who is granted which."""

    suite: int
    posities: int
    inhoud: Mapping[int, bytes]
    grants: tuple[frozenset[int], ...]
    seed: str = ""


@dataclass(frozen=True)
class Levering:
    """The delivered bytes of a message, all that a recipient has besides its key."""

    manifest: bytes
    ondertekening: bytes
    kolom: bytes
    posities: bytes
    cellen: bytes

    @property
    def delivered(self) -> bytes:
        """Everything that was delivered, as one string."""
        head = self.manifest + self.ondertekening
        return head + self.kolom + self.posities + self.cellen


def label(position: int) -> str:
    return f"betrokkenen[verdachte#{position}].identiteit"


def place(position: int) -> cel.Plaats:
    return cel.Plaats(position, label(position), FINGERPRINT)


def kast_context(manifest: Manifest) -> KastContext:
    """Take the context of the columns from the signed kop."""
    kop = Kop.decode(manifest.kop)
    return KastContext(
        manifest.suite,
        kop.bericht_id,
        kop.poging,
        manifest.kop_digest,
        Oin(kop.verstrekker),
        kop.register,
    )


@dataclass(frozen=True)
class Gemaakt:
    """A sealed message with what only its sender knows."""

    plan: Plan
    verzegeld: Verzegeld
    kasten: tuple[Kast, ...]

    @property
    def wires(self) -> dict[int, bytes]:
        filled = sorted(self.plan.inhoud)
        split = cel.split_cellen(
            self.verzegeld.cellen, len(filled), self.verzegeld.manifest.columns
        )
        return {at: one.wire for at, one in zip(filled, split, strict=True)}

    def geheim(self, position: int) -> bytes | None:
        """The celgeheim of a position, by any column that was granted it."""
        row = cel.split_cellen(
            self.wires[position], 1, self.verzegeld.manifest.columns
        )[0].row
        for kast in self.kasten:
            at = kast.kolom.index * cel.SLOT_BYTES
            found = cel.unwrap_geheim(kast.kastsleutel, row[at : at + cel.SLOT_BYTES])
            if found is not None:
                return found
        return None

    def levering(self, number: int) -> Levering:
        """What recipient ``number`` gets: the granted cellen and its own column."""
        manifest, wires = self.verzegeld.manifest, self.wires
        present = sorted(self.plan.grants[number])
        signed = sign_one(SIGNER, THUMBPRINT, "inzending", manifest.digest)
        return Levering(
            manifest.encoded,
            signed.encode(),
            self.kolom(number).encode(),
            encode_mask(mask_of(present), manifest.posities),
            b"".join(wires[at] for at in present),
        )

    def kolom(self, number: int) -> Kolom:
        oin = houder(self.plan.suite, number).oin
        return next(kast.kolom for kast in self.kasten if kast.kolom.oin == oin)


def make(plan: Plan) -> Gemaakt:
    """Seal a message by its plan."""
    random, kop = stream(f"message {plan.seed}"), make_kop()
    columns = columns_for(len(plan.grants))
    empty = make_manifest(plan.suite, kop, b"", b"", b"")
    context = kast_context(empty)
    # A fixed shuffle: recipient n goes to the column its seed says.
    order = sorted(range(columns), key=lambda at: stream(f"{plan.seed}{at}")(4))
    numbered = sorted((order[number], number) for number in range(len(plan.grants)))
    kasten = tuple(
        make_kast(context, index, houder(plan.suite, number).vermelding, random)
        for index, number in numbered
    )
    vullingen = [
        Vulling(
            place(at),
            plan.inhoud[at],
            frozenset(i for i, number in numbered if at in plan.grants[number]),
        )
        for at in sorted(plan.inhoud)
    ]
    verzegeld = seal(
        cel.CelContext(plan.suite, empty.kop_digest),
        Omvang(plan.posities, columns),
        kop=kop,
        routering=b"routering",
        routering_zout=random(16),
        vullingen=vullingen,
        kasten=kasten,
        random=random,
    )
    return Gemaakt(plan, verzegeld, kasten)


def open_levering(levering: Levering, private: PrivateKey) -> Geopend:
    """Verify and open a levering in the order of SPEC section 11."""
    manifest = parse_manifest(levering.manifest)
    suite = suite_of(manifest.suite)
    context = kast_context(manifest)
    signed = parse_ondertekening(levering.ondertekening)
    signed.verify(SIGNER.public_key(), "inzending", manifest.digest)
    kolommen = parse_kolommen(levering.kolom, suite, manifest.columns)
    assert len(kolommen) == 1
    check_kolom(manifest, kolommen[0])
    present = parse_mask(levering.posities, manifest.posities)
    labels = [label(at) for at in range(manifest.posities)]
    cellen = check_cellen(manifest, present, levering.cellen, labels)
    kastsleutel = open_kast(kolommen[0], context, private)
    places = [place(at) for at in bits(present)]
    return open_cellen(manifest, kolommen[0], kastsleutel, cellen, places)


def flip_bit(data: bytes, bit: int) -> bytes:
    at = bit // 8
    return data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :]


def with_part(levering: Levering, name: str, data: bytes) -> Levering:
    """The same levering with other bytes for one part."""
    parts = {
        "manifest": levering.manifest,
        "ondertekening": levering.ondertekening,
        "kolom": levering.kolom,
        "posities": levering.posities,
        "cellen": levering.cellen,
        name: data,
    }
    return replace(levering, **parts)
