"""``corvus geparkeerd``: what could not be handled, and taking it up again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table

from corvus_adapters.app import (
    build_attesteerder,
    build_transport,
    installation_topics,
    utc_now,
)
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_broker.effecten import SOORT_HERAANBIEDING
from corvus_broker.ports import Append
from corvus_broker.staat import Partitiestaat
from corvus_broker.topics import GEPARKEERD, INZENDING, ZAAKSTAAT
from corvus_broker.uitlezen import read_whole
from corvus_crypto.zaak import partition_of
from corvus_schemas.errors import SchemaError
from corvus_schemas.identifiers import ZaakId, format_id, parse_bericht_id
from corvus_schemas.wire.staat import Geparkeerd, Heraanbieding

if TYPE_CHECKING:
    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.ports import Transport

app = typer.Typer(
    no_args_is_help=True,
    help="Parked messages and dead letters: list them, take them up again.",
)


async def read_parked(transport: Transport, partities: int) -> list[Geparkeerd]:
    """Read everything that was ever parked, in order per partition."""
    return [
        Geparkeerd.decode(record.value or b"")
        for partition in range(partities)
        async for record in read_whole(transport, GEPARKEERD, partition)
    ]


async def read_state(transport: Transport, partition: int) -> Partitiestaat:
    """Rebuild the state of a partition from its changelog."""
    staat = Partitiestaat()
    async for record in read_whole(transport, ZAAKSTAAT, partition):
        staat.replay(record.key, record.value)
    return staat


@app.command("lijst")
@for_people
def show(
    *,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """List what was parked or put aside: code, zaak, place; never content.

    Without a zaak it is a dead letter: nobody provably sent it.
    """

    async def work(installatie: Installatie) -> list[Geparkeerd]:
        transport = build_transport(installatie, installatie.broker_keystore().tls)
        await transport.start()
        try:
            if installatie.instellingen.transport.soort == "sqlite":
                # Nothing was sent yet in a new sandbox: that is no fault.
                await transport.ensure_topics(
                    installation_topics(installatie, utc_now())
                )
            register = installatie.register.op(int(utc_now().timestamp() * 1000))
            return await read_parked(transport, register.partities)
        finally:
            await transport.close()

    found = asyncio.run(work(open_installation(installation)))
    rows = [
        {
            "code": one.code,
            "zaak": None if one.zaak is None else format_id(one.zaak),
            "partitie": one.partitie,
            "offset": one.offset,
            "bytes": len(one.inhoud),
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print("Nothing is parked or put aside.")
        return
    table = Table(title=f"{len(rows)} parked or put aside")
    for column in ("code", "zaak", "partitie", "offset", "bytes"):
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(value or "-") for value in row.values()))
    console.print(table)


@app.command("vrijgeven")
@for_people
def release(
    *,
    zaak: Annotated[
        str, typer.Argument(help="Zaak, as corvus geparkeerd lijst shows.")
    ],
    installation: InstallationOption = Path(DEFAULT_FOLDER),
) -> None:
    """Take the parked messages of a zaak up again, in their order.

    The order to do so is signed with the broker's own key. A message that fails again
    keeps the rest parked behind it.
    """
    count = asyncio.run(
        offer_again(open_installation(installation), ZaakId(parse_bericht_id(zaak)))
    )
    console.print(f"Offered {count} messages again; see corvus geparkeerd lijst.")


async def offer_again(installatie: Installatie, zaak: ZaakId) -> int:
    """Write a signed order for each message of a zaak that is parked now.

    Raises:
        SchemaError: ``geparkeerd.geen``; nothing of that zaak is parked.
    """
    keystore = installatie.broker_keystore()
    transport = build_transport(installatie, keystore.tls)
    await transport.start()
    try:
        now_ms = int(utc_now().timestamp() * 1000)
        partities = installatie.register.op(now_ms).partities
        partition = partition_of(zaak, partities)
        state = (await read_state(transport, partition)).zaak(zaak)
        outstanding = 0 if state is None else state.geparkeerd
        found = [
            one for one in await read_parked(transport, partities) if one.zaak == zaak
        ][-outstanding or None :]
        if not outstanding or not found:
            raise SchemaError(
                "geparkeerd.geen",
                "nothing of this zaak is parked",
                advice="See corvus geparkeerd lijst.",
            )
        attesteerder = build_attesteerder(keystore)
        appends = []
        for number, one in enumerate(found):
            order = Heraanbieding(
                zaak=zaak,
                tijd=one.tijd,
                inhoud=one.inhoud,
                laatste=number == len(found) - 1,
                attestatie=b"",
            )
            [signed] = attesteerder.attest(
                [(SOORT_HERAANBIEDING, order.encode())], now_ms
            )
            value = msgspec.structs.replace(order, attestatie=signed.encode()).encode()
            appends.append(Append(INZENDING, partition, zaak, value))
        await transport.append(appends)
        return len(appends)
    finally:
        await transport.close()
