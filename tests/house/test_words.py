"""What may stand in no file: places, open ends, and numbers of real people."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from corvus_schemas.waarden import TEST_BSN_PREFIX, check_bsn

ROOT = Path(__file__).resolve().parents[2]

# A path on somebody's machine; containers have paths of their own.
_PLACES = re.compile(r"(?<![\w./}-])/(?:home|Users|builds|work|workspace)/[\w.-]+")
_OPEN_ENDS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X{3}|HA" + r"CK)\b")
_NOT_RUN = re.compile(
    r"pytest\.(?:mark\.)?(?:sk" + r"ip|xf" + r"ail)|unittest\.mo" + r"ck"
)
_NINE_DIGITS = re.compile(r"(?<![\w.])[0-9]{9}(?![\w.])")
_NEVER_ISSUED = "00000"
_GENERATED = ("uv.lock", "tests/vectors/", "schemas/corvus_schemas/data/gebieden.json")


def _texts() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in names}


def test_every_file_is_text_and_none_names_a_place_on_somebodys_machine() -> None:
    texts = _texts()
    assert len(texts) > 200
    found = {
        name: _PLACES.findall(text)
        for name, text in texts.items()
        if _PLACES.search(text)
    }
    assert not found


def test_the_search_for_places_would_find_one() -> None:
    assert _PLACES.search("see /ho" + "me/somebody/corvus")
    assert not _PLACES.search("./home/page and https://example.org/home/page")


def test_code_has_no_open_ends_and_tests_are_all_run() -> None:
    found = [
        name
        for name, text in _texts().items()
        if name.endswith((".py", ".sh", "Makefile"))
        and (_OPEN_ENDS.search(text) or _NOT_RUN.search(text))
    ]
    assert not found


def test_every_exception_to_lint_or_types_has_its_reason() -> None:
    bare = [
        f"{name}: {line.strip()}"
        for name, text in _texts().items()
        if name.endswith(".py") and not name.endswith("test_words.py")
        for line in text.splitlines()
        if re.search(r"# noqa(?!: [A-Z0-9, ]+ - )", line)
        or re.search(r"# type: ignore(?!\[[a-z-, ]+\]  ?# )", line)
    ]
    assert not bare


def test_every_bsn_is_from_the_test_range() -> None:
    seen, real = 0, []
    for name, text in _texts().items():
        if name.startswith(_GENERATED):
            continue
        for number in _NINE_DIGITS.findall(text):
            if check_bsn(number) is None:
                seen += 1
                if not number.startswith((TEST_BSN_PREFIX, _NEVER_ISSUED)):
                    real.append(name)
    assert seen
    assert not real
