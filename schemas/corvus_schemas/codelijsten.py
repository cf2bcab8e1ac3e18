"""Codelijsten: the codes a field may hold, each with its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from corvus_schemas.bronbestand import Knoop


@dataclass(frozen=True)
class Codelijst:
    """A list of codes with their labels, in the order of the source."""

    naam: str
    codes: Mapping[str, str]

    def parse_code(self, value: object, veld: str) -> str:
        """Check that a value is one of the codes.

        Raises:
            SchemaError: ``code.onbekend``, naming the field and the allowed codes.
        """
        if isinstance(value, str) and value in self.codes:
            return value
        raise SchemaError("code.onbekend", f"{veld}: {allowed_codes(self.codes)}")


def allowed_codes(codes: Collection[str]) -> str:
    """Say which codes are allowed; the value that was refused is never said."""
    return f"unknown code; allowed: {', '.join(codes)}"


def parse_codelijsten(bestand: Knoop) -> dict[str, Codelijst]:
    """Read all codelijsten from one file.

    Raises:
        SchemaError: ``schemabestand.ongeldig``.
    """
    return {
        naam: Codelijst(
            naam, {code: label.text() for code, label in lijst.members().items()}
        )
        for naam, lijst in bestand.members().items()
    }


def merge_codelijsten(
    eigen: Mapping[str, Codelijst], erbij: Mapping[str, Codelijst]
) -> dict[str, Codelijst]:
    """Put the codes of two sets of lists together; a label of one's own wins."""
    merged = dict(eigen)
    for naam, lijst in erbij.items():
        own = eigen.get(naam)
        codes = (
            lijst.codes if own is None else {**own.codes, **lijst.codes, **own.codes}
        )
        merged[naam] = Codelijst(naam, codes)
    return merged
