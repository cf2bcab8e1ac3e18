"""Cases of the field, decided by a real router, decided again from the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from corvus_adapters.app import build_volger, utc_now
from corvus_adapters.bewijs.auditlog import Auditlezer
from corvus_adapters.cli.scenario import make_toneel, running_router
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.scenario.bestand import load_scenarios
from corvus_adapters.scenario.speler import Speler
from corvus_broker.herbeoordeling import compare_kandidaat, koppen_of, replay

if TYPE_CHECKING:
    from corvus_broker.auditboek import Dossier

SCENARIOS: Final = Path(__file__).parents[1] / "scenarios"
# Answers, facts that are cited, what is held, several persons.
PLAYED: Final = ("S05", "S06", "S08", "S11", "S14", "S16", "S17", "S20")


@pytest.mark.xdist_group("scenarios")
async def test_every_decision_of_these_cases_can_be_made_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # SPEC 13-5, SPEC 13-6
    path = tmp_path_factory.mktemp("replay") / "sandbox"
    make_sandbox(path, nu=utc_now())
    installatie = Installatie.open(path)
    dossiers: list[Dossier] = []
    async with running_router(installatie) as transport:
        for name in PLAYED:
            [scenario] = load_scenarios(SCENARIOS / f"{name}.yaml")
            await Speler(make_toneel(installatie, transport), scenario).play()
        volger = build_volger(installatie, transport, max_age_s=1)
        lezer = Auditlezer(transport, installatie.register, volger)
        async for stuk in lezer.read():
            assert stuk.fout is None
            dossiers += stuk.dossiers
    naslag = lezer.naslag
    assert len(dossiers) >= len(PLAYED)
    for dossier in dossiers:
        beoordeling = dossier.beoordeling
        assert replay(dossier, naslag) == []
        tables = naslag.tables(beoordeling)
        same = compare_kandidaat(beoordeling, naslag, lambda _: tables.van_kracht)  # noqa: B023 - called at once
        assert same == []
        vraag = naslag.question(beoordeling)
        assert {kop.ontvanger for kop in koppen_of(vraag)} == {
            one.oin for one in vraag.ontvangers
        }
    asked = [naslag.question(one.beoordeling) for one in dossiers]
    assert any(one.verwijzing for vraag in asked for one in vraag.ontvangers)
    assert any(vraag.kenmerken.per_ontvanger for vraag in asked)
