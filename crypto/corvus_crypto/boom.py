"""A Merkle tree that only grows, kept as tiles (RFC 9162, C2SP tlog-tiles; SPEC 19).

A tile holds up to 256 hashes of one level: level 0 the leaf hashes, level 1 the roots of
full tiles of level 0, and so on. What a proof needs are nodes of complete subtrees, and
each lies in one tile. So a tree of millions of leaves is never held in memory: ``Rand``
is its right edge, ``Tegelboom`` reads the rest from where it is kept.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol

from corvus_crypto.merkle import HASH_BYTES, node_hash
from corvus_schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

TEGEL_HOOGTE: Final = 8
TEGEL_BREEDTE: Final = 1 << TEGEL_HOOGTE
LEGE_WORTEL: Final = hashlib.sha256(b"").digest()


class Knopen(Protocol):
    """Where the nodes of a tree come from."""

    def knoop(self, hoogte: int, index: int) -> bytes:
        """Give the root of the complete subtree over 2**hoogte leaves, by its index."""
        ...


class Tegelboom:
    """Nodes out of tiles; ``lees`` gives a tile by level and number."""

    def __init__(self, lees: Callable[[int, int], bytes]) -> None:
        self._lees = lees

    def knoop(self, hoogte: int, index: int) -> bytes:
        """Give the root of a complete subtree.

        Raises:
            IntegrityError: ``auditlog.beschadigd``; the tile is not there or too narrow.
        """
        niveau, boven = divmod(hoogte, TEGEL_HOOGTE)
        nummer, plaats = divmod(index << boven, TEGEL_BREEDTE)
        begin, eind = plaats * HASH_BYTES, (plaats + (1 << boven)) * HASH_BYTES
        part = self._lees(niveau, nummer)[begin:eind]
        if len(part) != eind - begin:
            raise damaged(f"tile {nummer} of level {niveau} is not whole")
        return fold(part)


class Rand:
    """The right edge of a growing tree: of each level the tile that is not full yet."""

    def __init__(self, grootte: int = 0, tegels: Mapping[int, bytes] = {}) -> None:
        self.grootte = grootte
        self._tegels = [
            bytearray(tegels.get(niveau, b"")) for niveau in range(levels(grootte))
        ]
        for niveau, tegel in enumerate(self._tegels):
            if len(tegel) != partial_width(niveau, grootte) * HASH_BYTES:
                raise damaged(f"the last tile of level {niveau} does not fit the size")

    def append(self, bladeren: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
        """Add leaf hashes; give the tiles that changed, by level and number."""
        changed: dict[tuple[int, int], bytes] = {}
        touched: set[int] = set()
        for blad in bladeren:
            self._add(blad, changed, touched)
        for niveau in touched:
            if self._tegels[niveau]:
                nummer = self.grootte >> TEGEL_HOOGTE * (niveau + 1)
                changed[niveau, nummer] = bytes(self._tegels[niveau])
        return changed

    def _add(
        self, blad: bytes, changed: dict[tuple[int, int], bytes], touched: set[int]
    ) -> None:
        hash_, niveau = blad, 0
        while True:
            if niveau == len(self._tegels):
                self._tegels.append(bytearray())
            tegel = self._tegels[niveau]
            tegel += hash_
            touched.add(niveau)
            if len(tegel) < TEGEL_BREEDTE * HASH_BYTES:
                break
            full = bytes(tegel)
            changed[niveau, self.grootte >> TEGEL_HOOGTE * (niveau + 1)] = full
            tegel.clear()
            hash_, niveau = fold(full), niveau + 1
        self.grootte += 1

    @property
    def wortel(self) -> bytes:
        """Root of the tree as it is."""
        return root_of(Tegelboom(self._edge), self.grootte)

    def _edge(self, niveau: int, nummer: int) -> bytes:
        del nummer  # the complete subtrees of a whole tree lie at its edge
        return bytes(self._tegels[niveau])


def levels(grootte: int) -> int:
    """How many levels of tiles a tree of this size has."""
    count = 0
    while grootte:
        count, grootte = count + 1, grootte >> TEGEL_HOOGTE
    return count


def partial_width(niveau: int, grootte: int) -> int:
    """Hashes in the last tile of a level, when it is not full."""
    return (grootte >> TEGEL_HOOGTE * niveau) % TEGEL_BREEDTE


def fold(hashes: bytes) -> bytes:
    """Root over a power of two of hashes."""
    level = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def root_of(knopen: Knopen, grootte: int) -> bytes:
    """Root over the first ``grootte`` leaves."""
    return _over(knopen, 0, grootte) if grootte else LEGE_WORTEL


def inclusion_path(knopen: Knopen, index: int, grootte: int) -> tuple[bytes, ...]:
    """Path from a leaf to the root, from the bottom up (RFC 9162, 2.1.3)."""
    parts = []
    begin, end = 0, grootte
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((begin, middle))
            begin = middle
    return tuple(_over(knopen, *part) for part in reversed(parts))


def consistency_path(knopen: Knopen, oud: int, grootte: int) -> tuple[bytes, ...]:
    """Path that shows the first ``oud`` leaves unchanged (RFC 9162, 2.1.4)."""
    parts = []
    begin, end = 0, grootte
    while 0 < oud < end:
        middle = begin + _split(end - begin)
        if oud <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((begin, middle))
            begin = middle
    if begin:
        parts.append((begin, end))
    return tuple(_over(knopen, *part) for part in reversed(parts))


def is_consistent(
    oud: int, oude_wortel: bytes, nieuw: int, wortel: bytes, pad: Sequence[bytes]
) -> bool:
    """Tell whether a path shows that the new tree holds the old one unchanged."""
    if not 0 <= oud <= nieuw:
        return False
    if oud == nieuw:
        return not pad and oude_wortel == wortel
    if oud == 0:
        return not pad and oude_wortel == LEGE_WORTEL
    steps = list(pad)
    if oud & (oud - 1) == 0:
        # A complete subtree: its root is known, so the path leaves it out.
        steps.insert(0, oude_wortel)
    if not steps:
        return False
    return _walk(oud - 1, nieuw - 1, steps) == (oude_wortel, wortel)


def _walk(last_old: int, last: int, steps: list[bytes]) -> tuple[bytes, bytes] | None:
    """Compute both roots from one path (RFC 9162, 2.1.4.2); None if its length is off."""
    while last_old % 2:
        last_old, last = last_old >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if last_old % 2 or last_old == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while last_old and last_old % 2 == 0:
                last_old, last = last_old >> 1, last >> 1
        else:
            new = node_hash(new, step)
        last_old, last = last_old >> 1, last >> 1
    return (old, new) if last == 0 else None


def _over(knopen: Knopen, begin: int, end: int) -> bytes:
    """Root over a part of the leaves that is a subtree of the whole."""
    parts = []
    while begin < end:
        hoogte = (end - begin).bit_length() - 1
        if begin:
            hoogte = min(hoogte, (begin & -begin).bit_length() - 1)
        parts.append(knopen.knoop(hoogte, begin >> hoogte))
        begin += 1 << hoogte
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def _split(count: int) -> int:
    """Largest power of two below a count of at least two."""
    return 1 << (count - 1).bit_length() - 1


def damaged(what: str) -> IntegrityError:
    """Make the error for a tree that is not what was kept."""
    return IntegrityError(
        "auditlog.beschadigd",
        f"the kept tree is damaged: {what}",
        advice="Stop the audit log and rebuild its store from the topic (RUNBOOK).",
    )
