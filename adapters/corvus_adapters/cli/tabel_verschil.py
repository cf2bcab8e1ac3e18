"""How messages that a candidate decides differently are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from corvus_adapters.cli.gedeeld import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_adapters.schaduw import Samenvatting

_WOORDEN = {
    "zichtbaar": "newly visible",
    "niet_meer": "no longer visible",
    "anders": "withheld for another reason",
}


def show_rows(rows: Sequence[dict[str, object]], samenvatting: Samenvatting) -> None:
    """Print every difference, then who newly sees or loses what."""
    for row in rows:
        show_row(row)
    show_summary(samenvatting)


def show_row(row: dict[str, object]) -> None:
    """Print one cel that comes out differently, on one line."""
    console.print(
        f"{row['bericht_id']} {row['berichttype']} to {row['naar']} {row['ontvanger']}"
        f" {escape(str(row['cel']))}: {_side(row, 'was')} -> {_side(row, 'wordt')}",
        highlight=False,
        soft_wrap=True,
    )


def _side(row: dict[str, object], side: str) -> str:
    regels = row[f"regels_{side}"]
    named = " ".join(map(str, regels)) if isinstance(regels, list) else ""
    return f"{row[side]} ({named})" if named else str(row[side])


def show_summary(samenvatting: Samenvatting) -> None:
    """Print the counts."""
    if samenvatting.tellingen:
        table = Table()
        for column in ("messages", "to", "rubriek", "change"):
            table.add_column(column, overflow="fold")
        ordered = sorted(
            samenvatting.tellingen.items(), key=lambda item: (-item[1], item[0])
        )
        for (naar, rubriek, change), aantal in ordered:
            table.add_row(str(aantal), naar, escape(rubriek), _WOORDEN[change])
        console.print(table)
    unread = samenvatting.onbeslisbaar
    more = f"; {unread} could not be decided again" if unread else ""
    console.print(
        f"{samenvatting.anders} of {samenvatting.berichten} messages would have been"
        f" decided differently{more}",
        highlight=False,
    )
