"""A batch: the effects of many records, signed once, appended in one transaction.

Order within it: evidence, leveringen and receipts, parked records, changed state. The
tree of the batch has a leaf for everything that goes out and for every piece of
evidence; each carries its own path, so nothing has to arrive whole. A batch with very
much evidence gets several trees, so that each fits a record of the audit topic.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

from corvus_broker.effecten import (
    SOORT_BEOORDELING,
    SOORT_BESLISREGEL,
    SOORT_LEVERING,
    Effecten,
)
from corvus_broker.ports import Append
from corvus_broker.topics import AUDIT, GEPARKEERD, ZAAKSTAAT
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.staat import Auditbatch, Blad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.ports import Record
    from corvus_broker.staat import Partitiestaat
    from corvus_crypto.attestatie import Attesteerder, Reeks

# Far below the record size of the audit topic, and hundreds of ordinary messages.
MAX_EVIDENCE_BYTES: Final = 512 * 1024
_PER_LEAF: Final = 512
"""What a leaf costs besides its own bytes: its hash, its attestation with a path."""


class _Uitgaand(NamedTuple):
    """One leaf of the batch; ``topic`` empty for evidence."""

    soort: str
    topic: str
    key: bytes
    inhoud: bytes
    digest: bytes


def finish_batch(
    router_id: str,
    attesteerder: Attesteerder,
    records: Sequence[Record],
    effecten: Sequence[Effecten],
    staat: Partitiestaat,
) -> list[Append]:
    """Turn effects into the records of one transaction. ``records`` is not empty."""
    appends: list[Append] = []
    for some, theirs in _parts(records, effecten):
        appends += _evidence_and_post(router_id, attesteerder, some, theirs)
    partition = records[0].partition
    appends += [
        Append(GEPARKEERD, partition, parked.zaak or b"", parked.encode())
        for one in effecten
        for parked in one.geparkeerd
    ]
    appends += [
        Append(ZAAKSTAAT, partition, key, value) for key, value in staat.take_changes()
    ]
    return appends


def _parts(
    records: Sequence[Record], effecten: Sequence[Effecten]
) -> list[tuple[Sequence[Record], Sequence[Effecten]]]:
    """Cut a batch where its evidence would outgrow one record of the audit topic."""
    cuts, size = [0], 0
    for number, one in enumerate(effecten):
        evidence = (*one.beslisregels, *one.beoordelingen)
        more = sum(len(record) + _PER_LEAF for record in evidence)
        more += _PER_LEAF * (len(one.leveringen) + len(one.berichten))
        if size + more > MAX_EVIDENCE_BYTES and number > cuts[-1]:
            cuts.append(number)
            size = 0
        size += more
    cuts.append(len(effecten))
    return [(records[a:b], effecten[a:b]) for a, b in itertools.pairwise(cuts)]


def _evidence_and_post(
    router_id: str,
    attesteerder: Attesteerder,
    records: Sequence[Record],
    effecten: Sequence[Effecten],
) -> list[Append]:
    outgoing = [leaf for one in effecten for leaf in _outgoing(one)]
    if not outgoing:
        return []
    reeks = attesteerder.attest_digests(
        [(leaf.soort, leaf.digest) for leaf in outgoing], records[-1].timestamp_ms
    )
    audit = _audit(router_id, records, outgoing, reeks)
    return [
        Append(AUDIT, 0, b"", audit.encode()),
        *(
            _attested(leaf, attestatie)
            for leaf, attestatie in zip(outgoing, reeks.attestaties, strict=True)
            if leaf.topic
        ),
    ]


def _outgoing(effecten: Effecten) -> list[_Uitgaand]:
    return [
        *(
            _Uitgaand(soort, "", b"", one, hashlib.sha256(one).digest())
            for soort, records in (
                (SOORT_BEOORDELING, effecten.beoordelingen),
                (SOORT_BESLISREGEL, effecten.beslisregels),
            )
            for one in records
        ),
        *(
            _Uitgaand(SOORT_LEVERING, one.topic, one.alias, one.inhoud, one.digest)
            for one in effecten.leveringen
        ),
        *(
            _Uitgaand(
                one.soort,
                one.topic,
                one.key,
                one.inhoud,
                hashlib.sha256(one.inhoud).digest(),
            )
            for one in effecten.berichten
        ),
    ]


def _attested(leaf: _Uitgaand, attestatie: bytes) -> Append:
    value = Geattesteerd(soort=leaf.soort, inhoud=leaf.inhoud, attestatie=attestatie)
    return Append(leaf.topic, 0, leaf.key, value.encode())


def _audit(
    router_id: str,
    records: Sequence[Record],
    outgoing: Sequence[_Uitgaand],
    reeks: Reeks,
) -> Auditbatch:
    evidence: dict[str, list[Blad]] = {SOORT_BESLISREGEL: [], SOORT_BEOORDELING: []}
    leaves = zip(outgoing, reeks.attestaties, strict=True)
    for index, (leaf, attestatie) in enumerate(leaves):
        if not leaf.topic:
            evidence[leaf.soort].append(Blad(index, leaf.inhoud, attestatie))
    return Auditbatch(
        router=router_id,
        partitie=records[0].partition,
        eerste=records[0].offset,
        laatste=records[-1].offset,
        attestatie=reeks.attestaties[0],
        wortel=reeks.wortel,
        bladeren=b"".join(reeks.bladeren),
        beslisregels=evidence[SOORT_BESLISREGEL],
        beoordelingen=evidence[SOORT_BEOORDELING],
    )
