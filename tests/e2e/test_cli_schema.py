"""``corvus schema check, versies, indeling, installeer`` as their users meet them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from schema_versies import CODE, as_data, copy_data, edit, evolved, grow
from typer.testing import CliRunner

from corvus_adapters.cli.main import build_app
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.indeling import parse_indeling

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

OWN = load_catalogus().berichttype(CODE).fingerprint.hex()


def corvus(*args: str | Path) -> Result:
    return CliRunner().invoke(build_app("schema"), ["schema", *map(str, args)])


@pytest.fixture
def installation(sandbox_path: Path, tmp_path: Path) -> Path:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    return path


def test_check_finds_nothing_here_and_names_what_was_changed(tmp_path: Path) -> None:
    done = corvus("check")
    assert done.exit_code == 0, done.output
    assert "all as published" in done.output
    data = copy_data(tmp_path)
    edit(data, grow)
    done = corvus("check", "--map", data, "--json")
    assert done.exit_code == 1
    [found] = json.loads(done.stdout)
    assert (found["regel"], found["plaats"]) == ("E9", CODE)
    edit(data, lambda value: value["rubrieken"].pop(1))
    done = corvus("check", "--map", data)
    assert done.exit_code == 1
    assert "E2 melding: the rubriek was removed (politiemelding)" in done.output
    done = corvus("check", "--map", tmp_path)
    assert done.exit_code == 1
    assert "bestand.onleesbaar" in done.stderr


def test_a_layout_goes_from_one_installation_to_another(
    installation: Path, tmp_path: Path
) -> None:
    newer = evolved(tmp_path)
    fingerprint = newer.berichttype(CODE).fingerprint.hex()
    done = corvus("indeling", CODE, fingerprint, "-i", installation)
    assert done.exit_code == 1
    assert f"version {fingerprint} of berichttype {CODE} is not known" in done.stderr
    assert "corvus schema installeer" in done.stderr

    file = tmp_path / "layout.json"
    file.write_bytes(as_data(newer).encode())
    done = corvus("installeer", file, "-i", installation)
    assert done.exit_code == 0, done.stderr
    assert "can be opened now" in done.stdout
    done = corvus("installeer", file, "-i", installation)
    assert "known here already" in done.stdout

    done = corvus("versies", CODE, "-i", installation, "--json")
    assert [one["schema"] for one in json.loads(done.stdout)] == [OWN, fingerprint]
    done = corvus("indeling", CODE, fingerprint, "-i", installation)
    assert done.stdout.encode() == file.read_bytes()
    assert "sha256" in done.stderr
    done = corvus("indeling", CODE, "-i", installation)
    assert parse_indeling(done.stdout.encode()).berichttype.fingerprint.hex() == OWN


def test_a_bad_layout_is_refused_and_one_in_the_folder_is_named(
    installation: Path, tmp_path: Path
) -> None:
    file = tmp_path / "layout.json"
    value = json.loads(as_data(evolved(tmp_path)).encode())
    value["rubrieken"].pop()
    file.write_text(json.dumps(value), encoding="utf-8")
    done = corvus("installeer", file, "-i", installation)
    assert done.exit_code == 1
    assert "schema.vingerafdruk" in done.stderr
    assert not (installation / "schemas").exists()
    (installation / "schemas").mkdir()
    shutil.copy(file, installation / "schemas")
    done = corvus("versies", CODE, "-i", installation)
    assert done.exit_code == 2
    assert "schemas.ongeldig" in done.stderr
    assert "layout.json" in done.stderr
    done = corvus("indeling", CODE, "xyz", "-i", installation)
    assert done.exit_code == 2
