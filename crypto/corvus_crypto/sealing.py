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
    """A sealed message: the manifest to sign, and the parts it commits to.

    ``celgeheimen`` by position, for its sender to keep: without them there is no
    nasleutel.
    """

    manifest: Manifest
    kolommen: bytes
    cellen: bytes
    celgeheimen: Mapping[int, bytes] = field(repr=False)


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
    celgeheimen: dict[int, bytes] = {}
    for vulling in vullingen:
        plaats = vulling.plaats
        celgeheim = random(cel.GEHEIM_BYTES)
        celgeheimen[plaats.position] = celgeheim
        slots = _slots(vulling, celgeheim, kasten, omvang.columns, random)
        ciphertext = cel.seal_cel(context, plaats, celgeheim, vulling.plaintext)
        wire = cel.wire_cel(cel.geheimhash(suite, celgeheim), ciphertext, slots)
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
    return Verzegeld(manifest, packed, b"".join(wires), celgeheimen)


def _slots(
    vulling: Vulling,
    celgeheim: bytes,
    kasten: Sequence[Kast],
    columns: int,
    random: Callable[[int], bytes],
) -> bytes:
    """Make the key row of a cel: a wrap where it is granted, filler elsewhere."""
    slots = [random(cel.SLOT_BYTES) for _ in range(columns)]
    for kast in kasten:
        if kast.kolom.index in vulling.toegekend:
            slots[kast.kolom.index] = cel.wrap_geheim(kast.kastsleutel, celgeheim)
    return b"".join(slots)


def check_cellen(
    manifest: Manifest, posities: int, packed: bytes, labels: Sequence[str]
) -> Sequence[cel.WireCel]:
    """Check every cel that is present, and take each of them apart.

    Raises:
        EnvelopeError: as ``check_wires``.
    """
    wires = check_wires(manifest, posities, packed, tuple(labels))
    return [cel.parse_cel(wire) for wire in wires]


def check_wires(
    manifest: Manifest, posities: int, packed: bytes, labels: tuple[str, ...]
) -> Sequence[bytes]:
    """Check every cel that is present against its commitment; needs no key.

    Gives the bytes of each cel.

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
    wires = cel.cut_cellen(packed, len(present), manifest.columns)
    heads = cel.commitment_prefixes(manifest.suite, labels)
    commitments, size = manifest.cellen, cel.HASH_BYTES
    promised = [commitments[at * size : at * size + size] for at in present]
    found = [
        hashlib.sha256(heads[position] + wire).digest()
        for position, wire in zip(present, wires, strict=True)
    ]
    if found != promised:
        wrong = next(
            position
            for position, one, other in zip(present, found, promised, strict=True)
            if one != other
        )
        raise EnvelopeError(
            "cel.belofte",
            f"cel {labels[wrong]} is not the one that was signed",
            advice="The message was changed on its way, or made by a faulty sender.",
        )
    return wires


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
    slot_at = kolom.index * cel.SLOT_BYTES
    slots = [wire.row[slot_at : slot_at + cel.SLOT_BYTES] for wire in cellen]
    return open_slots(manifest, kastsleutel, cellen, slots, plaatsen)


def open_slots(
    manifest: Manifest,
    kastsleutel: bytes,
    cellen: Sequence[cel.WireCel],
    slots: Sequence[bytes],
    plaatsen: Sequence[cel.Plaats],
) -> Geopend:
    """Open checked cellen, each by the slot given for it; as ``open_cellen``.

    Raises:
        EnvelopeError: ``cel.bedrog``, ``cel.opvulling``.
    """
    context = cel.CelContext(manifest.suite, manifest.kop_digest)
    plaintexts: dict[str, bytes] = {}
    missed: list[str] = []
    for wire, slot, plaats in zip(cellen, slots, plaatsen, strict=True):
        geheim = cel.unwrap_geheim(kastsleutel, slot)
        if geheim is None or cel.geheimhash(manifest.suite, geheim) != wire.geheimhash:
            missed.append(plaats.label)
            continue
        plaintexts[plaats.label] = cel.open_cel(
            context, plaats, geheim, wire.ciphertext
        )
    return Geopend(plaintexts, missed)
