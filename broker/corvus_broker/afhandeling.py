"""Step 10: what was decided becomes leveringen, evidence, receipts and new state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from corvus_broker import bewijzen
from corvus_broker.aanhouding import carry_out, hold, tell_held
from corvus_broker.beslisvraag import make_beoordeling
from corvus_broker.effecten import receipt_to
from corvus_broker.levering import Bezorging, make_levering
from corvus_broker.verwerking import make_verwerkt
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.staat import Berichtstaat, Ontvanger, Zaakstaat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corvus_broker.aanvaarding import Beoordeeld, Plaats
    from corvus_broker.beoordeling import Oordeel
    from corvus_broker.effecten import Effecten
    from corvus_broker.inzending import GeverifieerdeInzending, OntledeInzending
    from corvus_broker.levering import Levering
    from corvus_broker.omgeving import Omgeving
    from corvus_schemas.identifiers import Oin
    from corvus_schemas.wire.bewijs import Verstrekking
    from corvus_schemas.wire.staat import Beoordeling, Zaakfeit


@dataclass(frozen=True, slots=True)
class Werk:
    """Where something is settled, in what surroundings, and what follows from it."""

    plaats: Plaats
    omgeving: Omgeving
    effecten: Effecten

    def alias(self, oin: Oin) -> bytes:
        """Name the zaak as an organisation knows it."""
        partities = self.omgeving.partities
        return self.omgeving.aliassen.alias(self.plaats.zaak_id, oin, partities)


def settle(beoordeeld: Beoordeeld, omgeving: Omgeving, effecten: Effecten) -> None:
    """Make the effects of a decision, and remember it."""
    ontleed, plaats = beoordeeld.geverifieerd.ontleed, beoordeeld.plaats
    beoordeling = make_beoordeling(
        ontleed,
        beoordeeld.vraag,
        plaats.record,
        plaats.register.digest,
        omgeving.grenzen.statussen,
    )
    effecten.beoordelingen.append(beoordeling.encode())
    tijd = plaats.record.timestamp_ms
    werk = Werk(plaats, omgeving, effecten)
    verstrekkingen = [
        deliver(beoordeeld.geverifieerd, oordeel, beoordeling, werk, tijd)
        for oordeel in beoordeeld.oordelen
    ]
    if beoordeeld.verwerking is not None:
        oin = omgeving.broker_oin
        regel = bewijzen.make_beslisregel(beoordeling, oin, beoordeeld.verwerking, None)
        effecten.beslisregels.append(regel)
        verstrekkingen.append(make_verwerkt(beoordeeld.verwerking, oin))
    zaak = _zaak(beoordeeld)
    held = hold(beoordeeld.geverifieerd, beoordeeld.oordelen, plaats)
    zaak, waarschuwingen = carry_out(
        ontleed.routering.aanhouding,
        beoordeeld.namen,
        zaak,
        werk,
    )
    alias = werk.alias(ontleed.verstrekker)
    waarschuwingen = [*beoordeeld.waarschuwingen, *waarschuwingen]
    bewijs = bewijzen.make_bewijs(
        ontleed,
        Status.GEACCEPTEERD,
        uitsteller=omgeving.broker_oin,
        tijd=tijd,
        register=plaats.register.digest,
        zaak=alias,
        waarschuwingen=waarschuwingen,
        verstrekkingen=verstrekkingen,
    )
    effecten.uitkomst = Status.GEACCEPTEERD.value
    effecten.waarschuwingen.extend(waarschuwingen)
    effecten.berichten.append(receipt_to(ontleed.verstrekker, alias, bewijs))
    if held is not None:
        zaak = msgspec.structs.replace(
            zaak, aanhoudingen=[*zaak.aanhoudingen, held.aanhouding]
        )
        effecten.te_bewaren.append(held)
        told = tell_held(ontleed, held.aanhouding, plaats, alias, omgeving)
        effecten.berichten.append(receipt_to(ontleed.verstrekker, alias, told))
    remember(ontleed, plaats, bewijs, effecten)
    _put_zaak(beoordeeld, zaak, effecten)


def deliver(
    geverifieerd: GeverifieerdeInzending,
    oordeel: Oordeel,
    beoordeling: Beoordeling,
    werk: Werk,
    ontvangen_op: int,
) -> Verstrekking:
    """Make the levering for one recipient, its evidence, and what the sender hears.

    ``ontvangen_op`` is when the message came in, in ms; for a supplement long ago.
    """
    oin = oordeel.geadresseerde.organisatie.oin
    bezorging = Bezorging(werk.alias(oin), ontvangen_op, werk.plaats.register.digest)
    levering = make_levering(geverifieerd, oordeel, bezorging)
    return put_levering(oordeel, levering, beoordeling, werk.effecten)


def put_levering(
    oordeel: Oordeel,
    levering: Levering | None,
    beoordeling: Beoordeling,
    effecten: Effecten,
) -> Verstrekking:
    """Let a levering go with its evidence; gives what the sender hears of it."""
    oin = oordeel.geadresseerde.organisatie.oin
    if levering is not None:
        effecten.leveringen.append(levering)
    digest = None if levering is None else levering.digest
    regel = bewijzen.make_beslisregel(beoordeling, oin, oordeel, digest)
    effecten.beslisregels.append(regel)
    verstrekking = bewijzen.make_verstrekking(oordeel, levering)
    for geweigerd in verstrekking.geweigerd:
        count = int.from_bytes(geweigerd.posities, "little").bit_count()
        effecten.geweigerd[geweigerd.reden] = (
            effecten.geweigerd.get(geweigerd.reden, 0) + count
        )
    return verstrekking


def remember(
    ontleed: OntledeInzending, plaats: Plaats, bewijs: bytes, effecten: Effecten
) -> None:
    """Remember a message with whoever received something of it, now or before."""
    received = [
        Ontvanger(levering.ontvanger, levering.digest)
        for levering in effecten.leveringen
    ]
    kop = ontleed.kop
    known = plaats.staat.bericht(ontleed.verstrekker, kop.bericht_id)
    if known is not None:
        received = [*known.ontvangers, *received]
        known = msgspec.structs.replace(known, ontvangers=received)
    else:
        known = Berichtstaat(
            bericht_id=kop.bericht_id,
            verstrekker=ontleed.verstrekker,
            zaak=plaats.zaak_id,
            berichttype=ontleed.berichttype.code,
            manifest=ontleed.manifest.digest,
            tijd=plaats.record.timestamp_ms,
            bewijs=bewijs,
            ontvangers=received,
            personen=ontleed.routering.personen,
        )
    plaats.staat.put_bericht(known)


def _zaak(beoordeeld: Beoordeeld) -> Zaakstaat:
    if beoordeeld.zaak is not None:
        return beoordeeld.zaak
    tijd = beoordeeld.plaats.record.timestamp_ms
    return Zaakstaat(
        zaak=beoordeeld.plaats.zaak_id,
        opener=beoordeeld.geverifieerd.ontleed.verstrekker,
        deelnemers=[],
        geopend=tijd,
        laatst=tijd,
    )


def _put_zaak(beoordeeld: Beoordeeld, zaak: Zaakstaat, effecten: Effecten) -> None:
    verstrekker = beoordeeld.geverifieerd.ontleed.verstrekker
    kenners = {verstrekker, *(one.ontvanger for one in effecten.leveringen)}
    beoordeeld.plaats.staat.put_zaak(
        msgspec.structs.replace(
            zaak,
            opener=zaak.opener or verstrekker,
            deelnemers=sorted(kenners.union(zaak.deelnemers)),
            laatst=beoordeeld.plaats.record.timestamp_ms,
            geheim_adres=beoordeeld.kenmerken.geheim_adres,
            feiten=[
                *zaak.feiten,
                *[with_kenners(feit, kenners) for feit in beoordeeld.feiten],
            ],
        )
    )


def with_kenners(feit: Zaakfeit, oins: Iterable[str]) -> Zaakfeit:
    """Note who else knows of a fact: whoever wrote or received its message."""
    return msgspec.structs.replace(feit, kenners=sorted({*feit.kenners, *oins}))
