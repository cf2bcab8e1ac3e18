"""Receipts: signed, staged, correlatable (SPEC 12)."""

from __future__ import annotations

import enum
from typing import ClassVar

import msgspec

from corvus_schemas.wire.record import Moment, WireRecord


class Status(enum.StrEnum):
    """The ladder. The broker says the first group, the recipient the second."""

    GEACCEPTEERD = "GEACCEPTEERD"
    AANGEHOUDEN = "AANGEHOUDEN"
    AFGEWEZEN = "AFGEWEZEN"
    VERLOPEN = "VERLOPEN"
    INGETROKKEN = "INGETROKKEN"

    AFGELEVERD = "AFGELEVERD"
    GELEZEN = "GELEZEN"
    VERWERKT = "VERWERKT"
    GEWEIGERD = "GEWEIGERD"


FROM_RECIPIENT = frozenset(
    {Status.AFGELEVERD, Status.GELEZEN, Status.VERWERKT, Status.GEWEIGERD}
)


class Geweigerd(msgspec.Struct, frozen=True):
    """Cellen that the sender granted and the broker did not deliver, and why."""

    reden: str
    posities: bytes


class Verstrekking(msgspec.Struct, frozen=True):
    """What one recipient got; told to the sender only."""

    ontvanger: str
    levering: bytes | None
    posities: bytes
    regels: list[str]
    geweigerd: list[Geweigerd]


class Ontvangstbewijs(WireRecord, frozen=True, kw_only=True):
    """A receipt: the message it answers, the bytes, the register, what came of it."""

    SCHEMA: ClassVar[str] = "ontvangstbewijs"
    status: str
    bericht_id: bytes
    verstrekker: str
    uitsteller: str
    manifest: bytes
    levering: bytes | None = None
    tijd: Moment
    register: bytes
    zaak: bytes = b""
    code: str = ""
    waarschuwingen: list[str] = msgspec.field(default_factory=list)
    verstrekkingen: list[Verstrekking] = msgspec.field(default_factory=list)


class Terugmelding(WireRecord, frozen=True, kw_only=True):
    """A recipient's receipt with its signature, on its way to the sender."""

    SCHEMA: ClassVar[str] = "terugmelding"
    zaak: bytes
    bewijs: bytes
    ondertekening: bytes
