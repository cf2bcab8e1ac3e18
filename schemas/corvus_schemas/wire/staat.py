"""Records of the router's own topics: evidence, zaakstaat, parked messages."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from corvus_schemas.wire.record import Count, Moment, WireRecord


class Beslisregel(WireRecord, frozen=True, kw_only=True):
    """Evidence of one decision about one recipient (SPEC 13)."""

    SCHEMA: ClassVar[str] = "beslisregel"
    bericht_id: bytes
    manifest: bytes
    verstrekker: str
    ontvanger: str
    berichttype: str
    levering: bytes | None
    doel: str
    redenen: bytes
    regels: list[str]
    routering: bytes
    register_verzegeld: bytes
    register: bytes
    tijd: Moment
    partitie: Count
    offset: int


class Blad(msgspec.Struct, frozen=True):
    """An evidence record as a leaf of its batch."""

    index: Count
    inhoud: bytes
    attestatie: bytes


class Auditbatch(WireRecord, frozen=True, kw_only=True):
    """One batch: its signed root, all its leaves, its evidence records."""

    SCHEMA: ClassVar[str] = "auditbatch"
    router: str
    partitie: Count
    eerste: int
    laatste: int
    attestatie: bytes
    wortel: bytes
    bladeren: bytes
    beslisregels: list[Blad]


class Zaakfeit(msgspec.Struct, frozen=True):
    """A fact and the message that established it."""

    kenmerk: str
    waarde: bool | str | list[str]
    bron: bytes
    zetter: str
    betrokkene: bytes | None = None


class Zaakstaat(WireRecord, frozen=True, kw_only=True):
    """What the router remembers of a zaak."""

    SCHEMA: ClassVar[str] = "zaakstaat"
    zaak: bytes
    opener: str
    deelnemers: list[str]
    geopend: int
    laatst: int
    geparkeerd: Count = 0
    blokkade: bool = False
    geheim_adres: bool = False
    feiten: list[Zaakfeit] = msgspec.field(default_factory=list)


class Ontvanger(msgspec.Struct, frozen=True):
    """A recipient of a message, the digest of its levering, what it said last."""

    oin: str
    levering: bytes
    status: str = ""


class Berichtstaat(WireRecord, frozen=True, kw_only=True):
    """What the router remembers of a message: the dedupe window and the receipt."""

    SCHEMA: ClassVar[str] = "berichtstaat"
    bericht_id: bytes
    verstrekker: str
    zaak: bytes
    berichttype: str
    manifest: bytes
    tijd: Moment
    bewijs: bytes
    ontvangers: list[Ontvanger]


class Geparkeerd(WireRecord, frozen=True, kw_only=True):
    """An inzending that could not be handled, whole."""

    SCHEMA: ClassVar[str] = "geparkeerd"
    code: str
    zaak: bytes | None
    partitie: Count
    offset: int
    tijd: Moment
    sleutel: bytes
    inhoud: bytes


class Heraanbieding(WireRecord, frozen=True, kw_only=True):
    """An operator's order to take a parked record up again."""

    SCHEMA: ClassVar[str] = "heraanbieding"
    zaak: bytes
    tijd: Moment
    inhoud: bytes
    laatste: bool
    attestatie: bytes


class Registerstuk(WireRecord, frozen=True, kw_only=True):
    """A signed entry of the register on its way; nothing in it is believed."""

    SCHEMA: ClassVar[str] = "registerstuk"
    soort: str
    digest: bytes
    dsse: bytes
