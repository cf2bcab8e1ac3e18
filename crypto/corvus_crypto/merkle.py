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


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree over leaf hashes, built once: the root and every inclusion path.

    An odd node at the end of a level moves up unchanged, which gives exactly the
    left-full trees of the RFC.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels: list[list[bytes]] = [list(leaves)]
        while len(self._levels[-1]) > 1:
            level = self._levels[-1]
            above = [
                node_hash(level[at], level[at + 1])
                for at in range(0, len(level) - 1, 2)
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

    def paths(self) -> list[tuple[bytes, ...]]:
        """Inclusion path of every leaf: its sibling, then the path of its parent."""
        paths: list[tuple[bytes, ...]] = [()] if self.size else []
        for level in reversed(self._levels[:-1]):
            last = len(level) - 1
            paths = [
                (level[at ^ 1], *paths[at // 2]) if at ^ 1 <= last else paths[at // 2]
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
    if not 0 <= index < size or len(path) != path_length(index, size):
        return None
    steps = iter(path)
    last = size - 1
    node = leaf
    while last:
        if index % 2:
            node = node_hash(next(steps), node)
        elif index < last:
            node = node_hash(node, next(steps))
        index //= 2
        last //= 2
    return node
