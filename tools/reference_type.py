"""The reference page of one berichttype: what it holds, and who may see that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tools.reference_markdown import MADE, code, codes, many, page, ranges, table

from corvus_routing.regel import Besluit
from corvus_routing.woordenboek import VERWIJZING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from corvus_routing.regel import Regel, Verstrekkingentabel
    from corvus_schemas.avro import JsonValue
    from corvus_schemas.catalogus import Berichttype, Catalogus, Rubriek

REQUIRED = {"J": "yes", "V": "sometimes", "N": "no"}
BIJZONDER = {
    "GEZONDHEID": "**special: health**",
    "BIJZONDER": "**special: other**",
    "STRAF": "**criminal law**",
    "BSN": "**BSN**",
    "MELDER": "**melder**",
    "LOCATIE": "**location**",
}
ADRESSERING = {
    "keten": "the chain: whom the table names, in the region of the case",
    "gericht": "the organisations the sender names",
    "antwoord": "who sent the message it answers",
}


@dataclass(frozen=True)
class Bronnen:
    """What a page is made from."""

    catalogus: Catalogus
    tabel: Verstrekkingentabel
    grondslagen: Mapping[str, Mapping[str, str]]

    def naam(self, lijst: str, waarde: str) -> str:
        return self.catalogus.codelijsten[lijst].codes.get(waarde, "")


def type_page(berichttype: Berichttype, bronnen: Bronnen) -> str:
    """Make the page of one berichttype."""
    regels = [r for r in bronnen.tabel.regels if r.berichttype == berichttype.code]
    return page(
        [
            f"# {berichttype.titel}",
            "",
            f"{MADE} [All berichttypen](README.md).",
            "",
            *_facts(berichttype, bronnen),
            "## What it holds",
            "",
            *_holds(berichttype, bronnen),
            "## Who may see it",
            "",
            *_seen(berichttype, regels, bronnen),
        ]
    )


def _facts(berichttype: Berichttype, bronnen: Bronnen) -> list[str]:
    def parties(typen: Iterable[str]) -> str:
        named = [f"{one} ({bronnen.naam('organisatietype', one)})" for one in typen]
        return ", ".join(named) or "nobody, by the rules of this table"

    termijnen = [
        f"{one} {bronnen.naam('termijn', one)}" for one in berichttype.termijnen
    ]
    adressering = berichttype.adressering
    rows = [
        ("code", code(berichttype.code)),
        ("version", code(berichttype.fingerprint.hex())),
        ("sent by", parties(berichttype.verstrekkers)),
        ("can reach", parties(berichttype.ontvangers)),
        ("addressed to", ADRESSERING.get(adressering, adressering)),
        ("answers another message", "yes" if berichttype.antwoord else "no"),
        ("termijnen", "; ".join(termijnen) or "none"),
    ]
    return table(("", ""), rows)


def _holds(berichttype: Berichttype, bronnen: Bronnen) -> list[str]:
    """Give every rubriek; a record that several roles share stands there once."""
    shared: dict[tuple[str | None, str, str], list[Rubriek]] = {}
    for rubriek in berichttype.rubrieken:
        key = (rubriek.groep, rubriek.kort, rubriek.schema.name)
        shared.setdefault(key, []).append(rubriek)
    lines: list[str] = []
    for (groep, kort, _), same in shared.items():
        first = same[0]
        heading = kort if groep is None else f"{groep}: {kort}"
        lines += [f"### {heading}", "", _said(same), ""]
        lines += table(("field", "holds", "required", "class"), _rows(first, bronnen))
    return lines


def _said(same: list[Rubriek]) -> str:
    required = [rubriek for rubriek in same if rubriek.verplicht]
    if same[0].groep is None:
        said = "Required." if required else "Optional."
        if same[0].naam == VERWIJZING:
            said += " In no table: it goes to who already knows the message it names."
        return said
    roles = codes(rubriek.rol or "" for rubriek in same)
    if not required:
        return f"Optional, for {roles}."
    if len(required) == len(same):
        return f"Required, for {roles}."
    needed = codes(rubriek.rol or "" for rubriek in required)
    return f"For {roles}; required for {needed}."


def _rows(rubriek: Rubriek, bronnen: Bronnen) -> list[tuple[str, str, str, str]]:
    return list(_fields(dict(rubriek.schema.definition), "", bronnen))


def _fields(
    record: Mapping[str, JsonValue], prefix: str, bronnen: Bronnen
) -> Iterable[tuple[str, str, str, str]]:
    for one in cast("list[dict[str, JsonValue]]", record["fields"]):
        name = f"{prefix}{one['name']}"
        gevoelig = str(one.get("gevoeligheid"))
        mark = BIJZONDER.get(gevoelig, gevoelig.lower())
        avro_type = _plain_type(one["type"])
        holds = _kind(avro_type, one)
        if one.get("alleen_rol"):
            holds += f", only for {code(str(one['alleen_rol']))}"
        yield code(name), holds, REQUIRED[str(one["verplicht"])], mark
        inner = avro_type.get("items", avro_type) if isinstance(avro_type, dict) else ""
        if isinstance(inner, dict) and inner.get("type") == "record":
            yield from _fields(inner, f"{name}.", bronnen)


def _plain_type(avro_type: JsonValue) -> JsonValue:
    if isinstance(avro_type, list):
        return next(one for one in avro_type if one != "null")
    return avro_type


def _kind(avro_type: JsonValue, veld: Mapping[str, JsonValue]) -> str:
    match avro_type:
        case {"type": "array", "items": item}:
            said = f"list of {_kind(item, veld)}"
        case {"type": "map", "values": item}:
            of = {**veld, "codelijst": veld.get("codelijst_waarde"), "codes": None}
            said = f"per {_kind('string', veld)}: {_kind(item, of)}"
        case {"type": "record"}:
            said = "record"
        case "boolean":
            said = "yes or no"
        case "int":
            said = "whole number"
        case _ if veld.get("soort") == "enum":
            said = _code_kind(veld)
        case _:
            fixed = ", one fixed text" if veld.get("constante") else ""
            said = f"{veld.get('soort')}{fixed}"
    return said


def _code_kind(veld: Mapping[str, JsonValue]) -> str:
    lists = [veld.get(key) for key in ("codelijst", "codelijst_ook")]
    links = [f"[{one}](codelijsten.md#{one})" for one in lists if one]
    limited = veld.get("codes")
    some = codes(map(str, limited)) if isinstance(limited, list) else ""
    if links and some:
        return f"code of {' or '.join(links)}, of which {some}"
    return f"code of {' or '.join(links)}" if links else f"one of {some}"


def _seen(berichttype: Berichttype, regels: list[Regel], bronnen: Bronnen) -> list[str]:
    allowed = [regel for regel in regels if regel.besluit is Besluit.JA]
    names = {regel.rubriek for regel in allowed}
    nobody = [r for r in berichttype.rubrieken if r.naam not in names | {VERWIJZING}]
    lines = [
        (
            f"{many(len(allowed), 'rule', 'rules')} of table {code(bronnen.tabel.naam)},"
            f" version {bronnen.tabel.versie}. A rule lets a rubriek go under its condition;"
            " no rule, no disclosure. `*` stands for every role that has the rubriek."
        ),
        "",
    ]
    if nobody:
        lines += ["Nobody receives:", "", *_bullets(nobody, berichttype), ""]
    pairs = dict.fromkeys((regel.van, regel.naar) for regel in allowed)
    for van, naar in pairs:
        own = [r for r in allowed if (r.van, r.naar) == (van, naar)]
        lines += [f"### {van} to {naar}", "", *_rules(own, berichttype)]
    lines += _denials(regels)
    used = sorted({regel.grondslag for regel in regels})
    lines += ["## Grounds", ""] if used else []
    for grondslag in used:
        found = bronnen.grondslagen.get(grondslag, {})
        lines.append(
            f"* {code(grondslag)}: {found.get('citaat', '')};"
            f" {found.get('omschrijving', '')}"
        )
    return lines


def _rules(regels: list[Regel], berichttype: Berichttype) -> list[str]:
    """One row for all rules that say the same about several rubrieken."""
    groups: dict[tuple[str, ...], list[Regel]] = {}
    for r in regels:
        voorwaarde = "always" if r.voorwaarde == "true" else code(r.voorwaarde)
        if r.hold:
            voorwaarde += f"; held while {code(r.hold)}"
        if r.regio != "*":
            voorwaarde += f"; in region {r.regio}"
        key = (
            voorwaarde,
            f"{code(r.grondslag)}, {r.doel}",
            f"{r.modaliteit}, {r.bewaartermijn}",
            r.status,
        )
        groups.setdefault(key, []).append(r)
    rows = [
        (
            _short(berichttype, [r.rubriek for r in same]),
            *key,
            ranges(r.regel for r in same),
        )
        for key, same in groups.items()
    ]
    heads = (
        "rubrieken",
        "condition",
        "ground and doel",
        "force, kept",
        "status",
        "rules",
    )
    return table(heads, rows)


def _denials(regels: list[Regel]) -> list[str]:
    denied = [regel for regel in regels if regel.besluit is Besluit.NEE]
    lines = [
        "### Withheld whatever a rule above says",
        "",
        "The [denials for every berichttype](weigeringen.md)"
        + (", and:" if denied else "."),
        "",
    ]
    rows = [
        (
            code(r.rubriek),
            f"{r.van} to {r.naar}",
            "always" if r.voorwaarde == "true" else code(r.voorwaarde),
            code(r.grondslag),
            r.status,
            r.regel,
        )
        for r in denied
    ]
    return lines + table(
        ("rubriek", "from, to", "condition", "ground", "status", "rule"), rows
    )


def _bullets(rubrieken: list[Rubriek], berichttype: Berichttype) -> list[str]:
    text = _short(berichttype, [rubriek.naam for rubriek in rubrieken])
    return [f"* {one}" for one in text.split("; ")]


def _short(berichttype: Berichttype, names: list[str]) -> str:
    """Write rubrieken of one group that go for the same roles together."""
    plain: list[str] = []
    roles: dict[tuple[str, str], list[str]] = {}
    for naam in dict.fromkeys(names):
        rubriek = berichttype.rubriek(naam)
        if rubriek is None or rubriek.groep is None or rubriek.rol is None:
            plain.append(naam)
        else:
            roles.setdefault((rubriek.groep, rubriek.kort), []).append(rubriek.rol)
    together: dict[tuple[str, str], list[str]] = {}
    for (groep, kort), found in roles.items():
        every = [
            r.rol for r in berichttype.rubrieken if (r.groep, r.kort) == (groep, kort)
        ]
        named = "*" if len(every) == len(found) > 1 else ", ".join(found)
        together.setdefault((groep, named), []).append(kort)
    grouped = [
        f"{code(f'{groep}[{named}]')}: {', '.join(korts)}"
        for (groep, named), korts in together.items()
    ]
    return "; ".join([*([", ".join(plain)] if plain else []), *grouped])
