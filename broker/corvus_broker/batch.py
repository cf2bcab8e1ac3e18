"""A batch: the effects of many records, signed once, appended in one transaction.

Order within it: evidence, leveringen and receipts, parked records, changed state. The
tree of the batch has a leaf for everything that goes out and for every piece of
evidence; each carries its own path, so nothing has to arrive whole.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from corvus_broker.effecten import SOORT_BESLISREGEL, SOORT_LEVERING, Effecten
from corvus_broker.ports import Append
from corvus_broker.topics import AUDIT, GEPARKEERD, ZAAKSTAAT
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.staat import Auditbatch, Blad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.ports import Record
    from corvus_broker.staat import Partitiestaat
    from corvus_crypto.attestatie import Attestatie, Attesteerder, Reeks


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
    outgoing = [leaf for one in effecten for leaf in _outgoing(one)]
    appends: list[Append] = []
    if outgoing:
        tijd_ms = records[-1].timestamp_ms
        reeks = attesteerder.attest_digests(
            [(leaf.soort, leaf.digest) for leaf in outgoing], tijd_ms
        )
        audit = _audit(router_id, records, outgoing, reeks)
        appends.append(Append(AUDIT, 0, b"", audit.encode()))
        appends += [
            _attested(leaf, attestatie)
            for leaf, attestatie in zip(outgoing, reeks.attestaties, strict=True)
            if leaf.topic
        ]
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


def _outgoing(effecten: Effecten) -> list[_Uitgaand]:
    return [
        *(
            _Uitgaand(SOORT_BESLISREGEL, "", b"", one, hashlib.sha256(one).digest())
            for one in effecten.beslisregels
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


def _attested(leaf: _Uitgaand, attestatie: Attestatie) -> Append:
    value = Geattesteerd(
        soort=leaf.soort, inhoud=leaf.inhoud, attestatie=attestatie.encode()
    )
    return Append(leaf.topic, 0, leaf.key, value.encode())


def _audit(
    router_id: str,
    records: Sequence[Record],
    outgoing: Sequence[_Uitgaand],
    reeks: Reeks,
) -> Auditbatch:
    return Auditbatch(
        router=router_id,
        partitie=records[0].partition,
        eerste=records[0].offset,
        laatste=records[-1].offset,
        attestatie=reeks.attestaties[0].encode(),
        wortel=reeks.wortel,
        bladeren=b"".join(reeks.bladeren),
        beslisregels=[
            Blad(index, leaf.inhoud, attestatie.encode())
            for index, (leaf, attestatie) in enumerate(
                zip(outgoing, reeks.attestaties, strict=True)
            )
            if not leaf.topic
        ],
    )
