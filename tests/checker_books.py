"""The records of a log, sorted by what they are: what the checker compares."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from corvus_crypto.manifest import parse_manifest
from corvus_schemas.errors import CorvusError, InboundError
from corvus_schemas.wire.bericht import Geattesteerd, Inzending, Kop
from corvus_schemas.wire.bewijs import Terugmelding
from corvus_schemas.wire.staat import (
    Auditbatch,
    Berichtstaat,
    Geparkeerd,
    Heraanbieding,
    Uitvoering,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker_log import Row

SUBMITTED, AUDIT = "corvus.inzending", "corvus.audit"
PARKED, STATE = "corvus.geparkeerd", "corvus.zaakstaat"
POST = "corvus.levering."
Message: TypeAlias = tuple[str, bytes, bytes]
"""Sender, bericht_id, digest of the manifest: one attempt of one message."""
Where: TypeAlias = tuple[int, int]


@dataclass
class Books:
    """The log, sorted by what its records are; ``findings`` what does not read."""

    messages: defaultdict[Message, list[Where]] = field(
        default_factory=lambda: defaultdict(list)
    )
    receipts_in: dict[Where, bytes] = field(default_factory=dict)
    unreadable: set[Where] = field(default_factory=set)
    values: set[bytes] = field(default_factory=set)
    places: set[Where] = field(default_factory=set)
    parked: list[Geparkeerd] = field(default_factory=list)
    post: list[tuple[Row, Geattesteerd]] = field(default_factory=list)
    audit: list[tuple[Row, Auditbatch]] = field(default_factory=list)
    state: dict[bytes, Berichtstaat] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def sent(self, soort: str) -> list[tuple[Row, Geattesteerd]]:
        return [(row, one) for row, one in self.post if one.soort == soort]


def sort_log(rows: Sequence[Row]) -> Books:
    books = Books()
    for row in rows:
        try:
            _put(books, row, row.value or b"")
        except CorvusError as error:
            books.findings.append(f"{name_of(row)} does not read: {error.code}")
    return books


def _put(books: Books, row: Row, value: bytes) -> None:
    if row.topic == SUBMITTED:
        books.values.add(value)
        books.places.add((row.partition, row.offset))
        _put_submitted(books, (row.partition, row.offset), value)
    elif row.topic == PARKED:
        books.parked.append(Geparkeerd.decode(value))
    elif row.topic == AUDIT:
        books.audit.append((row, Auditbatch.decode(value)))
    elif row.topic.startswith(POST):
        books.post.append((row, Geattesteerd.decode(value)))
    elif row.topic == STATE and row.key[:1] == b"b" and value:
        books.state[row.key] = Berichtstaat.decode(value)


def _put_submitted(books: Books, where: Where, value: bytes) -> None:
    """Anybody may have written it: what does not read is to be a dead letter."""
    for kind in (Terugmelding, Uitvoering, Heraanbieding):
        try:
            found = kind.decode(value)
        except InboundError:
            continue
        if isinstance(found, Terugmelding):
            books.receipts_in[where] = found.bewijs
        elif isinstance(found, Heraanbieding):
            # The order stands for the message in it, at the place of the order.
            _put_submitted(books, where, found.inhoud)
        return
    try:
        manifest = parse_manifest(Inzending.decode(value).manifest)
        kop = Kop.decode(manifest.kop)
    except InboundError:
        books.unreadable.add(where)
        return
    books.messages[kop.verstrekker, kop.bericht_id, manifest.digest].append(where)


def name_of(row: Row) -> str:
    return f"{row.topic}/{row.partition}@{row.offset}"


def label_of(message: Message) -> str:
    return f"message {message[1].hex()[:8]} ({message[2].hex()[:8]})"
