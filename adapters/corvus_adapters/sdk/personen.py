"""Persons at the sender: the pseudonym under which the broker knows one in a zaak.

An application keeps one ``betrokkene_ref`` for a person throughout a zaak. The broker
gets a digest of it, in a role that a fact of the message can be about and no other.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from corvus_broker.personen import BETROKKENE, GROEP, PSEUDONIEM_BYTES
from corvus_crypto.lp import digest
from corvus_schemas.errors import SchemaError
from corvus_schemas.wire.bericht import Persoon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import Kenmerk

ANSWER: Final = "_antwoord"
_RANDOM: Final = 4


def pseudonym(betrokkene_ref: uuid.UUID) -> bytes:
    """Give the pseudonym of a person within a zaak (SPEC 14.7)."""
    return digest("betrokkene", betrokkene_ref.bytes)[:PSEUDONIEM_BYTES]


def roles_concerned(
    catalogus: Catalogus, berichttype: str, gebruikt: frozenset[str]
) -> frozenset[str]:
    """Give the roles that facts of this message, or of its answer, can be about."""
    codes = {berichttype, f"{berichttype}{ANSWER}"}
    return frozenset(
        rol
        for kenmerk in catalogus.kenmerken.values()
        if kenmerk.bereik == BETROKKENE
        and (
            kenmerk.naam in gebruikt
            or any(bron.berichttype in codes for bron in kenmerk.bronberichten)
        )
        for rol in kenmerk.rollen
    )


def persons_in(inhoud: Mapping[str, Any], rollen: Iterable[str]) -> list[Persoon]:
    """Name the persons of a message in these roles, rising by role and index.

    Raises:
        SchemaError: ``persoon.referentie``.
    """
    counts: dict[str, int] = {}
    found = []
    for one in inhoud.get(GROEP) or ():
        rol = one["rol"]
        index = counts.setdefault(rol, 0)
        counts[rol] += 1
        basis = one.get("basis")
        if rol in rollen and basis is not None:
            ref = uuid.UUID(str(basis["betrokkene_ref"]))
            _check_random(ref)
            found.append(Persoon(rol, index, pseudonym(ref)))
    return sorted(found, key=lambda one: (one.rol, one.index))


def _check_random(ref: uuid.UUID) -> None:
    """Refuse a reference that is made from something: the broker could guess it.

    Raises:
        SchemaError: ``persoon.referentie``.
    """
    if ref.version != _RANDOM:
        raise SchemaError(
            "persoon.referentie",
            "a betrokkene_ref is not a random UUID (version 4)",
            advice="Make one at random for each person of a zaak, and keep it there.",
        )


def about(
    kenmerk: Kenmerk, personen: Sequence[Persoon], over: Sequence[uuid.UUID]
) -> list[bytes | None]:
    """Tell whom a fact is about that a message establishes: the named, or the only one.

    ``[None]``: nobody of this message; then it is about the one the question was about.

    Raises:
        SchemaError: ``feit.persoon_onduidelijk``.
    """
    if kenmerk.bereik != BETROKKENE:
        return [None]
    if over:
        return [pseudonym(ref) for ref in over]
    own = list(
        dict.fromkeys(one.pseudoniem for one in personen if one.rol in kenmerk.rollen)
    )
    if len(own) > 1:
        raise SchemaError(
            "feit.persoon_onduidelijk",
            f"the message establishes {kenmerk.naam} and has {len(own)} persons it can"
            " be about",
            advice="Name whom it is about in over_betrokkenen, or send one message a"
            " person.",
        )
    return [*own] or [None]
