"""The organisations of one area, ready to send and receive over one transport."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from corvus_adapters.sdk.openen import Ontvangst
from corvus_adapters.sdk.plan import find_gebied
from corvus_adapters.sdk.post import Geweigerdepost, Ontvangenbewijs
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.vrijgave import AANVULLING
from corvus_routing.gebieden import load_gebieden
from corvus_schemas.errors import AddressError, UnavailableError
from corvus_schemas.identifiers import format_id
from corvus_schemas.wire.bewijs import FROM_RECIPIENT, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from corvus_adapters.sdk.organisatie import Organisatie
    from corvus_broker.register import Registerreeks
    from corvus_routing.gebied import Gebied
    from corvus_schemas.wire.bewijs import Ontvangstbewijs

TIMEOUT_S: Final = 20.0
_POLL_S: Final = 0.02


class Keten:
    """Finds organisations by type and area, and waits for what they are to get."""

    def __init__(
        self,
        registers: Registerreeks,
        client: Callable[[str], Organisatie],
        clock: Callable[[], datetime],
    ) -> None:
        self._registers = registers
        self._client = client
        self._clock = clock
        self._clients: dict[str, Organisatie] = {}
        self.ontvangen: dict[tuple[str, str], Ontvangst] = {}
        self.leveringen: dict[bytes, Ontvangst] = {}
        self.aanvullingen: dict[tuple[str, str], Ontvangstbewijs] = {}
        self.bewijzen: dict[tuple[str, str], Ontvangstbewijs] = {}
        self.geweigerd: list[Geweigerdepost] = []

    def client(self, oin: str) -> Organisatie:
        """Give the client of an organisation."""
        if oin not in self._clients:
            self._clients[oin] = self._client(oin)
        return self._clients[oin]

    def resolve(
        self, type_: str, gebied: Gebied, *, other_than: str = ""
    ) -> Organisatie:
        """Find the organisation of a type in an area; another one of its type if asked.

        Raises:
            AddressError: nobody answers for the area.
        """
        op = self._clock()
        adresboek = self._registers.op(int(op.timestamp() * 1000)).adresboek
        found = adresboek.resolve(type_, gebied, op).oin
        if found != other_than:
            return self.client(found)
        for oin in adresboek.oins():
            if oin != other_than and adresboek.organisatie(oin, op).type == type_:
                return self.client(oin)
        raise AddressError("geen_route", f"there is no second {type_} in the adresboek")

    async def settle(self, sender: Organisatie, bericht_id: str) -> Ontvangstbewijs:
        """Wait for the broker's receipt, and for every delivery it names.

        Raises:
            UnavailableError: ``keten.wacht``; is a router running?
        """
        key = (sender.oin, bericht_id)
        await self._until(lambda: key in self.bewijzen, {sender.oin})
        bewijs = self.bewijzen[key]
        getting = {
            one.ontvanger for one in bewijs.verstrekkingen if one.levering is not None
        }
        await self._until(
            lambda: all((oin, bericht_id) in self.ontvangen for oin in getting), getting
        )
        return bewijs

    async def supplement(self, sender: Organisatie, bericht_id: str) -> Ontvangstbewijs:
        """Wait for the receipt on what was held, and for every delivery it names.

        Raises:
            UnavailableError: ``keten.wacht``; nothing was released.
        """
        key = (sender.oin, bericht_id)
        await self._until(lambda: key in self.aanvullingen, {sender.oin})
        bewijs = self.aanvullingen[key]
        getting = {
            one.ontvanger: one.levering
            for one in bewijs.verstrekkingen
            if one.levering is not None
        }
        await self._until(
            lambda: all(one in self.leveringen for one in getting.values()),
            {*getting},
        )
        return bewijs

    async def drain(self) -> None:
        """Fetch until nothing comes any more, so that late receipts are in."""
        fetched = 1
        while fetched:
            fetched = sum([await self._fetch(oin) for oin in [*self._clients]])

    async def _until(self, done: Callable[[], bool], oins: set[str]) -> None:
        deadline = asyncio.get_running_loop().time() + TIMEOUT_S
        while not done():
            for oin in oins:
                await self._fetch(oin)
            if asyncio.get_running_loop().time() > deadline:
                raise UnavailableError(
                    "keten.wacht",
                    f"nothing came within {TIMEOUT_S:.0f} seconds",
                    advice="Is a router running? corvus router",
                )

    async def _fetch(self, oin: str) -> int:
        post = await self.client(oin).haal_op(wait_s=_POLL_S)
        for one in post:
            if isinstance(one, Ontvangst):
                self.ontvangen.setdefault((oin, one.bericht_id), one)
                self.leveringen[one.levering_digest] = one
            elif isinstance(one, Ontvangenbewijs):
                self._note(oin, one.bewijs)
            else:
                self.geweigerd.append(one)
        return len(post)

    def _note(self, oin: str, bewijs: Ontvangstbewijs) -> None:
        key = (oin, format_id(bewijs.bericht_id))
        if AANVULLING in bewijs.waarschuwingen:
            self.aanvullingen[key] = bewijs
        elif bewijs.status not in FROM_RECIPIENT | {Status.AANGEHOUDEN}:
            self.bewijzen[key] = bewijs


def gebied_of_regio(text: str, op: datetime) -> Gebied:
    """Read the area of a scenario: the VT-regio that its text names.

    Raises:
        AddressError: ``regio.onbekend``.
    """
    regios = load_gebieden().regios_op(op.astimezone(AMSTERDAM).date())
    wanted = re.sub(r".*VT-regio\s+", "", text).split("(")[0].strip().casefold()
    for regio in regios:
        if regio.naam.casefold() == wanted:
            return find_gebied(None, regio.code, op)
    raise AddressError(
        "regio.onbekend",
        "the scenario names no VT-regio that exists",
        advice="Write for example: regio: VT-regio Groningen",
    )
