"""The grounds as lint needs them: how sure, and from when until when they hold.

A ground in ``data/grondslagen.json`` may have ``geldig_van`` and ``geldig_tot``, as a
rule has; without them it always holds. A change of law is then a date in that file,
and lint names every rule that still leans on the old article.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from datetime import date
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

GEEN_GROND: Final = "G_GEEN"
"""The ground of a denial: there is none. An allow rule may not have it."""

ONZEKER: Final = "laag"


@dataclass(frozen=True, slots=True)
class Grond:
    """One ground."""

    citaat: str
    zekerheid: str
    geldig_van: date | None = None
    geldig_tot: date | None = None


def parse_gronden(text: str) -> Mapping[str, Grond]:
    """Read grounds from the text of a file like ``data/grondslagen.json``."""
    found = cast("dict[str, dict[str, str | None]]", json.loads(text))
    return MappingProxyType(
        {
            code: Grond(
                str(entry["citaat"]),
                str(entry["zekerheid"]),
                _date(entry.get("geldig_van")),
                _date(entry.get("geldig_tot")),
            )
            for code, entry in found.items()
        }
    )


@functools.cache
def load_gronden() -> Mapping[str, Grond]:
    """Read the grounds that ship with this package."""
    source = resources.files("corvus_routing").joinpath("data", "grondslagen.json")
    return parse_gronden(source.read_text(encoding="utf-8"))


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
