"""The commands for those who own the table, run as they run them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

import corvus_routing
from corvus_adapters.cli import gedeeld
from corvus_adapters.cli.main import build_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet
    from typer.testing import Result

CONCEPT = (
    Path(corvus_routing.__file__).parent / "data" / "verstrekkingentabel-concept.yaml"
)
FIXTURES = Path(__file__).parents[1] / "fixtures" / "lint"
RUNNER = CliRunner()
pytestmark = pytest.mark.xdist_group("cli_tabel")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give lines room, so that a sentence stands on one."""
    for console in (gedeeld.console, gedeeld.errors):
        monkeypatch.setattr(console, "width", 200)


def corvus(*args: str | Path) -> Result:
    """Run a command in this process; an error that is not ours comes out of it."""
    return RUNNER.invoke(
        build_app("tabel"), ["tabel", *map(str, args)], catch_exceptions=False
    )


@pytest.fixture(scope="module")
def kandidaat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The concept table with one condition widened and one denial taken out."""
    blocks = CONCEPT.read_text(encoding="utf-8").split("\n- ")
    kept = [block for block in blocks if not block.startswith("regel: R2506\n")]
    text = "\n- ".join(
        block.replace('"!opsporingsbelang"', '"true"')
        if block.startswith("regel: R0006\n")
        else block
        for block in kept
    )
    path = tmp_path_factory.mktemp("tabel") / "kandidaat.yaml"
    path.write_text(text.replace("versie: 1", "versie: 2", 1), encoding="utf-8")
    return path


def test_lint_of_a_table_with_a_fout_says_what_to_do_and_exits_1() -> None:
    done = corvus("lint", FIXTURES / "onbereikbaar.yaml", "--op", "2026-11-22")
    assert done.exit_code == 1, done.stderr
    assert "fout onbereikbaar (1): correct it, or take the rule out" in done.stdout
    assert "bekendheidscheck_antwoord VT to POL, contactpersonen" in done.stdout
    assert "table proef, version 1, 5 rules valid on 2026-11-22" in done.stdout


def test_lint_of_warnings_only_exits_0_and_its_json_is_stable() -> None:
    twice = [
        corvus("lint", FIXTURES / "dubbel.yaml", "--op", "2026-11-22", "--json")
        for _ in range(2)
    ]
    assert [done.exit_code for done in twice] == [0, 0]
    assert twice[0].stdout == twice[1].stdout
    rapport = json.loads(twice[0].stdout)
    assert list(rapport) == ["tabel", "versie", "op", "regels", "bevindingen"]
    [dubbel] = [een for een in rapport["bevindingen"] if een["code"] == "dubbel"]
    assert dubbel == {
        "code": "dubbel",
        "ernst": "waarschuwing",
        "waar": "bekendheidscheck_antwoord POL to VT, antwoord",
        "regels": ["R0001", "R0005"],
        "zin": "these rules say the same of this rubriek, under equivalent conditions",
        "advies": "keep one",
    }


def test_lint_takes_the_table_in_force(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "corvus_adapters", "init", tmp_path / "s", "--minimal"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    done = corvus("lint", "-i", tmp_path / "s", "--json")
    assert done.exit_code == 1, done.stderr
    assert json.loads(done.stdout)["tabel"] == "concept"
    absent = corvus("lint", "-i", tmp_path / "nowhere")
    assert absent.exit_code == 2
    assert "installatie.ontbreekt" in absent.stderr


def test_diff_says_who_sees_what_and_which_rules_did_nothing(kandidaat: Path) -> None:
    done = corvus("diff", CONCEPT, kandidaat, "--op", "2026-11-22")
    assert done.exit_code == 0, done.stderr
    assert "politiemelding: POL to VT" in done.stdout
    lines = done.stdout.splitlines()
    assert (
        "* 1 rubriek becomes visible to VT when opsporingsbelang is not nee"
        " (politiemelding)" in lines
    )
    assert "1 rule(s) weggehaald without effect on who sees what: R2506" in lines, (
        done.stdout
    )
    same = corvus("diff", CONCEPT, CONCEPT)
    assert "nobody sees more or less" in same.stdout


def test_diff_json_names_the_terms(kandidaat: Path) -> None:
    done = corvus("diff", CONCEPT, kandidaat, "--op", "2026-11-22", "--json")
    said = json.loads(done.stdout)
    assert said["exact"] is True
    assert said["nieuw"] == {
        "tabel": "concept",
        "versie": 2,
        "op": "2026-11-22",
        "regels": 3210,
    }
    gained = [een for een in said["verschillen"] if een["verandering"] == "zichtbaar"]
    assert gained == [
        {
            "berichttype": "politiemelding",
            "van": "POL",
            "naar": "VT",
            "rubriek": "bijlagen",
            "verandering": "zichtbaar",
            "regios": [],
            "doelen": ["VEILIGHEIDSBEOORDELING"],
            "wanneer": "opsporingsbelang is not nee",
            "termen": [[{"kenmerk": "opsporingsbelang", "waarden": [True, None]}]],
        }
    ]


def test_impact_counts_the_headers_of_the_past(kandidaat: Path, tmp_path: Path) -> None:
    kop = {"berichttype": "politiemelding", "van": "POL", "naar": "VT", "regio": "VT18"}
    headers = tmp_path / "koppen.jsonl"
    headers.write_text(
        "".join(
            json.dumps({**kop, "kenmerken": {"opsporingsbelang": belang}}) + "\n"
            for belang in (True, True, False)
        )
    )
    args = ("impact", CONCEPT, kandidaat, "--headers", headers, "--op", "2026-11-22")
    done = corvus(*args)
    assert done.exit_code == 0, done.stderr
    assert "2 of 3 headers would have been decided differently" in done.stdout
    assert "1 rubriek becomes visible to VT when" in done.stdout
    said = json.loads(corvus(*args, "--json").stdout)
    assert said["wijzigingen"] == [
        {
            "berichttype": "politiemelding",
            "van": "POL",
            "naar": "VT",
            "rubriek": "bijlagen",
            "was": "aangehouden",
            "wordt": "toegestaan",
            "aantal": 2,
        }
    ]
    headers.write_text("{}\n")
    refused = corvus(*args)
    assert refused.exit_code == 1
    assert "koppen.ongeldig line 1" in refused.stderr


@pytest.mark.parametrize("kind", ["csv", "xlsx", "yaml"])
def test_a_table_goes_out_and_comes_back(tmp_path: Path, kind: str) -> None:
    out, back = tmp_path / f"tabel.{kind}", tmp_path / "terug.yaml"
    source = FIXTURES / "tegenstrijdig.yaml"
    exported = corvus("export", source, "--naar", out, "--json")
    assert json.loads(exported.stdout)["regels"] == 6
    assert corvus("import", out, "--naar", back).exit_code == 0
    without_comment = source.read_text(encoding="utf-8").split("\n", 1)[1]
    assert back.read_text(encoding="utf-8") == without_comment


def _edited(tmp_path: Path, change: Callable[[Worksheet], None]) -> Path:
    path = tmp_path / "bewerkt.xlsx"
    assert corvus("export", FIXTURES / "schoon.yaml", "--naar", path).exit_code == 0
    boek = load_workbook(path)
    blad = boek.worksheets[0]
    change(blad)
    boek.save(path)
    return path


def test_what_a_spreadsheet_makes_of_dates_and_booleans_is_understood(
    tmp_path: Path,
) -> None:
    def change(blad: Worksheet) -> None:
        blad["G3"] = True
        blad["N3"] = date(2026, 1, 1)
        blad["Q3"] = 12

    path = _edited(tmp_path, change)
    done = corvus("import", path, "--naar", tmp_path / "uit.yaml")
    assert done.exit_code == 0, done.stderr
    text = (tmp_path / "uit.yaml").read_text(encoding="utf-8")
    assert 'voorwaarde: "true"' in text.split("- ")[1]
    assert 'geldig_van: "2026-01-01"' in text
    assert 'bron: "12"' in text


def test_formulas_and_fractions_in_a_workbook_are_named_by_row(tmp_path: Path) -> None:
    def change(blad: Worksheet) -> None:
        blad["Q4"] = "=1+1"
        blad["Q6"] = 0.25

    done = corvus("import", _edited(tmp_path, change), "--naar", tmp_path / "uit.yaml")
    assert done.exit_code == 4
    assert "row 4: a cell holds a formula or a fraction" in done.stderr
    assert "row 6: a cell holds a formula or a fraction" in done.stderr
    assert not (tmp_path / "uit.yaml").exists()


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tabel.xlsx"
    Workbook().save(path)
    assert "row 1" in corvus("import", path, "--naar", tmp_path / "uit.yaml").stderr
    with zipfile.ZipFile(path, "w") as pak:
        pak.writestr("xl/workbook.xml", "<a/>")
    for content in (path.read_bytes(), b"not a zip", b""):
        path.write_bytes(content)
        done = corvus("import", path, "--naar", tmp_path / "uit.yaml")
        assert done.exit_code == 4, done.stderr
        assert "this is not an XLSX workbook" in done.stderr


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bom.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pak:
        for n in range(3):
            pak.writestr(f"{n}.xml", b"0" * 70_000_000)
    assert path.stat().st_size < 1_000_000
    done = corvus("import", path, "--naar", tmp_path / "uit.yaml")
    assert "larger than 200000000 bytes" in done.stderr


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("lint", "tabel.pdf"), "uitwisseling.soort_onbekend"),
        (("lint", "nergens.yaml"), "bestand.onleesbaar"),
        (("lint", CONCEPT, "--status", "vervallen"), "tabel.status_onbekend"),
        (("import", CONCEPT, "--naar", "/nowhere/uit.yaml"), "bestand.onschrijfbaar"),
        (("impact", CONCEPT, CONCEPT, "--headers", "nergens"), "bestand.onleesbaar"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_code(
    args: tuple[str | Path, ...], code: str
) -> None:
    done = corvus(*args)
    assert done.exit_code in {1, 2}
    assert code in done.stderr
