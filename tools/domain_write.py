"""Writes JSON that people can read and diff: short values stay on one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LINE = 120


def dump(value: object, indent: int = 0) -> str:
    """Format a JSON value; what fits in a line is one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= LINE or not isinstance(value, (dict, list)):
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(k)}: {dump(v, indent + 1)}" for k, v in value.items()]
        opening, closing = "{", "}"
    else:
        items = [dump(item, indent + 1) for item in value]
        opening, closing = "[", "]"
    body = ",\n".join(pad + item for item in items)
    return f"{opening}\n{body}\n{' ' * indent}{closing}"


def write_json(path: Path, value: object) -> None:
    """Write one JSON file."""
    write_text(path, dump(value) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write one text file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
