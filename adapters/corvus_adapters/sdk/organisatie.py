"""One organisation's client: ``verstuur``, ``ontvang``, ``bevestig``.

Works over any Transport. A message handed over is in the outbox, with its id, before
the first attempt; ``verzend`` sends again what a crash left behind. Deliveries are
handed over at least once, each with an idempotency key, until they are confirmed.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from corvus_adapters.sdk.concept import Concept
from corvus_adapters.sdk.feiten import BekendBericht
from corvus_adapters.sdk.melden import make_melding
from corvus_adapters.sdk.nasleutel import BEWAREN_MS, Nagesleuteld, Nasleutelaar
from corvus_adapters.sdk.nasleutelkast import Geheimen
from corvus_adapters.sdk.openen import Lezer, Ontvangst
from corvus_adapters.sdk.post import (
    NIEUW,
    ONTVANGEN,
    Ontvangenbewijs,
    Post,
    Postverwerker,
)
from corvus_adapters.sdk.postbus import VERZONDEN, Uitgaand
from corvus_adapters.sdk.samenstellen import Opdracht, Samensteller
from corvus_broker.ports import Append
from corvus_broker.topics import INZENDING, levering_topics
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.zaak import alias_partition, partition_of
from corvus_schemas.errors import InboundError, SealError, UnavailableError
from corvus_schemas.identifiers import (
    ZAAK_ID_BYTES,
    ZaakAlias,
    ZaakId,
    format_id,
)
from corvus_schemas.wire.bericht import Geattesteerd, Inzending
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corvus_adapters.keystore import Keystore
    from corvus_adapters.registerdienst import Registervolger
    from corvus_adapters.sdk.postbus import Postbus, Zaak
    from corvus_adapters.sdk.samenstellen import Ontwerp, Verpakt
    from corvus_broker.ports import Transport
    from corvus_broker.register import Registerreeks
    from corvus_schemas.catalogus import Catalogus

_RESEAL_CODES: Final = frozenset(
    {"register.verouderd", "register.onbekend", "kolom.sleutel", "suite.verlopen"}
)
_RESEAL_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Verzonden:
    """A message that is on its way; ``waarschuwingen`` are alarms over its content."""

    bericht_id: str
    zaak: str
    partitie: int
    ontvangers: tuple[str, ...]
    waarschuwingen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Uitrusting:
    """What an organisation works with; without a ``volger`` registers do not grow."""

    keystore: Keystore
    postbus: Postbus
    transport: Transport
    registers: Registerreeks
    catalogus: Catalogus
    statussen: frozenset[str]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    random: Callable[[int], bytes] = secrets.token_bytes
    volger: Registervolger | None = None


class Organisatie:
    """An organisation that sends and receives."""

    def __init__(self, uitrusting: Uitrusting) -> None:
        self._u = uitrusting
        keystore = uitrusting.keystore
        self.oin = keystore.oin
        self.naam = keystore.houder.naam
        self.type = keystore.houder.type
        self._samensteller = Samensteller(
            keystore,
            uitrusting.registers,
            uitrusting.catalogus,
            uitrusting.statussen,
            uitrusting.random,
        )
        self._nasleutels = Nasleutelaar(
            self._samensteller, uitrusting.postbus, uitrusting.clock
        )
        self._post = Postverwerker(
            Lezer(
                oin=keystore.oin,
                type=keystore.houder.type,
                private_key=keystore.private_key,
                registers=uitrusting.registers,
                catalogus=uitrusting.catalogus,
                statussen=uitrusting.statussen,
            ),
            uitrusting.postbus,
            self._nasleutels,
        )

    @property
    def postbus(self) -> Postbus:
        """The organisation's own store."""
        return self._u.postbus

    # -- sending -------------------------------------------------------------------

    async def verstuur(self, concept: Concept) -> Verzonden:
        """Validate, seal, keep and send a message.

        Raises:
            SchemaError, AddressError, SealError: nothing was kept or sent.
            UnavailableError: kept in the outbox; ``verzend`` sends it later.
        """
        [verzonden] = await self.verstuur_reeks([concept])
        return verzonden

    async def verstuur_reeks(self, concepten: Sequence[Concept]) -> list[Verzonden]:
        """Send many messages under one signature: for who sends in bulk.

        Each carries its own path to the signed root, so they need not arrive together,
        and salted, so that nobody can tell that they were sent together.

        Raises:
            SchemaError, AddressError, SealError: nothing was kept or sent.
            UnavailableError: kept in the outbox; ``verzend`` sends them later.
        """
        # What cannot be asked now does not keep a message from the outbox: sealed
        # under a version that was replaced, it is sealed again by itself.
        with contextlib.suppress(UnavailableError):
            await self.ververs()
        verzonden = self.leg_reeks_klaar(concepten)
        await self.verzend()
        return verzonden

    async def nasleutel(self, bericht_id: str, oins: Sequence[str]) -> Nagesleuteld:
        """Give a message that was accepted to others, or again to who lost its key.

        Decided anew by the rules of now, here and by the broker.

        Raises:
            SchemaError, AddressError, SealError: nothing was kept or sent.
            UnavailableError: kept in the outbox; ``verzend`` sends it later.
        """
        with contextlib.suppress(UnavailableError):
            await self.ververs()
        nagesleuteld = self._nasleutels.leg_klaar(bericht_id, oins)
        await self.verzend()
        return nagesleuteld

    async def ververs(self) -> None:
        """Look for new versions of the register; cheap when there are none.

        Raises:
            UnavailableError: what is known stays; call again.
        """
        if self._u.volger is not None:
            await self._u.volger.ververs()

    def leg_klaar(self, concept: Concept) -> Verzonden:
        """Seal a message and put it in the outbox, without sending it yet.

        Raises:
            SchemaError, AddressError, SealError: nothing was kept.
        """
        [verzonden] = self.leg_reeks_klaar([concept])
        return verzonden

    def leg_reeks_klaar(self, concepten: Sequence[Concept]) -> list[Verzonden]:
        """Seal messages and put them in the outbox, without sending them yet.

        Raises:
            SchemaError, AddressError, SealError: nothing was kept.
        """
        opdrachten = [
            self._opdracht(one, uuid.uuid4().bytes, 1, self._zaak_for(one))
            for one in concepten
        ]
        return self._put(opdrachten)

    def ontwerp(self, concept: Concept, zaak: Zaak, bericht_id: bytes) -> Ontwerp:
        """Give the design of a message, as ``leg_klaar`` would seal it."""
        opdracht = self._opdracht(concept, bericht_id, 1, zaak)
        return self._samensteller.design(opdracht, self._u.clock())

    async def verzend(self) -> int:
        """Send everything in the outbox that was not sent; gives how many.

        Raises:
            UnavailableError: what was not sent stays in the outbox.
        """
        waiting = self._u.postbus.unsent()
        for one in waiting:
            append = Append(INZENDING, one.partitie, one.sleutel, one.inhoud)
            await self._u.transport.append([append])
            self._u.postbus.set_status(one.bericht_id, VERZONDEN)
        return len(waiting) + await self._nasleutels.verzend(self._u.transport)

    def _zaak_for(self, concept: Concept) -> Zaak:
        if concept.zaak is None:
            answered = concept.antwoord_op or concept.vervangt
            known = answered and self._u.postbus.zaak_of_bericht(answered.bytes)
            return known or self._u.postbus.open_zaak(self._u.random(ZAAK_ID_BYTES))
        zaak = self._u.postbus.zaak(str(concept.zaak))
        if zaak is None:
            raise SealError(
                "zaak.onbekend",
                "this organisation has no zaak with that reference",
                advice="Take the reference from an earlier message of the zaak.",
            )
        return zaak

    def _opdracht(
        self, concept: Concept, bericht_id: bytes, poging: int, zaak: Zaak
    ) -> Opdracht:
        bus = self._u.postbus
        return Opdracht(
            concept, bericht_id, poging, zaak, bus.bekend(zaak.ref), bus.kenners
        )

    def _put(self, opdrachten: Sequence[Opdracht]) -> list[Verzonden]:
        op = self._u.clock()
        ontwerpen = [self._samensteller.design(one, op) for one in opdrachten]
        verpakt = self._samensteller.seal_all(ontwerpen)
        return [
            self._keep(*one) for one in zip(opdrachten, ontwerpen, verpakt, strict=True)
        ]

    def _keep(
        self, opdracht: Opdracht, ontwerp: Ontwerp, verpakt: Verpakt
    ) -> Verzonden:
        zaak, bericht_id = opdracht.zaak, opdracht.bericht_id
        partitie = self._partition(zaak)
        oins = tuple(one.organisatie.oin for one in ontwerp.lading.toegekend)
        berichttype = opdracht.concept.berichttype
        self._u.postbus.put_uitgaand(
            Uitgaand(
                bericht_id=bericht_id,
                zaak=zaak.ref,
                concept=opdracht.concept.model_dump_json(),
                poging=opdracht.poging,
                partitie=partitie,
                sleutel=ontwerp.routering.zaak,
                inhoud=verpakt.inzending.encode(),
                status=NIEUW,
                code="",
            ),
            BekendBericht(bericht_id, berichttype, self.oin, self.type),
            oins,
            Geheimen(verpakt.celgeheimen, ontwerp.kop.geldig_tot + BEWAREN_MS),
        )
        return Verzonden(
            format_id(bericht_id), zaak.ref, partitie, oins, ontwerp.waarschuwingen
        )

    def _partition(self, zaak: Zaak) -> int:
        if zaak.alias is not None:
            return alias_partition(ZaakAlias(zaak.alias))
        op_ms = int(self._u.clock().timestamp() * 1000)
        partities = self._u.registers.op(op_ms).partities
        return partition_of(ZaakId(zaak.nieuw_id or b""), partities)

    def _reseal(self, bewijs: Ontvangstbewijs) -> None:
        """Seal again, by itself, what was refused because the register moved on."""
        if self._nasleutels.herhaal(bewijs):
            return
        uitgaand = self._u.postbus.uitgaand(bewijs.bericht_id)
        if uitgaand is None or uitgaand.poging >= _RESEAL_ATTEMPTS:
            return
        # Only the broker refuses, whatever code a recipient writes in a receipt; and a
        # receipt that comes twice must not seal a message that was accepted since.
        latest = parse_manifest(Inzending.decode(uitgaand.inhoud).manifest).digest
        if bewijs.status != Status.AFGEWEZEN or bewijs.manifest != latest:
            return
        zaak = self._u.postbus.zaak(uitgaand.zaak)
        if zaak is not None:
            concept = Concept.model_validate_json(uitgaand.concept)
            poging = uitgaand.poging + 1
            self._put([self._opdracht(concept, uitgaand.bericht_id, poging, zaak)])

    # -- receiving -----------------------------------------------------------------

    async def haal_op(self, *, limit: int = 100, wait_s: float = 0.5) -> list[Post]:
        """Fetch, verify and keep new post; gives it in order.

        New deliveries are confirmed as AFGELEVERD at once, since they are on disk.

        Raises:
            UnavailableError: nothing is lost; call again.
        """
        known = self._u.postbus.positions()
        positions = {
            (topic, 0): known.get((topic, 0), 0) for topic in levering_topics(self.oin)
        }
        records = await self._u.transport.read(positions, limit=limit, wait_s=wait_s)
        # After the read: what post was sealed under was published before it.
        await self.ververs()
        post = [one for record in records if (one := self._post.take_in(record))]
        for one in post:
            if isinstance(one, Ontvangenbewijs) and one.bewijs.code in _RESEAL_CODES:
                self._reseal(one.bewijs)
        await self._confirm_delivered([o for o in post if isinstance(o, Ontvangst)])
        await self.verzend()
        return post

    async def _confirm_delivered(self, fresh: Sequence[Ontvangst]) -> None:
        """Say AFGELEVERD for what came in, and for what a crash left unsaid."""
        digests = {one.levering_digest for one in fresh}
        left = [
            one for one in self._opened(ONTVANGEN) if one.levering_digest not in digests
        ]
        waiting = [*left, *fresh]
        if not waiting:
            return
        await self._u.transport.append(
            [self._melding(one, Status.AFGELEVERD) for one in waiting]
        )
        for one in waiting:
            self._u.postbus.set_inkomend(one.levering_digest, NIEUW)

    def open_post(self) -> Sequence[Ontvangst]:
        """Deliveries not yet confirmed as read or handled, oldest first."""
        return self._opened(ONTVANGEN, NIEUW)

    def _opened(self, *statuses: str) -> list[Ontvangst]:
        opened = []
        for value in self._u.postbus.inkomend(*statuses):
            geattesteerd = Geattesteerd.decode(value)
            try:
                ontvangst = self._post.open(geattesteerd)
            except InboundError as error:
                # It opened when it came; a key that went since must not hold up the
                # rest. It stays, with the code, and is tried again next time.
                digest = hashlib.sha256(geattesteerd.inhoud).digest()
                self._u.postbus.set_inkomend(digest, None, error.code)
                continue
            zaak = self._u.postbus.zaak_of_alias(ontvangst.zaak_alias)
            opened.append(replace(ontvangst, zaak=zaak.ref))
        return opened

    async def ontvang(self, *, wait_s: float = 0.5) -> Sequence[Ontvangst]:
        """Fetch new post and give every delivery that is not confirmed yet.

        Raises:
            UnavailableError: call again.
        """
        await self.haal_op(wait_s=wait_s)
        return self.open_post()

    async def bevestig(
        self, ontvangst: Ontvangst, status: Status = Status.VERWERKT, code: str = ""
    ) -> None:
        """Sign a receipt on a delivery and send it back.

        Raises:
            UnavailableError: not sent; confirm again.
        """
        await self._u.transport.append([self._melding(ontvangst, status, code)])
        if status in {Status.VERWERKT, Status.GEWEIGERD}:
            self._u.postbus.set_inkomend(
                ontvangst.levering_digest, status.value.lower(), code
            )

    def _melding(self, ontvangst: Ontvangst, status: Status, code: str = "") -> Append:
        op_ms = int(self._u.clock().timestamp() * 1000)
        return make_melding(self._u.keystore, ontvangst, status, code, op_ms)

    async def wijs_af(self, ontvangst: Ontvangst, code: str) -> None:
        """Tell the sender that this organisation does not take the message on.

        Raises:
            UnavailableError: not sent; call again.
        """
        await self.bevestig(ontvangst, Status.GEWEIGERD, code)
