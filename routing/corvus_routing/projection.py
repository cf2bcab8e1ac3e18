"""Which cellen leave: granted by the sender, allowed by the table, and not empty.

``project`` is the only maker of a ``Projectie``, and a levering is only made of one,
so a message that leaves undecided is a type error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_routing.indeling import indeling_of
from corvus_routing.woordenboek import VERWIJZING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corvus_routing.beslissing import Beslissing
    from corvus_routing.indeling import Indeling
    from corvus_schemas.catalogus import Positie

REGEL_VERWIJZING: Final = "VERWIJZING"
"""Stands where a regel_id would for the rubriek the broker decides itself."""

_MAKER: Final = object()


class Projectie:
    """What of one message goes to one recipient, as bits over its positions.

    Attributes:
        mask: the cellen that go out. Zero means that nothing goes, not even a kop.
        aangehouden: granted and filled cellen that a rule holds.
        geweigerd: granted and filled cellen that do not go and are not held.
    """

    __slots__ = ("_beslissing", "_indeling", "aangehouden", "geweigerd", "mask")

    mask: Final[int]
    aangehouden: Final[int]
    geweigerd: Final[int]

    def __init__(
        self,
        maker: object,
        masks: tuple[int, int, int],
        beslissing: Beslissing,
        indeling: Indeling,
    ) -> None:
        """Refuse every maker but ``project``."""
        if maker is not _MAKER:
            raise TypeError("only project() makes a Projectie")
        self.mask, self.aangehouden, self.geweigerd = masks
        self._beslissing = beslissing
        self._indeling = indeling

    @property
    def is_empty(self) -> bool:
        """Whether nothing goes out, so that no levering is made."""
        return self.mask == 0

    @property
    def regels_per_positie(self) -> dict[int, tuple[str, ...]]:
        """The rules that let each position go out or hold it."""
        posities, uitkomsten = self._indeling.posities, self._beslissing.uitkomsten
        namen = {
            bit: posities[bit].rubriek.naam
            for bit in _bits(self.mask | self.aangehouden)
        }
        return {
            bit: (REGEL_VERWIJZING,)
            if naam == VERWIJZING
            else uitkomsten[naam].regel_ids
            for bit, naam in namen.items()
        }


def project(
    granted_mask: int,
    nonempty_mask: int,
    beslissing: Beslissing,
    posities: tuple[Positie, ...],
    *,
    with_verwijzing: bool = False,
) -> Projectie:
    """Lay the sender's grants and the table's decision over each other.

    ``with_verwijzing`` says that the broker found the recipient to know the messages
    referred to. The verwijzing only ever comes along with something a rule allows.
    """
    indeling = indeling_of(posities)
    maskers = beslissing.maskers(indeling)
    aangeboden = granted_mask & nonempty_mask & indeling.alle
    mask = aangeboden & maskers.allow
    if with_verwijzing and mask:
        mask |= aangeboden & indeling.verwijzing
    aangehouden = aangeboden & maskers.hold
    geweigerd = aangeboden & ~mask & ~aangehouden
    return Projectie(_MAKER, (mask, aangehouden, geweigerd), beslissing, indeling)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
