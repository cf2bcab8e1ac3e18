"""docs/referentie is what `make reference` makes of the data files of now."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # tools is no package of the distribution

from tools.reference import TARGET, pages  # noqa: E402 - see above

from corvus_schemas.catalogus import load_catalogus  # noqa: E402 - see above


def test_the_pages_are_those_of_the_data_files() -> None:
    made = pages()
    assert len(made) > len(load_catalogus().berichttypen)
    assert {path.name for path in TARGET.iterdir()} == made.keys()
    stale = [
        name
        for name, text in made.items()
        if (TARGET / name).read_text(encoding="utf-8") != text
    ]
    assert not stale, "run make reference"


def test_every_rubriek_field_and_allowing_rule_stands_on_its_page() -> None:
    made = pages()
    checked = 0
    for code, berichttype in load_catalogus().berichttypen.items():
        text = made[f"{code}.md"]
        for rubriek in berichttype.rubrieken:
            fields = rubriek.schema.definition["fields"]
            assert isinstance(fields, list)
            for field in fields:
                assert isinstance(field, dict)
                assert f"| `{field['name']}` |" in text
                checked += 1
    assert checked > 2000
