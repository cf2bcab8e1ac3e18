"""Merkle trees of RFC 9162 (section 2.1): root, inclusion paths, strict verification.

A verifier checks ``index < size`` and the exact path length; one that does not accepts
proofs for leaves that are not there.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH_BYTES: Final = 32
LEAF: Final = b"\x00"
NODE: Final = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(NODE + left + right).digest()


class Tree:
    """A tree over leaf hashes, built once: the root and every inclusion path.

    An odd node at the end of a level moves up unchanged, which gives exactly the
    left-full trees of the RFC.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels: list[list[bytes]] = [list(leaves)]
        while len(self._levels[-1]) > 1:
            level = self._levels[-1]
            pairs = zip(level[::2], level[1::2], strict=False)
            above = [
                hashlib.sha256(NODE + left + right).digest() for left, right in pairs
            ]
            if len(level) % 2:
                above.append(level[-1])
            self._levels.append(above)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """Root hash; of no leaves it is SHA-256 of nothing."""
        return self._levels[-1][0] if self.size else hashlib.sha256(b"").digest()

    def path(self, index: int) -> tuple[bytes, ...]:
        """Inclusion path of a leaf, from the bottom up."""
        path: list[bytes] = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index //= 2
        return tuple(path)

    def paths(self) -> list[bytes]:
        """Inclusion path of every leaf, joined: its sibling, then its parent's path."""
        paths = [b""] if self.size else []
        for level in reversed(self._levels[:-1]):
            last = len(level) - 1
            paths = [
                level[at ^ 1] + paths[at // 2] if at ^ 1 <= last else paths[at // 2]
                for at in range(len(level))
            ]
        return paths


def path_length(index: int, size: int) -> int:
    """Exact length of the inclusion path of a leaf; 0 when there is no such leaf."""
    length = 0
    last = size - 1 if 0 <= index < size else 0
    while last:
        if index ^ 1 <= last:
            length += 1
        index //= 2
        last //= 2
    return length


def root_from_path(
    leaf: bytes, index: int, size: int, path: Sequence[bytes]
) -> bytes | None:
    """Compute the root that a path leads to; None when it cannot belong to the tree."""
    if not 0 <= index < size:
        return None
    steps, last, node = iter(path), size - 1, leaf
    for step in steps:
        while index == last and not index % 2:  # an odd node at the end moves up
            if not last:
                return None  # more steps than the tree has levels
            index, last = index // 2, last // 2
        pair = step + node if index % 2 else node + step
        node = hashlib.sha256(NODE + pair).digest()
        index, last = index // 2, last // 2
    return node if not last else None
