"""Decide a nasleutel as a message of now, and deliver the old cellen by it (SPEC 18).

Rules and facts of now decide, narrowed by the table the nasleutel was sealed under; the
table of the old message does not: its sender signed for the new columns today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from corvus_broker.aanvaarding import check_clock, find_sealed, tables_at
from corvus_broker.adressering import (
    ANTWOORD,
    KETEN,
    Geadresseerde,
    check_area,
    check_key,
)
from corvus_broker.afhandeling import Werk, put_levering, remember, with_kenners
from corvus_broker.beoordeling import Oordeel, ask, decide_vraag
from corvus_broker.beslisvraag import make_beoordeling
from corvus_broker.bewijzen import make_bewijs
from corvus_broker.effecten import receipt_to
from corvus_broker.nalevering import Nabezorging, make_nalevering
from corvus_broker.nasleutel import BewezenOrigineel, prove_origineel, verify_nasleutel
from corvus_broker.opnieuw import still_addressed, weigh_again
from corvus_broker.opvolging import names_at
from corvus_broker.vrijgave import AANVULLING
from corvus_schemas.errors import (
    AddressError,
    EnvelopeError,
    IdentityError,
    InboundError,
    ReplayError,
)
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.staat import Berichtstaat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.aanvaarding import Plaats
    from corvus_broker.beslisvraag import Beslisvraag
    from corvus_broker.effecten import Effecten
    from corvus_broker.kenmerken import Samenhang
    from corvus_broker.nasleutel import OntledeNasleutel
    from corvus_broker.omgeving import Omgeving
    from corvus_schemas.wire.staat import Zaakstaat

NAGESLEUTELD = "NAGESLEUTELD"
_NASLEUTEL = "nasleutel"


@dataclass(frozen=True, slots=True)
class _Besloten:
    """What was decided: of the new columns, then of those the message had before."""

    origineel: BewezenOrigineel
    zaak: Zaakstaat
    vraag: Beslisvraag
    oordelen: Sequence[Oordeel]
    vroegere: Sequence[Oordeel]


def process_nasleutel(
    ontleed: OntledeNasleutel, plaats: Plaats, omgeving: Omgeving, effecten: Effecten
) -> None:
    """Verify, decide and settle; one that was seen before gets its receipt again.

    Raises:
        InboundError: nothing proves who sent it.
        RegisterError: no table is in force.
    """
    verify_nasleutel(ontleed, plaats.register, plaats.record.timestamp_ms)
    werk = Werk(plaats, omgeving, effecten)
    try:
        original = _find_duplicate(ontleed, plaats)
        if original is not None:
            effecten.uitkomst = "HERHAALD"
            _tell(ontleed, original, werk)
            return
        besloten = _decide(ontleed, plaats, omgeving)
    except InboundError as error:
        _refuse(ontleed, error, werk)
        return
    _settle(ontleed, besloten, werk)


def _find_duplicate(ontleed: OntledeNasleutel, plaats: Plaats) -> bytes | None:
    seen = plaats.staat.bericht(ontleed.verstrekker, ontleed.kop.nasleutel_id)
    if seen is None:
        return None
    if seen.manifest != ontleed.manifest.digest:
        raise ReplayError(
            "bericht.id_hergebruikt",
            "this id was used for another message or nasleutel",
            advice="Give every nasleutel its own id; keep it when you send it again.",
        )
    return seen.bewijs


def _decide(ontleed: OntledeNasleutel, plaats: Plaats, omgeving: Omgeving) -> _Besloten:
    op_ms, register = plaats.record.timestamp_ms, plaats.register
    check_clock(ontleed.kop.ondertekend_op, op_ms, omgeving.grenzen)
    sealed = find_sealed(
        ontleed.manifest.suite, ontleed.kop.register, op_ms, register, omgeving
    )
    origineel = prove_origineel(ontleed, omgeving.registers)
    zaak = plaats.staat.zaak(plaats.zaak_id)
    if zaak is None:
        raise EnvelopeError("zaak.onbekend", "this zaak is not known any more")
    oud = ontleed.origineel
    _check_signer(ontleed, plaats)
    samenhang, kenmerken = weigh_again(
        oud, ontleed.verstrekker, zaak, plaats, omgeving.catalogus
    )
    _check_taking_part(ontleed, samenhang, zaak)
    nieuw = replace(
        oud,
        kolommen=[one.kolom for one in ontleed.kolommen],
        toekenning={one.kolom.index: one.toegekend for one in ontleed.kolommen},
    )
    addressed = _resolve(ontleed, origineel, plaats, samenhang)
    again = {one.organisatie.oin for one in addressed}
    # A doel is that of the whole message: a rule for any of its recipients can have it.
    vroegere = [
        one
        for one in still_addressed(oud, samenhang, register)
        if one.organisatie.oin not in again
    ]
    vraag = ask(nieuw, addressed, kenmerken, samenhang)
    vraag.ontvangers.extend(
        msgspec.structs.replace(one, toegekend=0)
        for one in ask(oud, vroegere, kenmerken, samenhang).ontvangers
    )
    tabellen = tables_at(register, sealed, omgeving.grenzen.statussen, op_ms)
    oordelen = [
        Oordeel(*one)
        for one in zip(
            (*addressed, *vroegere), decide_vraag(vraag, tabellen), strict=True
        )
    ]
    count = len(addressed)
    return _Besloten(origineel, zaak, vraag, oordelen[:count], oordelen[count:])


def _check_signer(ontleed: OntledeNasleutel, plaats: Plaats) -> None:
    """Only the sender of a message, or its successor, gives new columns to it."""
    op_ms, signer = plaats.record.timestamp_ms, ontleed.verstrekker
    if ontleed.origineel.verstrekker not in names_at(plaats.register, signer, op_ms):
        raise IdentityError(
            "nasleutel.vreemd",
            "a nasleutel is signed by the sender of the message or its successor",
            advice="Ask the sender for a nasleutel.",
        )


def _check_taking_part(
    ontleed: OntledeNasleutel, samenhang: Samenhang, zaak: Zaakstaat
) -> None:
    """The signer is there still, may send this, and takes part in the zaak."""
    oud, namen = ontleed.origineel, samenhang.namen(ontleed.verstrekker)
    samenhang.adresboek.organisatie(ontleed.verstrekker, samenhang.op)
    if samenhang.verstrekker_type not in oud.berichttype.verstrekkers:
        raise IdentityError(
            "verstrekker.niet_bevoegd",
            f"a {samenhang.verstrekker_type} does not send a {oud.berichttype.code}",
        )
    if namen.isdisjoint(zaak.deelnemers):
        raise IdentityError(
            "zaak.geen_deelnemer", "the sender takes no part in this zaak"
        )


def _resolve(
    ontleed: OntledeNasleutel,
    origineel: BewezenOrigineel,
    plaats: Plaats,
    samenhang: Samenhang,
) -> list[Geadresseerde]:
    """Resolve the new columns; who got the message before may have it again."""
    oud, register = ontleed.origineel, plaats.register
    before = {one.ontvanger for one in origineel.bewijs.verstrekkingen}
    found = []
    for one in ontleed.kolommen:
        kolom = one.kolom
        organisatie = register.adresboek.organisatie(kolom.oin, samenhang.op)
        if kolom.oin in samenhang.namen(ontleed.verstrekker):
            raise AddressError("ontvanger.zelf", "a new column names the sender itself")
        if samenhang.namen(kolom.oin).isdisjoint(before):
            adressering = oud.berichttype.adressering
            if adressering == ANTWOORD:
                raise AddressError(
                    "ontvanger.niet_geadresseerd",
                    "a new column of an answer names who did not ask",
                    advice="Send the organisation a message of its own.",
                )
            if adressering == KETEN:
                check_area(oud, register, organisatie, samenhang.op)
        check_key(register, kolom, ontleed.manifest.suite, samenhang.op)
        found.append(Geadresseerde(kolom, organisatie))
    return found


def _settle(ontleed: OntledeNasleutel, besloten: _Besloten, werk: Werk) -> None:
    plaats, effecten, omgeving = werk.plaats, werk.effecten, werk.omgeving
    oud, tijd, register = (
        ontleed.origineel,
        plaats.record.timestamp_ms,
        plaats.register.digest,
    )
    beoordeling = msgspec.structs.replace(
        make_beoordeling(
            oud, besloten.vraag, plaats.record, register, omgeving.grenzen.statussen
        ),
        register_verzegeld=ontleed.kop.register,
    )
    effecten.beoordelingen.append(beoordeling.encode())
    verstrekkingen = []
    for nieuw, oordeel in zip(ontleed.kolommen, besloten.oordelen, strict=True):
        bezorging = Nabezorging(werk.alias(nieuw.kolom.oin), tijd, register)
        levering = make_nalevering(
            ontleed, besloten.origineel, nieuw, oordeel, bezorging
        )
        verstrekkingen.append(put_levering(oordeel, levering, beoordeling, effecten))
    for oordeel in besloten.vroegere:
        put_levering(oordeel, None, beoordeling, effecten)
    bewijs = make_bewijs(
        oud,
        Status.GEACCEPTEERD,
        uitsteller=omgeving.broker_oin,
        tijd=tijd,
        register=register,
        zaak=werk.alias(ontleed.verstrekker),
        waarschuwingen=[AANVULLING, ontleed.waarschuwing],
        verstrekkingen=verstrekkingen,
    )
    effecten.uitkomst = NAGESLEUTELD
    _tell(ontleed, bewijs, werk)
    # A message that was forgotten comes back with the receipt it had.
    remember(oud, plaats, besloten.origineel.bewijs.encode(), effecten)
    plaats.staat.put_bericht(
        Berichtstaat(
            bericht_id=ontleed.kop.nasleutel_id,
            verstrekker=ontleed.verstrekker,
            zaak=plaats.zaak_id,
            berichttype=_NASLEUTEL,
            manifest=ontleed.manifest.digest,
            tijd=tijd,
            bewijs=bewijs,
            ontvangers=[],
        )
    )
    _put_zaak(ontleed, besloten.zaak, werk)


def _put_zaak(ontleed: OntledeNasleutel, zaak: Zaakstaat, werk: Werk) -> None:
    """Note who takes part now, and who knows of what the message established."""
    received = {levering.ontvanger for levering in werk.effecten.leveringen}
    source = (ontleed.origineel.kop.bericht_id, ontleed.origineel.verstrekker)
    werk.plaats.staat.put_zaak(
        msgspec.structs.replace(
            zaak,
            deelnemers=sorted({*zaak.deelnemers, ontleed.verstrekker, *received}),
            laatst=werk.plaats.record.timestamp_ms,
            feiten=[
                with_kenners(one, received) if (one.bron, one.zetter) == source else one
                for one in zaak.feiten
            ],
        )
    )


def _tell(ontleed: OntledeNasleutel, bewijs: bytes, werk: Werk) -> None:
    """Send a receipt to who signed."""
    alias = werk.alias(ontleed.verstrekker)
    werk.effecten.berichten.append(receipt_to(ontleed.verstrekker, alias, bewijs))


def _refuse(ontleed: OntledeNasleutel, error: InboundError, werk: Werk) -> None:
    """Tell a proven sender why; a rejected attempt does not use up its id."""
    bewijs = make_bewijs(
        ontleed.origineel,
        Status.AFGEWEZEN,
        uitsteller=werk.omgeving.broker_oin,
        tijd=werk.plaats.record.timestamp_ms,
        register=werk.plaats.register.digest,
        code=error.code,
        waarschuwingen=[ontleed.waarschuwing],
    )
    effecten = werk.effecten
    effecten.uitkomst, effecten.code = Status.AFGEWEZEN.value, error.code
    effecten.berichten.append(receipt_to(ontleed.verstrekker, b"", bewijs))
