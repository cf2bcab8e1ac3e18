"""The ten steps of a record as one pure function over a partition's state (SPEC 14).

``Pipeline.process`` takes a record and the state and gives effects; it does no I/O and
reads no clock. Time is the record's LogAppendTime and the register is the one in force
at that time, so a rerun after a crash decides the same.

A refusal is an outcome: the sender gets a receipt AFGEWEZEN with the code once it is
proven to be the sender; what nobody provably sent is kept as a dead letter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.aanvaarding import Plaats, decide, find_duplicate
from corvus_broker.afhandeling import settle
from corvus_broker.bewijzen import make_bewijs
from corvus_broker.effecten import Effecten, Uitvoeringslast, receipt_to
from corvus_broker.inzending import OntledeInzending, parse_inzending, verify_inzending
from corvus_broker.nasleutel import parse_nasleutel
from corvus_broker.nasleutelen import process_nasleutel
from corvus_broker.opvolging import names_at, zaak_of_alias
from corvus_broker.parkeren import (
    BEHIND,
    FAULT,
    PARKED,
    UNREADABLE_STATE,
    make_parked,
    original_record,
    park,
    parse_heraanbieding,
)
from corvus_broker.terugmelding import process_terugmelding
from corvus_broker.vrijgave import parse_uitvoering, process_uitvoering
from corvus_crypto.zaak import partition_of
from corvus_schemas.avro import fingerprint_of
from corvus_schemas.errors import EnvelopeError, InboundError, IntegrityError
from corvus_schemas.identifiers import ZAAK_ID_BYTES, ZaakId
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.staat import Uitvoering

if TYPE_CHECKING:
    from corvus_broker.omgeving import Omgeving
    from corvus_broker.ports import Record
    from corvus_broker.register import Registerversie
    from corvus_broker.staat import Partitiestaat

_FORGET_AT_ONCE: Final = 16
_MAX_KEY_BYTES: Final = 1024
_SLACK: Final = 2048
_EXPIRED: Final = "bericht.verlopen"


class Pipeline:
    """Carries the ten steps out for one record after the other."""

    def __init__(self, omgeving: Omgeving) -> None:
        self._omgeving = omgeving
        self._terugmelding = wire_schema("terugmelding").fingerprint
        self._heraanbieding = wire_schema("heraanbieding").fingerprint
        self._uitvoering = wire_schema("uitvoering").fingerprint
        self._nasleutel = wire_schema("nasleutel").fingerprint

    def process(self, record: Record, staat: Partitiestaat) -> Effecten:
        """Decide about one record.

        Raises:
            RegisterError: ``register.geen_geldig``: nothing can be decided; stop.
        """
        grenzen = self._omgeving.grenzen
        staat.forget_before(record.timestamp_ms - grenzen.dedupe_ms, _FORGET_AT_ONCE)
        register = self._omgeving.registers.op(record.timestamp_ms)
        effecten = Effecten()
        try:
            kind = fingerprint_of(record.value or b"")
            if kind == self._terugmelding:
                process_terugmelding(record, register, staat, self._omgeving, effecten)
            elif kind == self._heraanbieding:
                self._take_up_again(record, register, staat, effecten)
            elif kind == self._uitvoering:
                self._process_uitvoering(record, register, staat, effecten)
            elif kind == self._nasleutel:
                self._process_nasleutel(record, register, staat, effecten)
            else:
                self._process_inzending(record, register, staat, effecten)
        except InboundError as error:
            self._dead_letter(record, error, effecten)
        return effecten

    def _process_inzending(
        self,
        record: Record,
        register: Registerversie,
        staat: Partitiestaat,
        effecten: Effecten,
    ) -> None:
        omgeving = self._omgeving
        ontleed = parse_inzending(
            record.value or b"", omgeving.catalogus, omgeving.grenzen.max_bytes
        )
        effecten.berichttype = ontleed.berichttype.code
        zaak_id = self.zaak_of(ontleed, record, register)
        if self._holds_up(record, zaak_id, staat, effecten):
            return
        self._handle(
            record, ontleed, Plaats(record, zaak_id, register, staat), effecten
        )

    def _holds_up(
        self, record: Record, zaak_id: ZaakId, staat: Partitiestaat, effecten: Effecten
    ) -> bool:
        """Park behind what is parked already, so that the order of a zaak holds."""
        try:
            zaak = staat.zaak(zaak_id)
        except IntegrityError:
            park(record, UNREADABLE_STATE, zaak_id, staat, effecten)
            return True
        if zaak is None or not zaak.geparkeerd:
            return False
        park(record, BEHIND, zaak_id, staat, effecten)
        return True

    def _handle(
        self,
        record: Record,
        ontleed: OntledeInzending,
        plaats: Plaats,
        effecten: Effecten,
    ) -> None:
        try:
            # A signature that does not verify proves no sender: a dead letter.
            geverifieerd = verify_inzending(
                ontleed, plaats.register, record.timestamp_ms
            )
            try:
                original = find_duplicate(ontleed, plaats.staat)
                if original is not None:
                    effecten.uitkomst = "HERHAALD"
                    alias = self._alias(ontleed, plaats.zaak_id)
                    receipt = receipt_to(ontleed.verstrekker, alias, original)
                    effecten.berichten.append(receipt)
                    return
                beoordeeld = decide(geverifieerd, plaats, self._omgeving)
            except InboundError as error:
                self._refuse(ontleed, plaats, error, effecten)
                return
            settle(beoordeeld, self._omgeving, effecten)
        except (InboundError, IntegrityError):
            raise
        except Exception:  # noqa: BLE001 - a fault of ours parks this zaak, no other
            effecten.clear()
            park(record, FAULT, plaats.zaak_id, plaats.staat, effecten)

    def zaak_of(
        self, ontleed: OntledeInzending, record: Record, register: Registerversie
    ) -> ZaakId:
        """Step 2: the zaak, and that this is its partition.

        Raises:
            EnvelopeError: ``zaak.onbekend``, ``partitie.onjuist``.
        """
        routering, omgeving = ontleed.routering, self._omgeving
        if not routering.nieuw:
            names = names_at(register, ontleed.verstrekker, record.timestamp_ms)
            zaak = zaak_of_alias(
                omgeving.aliassen, routering.zaak, ontleed.verstrekker, names
            )
        elif len(routering.zaak) == ZAAK_ID_BYTES:
            zaak = ZaakId(routering.zaak)
        else:
            raise EnvelopeError("zaak.onbekend", "a new zaak has an id of 16 bytes")
        named = partition_of(zaak, omgeving.partities)
        if named != record.partition:
            raise EnvelopeError(
                "partitie.onjuist",
                f"the message stands in partition {record.partition}, its zaak in"
                f" {named}",
                advice="Compute the partition as SPEC section 10 says.",
            )
        return zaak

    def _alias(self, ontleed: OntledeInzending, zaak_id: ZaakId) -> bytes:
        omgeving = self._omgeving
        return omgeving.aliassen.alias(zaak_id, ontleed.verstrekker, omgeving.partities)

    def _refuse(
        self,
        ontleed: OntledeInzending,
        plaats: Plaats,
        error: InboundError,
        effecten: Effecten,
    ) -> None:
        """Tell a proven sender why; a rejected attempt does not use up its id."""
        expired = error.code == _EXPIRED
        status = Status.VERLOPEN if expired else Status.AFGEWEZEN
        bewijs = make_bewijs(
            ontleed,
            status,
            uitsteller=self._omgeving.broker_oin,
            tijd=plaats.record.timestamp_ms,
            register=plaats.register.digest,
            code=error.code,
        )
        effecten.uitkomst = status.value
        effecten.code = error.code
        effecten.berichten.append(receipt_to(ontleed.verstrekker, b"", bewijs))

    def _dead_letter(
        self, record: Record, error: InboundError, effecten: Effecten
    ) -> None:
        effecten.clear()
        effecten.uitkomst = "ONBESTELBAAR"
        effecten.code = error.code
        # Compressed, a record can be far larger than the topic it came in by; what
        # does not fit the topic of dead letters would stop the partition for good.
        kept = replace(
            record,
            key=record.key[:_MAX_KEY_BYTES],
            value=(record.value or b"")[: _SLACK + self._omgeving.grenzen.max_bytes],
        )
        effecten.geparkeerd.append(make_parked(kept, error.code, None))

    def _take_up_again(
        self,
        record: Record,
        register: Registerversie,
        staat: Partitiestaat,
        effecten: Effecten,
    ) -> None:
        order = parse_heraanbieding(
            record, register, self._omgeving.grenzen.verleden_ms
        )
        zaak_id = ZaakId(order.zaak)
        if partition_of(zaak_id, self._omgeving.partities) != record.partition:
            raise EnvelopeError(
                "partitie.onjuist", "an order stands in a wrong partition"
            )
        try:
            zaak = staat.zaak(zaak_id)
        except IntegrityError as error:
            raise EnvelopeError(
                error.code, error.message, advice=error.advice
            ) from error
        original = original_record(order, record)
        if zaak is None or not zaak.geparkeerd:
            self._retry(original, Plaats(original, zaak_id, register, staat), effecten)
            return
        rest = msgspec.structs.replace(zaak, geparkeerd=zaak.geparkeerd - 1)
        staat.put_zaak(
            msgspec.structs.replace(rest, blokkade=False) if order.laatste else rest
        )
        if zaak.blokkade:
            park(original, BEHIND, zaak_id, staat, effecten)
            return
        self._retry(original, Plaats(original, zaak_id, register, staat), effecten)
        if effecten.uitkomst == PARKED and not order.laatste:
            _block(zaak_id, staat)

    def _process_uitvoering(
        self,
        record: Record,
        register: Registerversie,
        staat: Partitiestaat,
        effecten: Effecten,
    ) -> None:
        """Carry out an order of the router itself, in the order of its zaak.

        What is parked may take back what a release goes by. An end does not wait.
        """
        order = parse_uitvoering(record, register, self._omgeving.partities)
        zaak_id = ZaakId(order.zaak)
        waits = order.soort != Uitvoeringslast.VERNIETIGING
        if waits and self._holds_up(record, zaak_id, staat, effecten):
            return
        self._carry_out(record, register, staat, effecten)

    def _process_nasleutel(
        self,
        record: Record,
        register: Registerversie,
        staat: Partitiestaat,
        effecten: Effecten,
        zaak_id: ZaakId | None = None,
    ) -> None:
        """Decide a nasleutel; one taken up again says of which zaak it was parked."""
        omgeving = self._omgeving
        ontleed = parse_nasleutel(
            record.value or b"", omgeving.catalogus, omgeving.grenzen.max_bytes
        )
        effecten.berichttype = ontleed.origineel.berichttype.code
        named = self.zaak_of(ontleed.origineel, record, register)
        if zaak_id is None:
            if self._holds_up(record, named, staat, effecten):
                return
        elif zaak_id != named:
            raise EnvelopeError("zaak.onbekend", "the order names another zaak")
        plaats = Plaats(record, named, register, staat)
        try:
            process_nasleutel(ontleed, plaats, omgeving, effecten)
        except (InboundError, IntegrityError):
            raise
        except Exception:  # noqa: BLE001 - a fault of ours parks this zaak, no other
            effecten.clear()
            park(record, FAULT, named, staat, effecten)

    def _carry_out(
        self,
        record: Record,
        register: Registerversie,
        staat: Partitiestaat,
        effecten: Effecten,
    ) -> None:
        """Carry out an order of the router itself; a fault of ours parks it."""
        try:
            process_uitvoering(record, register, staat, self._omgeving, effecten)
        except InboundError:
            raise
        except Exception:  # noqa: BLE001 - a fault of ours parks this zaak, no other
            effecten.clear()
            zaak_id = Uitvoering.decode(record.value or b"").zaak
            park(record, FAULT, zaak_id, staat, effecten)

    def _retry(self, original: Record, plaats: Plaats, effecten: Effecten) -> None:
        omgeving = self._omgeving
        if fingerprint_of(original.value or b"") == self._uitvoering:
            self._carry_out(original, plaats.register, plaats.staat, effecten)
            return
        if fingerprint_of(original.value or b"") == self._nasleutel:
            self._process_nasleutel(
                original, plaats.register, plaats.staat, effecten, plaats.zaak_id
            )
            return
        ontleed = parse_inzending(
            original.value or b"", omgeving.catalogus, omgeving.grenzen.max_bytes
        )
        effecten.berichttype = ontleed.berichttype.code
        if self.zaak_of(ontleed, original, plaats.register) != plaats.zaak_id:
            raise EnvelopeError("zaak.onbekend", "the order names another zaak")
        self._handle(original, ontleed, plaats, effecten)


def _block(zaak_id: ZaakId, staat: Partitiestaat) -> None:
    """Keep the rest of a release parked behind a message that failed again."""
    zaak = staat.zaak(zaak_id)
    if zaak is not None:
        staat.put_zaak(msgspec.structs.replace(zaak, blokkade=True))
