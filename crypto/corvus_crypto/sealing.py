"""Seal a message at its sender, open a levering at its recipient (SPEC 5 to 8).

Both work on bytes and positions; what a position means is the schemas' business.
Randomness is an argument. The order in a sealing: kop, kasten (bound to the kop),
cellen, routering, manifest, signature.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_crypto import cel
from corvus_crypto.kolom import ZOUT_BYTES, KastContext, Kolom
from corvus_crypto.manifest import Manifest, commit_routering, make_manifest
from corvus_crypto.masker import bits
from corvus_crypto.suite import KAST_BYTES, PrivateKey, PublicKey, suite_of
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from corvus_schemas.identifiers import Oin


@dataclass(frozen=True, slots=True)
class Kast:
    """A column under construction: the opened column and its kastsleutel."""

    kolom: Kolom
    kastsleutel: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Vulling:
    """A non-empty position: what goes in, and the column indices that may open it."""

    plaats: cel.Plaats
    plaintext: bytes = field(repr=False)
    toegekend: frozenset[int]


@dataclass(frozen=True, slots=True)
class Verzegeld:
    """A sealed message: the manifest to sign, and the parts it commits to."""

    manifest: Manifest
    kolommen: bytes
    cellen: bytes


@dataclass(frozen=True, slots=True)
class Sleutelvermelding:
    """A recipient's public key as the register names it."""

    oin: Oin
    sleutel_id: bytes
    public: PublicKey


def make_kast(
    context: KastContext,
    index: int,
    sleutel: Sleutelvermelding,
    random: Callable[[int], bytes],
) -> Kast:
    """Make a column: a fresh kastsleutel, sealed to one organisation."""
    kastsleutel = random(KAST_BYTES)
    info = context.info(sleutel.oin, sleutel.sleutel_id)
    inkapseling = suite_of(context.suite).encapsulate(kastsleutel, sleutel.public, info)
    kolom = Kolom(
        index, random(ZOUT_BYTES), sleutel.oin, sleutel.sleutel_id, inkapseling
    )
    return Kast(kolom, kastsleutel)


@dataclass(frozen=True, slots=True)
class Omvang:
    """Shape of a message: positions n and columns m, padding included."""

    posities: int
    columns: int


def seal(  # noqa: PLR0913 - the parts of a message, each bound by the manifest
    context: cel.CelContext,
    omvang: Omvang,
    *,
    kop: bytes,
    routering: bytes,
    routering_zout: bytes,
    vullingen: Sequence[Vulling],
    kasten: Sequence[Kast],
    random: Callable[[int], bytes],
) -> Verzegeld:
    """Seal all cellen and commit to everything; the manifest is ready to be signed.

    ``vullingen`` rise by position, ``kasten`` by column index. Positions without a
    vulling and columns without a kast become random commitments.
    """
    suite = context.suite
    commitments = [random(cel.HASH_BYTES) for _ in range(omvang.posities)]
    wires: list[bytes] = []
    for vulling in vullingen:
        wire = _seal_one(context, vulling, kasten, omvang.columns, random)
        plaats = vulling.plaats
        commitments[plaats.position] = cel.commit_cel(
            suite, plaats.position, plaats.label, wire
        )
        wires.append(wire)
    columns = [random(cel.HASH_BYTES) for _ in range(omvang.columns)]
    for kast in kasten:
        columns[kast.kolom.index] = kast.kolom.commitment(suite)
    manifest = make_manifest(
        suite,
        kop,
        commit_routering(suite, routering_zout, routering),
        b"".join(commitments),
        b"".join(columns),
    )
    packed = b"".join(kast.kolom.encode() for kast in kasten)
    return Verzegeld(manifest, packed, b"".join(wires))


def _seal_one(
    context: cel.CelContext,
    vulling: Vulling,
    kasten: Sequence[Kast],
    columns: int,
    random: Callable[[int], bytes],
) -> bytes:
    celgeheim = random(cel.GEHEIM_BYTES)
    slots = [random(cel.SLOT_BYTES) for _ in range(columns)]
    for kast in kasten:
        if kast.kolom.index in vulling.toegekend:
            slots[kast.kolom.index] = cel.wrap_geheim(kast.kastsleutel, celgeheim)
    ciphertext = cel.seal_cel(context, vulling.plaats, celgeheim, vulling.plaintext)
    hashed = cel.geheimhash(context.suite, celgeheim)
    return cel.wire_cel(hashed, ciphertext, b"".join(slots))


