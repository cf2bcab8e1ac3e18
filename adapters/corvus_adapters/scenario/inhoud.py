"""The content of a scenario's messages: made up, but of one case with one cast.

A person keeps one ``betrokkene_ref`` through all messages of a case, by role and
order, or facts about that person could not be told apart; and a message that has to
establish a kenmerk says what does.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from corvus_adapters.scenario.bestand import ALLE
from corvus_adapters.scenario.feiten import source_content
from corvus_broker.personen import GROEP
from corvus_schemas.voorbeeld import voorbeeld_inhoud

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_adapters.scenario.bestand import Scenariobericht
    from corvus_schemas.catalogus import Catalogus

_CAST: Final = uuid.UUID("c0455500-0000-4000-8000-000000000001")
_EARLIER: Final = re.compile(r"message (\d+)")


def make_content(
    catalogus: Catalogus,
    bericht: Scenariobericht,
    kenmerken: Mapping[str, Any],
    *,
    seed: int,
    verzonden: Mapping[int, str],
) -> dict[str, Any]:
    """Make a message up; ``verzonden`` has the ids of the messages before, by nr."""
    berichttype = catalogus.berichttype(bericht.type)
    wanted: list[str] | None = None
    if bericht.rubrieken != ALLE:
        # The sender must fill what the schema requires, named or not.
        required = [
            r.naam for r in berichttype.rubrieken if r.verplicht and r.groep is None
        ]
        wanted = list(dict.fromkeys([*bericht.rubrieken, *required]))
    kern = {
        path: _earlier(value, verzonden)
        for path, value in (_to_establish(catalogus, bericht) | bericht.kern).items()
    }
    inhoud = dict(
        voorbeeld_inhoud(
            berichttype,
            catalogus,
            seed=seed,
            rubrieken=wanted,
            kern=kern,
            kenmerken=kenmerken,
        )
    )
    made: dict[str, Any] = _rename(inhoud, _cast(inhoud))
    return made


def _earlier(value: str, verzonden: Mapping[int, str]) -> str:
    found = _EARLIER.fullmatch(value)
    return value if found is None else verzonden.get(int(found[1]), value)


def _to_establish(catalogus: Catalogus, bericht: Scenariobericht) -> dict[str, str]:
    """Give the fields that establish what the scenario says of this message."""
    kern: dict[str, str] = {}
    for naam, waarde in bericht.attributen.items():
        kenmerk = catalogus.kenmerken.get(naam)
        for bron in () if kenmerk is None else kenmerk.bronberichten:
            if (
                bron.berichttype == bericht.type
                and bericht.van in bron.verstrekkers
                and bron.waarde is not None
                and bron.waarde == waarde
            ):
                kern |= source_content(catalogus, bron)
    return kern


def _cast(inhoud: Mapping[str, Any]) -> dict[str, str]:
    """Give every person of a message the reference it has in all of them."""
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for one in inhoud.get(GROEP) or ():
        rol = one["rol"]
        index = counts.setdefault(rol, 0)
        counts[rol] += 1
        if "basis" in one:
            name = uuid.uuid5(_CAST, f"{rol}#{index}").bytes
            own = uuid.UUID(bytes=name, version=4)
            names[one["basis"]["betrokkene_ref"]] = str(own)
    return names


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _rename(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_rename(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value
