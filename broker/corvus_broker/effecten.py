"""What the pipeline wants done: values, carried out by the driver in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from corvus_broker.topics import BEWIJSKLASSE, levering_topic

if TYPE_CHECKING:
    from corvus_broker.levering import Levering
    from corvus_schemas.wire.staat import Aanhouding, Geparkeerd

SOORT_LEVERING: Final = "levering"
SOORT_BEWIJS: Final = "bewijs"
SOORT_TERUGMELDING: Final = "terugmelding"
SOORT_BESLISREGEL: Final = "beslisregel"
SOORT_BEOORDELING: Final = "beoordeling"
SOORT_HERAANBIEDING: Final = "heraanbieding"
SOORT_UITVOERING: Final = "uitvoering"


class Bericht(msgspec.Struct, frozen=True):
    """A receipt to one organisation: attested and appended to its own topic."""

    soort: str
    topic: str
    key: bytes
    inhoud: bytes


@dataclass(frozen=True, slots=True)
class TeBewaren:
    """What is held of a message: to be stored before the batch is committed."""

    aanhouding: Aanhouding
    zaak: bytes
    partitie: int
    inhoud: bytes


@dataclass(frozen=True, slots=True)
class Uitvoeringslast:
    """An order the driver is to write for the router itself, with what is stored."""

    VRIJGAVE: ClassVar[str] = "vrijgave"
    VERNIETIGING: ClassVar[str] = "vernietiging"

    soort: str
    zaak: bytes
    nummer: bytes


@dataclass(slots=True)
class Effecten:
    """Everything that follows from one record."""

    leveringen: list[Levering] = field(default_factory=list)
    berichten: list[Bericht] = field(default_factory=list)
    beslisregels: list[bytes] = field(default_factory=list)
    beoordelingen: list[bytes] = field(default_factory=list)
    geparkeerd: list[Geparkeerd] = field(default_factory=list)
    te_bewaren: list[TeBewaren] = field(default_factory=list)
    bevestigd: list[tuple[bytes, int]] = field(default_factory=list)
    uitvoeringen: list[Uitvoeringslast] = field(default_factory=list)
    vernietigd: list[bytes] = field(default_factory=list)
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
        self.beoordelingen.clear()
        self.geparkeerd.clear()
        self.te_bewaren.clear()
        self.bevestigd.clear()
        self.uitvoeringen.clear()
        self.vernietigd.clear()


def receipt_to(oin: str, alias: bytes, bewijs: bytes) -> Bericht:
    """Address a receipt to an organisation; receipts are kept the longest."""
    return Bericht(SOORT_BEWIJS, levering_topic(oin, BEWIJSKLASSE), alias, bewijs)
