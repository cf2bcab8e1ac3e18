"""Checks that evidence is whole: every delivery, every leaf, up to the signed root."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from corvus_broker.effecten import SOORT_BESLISREGEL, SOORT_LEVERING
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.merkle import HASH_BYTES, Tree
from corvus_schemas.wire.staat import Beslisregel

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
    """One batch: leaves give the signed root, each beslisregel is one of them."""
    leaves = leaves_of(batch)
    assert Tree(leaves).root == batch.wortel
    signed = parse_attestatie(batch.attestatie)
    assert signed.grootte == len(leaves)
    found = register.broker_key(signed.sleutel_id)
    assert found is not None
    regels = []
    for blad in batch.beslisregels:
        attestatie = parse_attestatie(blad.attestatie)
        attestatie.verify(found[0], SOORT_BESLISREGEL, blad.inhoud)
        assert attestatie.index == blad.index
        assert attestatie.leaf(SOORT_BESLISREGEL, blad.inhoud) == leaves[blad.index]
        assert attestatie.root(SOORT_BESLISREGEL, blad.inhoud) == batch.wortel
        assert attestatie.handtekening == signed.handtekening
        regels.append(Beslisregel.decode(blad.inhoud))
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
    assert seen.total() + len(regels) == leaves.total(), "no leaf without its bytes"
    assert not seen - leaves
    return regels
