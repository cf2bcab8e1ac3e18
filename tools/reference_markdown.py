"""Small pieces of Markdown for the reference pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MADE = "Made by `make reference` from the data files; not written by hand."


def cell(text: str) -> str:
    """Make text fit for a cell of a table: a bar would end it."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Make a table; nothing at all without rows."""
    made = [f"| {' | '.join(map(cell, row))} |" for row in rows]
    if not made:
        return []
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *made, ""]


def code(text: str) -> str:
    return f"`{text}`"


def codes(texts: Iterable[str]) -> str:
    return ", ".join(map(code, texts))


def many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def ranges(ids: Iterable[str]) -> str:
    """Write rule ids short: R0001 to R0004, R0007a."""
    found: list[list[str]] = []
    for one in sorted(ids):
        if found and _follows(found[-1][-1], one):
            found[-1].append(one)
        else:
            found.append([one])
    return ", ".join(
        ", ".join(run) if len(run) < 3 else f"{run[0]} to {run[-1]}" for run in found
    )


def _follows(one: str, other: str) -> bool:
    left, right = re.fullmatch(r"R(\d+)", one), re.fullmatch(r"R(\d+)", other)
    return bool(left and right and int(left[1]) + 1 == int(right[1]))


def page(lines: Iterable[str]) -> str:
    """Join lines to a page: one blank line at most, one line end at the end."""
    text = "\n".join(lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
