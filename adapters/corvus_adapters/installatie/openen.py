"""Open an installation: settings, trust, register versions and keystores."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from corvus_adapters.audit.beleid import Beleid, write_beleid
from corvus_adapters.installatie.functionarissen import (
    read_functionaris,
    write_functionaris,
)
from corvus_adapters.installatie.vertrouwen import read_vertrouwen
from corvus_adapters.keystore import BrokerKeystore, Keystore, read_houder
from corvus_adapters.settings import config_path, load_settings
from corvus_adapters.sleutelbestand import read_secret
from corvus_broker.register import (
    REGISTER_TYPE,
    Registerreeks,
    claimed_digest,
    named_tabel,
    open_register,
)
from corvus_crypto.controlepunt import Getuigenbeleid, log_keys
from corvus_crypto.hybride import HybrideSigningKey
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import RegisterError, SchemaError, SettingsError
from corvus_schemas.indeling import parse_indeling

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.settings import Instellingen
    from corvus_broker.register import Registerversie, Vertrouwen
    from corvus_schemas.catalogus import Catalogus


AUDIT_SLEUTEL: Final = "log"
SCHEMAS: Final = "schemas"
"""Folder with versions of berichttypen that came as data (ADR 0018)."""


class Installatie:
    """An opened installation. Register and trust are read when first asked for."""

    def __init__(self, path: Path, instellingen: Instellingen) -> None:
        self.path = path
        self.instellingen = instellingen

    @classmethod
    def open(cls, path: Path | None = None) -> Installatie:
        """Open the installation in a folder, or the one ``CORVUS_CONFIG`` names.

        Raises:
            SettingsError: ``instellingen.ontbreken``, ``instellingen.ongeldig`` or
                ``instellingen.onbekend``.
        """
        config = config_path(path).resolve()
        return cls(config.parent, load_settings(config))

    @property
    def statussen(self) -> frozenset[str]:
        """Rule statuses that may be in force; an open question counts as concept."""
        chosen = frozenset[str](self.instellingen.registers.statussen)
        return chosen | {"open"} if "concept" in chosen else chosen

    @property
    def concept_allowed(self) -> bool:
        """Tell whether untested rules may be in force: to be said loudly."""
        return "concept" in self.statussen or "open" in self.statussen

    @property
    def sqlite_path(self) -> Path:
        """File of the SQLite transport."""
        return self.path / self.instellingen.transport.sqlite_pad

    @cached_property
    def catalogus(self) -> Catalogus:
        """The catalogus of the software, with every version in folder schemas.

        Raises:
            SettingsError: ``schemas.ongeldig``, naming the file.
        """
        catalogus = load_catalogus()
        for file in sorted((self.path / SCHEMAS).glob("*.json")):
            try:
                indeling = parse_indeling(file.read_bytes(), file.name)
                catalogus = catalogus.with_indeling(indeling)
            except SchemaError as error:
                raise SettingsError(
                    "schemas.ongeldig",
                    f"{file}: {error.message}",
                    advice=error.advice or "Take the file away, or get it again.",
                ) from error
        return catalogus

    @cached_property
    def vertrouwen(self) -> Vertrouwen:
        """Officers and roots. Raises SettingsError ``vertrouwen.ongeldig``."""
        return read_vertrouwen(self.path / self.instellingen.registers.vertrouwen)

    @cached_property
    def register(self) -> Registerreeks:
        """Every register version in the folder, verified.

        Raises:
            RegisterError: with the file's name in front of what is wrong.
            SettingsError: ``vertrouwen.ongeldig``.
        """
        folder = self.path / self.instellingen.registers.map
        return Registerreeks(
            self._open_version(file) for file in sorted(folder.glob("*.json"))
        )

    def register_entries(self) -> dict[bytes, tuple[bytes, bytes]]:
        """Give every register entry and its table as signed, by register digest.

        Raises:
            RegisterError: a file is not what it must be.
        """
        folder = self.path / self.instellingen.registers.map
        tabellen = self.path / self.instellingen.registers.tabellen
        known = self.register  # verified, all of them
        found: dict[bytes, tuple[bytes, bytes]] = {}
        for file in sorted(folder.glob("*.json")):
            entry = file.read_bytes()
            tabel = (tabellen / f"{named_tabel(entry)}.json").read_bytes()
            digest = claimed_digest(entry, REGISTER_TYPE)
            if known.by_digest(digest) is not None:
                found[digest] = (entry, tabel)
        return found

    def keystore(self, wie: str) -> Keystore:
        """Open an organisation's keystore by OIN or by the name of its folder.

        Raises:
            SettingsError: ``sleutelbos.onbekend``, or as ``Keystore.open``.
        """
        for folder in self.keystores():
            if wie == folder.name or wie == read_houder(folder).oin:
                return Keystore.open(folder, self._passphrase)
        raise SettingsError(
            "sleutelbos.onbekend",
            "there is no keystore of that name or OIN here",
            advice=f"One of: {', '.join(f.name for f in self.keystores()) or 'none'}",
        )

    def keystores(self) -> tuple[Path, ...]:
        """Folders of the organisations' keystores."""
        folder = self.path / self.instellingen.sleutels.organisaties
        return tuple(sorted(file.parent for file in folder.glob("*/organisatie.json")))

    def broker_keystore(self) -> BrokerKeystore:
        """Open the broker's keystore. Raises as ``BrokerKeystore.open``."""
        folder = self.path / self.instellingen.sleutels.broker
        return BrokerKeystore.open(folder, self._passphrase)

    @property
    def getuigen_path(self) -> Path:
        """File with the keys of the audit log and its witnesses."""
        return self.path / self.instellingen.audit.getuigen

    def audit_sleutel(self) -> HybrideSigningKey:
        """Open the keys that sign checkpoints. Raises as ``read_functionaris``."""
        folder = self.path / self.instellingen.audit.map
        return read_functionaris(folder, AUDIT_SLEUTEL, self._passphrase)

    def make_audit_sleutel(self, naam: str) -> Beleid:
        """Make the keys of the audit log, and a policy without witnesses.

        Raises:
            SettingsError: ``sleutel.bestaat``; they are never overwritten.
        """
        folder = self.path / self.instellingen.audit.map
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = HybrideSigningKey.generate()
        write_functionaris(folder, AUDIT_SLEUTEL, key, self._passphrase)
        beleid = Beleid(log_keys(naam, key), Getuigenbeleid({}, 0), {})
        write_beleid(self.getuigen_path, beleid)
        return beleid

    def _open_version(self, file: Path) -> Registerversie:
        entry = file.read_bytes()
        tabellen = self.path / self.instellingen.registers.tabellen
        try:
            # The name is 64 hexadecimal digits: it cannot lead out of the folder.
            tabel = (tabellen / f"{named_tabel(entry)}.json").read_bytes()
            return open_register(entry, tabel, self.vertrouwen, self.catalogus)
        except OSError:
            raise RegisterError(
                "register.tabel",
                f"{file.name}: the table it names is not in {tabellen}",
                advice="Fetch the table that was published with this version.",
            ) from None
        except RegisterError as error:
            raise RegisterError(
                error.code, f"{file.name}: {error.message}", advice=error.advice
            ) from error

    @cached_property
    def _passphrase(self) -> bytes | None:
        file = self.instellingen.sleutels.wachtwoord_bestand
        if file is None:
            return None
        return read_secret(self.path / file).split(b"\n", 1)[0]
