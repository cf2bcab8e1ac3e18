"""Prove from the store that a batch is a leaf of the log: what a proof file carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_crypto.boom import inclusion_path
from corvus_crypto.controlepunt import open_controlepunt
from corvus_crypto.insluiting import Insluiting
from corvus_crypto.lp import u32, u64

if TYPE_CHECKING:
    from corvus_adapters.audit.beleid import Beleid
    from corvus_adapters.audit.opslag import Auditopslag, Bewaardpunt

_LOOKED_AT: Final = 100
_PARTITIE: Final = 4
_OFFSET: Final = 8


class Insluiter:
    """Makes proofs under the newest checkpoint that enough witnesses cosigned.

    Where none is that far yet, under the newest one there is: whoever checks it decides
    by his own policy.
    """

    def __init__(self, opslag: Auditopslag, beleid: Beleid) -> None:
        self._opslag = opslag
        punten = opslag.punten(_LOOKED_AT)
        met = next((punt for punt in punten if _is_met(punt, beleid)), None)
        self._punten = punten if met is None else [met, *punten]

    def prove(self, partitie: int, offset: int) -> str | None:
        """Prove that the batch at a place in the topic is in the log; None if not yet.

        Raises:
            IntegrityError: ``auditlog.beschadigd``.
            UnavailableError: ``databank.onbereikbaar``.
        """
        index = self._opslag.nummer(partitie, offset)
        if index is None:
            return None
        for punt in self._punten:
            if punt.grootte > index:
                path = inclusion_path(self._opslag.boom, index, punt.grootte)
                place = u32(partitie) + u64(offset)
                return Insluiting(place, index, path, punt.notitie).encode()
        return None


def read_place(extra: bytes) -> tuple[int, int] | None:
    """Read the place of a batch in the topic; None where it is none."""
    if len(extra) != _PARTITIE + _OFFSET:
        return None
    return (
        int.from_bytes(extra[:_PARTITIE], "big"),
        int.from_bytes(extra[_PARTITIE:], "big"),
    )


def _is_met(punt: Bewaardpunt, beleid: Beleid) -> bool:
    return beleid.getuigen.is_met(open_controlepunt(punt.notitie, beleid.log))
