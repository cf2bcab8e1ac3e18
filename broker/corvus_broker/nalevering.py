"""What one organisation gets by a nasleutel: made of a Projectie, as every levering.

The old manifest and cellen as they were, the new column, and of its slots those of the
cellen that go and no others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_broker.inzending import pack_cellen
from corvus_broker.levering import SHORTEST, Levering
from corvus_broker.topics import levering_topic
from corvus_crypto.masker import bits, encode_mask, flags
from corvus_schemas.wire.nasleutel import Nalevering

if TYPE_CHECKING:
    from corvus_broker.beoordeling import Oordeel
    from corvus_broker.nasleutel import BewezenOrigineel, NieuweKolom, OntledeNasleutel


@dataclass(frozen=True, slots=True)
class Nabezorging:
    """What a nalevering says besides the message and the nasleutel."""

    alias: bytes
    nagesleuteld_op: int
    register: bytes


def make_nalevering(
    nasleutel: OntledeNasleutel,
    origineel: BewezenOrigineel,
    nieuw: NieuweKolom,
    oordeel: Oordeel,
    bezorging: Nabezorging,
) -> Levering | None:
    """Make the delivery for one new column; None where nothing goes."""
    projectie = oordeel.projectie
    if projectie.is_empty:
        return None
    ontleed = nasleutel.origineel
    positions = len(ontleed.posities)
    inhoud = Nalevering(
        manifest=ontleed.manifest.encoded,
        ondertekening=ontleed.ruwe_ondertekening,
        nasleutel=nasleutel.manifest.encoded,
        nasleutel_ondertekening=nasleutel.ruwe_ondertekening,
        zaak=bezorging.alias,
        kolom=nieuw.kolom.encode(),
        beloften=nieuw.beloften,
        posities=encode_mask(projectie.mask, positions),
        cellen=pack_cellen(origineel.geverifieerd, projectie.mask),
        sloten=b"".join(nieuw.sloten[position] for position in bits(projectie.mask)),
        regels=oordeel.regels.select(flags(projectie.mask, positions)),
        ontvangen_op=origineel.bewijs.tijd,
        nagesleuteld_op=bezorging.nagesleuteld_op,
        register=bezorging.register,
    ).encode()
    oin = oordeel.geadresseerde.organisatie.oin
    return Levering(
        ontvanger=oin,
        topic=levering_topic(oin, oordeel.bewaartermijn or SHORTEST),
        alias=bezorging.alias,
        inhoud=inhoud,
        digest=hashlib.sha256(inhoud).digest(),
    )
