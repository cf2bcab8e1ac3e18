"""Steps 1 to 4: bytes, then a parsed inzending, then a verified one (SPEC 14).

Each type is made in one place: ``parse_inzending`` believes nothing,
``verify_inzending`` alone makes a ``GeverifieerdeInzending``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_crypto.kolom import Kolom, parse_kolommen
from corvus_crypto.manifest import Manifest, commit_routering, parse_manifest
from corvus_crypto.masker import flags, parse_mask
from corvus_crypto.ondertekening import Ondertekening, parse_ondertekening
from corvus_crypto.sealing import check_kolom, check_wires
from corvus_crypto.suite import suite_of
from corvus_routing.indeling import indeling_of
from corvus_schemas.errors import EnvelopeError, IdentityError
from corvus_schemas.identifiers import Oin, parse_oin
from corvus_schemas.wire.bericht import Inzending, Kop, Routering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_broker.register import CertificaatVermelding, Registerversie
    from corvus_schemas.catalogus import Berichttype, Catalogus, Positie
    from corvus_schemas.wire.bericht import Toekenning

SIGN_PURPOSE: Final = "inzending"
MAX_ROUTERING_BYTES: Final = 64 * 1024
MAX_KOP_BYTES: Final = 4096
INZENDING_SCHEMA: Final = "inzending"


@dataclass(frozen=True, slots=True)
class OntledeInzending:
    """Parsed within limits; nothing believed, the sender least of all."""

    manifest: Manifest
    kop: Kop
    verstrekker: Oin
    berichttype: Berichttype
    posities: tuple[Positie, ...]
    ondertekening: Ondertekening
    ruwe_ondertekening: bytes
    routering: Routering
    ruwe_routering: bytes
    routering_zout: bytes
    kolommen: Sequence[Kolom]
    ruwe_cellen: bytes
    gevuld: int
    toekenning: Mapping[int, int]
    aanwezig: int
    """The cellen that are here: all that are filled, or of a held message some."""


class GeverifieerdeInzending(msgspec.Struct, frozen=True):
    """Commitments and signature hold, the certificate is the sender's and was valid."""

    ontleed: OntledeInzending
    cellen: Sequence[bytes]
    vermelding: CertificaatVermelding


def parse_inzending(
    data: bytes, catalogus: Catalogus, max_bytes: int
) -> OntledeInzending:
    """Step 1: parse within size limits.

    Raises:
        EnvelopeError: ``envelope.te_groot``, or a part is malformed.
        SchemaError: not canonical, unknown berichttype or version of it.
    """
    if len(data) > max_bytes:
        raise EnvelopeError(
            "envelope.te_groot",
            f"the message has {len(data)} bytes, at most {max_bytes} are taken",
            advice="Send large files as bijlage.",
        )
    inzending = Inzending.decode(data)
    # Before anything is proven, parsing has to stay cheap: lists are bounded by bytes.
    if len(inzending.routering) > MAX_ROUTERING_BYTES:
        raise EnvelopeError(
            "routering.te_groot",
            f"the routering has {len(inzending.routering)} bytes, at most"
            f" {MAX_ROUTERING_BYTES} are taken",
            advice="Declare and cite only what rules of this berichttype use.",
        )
    manifest = parse_manifest(inzending.manifest)
    if len(manifest.kop) > MAX_KOP_BYTES:
        raise EnvelopeError(
            "kop.te_groot", f"the kop has more than {MAX_KOP_BYTES} bytes"
        )
    suite = suite_of(manifest.suite)
    kop = Kop.decode(manifest.kop)
    berichttype = catalogus.versie(kop.berichttype, kop.schema)
    posities = berichttype.posities(tuple(kop.buckets))
    if len(posities) != manifest.posities:
        raise EnvelopeError(
            "manifest.posities",
            f"the manifest has {manifest.posities} positions, the kop says"
            f" {len(posities)}",
        )
    routering = Routering.decode(inzending.routering)
    gevuld = ((1 << len(posities)) - 1) & ~parse_mask(routering.leeg, len(posities))
    return OntledeInzending(
        manifest=manifest,
        kop=kop,
        verstrekker=parse_oin(kop.verstrekker),
        berichttype=berichttype,
        posities=posities,
        ondertekening=parse_ondertekening(inzending.ondertekening),
        ruwe_ondertekening=inzending.ondertekening,
        routering=routering,
        ruwe_routering=inzending.routering,
        routering_zout=inzending.routering_zout,
        kolommen=parse_kolommen(inzending.kolommen, suite, manifest.columns),
        ruwe_cellen=inzending.cellen,
        gevuld=gevuld,
        toekenning=parse_toekenning(routering.toekenning, len(posities)),
        aanwezig=gevuld,
    )


