"""Steps 5 to 10 for a verified inzending: decide, then settle (SPEC 14.5 to 14.10).

``decide`` looks and judges, ``settle`` makes the effects and the new state; nothing is
written by the first and nothing is judged by the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from corvus_broker import bewijzen
from corvus_broker.adressering import resolve_geadresseerden
from corvus_broker.beoordeling import Tabellen, decide_inzending, missing_moet
from corvus_broker.effecten import Effecten, receipt_to
from corvus_broker.kenmerken import Samenhang, decide_kenmerken, established_facts
from corvus_broker.levering import Bezorging, make_levering
from corvus_schemas.errors import (
    EnvelopeError,
    IdentityError,
    RegisterError,
    ReplayError,
)
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.staat import Berichtstaat, Ontvanger, Zaakstaat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from corvus_broker.beoordeling import Oordeel
    from corvus_broker.inzending import GeverifieerdeInzending, OntledeInzending
    from corvus_broker.kenmerken import Kenmerkset
    from corvus_broker.omgeving import Grenzen, Omgeving
    from corvus_broker.ports import Record
    from corvus_broker.register import Registerversie
    from corvus_broker.staat import Partitiestaat
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_schemas.identifiers import ZaakId
    from corvus_schemas.wire.bewijs import Verstrekking
    from corvus_schemas.wire.staat import Zaakfeit

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True, slots=True)
class Plaats:
    """Where and when the message came in: its record, zaak and the register."""

    record: Record
    zaak_id: ZaakId
    register: Registerversie
    staat: Partitiestaat


@dataclass(frozen=True, slots=True)
class Beoordeeld:
    """Everything that was decided about one message."""

    geverifieerd: GeverifieerdeInzending
    plaats: Plaats
    zaak: Zaakstaat | None
    kenmerken: Kenmerkset
    feiten: Sequence[Zaakfeit]
    oordelen: Sequence[Oordeel]
    waarschuwingen: Sequence[str]


def find_duplicate(ontleed: OntledeInzending, staat: Partitiestaat) -> bytes | None:
    """Step 5: the original receipt of a message that was seen before.

    Raises:
        ReplayError: ``bericht.id_hergebruikt``; another message under the same id.
    """
    seen = staat.bericht(ontleed.verstrekker, ontleed.kop.bericht_id)
    if seen is None:
        return None
    if seen.manifest != ontleed.manifest.digest:
        raise ReplayError(
            "bericht.id_hergebruikt",
            "this bericht_id was used for another message",
            advice="Give every message its own id; keep it when you send it again.",
        )
    return seen.bewijs


def check_times(
    ontleed: OntledeInzending,
    op_ms: int,
    register: Registerversie,
    omgeving: Omgeving,
) -> Registerversie:
    """Step 6: clock window, expiry, suite and register version.

    Gives the register the message was sealed under.

    Raises:
        ReplayError: ``tijd.verleden``, ``tijd.toekomst``, ``bericht.verlopen``.
        EnvelopeError: ``suite.verlopen``, ``register.onbekend``,
            ``register.verouderd``.
    """
    kop, grenzen = ontleed.kop, omgeving.grenzen
    _check_clock(kop.ondertekend_op, op_ms, grenzen)
    if kop.geldig_tot <= op_ms:
        raise ReplayError(
            "bericht.verlopen", "the message came in after its own geldig_tot"
        )
    if not register.suite_allowed(ontleed.manifest.suite, op_ms):
        raise EnvelopeError(
            "suite.verlopen",
            f"suite {ontleed.manifest.suite} may not be used any more",
            advice="Seal under a suite that the register allows.",
        )
    sealed = omgeving.registers.by_digest(kop.register)
    if sealed is None:
        raise EnvelopeError(
            "register.onbekend",
            "the message was sealed under a register that is not known here",
            advice="Fetch the register and seal again.",
        )
    if sealed is not register and (
        op_ms - register.geldig_van_ms > grenzen.respijt_ms
        or sealed.volgnummer > register.volgnummer
    ):
        raise _outdated(
            f"the message was sealed under register {sealed.volgnummer}, in force is"
            f" {register.volgnummer}"
        )
    return sealed


def _outdated(what: str) -> EnvelopeError:
    advice = "Fetch the register and seal again."
    return EnvelopeError("register.verouderd", what, advice=advice)


def _check_clock(ondertekend_op: int, op_ms: int, grenzen: Grenzen) -> None:
    if ondertekend_op < op_ms - grenzen.verleden_ms:
        raise ReplayError(
            "tijd.verleden",
            "the message was signed too long ago",
            advice="Seal again with the current time; check the clock of the sender.",
        )
    if ondertekend_op > op_ms + grenzen.toekomst_ms:
        raise ReplayError(
            "tijd.toekomst",
            "the message was signed in the future",
            advice="Set the clock of the sender right and seal again.",
        )


def find_zaak(ontleed: OntledeInzending, plaats: Plaats) -> Zaakstaat | None:
    """Step 7, first half: the zaak, which only its participants may write to.

    Raises:
        EnvelopeError: ``zaak.onbekend``. An existing zaak of others looks alike.
        IdentityError: ``zaak.geen_deelnemer``.
    """
    zaak = plaats.staat.zaak(plaats.zaak_id)
    oin = ontleed.verstrekker
    if ontleed.routering.nieuw:
        # A zaak that only holds parked messages has no opener yet.
        if zaak is not None and zaak.opener not in {"", oin}:
            raise EnvelopeError("zaak.onbekend", "this zaak is not one to open")
        return zaak
    if zaak is None:
        raise EnvelopeError("zaak.onbekend", "this zaak is not known any more")
    if oin not in zaak.deelnemers:
        raise IdentityError(
            "zaak.geen_deelnemer", "the sender takes no part in this zaak"
        )
    return zaak


def _check_id_in_zaak(
    ontleed: OntledeInzending, zaak: Zaakstaat | None, plaats: Plaats
) -> None:
    """Refuse the id of another's message: antwoord_op would mean either of them."""
    oins = () if zaak is None else zaak.deelnemers
    known = [plaats.staat.bericht(oin, ontleed.kop.bericht_id) for oin in oins]
    if any(one is not None and one.zaak == plaats.zaak_id for one in known):
        raise ReplayError(
            "bericht.id_hergebruikt",
            "this bericht_id is that of another message in the zaak",
            advice="Give every message its own id; keep it when you send it again.",
        )


