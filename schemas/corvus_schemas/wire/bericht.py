"""Kop, routering, inzending and levering: a message on its way (SPEC 7 and 11)."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from corvus_schemas.wire.record import (
    Count,
    Moment,
    OinText,
    Ordinal,
    WireRecord,
)


class Kop(WireRecord, frozen=True, kw_only=True):
    """The same bytes for every recipient. Times are ms since 1970, UTC."""

    SCHEMA: ClassVar[str] = "kop"
    bericht_id: bytes
    poging: Ordinal
    berichttype: str
    schema: bytes
    buckets: bytes
    verstrekker: OinText
    functie: str
    doel: str
    verwerkingsbasis: str
    spoed: str
    ondertekend_op: Moment
    geldig_tot: Moment
    register: bytes


class DeclaredKenmerk(msgspec.Struct, frozen=True):
    """A kenmerk as the sender declares it."""

    naam: str
    waarde: bool | str | list[str]


class Vaststelling(msgspec.Struct, frozen=True):
    """A fact this message establishes."""

    kenmerk: str
    waarde: bool | str | list[str]
    betrokkene: bytes | None = None


class Feit(msgspec.Struct, frozen=True):
    """A fact from an earlier message that this one relies on."""

    kenmerk: str
    bron: bytes
    betrokkene: bytes | None = None


class Persoon(msgspec.Struct, frozen=True):
    """Who a position is about, by a pseudonym within the zaak."""

    rol: str
    index: Count
    pseudoniem: bytes


class Aanhoudingslast(msgspec.Struct, frozen=True):
    """What the sender wants done with cellen of its own that are held."""

    bericht_id: bytes
    besluit: str
    rubrieken: list[str]


class Toekenning(msgspec.Struct, frozen=True):
    """The mask of cellen one column was granted."""

    kolom: Count
    masker: bytes


class Routering(WireRecord, frozen=True, kw_only=True):
    """Read by the broker, committed with a salt, never delivered."""

    SCHEMA: ClassVar[str] = "routering"
    nieuw: bool
    zaak: bytes
    incident: bytes | None = None
    antwoord_op: bytes | None = None
    vervangt: bytes | None = None
    geadresseerden: list[str] = msgspec.field(default_factory=list)
    gemeente: str | None = None
    vt_regio: str | None = None
    arrondissement: str | None = None
    afstemmingsmoment: str
    thema: list[str] = msgspec.field(default_factory=list)
    kenmerken: list[DeclaredKenmerk] = msgspec.field(default_factory=list)
    stelt_vast: list[Vaststelling] = msgspec.field(default_factory=list)
    feiten: list[Feit] = msgspec.field(default_factory=list)
    personen: list[Persoon] = msgspec.field(default_factory=list)
    aanhouding: Aanhoudingslast | None = None
    leeg: bytes
    toekenning: list[Toekenning]


class Inzending(WireRecord, frozen=True, kw_only=True):
    """A message as its sender submits it; every part still bytes."""

    SCHEMA: ClassVar[str] = "inzending"
    manifest: bytes
    ondertekening: bytes
    routering: bytes
    routering_zout: bytes
    kolommen: bytes
    cellen: bytes


class Leveringsbericht(WireRecord, frozen=True, kw_only=True):
    """What one organisation gets of a message; made by the projection alone."""

    SCHEMA: ClassVar[str] = "levering"
    manifest: bytes
    ondertekening: bytes
    zaak: bytes
    kolom: bytes
    posities: bytes
    cellen: bytes
    regels: list[str]
    ontvangen_op: Moment
    register: bytes


class Geattesteerd(WireRecord, frozen=True, kw_only=True):
    """Anything the broker sends, with its attestation."""

    SCHEMA: ClassVar[str] = "geattesteerd"
    soort: str
    inhoud: bytes
    attestatie: bytes
