"""The names in GLOSSARY.md exist in the code, and each word is there once."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "GLOSSARY.md"
CORE = ("schemas", "crypto", "routing", "broker", "adapters")

_ROW = re.compile(r"^\| ([^|]+) \| [^|]+ \| `([^`]+)` \|$", re.MULTILINE)


def _entries() -> list[tuple[str, str]]:
    return _ROW.findall(GLOSSARY.read_text(encoding="utf-8"))


def _identifiers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.AsyncFunctionDef(name=name) | ast.Name(id=name):
                yield name
            case ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str(text)):
                yield text
            case _:
                pass


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield str(key)
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, str):
        yield value


@pytest.fixture(scope="module")
def names() -> set[str]:
    found: set[str] = set()
    for package in CORE:
        for path in (ROOT / package).rglob("*.py"):
            found |= set(_identifiers(ast.parse(path.read_text(encoding="utf-8"))))
    for path in (ROOT / "schemas").rglob("*.json"):
        found |= set(_texts(json.loads(path.read_text(encoding="utf-8"))))
    return found


def test_every_name_exists_in_the_code(names: set[str]) -> None:
    entries = _entries()
    assert len(entries) > 60
    assert not [f"{word}: {name}" for word, name in entries if name not in names]


def test_every_row_is_read_and_every_word_is_there_once() -> None:
    rows = [
        line
        for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| word", "| abbreviation"))
    ]
    words = [word for word, _ in _entries()]
    assert len(rows) == len(words)
    assert len(set(words)) == len(words)


def test_the_words_stand_in_order() -> None:
    tables = GLOSSARY.read_text(encoding="utf-8").split("| abbreviation")
    words = [word.lower() for word, _ in _ROW.findall(tables[0])]
    assert words == sorted(words)
