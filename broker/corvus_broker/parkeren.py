"""Parking: a message that cannot be handled holds up its own zaak and no other.

Messages behind it are parked in order. An operator takes them up again with orders
signed by the broker's own key; one that fails again blocks the rest, still in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.effecten import SOORT_HERAANBIEDING
from corvus_broker.ports import Record
from corvus_crypto.attestatie import parse_attestatie
from corvus_schemas.errors import EnvelopeError, IntegrityError
from corvus_schemas.wire.staat import Geparkeerd, Heraanbieding, Zaakstaat

if TYPE_CHECKING:
    from corvus_broker.effecten import Effecten
    from corvus_broker.register import Registerversie
    from corvus_broker.staat import Partitiestaat

BEHIND: Final = "zaak.geparkeerd"
UNREADABLE_STATE: Final = "zaakstaat.beschadigd"
FAULT: Final = "bericht.vastgelopen"
PARKED: Final = "GEPARKEERD"


def make_parked(record: Record, code: str, zaak: bytes | None) -> Geparkeerd:
    """Keep a record whole, with where and when it came in."""
    return Geparkeerd(
        code=code,
        zaak=zaak,
        partitie=record.partition,
        offset=record.offset,
        tijd=record.timestamp_ms,
        sleutel=record.key,
        inhoud=record.value or b"",
    )


def park(
    record: Record, code: str, zaak_id: bytes, staat: Partitiestaat, effecten: Effecten
) -> None:
    """Park a record and count it in its zaak.

    A zaak that did not exist yet gets a record of its own, with no participants, so
    that what follows is parked too.
    """
    effecten.geparkeerd.append(make_parked(record, code, zaak_id))
    effecten.uitkomst = PARKED
    effecten.code = code
    try:
        zaak = staat.zaak(zaak_id)
    except IntegrityError:
        return  # the damaged record itself keeps the zaak parked
    zaak = zaak or Zaakstaat(
        zaak=zaak_id,
        opener="",
        deelnemers=[],
        geopend=record.timestamp_ms,
        laatst=record.timestamp_ms,
    )
    staat.put_zaak(msgspec.structs.replace(zaak, geparkeerd=zaak.geparkeerd + 1))


def parse_heraanbieding(
    record: Record, register: Registerversie, verleden_ms: int
) -> Heraanbieding:
    """Parse an operator's order, which the broker's own key must have signed lately.

    An old order would take a message up again that is not remembered any more.

    Raises:
        EnvelopeError: ``heraanbieding.ongeldig``.
    """
    order = Heraanbieding.decode(record.value or b"")
    unsigned = msgspec.structs.replace(order, attestatie=b"").encode()
    attestatie = parse_attestatie(order.attestatie)
    key = register.broker_key(attestatie.sleutel_id)
    if key is None:
        raise EnvelopeError(
            "heraanbieding.ongeldig", "the order was not signed by a broker key"
        )
    verify_key, van_ms, tot_ms = key
    signed_ms = attestatie.tijd_ms
    if (
        not van_ms <= signed_ms < tot_ms
        or signed_ms < record.timestamp_ms - verleden_ms
    ):
        raise EnvelopeError(
            "heraanbieding.ongeldig", "the order is too old, or its key was not valid"
        )
    attestatie.verify(verify_key, SOORT_HERAANBIEDING, unsigned)
    return order


def original_record(order: Heraanbieding, record: Record) -> Record:
    """Give the parked record as it first came in, standing where the order stands."""
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        order.inhoud,
        order.tijd,
    )
