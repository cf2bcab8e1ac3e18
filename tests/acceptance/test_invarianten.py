"""Rules of the chain that take several messages, played through a real router."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from corvus_adapters.app import utc_now
from corvus_adapters.cli.scenario import make_toneel, running_router
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.scenario.bestand import load_scenarios
from corvus_adapters.scenario.speler import Speler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from corvus_adapters.scenario.speler import Gespeeld
    from corvus_broker.ports import Transport

SCENARIOS: Final = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="module")
def installatie(tmp_path_factory: pytest.TempPathFactory) -> Installatie:
    path = tmp_path_factory.mktemp("keten") / "sandbox"
    make_sandbox(path, nu=utc_now())
    return Installatie.open(path)


@pytest.fixture
async def router(installatie: Installatie) -> AsyncIterator[Transport]:
    async with running_router(installatie) as transport:
        yield transport


async def played(
    name: str, numbers: list[int], installatie: Installatie, router: Transport
) -> list[Gespeeld]:
    """Play messages of a scenario, by number, in the order given."""
    [scenario] = load_scenarios(SCENARIOS / f"{name}.yaml")
    by_number = {one.nr: one for one in scenario.berichten}
    chosen = tuple(
        by_number[number].model_copy(update={"nr": 100 + place})
        for place, number in enumerate(numbers)
    )
    speler = Speler(
        make_toneel(installatie, router),
        scenario.model_copy(update={"berichten": chosen}),
    )
    return [one for one in await speler.play() if not one.vooraf]


def warned(gespeeld: Gespeeld) -> set[str]:
    return {code for _, bewijs in gespeeld.verzonden for code in bewijs.waarschuwingen}


async def test_i17_an_inbreng_is_delivered_with_an_alarm_until_it_is_reported(
    installatie: Installatie, router: Transport
) -> None:
    """S12: the RvdK brings in a case without a melding, and reports it afterwards."""
    before, report, after = await played("S12", [1, 2, 1], installatie, router)
    assert [one.geweigerd for one in (before, report, after)] == ["", "", ""]
    assert "alarm:I17" in warned(before)
    assert "alarm:I17" not in warned(report) | warned(after)


async def test_i03_a_release_before_the_judgement_is_delivered_with_an_alarm(
    installatie: Installatie, router: Transport
) -> None:
    """S02: the veiligheidsbeoordeling is due before the release."""
    *_, early = await played("S02", [1, 2, 4], installatie, router)
    assert "alarm:I03" in warned(early)
    assert early.geweigerd == ""
    *_, judged = await played("S02", [1, 2, 3, 4], installatie, router)
    assert "alarm:I03" not in warned(judged)
    assert "alarm:I02" in warned(judged), "acute: somebody checks the measures"
    assert judged.geweigerd == ""
