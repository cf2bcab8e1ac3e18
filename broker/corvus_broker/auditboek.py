"""Read the evidence back: a batch of the audit log, proven and put together (SPEC 13).

What a batch says counts once its leaves give the root that the broker signed and every
record is the leaf it says it is. A change of one byte is found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_broker.effecten import SOORT_BEOORDELING, SOORT_BESLISREGEL
from corvus_crypto.attestatie import Attestatie, parse_attestatie
from corvus_crypto.merkle import HASH_BYTES, Tree
from corvus_schemas.errors import CorvusError, EnvelopeError
from corvus_schemas.wire.staat import Auditbatch, Beoordeling, Beslisregel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corvus_broker.register import Registerreeks
    from corvus_crypto.signing import VerifyKey
    from corvus_schemas.wire.staat import Blad

_ADVICE: Final = "Keep the log as it is and report it: it is not what was recorded."


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that was recorded of one decided message."""

    beoordeling: Beoordeling
    beslisregels: tuple[bytes, ...]
    """As recorded, in the order of the recipients."""


def open_auditbatch(value: bytes, registers: Registerreeks) -> list[Dossier]:
    """Prove a batch and give the messages decided in it.

    Raises:
        EnvelopeError: ``audit.ongeldig``; it is not what the broker recorded.
    """
    batch = check_auditbatch(value, registers)
    try:
        return _put_together(batch)
    except CorvusError as error:
        raise _fault(error.message) from None


def check_auditbatch(value: bytes, registers: Registerreeks) -> Auditbatch:
    """Prove a batch: its signed root, every leaf, every record of evidence.

    Raises:
        EnvelopeError: ``audit.ongeldig``; it is not what the broker recorded.
    """
    try:
        batch = Auditbatch.decode(value)
        _Bewijs(batch, registers).check()
    except CorvusError as error:
        raise _fault(error.message) from None
    else:
        return batch


class _Bewijs:
    """The proof of one batch: its root, and each record as a leaf under it."""

    def __init__(self, batch: Auditbatch, registers: Registerreeks) -> None:
        self._batch = batch
        self._registers = registers
        data = batch.bladeren
        self._bladeren = [
            data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)
        ]

    def check(self) -> None:
        """Check everything; the signature once, since all leaves share it.

        It is checked where a batch holds receipts only, too: then no record of
        evidence brings it along.
        """
        batch = self._batch
        if Tree(self._bladeren).root != batch.wortel:
            raise _fault("the leaves of the batch do not give its root")
        signed = parse_attestatie(batch.attestatie)
        if signed.grootte != len(self._bladeren):
            raise _fault("another number of leaves was signed")
        signed.verify_root(self._key(signed), batch.wortel)
        promised = signed.commit_root(batch.wortel)
        evidence = [
            *((SOORT_BESLISREGEL, blad) for blad in batch.beslisregels),
            *((SOORT_BEOORDELING, blad) for blad in batch.beoordelingen),
        ]
        for soort, blad in evidence:
            attestatie = self._check_leaf(soort, blad)
            if attestatie.commit_root(batch.wortel) != promised:
                raise _fault("another root was signed")

    def _check_leaf(self, soort: str, blad: Blad) -> Attestatie:
        attestatie = parse_attestatie(blad.attestatie)
        if (
            attestatie.index != blad.index
            or not 0 <= blad.index < len(self._bladeren)
            or attestatie.leaf(soort, blad.inhoud) != self._bladeren[blad.index]
        ):
            raise _fault(f"record {blad.index} of the batch is not what was attested")
        return attestatie

    def _key(self, attestatie: Attestatie) -> VerifyKey:
        for versie in reversed(self._registers.versies):
            found = versie.broker_key(attestatie.sleutel_id)
            if found is not None and found[1] <= attestatie.tijd_ms < found[2]:
                return found[0]
        raise _fault("no register names the key it is signed with, for that time")


def _put_together(batch: Auditbatch) -> list[Dossier]:
    regels: dict[tuple[int, int, bytes], list[bytes]] = {}
    for blad in batch.beslisregels:
        regel = Beslisregel.decode(blad.inhoud)
        key = (regel.partitie, regel.offset, regel.bericht_id)
        regels.setdefault(key, []).append(blad.inhoud)
    found = []
    for beoordeling in _decode(batch.beoordelingen):
        key = (beoordeling.partitie, beoordeling.offset, beoordeling.bericht_id)
        found.append(Dossier(beoordeling, tuple(regels.pop(key, ()))))
    if regels:
        raise _fault(f"the inputs of {len(regels)} decision(s) are missing")
    return found


def _decode(bladeren: Iterable[Blad]) -> list[Beoordeling]:
    return [Beoordeling.decode(blad.inhoud) for blad in bladeren]


def _fault(what: str) -> EnvelopeError:
    return EnvelopeError("audit.ongeldig", what, advice=_ADVICE)