def decide(
    geverifieerd: GeverifieerdeInzending, plaats: Plaats, omgeving: Omgeving
) -> Beoordeeld:
    """Steps 6 to 9.

    Raises:
        InboundError: any of the codes of SPEC section 14.
    """
    ontleed, record, register = geverifieerd.ontleed, plaats.record, plaats.register
    sealed = check_times(ontleed, record.timestamp_ms, register, omgeving)
    op = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
    afzender = register.adresboek.organisatie(ontleed.verstrekker, op)
    if afzender.type not in ontleed.berichttype.verstrekkers:
        raise IdentityError(
            "verstrekker.niet_bevoegd",
            f"a {afzender.type} does not send a {ontleed.berichttype.code}",
        )
    zaak = find_zaak(ontleed, plaats)
    _check_id_in_zaak(ontleed, zaak, plaats)
    samenhang = Samenhang(
        catalogus=omgeving.catalogus,
        adresboek=register.adresboek,
        staat=plaats.staat,
        zaak=zaak,
        verstrekker=ontleed.verstrekker,
        verstrekker_type=afzender.type,
        op=op,
        meer_personen=_several_persons(ontleed),
    )
    kenmerken = decide_kenmerken(ontleed.routering, ontleed.berichttype, samenhang)
    feiten = established_facts(
        ontleed.routering, ontleed.berichttype, samenhang, ontleed.kop.bericht_id
    )
    geadresseerden = resolve_geadresseerden(ontleed, register, samenhang)
    day = op.astimezone(AMSTERDAM).date()
    statussen = omgeving.grenzen.statussen
    tabellen = Tabellen(
        register.compiled(statussen, day),
        _sealed_table(sealed, statussen, day)
        if sealed.tabel_digest != register.tabel_digest
        else None,
    )
    oordelen = decide_inzending(ontleed, geadresseerden, kenmerken, samenhang, tabellen)
    missing = missing_moet(ontleed, oordelen, kenmerken, samenhang, tabellen)
    return Beoordeeld(
        geverifieerd,
        plaats,
        zaak,
        kenmerken,
        feiten,
        oordelen,
        [f"moet.ontbreekt:{type_}" for type_ in missing],
    )


