"""What a witness of the log goes by: follow, or refuse and raise the alarm (SPEC 19).

A witness signs a checkpoint only if it holds unchanged all that it signed before. Two
checkpoints that the log signed and that cannot both be true are a fork: kept as proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_crypto.boom import LEGE_WORTEL, is_consistent, root_of
from corvus_schemas.errors import EnvelopeError, IntegrityError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_crypto.boom import Knopen
    from corvus_crypto.controlepunt import Controlepunt

NIETS = (0, LEGE_WORTEL)
"""What a witness has seen of a log before it saw anything."""


class AchterError(EnvelopeError):
    """The log began from another size than the witness saw last."""

    def __init__(self, grootte: int) -> None:
        super().__init__("getuige.achter", "the proof begins at another size")
        self.grootte = grootte


def judge(
    gezien: tuple[int, bytes], punt: Controlepunt, oud: int, pad: Sequence[bytes]
) -> None:
    """Decide whether a checkpoint that the log signed may be cosigned.

    Raises:
        EnvelopeError: ``getuige.verzoek``, ``getuige.achter`` (an AchterError) or
            ``getuige.pad``; nothing is proven against the log.
        IntegrityError: ``getuige.vork``.
    """
    if oud > punt.grootte:
        raise EnvelopeError("getuige.verzoek", "the old size is beyond the checkpoint")
    if oud != gezien[0]:
        raise AchterError(gezien[0])
    if oud == punt.grootte and punt.wortel != gezien[1]:
        raise fork(punt.grootte)
    if not is_consistent(*gezien, punt.grootte, punt.wortel, pad):
        raise EnvelopeError(
            "getuige.pad",
            "the path does not show that the tree only grew",
            advice="Of the log: look whether it was restored. Of others: ignore it.",
        )


def reconcile(knopen: Knopen, one: Controlepunt, other: Controlepunt) -> None:
    """Compare two checkpoints of a log with a tree that gives the larger one.

    Raises:
        UnavailableError: ``getuige.onbewezen``; the tree does not give the larger one.
        IntegrityError: ``getuige.vork``; it does, and not the smaller one.
    """
    small, large = sorted((one, other), key=lambda punt: punt.grootte)
    if small.grootte == large.grootte and small.wortel != large.wortel:
        raise fork(small.grootte)
    try:
        shown = root_of(knopen, large.grootte)
    except IntegrityError:
        shown = b""
    if shown != large.wortel:
        raise UnavailableError(
            "getuige.onbewezen",
            f"the log does not show the tree of its checkpoint {large.grootte}",
            advice="It counts again when it does; ask its operator if it lasts.",
        )
    if root_of(knopen, small.grootte) != small.wortel:
        raise fork(small.grootte)


def fork(grootte: int) -> IntegrityError:
    """Make the error for two checkpoints that cannot both be true."""
    return IntegrityError(
        "getuige.vork",
        f"the log signed two different histories of its first {grootte} leaves",
        advice="Keep the folder of the witness: it holds both checkpoints as proof."
        " Tell the other witnesses and the supervisor.",
    )
