"""Facts about persons: which positions are about whom, and what holds for each.

A person has a pseudonym within the zaak; consent of one suspect says nothing about
another. Where persons of a message differ, every cel is decided by the facts about its
own person; what is not about one person counts a fact only if it holds for all alike
(SPEC 14.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from corvus_schemas.errors import SchemaError
from corvus_schemas.identifiers import BERICHT_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_schemas.catalogus import Berichttype, Positie
    from corvus_schemas.kenmerken import Kenmerk, KenmerkWaarde
    from corvus_schemas.wire.bericht import Persoon

GROEP: Final = "betrokkenen"
BETROKKENE: Final = "betrokkene"
PSEUDONIEM_BYTES: Final = BERICHT_ID_BYTES

Plek: TypeAlias = "tuple[str, int]"
"""A person's place in a message: role and index."""
Waarden: TypeAlias = "dict[str, KenmerkWaarde]"


def check_personen(
    personen: Sequence[Persoon], berichttype: Berichttype, buckets: bytes
) -> None:
    """Check the persons that a message names.

    Raises:
        SchemaError: ``persoon.ongeldig``.
    """
    if not personen:
        return
    room = {
        rol: bucket
        for (groep, rol), bucket in zip(berichttype.rollen, buckets, strict=True)
        if groep == GROEP
    }
    plekken = [(one.rol, one.index) for one in personen]
    namen = {(one.rol, one.pseudoniem) for one in personen}
    if (
        plekken != sorted(set(plekken))
        or len(namen) < len(plekken)
        or any(one.index >= room.get(one.rol, 0) for one in personen)
        or any(len(one.pseudoniem) != PSEUDONIEM_BYTES for one in personen)
    ):
        raise SchemaError(
            "persoon.ongeldig",
            "the persons are out of order, one is there twice, or one has no place in"
            " this message",
            advice="Name each person of a role once, rising by role and index.",
        )


def filled_places(posities: Sequence[Positie], gevuld: int) -> frozenset[Plek]:
    """Give the place of every person of whom something is filled."""
    return frozenset(
        (positie.rubriek.rol, _index(positie))
        for positie in posities
        if gevuld >> positie.index & 1
        and positie.rubriek.groep == GROEP
        and positie.rubriek.rol is not None
    )


def _index(positie: Positie) -> int:
    return int(positie.label.partition("#")[2].partition("]")[0])


def spread(
    feiten: Mapping[bytes, Waarden],
    personen: Sequence[Persoon],
    plekken: Iterable[Plek],
    kenmerken: Mapping[str, Kenmerk],
) -> tuple[Waarden, dict[Plek, Waarden]]:
    """Give what holds for all persons alike, and per person where they differ.

    ``feiten`` are the values by pseudonym, ``plekken`` where the message has persons:
    one that it does not name is somebody about whom nothing is known. A kenmerk that
    not every person of its roles has, or has alike, is in the second only.
    """
    names = {(one.rol, one.index): one.pseudoniem for one in personen}
    alike: Waarden = {}
    own: dict[Plek, Waarden] = {}
    for naam in sorted({naam for values in feiten.values() for naam in values}):
        rollen = kenmerken[naam].rollen
        about = sorted(plek for plek in {*names, *plekken} if plek[0] in rollen)
        found = [feiten.get(names.get(plek, b""), {}).get(naam) for plek in about]
        first = found[0] if found else None
        if first is not None and all(value == first for value in found):
            alike[naam] = first
            continue
        for plek, value in zip(about, found, strict=True):
            if value is not None:
                own.setdefault(plek, {})[naam] = value
    return alike, own


def find_unique(personen: Iterable[Persoon], kenmerk: Kenmerk) -> bytes | None:
    """Give the one person that a fact can be about; None where there are several."""
    found = {one.pseudoniem for one in personen if one.rol in kenmerk.rollen}
    return found.pop() if len(found) == 1 else None


def positions_of(posities: Sequence[Positie], plek: Plek) -> int:
    """Give the mask of the cellen about one person."""
    rol, index = plek
    mask = 0
    for positie in posities:
        rubriek = positie.rubriek
        if (rubriek.groep, rubriek.rol) == (GROEP, rol) and _index(positie) == index:
            mask |= 1 << positie.index
    return mask
