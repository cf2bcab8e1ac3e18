"""Makes the berichttypen: per rubriek one Avro record, fields with extra attributes.

Extra attributes of a field: `verplicht` (J, N, V), `gevoeligheid`, `soort` (what a
string means), `codelijst`, and the few of domain_records.LIMITS.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from tools.domain_records import (
    BIJLAGE_REF,
    LIMITS,
    NESTED,
    PERSON_REFS,
    SPLITS,
    VERWIJZING,
    Key,
    Nested,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.domain_records import Split
    from tools.domain_source import Row, Source

Json: TypeAlias = "dict[str, object]"

# Receipts replace the statusbericht (design 9).
LEFT_OUT = frozenset({"statusbericht"})
_ROLE = re.compile(r"(betrokkenen|acties)\[(\w+)\]\.(\w+)$")
_PLAIN = {"boolean": "boolean", "int": "int"}


def avro_type(name: str, record: str, nested: Nested, inherited: Json) -> object:
    """Avro type of a field type in the words of the field list."""
    if name.startswith("array<"):
        items = avro_type(name[6:-1], record, nested, inherited)
        return {"type": "array", "items": items}
    if name.startswith("map<"):
        value = name[4:-1].split(",")[1]
        return {"type": "map", "values": _PLAIN.get(value, "string")}
    if name == "bijlage_ref":
        return _record("corvus.gedeeld.bijlage_ref", BIJLAGE_REF, inherited)
    if name == "record":
        return _record(record, nested, inherited)
    return _PLAIN.get(name, "string")


def _record(name: str, fields: Nested, inherited: Json) -> Json:
    made = [
        avro_field(veld, soort, codes, verplicht, inherited, record=f"{name}_{veld}")
        for veld, soort, codes, verplicht in fields
    ]
    return {"type": "record", "name": name, "fields": made}


def avro_field(  # noqa: PLR0913 - the columns of one row of the field list
    veld: str,
    soort: str,
    codes: str,
    verplicht: str,
    inherited: Json,
    *,
    record: str,
    nested: Nested = (),
) -> Json:
    """One Avro field; optional means a union with null first."""
    found = avro_type(soort, record, nested, inherited)
    field: Json = {"name": veld, "type": found if verplicht == "J" else ["null", found]}
    if verplicht != "J":
        field["default"] = None
    field["verplicht"] = verplicht
    field |= inherited | _meaning(soort, codes)
    if veld in PERSON_REFS:
        field["verwijst_naar"] = "betrokkene"
    return field


def _meaning(soort: str, codes: str) -> Json:
    """`soort` of the leaves, and where their codes come from."""
    inner = soort[6:-1] if soort.startswith("array<") else soort
    if inner.startswith("map<"):
        keys, values = inner[4:-1].split(",")
        found: Json = {"soort": "enum", "codelijst": keys}
        return found if values in _PLAIN else found | {"codelijst_waarde": values}
    if inner in {"record", "bijlage_ref"}:
        return {}
    length = re.fullmatch(r"string\((\d+)\)", inner)
    if length:
        return {"soort": "string", "lengte": int(length.group(1))}
    meaning: Json = {"soort": inner}
    if "|" in codes:
        return meaning | {"codes": codes.split("|")}
    return meaning | {"codelijst": codes} if codes else meaning


def rubriek_schema(type_code: str, record: str, rows: Iterable[Row]) -> Json:
    """Record schema of one rubriek."""
    fields: list[Json] = []
    kort = record.rsplit(".", 1)[1]
    for row in rows:
        key: Key = (type_code, kort, row["veld"])
        if any(s.parent == kort and s.field == row["veld"] and s.moved for s in SPLITS):
            continue
        field = avro_field(
            row["veld"],
            row["type"],
            row["codelijst"],
            row["verplicht"],
            {"gevoeligheid": row["gevoeligheid"]},
            record=f"{record}_{row['veld']}",
            nested=NESTED.get(key, ()),
        )
        fields.append(field | LIMITS.get(key, {}))
    return {"type": "record", "name": record, "fields": fields}


def split_schema(split: Split, record: str) -> Json:
    """Record schema of a rubriek that was drawn apart."""
    key: Key = (split.only or "*", split.kort, split.field)
    field = avro_field(
        split.field,
        split.type,
        split.codelijst,
        "J",
        {"gevoeligheid": split.gevoeligheid},
        record=f"{record}_{split.field}",
        nested=NESTED.get(key, ()),
    )
    return {"type": "record", "name": record, "fields": [field]}


def shared_rubrieken(source: Source) -> dict[str, Json]:
    """Rubrieken that many berichttypen use, by `groep.kort`."""
    grouped: dict[str, list[Row]] = {}
    for row in source.rows("velden.csv"):
        if row["berichttype"] == "*" and row["record"] != "kop":
            group = "gedeeld" if row["record"] == "bericht" else row["record"]
            grouped.setdefault(f"{group}.{row['rubriek']}", []).append(row)
    made: dict[str, Json] = {}
    for name, rows in grouped.items():
        made[name] = rubriek_schema("*", f"corvus.{name}", rows)
        group, kort = name.split(".")
        for split in SPLITS:
            if split.parent == kort and group != "gedeeld" and not split.only:
                own = f"{group}.{split.kort}"
                made[own] = split_schema(split, f"corvus.{own}")
    made["gedeeld.verwijzing"] = _record(
        "corvus.gedeeld.verwijzing", VERWIJZING, {"gevoeligheid": "GEWOON"}
    )
    return made


def _typed(source: Source) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in source.rows("velden.csv"):
        found.setdefault((row["berichttype"], row["rubriek"]), []).append(row)
    return found


def rubrieken_of(
    code: str, listed: list[Row], fields: dict[tuple[str, str], list[Row]]
) -> list[Json]:
    """Ordered rubrieken of one berichttype, splits and `verwijzing` included."""
    plain: list[Json] = []
    roles: dict[tuple[str, str], list[Json]] = {}
    for row in listed:
        in_role = _ROLE.match(row["rubriek"])
        required = row["verplicht"] == "J"
        if in_role:
            group, role, kort = in_role.groups()
            place = roles.setdefault((group, role), [])
            place.append(_shared(group, kort, role=role, required=required))
            place.extend(
                _shared(group, split.kort, role=role)
                for split in SPLITS
                if split.parent == kort and not split.only
            )
        elif (code, row["rubriek"]) in fields:
            plain.extend(_own(code, row["rubriek"], fields, required=required))
        else:
            plain.append(_shared(None, row["rubriek"], required=required))
    plain.append(_shared(None, "verwijzing"))
    return plain + [
        entry for group_entries in roles.values() for entry in group_entries
    ]


def _own(
    code: str, kort: str, fields: dict[tuple[str, str], list[Row]], *, required: bool
) -> list[Json]:
    def entry(name: str, schema: Json, *, verplicht: bool) -> Json:
        return {"naam": name, "verplicht": verplicht, "avro": schema}

    schema = rubriek_schema(code, f"corvus.{code}.{kort}", fields[code, kort])
    extra = [
        entry(
            split.kort,
            split_schema(split, f"corvus.{code}.{split.kort}"),
            verplicht=False,
        )
        for split in SPLITS
        if split.only == code and split.parent == kort
    ]
    return [entry(kort, schema, verplicht=required), *extra]


def _shared(
    group: str | None, kort: str, *, role: str | None = None, required: bool = False
) -> Json:
    place: Json = {"groep": group, "rol": role} if group else {}
    reference = f"{group or 'gedeeld'}.{kort}"
    return place | {"naam": kort, "verplicht": required, "gedeeld": reference}


def berichttypen(source: Source, receivers: dict[str, set[str]]) -> dict[str, Json]:
    """All berichttypen; `receivers` comes from the table, not from the type list."""
    fields = _typed(source)
    listed: dict[str, list[Row]] = {}
    for row in source.rows("berichtrubrieken.csv"):
        listed.setdefault(row["berichttype"], []).append(row)
    made: dict[str, Json] = {}
    for row in source.rows("berichttypen.csv"):
        code = row["code"]
        if code in LEFT_OUT:
            continue
        made[code] = {
            "code": code,
            "titel": row["titel"],
            "adressering": row["adressering"],
            "verstrekkers": row["verstrekkers"].split(),
            "ontvangers": sorted(receivers[code]),
            "antwoord": code.endswith("_antwoord") or code == "terugkoppeling",
            "termijnen": row["termijnen"].split(),
            "rubrieken": rubrieken_of(code, listed[code], fields),
        }
    return made
