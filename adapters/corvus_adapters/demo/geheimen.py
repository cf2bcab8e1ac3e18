"""Does the broker hold plaintext? Search everything it wrote for what was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SHORTEST: Final = 8
_OVERLAP: Final = 4096
_CHUNK: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Zoekresultaat:
    """How much was searched, for how many values, and which files held one."""

    bestanden: int
    bytes: int
    waarden: int
    gevonden: tuple[str, ...]
    controle: bool


def content_values(concepts: Iterable[str]) -> set[bytes]:
    """Collect the text values of messages that were sent: free text, names, numbers.

    Codes of codelists are left out: they are public words.
    """
    found: set[bytes] = set()
    for concept in concepts:
        for value in _strings(json.loads(concept)["inhoud"]):
            if len(value) >= SHORTEST and (" " in value or value.isdigit()):
                found.add(value.encode("utf-8"))
    return found


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def search(files: Sequence[Path], values: set[bytes], control: bytes) -> Zoekresultaat:
    """Search files for values; ``control`` must be found, or the search is blind."""
    found: set[str] = set()
    seen = total = 0
    control_found = False
    for file in files:
        seen += 1
        for chunk in _chunks(file):
            total += len(chunk)
            control_found = control_found or control in chunk
            if any(value in chunk for value in values):
                found.add(file.name)
    return Zoekresultaat(seen, total, len(values), tuple(sorted(found)), control_found)


def _chunks(file: Path) -> Iterator[bytes]:
    tail = b""
    with file.open("rb") as stream:
        while data := stream.read(_CHUNK):
            yield tail + data
            tail = data[-_OVERLAP:]
