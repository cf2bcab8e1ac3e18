"""Entries on the register's topic, right or wrong in one chosen way, and a clock."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from corvus_adapters.registerdienst.stuk import TABEL, VERSIE, make_append
from corvus_adapters.registerdienst.waarnemer import Registerwaarnemer

if TYPE_CHECKING:
    from corvus_adapters.registerdienst import Stukken
    from corvus_broker.ports import Append
    from corvus_broker.register import Registerversie


@dataclass
class Klok:
    """The time of everybody in a test: of the log, the router and the SDKs."""

    nu: datetime

    def now(self) -> datetime:
        return self.nu

    def ms(self) -> int:
        return int(self.nu.timestamp() * 1000)

    def to(self, moment_ms: int) -> None:
        self.nu = datetime.fromtimestamp(moment_ms / 1000, UTC)

    def later(self, **delta: float) -> None:
        self.nu += timedelta(**delta)


@dataclass
class Notities(Registerwaarnemer):
    """Keeps what a follower reports."""

    genomen: list[int] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    storingen: list[str] = field(default_factory=list)

    def taken(self, versie: Registerversie) -> None:
        self.genomen.append(versie.volgnummer)

    def refused(self, code: str) -> None:
        self.codes.append(code)

    def unavailable(self, code: str) -> None:
        self.storingen.append(code)


def appends(*versions: Stukken) -> list[Append]:
    """Each version behind the table it names."""
    found = []
    for one in versions:
        found += [make_append(TABEL, one.tabel), make_append(VERSIE, one.register)]
    return found


def edited(dsse: bytes, old: bytes, new: bytes) -> bytes:
    """Change a signed payload, and leave the signatures as they were."""
    envelope = json.loads(dsse)
    payload = base64.b64decode(envelope["payload"])
    assert old in payload
    changed = payload.replace(old, new, 1)
    envelope["payload"] = base64.b64encode(changed).decode()
    return json.dumps(envelope).encode()
