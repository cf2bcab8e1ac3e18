"""Typed access to a JSON data file; an error names the place in the file.

The files are this project's own, or those of someone who adds a berichttype: the
message has to say what to repair.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from corvus_schemas.avro import JsonValue


@dataclass(frozen=True)
class Knoop:
    """One value in a data file, with the path to it."""

    waarde: JsonValue
    pad: str

    def fault(self, what: str) -> SchemaError:
        """Make the error for this place."""
        return SchemaError(
            "schemabestand.ongeldig",
            f"{self.pad}: {what}",
            advice="schemas/README.md describes the data files",
        )

    def object(self) -> dict[str, JsonValue]:
        """Give the value as an object."""
        if not isinstance(self.waarde, dict):
            raise self.fault("an object is expected")
        return self.waarde

    def members(self) -> dict[str, Knoop]:
        """Give the members of an object."""
        pairs = self.object().items()
        return {key: Knoop(value, f"{self.pad}.{key}") for key, value in pairs}

    def get(self, key: str) -> Knoop | None:
        """Give one member; None when it is absent or null."""
        value = self.object().get(key)
        return None if value is None else Knoop(value, f"{self.pad}.{key}")

    def need(self, key: str) -> Knoop:
        """Give one member that has to be there."""
        found = self.get(key)
        if found is None:
            raise self.fault(f"{key} is missing")
        return found

    def items(self) -> list[Knoop]:
        """Give the items of a list."""
        if not isinstance(self.waarde, list):
            raise self.fault("a list is expected")
        return [Knoop(item, f"{self.pad}[{n}]") for n, item in enumerate(self.waarde)]

    def text(self) -> str:
        """Give the value as text."""
        if not isinstance(self.waarde, str):
            raise self.fault("text is expected")
        return self.waarde

    def texts(self) -> tuple[str, ...]:
        """Give the value as a list of texts."""
        return tuple(item.text() for item in self.items())

    def flag(self) -> bool:
        """Give the value as true or false."""
        if not isinstance(self.waarde, bool):
            raise self.fault("true or false is expected")
        return self.waarde

    def number(self) -> int:
        """Give the value as a whole number."""
        if not isinstance(self.waarde, int) or isinstance(self.waarde, bool):
            raise self.fault("a whole number is expected")
        return self.waarde


def read_bestand(place: Traversable) -> Knoop:
    """Read one JSON file.

    Raises:
        SchemaError: ``schemabestand.ongeldig``, when it is no JSON.
    """
    return parse_bestand(place.read_bytes(), place.name)


def parse_bestand(data: bytes, naam: str) -> Knoop:
    """Read JSON that is no file of ours, under the name it has in errors.

    Raises:
        SchemaError: ``schemabestand.ongeldig``, when it is no JSON.
    """
    try:
        waarde: JsonValue = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Knoop(None, naam).fault("no JSON in UTF-8") from None
    return Knoop(waarde, naam)
