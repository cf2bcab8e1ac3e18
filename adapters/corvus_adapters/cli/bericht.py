"""``corvus verstuur`` and ``corvus ontvang``: one organisation at the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from corvus_adapters.app import (
    build_organisatie,
    build_transport,
    installation_topics,
    utc_now,
)
from corvus_adapters.cli.berichtbestand import read_concept
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.cli.organisaties import (
    open_keystore,
    resolve_geadresseerden,
    short_names,
)
from corvus_adapters.cli.verzonden import Afloop, afloop_of, as_dict, show
from corvus_adapters.sdk.post import Geweigerdepost, Ontvangenbewijs
from corvus_schemas.identifiers import format_id, parse_bericht_id
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from corvus_adapters.sdk.openen import Ontvangst
    from corvus_adapters.sdk.organisatie import Organisatie, Verzonden
    from corvus_adapters.sdk.post import Post

OrganisationOption = Annotated[
    str,
    typer.Option(
        "--als", help="Organisation: its folder's name (vt-groningen) or its OIN."
    ),
]


NO_RECEIPT: Final = 3


async def with_client(
    folder: Path, name: str, work: Callable[[Organisatie], Awaitable[Any]]
) -> Any:
    """Work as one organisation over the installation's transport.

    Raises:
        SettingsError: ``sleutelbos.onbekend``; what the work itself raises goes on.
    """
    installatie = open_installation(folder)
    keystore = open_keystore(installatie, name)
    transport = build_transport(installatie, keystore.tls)
    await transport.start()
    try:
        if installatie.instellingen.transport.soort == "sqlite":
            await transport.ensure_topics(installation_topics(installatie, utc_now()))
        client = build_organisatie(installatie, keystore, transport)
        try:
            return await work(client)
        finally:
            client.postbus.close()
    finally:
        await transport.close()


@for_people
def verstuur(
    *,
    file: Annotated[
        Path, typer.Argument(help="Message in YAML or JSON; - is standard input.")
    ],
    organisation: OrganisationOption,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for the broker's receipt; 0: do not.")
    ] = 10.0,
    as_json: JsonOption = False,
) -> None:
    """Seal and send a message; prints who got what of it, and what not and why.

    The content is checked and sealed here: what is wrong is named with its line, and
    nothing leaves. A file to begin with: corvus schema voorbeeld politiemelding

    Exit code 0: the broker took it on, or --wait 0 asked for no receipt. 1: the file is
    wrong, or the broker refused. 2: nobody may receive it, or the setup is wrong. 3: it
    was sent, and no receipt came in time.

    Example: corvus verstuur melding.yaml --als pol-noord-nl
    """
    concept = read_concept(file)
    if concept.geadresseerden:
        known = short_names(open_installation(installation))
        concept = resolve_geadresseerden(concept, known)

    async def work(client: Organisatie) -> tuple[Verzonden, Afloop | None]:
        verzonden = await client.verstuur(concept)
        bewijs = await _await_receipt(client, verzonden.bericht_id, wait)
        return verzonden, None if bewijs is None else afloop_of(client, bewijs)

    verzonden, afloop = asyncio.run(with_client(installation, organisation, work))
    if as_json:
        print_json(as_dict(verzonden, afloop))
    else:
        register = open_installation(installation).register
        show(verzonden, afloop, wait, register.op(int(utc_now().timestamp() * 1000)))
    if afloop is None and wait > 0:
        raise typer.Exit(NO_RECEIPT)
    if afloop is not None and afloop.bewijs.code:
        raise typer.Exit(1)


async def _await_receipt(
    client: Organisatie, bericht_id: str, wait: float
) -> Ontvangstbewijs | None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    wanted = parse_bericht_id(bericht_id)
    while loop.time() < deadline:
        for one in await client.haal_op(wait_s=0.2):
            if isinstance(one, Ontvangenbewijs) and one.bewijs.bericht_id == wanted:
                return one.bewijs
    return None


@for_people
def ontvang(
    *,
    organisation: OrganisationOption,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    confirm: Annotated[
        bool, typer.Option("--bevestig", help="Confirm what is shown as VERWERKT.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for new post.")] = 2.0,
    as_json: JsonOption = False,
) -> None:
    """Fetch, verify, open and show what this organisation may see.

    What is not confirmed is shown again next time. Refused post (not from the broker,
    not for us, changed) is never shown: only its code is.

    Example: corvus ontvang --als vt-groningen --bevestig
    """

    async def work(client: Organisatie) -> tuple[list[Post], list[Ontvangst]]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        post: list[Post] = []
        while loop.time() < deadline:
            fresh = await client.haal_op(wait_s=min(0.5, wait))
            post += fresh
            if post and not fresh:
                break
        opened = list(client.open_post())
        if confirm:
            for one in opened:
                await client.bevestig(one, Status.VERWERKT)
        return post, opened

    post, opened = asyncio.run(with_client(installation, organisation, work))
    if as_json:
        print_json([_as_dict(one) for one in opened])
        return
    _show_post(post, opened)


def _as_dict(one: Ontvangst) -> dict[str, Any]:
    return {
        "sleutel": one.sleutel,
        "bericht_id": one.bericht_id,
        "berichttype": one.berichttype,
        "verstrekker": one.verstrekker,
        "verstrekker_naam": one.verstrekker_naam,
        "functie": one.functie,
        "doel": one.doel,
        "zaak": one.zaak,
        "inhoud": one.inhoud,
        "onbekende_codes": one.onbekende_codes,
        "buiten_schema": one.buiten_schema,
        "regels": one.regels,
        "niet_geleverd": one.achtergehouden,
        "waarschuwingen": list(one.waarschuwingen),
    }


def _show_post(post: list[Post], opened: list[Ontvangst]) -> None:
    for one in post:
        if isinstance(one, Geweigerdepost):
            console.print(f"[red]refused[/] {one.topic} {one.offset}: {one.code}")
        elif isinstance(one, Ontvangenbewijs):
            said = one.bewijs
            console.print(
                f"[dim]receipt[/] {format_id(said.bericht_id)} {said.status}"
                f" {_shown(said.code)} by {said.uitsteller}"
            )
    if not opened:
        console.print("No messages are waiting.")
    for message in opened:
        table = Table(
            title=f"{message.berichttype} from {message.verstrekker_naam}",
            caption=f"{message.bericht_id} · zaak {message.zaak} · doel {message.doel}"
            f" · {message.achtergehouden} positions empty or withheld",
        )
        table.add_column("rubriek")
        table.add_column("rule")
        table.add_column("content", overflow="fold")
        for label, regel in message.regels.items():
            value = _look_up(message.inhoud, label)
            table.add_row(
                escape(label), regel, escape(json.dumps(value, ensure_ascii=False))
            )
        console.print(table)
        for warning in message.waarschuwingen:
            console.print(f"[yellow]warning[/]  {warning}")


def _shown(text: str) -> str:
    """Make text of another organisation harmless: no markup, no control characters."""
    return escape("".join(one if one.isprintable() else "?" for one in text))


def _look_up(inhoud: dict[str, Any], label: str) -> Any:
    if "[" not in label:
        return inhoud.get(label)
    groep, rest = label.split("[", 1)
    rol, tail = rest.split("#", 1)
    index, kort = tail.split("].", 1)
    records = [
        record
        for record in inhoud.get(groep, [])
        if rol in (record.get("rol"), record.get("uitvoerder"))
    ]
    position = int(index)
    return records[position].get(kort) if position < len(records) else None
