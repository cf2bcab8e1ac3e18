"""Content to break rules with, and what the rules say of it."""

from __future__ import annotations

from typing import Any

from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.inhoudsregels import Inhoudsoordeel, Inhoudsvraag, check_inhoud
from corvus_schemas.voorbeeld import voorbeeld_inhoud

CATALOGUS = load_catalogus()


def content(berichttype: str, **fields: Any) -> dict[str, Any]:
    """Made-up content; ``fields`` by path, with __ for a dot, None to leave out."""
    made: dict[str, Any] = dict(
        voorbeeld_inhoud(CATALOGUS.berichttype(berichttype), CATALOGUS, seed=3)
    )
    for path, value in fields.items():
        *parents, last = path.split("__")
        record = made
        for parent in parents:
            record = record[parent]
        if value is None:
            record.pop(last, None)
        else:
            record[last] = value
    return made


def person(inhoud: dict[str, Any], rol: str) -> dict[str, Any]:
    found: dict[str, Any] = next(p for p in inhoud["betrokkenen"] if p["rol"] == rol)
    return found


def judge(berichttype: str, inhoud: dict[str, Any], **rest: Any) -> Inhoudsoordeel:
    return check_inhoud(Inhoudsvraag(berichttype, inhoud, **rest))


def refused(oordeel: Inhoudsoordeel) -> set[str]:
    return {one.code for one in oordeel.weigeringen}


def alarms(oordeel: Inhoudsoordeel) -> set[str]:
    return {one.code for one in oordeel.alarmen}
