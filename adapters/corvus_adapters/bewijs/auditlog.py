"""Read ``corvus.audit``: proven batches, from an offset to its end or on and on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_broker.auditboek import open_auditbatch
from corvus_broker.herbeoordeling import Naslag
from corvus_broker.topics import AUDIT
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import CorvusError, UnavailableError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Sequence

    from corvus_adapters.registerdienst import Registervolger
    from corvus_broker.auditboek import Dossier
    from corvus_broker.ports import Record, Transport
    from corvus_broker.register import Registerreeks
    from corvus_schemas.wire.staat import Beoordeling

_PLACE: Final = (AUDIT, 0)
_PAGE: Final = 64
_WAIT_S: Final = 10.0
_PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Auditstuk:
    """One record of the log: what was decided in it, or why it does not count."""

    offset: int
    eind: int
    dossiers: Sequence[Dossier] = ()
    fout: CorvusError | None = None


@dataclass(frozen=True, slots=True)
class Venster:
    """Which messages are looked at, by the time they were decided at (ms)."""

    sinds_ms: int | None = None
    tot_ms: int | None = None
    bericht_id: bytes | None = None

    def covers(self, beoordeling: Beoordeling) -> bool:
        """Tell whether a message is one of them."""
        return (
            (self.sinds_ms is None or beoordeling.tijd >= self.sinds_ms)
            and (self.tot_ms is None or beoordeling.tijd < self.tot_ms)
            and self.bericht_id in {None, beoordeling.bericht_id}
        )


class Auditlezer:
    """Reads the log for who may read all of it; knows the registers it names."""

    def __init__(
        self,
        transport: Transport,
        registers: Registerreeks,
        volger: Registervolger,
    ) -> None:
        self._transport = transport
        self._volger = volger
        self.naslag = Naslag(registers, load_catalogus())

    async def read(self, vanaf: int = 0) -> AsyncIterator[Auditstuk]:
        """Give what is there now.

        Raises:
            UnavailableError: ``transport.onbereikbaar``; half of a log is no log.
            SettingsError: this process may not read it, or it is not there.
        """
        await self._volger.volg()
        position, eind = vanaf, await self._transport.end_offset(*_PLACE)
        while position < eind:
            records = await self._page(position, _WAIT_S)
            if not records:
                raise UnavailableError(
                    "transport.onbereikbaar", "the audit log did not come in time"
                )
            for record in records:
                if record.offset < eind:
                    yield self._open(record, eind)
            position = records[-1].offset + 1

    async def follow(
        self, vanaf: int, stop: asyncio.Event
    ) -> AsyncIterator[Auditstuk | None]:
        """Give what is there and what comes, until told to stop; None at a pause.

        Raises:
            UnavailableError: what was given counts; call again from there.
        """
        position = vanaf
        while not stop.is_set():
            await self._volger.ververs()
            records = await self._page(position, _PAUSE_S)
            if not records:
                yield None
                continue
            eind = await self._transport.end_offset(*_PLACE)
            for record in records:
                yield self._open(record, eind)
                if stop.is_set():
                    return
            position = records[-1].offset + 1

    async def _page(self, position: int, wait_s: float) -> Sequence[Record]:
        return await self._transport.read(
            {_PLACE: position}, limit=_PAGE, wait_s=wait_s
        )

    def _open(self, record: Record, eind: int) -> Auditstuk:
        try:
            dossiers = open_auditbatch(record.value or b"", self.naslag.registers)
        except CorvusError as error:
            return Auditstuk(record.offset, eind, fout=error)
        return Auditstuk(record.offset, eind, dossiers)
