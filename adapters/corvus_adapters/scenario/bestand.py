"""Scenario files: YAML, or Markdown with YAML blocks (domain/scenarios.md's format)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from pathlib import Path

ALLE: Final = "alle"
_BLOCK: Final = re.compile(r"^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LOOSE: Final = ConfigDict(extra="ignore", frozen=True)


class Verwachting(BaseModel):
    """What one organisation type must and must not get."""

    model_config = _LOOSE
    ontvangt_iets: bool = True
    moet: tuple[str, ...] = ()
    mag_niet: tuple[str, ...] = ()
    aangehouden: tuple[str, ...] = ()


class Scenariobericht(BaseModel):
    """One message of a scenario."""

    model_config = _LOOSE
    nr: int
    type: str
    adressering: str
    van: str
    naar: tuple[str, ...] = ()
    t: str = ""
    attributen: dict[str, Any] = Field(default_factory=dict)
    rubrieken: tuple[str, ...] | str = ALLE
    kern: dict[str, str] = Field(default_factory=dict)
    verwacht: dict[str, Verwachting] = Field(default_factory=dict)
    route_gemeente: str | None = None
    doel: str | None = None
    opmerking: str = ""

    @field_validator("t", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> str:
        return str(value)

    @field_validator("kern", mode="before")
    @classmethod
    def _texts(cls, value: dict[str, object]) -> dict[str, str]:
        return {path: str(one) for path, one in (value or {}).items()}


class Scenario(BaseModel):
    """A case: its persons, attributes and messages in order."""

    model_config = _LOOSE
    id: str
    titel: str = ""
    regio: str = ""
    attributen_basis: dict[str, Any] = Field(default_factory=dict)
    berichten: tuple[Scenariobericht, ...]


def load_scenarios(path: Path) -> list[Scenario]:
    """Read every scenario in a file.

    Raises:
        SchemaError: ``scenario.ongeldig``, naming what is wrong.
    """
    try:
        text = path.read_text("utf-8")
    except OSError:
        raise SchemaError("scenario.ongeldig", f"{path} cannot be read") from None
    blocks = _BLOCK.findall(text) if path.suffix == ".md" else [text]
    scenarios = [_parse(block, path) for block in blocks]
    if not scenarios:
        raise SchemaError(
            "scenario.ongeldig",
            f"there is no scenario in {path}",
            advice="A Markdown file holds scenarios in ```yaml blocks.",
        )
    return scenarios


def _parse(block: str, path: Path) -> Scenario:
    try:
        return Scenario.model_validate(yaml.safe_load(block))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise SchemaError("scenario.ongeldig", f"{path} is no YAML{where}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise SchemaError(
            "scenario.ongeldig", f"{path}: {place}: {first['msg']}"
        ) from None
