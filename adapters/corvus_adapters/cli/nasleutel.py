"""``corvus nasleutel``: an old message for a new recipient, or for a lost key."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corvus_adapters.app import utc_now
from corvus_adapters.cli.bericht import (
    NO_RECEIPT,
    OrganisationOption,
    with_client,
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
from corvus_adapters.cli.organisaties import oins_of, short_names
from corvus_adapters.cli.verzonden import Afloop, afloop_of, as_dict, show
from corvus_adapters.sdk.organisatie import Verzonden
from corvus_adapters.sdk.post import Ontvangenbewijs
from corvus_broker.nasleutel import WAARSCHUWING

if TYPE_CHECKING:
    from corvus_adapters.sdk.nasleutel import Nagesleuteld
    from corvus_adapters.sdk.organisatie import Organisatie
    from corvus_schemas.wire.bewijs import Ontvangstbewijs


@for_people
def nasleutel(  # noqa: PLR0913 - the options of a command
    *,
    bericht_id: Annotated[
        str, typer.Argument(help="Message, by the id corvus verstuur printed.")
    ],
    recipients: Annotated[
        list[str],
        typer.Option("--aan", help="Organisation it is for now: short name or OIN."),
    ],
    organisation: OrganisationOption,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for the broker's receipt; 0: do not.")
    ] = 10.0,
    as_json: JsonOption = False,
) -> None:
    """Give a message that was sent before to others, or again to who lost its key.

    The message stays as it was signed; it gets new columns, decided by the rules and
    facts of now. Only its sender can do this, until 120 days after the message's own
    end. What a rule holds does not go by a nasleutel. Prints who got what.

    Exit code 0: the broker took it on, or --wait 0 asked for no receipt. 1: it was
    refused. 2: it cannot be made. 3: it was sent, and no receipt came in time.

    Example: corvus nasleutel BERICHT_ID --aan vt-groningen --als pol-noord-nl
    """
    known = short_names(open_installation(installation))
    oins = oins_of(recipients, known, "--aan")

    async def work(client: Organisatie) -> tuple[Nagesleuteld, Afloop | None]:
        gemaakt = await client.nasleutel(bericht_id, oins)
        bewijs = await _await_receipt(client, gemaakt.nasleutel_id, wait)
        return gemaakt, None if bewijs is None else afloop_of(client, bewijs)

    gemaakt, afloop = asyncio.run(with_client(installation, organisation, work))
    sent = Verzonden(
        gemaakt.bericht_id, gemaakt.zaak, gemaakt.partitie, gemaakt.ontvangers
    )
    if as_json:
        print_json({"nasleutel_id": gemaakt.nasleutel_id, **as_dict(sent, afloop)})
    else:
        console.print(f"nasleutel {gemaakt.nasleutel_id}", highlight=False)
        register = open_installation(installation).register
        show(sent, afloop, wait, register.op(int(utc_now().timestamp() * 1000)))
    if afloop is None and wait > 0:
        raise typer.Exit(NO_RECEIPT)
    if afloop is not None and afloop.bewijs.code:
        raise typer.Exit(1)


async def _await_receipt(
    client: Organisatie, nasleutel_id: str, wait: float
) -> Ontvangstbewijs | None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    named = f"{WAARSCHUWING}:{nasleutel_id}:"
    while loop.time() < deadline:
        for one in await client.haal_op(wait_s=0.2):
            if isinstance(one, Ontvangenbewijs) and any(
                warning.startswith(named) for warning in one.bewijs.waarschuwingen
            ):
                return one.bewijs
    return None
