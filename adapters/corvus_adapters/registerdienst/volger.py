"""Follow ``corvus.register``: the versions an installation knows grow while it runs.

Nothing on the topic is trusted. An entry passes the same verification as a file, or is
refused and what was known stays as it is. So that a decision made is never one that
would be made otherwise now, a version has to be on the topic before it starts; only
the history before the first version there may be filled in later.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_adapters.registerdienst.keuring import Stukken
from corvus_adapters.registerdienst.stuk import TABEL, read_stuk
from corvus_broker.register import Registerreeks, named_tabel, open_tabel
from corvus_broker.topics import REGISTER
from corvus_schemas.errors import (
    CorvusError,
    RegisterError,
    SettingsError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from corvus_adapters.registerdienst.keuring import Keuring
    from corvus_adapters.registerdienst.stuk import GelezenStuk
    from corvus_adapters.registerdienst.waarnemer import Registerwaarnemer
    from corvus_broker.ports import Record, Transport
    from corvus_broker.register import Registerversie

_PLACE: Final = (REGISTER, 0)
_PAGE: Final = 16
_WAIT_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Gekeurd:
    """A version that passed, with its entries."""

    versie: Registerversie
    stukken: Stukken


class Registervolger:
    """Reads the topic from its start and lets a Registerreeks grow by what passes."""

    def __init__(  # noqa: PLR0913 - what a follower ties together
        self,
        transport: Transport,
        registers: Registerreeks,
        keuring: Keuring,
        waarnemer: Registerwaarnemer,
        *,
        clock: Callable[[], datetime],
        max_age_s: float,
    ) -> None:
        """Follow for one process.

        Args:
            transport: Started before the first ``volg``.
            registers: What grows; holds the versions of the files to begin with.
            keuring: What every entry has to pass.
            waarnemer: Told of each entry.
            clock: The time, for ``ververs`` only.
            max_age_s: How old may be what ``ververs`` leaves alone.
        """
        self.stukken: dict[bytes, Stukken] = {}
        """Every version taken from the topic, as signed, by register digest."""
        self.tabellen: dict[bytes, bytes] = {}
        """Every table on the topic that enough officers signed, by digest."""
        self._transport = transport
        self._registers = registers
        # The rule on lateness looks at the topic alone: the same for every reader.
        self._on_topic = Registerreeks([])
        self._keuring = keuring
        self._waarnemer = waarnemer
        self._clock = clock
        self._max_age_s = max_age_s
        self._checked: datetime | None = None
        self._position = 0
        self._lock = asyncio.Lock()

    async def volg(self) -> None:
        """Read the topic to its end.

        Raises:
            UnavailableError: what is known stays; call again.
        """
        async with self._lock:
            await self._catch_up()

    async def ververs(self) -> None:
        """Read the topic to its end, unless that was done a moment ago.

        Raises:
            UnavailableError: what is known stays; call again.
        """
        if self._checked is not None:
            age_s = (self._clock() - self._checked).total_seconds()
            if 0 <= age_s < self._max_age_s:
                return
        await self.volg()

    async def _catch_up(self) -> None:
        started = self._clock()
        end = await self._end()
        while self._position < end:
            records = await self._transport.read(
                {_PLACE: self._position}, limit=_PAGE, wait_s=_WAIT_S
            )
            if not records:
                raise UnavailableError(
                    "transport.onbereikbaar", "the register did not come in time"
                )
            for record in records:
                await self._take_in(record)
                self._position = record.offset + 1
        self._checked = started

    async def _end(self) -> int:
        try:
            return await self._transport.end_offset(*_PLACE)
        except SettingsError as error:
            if error.code == "topic.onbekend":
                return 0  # nothing was ever published: the files count
            raise

    async def _take_in(self, record: Record) -> None:
        try:
            # Off the event loop: to verify a register takes a second.
            gekeurd = await asyncio.to_thread(self._judge, record)
            if gekeurd is not None:
                self._keep(gekeurd)
        except CorvusError as error:
            self._waarnemer.refused(error.code)
        except Exception:  # noqa: BLE001 - whatever an entry does, it stops no reader
            self._waarnemer.refused("register.ongeldig")

    def _judge(self, record: Record) -> _Gekeurd | None:
        stuk = read_stuk(record)
        if stuk.soort == TABEL:
            tabel = open_tabel(stuk.dsse, self._keuring.vertrouwen)
            self.tabellen[tabel.digest] = stuk.dsse
            return None
        gekeurd = self._open(stuk)
        self._check_on_time(gekeurd.versie, record.timestamp_ms)
        return gekeurd

    def _open(self, stuk: GelezenStuk) -> _Gekeurd:
        tabel = self.tabellen.get(bytes.fromhex(named_tabel(stuk.dsse)))
        if tabel is None:
            raise RegisterError(
                "register.tabel",
                "the table that the entry names is not on the topic before it",
                advice="Publish the table, then the entry again.",
            )
        stukken = Stukken(stuk.dsse, tabel)
        known = self._registers.by_digest(stuk.digest)
        if known is None:
            return _Gekeurd(self._keuring.open(stukken), stukken)
        # What has the same digest has the same content, and that was verified.
        self._keuring.check_signatures(stuk.dsse)
        return _Gekeurd(known, stukken)

    def _check_on_time(self, versie: Registerversie, appended_ms: int) -> None:
        there = self._on_topic.versies
        history = not there or versie.volgnummer < there[0].volgnummer
        if (
            history
            or appended_ms < versie.geldig_van_ms
            or self._on_topic.by_digest(versie.digest)
        ):
            return
        if appended_ms >= versie.geldig_tot_ms:
            raise RegisterError(
                "register.verlopen",
                f"version {versie.volgnummer} ended before it was published",
                advice="Make the next version and have it signed.",
            )
        raise RegisterError(
            "register.te_laat",
            f"version {versie.volgnummer} started before it was published",
            advice="Make a version that starts later, and have it signed.",
        )

    def _keep(self, gekeurd: _Gekeurd) -> None:
        versie = gekeurd.versie
        # The larger series first: what it takes, the part of it on the topic takes.
        self._registers.add(versie)
        if self._on_topic.add(versie):
            self.stukken[versie.digest] = gekeurd.stukken
            self._waarnemer.taken(versie)


async def keep_following(
    volger: Registervolger,
    waarnemer: Registerwaarnemer,
    stop: asyncio.Event,
    every_s: float,
) -> None:
    """Follow until told to stop; an outage is waited out.

    Raises:
        SettingsError: this process may not read the register.
    """
    pause = every_s
    while not stop.is_set():
        try:
            await volger.volg()
            pause = every_s
        except UnavailableError as error:
            waarnemer.unavailable(error.code)
            pause = min(pause * 2, max(_LONGEST_PAUSE_S, every_s))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
