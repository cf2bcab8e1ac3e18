"""Any file in the format is played: also others than the domain's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from corvus_adapters.cli.main import build_app
from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_adapters.scenario.bestand import load_scenarios
from corvus_adapters.scenario.keuring import check_scenario
from corvus_routing.tabel import parse_tabel
from corvus_routing.uitwisseling_yaml import to_yaml
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError

FILES: Final = Path(__file__).parents[1] / "fixtures" / "scenario"
APP: Final = build_app("scenario")
RUNNER: Final = CliRunner()


@pytest.mark.xdist_group("scenarios")
def test_markdown_with_other_types_and_regions_is_played() -> None:
    result = RUNNER.invoke(APP, ["scenario", "run", str(FILES / "hold.md"), "--json"])
    first, second = json.loads(result.stdout)
    assert result.exit_code == 0, result.stdout
    assert (first["id"], second["id"]) == ("X1", "X2")
    assert first["verschillen"] == second["verschillen"] == []
    [told] = first["opmerkingen"]
    assert "vraag.toon" in told
    ran = {loop["id"]: loop for loop in second["termijnen"]}
    assert ran["T26"]["gehaald"] == "ja"
    assert ran["T07"]["uiterlijk"] == "2031-10-26T23:30+01:00"


ELDERS: Final = (
    "did not start at 2031-06-10T10:30+02:00,"
    " but at 2031-06-10T10:00+02:00, 2031-06-10T12:00+02:00"
)


@pytest.mark.xdist_group("scenarios")
def test_every_wrong_expectation_is_named_and_the_exit_code_is_1() -> None:
    result = RUNNER.invoke(
        APP, ["scenario", "run", str(FILES / "klopt_niet.yaml"), "--json"]
    )
    assert result.exit_code == 1
    [uitslag] = json.loads(result.stdout)
    found = {
        (one["nr"], one["ontvanger"], one["wat"]) for one in uitslag["verschillen"]
    }
    assert found == {
        (1, "VT", "got melding"),
        (1, "VT", "zorgen is not held"),
        (2, "RVDK", "got nothing"),
        (2, "RVDK", "lacks incident"),
        (2, "VT", "got something and is not named"),
        (0, "T27", "ends at 2031-06-11T11:00+02:00"),
        (
            0,
            "T29",
            ELDERS,
        ),
        (0, "T25", "there is no such termijn"),
        (0, "T05", "did not start"),
    }


@pytest.mark.xdist_group("scenarios")
def test_the_same_case_under_another_table_comes_out_otherwise(tmp_path: Path) -> None:
    tabel = to_yaml(parse_tabel(concept_tabel(), load_catalogus()))
    head, *rules = tabel.split("\n- regel: ")
    kept = [one for one in rules if "berichttype: acuut_signaal\n" not in one]
    assert len(kept) < len(rules)
    file = tmp_path / "kandidaat.yaml"
    file.write_text("\n- regel: ".join([head, *kept]), "utf-8")
    arguments = ["scenario", "run", str(FILES / "hold.md"), "--table", str(file)]
    result = RUNNER.invoke(APP, arguments, env={"COLUMNS": "160"})
    assert result.exit_code == 1
    assert "✓ X1" in result.stdout
    assert "✗ X2" in result.stdout
    assert "lacks signaal" in result.stdout


GOOD: Final = """
id: X9
berichten:
- nr: 1
  t: "2031-01-01T00:00+01:00"
  type: politiemelding
  adressering: keten
  van: POL
  verwacht: {VT: {moet: [melding]}}
"""


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("nr: 1", "nr: x", "X9: berichten.0.nr: "),
        ("moet:", "moeten:", "X9: berichten.0.verwacht.VT.moeten: extra inputs"),
        ("keten", "ketting", "X9: berichten.0.adressering: "),
        ("berichten:", "boodschappen:", "X9: berichten: field required"),
        ("id: X9", "id: [", "is no YAML at line "),
        ("[melding]", "[meldng]", "X9: berichten nr 1: verwacht.VT.moet: "),
        ("politiemelding", "politiemeldig", "X9: berichten nr 1: there is no berichtt"),
        ("van: POL", "van: POLITIE", "X9: berichten nr 1: there is no organisatiet"),
        ("+01:00", "", "X9: berichten nr 1: t: a date and time with a time zone"),
        (
            "van: POL",
            "van: POL\n  attributen: {hg_labl: true}",
            "X9: berichten nr 1: attributen: there is no kenmerk 'hg_labl'",
        ),
        (
            "id: X9",
            "id: X9\ntermijnen: [{id: T01, start: gisteren}]",
            "X9: termijnen.0.start: ",
        ),
    ],
)
def test_a_fault_is_refused_with_code_and_place(
    old: str, new: str, place: str, tmp_path: Path
) -> None:
    file = tmp_path / "geval.yaml"
    file.write_text(GOOD, "utf-8")
    [scenario] = load_scenarios(file)
    check_scenario(scenario, load_catalogus())
    assert old in GOOD
    file.write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(SchemaError) as caught:
        check_scenario(load_scenarios(file)[0], load_catalogus())
    assert caught.value.code == "scenario.ongeldig"
    assert place in caught.value.message


@pytest.mark.parametrize("name", ["leeg.yaml", "leeg.md", "weg.yaml"])
def test_a_file_without_a_scenario_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    if name.startswith("leeg"):
        file.write_text("# niets\n", "utf-8")
    with pytest.raises(SchemaError, match=r"scenario\.ongeldig"):
        load_scenarios(file)
