"""Configuration of the chain that a scenario sets: a register version, signed for it.

In a sandbox both officers' keys are at hand, so that a scenario can show what the same
message does under another configuration. The version is kept with the others: what was
sealed under it can be proven later.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from corvus_adapters.app import build_keuring
from corvus_adapters.installatie.functionarissen import read_functionaris
from corvus_adapters.registerdienst.bestanden import file_entries, store
from corvus_adapters.registerdienst.keuring import Stukken
from corvus_adapters.registerdienst.opstellen import draw_up
from corvus_broker.register import Wijziging, sign_register

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from corvus_adapters.installatie.openen import Installatie

_SECOND_MS: Final = 1000
_KEY: Final = ".ed25519.key.pem"


class Ketenstand:
    """Sets what holds of the whole chain, as its officers would."""

    def __init__(self, installatie: Installatie, clock: Callable[[], datetime]) -> None:
        self._installatie = installatie
        self._clock = clock

    async def set(self, wanted: Mapping[str, bool]) -> None:
        """Let these kenmerken hold from now on; waits until they do.

        Raises:
            RegisterError: ``register.kenmerk`` and what else a version is refused with.
            SettingsError: the officers' keys are not here, as in production.
        """
        registers = self._installatie.register
        now = int(self._clock().timestamp() * _SECOND_MS)
        held = registers.op(now).kenmerken
        if all(held.get(naam) == waarde for naam, waarde in wanted.items()):
            return
        start = now // _SECOND_MS * _SECOND_MS + _SECOND_MS
        keuring = build_keuring(self._installatie)
        wijziging = Wijziging(geldig_van_ms=start, kenmerken=wanted)
        newest = file_entries(self._installatie)[registers.versies[-1].digest]
        stuk, tabel = draw_up(newest, wijziging, None, keuring)
        folder = self._installatie.path / "functionarissen"
        names = sorted(one.name.removesuffix(_KEY) for one in folder.glob(f"*{_KEY}"))
        officers = [(name, read_functionaris(folder, name)) for name in names]
        signed = Stukken(sign_register(stuk, officers), tabel)
        versie = keuring.open(signed)
        store(self._installatie, versie, signed)
        registers.add(versie)
        await asyncio.sleep((start - now) / _SECOND_MS)
