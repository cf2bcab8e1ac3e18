"""``corvus topics``: topics, rules and quotas of Kafka, as the register declares them."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from cryptography import x509
from rich.table import Table

from corvus_adapters.app import kafka_settings, utc_now
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    errors,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.kafka.toepassen import Beheerder
from corvus_adapters.kafka.toestand import Doe, declared
from corvus_crypto.certificaten import oin_of
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.kafka.settings import KafkaSettings
    from corvus_adapters.kafka.toestand import Stap

app = typer.Typer(
    no_args_is_help=True,
    help="Topics, rights and quotas in Kafka: compare with the register, and apply.",
)


@app.command()
@for_people
def plan(
    *,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Show what apply would do, and change nothing.

    What should be follows from the register and the settings. The certificate in use
    (transport.kafka.tls_*) has to be an operator's.

    Example: corvus topics plan -i .corvus
    """
    installatie = open_installation(installation)
    steps = asyncio.run(beheerder(installatie).plan())
    _show(steps, as_json=as_json, done=False, verwijder=False)


@app.command()
@for_people
def apply(
    *,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    verwijder: Annotated[
        bool,
        typer.Option(
            "--verwijder",
            help="Remove what is left over too: topics with all they hold, rights,"
            " quotas.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make topics, rights and quotas as they should be; show what was done.

    Doing it again changes nothing. What is left over stays, unless --verwijder.
    """
    installatie = open_installation(installation)
    steps = asyncio.run(beheerder(installatie).apply(verwijder=verwijder))
    _show(steps, as_json=as_json, done=True, verwijder=verwijder)


def beheerder(
    installatie: Installatie, settings: KafkaSettings | None = None
) -> Beheerder:
    """Make what plans and applies for an installation, on the cluster it names.

    Raises:
        SettingsError: ``topics.geen_kafka``.
    """
    keystore = installatie.broker_keystore()
    if settings is None:
        transport = installatie.instellingen.transport
        if transport.soort != "kafka" or not transport.kafka.tls:
            raise SettingsError(
                "topics.geen_kafka",
                "rights and quotas are there in a Kafka with TLS only",
                advice="corvus kafka up -i starts one, and prints the settings.",
            )
        settings = kafka_settings(installatie, keystore.tls)
    router, mine = keystore.houder.oin, _holder(settings)
    return Beheerder(
        settings,
        declared(installatie, int(utc_now().timestamp() * 1000)),
        spare=None if mine == router else mine,
    )


def _holder(settings: KafkaSettings) -> str | None:
    """Give whose certificate is used; it is the principal in Kafka."""
    settings.ssl_context()  # says which file is wrong, where one is
    if settings.ssl_certfile is None:
        return None
    pem = settings.ssl_certfile.read_bytes()
    return oin_of(x509.load_pem_x509_certificates(pem)[0])


def _show(steps: Sequence[Stap], *, as_json: bool, done: bool, verwijder: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "doe": str(step.doe),
                    "soort": step.soort,
                    "naam": step.naam,
                    "onderdeel": step.onderdeel,
                    "van": step.van,
                    "naar": step.naar,
                }
                for step in steps
            ]
        )
        return
    if steps:
        table = Table("doe", "soort", "naam", "onderdeel", "van", "naar")
        for step in steps:
            table.add_row(
                str(step.doe),
                step.soort,
                step.naam,
                step.onderdeel,
                step.van,
                step.naar,
            )
        console.print(table)
    counts = Counter(step.doe for step in steps)
    removed = counts[Doe.OVER] if verwijder else 0
    console.print(
        f"{'Made' if done else 'To make'} {counts[Doe.MAAK]},"
        f" {'changed' if done else 'to change'} {counts[Doe.WIJZIG]},"
        f" {'removed' if done else 'to remove'} {removed},"
        f" left over {counts[Doe.OVER] - removed},"
        f" impossible {counts[Doe.KAN_NIET]}.",
        highlight=False,
    )
    if counts[Doe.OVER] and not verwijder:
        errors.print(
            "What is left over stays; corvus topics apply --verwijder takes it away.",
            highlight=False,
        )
    if counts[Doe.KAN_NIET]:
        errors.print(
            "Counts of partitions and replicas cannot be changed here: see the RUNBOOK"
            " at topic.afwijkend.",
            highlight=False,
        )
