"""A recipient's receipt on its way to the sender (SPEC 12.3).

The receipt is signed by the recipient and goes on verbatim, so the sender can prove
receipt to anyone. The alias travels outside the signed bytes: two organisations must
not be able to match their aliases.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.effecten import SOORT_TERUGMELDING, Bericht, Effecten
from corvus_broker.inzending import check_validity, verify_certificaat
from corvus_broker.topics import BEWIJSKLASSE, levering_topic
from corvus_crypto.ondertekening import parse_ondertekening
from corvus_crypto.zaak import partition_of
from corvus_schemas.errors import EnvelopeError, SchemaError
from corvus_schemas.identifiers import Oin, parse_oin
from corvus_schemas.wire.bewijs import (
    FROM_RECIPIENT,
    Ontvangstbewijs,
    Status,
    Terugmelding,
)

if TYPE_CHECKING:
    from corvus_broker.omgeving import Omgeving
    from corvus_broker.ports import Record
    from corvus_broker.register import Registerversie
    from corvus_broker.staat import Partitiestaat
    from corvus_schemas.wire.staat import Berichtstaat, Ontvanger

SIGN_PURPOSE: Final = "bewijs"
_LADDER: Final = {
    "": 0,
    Status.AFGELEVERD: 1,
    Status.GELEZEN: 2,
    Status.VERWERKT: 3,
    Status.GEWEIGERD: 3,
}


def process_terugmelding(
    record: Record,
    register: Registerversie,
    staat: Partitiestaat,
    omgeving: Omgeving,
    effecten: Effecten,
) -> None:
    """Verify a recipient's receipt and pass it on; a repeat is dropped.

    Raises:
        InboundError: malformed, not signed by the recipient it names, or about a
            levering that this recipient did not get.
    """
    melding = Terugmelding.decode(record.value or b"")
    bewijs = Ontvangstbewijs.decode(melding.bewijs)
    uitsteller = verify_melding(melding, bewijs, register, record.timestamp_ms)
    zaak_id = omgeving.aliassen.zaak(melding.zaak, uitsteller)
    if partition_of(zaak_id, omgeving.partities) != record.partition:
        raise EnvelopeError("partitie.onjuist", "a receipt stands in a wrong partition")
    status = _status_of(bewijs)
    bericht = staat.bericht(bewijs.verstrekker, bewijs.bericht_id)
    known = (
        None if bericht is None else _ontvanger(bericht, uitsteller, bewijs.levering)
    )
    if (
        bericht is None
        or known is None
        or bericht.zaak != zaak_id
        or bericht.manifest != bewijs.manifest
    ):
        raise EnvelopeError(
            "bewijs.onbekend",
            "the receipt is about a levering that this organisation did not get",
            advice="Sign the digest of the levering exactly as it came.",
        )
    effecten.uitkomst = status.value
    effecten.berichttype = bericht.berichttype
    if _LADDER[status] <= _LADDER[known.status]:
        effecten.uitkomst = "HERHAALD"
        return
    _put_status(bericht, known, status, staat)
    alias = omgeving.aliassen.alias(
        zaak_id, Oin(bericht.verstrekker), omgeving.partities
    )
    effecten.berichten.append(
        Bericht(
            SOORT_TERUGMELDING,
            levering_topic(bericht.verstrekker, BEWIJSKLASSE),
            alias,
            Terugmelding(
                zaak=alias, bewijs=melding.bewijs, ondertekening=melding.ondertekening
            ).encode(),
        )
    )


def verify_melding(
    melding: Terugmelding, bewijs: Ontvangstbewijs, register: Registerversie, op_ms: int
) -> Oin:
    """Check that the receipt was signed by whom it names, and give that OIN.

    Raises:
        EnvelopeError: the signature does not hold.
        IdentityError: the certificate is unknown, another's, or was not valid.
    """
    uitsteller = parse_oin(bewijs.uitsteller)
    ondertekening = parse_ondertekening(melding.ondertekening)
    vermelding = verify_certificaat(register, ondertekening.certificaat, uitsteller)
    digest = hashlib.sha256(melding.bewijs).digest()
    ondertekening.verify(vermelding.verify_key, SIGN_PURPOSE, digest)
    check_validity(vermelding, op_ms)
    return uitsteller


def _status_of(bewijs: Ontvangstbewijs) -> Status:
    try:
        status = Status(bewijs.status)
    except ValueError:
        status = Status.GEACCEPTEERD
    if status not in FROM_RECIPIENT:
        allowed = ", ".join(sorted(FROM_RECIPIENT))
        raise SchemaError(
            "bewijs.status", f"the status of a recipient's receipt is one of {allowed}"
        )
    return status


def _ontvanger(
    bericht: Berichtstaat, oin: Oin, levering: bytes | None
) -> Ontvanger | None:
    """Find what a receipt is about: there is a supplement where something was held."""
    return next(
        (
            one
            for one in bericht.ontvangers
            if (one.oin, one.levering) == (oin, levering)
        ),
        None,
    )


def _put_status(
    bericht: Berichtstaat, known: Ontvanger, status: Status, staat: Partitiestaat
) -> None:
    changed = msgspec.structs.replace(known, status=status.value)
    staat.put_bericht(
        msgspec.structs.replace(
            bericht,
            ontvangers=[changed if one is known else one for one in bericht.ontvangers],
        )
    )
