"""The folder of a witness: who it is, which log it watches, its key, what it saw."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from cryptography.hazmat.primitives.asymmetric import ed25519
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corvus_adapters.getuige.getuige import Identiteit
from corvus_adapters.sleutelbestand import encode_private, read_private, write_secret
from corvus_crypto.controlepunt import Logsleutels
from corvus_crypto.notitie import parse_sleutel
from corvus_schemas.errors import EnvelopeError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

BESTAND: Final = "getuige.json"
SLEUTEL: Final = "getuige.key.pem"
GEZIEN: Final = "gezien.sqlite"
URL: Final = r"^https?://[^\s?#]+$"
NAAM: Final = r"^[a-z0-9./_-]{1,100}$"


class _Bestand(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    soort: Literal["corvus.getuige"] = "corvus.getuige"
    versie: Literal[1] = 1
    naam: str = Field(pattern=NAAM)
    log: list[str] = Field(min_length=2, max_length=2)
    log_url: str = Field(pattern=URL)
    anderen: list[str] = Field(max_length=64)
    poort: int = Field(ge=0, le=65535)
    kijk_ms: int = Field(5000, ge=100, le=3_600_000)


@dataclass(frozen=True, slots=True)
class Getuigenmap:
    """An opened folder."""

    pad: Path
    identiteit: Identiteit
    log: Logsleutels
    log_url: str
    anderen: tuple[str, ...]
    poort: int
    kijk_ms: int

    @property
    def opslag_url(self) -> str:
        """Database of what it saw."""
        return f"sqlite:///{self.pad.resolve() / GEZIEN}"


def make_map(pad: Path, naam: str, log: Logsleutels, log_url: str, poort: int) -> None:
    """Make the folder of a new witness, with a new key.

    Raises:
        SettingsError: ``getuige.bestaat``, or ``getuige.map`` for a wrong name or URL.
    """
    if (pad / BESTAND).exists():
        raise SettingsError(
            "getuige.bestaat",
            f"{pad} is the folder of a witness already",
            advice="Name another folder; a key is never overwritten.",
        )
    try:
        inhoud = _Bestand(
            naam=naam,
            log=[log.ed25519.encode(), log.mldsa65.encode()],
            log_url=log_url,
            anderen=[],
            poort=poort,
        )
    except ValidationError as error:
        raise _refuse(pad / BESTAND, error) from None
    pad.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ed25519.Ed25519PrivateKey.generate()
    write_secret(pad / SLEUTEL, encode_private(key, None))
    (pad / BESTAND).write_text(
        json.dumps(inhoud.model_dump(), indent=1) + "\n", "utf-8"
    )


def open_map(pad: Path) -> Getuigenmap:
    """Open a folder.

    Raises:
        SettingsError: ``getuige.map``, or ``sleutel.*`` for its key.
    """
    file = pad / BESTAND
    try:
        inhoud = _Bestand.model_validate_json(file.read_bytes())
        log = Logsleutels(*(parse_sleutel(one) for one in inhoud.log))
    except OSError:
        raise SettingsError(
            "getuige.map",
            f"{file} is not there or cannot be read",
            advice="Make the folder of a witness: corvus getuige maak FOLDER",
        ) from None
    except ValidationError as error:
        raise _refuse(file, error) from None
    except EnvelopeError as error:
        raise SettingsError(
            "getuige.map",
            f"{file}: {error.message}",
            advice="Put in both keys of the log as its getuigen.json has them.",
        ) from None
    key = read_private(pad / SLEUTEL, None)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise SettingsError(
            "sleutel.ongeldig", f"{pad / SLEUTEL} is no Ed25519 key in PKCS#8 PEM"
        )
    return Getuigenmap(
        pad,
        Identiteit(inhoud.naam, key),
        log,
        inhoud.log_url,
        tuple(inhoud.anderen),
        inhoud.poort,
        inhoud.kijk_ms,
    )


def _refuse(file: Path, error: ValidationError) -> SettingsError:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return SettingsError(
        "getuige.map",
        f"{file}: {where}: {first['type']}",
        advice="A name is small letters, digits and . / _ -; an address begins with"
        " https:// or http://",
    )