def _sealed_table(
    sealed: Registerversie, statussen: frozenset[str], day: date
) -> GecompileerdeTabel:
    """Give the older table; one that ended makes the sender seal again."""
    try:
        return sealed.compiled(statussen, day)
    except RegisterError:
        raise _outdated(
            f"the table of register {sealed.volgnummer} is not in force any more"
        ) from None


def _several_persons(ontleed: OntledeInzending) -> bool:
    rollen = zip(ontleed.berichttype.rollen, ontleed.kop.buckets, strict=True)
    return any(groep == "betrokkenen" and bucket > 1 for (groep, _), bucket in rollen)


def settle(beoordeeld: Beoordeeld, omgeving: Omgeving, effecten: Effecten) -> None:
    """Step 10: leveringen, evidence, receipt, and the new state."""
    ontleed = beoordeeld.geverifieerd.ontleed
    plaats = beoordeeld.plaats
    verstrekkingen = [
        _settle_one(beoordeeld, oordeel, omgeving, effecten)
        for oordeel in beoordeeld.oordelen
    ]
    alias = omgeving.aliassen.alias(
        plaats.zaak_id, ontleed.verstrekker, omgeving.partities
    )
    bewijs = bewijzen.make_bewijs(
        ontleed,
        Status.GEACCEPTEERD,
        uitsteller=omgeving.broker_oin,
        tijd=plaats.record.timestamp_ms,
        register=plaats.register.digest,
        zaak=alias,
        waarschuwingen=beoordeeld.waarschuwingen,
        verstrekkingen=verstrekkingen,
    )
    effecten.uitkomst = Status.GEACCEPTEERD.value
    effecten.waarschuwingen.extend(beoordeeld.waarschuwingen)
    effecten.berichten.append(receipt_to(ontleed.verstrekker, alias, bewijs))
    _remember(beoordeeld, bewijs, effecten)


def _settle_one(
    beoordeeld: Beoordeeld, oordeel: Oordeel, omgeving: Omgeving, effecten: Effecten
) -> Verstrekking:
    plaats, ontleed = beoordeeld.plaats, beoordeeld.geverifieerd.ontleed
    oin = oordeel.geadresseerde.organisatie.oin
    alias = omgeving.aliassen.alias(plaats.zaak_id, oin, omgeving.partities)
    levering = make_levering(
        beoordeeld.geverifieerd,
        oordeel,
        Bezorging(alias, plaats.record.timestamp_ms, plaats.register.digest),
    )
    if levering is not None:
        effecten.leveringen.append(levering)
    regel = bewijzen.make_beslisregel(
        ontleed, oordeel, levering, plaats.record, plaats.register.digest
    )
    effecten.beslisregels.append(regel)
    verstrekking = bewijzen.make_verstrekking(oordeel, levering)
    for geweigerd in verstrekking.geweigerd:
        count = int.from_bytes(geweigerd.posities, "little").bit_count()
        effecten.geweigerd[geweigerd.reden] = (
            effecten.geweigerd.get(geweigerd.reden, 0) + count
        )
    return verstrekking


def _remember(beoordeeld: Beoordeeld, bewijs: bytes, effecten: Effecten) -> None:
    ontleed, plaats = beoordeeld.geverifieerd.ontleed, beoordeeld.plaats
    tijd = plaats.record.timestamp_ms
    received = [
        Ontvanger(levering.ontvanger, levering.digest)
        for levering in effecten.leveringen
    ]
    plaats.staat.put_bericht(
        Berichtstaat(
            bericht_id=ontleed.kop.bericht_id,
            verstrekker=ontleed.verstrekker,
            zaak=plaats.zaak_id,
            berichttype=ontleed.berichttype.code,
            manifest=ontleed.manifest.digest,
            tijd=tijd,
            bewijs=bewijs,
            ontvangers=received,
        )
    )
    zaak = beoordeeld.zaak or Zaakstaat(
        zaak=plaats.zaak_id,
        opener=ontleed.verstrekker,
        deelnemers=[],
        geopend=tijd,
        laatst=tijd,
    )
    members = {*zaak.deelnemers, ontleed.verstrekker, *(one.oin for one in received)}
    plaats.staat.put_zaak(
        msgspec.structs.replace(
            zaak,
            opener=zaak.opener or ontleed.verstrekker,
            deelnemers=sorted(members),
            laatst=tijd,
            geheim_adres=beoordeeld.kenmerken.geheim_adres,
            feiten=[*zaak.feiten, *beoordeeld.feiten],
        )
    )
