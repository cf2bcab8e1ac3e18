"""Reads the published vectors; a file without cases is a failure, not a pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

FOLDER = Path(__file__).resolve().parent / "vectors" / "published"


class Case(dict[str, object]):
    def text(self, name: str) -> str:
        return str(self.get(name, ""))

    def hex(self, name: str) -> bytes:
        return bytes.fromhex(self.text(name))

    @property
    def valid(self) -> bool:
        return self["result"] == "valid"

    @property
    def name(self) -> str:
        return f"{self.text('tcId')} {self.text('why')}"


def cases(name: str, count: int) -> list[Case]:
    """All cases of a file, which must be exactly ``count``."""
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    found = cast("list[dict[str, object]]", json.loads(text)["cases"])
    assert len(found) == count, f"{name}: {len(found)} cases"
    return [Case(case) for case in found]
