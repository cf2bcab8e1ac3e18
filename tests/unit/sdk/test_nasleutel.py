"""The sender's side of a nasleutel: what it keeps, refuses, sends again."""

from __future__ import annotations

import sqlite3
import uuid
from typing import TYPE_CHECKING

import pytest
from nasleutel_wereld import make_wereld
from simulator import OM, POL, VT, concept

from corvus_adapters.sdk.nasleutel import BEWAREN_MS
from corvus_schemas.errors import AddressError, SealError, UnavailableError
from corvus_schemas.identifiers import parse_bericht_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nasleutel_wereld import Wereld

    from corvus_adapters.installatie import Installatie
    from corvus_broker.ports import Append


@pytest.fixture
def wereld(sandbox: Installatie, tmp_path: Path) -> Iterator[Wereld]:
    yield from make_wereld(sandbox, tmp_path)


async def code_of(wereld: Wereld, bericht_id: str, *oins: str) -> str:
    with pytest.raises((SealError, AddressError)) as caught:
        await wereld.sim.org(POL).organisatie.nasleutel(bericht_id, oins)
    return caught.value.code


async def test_what_cannot_be_made_is_refused_here(wereld: Wereld) -> None:
    await wereld.start()
    vt, om = wereld.sim.org(VT).oin, wereld.sim.org(OM).oin
    known = wereld.sent.bericht_id
    assert await code_of(wereld, str(uuid.uuid4()), vt) == "nasleutel.onbekend"
    assert await code_of(wereld, known) == "nasleutel.niemand"
    assert await code_of(wereld, known, "0" * 20) == "organisatie.onbekend"
    assert await code_of(wereld, known, om) == "geen_ontvanger"
    unconfirmed = wereld.sim.org(POL).organisatie.leg_klaar(concept(seed=2))
    code = await code_of(wereld, unconfirmed.bericht_id, vt)
    assert code == "nasleutel.geen_bewijs"


async def test_celgeheimen_are_destroyed_at_their_date(wereld: Wereld) -> None:
    # SPEC 18-13
    await wereld.start()
    pol = wereld.sim.org(POL).organisatie
    kept = pol.postbus.nasleutels.celgeheimen(wereld.bericht_id)
    assert len(kept) > 5
    path = wereld.sim.folder / f"{POL}.sqlite"
    days = BEWAREN_MS // 86_400_000
    assert days == 120
    wereld.sim.later(days=days - 1)
    await pol.verzend()
    assert pol.postbus.nasleutels.celgeheimen(wereld.bericht_id) == kept
    wereld.sim.later(days=30)
    await pol.verzend()
    assert pol.postbus.nasleutels.celgeheimen(wereld.bericht_id) == {}
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    assert not any(geheim in data for geheim in kept.values())


async def test_without_its_celgeheimen_there_is_none(wereld: Wereld) -> None:
    # SPEC 18-13
    await wereld.start()
    pol = wereld.sim.org(POL).organisatie
    pol.postbus.nasleutels.destroy_before(2**60)
    code = await code_of(wereld, wereld.sent.bericht_id, wereld.sim.org(VT).oin)
    assert code == "nasleutel.geheim_weg"


async def test_what_was_not_sent_is_sent_after_a_crash(
    wereld: Wereld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wereld.start()
    oin = wereld.sim.org(VT).oin

    async def down(_: Sequence[Append]) -> Sequence[int]:
        raise UnavailableError("transport.onbereikbaar", "down")

    before = len(wereld.sim.effecten)
    with monkeypatch.context() as patch:
        patch.setattr(wereld.sim.log, "append", down)
        with pytest.raises(UnavailableError):
            await wereld.sim.org(POL).organisatie.nasleutel(
                wereld.sent.bericht_id, [oin]
            )
    wereld.sim._orgs.pop(POL).organisatie.postbus.close()
    assert len(wereld.sim.effecten) == before
    assert await wereld.sim.org(POL).organisatie.verzend() == 1
    assert wereld.sim.effecten[-1].uitkomst == "NAGESLEUTELD"
    assert await wereld.sim.org(POL).organisatie.verzend() == 0


async def test_it_is_sealed_again_when_the_key_was_replaced(wereld: Wereld) -> None:
    await wereld.start()
    pol = wereld.sim.org(POL).organisatie
    made = pol._nasleutels.leg_klaar(wereld.sent.bericht_id, [wereld.sim.org(VT).oin])
    wereld.sim.later(hours=2)
    await pol.verzend()
    assert wereld.sim.effecten[-1].code == "register.verouderd"
    await wereld.sim.post(POL)
    assert wereld.sim.effecten[-1].uitkomst == "NAGESLEUTELD"
    found = pol.postbus.nasleutels.find(parse_bericht_id(made.nasleutel_id))
    assert found is not None
    assert found.poging == 2
    message = pol.postbus.uitgaand(wereld.bericht_id)
    assert message is not None
    assert (message.poging, message.status) == (1, "GEACCEPTEERD")
