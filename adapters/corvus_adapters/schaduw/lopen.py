"""Run a shadow over the audit log: once, or for as long as it is let."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from corvus_adapters.schaduw.verschil import make_geval
from corvus_schemas.errors import CorvusError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from corvus_adapters.bewijs.auditlog import Auditlezer, Auditstuk, Venster
    from corvus_adapters.schaduw.kandidaat import Kandidaat
    from corvus_adapters.schaduw.meter import Schaduwmeter
    from corvus_adapters.schaduw.samenvatting import Stand
    from corvus_adapters.schaduw.verschil import Geval

_BACKOFF_S: Final = 0.5
_LONGEST_BACKOFF_S: Final = 10.0


class Verteller(Protocol):
    """Is told what a shadow finds."""

    def told(self, geval: Geval) -> None:
        """Tell of a message that comes out differently."""
        ...

    def undecided(self, where: str, error: CorvusError) -> None:
        """Tell of a record or message that could not be decided again."""
        ...

    def quiet(self, stand: Stand) -> None:
        """Tell that everything that is there was read."""
        ...


@dataclass(frozen=True, slots=True)
class Schaduw:
    """A candidate, what it is held against, and who hears of it."""

    lezer: Auditlezer
    kandidaat: Kandidaat
    venster: Venster
    meter: Schaduwmeter
    verteller: Verteller

    async def once(self, stand: Stand) -> None:
        """Look at everything that is there now."""
        await self._take(self.lezer.read(stand.offset), stand, None)
        self.verteller.quiet(stand)

    async def follow(self, stand: Stand, stop: asyncio.Event, path: Path) -> None:
        """Look at what is there and what comes, until told to stop.

        The position is saved behind every page that was told, so that a stop or a
        crash repeats at most that page.

        Raises:
            CorvusError: what no waiting mends, such as a position that cannot be saved.
        """
        backoff = _BACKOFF_S
        try:
            while not stop.is_set():
                before = stand.offset
                try:
                    pages = self.lezer.follow(stand.offset, stop)
                    await self._take(pages, stand, path)
                except UnavailableError as error:
                    self.verteller.undecided("corvus.audit", error)
                    backoff = (
                        min(backoff * 2, _LONGEST_BACKOFF_S)
                        if stand.offset == before
                        else _BACKOFF_S
                    )
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), backoff)
        finally:
            stand.save(path)

    async def _take(
        self,
        pages: AsyncIterator[Auditstuk | None] | AsyncIterator[Auditstuk],
        stand: Stand,
        path: Path | None,
    ) -> None:
        saved = stand.offset
        async for stuk in pages:
            if stuk is not None:
                self._judge(stuk, stand)
                stand.offset = stuk.offset + 1
            elif path is not None and saved != stand.offset:
                stand.save(path)
                saved = stand.offset
                self.verteller.quiet(stand)

    def _judge(self, stuk: Auditstuk, stand: Stand) -> None:
        self.meter.read(stuk)
        if stuk.fout is not None:
            self._undecided(f"record {stuk.offset}", stuk.fout, stand)
        for dossier in stuk.dossiers:
            beoordeling = dossier.beoordeling
            if not self.venster.covers(beoordeling):
                continue
            try:
                geval = make_geval(dossier, self.lezer.naslag, self.kandidaat)
            except CorvusError as error:
                self._undecided(beoordeling.bericht_id.hex(), error, stand)
                continue
            stand.samenvatting.add(geval)
            self.meter.judged(geval)
            if geval.verschillen:
                self.verteller.told(geval)

    def _undecided(self, where: str, error: CorvusError, stand: Stand) -> None:
        stand.samenvatting.onbeslisbaar += 1
        self.meter.undecided(error.code)
        self.verteller.undecided(where, error)
