"""Reads the domain folder: CSV files, and the YAML blocks of scenarios.md."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Row: TypeAlias = "dict[str, str]"


@dataclass(frozen=True)
class Source:
    """The domain folder, each file read when it is asked for."""

    folder: Path

    def rows(self, name: str) -> list[Row]:
        """Rows of one CSV file."""
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def text(self, name: str) -> str:
        """Text of one file."""
        return (self.folder / name).read_text(encoding="utf-8")
