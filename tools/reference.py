"""Writes docs/referentie: every berichttype, field and code, and who may see it.

    python tools/reference.py

The pages come from the data files and from nothing else; a test makes them again and
compares, so that they never go stale.
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it also runs as a plain script

from tools.reference_lists import (  # noqa: E402 - the line above makes this importable
    codelijsten_page,
    denials_page,
    index_page,
    kenmerken_page,
)
from tools.reference_type import Bronnen, type_page  # noqa: E402 - see above

from corvus_routing.tabel import parse_tabel  # noqa: E402 - see above
from corvus_schemas.catalogus import load_catalogus  # noqa: E402 - see above

TARGET = ROOT / "docs" / "referentie"


def pages() -> dict[str, str]:
    """Give every page by its file name."""
    catalogus = load_catalogus()
    data = resources.files("corvus_routing") / "data"
    text = (data / "verstrekkingentabel-concept.yaml").read_text(encoding="utf-8")
    grondslagen = json.loads((data / "grondslagen.json").read_text(encoding="utf-8"))
    bronnen = Bronnen(catalogus, parse_tabel(text, catalogus), grondslagen)
    made = {
        "README.md": index_page(bronnen),
        "codelijsten.md": codelijsten_page(bronnen),
        "kenmerken.md": kenmerken_page(bronnen),
        "weigeringen.md": denials_page(bronnen),
    }
    for code, berichttype in catalogus.berichttypen.items():
        made[f"{code}.md"] = type_page(berichttype, bronnen)
    return made


def main() -> None:
    """Write the pages, and take away what no longer is one."""
    made = pages()
    TARGET.mkdir(parents=True, exist_ok=True)
    for path in TARGET.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    print(f"{len(made)} pages in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
