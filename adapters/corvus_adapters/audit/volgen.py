"""Follow the audit topic: prove each batch, store its leaf, sign the new checkpoint."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from corvus_broker.auditlog import check_same, place, prove_record
from corvus_broker.topics import AUDIT
from corvus_crypto.controlepunt import Controlepunt, sign_controlepunt
from corvus_schemas.errors import IntegrityError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from corvus_adapters.audit.opslag import Auditopslag
    from corvus_adapters.registerdienst import Registervolger
    from corvus_broker.auditlog import Logblad
    from corvus_broker.ports import Record, Transport
    from corvus_broker.register import Registerreeks
    from corvus_crypto.hybride import HybrideSigningKey

_PLACE: Final = (AUDIT, 0)
_PAGE: Final = 512
_WAIT_S: Final = 0.25
_READ_S: Final = 10.0


class Auditwaarnemer(Protocol):
    """Told what the log does."""

    def grew(self, grootte: int, bladeren: int) -> None:
        """Leaves were added."""
        ...

    def signed(self, grootte: int, tijd_ms: int) -> None:
        """A checkpoint was signed."""
        ...


class Auditlog:
    """The log of one installation; it grows by ``step`` and by nothing else."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a log ties together
        self,
        oorsprong: str,
        sleutel: HybrideSigningKey,
        transport: Transport,
        opslag: Auditopslag,
        registers: Registerreeks,
        clock: Callable[[], int],
        waarnemer: Auditwaarnemer,
        volger: Registervolger | None = None,
    ) -> None:
        self._oorsprong = oorsprong
        self._sleutel = sleutel
        self._transport = transport
        self._opslag = opslag
        self._registers = registers
        self._clock = clock
        self._waarnemer = waarnemer
        self._volger = volger
        self._rand = opslag.rand()
        self._positie = 0
        self._signed = -1
        self._whole = True

    @property
    def grootte(self) -> int:
        """How many leaves are stored."""
        return self._rand.grootte

    async def start(self) -> None:
        """Check that store, newest checkpoint and topic are of one history.

        Raises:
            IntegrityError: ``auditlog.beschadigd``, ``auditlog.topic``.
            UnavailableError: the transport or the database does not answer.
        """
        await asyncio.to_thread(self._opslag.check)
        last = self._opslag.laatste_blad()
        if last is not None:
            check_same(last, await self._find(last.offset))
            self._positie = last.offset + 1
        for punt in self._opslag.punten():
            self._signed = punt.grootte
        await self._sign()

    async def step(self, wait_s: float = _WAIT_S) -> int:
        """Take up what came since; give how many leaves that were.

        Raises:
            IntegrityError: ``auditlog.batch``; nothing of the page was stored.
            FencedError: ``auditlog.afgelost``.
            UnavailableError: the transport or the database does not answer; the store
                is as it was, and the next step does it again from there.
        """
        if not self._whole:
            await asyncio.to_thread(self._restore)
        records = await self._transport.read(
            {_PLACE: self._positie}, limit=_PAGE, wait_s=wait_s
        )
        if records:
            bladeren = await self._prove(records)
            await asyncio.to_thread(self._store, bladeren)
            self._positie = records[-1].offset + 1
            self._waarnemer.grew(self._rand.grootte, len(bladeren))
        await self._sign()
        return len(records)

    def _store(self, bladeren: Sequence[Logblad]) -> None:
        """Store leaves; after a fault the edge is read from the store again."""
        self._whole = False
        self._opslag.voeg_toe(place(self._rand, bladeren))
        self._whole = True

    def _restore(self) -> None:
        self._rand = self._opslag.rand()
        last = self._opslag.laatste_blad()
        self._positie = 0 if last is None else last.offset + 1
        self._whole = True

    async def _prove(self, records: Sequence[Record]) -> list[Logblad]:
        try:
            return await asyncio.to_thread(self._leaves, records)
        except IntegrityError:
            if self._volger is None:
                raise
            # A key that is new may come with a register that is not read yet.
            await self._volger.volg()
            return await asyncio.to_thread(self._leaves, records)

    def _leaves(self, records: Sequence[Record]) -> list[Logblad]:
        return [prove_record(record, self._registers) for record in records]

    async def _sign(self) -> None:
        """Sign what is stored, once for every size: nothing that could be lost."""
        if self._signed == self._rand.grootte:
            return
        punt = Controlepunt(self._oorsprong, self._rand.grootte, self._rand.wortel)
        now = self._clock()
        await asyncio.to_thread(
            lambda: self._opslag.bewaar_punt(
                punt, sign_controlepunt(punt, self._sleutel).encode(), now
            )
        )
        self._signed = punt.grootte
        self._waarnemer.signed(punt.grootte, now)

    async def _find(self, offset: int) -> Logblad | None:
        """Make the leaf of one place in the topic again.

        Raises:
            IntegrityError: ``auditlog.batch``.
        """
        if await self._transport.end_offset(*_PLACE) <= offset:
            return None
        records = await self._transport.read({_PLACE: offset}, limit=1, wait_s=_READ_S)
        if not records:
            raise _late()
        if records[0].offset != offset:
            return None
        return (await self._prove(records))[0]

    async def check_topic(self) -> int:
        """Make every leaf again from the topic and compare; give how many.

        Raises:
            IntegrityError: ``auditlog.topic``, ``auditlog.batch``,
                ``auditlog.beschadigd``.
        """
        size = await asyncio.to_thread(self._opslag.check_all)
        end = await self._transport.end_offset(*_PLACE)
        position = checked = 0
        while checked < size:
            records: Sequence[Record] = ()
            if position < end:
                records = await self._transport.read(
                    {_PLACE: position}, limit=_PAGE, wait_s=_READ_S
                )
                if not records:
                    raise _late()
            stored = self._opslag.bladeren(checked, max(len(records), 1))
            found = await self._prove(records[: len(stored)])
            for number, blad in enumerate(stored):
                check_same(blad, found[number] if number < len(found) else None)
            position = stored[-1].offset + 1
            checked += len(stored)
        return size


def _late() -> UnavailableError:
    return UnavailableError(
        "transport.onbereikbaar", "the audit topic did not come in time"
    )
