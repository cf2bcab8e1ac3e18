"""Incoming post: verify each record, keep it, and say what it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from corvus_crypto.attestatie import parse_attestatie
from corvus_schemas.errors import InboundError, RegisterError, SchemaError
from corvus_schemas.identifiers import parse_bericht_id
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status, Terugmelding

if TYPE_CHECKING:
    from corvus_adapters.sdk.postbus import Postbus
    from corvus_broker.ports import Record
    from corvus_schemas.wire.bericht import Geattesteerd

ONTVANGEN: Final = "ontvangen"
"""Kept; the sender was not told yet."""
NIEUW: Final = "nieuw"
"""The sender was told AFGELEVERD; the application has not confirmed."""
GEWEIGERD: Final = "geweigerd"
_REFUSED: Final = frozenset({Status.AFGEWEZEN, Status.VERLOPEN})


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

    def __init__(self, lezer: Lezer, postbus: Postbus) -> None:
        self._lezer = lezer
        self._postbus = postbus

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
    ) -> Ontvangst | None:
        ontvangst = self.open(geattesteerd)
        zaak = self._postbus.zaak_of_alias(ontvangst.zaak_alias)
        inkomend = Inkomend(
            digest=ontvangst.levering_digest,
            waarde=record.value or b"",
            bericht=BekendBericht(
                parse_bericht_id(ontvangst.bericht_id),
                ontvangst.berichttype,
                ontvangst.verstrekker,
                ontvangst.verstrekker_type,
            ),
            status=ONTVANGEN,
        )
        fresh = self._postbus.put_inkomend(inkomend, zaak.ref, place)
        return replace(ontvangst, zaak=zaak.ref) if fresh else None

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
            record.value or b"",
        )
        self._postbus.put_bewijs(kept, place)
        return Ontvangenbewijs(bewijs, kept.waarde)

    def _learn(self, bewijs: Ontvangstbewijs) -> None:
        """Take over what the broker's receipt tells: status, and the zaak's alias."""
        uitgaand = self._postbus.uitgaand(bewijs.bericht_id)
        if uitgaand is None or bewijs.verstrekker != self._lezer.oin:
            return
        if uitgaand.status == Status.GEACCEPTEERD and bewijs.status in _REFUSED:
            return  # about another attempt: what was accepted stays accepted
        self._postbus.set_status(bewijs.bericht_id, bewijs.status, bewijs.code)
        if bewijs.zaak:
            self._postbus.learn_alias(uitgaand.zaak, bewijs.zaak)
