"""What the commands of governance share: the service, officers' keys, versions."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from corvus_adapters.app import build_keuring, build_transport, build_volger
from corvus_adapters.cli.gedeeld import console
from corvus_adapters.installatie.functionarissen import read_functionaris
from corvus_adapters.keystore import TLS_CERTIFICATE, TLS_KEY, TLS_ROOTS, TlsBestanden
from corvus_adapters.registerdienst.publiceren import find_tabel
from corvus_adapters.sleutelbestand import read_secret
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.register import time_ms, time_text
from corvus_schemas.errors import SchemaError, SettingsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.registerdienst import Keuring, Registervolger
    from corvus_broker.ports import Transport
    from corvus_broker.register import Registerversie
    from corvus_crypto.hybride import HybrideSigningKey

OFFICERS: Final = "functionarissen"
_KEY_END: Final = ".ed25519.key.pem"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")

PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--wachtwoord-bestand", help="File (mode 0600) whose first line opens the key."
    ),
]


@dataclass(frozen=True, slots=True)
class Dienst:
    """A started transport with a follower of the register that read it all."""

    installatie: Installatie
    transport: Transport
    volger: Registervolger
    keuring: Keuring

    def signed_table(self, wat: str) -> bytes:
        """Give a signed table by digest or by file.

        Raises:
            RegisterError: ``register.tabel``.
            SchemaError: ``bestand.onleesbaar``.
        """
        if _DIGEST.match(wat):
            return find_tabel(self.installatie, self.volger, bytes.fromhex(wat))
        return read_envelope(Path(wat))


@contextlib.asynccontextmanager
async def open_dienst(installatie: Installatie) -> AsyncIterator[Dienst]:
    """Connect as the broker, or as the settings of the transport say.

    On Kafka only the operator's certificate may write to the register: name its files
    in ``transport.kafka.tls_*``, or in the environment.

    Raises:
        UnavailableError: ``transport.onbereikbaar``.
    """
    folder = installatie.path / installatie.instellingen.sleutels.broker
    tls = TlsBestanden(folder / TLS_KEY, folder / TLS_CERTIFICATE, folder / TLS_ROOTS)
    transport = build_transport(installatie, tls)
    await transport.start()
    try:
        volger = build_volger(installatie, transport, max_age_s=0)
        await volger.volg()
        yield Dienst(installatie, transport, volger, build_keuring(installatie))
    finally:
        await transport.close()


def officer_names(installatie: Installatie) -> list[str]:
    """Name the officers whose keys are in this folder: all of them in a sandbox."""
    folder = installatie.path / OFFICERS
    return sorted(
        file.name.removesuffix(_KEY_END) for file in folder.glob(f"*{_KEY_END}")
    )


def read_officer(
    installatie: Installatie, wie: str, passphrase_file: Path | None
) -> tuple[str, HybrideSigningKey]:
    """Read an officer's key, and give the name the installation knows it by.

    ``wie`` is a name in the folder of officers, a folder with the keys of one officer,
    or that folder and a name.

    Raises:
        SettingsError: ``functionaris.onbekend``, or the key cannot be read.
    """
    folder, name = _place(installatie, Path(wie))
    passphrase = None
    if passphrase_file is not None:
        passphrase = read_secret(passphrase_file).split(b"\n", 1)[0]
    key = read_functionaris(folder, name, passphrase)
    mine = key.public_key().components()
    for known, trusted in installatie.vertrouwen.functionarissen.items():
        if trusted.components() == mine:
            return known, key
    raise SettingsError(
        "functionaris.onbekend",
        f"{folder / name} is the key of no officer that this installation believes",
        advice="Use the key of an officer in vertrouwen.json.",
    )


def _place(installatie: Installatie, wie: Path) -> tuple[Path, str]:
    if not wie.is_dir():
        here = wie.parent == Path() and not wie.is_absolute()
        return (installatie.path / OFFICERS if here else wie.parent), wie.name
    names = [file.name.removesuffix(_KEY_END) for file in wie.glob(f"*{_KEY_END}")]
    if len(names) != 1:
        raise SettingsError(
            "functionaris.onbekend",
            f"{wie} holds the keys of {len(names)} officers",
            advice=f"Name one of them: {wie}/NAME.",
        )
    return wie, names[0]


def read_envelope(path: Path) -> bytes:
    """Read a signed entry, as bytes.

    Raises:
        SchemaError: ``bestand.onleesbaar``.
    """
    try:
        return path.read_bytes()
    except OSError:
        raise SchemaError(
            "bestand.onleesbaar",
            f"{path} is not there or cannot be read",
            advice="Check the file name.",
        ) from None


def moment_text(text: str) -> str:
    """Write a time of the register for people: in the Netherlands."""
    moment = datetime.fromtimestamp(time_ms(text) / 1000, UTC).astimezone(AMSTERDAM)
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")


def version_row(versie: Registerversie) -> dict[str, object]:
    """Give a version for programs; times in UTC."""
    return {
        "volgnummer": versie.volgnummer,
        "register": versie.digest.hex(),
        "tabel": versie.tabel_digest.hex(),
        "tabel_naam": versie.tabel.naam,
        "tabel_versie": versie.tabel.versie,
        "geldig_van": time_text(versie.geldig_van_ms),
        "geldig_tot": time_text(versie.geldig_tot_ms),
        "ondertekenaars": list(versie.ondertekenaars),
        "tabel_ondertekenaars": list(versie.tabel_ondertekenaars),
    }


def show_version(what: str, row: dict[str, object]) -> None:
    """Say what was done with a version."""
    console.print(
        f"{what} register version {row['volgnummer']}: table"
        f" {row['tabel_naam']} {row['tabel_versie']} ({str(row['tabel'])[:16]}),"
        f" starts {moment_text(str(row['geldig_van']))}.",
        highlight=False,
    )
