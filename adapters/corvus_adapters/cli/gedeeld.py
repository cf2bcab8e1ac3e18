"""What the commands share: the console, the installation option, errors for people."""

from __future__ import annotations

import functools
import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, ParamSpec, TypeVar

import typer
import yaml

from corvus_adapters.cli.scherm import Scherm
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.log import configure_log
from corvus_schemas.errors import (
    CorvusError,
    Disposition,
    SchemaError,
    SettingsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

console: Final = Scherm()
errors: Final = Scherm(stderr=True)
DEFAULT_FOLDER: Final = ".corvus"
# What to do, where the place that found the fault cannot know of commands.
_ADVICE: Final = {
    "berichttype.onbekend": "All of them: corvus schema list",
    "code.onbekend": "The codes with their meaning: corvus schema codes LIJST",
    "kenmerk.onbekend": "All of them: corvus schema kenmerken",
    "kenmerk.ongeldig": "What it may be: corvus schema kenmerken NAAM",
    "rubriek.onbekend": "All of them: corvus schema list BERICHTTYPE",
    "inhoud.ongeldig": "Repair the fields named here; nothing was sent. Fields and"
    " codes: corvus schema list BERICHTTYPE",
}
_NEWLINE: Final = re.compile(r"(?<!\n)\n(?!\n)")
_EXIT_CODES: Final = {
    Disposition.REJECT: 1,
    Disposition.REFUSE: 2,
    Disposition.RETRY: 3,
    Disposition.HALT: 4,
}

InstallationOption = Annotated[
    Path,
    typer.Option(
        "--installatie",
        "-i",
        help="Folder that corvus init made.",
        show_default=True,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON for programs instead of a table.")
]


def open_installation(path: Path) -> Installatie:
    """Open an installation.

    Raises:
        SettingsError: it is not there, with the command that makes one.
    """
    if not path.exists():
        raise SettingsError(
            "installatie.ontbreekt",
            f"there is no installation in {path}",
            advice=f"Make one: corvus init {path}",
        )
    # Standard output is the answer's: what is logged below goes beside it, and only
    # what deserves a look. A router chooses its own level.
    configure_log("warning", "console")
    return Installatie.open(path)


def for_people(command: Callable[P, R]) -> Callable[P, R]:
    """Turn an error of ours into a code, a sentence and advice; other errors show."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except CorvusError as error:
            errors.print(f"[bold red]{error.code}[/]", end=" ", highlight=False)
            errors.print(error.message, markup=False, highlight=False)
            if advice := _advice(error):
                errors.print(f"→ {advice}", markup=False, highlight=False)
            raise typer.Exit(_EXIT_CODES[error.disposition]) from None

    # The lines of the source are not those of a terminal: let it fold paragraphs.
    wrapped.__doc__ = _NEWLINE.sub(" ", inspect.getdoc(command) or "")
    return wrapped


def _advice(error: CorvusError) -> str:
    known = _ADVICE.get(error.code, "")
    if not error.advice or error.code == "inhoud.ongeldig":
        return known or error.advice
    return error.advice


def read_structured(path: Path) -> object:
    """Read a YAML or JSON file; ``-`` is standard input.

    Raises:
        SchemaError: ``bestand.onleesbaar``.
    """
    return parse_structured(read_text(path), path)


def read_text(path: Path) -> str:
    """Read a file of text; ``-`` is standard input.

    Raises:
        SchemaError: ``bestand.onleesbaar``.
    """
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except FileNotFoundError:
        what, advice = "there is no such file", "Check the name and the folder."
    except IsADirectoryError:
        what, advice = "this is a folder", "Name a file in it."
    except UnicodeDecodeError:
        what, advice = "it is no text in UTF-8", "Save it as UTF-8."
    except OSError as error:
        what = (error.strerror or "it cannot be read").lower()
        advice = "Check who may read it."
    raise SchemaError("bestand.onleesbaar", f"{path}: {what}", advice=advice)


def parse_structured(text: str, path: Path) -> object:
    """Read YAML, of which JSON is a part.

    Raises:
        SchemaError: ``bestand.onleesbaar``, with the line.
    """
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = ""
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            place = f" at line {error.problem_mark.line + 1}"
        raise SchemaError(
            "bestand.onleesbaar",
            f"{path} cannot be read as YAML or JSON{place}",
            advice="Check the indentation, and that quotes and brackets are closed.",
        ) from None


def print_json(value: object) -> None:
    """Print JSON, the same bytes for the same value."""
    sys.stdout.write(
        json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
    )
