"""Our own vectors: every case gives what it expects, and build.py makes them all."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from conformance import FOLDER, load_vectors, run

from corvus_schemas.errors import EnvelopeError, SchemaError

if TYPE_CHECKING:
    from pathlib import Path

CASES = load_vectors()


def test_there_are_vectors_and_each_file_holds_one_class() -> None:
    per_file = Counter(name for name, _ in CASES)
    assert len(CASES) == 103
    assert len(per_file) == 28
    for name, vector in CASES:
        fails = vector["expect"] != "success"
        assert fails is name.endswith("_fail"), (name, vector["why"])
        assert vector.text("why").endswith(".")


def _outcome(number: int) -> str:
    vector = CASES[number][1]
    try:
        said = run(vector)
    except (EnvelopeError, SchemaError) as error:
        return error.code
    assert said == {name: vector[name] for name in said}, vector["why"]
    return "success"


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_vector_gives_what_it_expects(number: int) -> None:
    name, vector = CASES[number]
    assert _outcome(number) == vector["expect"], f"{name}: {vector['why']}"


def test_a_success_says_everything_that_was_opened() -> None:
    # SPEC 5-8: a vector whose plaintexts were emptied would fail
    opened = [v for _, v in CASES if v["expect"] == "success" and "plaintexts" in v]
    assert len(opened) == 14
    assert all(vector["plaintexts"] for vector in opened)
    assert sum(bool(vector["niet_toegekend"]) for vector in opened) == 4


def test_build_makes_the_same_bytes_again(tmp_path: Path) -> None:
    copy = tmp_path / "vectors"
    copy.mkdir()
    for path in (*FOLDER.glob("*.py"), FOLDER / "invoer.json"):
        (copy / path.name).write_bytes(path.read_bytes())
    subprocess.run([sys.executable, str(copy / "build.py")], check=True, timeout=60)
    made = {path.name: path.read_bytes() for path in copy.glob("*_*.json")}
    kept = {path.name: path.read_bytes() for path in FOLDER.glob("*_*.json")}
    assert made == kept