def parse_toekenning(
    toekenningen: Sequence[Toekenning], positions: int
) -> dict[int, int]:
    """Give the masks of what was granted, by column.

    Raises:
        EnvelopeError: ``routering.toekenning``, ``masker.indeling``.
    """
    masks: dict[int, int] = {}
    last = -1
    for toekenning in toekenningen:
        if toekenning.kolom <= last:
            raise EnvelopeError(
                "routering.toekenning", "the granted columns are out of order"
            )
        last = toekenning.kolom
        masks[last] = parse_mask(toekenning.masker, positions)
    return masks


def verify_inzending(
    ontleed: OntledeInzending, register: Registerversie, op_ms: int
) -> GeverifieerdeInzending:
    """Steps 3 and 4: the sender's certificate and OIN, then commitments and signature.

    Raises:
        IdentityError: ``certificaat.onbekend``, ``certificaat.oin``,
            ``certificaat.verlopen``, ``certificaat.nog_niet_geldig``,
            ``certificaat.ingetrokken``.
        EnvelopeError: a commitment or the signature does not hold.
    """
    vermelding = verify_certificaat(
        register, ontleed.ondertekening.certificaat, ontleed.verstrekker
    )
    manifest = ontleed.manifest
    ontleed.ondertekening.verify(vermelding.verify_key, SIGN_PURPOSE, manifest.digest)
    check_validity(vermelding, op_ms)
    promised = commit_routering(
        manifest.suite, ontleed.routering_zout, ontleed.ruwe_routering
    )
    if promised != manifest.routering:
        raise EnvelopeError(
            "routering.belofte", "the routering is not the one that was signed"
        )
    for kolom in ontleed.kolommen:
        check_kolom(manifest, kolom)
    if set(ontleed.toekenning) - {kolom.index for kolom in ontleed.kolommen}:
        raise EnvelopeError(
            "routering.toekenning", "a column was granted something but is not here"
        )
    labels = indeling_of(ontleed.posities).labels
    cellen = check_wires(manifest, ontleed.aanwezig, ontleed.ruwe_cellen, labels)
    return GeverifieerdeInzending(ontleed, cellen, vermelding)


def verify_certificaat(
    register: Registerversie, thumbprint: bytes, oin: Oin
) -> CertificaatVermelding:
    """Find a certificate in the register and check whose it is.

    Raises:
        IdentityError: ``certificaat.onbekend``, ``certificaat.oin``.
    """
    vermelding = register.certificaat(thumbprint)
    if vermelding is None:
        raise IdentityError(
            "certificaat.onbekend",
            "the certificate is not in the register",
            advice="Have the certificate added to the register first.",
        )
    if vermelding.oin != oin:
        raise IdentityError(
            "certificaat.oin",
            f"the certificate is not that of organisation {oin}",
            advice="Sign with the certificate of the OIN in the kop.",
        )
    return vermelding


def check_validity(vermelding: CertificaatVermelding, op_ms: int) -> None:
    """Check the period and revocation of a certificate.

    Raises:
        IdentityError: ``certificaat.nog_niet_geldig``, ``certificaat.verlopen``,
            ``certificaat.ingetrokken``.
    """
    code = ""
    if op_ms < vermelding.geldig_van_ms:
        code = "certificaat.nog_niet_geldig"
    elif op_ms >= vermelding.geldig_tot_ms:
        code = "certificaat.verlopen"
    revoked = vermelding.ingetrokken_op_ms
    if revoked is not None and op_ms >= revoked:
        code = "certificaat.ingetrokken"
    if code:
        raise IdentityError(
            code,
            f"the certificate of {vermelding.oin} was not valid at this time",
            advice="Renew the certificate and have the new one registered.",
        )


def granted_cellen(ontleed: OntledeInzending, kolom: Kolom) -> int:
    """Mask of the cellen the sender granted to a column and filled."""
    return ontleed.toekenning.get(kolom.index, 0) & ontleed.gevuld


def pack_cellen(geverifieerd: GeverifieerdeInzending, mask: int) -> bytes:
    """Concatenate the cellen in a mask, as they came."""
    ontleed = geverifieerd.ontleed
    if mask == ontleed.aanwezig:
        return ontleed.ruwe_cellen
    size = len(ontleed.posities)
    chosen = compress(flags(mask, size), flags(ontleed.aanwezig, size))
    return b"".join(compress(geverifieerd.cellen, chosen))
