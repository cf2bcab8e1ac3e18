"""The cases of the domain, end to end: real SDKs, a real router, the real table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from corvus_adapters.app import utc_now
from corvus_adapters.cli.scenario import make_toneel, play_and_compare, running_router
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.scenario.bestand import load_scenarios

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from corvus_broker.ports import Transport

SCENARIOS: Final = Path(__file__).parents[1] / "scenarios"
SHIPPED: Final = Path(__file__).parents[2] / "adapters/corvus_adapters/scenario/data"
NAMES: Final = sorted(file.stem for file in SCENARIOS.glob("S*.yaml"))


@pytest.fixture(scope="module")
def sandbox_alle(tmp_path_factory: pytest.TempPathFactory) -> Installatie:
    path = tmp_path_factory.mktemp("keten") / "sandbox"
    make_sandbox(path, nu=utc_now())
    return Installatie.open(path)


@pytest.fixture
async def router(sandbox_alle: Installatie) -> AsyncIterator[Transport]:
    async with running_router(sandbox_alle) as transport:
        yield transport


def test_the_scenarios_are_there() -> None:
    assert len(NAMES) == 24


@pytest.mark.xdist_group("scenarios")
@pytest.mark.parametrize("name", NAMES)
async def test_everyone_gets_what_the_table_grants_and_nothing_else(
    name: str, sandbox_alle: Installatie, router: Transport
) -> None:
    [scenario] = load_scenarios(SCENARIOS / f"{name}.yaml")
    toneel = make_toneel(sandbox_alle, router)
    assert await play_and_compare(toneel, scenario) == []
    assert toneel.keten.geweigerd == []


@pytest.mark.xdist_group("scenarios")
async def test_a_wrong_expectation_is_reported(
    sandbox_alle: Installatie, router: Transport
) -> None:
    [scenario] = load_scenarios(SCENARIOS / "S08.yaml")
    first = scenario.berichten[0]
    wrong = first.verwacht["RECL"].model_copy(update={"ontvangt_iets": True})
    bent = first.model_copy(update={"verwacht": {**first.verwacht, "RECL": wrong}})
    scenario = scenario.model_copy(update={"berichten": (bent,), "termijnen": ()})
    [found] = await play_and_compare(make_toneel(sandbox_alle, router), scenario)
    assert (found.nr, found.ontvanger, found.wat) == (1, "RECL", "got nothing")


@pytest.mark.parametrize("name", ["S08", "S11"])
def test_the_demo_ships_the_scenarios_as_they_are(name: str) -> None:
    shipped = (SHIPPED / f"{name}.yaml").read_text("utf-8")
    assert shipped == (SCENARIOS / f"{name}.yaml").read_text("utf-8")
