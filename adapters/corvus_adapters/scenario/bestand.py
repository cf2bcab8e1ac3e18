"""Scenario files: YAML, or Markdown with YAML blocks.

In Markdown the heading above a block gives the title, and ``Region: ...`` the area; in
YAML they are ``titel`` and ``regio``. A word that is not of the format is refused: a
misspelt expectation would hold for ever.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALLE: Final = "alle"
ROUTE: Final = "kop.route_gemeentecode"
_ANYWHERE: Final = "VT-regio Twente"
_MARKDOWN: Final = frozenset({".md", ".markdown"})
_BLOCK: Final = re.compile(r"^```ya?ml\s*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TITLE: Final = re.compile(r"^#+ +(?:S\w+ +- +)?(.+)$", re.MULTILINE)
_REGION: Final = re.compile(r"\bRegion: (.+?)\.?$", re.MULTILINE)
_NEVER: Final = ("", "-", None)
_STRICT: Final = ConfigDict(extra="forbid", frozen=True)


class Verwachting(BaseModel):
    """What one organisation type must and must not get."""

    model_config = _STRICT
    ontvangt_iets: bool = True
    moet: tuple[str, ...] = ()
    mag_niet: tuple[str, ...] = ()
    aangehouden: tuple[str, ...] = ()


class Scenariobericht(BaseModel):
    """One message of a scenario."""

    model_config = _STRICT
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
    toelichting: Any = None

    @field_validator("t", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> str:
        return str(value)

    @field_validator("adressering")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in {"keten", "gericht", "antwoord"}:
            message = "one of keten, gericht, antwoord is expected"
            raise ValueError(message)
        return value

    @field_validator("rubrieken")
    @classmethod
    def _all_or_list(cls, value: tuple[str, ...] | str) -> tuple[str, ...] | str:
        if isinstance(value, str) and value != ALLE:
            message = "alle, or a list of rubrieken is expected"
            raise ValueError(message)
        return value

    @field_validator("kern", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value or {}
        return {
            path: str(one).lower() if isinstance(one, bool) else str(one)
            for path, one in value.items()
        }


class Termijnverwachting(BaseModel):
    """A term that has to run: from when, until when, and whether it was kept."""

    model_config = _STRICT
    id: str
    start: AwareDatetime
    uiterlijk: AwareDatetime
    werkelijk: AwareDatetime | None = None
    gehaald: str

    @field_validator("werkelijk", mode="before")
    @classmethod
    def _never(cls, value: object) -> object:
        return None if value in _NEVER else value

    @field_validator("gehaald", mode="before")
    @classmethod
    def _verdict(cls, value: object) -> str:
        text = {True: "ja", False: "nee"}.get(value, value)  # type: ignore[call-overload]  # YAML's yes is true
        found = re.match(r"(ja|nee|open)\b", str(text))
        if found is None:
            message = "ja, nee or open is expected, with any explanation behind it"
            raise ValueError(message)
        return found[1]


class Scenario(BaseModel):
    """A case: its persons, attributes and messages in order."""

    model_config = _STRICT
    id: str
    titel: str = ""
    regio: str = _ANYWHERE
    bronnen: Any = None
    personen: Any = None
    attributen_basis: dict[str, Any] = Field(default_factory=dict)
    berichten: tuple[Scenariobericht, ...]
    termijnen: tuple[Termijnverwachting, ...] = ()
    invarianten: Any = None
    ook_toetsen: Any = None
    opmerking: Any = None
    toelichting: Any = None

    @field_validator("berichten")
    @classmethod
    def _numbered(
        cls, value: tuple[Scenariobericht, ...]
    ) -> tuple[Scenariobericht, ...]:
        if not value:
            message = "at least one message is expected"
            raise ValueError(message)
        numbers = [bericht.nr for bericht in value]
        if len(set(numbers)) != len(numbers):
            message = "two messages have the same nr"
            raise ValueError(message)
        return value


def load_scenarios(path: Path) -> list[Scenario]:
    """Read every scenario in a file.

    Raises:
        SchemaError: ``scenario.ongeldig``, naming what is wrong, and where.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SchemaError(
            "scenario.ongeldig", f"{path} cannot be read as text in UTF-8"
        ) from None
    pieces = _blocks(text) if path.suffix.lower() in _MARKDOWN else [(text, 0, {})]
    scenarios = [
        _scenario(value, above, path)
        for block, line, above in pieces
        for value in _documents(block, line, path)
        if not above or _is_scenario(value)
    ]
    if not scenarios:
        raise SchemaError(
            "scenario.ongeldig",
            f"there is no scenario in {path}",
            advice="A Markdown file holds scenarios in ```yaml blocks.",
        )
    return scenarios


def _blocks(text: str) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Give each block, the line before it, and what the text above it says."""
    end = 0
    for found in _BLOCK.finditer(text):
        above = text[end : found.start()]
        titles, regions = _TITLE.findall(above), _REGION.findall(above)
        said = {"titel": titles[-1].strip() if titles else ""}
        if regions:
            said["regio"] = regions[-1].strip()
        yield found[1], text.count("\n", 0, found.start(1)), said
        end = found.end()


def _documents(block: str, line: int, path: Path) -> list[object]:
    try:
        return [one for one in yaml.safe_load_all(block) if one is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {line + mark.line + 1}" if mark else ""
        raise SchemaError("scenario.ongeldig", f"{path} is no YAML{where}") from None


def _is_scenario(value: object) -> bool:
    """Tell a scenario from other YAML that a text may show."""
    return isinstance(value, dict) and bool({"id", "berichten"} & value.keys())


def _scenario(value: object, above: dict[str, str], path: Path) -> Scenario:
    stuk = above | value if isinstance(value, dict) else value
    name = str(stuk.get("id", "")) if isinstance(stuk, dict) else ""
    place = f"{path}: {name}: " if name else f"{path}: "
    try:
        return _routed(Scenario.model_validate(stuk))
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, one['loc'])) or 'the document'}: {one['msg'].lower()}"
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise SchemaError("scenario.ongeldig", place + "; ".join(faults)) from None


def _routed(scenario: Scenario) -> Scenario:
    """Take the gemeente that routes a message out of what is field values."""
    return scenario.model_copy(
        update={
            "berichten": tuple(
                bericht.model_copy(
                    update={
                        "kern": {k: v for k, v in bericht.kern.items() if k != ROUTE},
                        "route_gemeente": bericht.route_gemeente
                        or bericht.kern[ROUTE].removeprefix("code of "),
                    }
                )
                if ROUTE in bericht.kern
                else bericht
                for bericht in scenario.berichten
            )
        }
    )
