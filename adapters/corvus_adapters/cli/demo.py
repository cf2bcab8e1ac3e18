"""``corvus demo``: two cases through a real router process, shown and proven."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.request import urlopen

import typer
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from corvus_adapters.app import build_transport, utc_now
from corvus_adapters.bewijs.bestand import parse_bewijsbestand, write_proofs
from corvus_adapters.bewijs.verificatie import Verificateur
from corvus_adapters.cli.bewijs import collect_proofs, show_verslag
from corvus_adapters.cli.gedeeld import console, errors, for_people
from corvus_adapters.cli.scenario import make_toneel
from corvus_adapters.demo.geheimen import content_values, search
from corvus_adapters.demo.samenvatting import Gespeeldezaak, show_summary
from corvus_adapters.demo.verslag import (
    message_table,
    read_decisions,
    short_name,
)
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.scenario.bestand import load_scenarios
from corvus_adapters.scenario.speler import Gespeeld, Speler
from corvus_adapters.scenario.vergelijk import compare, received
from corvus_broker.topics import AUDIT
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SettingsError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from corvus_adapters.bewijs.verificatie import Verslag
    from corvus_adapters.demo.geheimen import Zoekresultaat
    from corvus_adapters.scenario.bestand import Scenario

DEFAULT_OUTPUT: Final = "demo-uitvoer"
CASES: Final = ("S11", "S08")
MARKER: Final = ".corvus-demo"
_READY_S: Final = 20.0


@for_people
def demo(
    *,
    folder: Annotated[
        Path, typer.Argument(help="Folder for what the demo makes; made anew.")
    ] = Path(DEFAULT_OUTPUT),
    everything: Annotated[
        bool,
        typer.Option(
            "--alles", help="Also a table per message, and one proof in full."
        ),
    ] = False,
) -> None:
    """Play a stalking case and a minor suspect, and prove what was disclosed.

    Makes a sandbox, starts a real router process, lets police, Veilig Thuis, the
    prosecution and others exchange sealed messages, looks for plaintext in everything
    the broker wrote, and verifies a proof of every delivery. Prints a summary; --alles
    shows for every message what each received and what was withheld and why. All data
    is synthetic.
    """
    started = time.monotonic()
    _clear(folder)
    installatie = _make(folder)
    cases = [_case(name) for name in CASES]
    with _router(installatie, folder / "router.log"):
        played = asyncio.run(_play(installatie, cases))
    differences = sum(case.verschillen for case in played)
    messages = [one for case in played for one in case.gespeeld]
    found = search_broker(installatie, folder, messages)
    reports = asyncio.run(_prove(installatie, folder))
    proofs = [report.ok for report in reports]
    for case in played:
        show_summary(case)
    if everything:
        _show_everything(played, reports)
    _conclude(found, proofs, differences, time.monotonic() - started)
    if not everything:
        console.print("Every message and one whole proof: corvus demo --alles")
    # The last line names the folder, alone, so that a script can use it.
    console.print(str(folder.resolve()), markup=False, highlight=False, soft_wrap=True)
    if found.gevonden or not found.controle or not all(proofs) or differences:
        raise typer.Exit(1)


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise SettingsError(
                "demo.map",
                f"{folder} is not empty and was not made by the demo",
                advice="Name another folder: corvus demo FOLDER",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("made by corvus demo\n", "utf-8")


def _make(folder: Path) -> Installatie:
    with errors.status("Making a sandbox: authorities, organisations, signed table"):
        sandbox = make_sandbox(
            folder / "sandbox", nu=utc_now(), organisaties="minimaal"
        )
    installatie = Installatie.open(folder / "sandbox")
    rules = len(installatie.register.versies[0].tabel.regels)
    console.print(
        Panel(
            f"{len(sandbox.deelnemers)} synthetic organisations, a table of {rules}"
            " rules signed by two officers.\n"
            "[yellow]Concept rules are in force: for a demo only.[/]",
            title="Corvus demo",
        )
    )
    return installatie


def _case(name: str) -> Scenario:
    file = resources.files("corvus_adapters.scenario") / "data" / f"{name}.yaml"
    with resources.as_file(file) as path:
        return load_scenarios(path)[0]


@contextlib.contextmanager
def _router(installatie: Installatie, log: Path) -> Iterator[None]:
    """Run a real router process while the block runs."""
    command = [sys.executable, "-m", "corvus_adapters", "router", "--port", "0"]
    command += ["-i", str(installatie.path)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)  # noqa: S603 - our own command
        try:
            _await_ready(process, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=15)


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_S
    with errors.status("Starting the router"):
        while time.monotonic() < deadline and process.poll() is None:
            port = _port_in(log)
            if port and _answers(f"http://127.0.0.1:{port}/readyz"):
                return
            time.sleep(0.05)
    raise UnavailableError(
        "router.start",
        "the router did not become ready",
        advice=f"Its log says why: {log}",
    )


def _port_in(log: Path) -> str:
    _, _, rest = log.read_text("utf-8", errors="replace").partition("poort=")
    digits = "".join(one for one in rest[:24] if one.isdigit() or one in "\x1b[m;")
    return "".join(one for one in digits if one.isdigit())[:5]


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1) as answer:  # noqa: S310 - a loopback address
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except OSError:
        return False


async def _play(installatie: Installatie, cases: list[Scenario]) -> list[Gespeeldezaak]:
    transport = build_transport(installatie, installatie.broker_keystore().tls)
    await transport.start()
    played: list[Gespeeldezaak] = []
    try:
        for case in cases:
            toneel = make_toneel(installatie, transport)
            with _progress() as progress:
                task = progress.add_task(case.id, total=len(case.berichten))
                done = await Speler(toneel, case).play(
                    lambda _, p=progress, t=task: p.advance(t)  # type: ignore[misc]  # bound now, on purpose
                )
            differences = sum(
                len(compare(one, received(one, toneel.keten, toneel.catalogus)))
                for one in done
                if not one.vooraf
            )
            decisions = await read_decisions(transport, AUDIT)
            played.append(
                Gespeeldezaak(case, done, toneel.keten, decisions, differences)
            )
    finally:
        await transport.close()
    return played


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=errors,
        transient=True,
    )


def _show_everything(
    played: Sequence[Gespeeldezaak], reports: Sequence[Verslag]
) -> None:
    catalogus = load_catalogus()
    for case in played:
        console.rule(f"[bold]{case.scenario.id}[/] {case.scenario.titel}")
        for one in case.gespeeld:
            if one.vooraf:
                console.print(
                    f"[dim]beforehand: {one.bericht.type} from"
                    f" {short_name(one.afzender.naam)}, which the case takes for"
                    " granted[/]"
                )
            else:
                console.print(message_table(one, case.keten, catalogus, case.besluiten))
    if reports:
        console.rule("[bold]Proof[/] of one delivery, as corvus verify shows it")
        show_verslag(reports[0])


def search_broker(
    installatie: Installatie, folder: Path, played: list[Gespeeld]
) -> Zoekresultaat:
    """Search everything the broker wrote for the content that was sent."""
    path = installatie.sqlite_path
    files = [*path.parent.glob(path.name + "*"), folder / "router.log"]
    concepts = [
        concept
        for organisatie in {one.afzender.oin: one.afzender for one in played}.values()
        for concept in organisatie.postbus.concepts()
    ]
    control = played[0].afzender.oin.encode("ascii")
    return search(files, content_values(concepts), control)


async def _prove(installatie: Installatie, folder: Path) -> list[Verslag]:
    with errors.status("Verifying a proof of every delivery"):
        found = await collect_proofs(installatie)
        paths = write_proofs(folder / "bewijzen", found)
        verificateur = Verificateur(installatie.vertrouwen, load_catalogus())
        return [
            verificateur.verify(parse_bewijsbestand(path.read_text("utf-8")))
            for path in paths
        ]


def _conclude(
    found: Zoekresultaat, proofs: list[bool], differences: int, seconds: float
) -> None:
    console.rule("[bold]What this shows[/]")
    console.print(
        f"The broker's {found.bestanden} files ({found.bytes:,} bytes) were searched for"
        f" {found.waarden} values that were sent:"
        f" [bold]{len(found.gevonden)} files hold one[/]."
        + (
            " (The search does find what is there: the sender's OIN.)"
            if found.controle
            else ""
        )
    )
    console.print(
        f"{sum(proofs)} of {len(proofs)} deliveries are proven;"
        f" {differences} differences from what the cases expect;"
        f" {seconds:.1f} seconds."
    )
    console.print(
        "Look around below: keys and messages in sandbox/, proofs in bewijzen/. To check"
        " one there: corvus verify bewijzen/FILE -i sandbox"
    )
