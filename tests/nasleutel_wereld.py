"""A chain in which an organisation loses its key and declares another one."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING

from simulator import POL, VT, Simulator, concept
from simulator_registers import opened, organisation, soon, start_of

from corvus_adapters.installatie import Installatie
from corvus_adapters.sdk.nasleutel import seal_nasleutel
from corvus_adapters.sdk.openen import Ontvangst
from corvus_broker.register import Registerreeks, declare_key
from corvus_crypto.certificaten import to_ms
from corvus_crypto.suite import DEFAULT_SUITE
from corvus_schemas.identifiers import parse_bericht_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corvus_adapters.sdk.concept import Concept
    from corvus_adapters.sdk.nasleutel import Nasleutelontwerp
    from corvus_adapters.sdk.organisatie import Verzonden
    from corvus_broker.effecten import Effecten
    from corvus_broker.register.formaat import RegisterStuk
    from corvus_schemas.wire.nasleutel import Nasleutel


class Wereld:
    """POL sent a melding; in an hour VT has another key in the register."""

    def __init__(self, sim: Simulator, old: bytes) -> None:
        self.sim, self._old = sim, old
        self.sent: Verzonden
        self.eerst: list[Ontvangst] = []

    @property
    def bericht_id(self) -> bytes:
        return parse_bericht_id(self.sent.bericht_id)

    async def start(self, wat: Concept | None = None, *, fetch: bool = True) -> Wereld:
        self.sent = await self.sim.org(POL).organisatie.verstuur(wat or concept())
        await self.sim.post(POL)
        if fetch:
            self.eerst = await self.received(VT)
        return self

    async def received(self, naam: str) -> list[Ontvangst]:
        return [one for one in await self.sim.post(naam) if isinstance(one, Ontvangst)]

    def lose_key(self, naam: str = VT) -> None:
        """Destroy the key the message was sealed to, and start that client again."""
        deelnemer = self.sim._orgs.pop(naam)
        deelnemer.organisatie.postbus.close()
        (deelnemer.keystore.path / "sleutels" / f"{self._old.hex()}.key").unlink()
        self.sim.later(hours=2)

    def ontwerp(self, *namen: str, naam: str = POL) -> Nasleutelontwerp:
        """Work a nasleutel out as its sender would, unsealed."""
        oins = [self.sim.org(one).oin for one in namen or (VT,)]
        maker = self.sim.org(naam).organisatie._nasleutels
        return maker.ontwerp(self.bericht_id, oins, uuid.uuid4().bytes, 1)

    def seal(self, ontwerp: Nasleutelontwerp, naam: str = POL) -> Nasleutel:
        return seal_nasleutel(ontwerp, self.sim.zegel(naam))

    def submit(self, nasleutel: Nasleutel) -> Effecten:
        return self.sim.submit(nasleutel.encode(), partitie=self.sent.partitie)


def make_wereld(
    sandbox: Installatie, folder: Path, *, tabel: str | None = None
) -> Iterator[Wereld]:
    """Make one on a copy of the sandbox; ``tabel`` is the one of before the hour."""
    path = folder / "corvus"
    shutil.copytree(
        sandbox.path, path, ignore=shutil.ignore_patterns("*.sqlite*", "*.jsonl")
    )
    installatie = Installatie.open(path)
    begin = start_of(installatie)
    keystore = installatie.keystore(VT)
    private, public = DEFAULT_SUITE.generate_key()
    owner = (keystore.oin, keystore.thumbprint, keystore.signing_key)
    period = (to_ms(soon(begin)), to_ms(soon(begin, days=180)))
    key = declare_key(owner, DEFAULT_SUITE.id, public, 2, period)
    keystore.add_private_key(bytes.fromhex(key["id"]), private)

    def change(stuk: RegisterStuk) -> None:
        one = organisation(stuk, keystore.oin)
        kept = [old for old in one["sleutels"] if old["suite"] != DEFAULT_SUITE.id]
        one["sleutels"] = [*kept, key]

    first = opened(installatie, tabel=tabel)
    second = opened(installatie, change, van=soon(begin, hours=2), volgnummer=2)
    old = first.sleutel(keystore.oin, to_ms(soon(begin)), DEFAULT_SUITE.id)
    assert old is not None
    sim = Simulator(
        installatie,
        folder,
        registers=Registerreeks([first, second]),
        nu=soon(begin, hours=1),
    )
    yield Wereld(sim, old.id)
    sim.close()
