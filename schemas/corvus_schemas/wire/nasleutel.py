"""A nasleutel and what is delivered by it: new columns for an old message (SPEC 18)."""

from __future__ import annotations

from typing import ClassVar, Final, TypeAlias

import msgspec

from corvus_schemas.avro import HEADER_BYTES
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.bericht import Leveringsbericht, Toekenning
from corvus_schemas.wire.record import Moment, OinText, Ordinal, WireRecord


class Nasleutelkop(WireRecord, frozen=True, kw_only=True):
    """The same bytes for every new recipient; names no zaak."""

    SCHEMA: ClassVar[str] = "nasleutelkop"
    nasleutel_id: bytes
    poging: Ordinal
    bericht_id: bytes
    manifest: bytes
    verstrekker: OinText
    ondertekend_op: Moment
    register: bytes


class Nasleutelroutering(WireRecord, frozen=True, kw_only=True):
    """Read by the broker, committed with a salt, never delivered."""

    SCHEMA: ClassVar[str] = "nasleutelroutering"
    toekenning: list[Toekenning] = msgspec.field(default_factory=list)


class Nasleutel(WireRecord, frozen=True, kw_only=True):
    """A nasleutel as the sender submits it; every part still bytes."""

    SCHEMA: ClassVar[str] = "nasleutel"
    manifest: bytes
    ondertekening: bytes
    routering: bytes
    routering_zout: bytes
    kolommen: bytes
    beloften: bytes
    sloten: bytes
    posities: bytes
    inzending: bytes
    bewijs: bytes


class Nalevering(WireRecord, frozen=True, kw_only=True):
    """What one organisation gets by a nasleutel; made by the projection alone."""

    SCHEMA: ClassVar[str] = "nalevering"
    manifest: bytes
    ondertekening: bytes
    nasleutel: bytes
    nasleutel_ondertekening: bytes
    zaak: bytes
    kolom: bytes
    beloften: bytes
    posities: bytes
    cellen: bytes
    sloten: bytes
    regels: list[str]
    ontvangen_op: Moment
    nagesleuteld_op: Moment
    register: bytes


Geleverd: TypeAlias = Leveringsbericht | Nalevering
"""What an attestation of the soort ``levering`` can hold."""

_NALEVERING: Final = wire_schema(Nalevering.SCHEMA).header


def read_geleverd(inhoud: bytes) -> Geleverd:
    """Read a delivery of either kind.

    Raises:
        SchemaError: ``schema.onbekend``, ``schema.niet_canoniek``.
    """
    if inhoud[:HEADER_BYTES] == _NALEVERING:
        return Nalevering.decode(inhoud)
    return Leveringsbericht.decode(inhoud)
