"""The adresboek on the command line: look, simulate, draw up what was simulated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from corvus_adapters.cli.main import build_app

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

RUNNER = CliRunner()
pytestmark = pytest.mark.xdist_group("cli")
DAY = "2027-01-01"
OLD, NEW = "00009999002001000000", "00009999002022000000"


def run(*args: object) -> Result:
    return RUNNER.invoke(
        build_app(str(args[0])), [str(one) for one in args], env={"COLUMNS": "300"}
    )


def write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@pytest.fixture
def change(tmp_path: Path) -> Path:
    """VT Groningen ends on the day, with that of Midden-Brabant after it."""
    return write(
        tmp_path / "opvolging.json",
        {
            "per": DAY,
            "organisaties": [{"oin": OLD, "eindigt": True, "opvolger": NEW}],
        },
    )


def test_the_list_needs_no_subcommand(sandbox_path: Path) -> None:
    for words in (["adresboek", "VT"], ["adresboek", "lijst", "VT"]):
        result = run(*words, "-i", sandbox_path)
        assert result.exit_code == 0, result.output
        assert OLD in result.stdout
    assert "simuleer" in run("adresboek", "--help").stdout


def test_simulating_names_who_receives_instead_and_ends_with_zero(
    sandbox_path: Path, change: Path
) -> None:
    command = ("adresboek", "simuleer", "--op", DAY, "--wijziging", change)
    one = (*command, "--gemeente", "Groningen", "--berichttype", "politiemelding")
    result = run(*one, "--json", "-i", sandbox_path)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    (row,) = found["wijzigingen"]
    assert (row["type"], row["voor"]["oin"], row["na"]["oin"]) == ("VT", OLD, NEW)
    assert [place["naam"] for place in row["gemeenten"]] == ["Groningen"]
    assert found["gaten"] == []
    shown = run(*one, "-i", sandbox_path).stdout
    assert "Veilig Thuis Midden-Brabant" in shown


def test_holes_end_with_one(sandbox_path: Path) -> None:
    result = run("adresboek", "simuleer", "--op", DAY, "--json", "-i", sandbox_path)
    assert result.exit_code == 1
    # The small sandbox serves a part of the country, and did so before.
    gaten = json.loads(result.stdout)["gaten"]
    assert gaten
    assert not any(one["nieuw"] for one in gaten)
    new = run("adresboek", "simuleer", "--op", DAY, "--nieuw", "-i", sandbox_path)
    assert new.exit_code == 0, new.output
    assert "Nothing changes" in new.stdout


def test_what_was_simulated_goes_into_the_next_version(
    sandbox_path: Path, change: Path, tmp_path: Path
) -> None:
    draft = tmp_path / "register-0002.json"
    result = run(
        *("register", "volgende", "--wijziging", change, "--uit", draft),
        *("-i", sandbox_path),
    )
    assert result.exit_code == 0, result.output
    command = ("adresboek", "simuleer", "--op", DAY, "--gemeente", "Groningen")
    by_file, by_draft = (
        run(*command, "--json", "--wijziging", path, "-i", sandbox_path).stdout
        for path in (change, draft)
    )
    assert json.loads(by_file)["wijzigingen"] == json.loads(by_draft)["wijzigingen"]


def test_a_circle_of_successors_is_refused_before_anybody_signs(
    sandbox_path: Path, tmp_path: Path
) -> None:
    circle = [
        {"oin": van, "eindigt": True, "opvolger": naar}
        for van, naar in ((OLD, NEW), (NEW, OLD))
    ]
    path = write(tmp_path / "kring.json", {"per": DAY, "organisaties": circle})
    for command in (
        ("register", "volgende", "--uit", tmp_path / "draft.json"),
        ("adresboek", "simuleer", "--op", DAY),
    ):
        result = run(*command, "--wijziging", path, "-i", sandbox_path)
        assert result.exit_code not in {0, 1}, result.output
        assert "adresboek.ongeldig" in result.stderr
    assert not (tmp_path / "draft.json").exists()


def test_a_cbs_list_is_imported_simulated_and_drawn_up(
    sandbox_path: Path, tmp_path: Path
) -> None:
    cbs, out = tmp_path / "cbs.csv", tmp_path / "gebieden.json"
    cbs.write_text("Gemeentecode;Gemeentenaam\n14;Groningen\n758;Breda\n", "utf-8")
    result = run(
        *("adresboek", "gebieden", "import", cbs, "--geldig-van", DAY),
        *("--uit", out, "-i", sandbox_path),
    )
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text("utf-8"))["synthetisch"] is False
    draft = tmp_path / "register-0002.json"
    result = run(
        *("register", "volgende", "--gebieden", out, "--uit", draft),
        *("-i", sandbox_path),
    )
    assert result.exit_code == 0, result.output
    command = ("adresboek", "simuleer", "--op", DAY, "--gemeente", "0014")
    found = run(*command, "--json", "--wijziging", draft, "-i", sandbox_path)
    assert json.loads(found.stdout)["gemeenten"] == 1

    cbs.write_text("Gemeentecode;Gemeentenaam\n14;Grunn\n", "utf-8")
    result = run("adresboek", "gebieden", "import", cbs, "--geldig-van", DAY)
    assert result.stderr.startswith("cbs.ongeldig line 2")


def test_where_a_place_lies_is_shown(sandbox_path: Path) -> None:
    command = ("adresboek", "gebieden", "toon", "Breda", "--json")
    (row,) = json.loads(run(*command, "-i", sandbox_path).stdout)
    assert (row["vt_regio"], row["arrondissement"]) == ("VT21", "West-Brabant")
    assert len(row["ao_regios"]) == 2
    refused = run("adresboek", "gebieden", "toon", "Bergen", "-i", sandbox_path)
    assert refused.stderr.startswith("dubbele_route")
