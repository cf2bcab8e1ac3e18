"""What commands print: tables for a terminal, plain lines for everything else.

Into a file or a pipe go aligned lines without boxes or colours, never wrapped, for
grep and cut. In a terminal a table that does not fit folds its prose between words;
a name is never cut: rather than that, its rows come as blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP: Final = "  "


class Scherm(Console):
    """A console that fits tables to where they go."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; tables, panels and rules as fits a terminal or a file."""
        if not self.is_terminal:
            options.setdefault("soft_wrap", True)
            for one in objects:
                for shown in _plain(one):
                    super().print(shown, **options)
            if not objects:
                super().print(**options)
            return
        for one in objects or ("",):
            super().print(self._fitted(one), **options)

    def _fitted(self, one: Any) -> Any:
        if isinstance(one, Padding) and isinstance(one.renderable, Table):
            one.renderable = self._fitted(one.renderable)
        if not isinstance(one, Table) or not one.columns:
            return one
        boxed = one.box is not None
        around = 3 * len(one.columns) + 1 if boxed else 2 * len(one.columns)
        room = self.width - around
        widths = [self._widths(one, number) for number in range(len(one.columns))]
        if sum(least for least, _ in widths) > room:
            return _blocks(one)
        if sum(most for _, most in widths) > room:
            for column, width in zip(one.columns, _shared(widths, room), strict=True):
                column.width = width
        return one

    def _widths(self, table: Table, number: int) -> tuple[int, int]:
        """Give the longest word and the longest line of a column."""
        column = table.columns[number]
        cells = [column.header, *column.cells]
        options = self.options.update(max_width=10_000)
        measured = [Measurement.get(self, options, one) for one in cells]
        return (
            max(one.minimum for one in measured),
            max(one.maximum for one in measured),
        )


def _shared(widths: Sequence[tuple[int, int]], room: int) -> list[int]:
    """Share the room out: what a column needs, then evenly up to what it likes."""
    found = [least for least, _ in widths]
    left = room - sum(found)
    while left > 0:
        wanting = [n for n, (_, most) in enumerate(widths) if found[n] < most]
        if not wanting:
            break
        for number in wanting[:left]:
            found[number] += 1
        left -= min(len(wanting), left)
    return found


def rows_of(table: Table) -> list[list[str]]:
    """Give the cells of a table as plain text, without its header."""
    columns = [[_text(cell) for cell in column.cells] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        cell = Text.from_markup(cell)
    return cell.plain if isinstance(cell, Text) else str(cell)


def _blocks(table: Table) -> str | Text:
    """Write every row as a block: its name, and below that a line for each column."""
    heads = [_text(column.header) for column in table.columns]
    lines = [_text(table.title)] if table.title else []
    for row in rows_of(table):
        lines.append(row[0])
        lines += [
            f"  {head}: {cell}" if head else f"  {cell}"
            for head, cell in zip(heads[1:], row[1:], strict=True)
            if cell
        ]
    if table.caption:
        lines.append(_text(table.caption))
    return Text("\n".join(lines))


def _plain(one: Any) -> list[Any]:
    match one:
        case Padding():
            return _plain(one.renderable)
        case Table():
            return [Text(line) for line in _lines(one)]
        case Panel():
            title = [Text(_text(one.title))] if one.title else []
            return [*title, *_plain(one.renderable)]
        case Rule():
            return [Text(f"== {_text(one.title)} ==")]
        case _:
            return [one]


def _lines(table: Table) -> list[str]:
    rows = [[cell.replace("\n", "; ") for cell in row] for row in rows_of(table)]
    heads = [_text(column.header) for column in table.columns]
    if table.show_header and any(heads):
        rows.insert(0, heads)
    lines = [_text(table.title).replace("\n", " ")] if table.title else []
    widths = [max((len(row[n]) for row in rows), default=0) for n in range(len(heads))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append(_GAP.join(cells).rstrip())
    if table.caption:
        lines.append(_text(table.caption))
    return lines
