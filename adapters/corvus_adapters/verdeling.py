"""Division of partitions over router processes: by themselves, or by hand.

``Logverdeling`` keeps its list of members in a topic of the transport, SQLite or
Kafka. Kafka's own groups are not used (ADR 0025): who is gone is known sooner, and a
process that stops hands over at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_broker.ports import Append, Verdeling
from corvus_broker.topics import VERDELING
from corvus_broker.verdeling import Ledenlijst, encode_held
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_broker.ports import Transport

# How far back who joins looks: more than all members write until one counts as gone.
_HISTORY: Final = 1024
_LIMIT: Final = 512
_PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Ritme:
    """How often a member gives word, and after how long without he counts as gone."""

    beat_s: float = 0.5
    ttl_s: float = 3.0


class VasteVerdeling(Verdeling):
    """The partitions named on the command line."""

    divides = False

    def __init__(self, partities: frozenset[int]) -> None:
        """Give always these."""
        self._partities = partities

    async def join(self, on_change: Callable[[], None]) -> None:
        """Nothing ever changes."""
        del on_change

    async def renew(self, held: frozenset[int]) -> frozenset[int]:
        """Give the partitions."""
        del held
        return self._partities

    def unheld(self) -> frozenset[int]:
        """Nothing is known of others."""
        return frozenset()

    async def leave(self) -> None:
        """Nobody listens."""


class Logverdeling(Verdeling):
    """Membership in a topic: every member writes what it holds, and reads all."""

    divides = True

    def __init__(
        self,
        transport: Transport,
        partities: int,
        lid: str,
        ritme: Ritme,
        *,
        topic: str = VERDELING,
    ) -> None:
        """Be member ``lid``, a name that no other process has."""
        self._transport = transport
        self._place = (topic, 0)
        self._lid = lid
        self._ritme = ritme
        self._leden = Ledenlijst(partities, int(ritme.ttl_s * 1000))
        self._position = 0
        self._moved = asyncio.Event()
        self._follower: asyncio.Task[None] | None = None
        self._renewed: float | None = None
        self._sending: asyncio.Task[int] | None = None

    async def join(self, on_change: Callable[[], None]) -> None:
        """Begin to read; the first ``renew`` makes a member of this process."""
        end = await self._transport.end_offset(*self._place)
        self._position = max(0, end - _HISTORY)
        self._follower = asyncio.create_task(self._follow(on_change))

    async def _follow(self, on_change: Callable[[], None]) -> None:
        while True:
            try:
                records = await self._transport.read(
                    {self._place: self._position},
                    limit=_LIMIT,
                    wait_s=self._ritme.ttl_s,
                )
            except UnavailableError:
                await asyncio.sleep(_PAUSE_S)
                continue
            if not records:
                continue
            before = self._leden.wanted(self._lid)
            for record in records:
                self._leden.take_in(record.key, record.value, record.timestamp_ms)
            self._position = records[-1].offset + 1
            self._moved.set()
            if self._leden.wanted(self._lid) != before:
                on_change()

    async def renew(self, held: frozenset[int]) -> frozenset[int]:
        """Write what is held, read on to there, and give what should be held."""
        try:
            async with asyncio.timeout(self._ritme.ttl_s):
                offset = await self._say(encode_held(held))
                while self._position <= offset:
                    if self._follower is not None and self._follower.done():
                        self._follower.result()  # a fault of ours: not to be hidden
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise UnavailableError(
                "transport.onbereikbaar", "the membership could not be renewed in time"
            ) from None
        wanted = self._leden.wanted(self._lid)
        now, before = time.monotonic(), self._renewed
        self._renewed = now
        # After an outage everybody was silent: who speaks first would see the others
        # as gone. He waits one beat for their word before he takes anything.
        if before is not None and now - before > self._ritme.ttl_s:
            return wanted & held
        return wanted

    async def _say(self, word: bytes | None) -> int:
        """Append a word of this member; give its offset.

        Who grows impatient leaves the append under way: cut off halfway, a transport
        would have to connect anew, and that takes longer than waiting.
        """
        if self._sending is not None and not self._sending.done():
            await asyncio.wait({self._sending})
        self._sending = asyncio.create_task(self._append(word))
        self._sending.add_done_callback(lambda one: one.cancelled() or one.exception())
        return await asyncio.shield(self._sending)

    async def _append(self, word: bytes | None) -> int:
        append = Append(*self._place, self._lid.encode(), word)
        (offset,) = await self._transport.append([append])
        return offset

    def unheld(self) -> frozenset[int]:
        """What nobody works on."""
        return self._leden.unheld()

    async def leave(self) -> None:
        """Say goodbye, so that nobody waits for this member to fall silent."""
        follower, self._follower = self._follower, None
        if follower is None:
            return
        follower.cancel()
        await asyncio.gather(follower, return_exceptions=True)
        with contextlib.suppress(TimeoutError, UnavailableError):
            async with asyncio.timeout(self._ritme.ttl_s):
                await self._say(None)
