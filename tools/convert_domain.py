"""Converts the domain folder into the data files of this project.

    python tools/convert_domain.py SOURCE_DIR

Run it after an edit of the domain folder and commit what changed; the project reads
only the results. The same source gives the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it also runs as a plain script

from tools import (  # noqa: E402 - the line above makes this importable
    domain_gebieden,
    domain_kenmerken,
    domain_rubrieken,
    domain_scenarios,
    domain_tabel,
    domain_termijnen,
)
from tools.domain_source import Source  # noqa: E402 - see above
from tools.domain_write import write_json, write_text  # noqa: E402 - see above

SCHEMAS = Path("schemas/corvus_schemas/data")
ROUTING = Path("routing/corvus_routing/data")
SCENARIOS = Path("tests/scenarios")


def convert(source: Source, target: Path) -> list[str]:
    """Write all files below `target`; return a line about each kind."""
    regels = domain_tabel.convert(source)
    typen = domain_rubrieken.berichttypen(source, domain_tabel.receivers(regels))
    _clear(target / SCHEMAS / "berichttypen", "*.json")
    for code, berichttype in typen.items():
        write_json(target / SCHEMAS / "berichttypen" / f"{code}.json", berichttype)
    gedeeld = domain_rubrieken.shared_rubrieken(source)
    write_json(target / SCHEMAS / "gedeeld.json", gedeeld)
    codelijsten = _codelijsten(source)
    write_json(target / SCHEMAS / "codelijsten.json", codelijsten)
    kenmerken = domain_kenmerken.kenmerken(source)
    write_json(target / SCHEMAS / "kenmerken.json", kenmerken)
    write_json(target / SCHEMAS / "gebieden.json", domain_gebieden.gebieden(source))
    termijnen = domain_termijnen.termijnen(source)
    write_json(target / SCHEMAS / "termijnen.json", termijnen)
    table = target / ROUTING / "verstrekkingentabel-concept.yaml"
    write_text(table, domain_tabel.as_yaml(regels))
    write_json(target / ROUTING / "grondslagen.json", domain_tabel.grondslagen(source))
    scenarios = domain_scenarios.scenarios(source)
    _clear(target / SCENARIOS, "S*.yaml")
    for name, text in scenarios.items():
        write_text(target / SCENARIOS / f"{name}.yaml", text)
    split = sum(regel.id != regel.row["regel_id"] for regel in regels)
    return [
        f"{len(typen)} berichttypen, {len(gedeeld)} shared rubrieken",
        f"{len(codelijsten)} codelijsten, {len(kenmerken)} kenmerken",
        f"{len(regels)} rules, {split} of them for rubrieken drawn apart",
        f"{len(termijnen)} termijnen, {len(scenarios)} scenarios",
    ]


def _clear(folder: Path, pattern: str) -> None:
    """Take away what an earlier source had and this one has not."""
    for path in folder.glob(pattern):
        path.unlink()


def _codelijsten(source: Source) -> dict[str, dict[str, str]]:
    made: dict[str, dict[str, str]] = {}
    for row in source.rows("codelists.csv"):
        made.setdefault(row["list"], {})[row["code"]] = row["label"]
    return made


def main() -> None:
    """Read the command line and convert."""
    parser = argparse.ArgumentParser(description="convert the domain folder")
    parser.add_argument("source", type=Path, help="the domain folder")
    arguments = parser.parse_args()
    for line in convert(Source(arguments.source), ROOT):
        print(line)


if __name__ == "__main__":
    main()
