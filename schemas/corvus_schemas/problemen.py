"""Problems in the content of a message, all of them at once.

A path holds names from the schema and indexes only: a key that somebody made up may
itself be personal data, and is not repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

from corvus_schemas.errors import SchemaError

MAX_SHOWN = 10


@dataclass(frozen=True)
class Probleem:
    """One problem: where, and what is wrong; never the value."""

    pad: str
    melding: str

    def __str__(self) -> str:
        return f"{self.pad}: {self.melding}"


class InhoudError(SchemaError):
    """The content of a message breaks its schema; ``problemen`` names every place."""

    def __init__(self, problemen: tuple[Probleem, ...]) -> None:
        """Say the first problems in the message and keep all of them."""
        shown = "; ".join(str(probleem) for probleem in problemen[:MAX_SHOWN])
        more = len(problemen) - MAX_SHOWN
        super().__init__(
            "inhoud.ongeldig",
            f"{shown}; and {more} more" if more > 0 else shown,
            advice="repair the fields named here; nothing was sent",
        )
        self.problemen = problemen
