"""The running count of a shadow, and the file that lets it go on after a stop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corvus_adapters.registerdienst.bestanden import write_whole
from corvus_adapters.schaduw.verschil import change_of
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.schaduw.verschil import Geval

_Aantal = Annotated[int, Field(ge=0)]


class _Telling(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    naar: str
    rubriek: str
    verandering: str
    aantal: _Aantal


class _Bestand(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    soort: Literal["corvus.schaduw"] = "corvus.schaduw"
    kandidaat: str
    offset: _Aantal
    berichten: _Aantal
    anders: _Aantal
    onbeslisbaar: _Aantal
    tellingen: list[_Telling]


@dataclass
class Samenvatting:
    """How many messages, how many differ, and who newly sees or loses what."""

    berichten: int = 0
    anders: int = 0
    onbeslisbaar: int = 0
    tellingen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Messages by organisatietype of the recipient, rubriek and change."""

    def add(self, geval: Geval) -> None:
        """Count a message; a rubriek counts once a message and recipient."""
        self.berichten += 1
        self.anders += bool(geval.verschillen)
        changes = {
            (
                een.kop.ontvanger,
                een.kop.naar,
                een.rubriek,
                change_of(een.was, een.wordt),
            )
            for een in geval.verschillen
        }
        self.tellingen.update(change[1:] for change in sorted(changes))

    def to_dict(self) -> dict[str, object]:
        """Give a form for JSON, the largest counts first."""
        return {
            "berichten": self.berichten,
            "anders": self.anders,
            "onbeslisbaar": self.onbeslisbaar,
            "tellingen": [een.model_dump() for een in _rows(self)],
        }


def _rows(samenvatting: Samenvatting) -> list[_Telling]:
    ordered = sorted(
        samenvatting.tellingen.items(), key=lambda item: (-item[1], item[0])
    )
    return [
        _Telling(naar=naar, rubriek=rubriek, verandering=change, aantal=aantal)
        for (naar, rubriek, change), aantal in ordered
    ]


@dataclass
class Stand:
    """How far a shadow came: the next offset of the audit log, and its counts."""

    kandidaat: str
    offset: int = 0
    samenvatting: Samenvatting = field(default_factory=Samenvatting)

    def save(self, path: Path) -> None:
        """Write it, whole or not at all.

        Raises:
            SettingsError: ``schaduw.positie``.
        """
        tel = self.samenvatting
        inhoud = _Bestand(
            kandidaat=self.kandidaat,
            offset=self.offset,
            berichten=tel.berichten,
            anders=tel.anders,
            onbeslisbaar=tel.onbeslisbaar,
            tellingen=_rows(tel),
        )
        text = inhoud.model_dump_json(indent=1) + "\n"
        try:
            write_whole(path, text.encode())
        except OSError:
            raise _fault(f"{path} cannot be written") from None

    @classmethod
    def load(cls, path: Path, kandidaat: str) -> Stand:
        """Read it; a new one where there is none.

        Raises:
            SettingsError: ``schaduw.positie``; damaged, or of another candidate.
        """
        try:
            inhoud = _Bestand.model_validate_json(path.read_text("utf-8"))
        except FileNotFoundError:
            return cls(kandidaat)
        except (OSError, UnicodeDecodeError, ValidationError):
            raise _fault(f"{path} is no position of a shadow") from None
        if inhoud.kandidaat != kandidaat:
            raise _fault(f"{path} belongs to another candidate")
        counted = Counter(
            {(e.naar, e.rubriek, e.verandering): e.aantal for e in inhoud.tellingen}
        )
        tel = Samenvatting(
            inhoud.berichten, inhoud.anders, inhoud.onbeslisbaar, counted
        )
        return cls(kandidaat, inhoud.offset, tel)


def _fault(what: str) -> SettingsError:
    return SettingsError(
        "schaduw.positie",
        what,
        advice="Remove the file to begin again, or name another with --positie.",
    )
