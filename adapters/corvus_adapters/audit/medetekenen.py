"""Collect cosignatures: show each witness the newest checkpoint (C2SP tlog-witness)."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Final, Protocol

from corvus_adapters.webvraag import OK, vraag
from corvus_crypto.boom import consistency_path
from corvus_crypto.controlepunt import open_controlepunt, parse_size
from corvus_crypto.notitie import parse_regels
from corvus_schemas.errors import CorvusError, EnvelopeError, IntegrityError

if TYPE_CHECKING:
    from corvus_adapters.audit.beleid import Beleid
    from corvus_adapters.audit.opslag import Auditopslag
    from corvus_crypto.controlepunt import Getekend
    from corvus_crypto.notitie import Tekenregel

_CONFLICT: Final = 409
_TRIES: Final = 3


class Getuigenwaarnemer(Protocol):
    """Told how collecting goes."""

    def cosigned(self, getuige: str, grootte: int) -> None:
        """A witness cosigned the checkpoint of this size."""
        ...

    def not_cosigned(self, getuige: str, code: str) -> None:
        """A witness did not, or was not reached."""
        ...


class Medetekenaar:
    """Asks the witnesses of a policy; each gets a proof from where it was."""

    def __init__(
        self, beleid: Beleid, opslag: Auditopslag, waarnemer: Getuigenwaarnemer
    ) -> None:
        self._beleid = beleid
        self._opslag = opslag
        self._waarnemer = waarnemer
        self._stand = dict.fromkeys(beleid.urls, 0)

    async def collect(self) -> int:
        """Ask for what the newest checkpoint lacks; give how many witnesses it has.

        Raises:
            UnavailableError: the database does not answer.
        """
        for punt in await asyncio.to_thread(self._opslag.punten):
            getekend = open_controlepunt(punt.notitie, self._beleid.log)
            have = self._beleid.getuigen.cosigners(getekend)
            missing = [naam for naam in self._beleid.urls if naam not in have]
            found = await asyncio.gather(
                *(asyncio.to_thread(self._ask, naam, getekend) for naam in missing)
            )
            lines = [line for some in found for line in some]
            if lines:
                whole = getekend.notitie.with_lines(lines)
                count = len(have) + len(lines)
                await asyncio.to_thread(
                    self._opslag.zet_notitie, punt.grootte, whole.encode(), count
                )
            return len(have) + len(lines)
        return 0

    def _ask(self, naam: str, getekend: Getekend) -> list[Tekenregel]:
        try:
            line = self._cosignature(naam, getekend)
        except CorvusError as error:
            self._waarnemer.not_cosigned(naam, error.code)
            return []
        self._waarnemer.cosigned(naam, getekend.punt.grootte)
        return [line]

    def _cosignature(self, naam: str, getekend: Getekend) -> Tekenregel:
        size = getekend.punt.grootte
        for _ in range(_TRIES):
            old = self._stand[naam]
            if old > size:
                raise IntegrityError(
                    "auditlog.getuige_voor",
                    f"{naam} has seen {old} leaves of this log, which has {size}",
                    advice="Was the store or the topic restored? See the RUNBOOK.",
                )
            url = f"{self._beleid.urls[naam].rstrip('/')}/add-checkpoint"
            answer = vraag(url, body=self._request(old, getekend))
            if answer.status == OK:
                self._stand[naam] = size
                return self._own_line(naam, getekend, answer.tekst)
            if answer.status != _CONFLICT or answer.tekst.strip() == "getuige.vork":
                break
            self._stand[naam] = parse_size(answer.tekst.removesuffix("\n"))
        raise EnvelopeError(
            "auditlog.geen_getuige",
            f"{naam} did not cosign the checkpoint of {size} leaves",
            advice="Ask its operator: what it refused stands in its log.",
        )

    def _request(self, old: int, getekend: Getekend) -> bytes:
        path = consistency_path(self._opslag.boom, old, getekend.punt.grootte)
        lines = [f"old {old}", *(base64.b64encode(one).decode() for one in path)]
        return ("\n".join(lines) + "\n\n" + getekend.notitie.encode()).encode()

    def _own_line(self, naam: str, getekend: Getekend, text: str) -> Tekenregel:
        """Take the line that this witness's key verifies, and none besides."""
        sleutel = self._beleid.getuigen.getuigen[naam]
        for line in parse_regels(text):
            if line.is_by(sleutel):
                sleutel.verify(getekend.notitie.tekst, line.handtekening)
                return line
        raise EnvelopeError("notitie.handtekening", f"{naam} signed with another key")
