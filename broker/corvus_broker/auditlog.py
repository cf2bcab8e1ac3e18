"""Put proven batches in the order of the audit topic: the leaves of the log (SPEC 19).

A leaf names the place of a batch in the topic and commits to its root as the broker
signed it. Order, leaves and tree follow from the topic alone: who builds the log again
builds the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_broker.auditboek import check_auditbatch
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.lp import lp, u32, u64
from corvus_crypto.merkle import leaf_hash
from corvus_schemas.errors import EnvelopeError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_broker.ports import Record
    from corvus_broker.register import Registerreeks
    from corvus_crypto.attestatie import Attestatie
    from corvus_crypto.boom import Rand

_REPORT: Final = "Keep topic and store as they are and report it; see the RUNBOOK."


@dataclass(frozen=True, slots=True)
class Logblad:
    """One leaf: where its batch stands in the topic, and the bytes that are hashed."""

    partitie: int
    offset: int
    inhoud: bytes

    @property
    def hash(self) -> bytes:
        """Leaf hash in the tree."""
        return leaf_hash(self.inhoud)


@dataclass(frozen=True, slots=True)
class Toevoeging:
    """What one step adds to the store, all of it or nothing."""

    eerste: int
    bladeren: Sequence[Logblad]
    tegels: Mapping[tuple[int, int], bytes]


def logblad(
    partitie: int, offset: int, attestatie: Attestatie, wortel: bytes
) -> Logblad:
    """Make the leaf of a batch: of its place, its root and the signature over that."""
    belofte = attestatie.commit_root(wortel)
    return Logblad(
        partitie, offset, lp("auditlog-blad", u32(partitie), u64(offset), belofte)
    )


def prove_record(record: Record, registers: Registerreeks) -> Logblad:
    """Prove the batch in a record of the topic and make its leaf.

    Raises:
        IntegrityError: ``auditlog.batch``; it is not what the broker recorded.
    """
    try:
        batch = check_auditbatch(record.value or b"", registers)
    except EnvelopeError as error:
        raise IntegrityError(
            "auditlog.batch",
            f"the record at offset {record.offset} of {record.topic} is no batch of"
            f" the broker: {error.message}",
            advice=_REPORT,
        ) from error
    attestatie = parse_attestatie(batch.attestatie)
    return logblad(record.partition, record.offset, attestatie, batch.wortel)


def place(rand: Rand, bladeren: Sequence[Logblad]) -> Toevoeging:
    """Add leaves to the right edge; give what has to be stored."""
    eerste = rand.grootte
    return Toevoeging(eerste, bladeren, rand.append(blad.hash for blad in bladeren))


def check_same(stored: Logblad, found: Logblad | None) -> None:
    """Compare the last leaf of the store with the same place in the topic.

    Raises:
        IntegrityError: ``auditlog.topic``; the topic is not the one it was built from.
    """
    if found != stored:
        what = "is not there" if found is None else "holds another batch"
        raise IntegrityError(
            "auditlog.topic",
            f"offset {stored.offset} of the audit topic, which the log has as a leaf,"
            f" {what}",
            advice=_REPORT,
        )
