"""Which cellen leave: granted by the sender, allowed by the table, and not empty.

``project`` is the only maker of a ``Projectie``, and a levering is only made of one,
so a message that leaves undecided is a type error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_routing.indeling import indeling_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_routing.beslissing import Beslissing
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

    __slots__ = ("aangehouden", "geweigerd", "mask")

    mask: Final[int]
    aangehouden: Final[int]
    geweigerd: Final[int]

    def __init__(self, maker: object, masks: tuple[int, int, int]) -> None:
        """Refuse every maker but ``project``."""
        if maker is not _MAKER:
            raise TypeError("only project() makes a Projectie")
        self.mask, self.aangehouden, self.geweigerd = masks

    @property
    def is_empty(self) -> bool:
        """Whether nothing goes out, so that no levering is made."""
        return self.mask == 0


def project(  # noqa: PLR0913 - the sender's mask, the table's word, and the layout
    granted_mask: int,
    nonempty_mask: int,
    beslissing: Beslissing,
    posities: tuple[Positie, ...],
    *,
    per_persoon: Sequence[tuple[int, Beslissing]] = (),
    with_verwijzing: bool = False,
) -> Projectie:
    """Lay the sender's grants and the table's decision over each other.

    ``per_persoon`` has, for the cellen in a mask, the decision that holds for them
    instead: those of persons about whom the facts differ. ``with_verwijzing`` says that
    the broker found the recipient to know the messages referred to. The verwijzing only
    ever comes along with something a rule allows.
    """
    indeling = indeling_of(posities)
    maskers = beslissing.maskers(indeling)
    allow, hold = maskers.allow, maskers.hold
    for eigen, anders in per_persoon:
        theirs = anders.maskers(indeling)
        allow = allow & ~eigen | theirs.allow & eigen
        hold = hold & ~eigen | theirs.hold & eigen
    aangeboden = granted_mask & nonempty_mask & indeling.alle
    mask = aangeboden & allow
    if with_verwijzing and mask:
        mask |= aangeboden & indeling.verwijzing
    aangehouden = aangeboden & hold
    geweigerd = aangeboden & ~mask & ~aangehouden
    return Projectie(_MAKER, (mask, aangehouden, geweigerd))
