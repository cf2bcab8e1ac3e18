"""The audit log for the commands about tables: opened, bounded, with its progress."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.progress import TimeRemainingColumn as Remaining

from corvus_adapters.app import build_transport, build_volger
from corvus_adapters.bewijs.auditlog import Auditlezer, Venster
from corvus_adapters.cli.gedeeld import errors
from corvus_adapters.registerdienst.opstellen import parse_moment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from corvus_adapters.bewijs.auditlog import Auditstuk
    from corvus_adapters.installatie.openen import Installatie

SindsOption = Annotated[
    str | None,
    typer.Option(
        "--sinds", help="Decided at or after: 2026-12-01 or 2026-12-01T09:00."
    ),
]
TotOption = Annotated[
    str | None, typer.Option("--tot", help="Decided before: as --sinds.")
]


def window(
    sinds: str | None, tot: str | None, bericht_id: bytes | None = None
) -> Venster:
    """Read which messages to look at.

    Raises:
        SchemaError: ``tijd.ongeldig``.
    """
    return Venster(
        None if sinds is None else parse_moment(sinds),
        None if tot is None else parse_moment(tot),
        bericht_id,
    )


@contextlib.asynccontextmanager
async def open_lezer(installatie: Installatie) -> AsyncIterator[Auditlezer]:
    """Open the audit log of an installation, as its operator."""
    keystore = installatie.broker_keystore()
    transport = build_transport(installatie, keystore.tls)
    registers = installatie.instellingen.registers
    volger = build_volger(installatie, transport, max_age_s=registers.volg_ms / 1000)
    await transport.start()
    try:
        yield Auditlezer(transport, installatie.register, volger)
    finally:
        await transport.close()


async def read_with_progress(lezer: Auditlezer) -> AsyncIterator[Auditstuk]:
    """Read the whole log, with a bar beside the answer for who waits."""
    columns = (TextColumn("audit log"), BarColumn(), MofNCompleteColumn(), Remaining())
    disable = not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=disable) as bar:
        task = bar.add_task("audit", total=None)
        async for stuk in lezer.read():
            bar.update(task, total=stuk.eind, completed=stuk.offset + 1)
            yield stuk
