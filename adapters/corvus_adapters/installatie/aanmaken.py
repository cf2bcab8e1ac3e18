"""Make an installation: a sandbox that works at once, or an empty one for production.

A sandbox holds everything in one folder, also what never belongs together: the keys
of all organisations, of the broker, of both officers and of the authority.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from corvus_adapters.installatie.deelnemers import (
    BROKER_OIN,
    Deelnemer,
    Omvang,
    list_deelnemers,
)
from corvus_adapters.installatie.functionarissen import write_functionaris
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.installatie.uitgifte import Uitgever, random_serial
from corvus_adapters.installatie.vertrouwen import write_vertrouwen
from corvus_adapters.settings import CONFIG_FILE
from corvus_adapters.sleutelbestand import encode_private, write_secret
from corvus_broker.register import (
    Vertrouwen,
    sign_register,
    sign_tabel,
    time_text,
)
from corvus_broker.register.formaat import RegisterStuk, SuiteStuk
from corvus_crypto.autoriteit import Autoriteit, Houder, Periode, make_root
from corvus_crypto.certificaten import to_ms
from corvus_crypto.hybride import HybrideSigningKey
from corvus_crypto.suite import SUITES
from corvus_routing.gebieden import load_gebieden
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from corvus_broker.register.formaat import BrokerStuk, OrganisatieStuk
    from corvus_routing.regel import Verstrekkingentabel

    Progress = Callable[[str, int, int], None]

CA: Final = "ca"
FUNCTIONARISSEN: Final = ("functionaris-1", "functionaris-2")
_BEFORE: Final = timedelta(days=7)
"""How far back a sandbox is valid: messages may be up to five days old."""
_AFTER: Final = timedelta(days=365)
_AUTHORITY: Final = timedelta(days=3650)
_FOLDERS: Final = ("register", "tabellen", "organisaties", "functionarissen")

_SANDBOX_TOML: Final = """\
# Settings of a Corvus SANDBOX. Options: corvus instellingen
omgeving = "sandbox"

[transport]
soort = "sqlite"
sqlite_pad = "transport.sqlite"

[registers]
# Concept rules are in force here, and nowhere but in a sandbox.
statussen = ["concept", "open", "juridisch_getoetst", "landelijk_geaccordeerd"]
"""
_PRODUCTION_TOML: Final = """\
# Settings of a Corvus installation. Options: corvus instellingen
omgeving = "productie"

[transport]
soort = "kafka"

[transport.kafka]
bootstrap = "127.0.0.1:9092"
tls = true

[registers]
statussen = ["juridisch_getoetst", "landelijk_geaccordeerd"]
"""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What was made."""

    path: Path
    deelnemers: tuple[Deelnemer, ...]
    register_digest_file: Path
    tabel_digest: str


def _quiet(stap: str, gedaan: int, totaal: int) -> None:
    """Show no progress."""


