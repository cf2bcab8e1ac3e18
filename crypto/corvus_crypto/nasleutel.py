"""New columns for an old manifest, signed by its sender (SPEC 18).

A cel's key row is inside its commitment, so an old manifest takes no new slot. A
nasleutel stands beside it: a manifest of its own that names the old one, with columns
to keys of today and, per column and position, a commitment to a slot. As in a message,
a recipient gets its own column and the slots of the cellen that go; everything else is
a bare commitment, and the sender's signature still holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from corvus_crypto.cel import HASH_BYTES, SLOT_BYTES, wrap_geheim
from corvus_crypto.kolom import COLUMN_BUCKETS, ZOUT_BYTES, Kolom, columns_for
from corvus_crypto.lp import LENGTH_BYTES, VERSION, digest, lp, u8, u32
from corvus_crypto.masker import bits
from corvus_crypto.suite import KAST_BYTES, PrivateKey, suite_of
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from corvus_crypto.sealing import Sleutelvermelding
    from corvus_schemas.identifiers import Oin

SIGN_PURPOSE: Final = "nasleutel"
_TAG: Final = (VERSION + "nasleutel").encode("ascii")
_PARTS: Final = 5
_SHUFFLE_BYTES: Final = 8


@dataclass(frozen=True)
class Nasleutelmanifest:
    """A parsed manifest of a nasleutel; ``encoded`` is kept verbatim."""

    suite: int
    kop: bytes
    routering: bytes
    kolommen: bytes
    encoded: bytes

    @cached_property
    def digest(self) -> bytes:
        """Identity of the nasleutel."""
        return hashlib.sha256(self.encoded).digest()

    @property
    def columns(self) -> int:
        """Number of columns, dummies included."""
        return len(self.kolommen) // HASH_BYTES


@dataclass(frozen=True, slots=True)
class NasleutelContext:
    """What an encapsulation of a nasleutel is bound to (``info`` of RFC 9180)."""

    suite: int
    bericht_id: bytes
    manifest: bytes
    nasleutel_id: bytes
    poging: int
    verstrekker: Oin
    register: bytes

    def info(self, ontvanger: Oin, sleutel_id: bytes) -> bytes:
        """Give the HPKE ``info`` for one recipient."""
        return lp(
            "nasleutel-kast",
            u8(self.suite),
            self.bericht_id,
            self.manifest,
            self.nasleutel_id,
            u32(self.poging),
            self.verstrekker.encode("ascii"),
            ontvanger.encode("ascii"),
            sleutel_id,
            self.register,
        )


@dataclass(frozen=True, slots=True)
class Toegang:
    """A new recipient: its key, and the celgeheimen it is granted, by position."""

    sleutel: Sleutelvermelding
    celgeheimen: Mapping[int, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kastdeel:
    """A new column: opened, its commitments per position, the slots it is granted."""

    kolom: Kolom
    beloften: bytes
    sloten: bytes


def seal_kasten(
    context: NasleutelContext,
    toegangen: Sequence[Toegang],
    labels: Sequence[str],
    random: Callable[[int], bytes],
) -> list[Kastdeel]:
    """Seal a fresh kastsleutel per recipient; columns are shuffled, rising by index."""
    columns = columns_for(len(toegangen))
    indices = sorted(range(columns), key=lambda _: random(_SHUFFLE_BYTES))
    placed = sorted(zip(indices, toegangen, strict=False), key=lambda placed: placed[0])
    return [_seal_kast(context, index, one, labels, random) for index, one in placed]


def _seal_kast(
    context: NasleutelContext,
    index: int,
    toegang: Toegang,
    labels: Sequence[str],
    random: Callable[[int], bytes],
) -> Kastdeel:
    kastsleutel, sleutel = random(KAST_BYTES), toegang.sleutel
    info = context.info(sleutel.oin, sleutel.sleutel_id)
    suite = suite_of(context.suite)
    inkapseling = suite.encapsulate(kastsleutel, sleutel.public, info)
    kolom = Kolom(
        index, random(ZOUT_BYTES), sleutel.oin, sleutel.sleutel_id, inkapseling
    )
    beloften = [random(HASH_BYTES) for _ in labels]
    sloten: list[bytes] = []
    for position in sorted(toegang.celgeheimen):
        slot = wrap_geheim(kastsleutel, toegang.celgeheimen[position])
        beloften[position] = _commit_slot(
            context.suite, position, labels[position], slot
        )
        sloten.append(slot)
    return Kastdeel(kolom, b"".join(beloften), b"".join(sloten))


def make_nasleutelmanifest(  # noqa: PLR0913 - the parts of what is signed
    suite: int,
    kop: bytes,
    delen: Sequence[Kastdeel],
    *,
    routering: bytes,
    routering_zout: bytes,
    random: Callable[[int], bytes],
) -> Nasleutelmanifest:
    """Commit to everything; ready to be signed for ``SIGN_PURPOSE``."""
    columns = [random(HASH_BYTES) for _ in range(columns_for(len(delen)))]
    for deel in delen:
        columns[deel.kolom.index] = _commit_kolom(suite, deel.kolom, deel.beloften)
    commitment = commit_routering(suite, routering_zout, routering)
    kolommen = b"".join(columns)
    encoded = lp("nasleutel", u8(suite), kop, commitment, kolommen)
    return Nasleutelmanifest(suite, kop, commitment, kolommen, encoded)


def commit_routering(suite: int, zout: bytes, routering: bytes) -> bytes:
    """Salted commitment of what only the broker reads of a nasleutel."""
    return digest("nasleutel-routering", u8(suite), zout, routering)


def _commit_kolom(suite: int, kolom: Kolom, beloften: bytes) -> bytes:
    return digest(
        "nasleutel-kolom",
        u8(suite),
        kolom.zout,
        kolom.oin.encode("ascii"),
        kolom.sleutel_id,
        kolom.inkapseling,
        beloften,
    )


def _commit_slot(suite: int, position: int, label: str, slot: bytes) -> bytes:
    return digest(
        "nasleutel-slot", u8(suite), u32(position), label.encode("ascii"), slot
    )


def parse_nasleutelmanifest(encoded: bytes) -> Nasleutelmanifest:
    """Parse the manifest of a nasleutel.

    Raises:
        EnvelopeError: ``nasleutel.indeling``, for any other bytes than
            ``make_nasleutelmanifest`` would make.
    """
    parts: list[bytes] = []
    at = 0
    while at < len(encoded) and len(parts) <= _PARTS:
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(encoded[at:start], "big")
        parts.append(encoded[start:at])
    if (
        at != len(encoded)
        or len(parts) != _PARTS
        or parts[0] != _TAG
        or len(parts[1]) != 1
        or len(parts[3]) != HASH_BYTES
        or len(parts[4]) % HASH_BYTES
        or len(parts[4]) // HASH_BYTES not in COLUMN_BUCKETS
    ):
        raise _malformed("the manifest of a nasleutel")
    _, suite, kop, routering, kolommen = parts
    return Nasleutelmanifest(suite[0], kop, routering, kolommen, encoded)


def split_beloften(packed: bytes, kolommen: int, posities: int) -> list[bytes]:
    """Cut the commitments of several columns apart.

    Raises:
        EnvelopeError: ``nasleutel.indeling``.
    """
    size = posities * HASH_BYTES
    if len(packed) != kolommen * size:
        raise _malformed("the commitments of a nasleutel")
    return [packed[at * size : (at + 1) * size] for at in range(kolommen)]


def split_sloten(packed: bytes, masks: Sequence[int]) -> list[dict[int, bytes]]:
    """Cut the slots of several columns apart: by position, per mask.

    Raises:
        EnvelopeError: ``nasleutel.indeling``.
    """
    places = [bits(mask) for mask in masks]
    if len(packed) != SLOT_BYTES * sum(map(len, places)):
        raise _malformed("the slots of a nasleutel")
    found: list[dict[int, bytes]] = []
    at = 0
    for positions in places:
        own: dict[int, bytes] = {}
        for position in positions:
            own[position] = packed[at : at + SLOT_BYTES]
            at += SLOT_BYTES
        found.append(own)
    return found


def check_nasleutelkolom(
    manifest: Nasleutelmanifest,
    kolom: Kolom,
    beloften: bytes,
    sloten: Mapping[int, bytes],
    labels: Sequence[str],
) -> None:
    """Check an opened column, its commitments and the slots that are here.

    Raises:
        EnvelopeError: ``nasleutel.belofte``; changed, moved, or of another column.
    """
    at = kolom.index * HASH_BYTES
    promised = manifest.kolommen[at : at + HASH_BYTES]
    if _commit_kolom(manifest.suite, kolom, beloften) != promised:
        raise EnvelopeError(
            "nasleutel.belofte", "a new column is not the one that was signed"
        )
    for position, slot in sloten.items():
        at = position * HASH_BYTES
        if (
            _commit_slot(manifest.suite, position, labels[position], slot)
            != beloften[at : at + HASH_BYTES]
        ):
            raise EnvelopeError(
                "nasleutel.belofte",
                f"the new slot of {labels[position]} is not the one that was signed",
                advice="It was changed on its way, or made by a faulty sender.",
            )


def open_nasleutelkast(
    kolom: Kolom, context: NasleutelContext, private: PrivateKey
) -> bytes:
    """Open one's own new column: the kastsleutel.

    Raises:
        EnvelopeError: ``kolom.opent_niet``.
    """
    info = context.info(kolom.oin, kolom.sleutel_id)
    return suite_of(context.suite).decapsulate(kolom.inkapseling, private, info)


def _malformed(what: str) -> EnvelopeError:
    return EnvelopeError(
        "nasleutel.indeling", f"{what} are not laid out as SPEC section 18 says"
    )
