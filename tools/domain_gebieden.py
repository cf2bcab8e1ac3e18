"""Converts gemeenten and regions; nothing that is ambiguous gets settled here.

The source has no CBS codes. ``sleutel`` is the source's test key (SYN0001), and ``code``
a four-character code that starts with S, which no real code does: a real CBS list is
loaded into the same form by ``corvus adresboek gebieden import``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tools.domain_source import Row, Source

Json: TypeAlias = "dict[str, object]"

# The list of the source is that of 2018; it names no end date.
VALID_FROM = "2018-01-01"
PERIOD: Json = {"geldig_van": VALID_FROM, "geldig_tot": None}


def gebieden(source: Source) -> Json:
    """VT-regios, the Actieoverleg regions over them, and gemeenten."""
    regions = source.rows("vt_regios.csv")
    return {
        "soort": "corvus.gebieden",
        "synthetisch": True,
        "vt_regios": [_region(row) for row in regions],
        "ao_regios": _ao_regions(regions),
        "gemeenten": [_gemeente(row) for row in source.rows("gemeenten.csv")],
    }


def _region(row: Row) -> Json:
    return {
        "code": row["vt_code"],
        "naam": row["vt_regio"],
        "arrondissement": row["arrondissement_bronlabel"],
        "politie_eenheid": row["politie_eenheid"],
        "rnzs": row["rnzs"],
        **PERIOD,
    }


def _ao_regions(rows: list[Row]) -> list[Json]:
    """Many to many: one may cover several VT-regios, a VT-regio may have several."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for printed in row["ao_regios"].split("; "):
            # Behind the name the source says "(samen met VT24)" or how it was printed.
            name = re.sub(r"\s*\([^)]*\)$", "", printed)
            found.setdefault(name, []).append(row["vt_code"])
    return [
        {"naam": name, "vt_regios": codes, **PERIOD} for name, codes in found.items()
    ]


def _gemeente(row: Row) -> Json:
    made: Json = {
        "code": f"S{int(row['testsleutel'][3:]):03d}",
        "sleutel": row["testsleutel"],
        "naam": row["gemeente_genormaliseerd"],
        "vt_regio": row["vt_regio_code"],
        "ghnt_regio": row["ghnt_regio"],
        **PERIOD,
    }
    if row["gemeente_gedrukt"] != row["gemeente_genormaliseerd"]:
        made["namen"] = [row["gemeente_gedrukt"]]
    if row["conflict"] == "J":
        made["conflict"] = True
    return made
