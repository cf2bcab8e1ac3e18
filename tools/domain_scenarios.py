"""Takes the YAML blocks of scenarios.md apart: one file per scenario.

`kern` holds field values only. What the source writes there in prose, or about
routing instead of content, goes to `toelichting` or becomes a value (KERN).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias, cast

import yaml

if TYPE_CHECKING:
    from tools.domain_source import Source

Json: TypeAlias = "dict[str, object]"

_SECTION = re.compile(
    r"^## (S\d\d) - (?P<title>.*?)\n+Sources: (?P<sources>.*?)\. Region: (?P<region>.*?)\."
    r"?\n+```yaml\n(?P<yaml>.*?)```",
    re.MULTILINE | re.DOTALL,
)
# What a kern text that is no value means as a value; None: an explanation only.
KERN: dict[tuple[str, int, str], str | None] = {
    ("S10", 1, "items.antwoorden"): "K2=aanwezig",
    ("S13", 5, "spreekafspraken.afspraken"): "door_organisatie=POL",
    ("S20", 1, "kop.route_gemeentecode"): None,
    ("S20", 1, "endpoint"): None,
    ("S20", 3, "endpoint"): None,
    ("S20", 4, "overdracht.naar_regio"): None,
    ("S23", 3, "voorwaarden_niet_voldaan.voorwaarden"): None,
    ("S23", 3, "belanghebbenden.belanghebbenden"): "betrokken_in_plan=true",
}

# Gemeente that routes a message: the residence of the victims.
ROUTE = {("S20", 1): "Doetinchem"}


def scenarios(source: Source) -> dict[str, str]:
    """YAML text per scenario id."""
    made: dict[str, str] = {}
    for found in _SECTION.finditer(source.text("scenarios.md")):
        block = cast("Json", yaml.safe_load(found["yaml"]))
        scenario: Json = {
            "id": block["id"],
            "titel": found["title"].strip(),
            "bronnen": found["sources"].split("; "),
            "regio": found["region"].strip(),
        }
        scenario |= {key: value for key, value in block.items() if key != "id"}
        for bericht in cast("list[Json]", scenario["berichten"]):
            _settle(str(block["id"]), bericht)
        made[str(block["id"])] = yaml.safe_dump(
            scenario, sort_keys=False, allow_unicode=True, width=88
        )
    return made


def _settle(scenario: str, bericht: Json) -> None:
    kern = cast("dict[str, str]", bericht.get("kern") or {})
    told: dict[str, str] = {}
    for path, text in list(kern.items()):
        key = (scenario, cast("int", bericht["nr"]), path)
        if key in KERN:
            told[path] = text
            value = KERN[key]
            if value is None:
                del kern[path]
            else:
                kern[path] = value
    if told:
        bericht["toelichting"] = told
    route = ROUTE.get((scenario, cast("int", bericht["nr"])))
    if route:
        bericht["route_gemeente"] = route
    if "kern" in bericht and not kern:
        del bericht["kern"]
