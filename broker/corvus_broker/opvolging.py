"""A successor in running zaken: it counts as who it took over from (ADR 0020).

Whoever took an administration over has the aliases of its predecessor in it, and no
other way to name the zaak. Under an alias of its own it goes on from the receipt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_broker.kalender import moment_at
from corvus_schemas.errors import EnvelopeError
from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from corvus_broker.register import Registerversie
    from corvus_crypto.zaak import AliasSleutel
    from corvus_schemas.identifiers import ZaakId


def names_at(register: Registerversie, oin: str, op_ms: int) -> frozenset[str]:
    """Give the OINs that an organisation counts as at a moment."""
    return register.adresboek.identiteit(oin, moment_at(op_ms))


def zaak_of_alias(
    aliassen: AliasSleutel, alias: bytes, oin: Oin, names: frozenset[str]
) -> ZaakId:
    """Translate an alias of an organisation, or of one that it succeeded.

    Raises:
        EnvelopeError: ``zaak.onbekend``; not an alias of any of them.
    """
    for predecessor in sorted(names - {oin}):
        try:
            return aliassen.zaak(alias, Oin(predecessor))
        except EnvelopeError:
            continue  # not one of that predecessor
    return aliassen.zaak(alias, oin)
