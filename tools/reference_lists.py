"""The reference pages that are lists: index, codelijsten, kenmerken, denials."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from tools.reference_markdown import MADE, code, codes, page, table

from corvus_routing.regel import Besluit
from corvus_routing.woordenboek import TECHNISCHE_TYPEN, WILDCARD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.reference_type import Bronnen

INTRO = (
    "Every berichttype with its rubrieken, fields and codes, and who may see them by"
    " the verstrekkingentabel that comes along. The table is a concept: no lawyer has"
    " tested it, and it is not in force in production."
)
LEGEND = (
    (
        "required",
        "yes; no; sometimes: under a condition that the rules of the content check",
    ),
    (
        "class",
        (
            "what kind of data a field holds, as its owner classified it; bold is"
            " what the law protects more: special (AVG art. 9), criminal law (AVG art. 10),"
            " BSN, who reported, where somebody is"
        ),
    ),
    ("condition", "in CEL, over [kenmerken](kenmerken.md); unknown is never true"),
    ("force, kept", "moet, kan or wens; the retention class"),
    ("status", "concept and open: for demo and sandbox only"),
    (
        "rules",
        (
            "ids in the table; `corvus tabel explain` shows one. A letter behind an"
            " id: [drawn apart](../adr/0008-rubrieken-drawn-apart.md) from its rubriek"
        ),
    ),
)


def index_page(bronnen: Bronnen) -> str:
    """List the berichttypen, and say how to read a page."""
    rows = []
    for one in bronnen.catalogus.berichttypen.values():
        rules = sum(r.berichttype == one.code for r in bronnen.tabel.regels)
        link = f"[{one.code}]({one.code}.md)"
        van, naar = " ".join(one.verstrekkers), " ".join(one.ontvangers)
        rows.append((link, one.titel, van, naar, one.adressering, str(rules)))
    typen = bronnen.catalogus.codelijsten["organisatietype"].codes
    lines = ["# Reference of the messages", "", INTRO, "", MADE, ""]
    lines += [
        f"## {len(rows)} berichttypen",
        "",
        *table(("code", "titel", "from", "to", "addressing", "rules"), rows),
        (
            "Further: [codelijsten](codelijsten.md), [kenmerken](kenmerken.md),"
            " [denials](weigeringen.md)."
        ),
        "",
        "## Reading a page",
        "",
        *table(("column", "says"), LEGEND),
        "## Organisation types",
        "",
        *table(("code", "name"), typen.items()),
    ]
    return page(lines)


def codelijsten_page(bronnen: Bronnen) -> str:
    """List every code that a field, rule or header may hold."""
    used: dict[str, dict[str, None]] = {}
    for berichttype in bronnen.catalogus.berichttypen.values():
        for rubriek in berichttype.rubrieken:
            for naam in _lists(dict(rubriek.schema.definition)):
                used.setdefault(naam, {})[berichttype.code] = None
    lines = [
        "# Codelijsten",
        "",
        (
            f"{MADE} A code is never taken out; new ones may be added at any time, so a"
            " reader keeps a code it does not know. A list that differs per edition has the"
            " year in its name, and the message says which one it uses."
        ),
        "",
    ]
    for naam, lijst in bronnen.catalogus.codelijsten.items():
        typen = list(used.get(naam, {}))
        where = "no field of a message"
        if typen:
            links = [f"[{one}]({one}.md)" for one in typen]
            where = (
                ", ".join(links) if len(links) <= 6 else f"{len(links)} berichttypen"
            )
        lines += [f"## {naam}", "", f"Used by {where}.", ""]
        lines += table(
            ("code", "label"), [(code(k), v) for k, v in lijst.codes.items()]
        )
    return page(lines)


def _lists(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"codelijst", "codelijst_ook", "codelijst_waarde"} and item:
                yield item
            yield from _lists(item)
    elif isinstance(value, list):
        for item in value:
            yield from _lists(item)


def kenmerken_page(bronnen: Bronnen) -> str:
    """List what conditions may ask about."""
    place = resources.files("corvus_schemas") / "data" / "kenmerken.json"
    kenmerken = json.loads(place.read_text(encoding="utf-8"))
    conditions = [r.voorwaarde for r in bronnen.tabel.regels]
    rows = []
    for naam, one in kenmerken.items():
        kind = one["soort"]
        if one.get("codelijst"):
            kind += f", [{one['codelijst']}](codelijsten.md#{one['codelijst']})"
        asked = sum(_names(text, naam) for text in conditions)
        rows.append(
            (
                code(naam),
                one["omschrijving"],
                kind,
                _setter(one),
                _from(one),
                str(asked),
            )
        )
    lines = [
        "# Kenmerken",
        "",
        (
            f"{MADE} The broker cannot read a message; conditions of rules ask about these"
            " facts. One that is not known makes no condition true."
        ),
        "",
        *table(
            ("kenmerk", "meaning", "kind", "who may say it", "follows from", "rules"),
            rows,
        ),
    ]
    return page(lines)


def _names(condition: str, naam: str) -> bool:
    words = "".join(one if one.isalnum() or one == "_" else " " for one in condition)
    return naam in words.split()


def _setter(kenmerk: dict[str, Any]) -> str:
    zetter = kenmerk["zetter"]
    typen = ", ".join(zetter.get("types") or [])
    return f"{zetter['soort']}{f' ({typen})' if typen else ''}, per {kenmerk['bereik']}"


def _from(kenmerk: dict[str, Any]) -> str:
    sources = kenmerk.get("bronbericht") or []
    named = [
        one if isinstance(one, str) else one.get("berichttype", "") for one in sources
    ]
    return ", ".join(f"[{one}]({one}.md)" for one in dict.fromkeys(named) if one)


def _anyone(organisatietype: str) -> str:
    return "anyone" if organisatietype == WILDCARD else organisatietype


def denials_page(bronnen: Bronnen) -> str:
    """List the rules that withhold from every berichttype."""
    rows = [
        (
            code(r.rubriek),
            f"{_anyone(r.van)} to {_anyone(r.naar)}",
            "always" if r.voorwaarde == "true" else code(r.voorwaarde),
            code(r.grondslag),
            r.status,
            r.regel,
        )
        for r in bronnen.tabel.regels
        if r.besluit is Besluit.NEE and r.berichttype == "*"
    ]
    lines = [
        "# Denials for every berichttype",
        "",
        (
            f"{MADE} These withhold a rubriek whatever a rule of a berichttype says; they"
            f" leave the technical types alone ({codes(sorted(TECHNISCHE_TYPEN))})."
        ),
        "",
        *table(("rubriek", "from, to", "condition", "ground", "status", "rule"), rows),
    ]
    return page(lines)
