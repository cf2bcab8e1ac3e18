"""Converts gemeenten and regions; nothing that is ambiguous gets settled here.

The source has no CBS codes. A key is the source's test key (SYN0001), and
`gemeentecode` a four-character code that starts with S, which no real code does: a
real CBS list is loaded by the same format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tools.domain_source import Row, Source

Json: TypeAlias = "dict[str, object]"

# The list of the source is that of 2018; it names no end date.
VALID_FROM = "2018-01-01"


def gebieden(source: Source) -> Json:
    """VT-regios, gemeenten, and the places a printed name can mean."""
    rows = source.rows("gemeenten.csv")
    regions = {row["vt_code"]: _region(row) for row in source.rows("vt_regios.csv")}
    return {
        "synthetisch": True,
        "vt_regios": regions,
        "gemeenten": {row["testsleutel"]: _gemeente(row) for row in rows},
        "namen": _names(rows),
    }


def _region(row: Row) -> Json:
    return {
        "naam": row["vt_regio"],
        "arrondissement": row["arrondissement_bronlabel"],
        "politie_eenheid": row["politie_eenheid"],
        "rnzs": row["rnzs"],
        "ao_regios": row["ao_regios"].split("; "),
        "geldig_van": VALID_FROM,
        "geldig_tot": None,
    }


def _gemeente(row: Row) -> Json:
    return {
        "gemeentecode": f"S{int(row['testsleutel'][3:]):03d}",
        "naam": row["gemeente_genormaliseerd"],
        "vt_regio": row["vt_regio_code"],
        "ghnt_regio": row["ghnt_regio"],
        "conflict": row["conflict"] == "J",
        "geldig_van": VALID_FROM,
        "geldig_tot": None,
    }


def _names(rows: list[Row]) -> dict[str, list[str]]:
    """Every spelling in lower case, with all gemeenten it can mean."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name in {row["gemeente_gedrukt"], row["gemeente_genormaliseerd"]}:
            found.setdefault(name.lower(), []).append(row["testsleutel"])
    return {name: sorted(found[name]) for name in sorted(found)}
