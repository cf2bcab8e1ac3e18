"""The driver's part of holds: store before the commit, destroy after it, look for ends.

Storing and destroying can be done again and change nothing, so a crash between the
store and the transaction of the batch leaves nothing half-done: the batch is decided
again and gives the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.effecten import SOORT_UITVOERING, Uitvoeringslast
from corvus_broker.ports import Append, Bewaard
from corvus_broker.topics import INZENDING
from corvus_schemas.errors import IntegrityError
from corvus_schemas.wire.staat import Uitvoering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corvus_broker.effecten import Effecten
    from corvus_broker.omgeving import Grenzen
    from corvus_broker.ports import Aanhoudopslag, Transport
    from corvus_broker.staat import Partitiestaat
    from corvus_crypto.attestatie import Attesteerder

SWEEP_MS: Final = 60_000
"""How often the store is asked for holds that are at their end."""


class Bewaarder:
    """Keeps what the pipeline holds, and gives it back when it is released."""

    def __init__(
        self,
        opslag: Aanhoudopslag,
        attesteerder: Attesteerder,
        grenzen: Grenzen,
        clock_ms: Callable[[], int],
        noteer: Callable[[int, int, int], None] = lambda *_: None,
    ) -> None:
        """Take what is needed; ``noteer`` hears partition, holds, overdue holds."""
        self._opslag = opslag
        self._attesteerder = attesteerder
        self._grenzen = grenzen
        self._clock_ms = clock_ms
        self._noteer = noteer
        self._swept = 0

    async def tidy(self, partition: int, staat: Partitiestaat) -> None:
        """Destroy what the zaken do not know: a crash came between commit and that.

        What is held by a batch that was not committed is stored again with it.

        Raises:
            UnavailableError: the partition cannot be taken over yet.
        """
        gone = [
            nummer
            for nummer, zaak in await self._opslag.nummers(partition)
            if not staat.holds(zaak, nummer)
        ]
        if gone:
            await self._opslag.vernietig(gone)

    async def before_commit(
        self, partition: int, effecten: Sequence[Effecten]
    ) -> list[Append]:
        """Store what is held; give the router's own orders, to be committed along.

        Raises:
            UnavailableError: nothing may be committed.
        """
        kept = [
            Bewaard(
                held.aanhouding.nummer,
                held.zaak,
                held.partitie,
                held.aanhouding.tijd,
                held.aanhouding.tijd + self._grenzen.herbevestigen_ms,
                held.aanhouding.tijd + self._grenzen.aanhouden_ms,
                held.inhoud,
            )
            for one in effecten
            for held in one.te_bewaren
        ]
        if kept:
            await self._opslag.bewaar(kept)
        # Released many times over, it comes back once: the zaak says what of it.
        lasten = {last.nummer: last for one in effecten for last in one.uitvoeringen}
        return [
            self._order(last, partition, await self._fetch(nummer))
            for nummer, last in lasten.items()
        ]

    async def _fetch(self, nummer: bytes) -> bytes | None:
        """Give what is kept; what does not open is lost, and stops nobody else."""
        try:
            return await self._opslag.haal(nummer)
        except IntegrityError:
            return None

    async def after_commit(self, effecten: Sequence[Effecten]) -> None:
        """Put off and destroy what the committed batch says.

        Raises:
            UnavailableError: ``tidy`` destroys it at the next claim.
        """
        for one in effecten:
            for nummer, tijd in one.bevestigd:
                later = tijd + self._grenzen.herbevestigen_ms
                await self._opslag.bevestig(nummer, later)
        ended = [nummer for one in effecten for nummer in one.vernietigd]
        if ended:
            await self._opslag.vernietig(ended)

    async def sweep(self, transport: Transport, partition: int) -> None:
        """Order the end of holds whose time has come, and count all, once a minute.

        Raises:
            UnavailableError: nothing is lost; swept again later.
        """
        now = self._clock_ms()
        if now < self._swept + SWEEP_MS:
            return
        self._swept = now
        ended = [
            self._order(
                Uitvoeringslast(Uitvoeringslast.VERNIETIGING, zaak, nummer),
                partition,
                None,
            )
            for nummer, zaak in await self._opslag.verlopen(partition, now)
        ]
        if ended:
            await transport.append(ended)
        self._noteer(partition, *await self._opslag.tel(partition, now))

    def _order(
        self, last: Uitvoeringslast, partition: int, inhoud: bytes | None
    ) -> Append:
        order = Uitvoering(
            soort=last.soort,
            zaak=last.zaak,
            nummer=last.nummer,
            inhoud=inhoud,
            attestatie=b"",
        )
        [signed] = self._attesteerder.attest(
            [(SOORT_UITVOERING, order.encode())], self._clock_ms()
        )
        value = msgspec.structs.replace(order, attestatie=signed.encode()).encode()
        return Append(INZENDING, partition, last.nummer, value)
