"""A recipient that is away for five days gets everything, in order, and delays nobody.

The clock is the test's own: the days pass at once.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from simulator import OM, POL, VT, Simulator, concept

from corvus_adapters.sdk.openen import Ontvangst
from corvus_schemas.wire.bewijs import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corvus_adapters.installatie import Installatie

DAYS, A_DAY, ZAKEN = 5, 6, 4


@pytest.fixture
def sim(sandbox: Installatie, tmp_path: Path) -> Iterator[Simulator]:
    simulator = Simulator(sandbox, tmp_path)
    yield simulator
    simulator.close()


async def collect(sim: Simulator, naam: str) -> list[Ontvangst]:
    """Fetch and confirm as an application does, a page at a time."""
    organisatie = sim.org(naam).organisatie
    found: list[Ontvangst] = []
    while post := await organisatie.haal_op(limit=7, wait_s=0):
        for one in post:
            if isinstance(one, Ontvangst):
                found.append(one)
                await organisatie.bevestig(one)
    return found


async def test_a_recipient_back_after_five_days_misses_nothing(sim: Simulator) -> None:
    pol = sim.org(POL).organisatie
    refs: list[str | None] = [None] * ZAKEN
    order: defaultdict[int, list[str]] = defaultdict(list)
    of_zaak: dict[str, int] = {}
    at_om = 0
    for day in range(DAYS):
        for turn in range(A_DAY):
            zaak = turn % ZAKEN
            # The second day on, the office of justice is addressed too.
            kind = "politiemelding" if day == 0 else "zsm_aanmelding"
            wat = concept(kind, seed=day * A_DAY + turn, zaak=refs[zaak])
            sent = await pol.verstuur(wat)
            refs[zaak] = sent.zaak
            order[zaak].append(sent.bericht_id)
            of_zaak[sent.bericht_id] = zaak
            sim.later(hours=24 / A_DAY)
        # OM fetches every evening: what VT does not fetch holds nothing up.
        at_om += len(await collect(sim, OM))
        await pol.haal_op(wait_s=0)
        assert at_om == day * A_DAY
    accepted = [one for one in sim.receipts(POL) if one.status == Status.GEACCEPTEERD]
    assert len(accepted) == DAYS * A_DAY

    found = await collect(sim, VT)

    handed: defaultdict[int, list[str]] = defaultdict(list)
    for one in found:
        handed[of_zaak[one.bericht_id]].append(one.bericht_id)
    assert handed == order
    assert not await collect(sim, VT)
    # Its confirmations still count, five days late.
    await pol.haal_op(wait_s=0)
    answers = [one for one in sim.deliveries(POL) if one.soort == "terugmelding"]
    assert len(answers) >= len(found) + at_om
    assert not sim.parked()