def check_cellen(
    manifest: Manifest, posities: int, packed: bytes, labels: Sequence[str]
) -> Sequence[cel.WireCel]:
    """Check every cel that is present against its commitment; needs no key.

    Args:
        manifest: the signed manifest.
        posities: mask of the positions whose cellen are in ``packed``.
        packed: the cellen, concatenated, rising by position.
        labels: label of every position.

    Raises:
        EnvelopeError: ``manifest.posities`` (not as many as there are labels),
            ``cel.indeling``, ``cel.belofte`` (moved, changed, or its key row swapped).
    """
    if len(labels) != manifest.posities:
        raise EnvelopeError(
            "manifest.posities",
            f"the manifest has {manifest.posities} positions, the kop says"
            f" {len(labels)}",
        )
    present = bits(posities)
    cellen = cel.split_cellen(packed, len(present), manifest.columns)
    prefixes = cel.commitment_prefixes(manifest.suite, tuple(labels))
    commitments, size = manifest.cellen, cel.HASH_BYTES
    for position, wire in zip(present, cellen, strict=True):
        promised = commitments[position * size : (position + 1) * size]
        if hashlib.sha256(prefixes[position] + wire.wire).digest() != promised:
            raise EnvelopeError(
                "cel.belofte",
                f"cel {labels[position]} is not the one that was signed",
                advice="The message was changed on its way, or made by a faulty sender.",
            )
    return cellen


def check_kolom(manifest: Manifest, kolom: Kolom) -> None:
    """Check an opened column against its commitment.

    Raises:
        EnvelopeError: ``kolom.belofte``.
    """
    promised = manifest.kolom(kolom.index)
    if kolom.index >= manifest.columns or kolom.commitment(manifest.suite) != promised:
        raise EnvelopeError("kolom.belofte", "a column is not the one that was signed")


def open_kast(kolom: Kolom, context: KastContext, private: PrivateKey) -> bytes:
    """Open one's own column: the kastsleutel.

    Raises:
        EnvelopeError: ``kolom.opent_niet``.
    """
    info = context.info(kolom.oin, kolom.sleutel_id)
    return suite_of(context.suite).decapsulate(kolom.inkapseling, private, info)


@dataclass(frozen=True, slots=True)
class Geopend:
    """What came of opening: plaintext per label, and cellen whose key did not match."""

    plaintexts: Mapping[str, bytes] = field(repr=False)
    niet_toegekend: Sequence[str]


def open_cellen(
    manifest: Manifest,
    kolom: Kolom,
    kastsleutel: bytes,
    cellen: Sequence[cel.WireCel],
    plaatsen: Sequence[cel.Plaats],
) -> Geopend:
    """Open checked cellen. The key hash is checked before anything is decrypted.

    A slot that does not unwrap, or unwraps to another key than was committed to, makes
    its cel ``niet_toegekend``; a ciphertext that fails under the right key is fraud.

    Raises:
        EnvelopeError: ``cel.bedrog``, ``cel.opvulling``.
    """
    context = cel.CelContext(manifest.suite, manifest.kop_digest)
    plaintexts: dict[str, bytes] = {}
    missed: list[str] = []
    slot_at = kolom.index * cel.SLOT_BYTES
    for wire, plaats in zip(cellen, plaatsen, strict=True):
        slot = wire.row[slot_at : slot_at + cel.SLOT_BYTES]
        geheim = cel.unwrap_geheim(kastsleutel, slot)
        if geheim is None or cel.geheimhash(manifest.suite, geheim) != wire.geheimhash:
            missed.append(plaats.label)
            continue
        plaintexts[plaats.label] = cel.open_cel(
            context, plaats, geheim, wire.ciphertext
        )
    return Geopend(plaintexts, missed)
