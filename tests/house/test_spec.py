"""SPEC.md and the tests hold each other: every MUST is tested, no citation dangles."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "docs" / "SPEC.md"
TESTS = ROOT / "tests"
CORE = ("schemas", "crypto", "routing", "broker", "adapters")

_DEFINED = re.compile(r"\[(\d+-\d+)\]")
_CITED = re.compile(r"\bSPEC (\d+-\d+)\b")
_SECTION = re.compile(r"\bSPEC(?: section)? (\d+)(?:\.(\d+))?\b(?!-)")


def _defined() -> list[str]:
    return _DEFINED.findall(SPEC.read_text(encoding="utf-8"))


def _in_tests() -> dict[str, set[str]]:
    """Ids by the test files and vectors that cite them."""
    cited: dict[str, set[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        if path == Path(__file__).resolve():
            continue
        for one in _CITED.findall(path.read_text(encoding="utf-8")):
            cited.setdefault(one, set()).add(path.name)
    for path in (TESTS / "vectors").glob("*_*.json"):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            cited.setdefault(case["spec"], set()).add(path.name)
    return cited


def _sections() -> set[str]:
    text = SPEC.read_text(encoding="utf-8")
    return set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?) ", text, re.MULTILINE))


def test_ids_are_unique_and_stand_in_their_own_section() -> None:
    defined = _defined()
    assert len(defined) > 90
    assert len(set(defined)) == len(defined)
    section = "0"
    for line in SPEC.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\d+) ", line):
            section = heading[1]
        for one in _DEFINED.findall(line):
            assert one.split("-")[0] == section, line


def test_every_rule_with_an_id_is_a_must_and_every_list_must_has_an_id() -> None:
    text = SPEC.read_text(encoding="utf-8")
    items = re.findall(r"^\* (.*(?:\n  .*)*)", text, re.MULTILINE)
    for item in items:
        assert not re.search(r"\bMUST\b", item) or _DEFINED.match(item), item


def test_every_must_is_cited_by_a_test() -> None:
    missing = sorted(
        set(_defined()) - set(_in_tests()),
        key=lambda one: tuple(map(int, one.split("-"))),
    )
    assert not missing, f"no test cites {', '.join(missing)}"


def test_no_test_cites_a_rule_that_is_not_there() -> None:
    dangling = {
        one: files for one, files in _in_tests().items() if one not in set(_defined())
    }
    assert not dangling


def test_every_error_code_of_the_spec_is_raised_somewhere() -> None:
    text = SPEC.read_text(encoding="utf-8")
    codes = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", text))
    codes |= {"geen_route", "dubbele_route"}
    assert len(codes) > 60
    source = "".join(
        path.read_text(encoding="utf-8")
        for package in CORE
        for path in (ROOT / package).rglob("*.py")
    )
    # The register puts its prefix in front of the kind in one place.
    unknown = {
        code
        for code in codes
        if f'"{code}"' not in source
        and not (code.startswith("register.") and f'"{code[9:]}"' in source)
    }
    assert not unknown


def test_the_code_names_sections_and_rules_that_exist() -> None:
    sections, defined = _sections(), set(_defined())
    wrong: list[str] = []
    for package in CORE:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            named = [(one, one in defined) for one in _CITED.findall(text)]
            named += [(major, major in sections) for major, _ in _SECTION.findall(text)]
            wrong += [f"{path.name}: SPEC {one}" for one, known in named if not known]
    assert not wrong
