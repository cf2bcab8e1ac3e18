"""What holds of the whole chain is in the register, signed by two officers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from corvus_adapters.app import build_keuring, utc_now
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.registerdienst.bestanden import file_entries
from corvus_adapters.registerdienst.opstellen import draw_up
from corvus_adapters.scenario.instellen import Ketenstand
from corvus_broker.register import Wijziging
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from pathlib import Path

IN_WRITING = "schriftelijk_toegestaan"


@pytest.fixture
def installatie(tmp_path: Path) -> Installatie:
    make_sandbox(tmp_path / "sandbox", nu=utc_now(), organisaties="minimaal")
    return Installatie.open(tmp_path / "sandbox")


async def test_a_register_version_sets_it_and_the_next_one_takes_it_back(
    installatie: Installatie,
) -> None:
    # SPEC 14-23
    stand = Ketenstand(installatie, utc_now)
    versies = installatie.register
    assert versies.versies[-1].kenmerken[IN_WRITING] is False
    await stand.set({IN_WRITING: True})
    assert versies.versies[-1].kenmerken[IN_WRITING] is True
    again = Installatie.open(installatie.path).register
    assert again.versies[-1].kenmerken[IN_WRITING] is True
    await stand.set({IN_WRITING: False})
    assert [one.kenmerken[IN_WRITING] for one in versies.versies] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("naam", ["geheim_adres", "toestemming_verdachte", "verzonnen"])
def test_the_register_sets_nothing_else(installatie: Installatie, naam: str) -> None:
    # SPEC 14-23
    newest = installatie.register.versies[-1]
    basis = file_entries(installatie)[newest.digest]
    wijziging = Wijziging(newest.geldig_van_ms + 60_000, kenmerken={naam: True})
    with pytest.raises(RegisterError, match=r"register\.kenmerk"):
        draw_up(basis, wijziging, None, build_keuring(installatie))
