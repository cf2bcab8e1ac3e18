"""``corvus kafka``: a real Apache Kafka on this machine, without Docker."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from corvus_adapters.app import installation_topics, utc_now
from corvus_adapters.cli.gedeeld import for_people, open_installation
from corvus_adapters.cli.topics import beheerder
from corvus_adapters.kafka.certificates import OPERATOR_OIN, SandboxCa
from corvus_adapters.kafka.server import KafkaServer
from corvus_adapters.kafka.server_config import ServerTls, existing
from corvus_adapters.kafka.transport import KafkaTransport

if TYPE_CHECKING:
    from corvus_adapters.installatie.openen import Installatie

app = typer.Typer(
    no_args_is_help=True, help="A real Apache Kafka on this machine, without Docker."
)

Folder = Annotated[
    Path, typer.Option("--dir", help="Folder with data, logs and certificates.")
]
DEFAULT_FOLDER = Path("corvus-kafka")


Installation = Annotated[
    Path | None,
    typer.Option(
        "--installatie",
        "-i",
        help="Serve this installation: its own certificates, topics and ACLs per OIN.",
    ),
]


@app.command()
@for_people
def up(
    *,
    folder: Folder = DEFAULT_FOLDER,
    installation: Installation = None,
    nodes: Annotated[int, typer.Option(help="1 or 3.")] = 1,
    plaintext: Annotated[
        bool, typer.Option(help="No TLS and no ACLs; for benchmarks only.")
    ] = False,
    foreground: Annotated[
        bool, typer.Option(help="Stay until interrupted, then stop Kafka.")
    ] = False,
) -> None:
    """Start Kafka and wait until it serves clients.

    Example: corvus kafka up -i .corvus, then the settings it prints, then corvus router
    """
    console = Console(stderr=True)
    installatie = None if installation is None else open_installation(installation)
    if installatie is not None and folder == DEFAULT_FOLDER:
        folder = installatie.path / "kafka"
    tls = None
    if not plaintext:
        tls = operator_tls(folder) if installatie is None else own_tls(installatie)
    server = KafkaServer(folder, tls=tls, nodes=nodes)
    server.start()
    with console.status("Kafka starts"):
        server.wait_ready()
    if installatie is not None:
        asyncio.run(prepare(installatie, server))
        for name, value in settings_for(server).items():
            typer.echo(f"export {name}={value}")
    else:
        _describe(server)
    if foreground:
        console.print("Interrupt to stop.")
        try:
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        finally:
            server.stop()


def own_tls(installatie: Installatie) -> ServerTls:
    """Give the broker's own certificate, under which Kafka serves an installation."""
    keystore = installatie.broker_keystore()
    tls = keystore.tls
    return ServerTls(tls.wortels, tls.certificaat, tls.sleutel, keystore.houder.oin)


async def prepare(installatie: Installatie, server: KafkaServer) -> None:
    """Make topics, rights and quotas of an installation, as ``topics apply`` does.

    A Kafka without TLS knows nobody: there it is the topics only.

    Raises:
        UnavailableError: ``transport.onbereikbaar``.
        SettingsError: ``topic.afwijkend``, ``transport.geen_toegang``.
    """
    settings = server.operator_settings()
    if server.tls is not None:
        await beheerder(installatie, settings).apply()
    transport = KafkaTransport(settings)
    await transport.start()
    try:
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
    finally:
        await transport.close()


def settings_for(server: KafkaServer) -> dict[str, str]:
    """Give the settings that make an installation use this Kafka."""
    return {
        "CORVUS_TRANSPORT__SOORT": "kafka",
        "CORVUS_TRANSPORT__KAFKA__BOOTSTRAP": server.bootstrap,
        "CORVUS_TRANSPORT__KAFKA__TLS": str(server.tls is not None).lower(),
    }


@app.command()
@for_people
def down(*, folder: Folder = DEFAULT_FOLDER) -> None:
    """Stop the Kafka of a folder, and nothing else."""
    server = _server(folder)
    if server is None or not server.running():
        typer.echo(f"No Kafka of {folder} is running.")
        return
    server.stop()
    typer.echo("Kafka has stopped; its data stays.")


@app.command()
@for_people
def status(*, folder: Folder = DEFAULT_FOLDER) -> None:
    """Say whether the Kafka of a folder runs, and where. Exit code 1 when not."""
    server = _server(folder)
    if server is None or not server.running():
        typer.echo(f"No Kafka of {folder} is running.")
        raise typer.Exit(1)
    typer.echo(f"Running: node {', '.join(map(str, server.running()))}")
    _describe(server)


def operator_tls(folder: Path) -> ServerTls:
    """Give the operator's certificate of a folder; a sandbox CA makes the first."""
    tls = folder / "tls"
    pem, key = tls / f"{OPERATOR_OIN}.pem", tls / f"{OPERATOR_OIN}.key"
    if pem.is_file() and key.is_file():
        return ServerTls(tls / "ca.pem", pem, key, OPERATOR_OIN)
    return SandboxCa.make(tls).issue(OPERATOR_OIN, "Beheer")


def _server(folder: Path) -> KafkaServer | None:
    cluster = existing(folder)
    if cluster is None:
        return None
    return KafkaServer(
        folder,
        tls=None if cluster.plaintext else operator_tls(folder),
        nodes=len(cluster.client_ports),
    )


def _describe(server: KafkaServer) -> None:
    typer.echo(f"KAFKA_BOOTSTRAP={server.bootstrap}")
    tls = server.tls
    if tls is not None:
        typer.echo(f"KAFKA_TLS_CA={tls.ca.resolve()}")
        typer.echo(f"KAFKA_TLS_CERT={tls.certificate.resolve()}")
        typer.echo(f"KAFKA_TLS_KEY={tls.key.resolve()}")
    for log in server.logs:
        typer.echo(f"Log: {log}")
