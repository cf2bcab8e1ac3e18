"""The router's own orders about holds: deliver what was released, forget the rest.

A released message comes back on ``corvus.inzending``, whole and signed by the broker,
so that it is decided anew in the order of its zaak: by the rules in force now, and by
what the zaak knows now (SPEC 17).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.aanhouding import replaced, without
from corvus_broker.aanvaarding import Plaats, tables_at
from corvus_broker.afhandeling import Werk, deliver, remember, with_kenners
from corvus_broker.beoordeling import Oordeel, ask, decide_vraag
from corvus_broker.beslisvraag import make_beoordeling
from corvus_broker.bewijzen import make_bewijs
from corvus_broker.effecten import SOORT_UITVOERING, Uitvoeringslast, receipt_to
from corvus_broker.inzending import parse_inzending, verify_inzending
from corvus_broker.opnieuw import still_addressed, weigh_again
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.masker import encode_mask, mask_of, parse_mask
from corvus_crypto.zaak import partition_of
from corvus_schemas.errors import EnvelopeError
from corvus_schemas.identifiers import Oin, ZaakId
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status
from corvus_schemas.wire.staat import Aangehouden, AangehoudenVoor, Uitvoering

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_broker.adressering import Geadresseerde
    from corvus_broker.beoordeling import Tabellen
    from corvus_broker.beslisvraag import Beslisvraag
    from corvus_broker.effecten import Effecten
    from corvus_broker.inzending import GeverifieerdeInzending, OntledeInzending
    from corvus_broker.omgeving import Omgeving
    from corvus_broker.ports import Record
    from corvus_broker.register import Registerversie
    from corvus_broker.staat import Partitiestaat
    from corvus_schemas.wire.staat import Aanhouding, Zaakstaat

AANVULLING: Final = "aanvulling"
"""Warning in a receipt: about a supplement to what was delivered before."""
LOST: Final = "aanhouding.kwijt"
DESTROYED: Final = "aanhouding.vernietigd"
REPEATED: Final = "HERHAALD"
RELEASED: Final = "VRIJGEGEVEN"


def process_uitvoering(
    record: Record,
    register: Registerversie,
    staat: Partitiestaat,
    omgeving: Omgeving,
    effecten: Effecten,
) -> None:
    """Carry out one order; one that was carried out before changes nothing.

    Raises:
        EnvelopeError: ``uitvoering.ongeldig``.
        IntegrityError: ``zaakstaat.beschadigd``.
    """
    order = parse_uitvoering(record, register, omgeving.partities)
    zaak = staat.zaak(order.zaak)
    held = next(
        (
            one
            for one in (() if zaak is None else zaak.aanhoudingen)
            if one.nummer == order.nummer
        ),
        None,
    )
    if zaak is None or held is None:
        effecten.uitkomst = REPEATED
        effecten.vernietigd.append(order.nummer)
        return
    plaats = Plaats(record, ZaakId(order.zaak), register, staat)
    vrijgave = _Aangehouden(zaak, held, Werk(plaats, omgeving, effecten))
    if order.soort == Uitvoeringslast.VERNIETIGING:
        if record.timestamp_ms < held.tijd + omgeving.grenzen.aanhouden_ms:
            raise EnvelopeError("uitvoering.ongeldig", "the hold is not at its end yet")
        vrijgave.end(DESTROYED)
    elif held.vrijgeven is None:
        effecten.uitkomst = REPEATED
    elif order.inhoud is None:
        vrijgave.end(LOST)
    else:
        vrijgave.release(Aangehouden.decode(order.inhoud))


def parse_uitvoering(
    record: Record, register: Registerversie, partities: int
) -> Uitvoering:
    """Parse an order, which a broker key must have signed.

    However old: what an order is about is done once, the zaak remembers. Elsewhere than
    in the partition of its zaak nobody remembers, so there it is no order.

    Raises:
        EnvelopeError: ``uitvoering.ongeldig``, ``partitie.onjuist``.
    """
    order = Uitvoering.decode(record.value or b"")
    unsigned = msgspec.structs.replace(order, attestatie=b"").encode()
    attestatie = parse_attestatie(order.attestatie)
    key = register.broker_key(attestatie.sleutel_id)
    if key is None or not key[1] <= attestatie.tijd_ms < key[2]:
        raise EnvelopeError(
            "uitvoering.ongeldig", "the order was not signed by a broker key"
        )
    attestatie.verify(key[0], SOORT_UITVOERING, unsigned)
    if partition_of(ZaakId(order.zaak), partities) != record.partition:
        raise EnvelopeError("partitie.onjuist", "an order stands in a wrong partition")
    return order


@dataclass(frozen=True, slots=True)
class _Aangehouden:
    """A hold of a zaak, about to be delivered or to end."""

    zaak: Zaakstaat
    held: Aanhouding
    werk: Werk

    def end(self, code: str) -> None:
        """Forget a hold for good, and tell its sender."""
        held, plaats, effecten = self.held, self.werk.plaats, self.werk.effecten
        effecten.uitkomst = Status.VERLOPEN.value
        effecten.code = code
        effecten.vernietigd.append(held.nummer)
        plaats.staat.put_zaak(without(self.zaak, held))
        sender = Oin(held.verstrekker)
        alias = self.werk.alias(sender)
        bewijs = Ontvangstbewijs(
            status=Status.VERLOPEN.value,
            bericht_id=held.bericht_id,
            verstrekker=sender,
            uitsteller=self.werk.omgeving.broker_oin,
            manifest=held.manifest,
            tijd=plaats.record.timestamp_ms,
            register=plaats.register.digest,
            zaak=alias,
            code=code,
        ).encode()
        effecten.berichten.append(receipt_to(sender, alias, bewijs))

    def release(self, kept: Aangehouden) -> None:
        """Deliver the released cellen as a supplement, to each recipient once."""
        plaats, omgeving = self.werk.plaats, self.werk.omgeving
        ontleed, sealed = _reopen(kept, omgeving)
        self.werk.effecten.berichttype = ontleed.berichttype.code
        # As it was when it was accepted: the certificate can have ended since.
        geverifieerd = verify_inzending(ontleed, sealed, kept.tijd)
        wanted, size = (
            _wanted(ontleed, self.held.vrijgeven or []),
            len(ontleed.posities),
        )
        released = {
            one.oin: parse_mask(one.posities, size) & wanted
            for one in self.held.ontvangers
        }
        statussen, now = omgeving.grenzen.statussen, plaats.record.timestamp_ms
        tabellen = tables_at(plaats.register, sealed, statussen, now, held=True)
        vraag, addressed = self._ask(ontleed, released, tabellen)
        oordelen = [
            Oordeel(*one)
            for one in zip(addressed, decide_vraag(vraag, tabellen), strict=True)
        ]
        self._settle(geverifieerd, oordelen, vraag, kept.tijd)
        self._put_zaak(released, size)

    def _ask(
        self, ontleed: OntledeInzending, released: Mapping[str, int], tabellen: Tabellen
    ) -> tuple[Beslisvraag, list[Geadresseerde]]:
        """Ask about a message again, by what the zaak knows now and nothing held."""
        plaats, catalogus = self.werk.plaats, self.werk.omgeving.catalogus
        samenhang, kenmerken = weigh_again(
            ontleed, ontleed.verstrekker, self.zaak, plaats, catalogus
        )
        held_for = tabellen.van_kracht.hold_kenmerken
        if tabellen.verzegeld is not None:
            held_for |= tabellen.verzegeld.hold_kenmerken
        free = dict.fromkeys(held_for, False)
        kenmerken = replace(kenmerken, algemeen={**kenmerken.algemeen, **free})
        addressed = still_addressed(ontleed, samenhang, plaats.register)
        vraag = ask(ontleed, addressed, kenmerken, samenhang)
        vraag = replace(
            vraag,
            gevuld=ontleed.aanwezig & _union(released.values()),
            ontvangers=[
                msgspec.structs.replace(
                    one, toegekend=one.toegekend & released.get(one.oin, 0)
                )
                for one in vraag.ontvangers
            ],
        )
        return vraag, addressed

    def _settle(
        self,
        geverifieerd: GeverifieerdeInzending,
        oordelen: Sequence[Oordeel],
        vraag: Beslisvraag,
        ontvangen_op: int,
    ) -> None:
        ontleed, werk = geverifieerd.ontleed, self.werk
        record, register = werk.plaats.record, werk.plaats.register.digest
        statussen = werk.omgeving.grenzen.statussen
        beoordeling = make_beoordeling(ontleed, vraag, record, register, statussen)
        werk.effecten.beoordelingen.append(beoordeling.encode())
        verstrekkingen = [
            deliver(geverifieerd, oordeel, beoordeling, werk, ontvangen_op)
            for oordeel in oordelen
        ]
        alias = werk.alias(ontleed.verstrekker)
        bewijs = make_bewijs(
            ontleed,
            Status.GEACCEPTEERD,
            uitsteller=werk.omgeving.broker_oin,
            tijd=record.timestamp_ms,
            register=register,
            zaak=alias,
            waarschuwingen=[AANVULLING],
            verstrekkingen=verstrekkingen,
        )
        werk.effecten.uitkomst = RELEASED
        werk.effecten.berichten.append(receipt_to(ontleed.verstrekker, alias, bewijs))
        remember(ontleed, werk.plaats, bewijs, werk.effecten)

    def _put_zaak(self, released: Mapping[str, int], size: int) -> None:
        """Note what is held still, and who knows of the message now."""
        held, zaak, effecten = self.held, self.zaak, self.werk.effecten
        received = {levering.ontvanger for levering in effecten.leveringen}
        rest = [
            AangehoudenVoor(one.oin, encode_mask(mask, size))
            for one in held.ontvangers
            if (mask := parse_mask(one.posities, size) & ~released[one.oin])
        ]
        if rest:
            changed = msgspec.structs.replace(held, ontvangers=rest, vrijgeven=None)
            zaak = replaced(zaak, changed)
        else:
            effecten.vernietigd.append(held.nummer)
            zaak = without(zaak, held)
        source = (held.bericht_id, held.verstrekker)
        self.werk.plaats.staat.put_zaak(
            msgspec.structs.replace(
                zaak,
                deelnemers=sorted({*zaak.deelnemers, *received}),
                laatst=self.werk.plaats.record.timestamp_ms,
                feiten=[
                    with_kenners(one, received)
                    if (one.bron, one.zetter) == source
                    else one
                    for one in zaak.feiten
                ],
            )
        )


def _reopen(
    kept: Aangehouden, omgeving: Omgeving
) -> tuple[OntledeInzending, Registerversie]:
    """Parse what was kept, with the register it was sealed under."""
    ontleed = parse_inzending(
        kept.inzending, omgeving.catalogus, omgeving.grenzen.max_bytes
    )
    sealed = omgeving.registers.by_digest(ontleed.kop.register)
    if sealed is None:
        raise EnvelopeError(
            "register.onbekend", "the register of a held message is not known any more"
        )
    present = parse_mask(kept.posities, len(ontleed.posities))
    return replace(ontleed, aanwezig=present), sealed


def _wanted(ontleed: OntledeInzending, rubrieken: Sequence[str]) -> int:
    """Give the positions of these rubrieken; of all where none is named."""
    return mask_of(
        positie.index
        for positie in ontleed.posities
        if not rubrieken or positie.rubriek.naam in rubrieken
    )


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
