"""The demo in short: a line per message, with who got how much of it and who nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from corvus_adapters.cli.gedeeld import console
from corvus_adapters.demo.verslag import short_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_adapters.demo.verslag import Besluiten
    from corvus_adapters.scenario.bestand import Scenario
    from corvus_adapters.scenario.keten import Keten
    from corvus_adapters.scenario.speler import Gespeeld


@dataclass(frozen=True, slots=True)
class Gespeeldezaak:
    """A case that was played, with what the broker decided and what came out else."""

    scenario: Scenario
    gespeeld: Sequence[Gespeeld]
    keten: Keten
    besluiten: Besluiten
    verschillen: int


def show_summary(zaak: Gespeeldezaak) -> None:
    """Print the messages of a case, each on a line."""
    table = Table(
        title=f"{zaak.scenario.id} {zaak.scenario.titel}", title_justify="left"
    )
    for column in ("message", "from", "received, in rubrieken", "nothing for"):
        table.add_column(column)
    for one in zaak.gespeeld:
        if not one.vooraf:
            table.add_row(*map(escape, _row(one, zaak.keten)))
    console.print(table)


def _row(one: Gespeeld, keten: Keten) -> tuple[str, str, str, str]:
    got: dict[str, int] = {}
    for _, bewijs in one.verzonden:
        for deel in bewijs.verstrekkingen:
            type_ = keten.client(deel.ontvanger).type
            got[type_] = max(got.get(type_, 0), len(deel.regels))
    nobody = [
        type_
        for type_, verwacht in one.bericht.verwacht.items()
        if type_ not in got and not verwacht.ontvangt_iets
    ]
    return (
        one.bericht.type,
        short_name(one.afzender.naam),
        ", ".join(f"{type_} {count}" for type_, count in sorted(got.items())),
        ", ".join(nobody),
    )
