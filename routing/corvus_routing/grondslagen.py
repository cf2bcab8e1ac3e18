"""The legal grounds that rules name by code, with their text."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Grondslag:
    """One ground: the article, what it is used for, and how sure that is."""

    code: str
    citaat: str
    omschrijving: str
    zekerheid: str


@functools.cache
def load_grondslagen() -> Mapping[str, Grondslag]:
    """Read the grounds that ship with this package, by code."""
    source = resources.files("corvus_routing").joinpath("data", "grondslagen.json")
    found = cast(
        "dict[str, dict[str, str]]", json.loads(source.read_text(encoding="utf-8"))
    )
    return MappingProxyType(
        {
            code: Grondslag(
                code, entry["citaat"], entry["omschrijving"], entry["zekerheid"]
            )
            for code, entry in found.items()
        }
    )
