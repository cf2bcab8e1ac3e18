"""What the pipeline wants done: values, carried out by the driver in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from corvus_broker.topics import BEWIJSKLASSE, levering_topic

if TYPE_CHECKING:
    from corvus_broker.levering import Levering
    from corvus_schemas.wire.staat import Geparkeerd

SOORT_LEVERING: Final = "levering"
SOORT_BEWIJS: Final = "bewijs"
SOORT_TERUGMELDING: Final = "terugmelding"
SOORT_BESLISREGEL: Final = "beslisregel"
SOORT_HERAANBIEDING: Final = "heraanbieding"


@dataclass(frozen=True, slots=True)
class Bericht:
    """A receipt to one organisation: attested and appended to its own topic."""

    soort: str
    topic: str
    key: bytes
    inhoud: bytes


@dataclass(slots=True)
class Effecten:
    """Everything that follows from one record."""

    leveringen: list[Levering] = field(default_factory=list)
    berichten: list[Bericht] = field(default_factory=list)
    beslisregels: list[bytes] = field(default_factory=list)
    geparkeerd: list[Geparkeerd] = field(default_factory=list)
    uitkomst: str = ""
    code: str = ""
    berichttype: str = ""
    waarschuwingen: list[str] = field(default_factory=list)
    geweigerd: dict[str, int] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget what was to be sent; what was learnt about the record stays."""
        self.leveringen.clear()
        self.berichten.clear()
        self.beslisregels.clear()
        self.geparkeerd.clear()


def receipt_to(oin: str, alias: bytes, bewijs: bytes) -> Bericht:
    """Address a receipt to an organisation; receipts are kept the longest."""
    return Bericht(SOORT_BEWIJS, levering_topic(oin, BEWIJSKLASSE), alias, bewijs)
