"""An independent checker: what the topics of an installation say against each other.

It takes the records as they stand in the log and the broker's public keys, and shares
nothing with the broker but the wire schemas and the primitives that verify. Each
finding is a sentence; a log that holds what was promised gives none:

* every record submitted has exactly one outcome: a receipt, a dead letter or parked;
* every accepted message has exactly the leveringen that its receipt promises;
* nothing goes twice, and the order of a zaak holds at every recipient;
* all that went out is a leaf of a batch that the broker signed, every leaf has its
  bytes, and every beslisregel has the inputs of its decision.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from checker_books import POST, Books, Message, Where, label_of, name_of, sort_log

from corvus_crypto.attestatie import Attestatie, parse_attestatie
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.merkle import HASH_BYTES, Tree
from corvus_schemas.errors import InboundError
from corvus_schemas.wire.bericht import (
    Leveringsbericht,
)
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Terugmelding
from corvus_schemas.wire.staat import (
    Auditbatch,
    Beoordeling,
    Beslisregel,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from checker_log import Row

    from corvus_crypto.signing import VerifyKey

_ACCEPTED = "GEACCEPTEERD"
_OUTCOMES = frozenset({_ACCEPTED, "AFGEWEZEN", "VERLOPEN"})
_HELD = "AANGEHOUDEN"


def check(
    rows: Sequence[Row],
    key_of: Callable[[bytes], VerifyKey | None],
    *,
    appended: Collection[bytes] = (),
) -> list[str]:
    """Give what is wrong; ``appended`` are values whose append was acknowledged."""
    books = sort_log(rows)
    return [
        *books.findings,
        *(
            "an inzending whose append was acknowledged is not in the log"
            for value in set(appended)
            if value not in books.values
        ),
        *_times(rows),
        *_outcomes(books),
        *_deliveries(books),
        *_order(books),
        *_receipts_passed_on(books),
        *_batches(books, key_of),
        *_evidence(books),
        *_state(books),
    ]


# -- outcomes --------------------------------------------------------------------------


def _times(rows: Sequence[Row]) -> list[str]:
    last: dict[tuple[str, int], int] = {}
    found = []
    for row in rows:
        place = (row.topic, row.partition)
        if row.offset <= last.get(place, -1):
            found.append(f"{name_of(row)} stands out of order")
        last[place] = row.offset
    return found


def _broker_receipts(books: Books) -> defaultdict[Message, list[Ontvangstbewijs]]:
    found: defaultdict[Message, list[Ontvangstbewijs]] = defaultdict(list)
    for row, one in books.sent("bewijs"):
        bewijs = Ontvangstbewijs.decode(one.inhoud)
        found[bewijs.verstrekker, bewijs.bericht_id, bewijs.manifest].append(bewijs)
        if not row.topic.startswith(f"{POST}{bewijs.verstrekker}."):
            books.findings.append(f"{name_of(row)} is a receipt to somebody else")
    return found


def _outcomes(books: Books) -> list[str]:
    found: list[str] = []
    receipts = _broker_receipts(books)
    parked = Counter((one.partitie, one.offset) for one in books.parked)
    found += [f"parked twice: {at}" for at, count in parked.items() if count > 1]
    found += [f"parked out of nothing: {at}" for at in parked if at not in books.places]
    found += [f"no dead letter for {at}" for at in books.unreadable if at not in parked]
    for message, places in books.messages.items():
        held = any(one.status == _HELD for one in receipts[message])
        told = [one for one in receipts[message] if one.status in _OUTCOMES]
        aside = sum(place in parked for place in places)
        if len(told) < len(places) - aside:
            found.append(f"{label_of(message)} has no outcome for every attempt")
        if len(told) > len(places) - aside and not held:
            found.append(f"{label_of(message)} has more outcomes than attempts")
        accepted = {one.encode() for one in told if one.status == _ACCEPTED}
        if len(accepted) > 1 and not held:
            found.append(f"{label_of(message)} was accepted twice")
    found += [
        f"a receipt for {label_of(message)}, which nobody submitted"
        for message in receipts
        if message not in books.messages
    ]
    return found


# -- leveringen ------------------------------------------------------------------------


def _leveringen(books: Books) -> list[tuple[Row, bytes, Leveringsbericht]]:
    return [
        (row, hashlib.sha256(one.inhoud).digest(), Leveringsbericht.decode(one.inhoud))
        for row, one in books.sent("levering")
    ]


def _deliveries(books: Books) -> list[str]:
    """What went is what the receipts promise: nothing less, more, else or twice."""
    found: list[str] = []
    promised: set[tuple[str, bytes]] = set()
    held: set[bytes] = set()
    for message, receipts in _broker_receipts(books).items():
        for bewijs in receipts:
            promised |= {
                (one.ontvanger, one.levering)
                for one in bewijs.verstrekkingen
                if one.levering is not None
            }
            if bewijs.status == _HELD:
                held.add(message[2])
    went: Counter[tuple[str, bytes]] = Counter()
    whole: Counter[tuple[str, bytes]] = Counter()
    for row, digest, levering in _leveringen(books):
        oin = row.topic.removeprefix(POST).split(".")[0]
        went[oin, digest] += 1
        manifest = parse_manifest(levering.manifest).digest
        if manifest not in held:
            whole[oin, manifest] += 1
        if (oin, digest) not in promised:
            found.append(f"{name_of(row)} is a levering that no receipt promises")
    found += [f"levering twice to {key[0]}" for key, n in went.items() if n > 1]
    found += [f"message twice to {key[0]}" for key, n in whole.items() if n > 1]
    found += [f"levering missing at {key[0]}" for key in promised if key not in went]
    return found


def _order(books: Books) -> list[str]:
    """In each topic, what is of one zaak comes as it was submitted."""
    parked = {(one.partitie, one.offset) for one in books.parked}
    first: dict[bytes, Where] = {}
    for (_, _, manifest), places in books.messages.items():
        handled = [place for place in places if place not in parked]
        if handled:
            first[manifest] = min(handled)
    per_zaak: defaultdict[tuple[str, bytes], list[Where]] = defaultdict(list)
    found: list[str] = []
    for row, _, levering in _leveringen(books):
        place = first.get(parse_manifest(levering.manifest).digest)
        if place is None:
            found.append(f"{name_of(row)} is of a message that nobody submitted")
            continue
        places = per_zaak[row.topic, levering.zaak]
        if places and places[-1][0] != place[0]:
            found.append(f"{name_of(row)}: one zaak in two partitions")
        if places and place < places[-1]:
            found.append(f"{name_of(row)} comes before what was submitted earlier")
        places.append(place)
    return found


def _receipts_passed_on(books: Books) -> list[str]:
    """What recipients sign reaches the sender: once, and not out of nowhere."""
    sent = [
        Terugmelding.decode(one.inhoud).bewijs for _, one in books.sent("terugmelding")
    ]
    # Of messages from before the part of the log that is read, the receipts may be too.
    ids = {message[1] for message in books.messages}
    passed = Counter(
        one for one in sent if Ontvangstbewijs.decode(one).bericht_id in ids
    )
    aside = {(one.partitie, one.offset) for one in books.parked}
    first: dict[tuple[str, bytes, bytes | None], bytes] = {}
    for where, value in sorted(books.receipts_in.items()):
        if where not in aside:
            bewijs = Ontvangstbewijs.decode(value)
            key = (bewijs.uitsteller, bewijs.bericht_id, bewijs.levering)
            first.setdefault(key, value)
    submitted = set(books.receipts_in.values())
    return [
        *("a recipient's receipt twice" for count in passed.values() if count > 1),
        *("a receipt nobody signed" for one in passed if one not in submitted),
        *("a recipient's receipt lost" for one in first.values() if one not in passed),
    ]


# -- evidence --------------------------------------------------------------------------


def _leaves(batch: Auditbatch) -> list[bytes]:
    data = batch.bladeren
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _batches(books: Books, key_of: Callable[[bytes], VerifyKey | None]) -> list[str]:
    """Every batch is signed over all its leaves, and batches do not overlap."""
    found: list[str] = []
    for row, batch in books.audit:
        leaves = _leaves(batch)
        signed = parse_attestatie(batch.attestatie)
        if Tree(leaves).root != batch.wortel or signed.grootte != len(leaves):
            found.append(f"{name_of(row)}: its leaves do not give its root")
        if not _is_signed(signed, key_of, batch.wortel):
            found.append(f"{name_of(row)} was not signed by the broker")
        for soort, bladeren in (
            ("beslisregel", batch.beslisregels),
            ("beoordeling", batch.beoordelingen),
        ):
            for blad in bladeren:
                own = parse_attestatie(blad.attestatie)
                if leaves[blad.index : blad.index + 1] != [
                    own.leaf(soort, blad.inhoud)
                ]:
                    found.append(f"{name_of(row)}: evidence {blad.index} is no leaf")
    spans: defaultdict[int, list[Where]] = defaultdict(list)
    for _, batch in books.audit:
        spans[batch.partitie].append((batch.eerste, batch.laatste))
    for partitie, batches in spans.items():
        # In the order of the audit topic, which is the order of the commits.
        if any(right[0] <= left[1] for left, right in pairwise(batches)):
            found.append(f"batches of partition {partitie} overlap or stand askew")
    return found


def _is_signed(
    signed: Attestatie, key_of: Callable[[bytes], VerifyKey | None], root: bytes
) -> bool:
    key = key_of(signed.sleutel_id)
    if key is None:
        return False
    try:
        signed.verify_root(key, root)
    except InboundError:
        return False
    return True


def _evidence(books: Books) -> list[str]:
    """Leaves and bytes cover each other; decisions, inputs and leveringen do too."""
    found: list[str] = []
    leaves = Counter(leaf for _, batch in books.audit for leaf in _leaves(batch))
    roots = {batch.wortel for _, batch in books.audit}
    known: Counter[bytes] = Counter()
    for row, one in books.post:
        attestatie = parse_attestatie(one.attestatie)
        known[attestatie.leaf(one.soort, one.inhoud)] += 1
        if attestatie.root(one.soort, one.inhoud) not in roots:
            found.append(f"{name_of(row)} is in no batch of the audit topic")
    regels: list[Beslisregel] = []
    asked: Counter[tuple[bytes, Where, str]] = Counter()
    for _, batch in books.audit:
        for blad in (*batch.beslisregels, *batch.beoordelingen):
            known[_leaves(batch)[blad.index]] += 1
        regels += [Beslisregel.decode(blad.inhoud) for blad in batch.beslisregels]
        for blad in batch.beoordelingen:
            vraag = Beoordeling.decode(blad.inhoud)
            place = (vraag.partitie, vraag.offset)
            asked.update((vraag.bericht_id, place, one.oin) for one in vraag.ontvangers)
    told = Counter(
        (one.bericht_id, (one.partitie, one.offset), one.ontvanger) for one in regels
    )
    found += ["a beslisregel without its beoordeling" for _ in told - asked]
    found += ["a beoordeling without its beslisregel" for _ in asked - told]
    found += ["a leaf of a signed batch whose bytes are gone" for _ in leaves - known]
    found += ["something that went is no leaf of a batch" for _ in known - leaves]
    backed = Counter((one.ontvanger, one.levering) for one in regels if one.levering)
    went = Counter(
        (row.topic.removeprefix(POST).split(".")[0], digest)
        for row, digest, _ in _leveringen(books)
    )
    found += [f"a levering to {oin} without beslisregel" for oin, _ in went - backed]
    found += [f"a beslisregel of no levering to {oin}" for oin, _ in backed - went]
    return found


def _state(books: Books) -> list[str]:
    """What the router would know after a takeover is what it told the senders."""
    found: list[str] = []
    known = {(one.verstrekker, one.bericht_id): one for one in books.state.values()}
    for message, receipts in _broker_receipts(books).items():
        accepted = [one for one in receipts if one.status == _ACCEPTED]
        if not accepted or any(one.status == _HELD for one in receipts):
            continue
        state = known.get(message[:2])
        if state is None or state.manifest != message[2]:
            found.append(f"{label_of(message)} is not in the state")
            continue
        promised = Counter(
            (one.ontvanger, one.levering)
            for one in accepted[0].verstrekkingen
            if one.levering
        )
        if Counter((one.oin, one.levering) for one in state.ontvangers) != promised:
            found.append(f"{label_of(message)} has other recipients in the state")
    return found
