"""Every control in THREAT_MODEL.md names a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THREATS = ROOT / "docs" / "THREAT_MODEL.md"

_NAMED = re.compile(r"`(test_\w+)`")
_DEFINED = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE)
_HEAD = re.compile(r"^\|(?:[^|]*\|)+ test \|$")


def _lines() -> list[str]:
    return THREATS.read_text(encoding="utf-8").splitlines()


def test_every_test_named_exists() -> None:
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in _DEFINED.findall(path.read_text(encoding="utf-8"))
    }
    named = {name for line in _lines() for name in _NAMED.findall(line)}
    assert len(named) > 40
    assert not named - defined


def test_every_control_names_a_test_or_says_that_there_is_none() -> None:
    rows, inside = [], False
    for line in _lines():
        if _HEAD.match(line):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            rows.append(line)
    assert len(rows) > 40
    without = [row for row in rows if not _NAMED.search(row)]
    assert [row for row in without if not row.endswith("| - |")] == []
    assert len(without) <= 1, "a threat without a test needs a reason in the text"


def test_every_attacker_has_controls_and_what_is_not_stopped() -> None:
    text = THREATS.read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    attackers = [part for part in sections if re.match(r"[A-F]\. ", part)]
    assert len(attackers) == 6
    for part in attackers:
        assert _NAMED.search(part), part.splitlines()[0]
