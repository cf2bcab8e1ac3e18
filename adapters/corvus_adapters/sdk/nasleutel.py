"""Give a message that was sent before new columns: for a lost key, a late recipient.

As a message: in the outbox with its id before the first attempt, and sealed again by
itself when the register moved on meanwhile.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, Final

from corvus_adapters.sdk.concept import Concept
from corvus_adapters.sdk.nasleutelkast import NIEUW, Uitgaandenasleutel
from corvus_adapters.sdk.postbus import VERZONDEN
from corvus_adapters.sdk.samenstellen import Opdracht
from corvus_broker.effecten import SOORT_BEWIJS
from corvus_broker.inzending import parse_inzending
from corvus_broker.nasleutel import WAARSCHUWING
from corvus_broker.ports import Append
from corvus_broker.topics import INZENDING
from corvus_broker.vrijgave import AANVULLING
from corvus_crypto.cel import geheimhash, split_cellen
from corvus_crypto.kolom import ZOUT_BYTES
from corvus_crypto.masker import bits, encode_mask, flags
from corvus_crypto.nasleutel import (
    SIGN_PURPOSE,
    NasleutelContext,
    Toegang,
    make_nasleutelmanifest,
    seal_kasten,
)
from corvus_crypto.ondertekening import sign_one
from corvus_schemas.errors import InboundError, SchemaError, SealError
from corvus_schemas.identifiers import format_id, parse_bericht_id, parse_oin
from corvus_schemas.wire.bericht import Geattesteerd, Inzending, Toekenning
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status
from corvus_schemas.wire.nasleutel import Nasleutel, Nasleutelkop, Nasleutelroutering

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from corvus_adapters.sdk.plan import Toegekend
    from corvus_adapters.sdk.postbus import Postbus, Uitgaand
    from corvus_adapters.sdk.samenstellen import Samensteller
    from corvus_adapters.sdk.verzegelen import Zegel
    from corvus_broker.inzending import OntledeInzending
    from corvus_broker.ports import Transport

BEWAREN_MS: Final = 120 * 24 * 60 * 60 * 1000
"""How long after its geldig_tot a nasleutel to a message can be made."""
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Nagesleuteld:
    """A nasleutel that is on its way."""

    nasleutel_id: str
    bericht_id: str
    zaak: str
    partitie: int
    ontvangers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nasleutelontwerp:
    """Everything of a nasleutel but the sealing; what a test of the broker bends."""

    kop: Nasleutelkop
    ontleed: OntledeInzending
    bewijs: bytes
    toegekend: Sequence[Toegekend]
    celgeheimen: Mapping[int, bytes] = field(repr=False)


def seal_nasleutel(ontwerp: Nasleutelontwerp, zegel: Zegel) -> Nasleutel:
    """Seal and sign whatever the design says."""
    kop, ontleed = ontwerp.kop, ontwerp.ontleed
    context = NasleutelContext(
        suite=zegel.suite,
        bericht_id=kop.bericht_id,
        manifest=kop.manifest,
        nasleutel_id=kop.nasleutel_id,
        poging=kop.poging,
        verstrekker=parse_oin(kop.verstrekker),
        register=kop.register,
    )
    toegangen = [
        Toegang(one.sleutel, {at: ontwerp.celgeheimen[at] for at in bits(one.masker)})
        for one in ontwerp.toegekend
    ]
    labels = [positie.label for positie in ontleed.posities]
    delen = seal_kasten(context, toegangen, labels, zegel.random)
    masks = {one.sleutel.oin: one.masker for one in ontwerp.toegekend}
    size, present = len(labels), 0
    for mask in masks.values():
        present |= mask
    routering = Nasleutelroutering(
        toekenning=[
            Toekenning(deel.kolom.index, encode_mask(masks[deel.kolom.oin], size))
            for deel in delen
        ]
    ).encode()
    zout = zegel.random(ZOUT_BYTES)
    manifest = make_nasleutelmanifest(
        zegel.suite,
        kop.encode(),
        delen,
        routering=routering,
        routering_zout=zout,
        random=zegel.random,
    )
    signed = sign_one(zegel.key, zegel.certificaat, SIGN_PURPOSE, manifest.digest)
    return Nasleutel(
        manifest=manifest.encoded,
        ondertekening=signed.encode(),
        routering=routering,
        routering_zout=zout,
        kolommen=b"".join(deel.kolom.encode() for deel in delen),
        beloften=b"".join(deel.beloften for deel in delen),
        sloten=b"".join(deel.sloten for deel in delen),
        posities=encode_mask(present, size),
        inzending=_with_only(ontleed, present),
        bewijs=ontwerp.bewijs,
    )


def _with_only(ontleed: OntledeInzending, mask: int) -> bytes:
    """Give the old message, of its cellen only those that go to somebody."""
    cellen = split_cellen(
        ontleed.ruwe_cellen, ontleed.gevuld.bit_count(), ontleed.manifest.columns
    )
    size = len(ontleed.posities)
    chosen = compress(flags(mask, size), flags(ontleed.gevuld, size))
    return Inzending(
        manifest=ontleed.manifest.encoded,
        ondertekening=ontleed.ruwe_ondertekening,
        routering=ontleed.ruwe_routering,
        routering_zout=ontleed.routering_zout,
        kolommen=b"".join(kolom.encode() for kolom in ontleed.kolommen),
        cellen=b"".join(one.wire for one in compress(cellen, chosen)),
    ).encode()


class Nasleutelaar:
    """Makes nasleutels of an organisation's own messages, and keeps them."""

    def __init__(
        self,
        samensteller: Samensteller,
        postbus: Postbus,
        clock: Callable[[], datetime],
    ) -> None:
        self._samensteller = samensteller
        self._postbus = postbus
        self._clock = clock

    def leg_klaar(self, bericht_id: str, oins: Sequence[str]) -> Nagesleuteld:
        """Seal a nasleutel and put it in the outbox, without sending it yet.

        Raises:
            SchemaError, AddressError, SealError: nothing was kept.
        """
        return self._put(parse_bericht_id(bericht_id), oins, uuid.uuid4().bytes, 1)

    def ontwerp(
        self, bericht_id: bytes, oins: Sequence[str], nasleutel_id: bytes, poging: int
    ) -> Nasleutelontwerp:
        """Work a nasleutel out, up to the sealing.

        Raises:
            SealError: ``nasleutel.onbekend``, ``nasleutel.geen_bewijs``,
                ``nasleutel.geheim_weg``, ``nasleutel.niemand``, ``geen_ontvanger``,
                ``sleutel.geen``.
            AddressError: an organisation is not there.
        """
        uitgaand = self._postbus.uitgaand(bericht_id)
        if uitgaand is None:
            raise SealError(
                "nasleutel.onbekend",
                "this organisation sent no message with that id",
                advice="Only the sender of a message can give a nasleutel to it.",
            )
        if not oins:
            raise SealError("nasleutel.niemand", "a nasleutel names who it is for")
        ontleed = parse_inzending(
            uitgaand.inhoud, self._samensteller.catalogus, len(uitgaand.inhoud)
        )
        bewijs = self._receipt(ontleed)
        op = self._clock()
        op_ms = int(op.timestamp() * 1000)
        opdracht = self._opdracht(uitgaand, oins)
        toegekend = self._samensteller.grant_again(opdracht, ontleed, op)
        return Nasleutelontwerp(
            kop=Nasleutelkop(
                nasleutel_id=nasleutel_id,
                poging=poging,
                bericht_id=bericht_id,
                manifest=ontleed.manifest.digest,
                verstrekker=self._samensteller.keystore.oin,
                ondertekend_op=op_ms,
                register=self._samensteller.registers.op(op_ms).digest,
            ),
            ontleed=ontleed,
            bewijs=bewijs,
            toegekend=toegekend,
            celgeheimen=self._celgeheimen(ontleed),
        )

    async def verzend(self, transport: Transport) -> int:
        """Send every nasleutel that was not sent; destroy celgeheimen at their date.

        Raises:
            UnavailableError: what was not sent stays in the outbox.
        """
        kast = self._postbus.nasleutels
        kast.destroy_before(int(self._clock().timestamp() * 1000))
        waiting = kast.unsent()
        for one in waiting:
            append = Append(INZENDING, one.partitie, one.sleutel, one.inhoud)
            await transport.append([append])
            kast.set_status(one.nasleutel_id, VERZONDEN)
        return len(waiting)

    def note(self, bewijs: Ontvangstbewijs) -> bool:
        """Take over what the broker says of a nasleutel; False where it is about none."""
        found = _named(bewijs)
        if found is None:
            return False
        known = self._postbus.nasleutels.find(found[0])
        if known is not None and known.poging == found[1]:
            self._postbus.nasleutels.set_status(found[0], bewijs.status, bewijs.code)
        return True

    def herhaal(self, bewijs: Ontvangstbewijs) -> bool:
        """Seal again what was refused because the register moved on.

        False where the receipt is about no nasleutel. Only the latest attempt counts:
        a receipt that comes twice seals nothing. What cannot be made any more stays
        refused, with the code of that.
        """
        found = _named(bewijs)
        if found is None:
            return False
        known = self._postbus.nasleutels.find(found[0])
        if (
            known is not None
            and bewijs.status == Status.AFGEWEZEN
            and known.status != NIEUW
            and found[1] == known.poging < _ATTEMPTS
        ):
            oins, poging = known.oins.split(), known.poging + 1
            try:
                self._put(known.bericht_id, oins, found[0], poging)
            except (InboundError, SealError) as error:
                self._postbus.nasleutels.set_status(found[0], bewijs.status, error.code)
        return True

    def _put(
        self, bericht_id: bytes, oins: Sequence[str], nasleutel_id: bytes, poging: int
    ) -> Nagesleuteld:
        ontwerp = self.ontwerp(bericht_id, oins, nasleutel_id, poging)
        uitgaand = self._postbus.uitgaand(bericht_id)
        nasleutel = seal_nasleutel(ontwerp, self._samensteller.zegel())
        ontvangers = tuple(one.organisatie.oin for one in ontwerp.toegekend)
        # Where the old message went: its zaak lies in that partition.
        partitie, sleutel, zaak = (
            (uitgaand.partitie, uitgaand.sleutel, uitgaand.zaak)
            if uitgaand is not None
            else (0, b"", "")
        )
        self._postbus.nasleutels.put(
            Uitgaandenasleutel(
                nasleutel_id=nasleutel_id,
                bericht_id=bericht_id,
                oins=" ".join(oins),
                poging=poging,
                partitie=partitie,
                sleutel=sleutel,
                inhoud=nasleutel.encode(),
                status=NIEUW,
                code="",
            )
        )
        return Nagesleuteld(
            format_id(nasleutel_id), format_id(bericht_id), zaak, partitie, ontvangers
        )

    def _opdracht(self, uitgaand: Uitgaand, oins: Sequence[str]) -> Opdracht:
        bus = self._postbus
        zaak = bus.zaak(uitgaand.zaak)
        if zaak is None:
            raise SealError("zaak.onbekend", "the zaak of the message is not known")
        concept = Concept.model_validate_json(uitgaand.concept)
        return Opdracht(
            concept.model_copy(update={"geadresseerden": tuple(sorted(set(oins)))}),
            uitgaand.bericht_id,
            uitgaand.poging,
            zaak,
            bus.bekend(zaak.ref),
            bus.kenners,
        )

    def _receipt(self, ontleed: OntledeInzending) -> bytes:
        """Find the broker's word that it accepted this very message."""
        for one in self._postbus.bewijzen(ontleed.kop.bericht_id):
            geattesteerd = Geattesteerd.decode(one.waarde)
            if geattesteerd.soort != SOORT_BEWIJS or one.status != Status.GEACCEPTEERD:
                continue
            bewijs = Ontvangstbewijs.decode(geattesteerd.inhoud)
            if (
                bewijs.manifest == ontleed.manifest.digest
                and AANVULLING not in bewijs.waarschuwingen
            ):
                return one.waarde
        raise SealError(
            "nasleutel.geen_bewijs",
            "the broker's receipt that the message was accepted is not here",
            advice="Fetch the post first: corvus ontvang. What was refused is sent anew.",
        )

    def _celgeheimen(self, ontleed: OntledeInzending) -> Mapping[int, bytes]:
        """Give the celgeheimen, if they are those of this very message."""
        geheimen = self._postbus.nasleutels.celgeheimen(ontleed.kop.bericht_id)
        suite = ontleed.manifest.suite
        cellen = split_cellen(
            ontleed.ruwe_cellen, ontleed.gevuld.bit_count(), ontleed.manifest.columns
        )
        for position, one in zip(bits(ontleed.gevuld), cellen, strict=True):
            if geheimhash(suite, geheimen.get(position, b"")) != one.geheimhash:
                raise SealError(
                    "nasleutel.geheim_weg",
                    "the celgeheimen of this message were destroyed at their date",
                    advice="Send what is still needed as a new message.",
                )
        return geheimen


def _named(bewijs: Ontvangstbewijs) -> tuple[bytes, int] | None:
    """Which nasleutel, and which attempt, a receipt of the broker is about."""
    for one in bewijs.waarschuwingen:
        head, _, rest = one.partition(":")
        name, _, poging = rest.partition(":")
        if head == WAARSCHUWING and poging.isascii() and poging.isdigit():
            try:
                return parse_bericht_id(name), int(poging)
            except SchemaError:
                return None
    return None
