"""The tree is as ARCHITECTURE says, and its files keep to the house's measures."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "crypto", "routing", "broker", "adapters")
MOST_LINES = 400
LONGER = {
    "tests/simulator.py": "one chain, with everything an attacker can bend in it",
    "tests/unit/broker/test_register.py": "one table of attacks on one format",
    "tests/vectors/build.py": "one script that makes every vector",
}

_ENTRY = re.compile(r"^( *)([a-z0-9_]+)/ ")
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_DECISION = re.compile(r"([0-9]{4})-[a-z0-9-]+\.md\Z")
_PARTS = ("Context", "Drivers", "Options", "Outcome", "Good", "Bad")


def _files() -> list[str]:
    """Files of the project: kept, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def _folders() -> set[str]:
    found: set[str] = set()
    for name in _files():
        parts = name.split("/")[:-1]
        if parts and not parts[0].startswith("."):
            found |= {
                "/".join(parts[:depth]) for depth in (1, 2) if len(parts) >= depth
            }
    return found


def _drawn() -> list[str]:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    block = text.split("## The tree", 1)[1].split("```text\n", 1)[1].split("```", 1)[0]
    drawn, top = [], ""
    for line in block.splitlines():
        match = _ENTRY.match(line)
        assert match, line
        if not match[1]:
            top = match[2]
        drawn.append(f"{top}/{match[2]}" if match[1] else top)
    return drawn


def test_architecture_draws_the_real_folders() -> None:
    drawn = _drawn()
    assert len(set(drawn)) == len(drawn)
    assert set(drawn) == _folders()


def test_the_layers_are_those_of_the_import_contract() -> None:
    policy = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.search(r"^layers = \[(.*)\]$", policy, re.MULTILINE)
    assert layers is not None
    contract = [one.strip(' "') for one in layers[1].split(",")]
    drawn = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    arrows = "  ->  ".join(one.replace("corvus_", "") for one in contract)
    assert f"\n{arrows}\n" in drawn


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_is_and_that_it_is_typed(package: str) -> None:
    readme = ROOT / package / "README.md"
    title = readme.read_text(encoding="utf-8").splitlines()[0]
    assert re.match(rf"# (?:corvus_)?{package}\b", title)
    inside = ROOT / package / f"corvus_{package}"
    assert (inside / "py.typed").is_file()
    assert (inside / "__init__.py").is_file()


def test_no_python_file_is_too_long() -> None:
    lengths = {
        name: len((ROOT / name).read_text(encoding="utf-8").splitlines())
        for name in _files()
        if name.endswith(".py")
    }
    assert len(lengths) > 100
    assert {name for name, lines in lengths.items() if lines > MOST_LINES} <= set(
        LONGER
    )


def test_readme_is_short() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert 20 < len(lines) < 150


def test_decisions_are_numbered_without_gaps_dated_and_complete() -> None:
    folder = ROOT / "docs" / "adr"
    files = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    numbers = [match[1] for path in files if (match := _DECISION.match(path.name))]
    assert numbers == [f"{number:04}" for number in range(1, len(files) + 1)]
    index = (folder / "README.md").read_text(encoding="utf-8")
    for path, number in zip(files, numbers, strict=True):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. "), path.name
        assert re.search(r"^\* Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE), path.name
        assert re.search(
            r"^\* Status: (accepted|replaced by \d{4})$", text, re.MULTILINE
        )
        found = re.findall(r"^## (\w+)$", text, re.MULTILINE)
        assert tuple(found) == _PARTS, path.name
        title = text.splitlines()[0].removeprefix(f"# {number}. ")
        assert f"| [{number}]({path.name}) | {title} |" in index


def test_links_between_documents_lead_somewhere() -> None:
    broken, checked = [], 0
    for name in _files():
        if not name.endswith(".md"):
            continue
        path = ROOT / name
        for target in _LINK.findall(path.read_text(encoding="utf-8")):
            if "://" not in target:
                checked += 1
                if not (path.parent / target).exists():
                    broken.append(f"{name}: {target}")
    assert checked > 30
    assert not broken
