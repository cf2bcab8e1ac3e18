"""Checks that evidence is whole: every delivery, every leaf, up to the signed root."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from corvus_broker.effecten import (
    SOORT_BEOORDELING,
    SOORT_BESLISREGEL,
    SOORT_LEVERING,
)
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.merkle import HASH_BYTES, Tree
from corvus_schemas.wire.staat import Beoordeling, Beslisregel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corvus_broker.register import Registerversie
    from corvus_schemas.wire.bericht import Geattesteerd
    from corvus_schemas.wire.staat import Auditbatch


def leaves_of(batch: Auditbatch) -> list[bytes]:
    data = batch.bladeren
    assert len(data) % HASH_BYTES == 0
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def check_batch(batch: Auditbatch, register: Registerversie) -> list[Beslisregel]:
    """One batch: leaves give the signed root, each evidence record is one of them."""
    leaves = leaves_of(batch)
    assert Tree(leaves).root == batch.wortel
    signed = parse_attestatie(batch.attestatie)
    assert signed.grootte == len(leaves)
    found = register.broker_key(signed.sleutel_id)
    assert found is not None
    for soort, bladeren in (
        (SOORT_BESLISREGEL, batch.beslisregels),
        (SOORT_BEOORDELING, batch.beoordelingen),
    ):
        for blad in bladeren:
            attestatie = parse_attestatie(blad.attestatie)
            attestatie.verify(found[0], soort, blad.inhoud)
            assert attestatie.index == blad.index
            assert attestatie.leaf(soort, blad.inhoud) == leaves[blad.index]
            assert attestatie.root(soort, blad.inhoud) == batch.wortel
            assert attestatie.handtekening == signed.handtekening
    regels = [Beslisregel.decode(blad.inhoud) for blad in batch.beslisregels]
    asked = Counter(
        (vraag.bericht_id, vraag.offset, one.oin)
        for blad in batch.beoordelingen
        for vraag in [Beoordeling.decode(blad.inhoud)]
        for one in vraag.ontvangers
    )
    told = Counter((one.bericht_id, one.offset, one.ontvanger) for one in regels)
    assert asked == told, "every decision has its inputs, and the reverse"
    return regels


def check_evidence(
    batches: Sequence[Auditbatch],
    outgoing: Iterable[Geattesteerd],
    register: Registerversie,
) -> list[Beslisregel]:
    """Everything that went out is a leaf; every levering has exactly one beslisregel."""
    regels = [regel for batch in batches for regel in check_batch(batch, register)]
    leaves = Counter(leaf for batch in batches for leaf in leaves_of(batch))
    roots = {batch.wortel for batch in batches}
    told = Counter(regel.levering for regel in regels if regel.levering is not None)
    delivered: Counter[bytes] = Counter()
    seen: Counter[bytes] = Counter()
    for one in outgoing:
        attestatie = parse_attestatie(one.attestatie)
        leaf = attestatie.leaf(one.soort, one.inhoud)
        seen[leaf] += 1
        assert attestatie.root(one.soort, one.inhoud) in roots
        if one.soort == SOORT_LEVERING:
            delivered[hashlib.sha256(one.inhoud).digest()] += 1
    assert told == delivered
    inputs = sum(len(batch.beoordelingen) for batch in batches)
    known = seen.total() + len(regels) + inputs
    assert known == leaves.total(), "no leaf without its bytes"
    assert not seen - leaves
    return regels
