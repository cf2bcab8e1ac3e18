"""``corvus kafka``: a real Apache Kafka on this machine, without Docker."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from corvus_adapters.kafka.certificates import OPERATOR_OIN, SandboxCa
from corvus_adapters.kafka.server import KafkaServer
from corvus_adapters.kafka.server_config import ServerTls, existing

app = typer.Typer(no_args_is_help=True, help=__doc__)

Folder = Annotated[
    Path, typer.Option("--dir", help="Folder with data, logs and certificates.")
]
DEFAULT_FOLDER = Path("corvus-kafka")


@app.command()
def up(
    *,
    folder: Folder = DEFAULT_FOLDER,
    nodes: Annotated[int, typer.Option(help="1 or 3.")] = 1,
    plaintext: Annotated[
        bool, typer.Option(help="No TLS and no ACLs; for benchmarks only.")
    ] = False,
    foreground: Annotated[
        bool, typer.Option(help="Stay until interrupted, then stop Kafka.")
    ] = False,
) -> None:
    """Start Kafka and wait until it serves clients."""
    console = Console(stderr=True)
    tls = None if plaintext else operator_tls(folder)
    server = KafkaServer(folder, tls=tls, nodes=nodes)
    server.start()
    with console.status("Kafka starts"):
        server.wait_ready()
    _describe(server)
    if foreground:
        console.print("Interrupt to stop.")
        try:
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        finally:
            server.stop()


@app.command()
def down(*, folder: Folder = DEFAULT_FOLDER) -> None:
    """Stop the Kafka of a folder, and nothing else."""
    server = _server(folder)
    if server is None or not server.running():
        typer.echo(f"No Kafka of {folder} is running.")
        return
    server.stop()
    typer.echo("Kafka has stopped; its data stays.")


@app.command()
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
