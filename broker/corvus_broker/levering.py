"""Step 10, the deliveries: a Levering is made of a Projectie and of nothing else.

Publishing takes a ``Levering``; only ``make_levering`` makes one, and it takes the
``Projectie`` that only ``project`` makes: that a message leaves undecided is a type
error, not a review remark.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.inzending import pack_cellen
from corvus_broker.topics import levering_topic
from corvus_crypto.masker import encode_mask, flags
from corvus_schemas.wire.bericht import Leveringsbericht

if TYPE_CHECKING:
    from corvus_broker.beoordeling import Oordeel
    from corvus_broker.inzending import GeverifieerdeInzending

SHORTEST: Final = "P7D"


class Levering(msgspec.Struct, frozen=True):
    """A delivery, ready to be attested: its topic, its key, its exact bytes."""

    ontvanger: str
    topic: str
    alias: bytes
    inhoud: bytes
    digest: bytes


class Bezorging(msgspec.Struct, frozen=True):
    """What a levering says besides the message itself."""

    alias: bytes
    ontvangen_op: int
    register: bytes


def make_levering(
    geverifieerd: GeverifieerdeInzending, oordeel: Oordeel, bezorging: Bezorging
) -> Levering | None:
    """Make the delivery for one recipient; None where nothing goes, not even a kop."""
    projectie = oordeel.projectie
    if projectie.is_empty:
        return None
    ontleed = geverifieerd.ontleed
    positions = len(ontleed.posities)
    inhoud = Leveringsbericht(
        manifest=ontleed.manifest.encoded,
        ondertekening=ontleed.ruwe_ondertekening,
        zaak=bezorging.alias,
        kolom=oordeel.geadresseerde.kolom.encode(),
        posities=encode_mask(projectie.mask, positions),
        cellen=pack_cellen(geverifieerd, projectie.mask),
        regels=oordeel.regels.select(flags(projectie.mask, positions)),
        ontvangen_op=bezorging.ontvangen_op,
        register=bezorging.register,
    ).encode()
    oin = oordeel.geadresseerde.organisatie.oin
    klasse = oordeel.bewaartermijn or SHORTEST
    return Levering(
        ontvanger=oin,
        topic=levering_topic(oin, klasse),
        alias=bezorging.alias,
        inhoud=inhoud,
        digest=hashlib.sha256(inhoud).digest(),
    )
