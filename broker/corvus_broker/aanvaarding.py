"""Steps 5 to 9 for a verified inzending: look and judge (SPEC 14.5 to 14.9).

``decide`` writes nothing; ``afhandeling.settle`` makes the effects and the new state,
and judges nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from corvus_broker.aanhouding import check_last, check_room
from corvus_broker.adressering import resolve_geadresseerden
from corvus_broker.beoordeling import (
    Oordeel,
    Tabellen,
    ask,
    decide_vraag,
    missing_moet,
)
from corvus_broker.invarianten import (
    check_invarianten,
    check_kop,
    make_kopbeeld,
    refuse_undelivered,
)
from corvus_broker.kalender import day_at, moment_at
from corvus_broker.kenmerken import Samenhang, decide_kenmerken, established_facts
from corvus_broker.opvolging import names_at
from corvus_broker.personen import check_personen, filled_places
from corvus_broker.verwerking import ask_broker, check_verwerking
from corvus_schemas.errors import (
    EnvelopeError,
    IdentityError,
    RegisterError,
    ReplayError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from corvus_broker.beoordeling import Uitspraak
    from corvus_broker.beslisvraag import Beslisvraag
    from corvus_broker.inzending import GeverifieerdeInzending, OntledeInzending
    from corvus_broker.kenmerken import Kenmerkset
    from corvus_broker.omgeving import Grenzen, Omgeving
    from corvus_broker.personen import Plek
    from corvus_broker.ports import Record
    from corvus_broker.register import Registerversie
    from corvus_broker.staat import Partitiestaat
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_schemas.identifiers import ZaakId
    from corvus_schemas.wire.staat import Zaakfeit, Zaakstaat


class Plaats(msgspec.Struct, frozen=True):
    """Where and when the message came in: its record, zaak and the register."""

    record: Record
    zaak_id: ZaakId
    register: Registerversie
    staat: Partitiestaat


class Beoordeeld(msgspec.Struct, frozen=True):
    """Everything that was decided about one message."""

    geverifieerd: GeverifieerdeInzending
    plaats: Plaats
    zaak: Zaakstaat | None
    namen: frozenset[str]
    """The OINs that the sender counts as."""
    kenmerken: Kenmerkset
    feiten: Sequence[Zaakfeit]
    vraag: Beslisvraag
    oordelen: Sequence[Oordeel]
    verwerking: Uitspraak | None
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
    kop = ontleed.kop
    check_clock(kop.ondertekend_op, op_ms, omgeving.grenzen)
    if kop.geldig_tot <= op_ms:
        raise ReplayError(
            "bericht.verlopen", "the message came in after its own geldig_tot"
        )
    return find_sealed(ontleed.manifest.suite, kop.register, op_ms, register, omgeving)


def find_sealed(
    suite: int, digest: bytes, op_ms: int, register: Registerversie, omgeving: Omgeving
) -> Registerversie:
    """Give the register something was sealed under, if it and the suite still pass.

    Raises:
        EnvelopeError: ``suite.verlopen``, ``register.onbekend``,
            ``register.verouderd``.
    """
    grenzen = omgeving.grenzen
    if not register.suite_allowed(suite, op_ms):
        raise EnvelopeError(
            "suite.verlopen",
            f"suite {suite} may not be used any more",
            advice="Seal under a suite that the register allows.",
        )
    sealed = omgeving.registers.by_digest(digest)
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


def check_clock(ondertekend_op: int, op_ms: int, grenzen: Grenzen) -> None:
    """Check that something was signed about now.

    Raises:
        ReplayError: ``tijd.verleden``, ``tijd.toekomst``.
    """
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
    names = names_at(plaats.register, oin, plaats.record.timestamp_ms)
    if names.isdisjoint(zaak.deelnemers):
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
    op = moment_at(record.timestamp_ms)
    afzender = register.adresboek.organisatie(ontleed.verstrekker, op)
    if afzender.type not in ontleed.berichttype.verstrekkers:
        raise IdentityError(
            "verstrekker.niet_bevoegd",
            f"a {afzender.type} does not send a {ontleed.berichttype.code}",
        )
    check_kop(ontleed.kop, omgeving.catalogus)
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
        vast=register.kenmerken,
        plekken=places_of(ontleed),
    )
    check_personen(ontleed.routering.personen, ontleed.berichttype, ontleed.kop.buckets)
    feiten = established_facts(
        ontleed.routering, ontleed.berichttype, samenhang, ontleed.kop.bericht_id
    )
    kenmerken = decide_kenmerken(
        ontleed.routering, ontleed.berichttype, samenhang, feiten
    )
    geadresseerden = resolve_geadresseerden(ontleed, register, samenhang)
    tabellen = tables_at(
        register, sealed, omgeving.grenzen.statussen, record.timestamp_ms
    )
    vraag = ask(ontleed, geadresseerden, kenmerken, samenhang)
    vraag.ontvangers.extend(ask_broker(ontleed, omgeving.broker_oin))
    uitspraken = decide_vraag(vraag, tabellen)
    oordelen = [Oordeel(*one) for one in zip(geadresseerden, uitspraken, strict=False)]
    # The broker comes last, and only where it is addressed.
    verwerking = next(iter(uitspraken[len(geadresseerden) :]), None)
    if verwerking is not None:
        check_verwerking(ontleed, verwerking)
    namen = samenhang.namen(ontleed.verstrekker)
    check_last(ontleed, zaak, plaats.staat, namen)
    check_room(zaak, oordelen)
    missing = missing_moet(ontleed, oordelen, kenmerken, samenhang, tabellen)
    beeld = make_kopbeeld(ontleed, oordelen, kenmerken, samenhang)
    refuse_undelivered(beeld)
    return Beoordeeld(
        geverifieerd,
        plaats,
        zaak,
        namen,
        kenmerken,
        feiten,
        vraag,
        oordelen,
        verwerking,
        [f"moet.ontbreekt:{type_}" for type_ in missing] + check_invarianten(beeld),
    )


def places_of(ontleed: OntledeInzending) -> frozenset[Plek]:
    """Give where a message has persons; nothing is asked of one that names none."""
    if not ontleed.routering.personen:
        return frozenset()
    return filled_places(ontleed.posities, ontleed.gevuld)


def tables_at(
    register: Registerversie,
    sealed: Registerversie,
    statussen: frozenset[str],
    op_ms: int,
    *,
    held: bool = False,
) -> Tabellen:
    """Give the tables that decide at a moment: in force, and sealed under.

    What was ``held`` can outlive the table it was sealed under; the one in force at
    its release decides then.

    Raises:
        RegisterError: ``tabel.niet_in_werking``.
        EnvelopeError: ``register.verouderd``; the older table has ended.
    """
    day = day_at(op_ms)
    return Tabellen(
        register.compiled(statussen, day),
        _sealed_table(sealed, statussen, day, held=held)
        if sealed.tabel_digest != register.tabel_digest
        else None,
    )


def _sealed_table(
    sealed: Registerversie, statussen: frozenset[str], day: date, *, held: bool
) -> GecompileerdeTabel | None:
    """Give the older table; one that ended makes the sender seal again."""
    try:
        return sealed.compiled(statussen, day)
    except RegisterError:
        if held:
            return None
        raise _outdated(
            f"the table of register {sealed.volgnummer} is not in force any more"
        ) from None
