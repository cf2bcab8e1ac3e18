"""Laws of inclusion and consistency: every size to 300, and random ones."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from corvus_crypto.boom import (
    LEGE_WORTEL,
    Rand,
    Tegelboom,
    consistency_path,
    inclusion_path,
    is_consistent,
    root_of,
)
from corvus_crypto.merkle import Tree, leaf_hash, root_from_path

MOST = 3000
ALL = 300


@cache
def leaves() -> list[bytes]:
    return [leaf_hash(b"%d" % at) for at in range(MOST)]


@cache
def boom() -> Tegelboom:
    tiles = Rand().append(leaves())
    return Tegelboom(lambda level, number: tiles[level, number])


@cache
def root(size: int) -> bytes:
    """By the tree of a batch: other code, the same tree."""
    return Tree(leaves()[:size]).root


def test_every_leaf_of_every_size_to_300_is_included() -> None:
    # SPEC 19-2
    for size in range(1, ALL + 1):
        paths = Tree(leaves()[:size]).paths()
        assert root_of(boom(), size) == root(size)
        for index in range(size):
            assert b"".join(inclusion_path(boom(), index, size)) == paths[index]


def test_every_two_sizes_to_300_are_consistent_and_with_no_other_root() -> None:
    # SPEC 19-2
    for size in range(ALL + 1):
        for old in range(size + 1):
            path = consistency_path(boom(), old, size)
            before = root(old) if old else LEGE_WORTEL
            assert is_consistent(old, before, size, root(size), path)
            assert not is_consistent(old, bytes(32), size, root(size), path)
            if old:
                assert not is_consistent(old, root(old), size, bytes(32), path)


sizes = st.integers(min_value=1, max_value=MOST)


@given(data=st.data(), size=sizes)
@settings(deadline=None)
def test_no_other_leaf_place_or_path_gives_the_root(
    data: st.DataObject, size: int
) -> None:
    # SPEC 19-2
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(boom(), index, size)
    leaf = leaves()[index]
    assert root_from_path(leaf, index, size, path) == root(size)
    other = data.draw(st.integers(0, size + 3))
    if other != index:
        assert root_from_path(leaf, other, size, path) != root(size)
    assert root_from_path(bytes(32), index, size, path) != root(size)
    for changed in _mutations(data, path):
        assert root_from_path(leaf, index, size, changed) != root(size)


@given(data=st.data(), size=sizes)
@settings(deadline=None)
def test_no_other_path_shows_consistency(data: st.DataObject, size: int) -> None:
    # SPEC 19-2
    old = data.draw(st.integers(1, size))
    path = consistency_path(boom(), old, size)
    assert is_consistent(old, root(old), size, root(size), path)
    for changed in _mutations(data, path):
        assert not is_consistent(old, root(old), size, root(size), changed)


@given(data=st.data(), size=st.integers(2, MOST))
@settings(deadline=None)
def test_a_tree_with_a_changed_leaf_is_not_consistent(
    data: st.DataObject, size: int
) -> None:
    old = data.draw(st.integers(1, size))
    at = data.draw(st.integers(0, old - 1))
    changed = [*leaves()[:size]]
    changed[at] = bytes(32)
    tiles = Rand().append(changed)
    other = Tegelboom(lambda level, number: tiles[level, number])
    path = consistency_path(other, old, size)
    assert not is_consistent(old, root(old), size, root_of(other, size), path)


@given(counts=st.lists(st.integers(0, 600), max_size=8))
@settings(deadline=None)
def test_a_tree_does_not_tell_in_what_steps_it_grew(counts: list[int]) -> None:
    # SPEC 19-3
    rand, tiles, size = Rand(), dict[tuple[int, int], bytes](), 0
    for count in counts:
        count_here = min(count, MOST - size)
        tiles |= rand.append(leaves()[size : size + count_here])
        size += count_here
    assert rand.grootte == size
    assert tiles == Rand().append(leaves()[:size])


def _mutations(data: st.DataObject, path: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    changed = [(*path, bytes(32)), (bytes(32), *path)]
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        changed += [
            path[:at] + path[at + 1 :],
            (*path[:at], bytes(32), *path[at + 1 :]),
        ]
    return changed
