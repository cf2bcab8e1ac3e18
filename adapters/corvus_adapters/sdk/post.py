"""Incoming post: verify each record, keep it, and say what it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from corvus_adapters.sdk.feiten import BekendBericht
from corvus_adapters.sdk.openen import (
    Lezer,
    Ontvangst,
    open_levering,
    verify_attestatie,
)
from corvus_adapters.sdk.postbus import Bewijs, Inkomend
from corvus_broker.effecten import SOORT_BEWIJS, SOORT_LEVERING, SOORT_TERUGMELDING
from corvus_broker.terugmelding import verify_melding
from corvus_broker.vrijgave import DESTROYED, LOST
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.masker import parse_mask
from corvus_schemas.errors import InboundError, RegisterError, SchemaError
from corvus_schemas.identifiers import parse_bericht_id
from corvus_schemas.wire.bericht import Geattesteerd, Kop
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status, Terugmelding
from corvus_schemas.wire.nasleutel import Nalevering, read_geleverd

if TYPE_CHECKING:
    from corvus_adapters.sdk.nasleutel import Nasleutelaar
    from corvus_adapters.sdk.postbus import Postbus
    from corvus_broker.ports import Record

ONTVANGEN: Final = "ontvangen"
"""Kept; the sender was not told yet."""
NIEUW: Final = "nieuw"
"""The sender was told AFGELEVERD; the application has not confirmed."""
GEWEIGERD: Final = "geweigerd"
_REFUSED: Final = frozenset({Status.AFGEWEZEN, Status.VERLOPEN})
_ACCEPTED: Final = frozenset({Status.GEACCEPTEERD, Status.AANGEHOUDEN})
_HOLD_ENDED: Final = frozenset({DESTROYED, LOST})


@dataclass(frozen=True, slots=True)
class Geweigerdepost:
    """A record that was refused: its place and the code, never its content."""

    topic: str
    offset: int
    code: str


@dataclass(frozen=True, slots=True)
class Ontvangenbewijs:
    """A receipt that came in, verified."""

    bewijs: Ontvangstbewijs
    waarde: bytes


Post = Ontvangst | Ontvangenbewijs | Geweigerdepost


class Postverwerker:
    """Turns records of one's own topics into post, each kept before it is told."""

    def __init__(
        self, lezer: Lezer, postbus: Postbus, nasleutelaar: Nasleutelaar
    ) -> None:
        self._lezer = lezer
        self._postbus = postbus
        self._nasleutelaar = nasleutelaar

    def take_in(self, record: Record) -> Post | None:
        """Verify and keep one record; None for a repeat.

        What fails a check is refused, kept out and reported with its code; the place
        moves on, so that one bad record does not stop the post.
        """
        place = (record.topic, record.partition, record.offset + 1)
        try:
            geattesteerd = verify_attestatie(record.value or b"", self._lezer.registers)
            match geattesteerd.soort:
                case soort if soort == SOORT_LEVERING:
                    return self._levering(geattesteerd, record, place)
                case soort if soort in {SOORT_BEWIJS, SOORT_TERUGMELDING}:
                    return self._bewijs(geattesteerd, record, place)
            raise SchemaError("post.soort", "this kind of post is not known")
        except (InboundError, RegisterError) as error:
            self._postbus.put_position(*place)
            return Geweigerdepost(record.topic, record.offset, error.code)

    def _levering(
        self, geattesteerd: Geattesteerd, record: Record, place: tuple[str, int, int]
    ) -> Ontvangst | Geweigerdepost | None:
        try:
            ontvangst = self.open(geattesteerd)
        except SchemaError as error:
            if error.code != "schema.versie":
                raise
            self._keep_unopened(geattesteerd, record, place)
            return Geweigerdepost(record.topic, record.offset, error.code)
        zaak = self._postbus.zaak_of_alias(ontvangst.zaak_alias)
        inkomend = Inkomend(
            digest=ontvangst.levering_digest,
            manifest=ontvangst.manifest_digest,
            posities=ontvangst.posities,
            waarde=record.value or b"",
            bericht=BekendBericht(
                parse_bericht_id(ontvangst.bericht_id),
                ontvangst.berichttype,
                ontvangst.verstrekker,
                ontvangst.verstrekker_type,
            ),
            status=ONTVANGEN,
        )
        opent = self._opens if ontvangst.nasleutel else None
        fresh = self._postbus.put_inkomend(inkomend, zaak.ref, place, opent)
        return replace(ontvangst, zaak=zaak.ref) if fresh else None

    def _keep_unopened(
        self, geattesteerd: Geattesteerd, record: Record, place: tuple[str, int, int]
    ) -> None:
        """Keep a delivery whose layout is not here yet: it opens when that is.

        Attestation, signature and column were found right, or it would not be this
        error; of its content nothing is known.
        """
        levering = read_geleverd(geattesteerd.inhoud)
        manifest = parse_manifest(levering.manifest)
        kop = Kop.decode(manifest.kop)
        op = datetime.fromtimestamp(levering.ontvangen_op / 1000, UTC)
        register = self._lezer.registers.by_digest(kop.register)
        afzender = register and register.adresboek.organisatie(kop.verstrekker, op)
        inkomend = Inkomend(
            digest=hashlib.sha256(geattesteerd.inhoud).digest(),
            manifest=manifest.digest,
            posities=parse_mask(levering.posities, manifest.posities),
            waarde=record.value or b"",
            bericht=BekendBericht(
                kop.bericht_id,
                kop.berichttype,
                kop.verstrekker,
                afzender.type if afzender else "",
            ),
            status=ONTVANGEN,
        )
        zaak = self._postbus.zaak_of_alias(levering.zaak)
        opent = self._opens if isinstance(levering, Nalevering) else None
        self._postbus.put_inkomend(inkomend, zaak.ref, place, opent)

    def _opens(self, waarde: bytes) -> bool:
        """Tell whether a delivery of before opens here still."""
        try:
            self.open(Geattesteerd.decode(waarde))
        except InboundError:
            return False
        return True

    def open(self, geattesteerd: Geattesteerd) -> Ontvangst:
        """Verify and open a delivery again, as when it came.

        Raises:
            InboundError: a check fails.
        """
        return open_levering(geattesteerd, self._lezer)

    def _bewijs(
        self, geattesteerd: Geattesteerd, record: Record, place: tuple[str, int, int]
    ) -> Ontvangenbewijs:
        if geattesteerd.soort == SOORT_TERUGMELDING:
            melding = Terugmelding.decode(geattesteerd.inhoud)
            bewijs = Ontvangstbewijs.decode(melding.bewijs)
            # The time in a receipt is its issuer's word; the broker's own time counts.
            op_ms = parse_attestatie(geattesteerd.attestatie).tijd_ms
            register = self._lezer.registers.op(op_ms)
            verify_melding(melding, bewijs, register, op_ms)
        else:
            bewijs = Ontvangstbewijs.decode(geattesteerd.inhoud)
            self._learn(bewijs)
        kept = Bewijs(
            bewijs.bericht_id,
            bewijs.uitsteller,
            bewijs.status,
            bewijs.code,
            hashlib.sha256(bewijs.encode()).digest(),
            record.value or b"",
        )
        self._postbus.put_bewijs(kept, place)
        return Ontvangenbewijs(bewijs, kept.waarde)

    def _learn(self, bewijs: Ontvangstbewijs) -> None:
        """Take over what the broker's receipt tells: status, and the zaak's alias."""
        if self._nasleutelaar.note(bewijs):
            return  # the message itself was accepted before
        uitgaand = self._postbus.uitgaand(bewijs.bericht_id)
        if uitgaand is None or bewijs.verstrekker != self._lezer.oin:
            return
        status = bewijs.status
        if uitgaand.status in _ACCEPTED and status in _REFUSED:
            if bewijs.code not in _HOLD_ENDED:
                return  # about another attempt: what was accepted stays accepted
            status = Status.GEACCEPTEERD
        self._postbus.set_status(bewijs.bericht_id, status, bewijs.code)
        if bewijs.zaak:
            self._postbus.learn_alias(uitgaand.zaak, bewijs.zaak)
