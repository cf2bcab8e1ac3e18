"""Records of the router's own topics: evidence, zaakstaat, parked messages."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from corvus_schemas.wire.bericht import Persoon  # noqa: TC001 - msgspec reads the annotation
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


class Beoordelde(msgspec.Struct, frozen=True):
    """What a decision about one recipient depends on, and on nothing else."""

    oin: str
    type: str
    toegekend: bytes
    verwijzing: bool
    kenmerken: str


class Beoordeeldpersoon(msgspec.Struct, frozen=True):
    """What counts about one person of a message, by role and index."""

    rol: str
    index: Count
    kenmerken: str


class Beoordeling(WireRecord, frozen=True, kw_only=True):
    """Every input of the decisions about one message (SPEC 13)."""

    SCHEMA: ClassVar[str] = "beoordeling"
    bericht_id: bytes
    manifest: bytes
    routering: bytes
    verstrekker: str
    verstrekker_type: str
    berichttype: str
    schema: bytes
    buckets: bytes
    doel: str
    regio: str
    kenmerken: str
    personen: list[Beoordeeldpersoon]
    gevuld: bytes
    ontvangers: list[Beoordelde]
    statussen: list[str]
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
    beoordelingen: list[Blad]


class Zaakfeit(msgspec.Struct, frozen=True):
    """A fact and the message that established it."""

    kenmerk: str
    waarde: bool | str | list[str]
    bron: bytes
    zetter: str
    betrokkene: bytes | None = None
    kenners: list[str] = msgspec.field(default_factory=list)


class AangehoudenVoor(msgspec.Struct, frozen=True):
    """What is held for one recipient, as a mask over the positions."""

    oin: str
    posities: bytes


class Aanhouding(msgspec.Struct, frozen=True, kw_only=True):
    """A message of which cellen are held; ``nummer`` is where they are stored."""

    nummer: bytes
    bericht_id: bytes
    verstrekker: str
    manifest: bytes
    tijd: Moment
    bevestigd: Moment
    ontvangers: list[AangehoudenVoor]
    vrijgeven: list[str] | None = None


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
    aanhoudingen: list[Aanhouding] = msgspec.field(default_factory=list)


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
    personen: list[Persoon] = msgspec.field(default_factory=list)


class Aangehouden(WireRecord, frozen=True, kw_only=True):
    """What is kept of a message of which cellen are held."""

    SCHEMA: ClassVar[str] = "aangehouden"
    zaak: bytes
    bericht_id: bytes
    verstrekker: str
    tijd: Moment
    posities: bytes
    inzending: bytes


class Uitvoering(WireRecord, frozen=True, kw_only=True):
    """The router's own order to deliver or to forget what is held."""

    SCHEMA: ClassVar[str] = "uitvoering"
    soort: str
    zaak: bytes
    nummer: bytes
    inhoud: bytes | None
    attestatie: bytes


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
