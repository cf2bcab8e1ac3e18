"""A nasleutel: bytes, then a parsed one, then a verified one (SPEC 18).

The old message comes along with the broker's own receipt of it: what was accepted, and
when, is proven by that, however long the broker itself has forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from corvus_broker.effecten import SOORT_BEWIJS
from corvus_broker.inzending import (
    MAX_ROUTERING_BYTES,
    check_validity,
    parse_inzending,
    parse_toekenning,
    verify_certificaat,
    verify_inzending,
)
from corvus_broker.vrijgave import AANVULLING
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.kolom import Kolom, parse_kolommen
from corvus_crypto.masker import parse_mask
from corvus_crypto.nasleutel import (
    SIGN_PURPOSE,
    Nasleutelmanifest,
    check_nasleutelkolom,
    commit_routering,
    parse_nasleutelmanifest,
    split_beloften,
    split_sloten,
)
from corvus_crypto.ondertekening import Ondertekening, parse_ondertekening
from corvus_crypto.suite import suite_of
from corvus_schemas.errors import EnvelopeError, RegisterError
from corvus_schemas.identifiers import Oin, format_id, parse_oin
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status
from corvus_schemas.wire.nasleutel import Nasleutel, Nasleutelkop, Nasleutelroutering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_broker.inzending import GeverifieerdeInzending, OntledeInzending
    from corvus_broker.register import Registerreeks, Registerversie
    from corvus_schemas.catalogus import Catalogus

WAARSCHUWING: Final = "nasleutel"
"""Names, in a receipt on a nasleutel, which one and attempt: ``nasleutel:<id>:<n>``."""


@dataclass(frozen=True, slots=True)
class NieuweKolom:
    """A new column: what it was granted, and the slots for that."""

    kolom: Kolom
    toegekend: int
    beloften: bytes
    sloten: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class OntledeNasleutel:
    """Parsed within limits; nothing believed."""

    manifest: Nasleutelmanifest
    kop: Nasleutelkop
    verstrekker: Oin
    """Who signs: the sender of the old message, or its successor."""
    ondertekening: Ondertekening
    ruwe_ondertekening: bytes
    ruwe_routering: bytes
    routering_zout: bytes
    kolommen: Sequence[NieuweKolom]
    origineel: OntledeInzending
    bewijs: bytes

    @property
    def waarschuwing(self) -> str:
        """What names this nasleutel, and the attempt, in a receipt."""
        kop = self.kop
        return f"{WAARSCHUWING}:{format_id(kop.nasleutel_id)}:{kop.poging}"


@dataclass(frozen=True, slots=True)
class BewezenOrigineel:
    """The old message, verified as when it was accepted, and the receipt of that."""

    geverifieerd: GeverifieerdeInzending
    bewijs: Ontvangstbewijs


def parse_nasleutel(
    data: bytes, catalogus: Catalogus, max_bytes: int
) -> OntledeNasleutel:
    """Parse within the limits of a message.

    Raises:
        EnvelopeError: ``envelope.te_groot``, ``routering.te_groot``,
            ``nasleutel.indeling``, ``nasleutel.toekenning``, or a part is malformed.
        SchemaError: not canonical, unknown berichttype or version of it.
    """
    if len(data) > max_bytes:
        raise EnvelopeError(
            "envelope.te_groot",
            f"the nasleutel has {len(data)} bytes, at most {max_bytes} are taken",
            advice="Give the new recipients a nasleutel each.",
        )
    nasleutel = Nasleutel.decode(data)
    if len(nasleutel.routering) > MAX_ROUTERING_BYTES:
        raise EnvelopeError(
            "routering.te_groot", "the routering of a nasleutel is too large"
        )
    manifest = parse_nasleutelmanifest(nasleutel.manifest)
    kop = Nasleutelkop.decode(manifest.kop)
    origineel = parse_inzending(nasleutel.inzending, catalogus, max_bytes)
    aanwezig = parse_mask(nasleutel.posities, len(origineel.posities))
    return OntledeNasleutel(
        manifest=manifest,
        kop=kop,
        verstrekker=parse_oin(kop.verstrekker),
        ondertekening=parse_ondertekening(nasleutel.ondertekening),
        ruwe_ondertekening=nasleutel.ondertekening,
        ruwe_routering=nasleutel.routering,
        routering_zout=nasleutel.routering_zout,
        kolommen=_parse_columns(
            nasleutel, manifest, len(origineel.posities), aanwezig & origineel.gevuld
        ),
        origineel=replace(origineel, aanwezig=aanwezig),
        bewijs=nasleutel.bewijs,
    )


def _parse_columns(
    nasleutel: Nasleutel, manifest: Nasleutelmanifest, size: int, aanwezig: int
) -> list[NieuweKolom]:
    kolommen = parse_kolommen(
        nasleutel.kolommen, suite_of(manifest.suite), manifest.columns
    )
    routering = Nasleutelroutering.decode(nasleutel.routering)
    masks = parse_toekenning(routering.toekenning, size)
    if list(masks) != [kolom.index for kolom in kolommen] or not masks:
        raise EnvelopeError(
            "nasleutel.toekenning", "the new columns are not those that are granted"
        )
    if any(mask & ~aanwezig for mask in masks.values()):
        raise EnvelopeError(
            "nasleutel.toekenning", "a cel is granted that is empty or not here"
        )
    beloften = split_beloften(nasleutel.beloften, len(kolommen), size)
    sloten = split_sloten(nasleutel.sloten, list(masks.values()))
    return [
        NieuweKolom(kolom, masks[kolom.index], own, slots)
        for kolom, own, slots in zip(kolommen, beloften, sloten, strict=True)
    ]


def verify_nasleutel(
    ontleed: OntledeNasleutel, register: Registerversie, op_ms: int
) -> None:
    """Check who signed, with a certificate of now, and every commitment.

    Raises:
        IdentityError: ``certificaat.onbekend``, ``certificaat.oin``,
            ``certificaat.verlopen``, ``certificaat.nog_niet_geldig``,
            ``certificaat.ingetrokken``.
        EnvelopeError: ``handtekening.ongeldig``, ``nasleutel.belofte``.
    """
    manifest = ontleed.manifest
    vermelding = verify_certificaat(
        register, ontleed.ondertekening.certificaat, ontleed.verstrekker
    )
    ontleed.ondertekening.verify(vermelding.verify_key, SIGN_PURPOSE, manifest.digest)
    check_validity(vermelding, op_ms)
    promised = commit_routering(
        manifest.suite, ontleed.routering_zout, ontleed.ruwe_routering
    )
    if promised != manifest.routering:
        raise EnvelopeError(
            "nasleutel.belofte", "the grants of a nasleutel are not those signed"
        )
    labels = [positie.label for positie in ontleed.origineel.posities]
    for one in ontleed.kolommen:
        check_nasleutelkolom(manifest, one.kolom, one.beloften, one.sloten, labels)


def prove_origineel(
    ontleed: OntledeNasleutel, registers: Registerreeks
) -> BewezenOrigineel:
    """Check that the broker accepted the old message, and what it looked at then.

    Raises:
        EnvelopeError: ``nasleutel.bericht``, ``nasleutel.bewijs``, or a commitment or
            signature of the old message does not hold.
        IdentityError: its certificate was not one then.
    """
    origineel, kop = ontleed.origineel, ontleed.kop
    if (kop.manifest, kop.bericht_id) != (
        origineel.manifest.digest,
        origineel.kop.bericht_id,
    ):
        raise EnvelopeError(
            "nasleutel.bericht",
            "the nasleutel is about another message than the one in it",
        )
    bewijs = _accepted(ontleed, registers)
    register = registers.by_digest(bewijs.register)
    if register is None:
        raise _no_proof()
    return BewezenOrigineel(verify_inzending(origineel, register, bewijs.tijd), bewijs)


def _accepted(ontleed: OntledeNasleutel, registers: Registerreeks) -> Ontvangstbewijs:
    """Read the broker's own receipt GEACCEPTEERD on the old message."""
    geattesteerd = Geattesteerd.decode(ontleed.bewijs)
    attestatie = parse_attestatie(geattesteerd.attestatie)
    try:
        found = registers.op(attestatie.tijd_ms).broker_key(attestatie.sleutel_id)
    except RegisterError:
        found = None  # a time that no register covers
    if found is None or not found[1] <= attestatie.tijd_ms < found[2]:
        raise _no_proof()
    attestatie.verify(found[0], SOORT_BEWIJS, geattesteerd.inhoud)
    bewijs = Ontvangstbewijs.decode(geattesteerd.inhoud)
    # A receipt on a supplement has another time than the message.
    if (
        bewijs.status != Status.GEACCEPTEERD
        or AANVULLING in bewijs.waarschuwingen
        or bewijs.manifest != ontleed.origineel.manifest.digest
    ):
        raise _no_proof()
    return bewijs


def _no_proof() -> EnvelopeError:
    return EnvelopeError(
        "nasleutel.bewijs",
        "the receipt in the nasleutel does not say that this message was accepted",
        advice="Send the broker's receipt GEACCEPTEERD along, as it came.",
    )
