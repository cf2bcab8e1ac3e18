"""Step 5: the same message again, and another message under the same id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attack import bend_kop, check_refused
from simulator import OM, POL, VT, concept

from corvus_broker.ports import Record
from corvus_broker.topics import INZENDING
from corvus_schemas.wire.bericht import Routering
from corvus_schemas.wire.bewijs import Ontvangstbewijs

if TYPE_CHECKING:
    from simulator import Simulator


@pytest.mark.parametrize("later", [{}, {"hours": 1}, {"days": 20}])
def test_the_same_message_gets_its_original_receipt(
    sim: Simulator, later: dict[str, float]
) -> None:
    # SPEC 12-1: byte for byte, also after the clock window
    message = sim.message()
    first = sim.submit(message)
    sim.later(**later)
    again = sim.submit(message)
    assert again.uitkomst == "HERHAALD"
    assert not again.leveringen
    assert not again.beslisregels
    (one,), (two,) = first.berichten, again.berichten
    assert one == two
    levering, *rest = sim.deliveries(VT)
    assert levering.soort == "levering"
    assert not rest, "delivered once"


def test_after_a_restart_a_duplicate_is_still_one(sim: Simulator) -> None:
    message = sim.message()
    first = sim.submit(message)
    partitie = sim.partition(Routering.decode(message.routering))
    sim.staten[partitie] = sim.rebuilt(partitie)
    again = sim.submit(message)
    assert again.uitkomst == "HERHAALD"
    assert again.berichten == first.berichten


def test_another_message_under_the_same_id_is_refused(sim: Simulator) -> None:
    ontwerp = sim.design(POL)
    sim.submit(sim.seal(POL, ontwerp))
    other = bend_kop(ontwerp, functie="wijkagent")
    check_refused(sim, sim.submit(sim.seal(POL, other)), "bericht.id_hergebruikt")


def test_the_same_content_sealed_again_is_another_message(sim: Simulator) -> None:
    """A resent attempt after acceptance has other keys, so another manifest."""
    ontwerp = sim.design(POL)
    sim.submit(sim.seal(POL, ontwerp))
    effecten = sim.submit(sim.seal(POL, ontwerp))
    check_refused(sim, effecten, "bericht.id_hergebruikt")


def test_two_organisations_may_choose_the_same_id(sim: Simulator) -> None:
    ontwerp = sim.design(POL)
    sim.submit(sim.seal(POL, ontwerp))
    besluit = sim.design(OM, concept("zsm_besluit", kenmerken={"hg_label": True}))
    same = bend_kop(besluit, bericht_id=ontwerp.kop.bericht_id)
    assert sim.submit(sim.seal(OM, same)).uitkomst == "GEACCEPTEERD"


def test_a_rejected_attempt_does_not_use_up_its_id(sim: Simulator) -> None:
    # SPEC 14-2
    ontwerp = sim.design(POL)
    wrong = bend_kop(ontwerp, ondertekend_op=sim.nu_ms + 3_600_000)
    check_refused(sim, sim.submit(sim.seal(POL, wrong)), "tijd.toekomst")
    right = bend_kop(ontwerp, poging=2)
    assert sim.submit(sim.seal(POL, right)).uitkomst == "GEACCEPTEERD"


def test_duplicates_within_one_batch_are_found(sim: Simulator) -> None:
    message = sim.message()
    partitie = sim.partition(Routering.decode(message.routering))
    records = [
        Record(INZENDING, partitie, n, b"", message.encode(), sim.nu_ms)
        for n in range(3)
    ]
    effecten = sim.handle(records)
    assert [one.uitkomst for one in effecten] == ["GEACCEPTEERD", *["HERHAALD"] * 2]
    assert len({one.berichten[0].inhoud for one in effecten}) == 1


def test_a_message_is_forgotten_after_the_dedupe_window_only(sim: Simulator) -> None:
    message = sim.message()
    sim.submit(message)
    partitie = sim.partition(Routering.decode(message.routering))
    kop_id = Ontvangstbewijs.decode(sim.effecten[0].berichten[0].inhoud).bericht_id
    oin = sim.org(POL).keystore.oin
    sim.later(days=34)
    sim.submit(b"", partitie=partitie)
    assert sim.staat(partitie).bericht(oin, kop_id) is not None
    sim.later(days=2)
    sim.submit(b"", partitie=partitie)
    assert sim.staat(partitie).bericht(oin, kop_id) is None
    assert sim.rebuilt(partitie).bericht(oin, kop_id) is None, "a tombstone was written"
