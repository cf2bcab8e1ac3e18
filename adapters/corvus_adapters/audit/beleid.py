"""getuigen.json: which log to believe, and which witnesses have to have seen it.

A log keeps one to know whom to ask; whoever checks a proof keeps one to know what to
ask for. The two need not be the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corvus_crypto.controlepunt import Getuigenbeleid, Logsleutels
from corvus_crypto.notitie import Soort, Toetssleutel, parse_sleutel
from corvus_schemas.errors import CorvusError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

_STRICT: Final = ConfigDict(extra="forbid", strict=True)


class _Getuige(BaseModel):
    model_config = _STRICT
    sleutel: str
    url: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")


class _Bestand(BaseModel):
    model_config = _STRICT
    soort: Literal["corvus.getuigen"] = "corvus.getuigen"
    versie: Literal[1] = 1
    log: list[str] = Field(min_length=2, max_length=2)
    drempel: int = Field(ge=0, le=64)
    getuigen: list[_Getuige] = Field(max_length=64)


@dataclass(frozen=True, slots=True)
class Beleid:
    """What the file says; ``urls`` by name of the witness, where it has one."""

    log: Logsleutels
    getuigen: Getuigenbeleid
    urls: dict[str, str]

    @property
    def is_majority(self) -> bool:
        """Tell whether two faces of a log could not both get enough cosignatures."""
        return 2 * self.getuigen.drempel > len(self.getuigen.getuigen)


def write_beleid(path: Path, beleid: Beleid) -> None:
    """Write the file, for people to compare and to hand on."""
    inhoud = _Bestand(
        log=[beleid.log.ed25519.encode(), beleid.log.mldsa65.encode()],
        drempel=beleid.getuigen.drempel,
        getuigen=[
            _Getuige(sleutel=sleutel.encode(), url=beleid.urls.get(naam, ""))
            for naam, sleutel in beleid.getuigen.getuigen.items()
        ],
    )
    path.write_text(json.dumps(inhoud.model_dump(), indent=1) + "\n", "utf-8")


def read_beleid(path: Path) -> Beleid:
    """Read the file.

    Raises:
        SettingsError: ``getuigen.ongeldig``.
    """
    try:
        inhoud = _Bestand.model_validate_json(path.read_bytes())
        log = Logsleutels(*(parse_sleutel(one) for one in inhoud.log))
        pairs = [(parse_sleutel(one.sleutel), one.url) for one in inhoud.getuigen]
    except OSError:
        raise _refuse(path, "the file is not there or cannot be read") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise _refuse(path, f"{where}: {first['type']}") from None
    except CorvusError as error:
        raise _refuse(path, error.message) from error
    _check(path, [sleutel for sleutel, _ in pairs], inhoud.drempel)
    return Beleid(
        log,
        Getuigenbeleid({one.naam: one for one, _ in pairs}, inhoud.drempel),
        {sleutel.naam: url for sleutel, url in pairs if url},
    )


def _check(path: Path, sleutels: list[Toetssleutel], drempel: int) -> None:
    if any(one.soort is not Soort.MEDE for one in sleutels):
        raise _refuse(path, "the key of a witness is one for cosignatures (type 4)")
    different = min(
        len({one.naam for one in sleutels}), len({one.publiek for one in sleutels})
    )
    if different != len(sleutels):
        raise _refuse(path, "a witness is listed twice")
    if drempel > len(sleutels):
        raise _refuse(path, "it needs more witnesses than it lists")


def _refuse(path: Path, what: str) -> SettingsError:
    return SettingsError(
        "getuigen.ongeldig",
        f"{path}: {what}",
        advice="Get it again from who keeps it; corvus audit sleutel begins one.",
    )
