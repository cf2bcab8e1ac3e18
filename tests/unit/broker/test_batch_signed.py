"""Messages signed together stand alone: none has to arrive for another to count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from attack import bend, check_dead
from simulator import POL, VT

from corvus_crypto.ondertekening import parse_ondertekening
from corvus_schemas.wire.bericht import Routering

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_schemas.wire.bericht import Inzending


@pytest.fixture
def together(sim: Simulator) -> list[Inzending]:
    """Five messages of as many zaken, under one signature."""
    return sim.seal_together(POL, [sim.design(POL) for _ in range(5)])


def test_each_counts_on_its_own(sim: Simulator, together: list[Inzending]) -> None:
    for number in (3, 0, 4):
        assert sim.submit(together[number]).uitkomst == "GEACCEPTEERD"
    assert len([one for one in sim.deliveries(VT) if one.soort == "levering"]) == 3
    assert sim.submit(together[3]).uitkomst == "HERHAALD"


async def test_each_opens_at_its_recipient(
    sim: Simulator, together: list[Inzending]
) -> None:
    sim.submit(together[2])
    (one,) = await sim.org(VT).organisatie.ontvang(wait_s=0)
    assert one.inhoud["melding"]


def test_the_signature_of_a_sibling_does_not_do(
    sim: Simulator, together: list[Inzending]
) -> None:
    # SPEC 8-4
    first, second = together[:2]
    swapped = bend(first, ondertekening=second.ondertekening)
    check_dead(sim, sim.submit(swapped), "handtekening.ongeldig")


@pytest.mark.parametrize("field", ["index", "grootte", "pad", "zout"])
def test_another_place_in_the_batch_does_not_do(
    sim: Simulator, together: list[Inzending], field: str
) -> None:
    first = together[0]
    signature = parse_ondertekening(first.ondertekening)
    boom = signature.boom
    assert boom is not None
    other = {
        "index": replace(boom, index=boom.index + 1),
        "grootte": replace(boom, grootte=boom.grootte + 1),
        "pad": replace(boom, pad=boom.pad[:-1]),
        "zout": replace(boom, zout=bytes(16)),
    }
    bent = replace(signature, boom=other[field])
    check_dead(
        sim,
        sim.submit(bend(first, ondertekening=bent.encode())),
        "handtekening.ongeldig",
    )


def test_a_batch_does_not_tell_who_was_in_it(
    sim: Simulator, together: list[Inzending]
) -> None:
    """No sibling's manifest nor zaak can be read or guessed from a path."""
    boom = parse_ondertekening(together[0].ondertekening).boom
    assert boom is not None
    for other in together[1:]:
        assert Routering.decode(other.routering).zaak not in together[0].ondertekening
        theirs = parse_ondertekening(other.ondertekening).boom
        assert theirs is not None
        assert theirs.zout != boom.zout
