"""What the commands share: the console, the installation option, errors for people."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, ParamSpec, TypeVar

import typer
import yaml
from rich.console import Console

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

console: Final = Console()
errors: Final = Console(stderr=True)
DEFAULT_FOLDER: Final = ".corvus"
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
            if error.advice:
                errors.print(f"→ {error.advice}", markup=False, highlight=False)
            raise typer.Exit(_EXIT_CODES[error.disposition]) from None

    return wrapped


def read_structured(path: Path) -> object:
    """Read a YAML or JSON file; ``-`` is standard input.

    Raises:
        SchemaError: ``bestand.onleesbaar``.
    """
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
        return yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        place = ""
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            place = f" at line {error.problem_mark.line + 1}"
        raise SchemaError(
            "bestand.onleesbaar",
            f"{path} cannot be read as YAML or JSON{place}",
            advice="Check the file name and the indentation.",
        ) from None


def print_json(value: object) -> None:
    """Print JSON, the same bytes for the same value."""
    sys.stdout.write(
        json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
    )