def make_sandbox(  # noqa: PLR0913 - the options of an installation
    path: Path,
    *,
    nu: datetime,
    partities: int = 4,
    organisaties: Omvang = "alle",
    progress: Progress = _quiet,
    tabel: Verstrekkingentabel | None = None,
) -> Sandbox:
    """Make a working sandbox in an empty or new folder; the table is the concept's.

    Raises:
        SettingsError: ``installatie.bestaat``.
    """
    _claim(path)
    van = nu.replace(microsecond=0) - _BEFORE
    periode = Periode(van, nu.replace(microsecond=0) + _AFTER)
    progress("autoriteit", 0, 1)
    uitgever = _make_authorities(path / CA, van, periode)
    signers = _make_officers(path / "functionarissen")
    vertrouwen = Vertrouwen(
        {name: key.public_key() for name, key in signers},
        (uitgever.wortel.certificate,),
    )
    write_vertrouwen(path / "vertrouwen.json", vertrouwen)
    deelnemers = list_deelnemers(load_gebieden(), organisaties, nu.date())
    entries = []
    for number, deelnemer in enumerate(deelnemers):
        progress("organisaties", number, len(deelnemers))
        folder = path / "organisaties" / deelnemer.map
        entries.append(uitgever.issue_organisation(folder, deelnemer))
    broker = uitgever.issue_broker(
        path / "broker", Houder(BROKER_OIN, "Corvus-broker (sandbox)")
    )
    progress("tabel", 0, 1)
    tabel = tabel or parse_tabel(concept_tabel(), load_catalogus())
    tabel_dsse, tabel_digest = sign_tabel(tabel, signers)
    (path / "tabellen" / f"{tabel_digest}.json").write_bytes(tabel_dsse)
    progress("register", 0, 1)
    register = path / "register" / "0001.json"
    stuk = _first_version(periode, partities, tabel_digest, broker, entries)
    register.write_bytes(sign_register(stuk, signers))
    (path / CONFIG_FILE).write_text(_SANDBOX_TOML, "utf-8")
    Installatie.open(path).make_audit_sleutel(f"corvus/{BROKER_OIN}/audit")
    return Sandbox(path, deelnemers, register, tabel_digest)


def make_production(path: Path) -> None:
    """Make the same folders without keys, trust or signatures.

    Raises:
        SettingsError: ``installatie.bestaat``.
    """
    _claim(path)
    write_vertrouwen(path / "vertrouwen.json", Vertrouwen({}, ()))
    (path / CONFIG_FILE).write_text(_PRODUCTION_TOML, "utf-8")


def concept_tabel() -> str:
    """Give the concept table that ships with Corvus, as YAML."""
    data = resources.files("corvus_routing") / "data"
    return (data / "verstrekkingentabel-concept.yaml").read_text("utf-8")


def _claim(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        occupied = any(path.iterdir())
    except (FileExistsError, NotADirectoryError):
        occupied = True
    if occupied:
        raise SettingsError(
            "installatie.bestaat",
            f"{path} is not an empty folder",
            advice="Name a new folder; an installation is never overwritten.",
        )
    for folder in _FOLDERS:
        (path / folder).mkdir(mode=0o700)


def _make_authorities(path: Path, van: datetime, periode: Periode) -> Uitgever:
    path.mkdir(mode=0o700)
    lang = Periode(van, van + _AUTHORITY)
    root_key = ec.generate_private_key(ec.SECP256R1())
    wortel = make_root("Corvus sandbox root", root_key, random_serial(), lang)
    tsp_key = ec.generate_private_key(ec.SECP256R1())
    below = wortel.issue_authority(
        "Corvus sandbox TSP", tsp_key.public_key(), random_serial(), lang
    )
    tsp = Autoriteit(below, tsp_key)
    for name, autoriteit in (("root", wortel), ("tsp", tsp)):
        pem = autoriteit.certificate.public_bytes(Encoding.PEM)
        (path / f"{name}.pem").write_bytes(pem)
        write_secret(path / f"{name}.key.pem", encode_private(autoriteit.key, None))
    return Uitgever(wortel, tsp, periode)


def _make_officers(path: Path) -> list[tuple[str, HybrideSigningKey]]:
    officers = [(name, HybrideSigningKey.generate()) for name in FUNCTIONARISSEN]
    for name, key in officers:
        write_functionaris(path, name, key, None)
    return officers


def _first_version(
    periode: Periode,
    partities: int,
    tabel: str,
    broker: BrokerStuk,
    organisaties: list[OrganisatieStuk],
) -> RegisterStuk:
    tot = time_text(to_ms(periode.tot))
    return RegisterStuk(
        soort="corvus.register",
        volgnummer=1,
        geldig_van=time_text(to_ms(periode.van)),
        geldig_tot=tot,
        partities=partities,
        suites=[SuiteStuk(id=suite_id, geldig_tot=tot) for suite_id in SUITES],
        tabel=tabel,
        broker=broker,
        organisaties=organisaties,
    )
