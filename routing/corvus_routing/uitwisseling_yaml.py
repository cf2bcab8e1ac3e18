"""A table written as YAML: one rule a block, fields in the order of the schema."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from corvus_routing.tabel import tabel_payload
from corvus_routing.uitwisseling import VELDEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corvus_routing.json_value import JsonValue
    from corvus_routing.regel import Verstrekkingentabel

_KAAL: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\[[A-Za-z_*]+\]\.[a-z_*]+)?\Z")
"""Text that needs no quotes; the words below read as something else."""

_WOORDEN: Final = frozenset(
    {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
)
_ALTIJD_AANHALEN: Final = frozenset({"voorwaarde", "bron", "opmerking", "regio"})


def to_yaml(tabel: Verstrekkingentabel) -> str:
    """Write a table; ``parse_tabel`` reads the same one back."""
    return "\n".join(_lines(tabel)) + "\n"


def _lines(tabel: Verstrekkingentabel) -> Iterator[str]:
    payload = tabel_payload(tabel)
    regels = payload.pop("regels")
    for naam, waarde in payload.items():
        yield f"{naam}: {_scalar(naam, waarde)}"
    if not isinstance(regels, list) or not regels:
        yield "regels: []"
        return
    yield "regels:"
    for regel in regels:
        if isinstance(regel, dict):
            yield from _block(regel)


def _block(regel: dict[str, JsonValue]) -> Iterator[str]:
    begin = "- "
    for naam in VELDEN:
        if naam == "hold" and regel[naam] is None:
            continue  # the one field that may be left out
        yield f"{begin}{naam}: {_scalar(naam, regel[naam])}"
        begin = "  "


def _scalar(naam: str, waarde: JsonValue) -> str:
    if waarde is None or isinstance(waarde, int):
        return json.dumps(waarde)
    text = str(waarde)
    if (
        naam not in _ALTIJD_AANHALEN
        and _KAAL.match(text)
        and text.lower() not in _WOORDEN
    ):
        return text
    # A JSON string of printable characters is a double-quoted scalar of YAML.
    return json.dumps(text, ensure_ascii=False)
