"""One message that a candidate decides differently, as told and as counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from corvus_broker.herbeoordeling import compare_kandidaat
from corvus_routing.beslissing import Soort
from corvus_schemas.identifiers import format_id

if TYPE_CHECKING:
    from corvus_adapters.schaduw.kandidaat import Kandidaat
    from corvus_broker.auditboek import Dossier
    from corvus_broker.herbeoordeling import Naslag
    from corvus_routing.beslissing import Uitkomst
    from corvus_routing.impact import Verschil
    from corvus_schemas.wire.staat import Beoordeling

ZICHTBAAR: Final = "zichtbaar"
NIET_MEER: Final = "niet_meer"
ANDERS: Final = "anders"


@dataclass(frozen=True, slots=True)
class Geval:
    """One message, and every cel of it that a candidate decides differently."""

    beoordeling: Beoordeling
    verschillen: tuple[Verschil, ...]

    def rows(self) -> list[dict[str, object]]:
        """Give a form for JSON and tables: ids, labels and rules, never content."""
        kop = message_row(self.beoordeling)
        return [
            {
                **kop,
                "ontvanger": een.kop.ontvanger,
                "naar": een.kop.naar,
                "cel": een.label,
                "rubriek": een.rubriek,
                "was": een.was.soort.value,
                "wordt": een.wordt.soort.value,
                "regels_was": list(een.was.regel_ids),
                "regels_wordt": list(een.wordt.regel_ids),
            }
            for een in self.verschillen
        ]


def make_geval(dossier: Dossier, naslag: Naslag, kandidaat: Kandidaat) -> Geval:
    """Decide a message with a candidate.

    Raises:
        CorvusError: it cannot be decided again here; the code says why.
    """
    beoordeling = dossier.beoordeling
    found = compare_kandidaat(beoordeling, naslag, kandidaat)
    return Geval(beoordeling, tuple(found))


def message_row(beoordeling: Beoordeling) -> dict[str, object]:
    """Name a message: its ids, type and time."""
    moment = datetime.fromtimestamp(beoordeling.tijd / 1000, UTC)
    return {
        "bericht_id": format_id(beoordeling.bericht_id),
        "verstrekker": beoordeling.verstrekker,
        "berichttype": beoordeling.berichttype,
        "tijd": moment.isoformat(timespec="milliseconds"),
        "partitie": beoordeling.partitie,
        "offset": beoordeling.offset,
    }


def change_of(was: Uitkomst, wordt: Uitkomst) -> str:
    """Say in a word what changes for the recipient."""
    if wordt.soort is Soort.TOEGESTAAN:
        return ZICHTBAAR
    return NIET_MEER if was.soort is Soort.TOEGESTAAN else ANDERS
