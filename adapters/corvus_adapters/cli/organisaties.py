"""Organisations by the short names of their folders: in options and message files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_adapters.keystore import read_houder
from corvus_routing.gebied import close_matches, listing
from corvus_schemas.errors import AddressError, SettingsError
from corvus_schemas.identifiers import OIN_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.keystore import Keystore
    from corvus_adapters.sdk.concept import Concept

BROKER: Final = "BROKER"


def short_names(installatie: Installatie) -> dict[str, str]:
    """Give the OIN behind every short name there is here."""
    return {folder.name: read_houder(folder).oin for folder in installatie.keystores()}


def open_keystore(installatie: Installatie, wie: str) -> Keystore:
    """Open an organisation's keystore by short name or OIN.

    Raises:
        SettingsError: ``sleutelbos.onbekend``, with the nearest names.
    """
    known = short_names(installatie)
    if wie not in known and wie not in known.values():
        raise SettingsError(
            "sleutelbos.onbekend",
            f"there is no organisation {wie!r:.60} here to act as",
            advice=nearest(wie, known),
        )
    return installatie.keystore(wie)


def nearest(wanted: str, known: Iterable[str]) -> str:
    """Say which names come near, and which command lists them all."""
    names = sorted(known)
    near = close_matches(wanted, names) or [one for one in names if wanted in one]
    said = (
        f"Close to it: {', '.join(near[:5])}" if near else f"There are {listing(names)}"
    )
    return f"{said}. All of them: corvus adresboek"


def resolve_geadresseerden(concept: Concept, known: Mapping[str, str]) -> Concept:
    """Put OINs in the place of short names.

    Raises:
        AddressError: ``organisatie.onbekend``, with the nearest names.
    """
    oins = oins_of(concept.geadresseerden, known, "geadresseerden")
    return concept.model_copy(update={"geadresseerden": oins})


def oins_of(
    namen: Sequence[str], known: Mapping[str, str], waar: str
) -> tuple[str, ...]:
    """Give the OINs behind short names; what is an OIN stays one.

    Raises:
        AddressError: ``organisatie.onbekend``, with the nearest names.
    """
    strange = [
        one
        for one in namen
        if one not in known and not (one.isdecimal() and len(one) == OIN_DIGITS)
    ]
    if strange:
        raise AddressError(
            "organisatie.onbekend",
            f"{waar}: {strange[0]!r:.60} is no OIN, and no short name known here",
            advice=nearest(strange[0], known),
        )
    return tuple(known.get(one, one) for one in namen)
