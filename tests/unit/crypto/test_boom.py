"""The growing tree against published values and implementations that are not ours."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

import pytest
from pymerkle import InmemoryTree  # type: ignore[import-untyped]  # it ships no types

from corvus_crypto.boom import (
    LEGE_WORTEL,
    Rand,
    Tegelboom,
    consistency_path,
    inclusion_path,
    is_consistent,
    partial_width,
    root_of,
)
from corvus_crypto.merkle import Tree, leaf_hash, root_from_path
from corvus_schemas.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE: Final = Path(__file__).parents[2] / "vectors" / "published" / "tlog.json"


class Inclusion(TypedDict):
    Index: int
    Size: int
    Path: list[str]


class Consistency(TypedDict):
    Old: int
    Size: int
    Path: list[str]


class Vectors(TypedDict):
    Roots: dict[str, str]
    Inclusions: list[Inclusion]
    Consistency: list[Consistency]
    Note: str
    NoteKey: str
    Cosigned: str
    CosignerKey: str
    CosignedTime: int


@cache
def vectors() -> Vectors:
    found: Vectors = json.loads(FILE.read_text("utf-8"))
    return found


def leaf(index: int) -> bytes:
    return leaf_hash(index.to_bytes(8, "big"))


@cache
def grown() -> tuple[dict[tuple[int, int], bytes], dict[int, bytes]]:
    """Tiles of 70 000 leaves, and the root at every size of the vectors."""
    rand, tiles, roots = Rand(), dict[tuple[int, int], bytes](), dict[int, bytes]()
    for size in sorted(int(text) for text in vectors()["Roots"]):
        tiles |= rand.append(leaf(at) for at in range(rand.grootte, size))
        roots[size] = rand.wortel
    return tiles, roots


def boom() -> Tegelboom:
    tiles, _ = grown()
    return Tegelboom(lambda level, number: tiles[level, number])


def _decode(path: list[str]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(step) for step in path)


def test_roots_are_those_of_go() -> None:
    # SPEC 19-2
    _, roots = grown()
    told = {int(size): base64.b64decode(r) for size, r in vectors()["Roots"].items()}
    assert len(told) > 40
    assert max(told) == 70_000
    assert roots == told
    assert {size: root_of(boom(), size) for size in told} == told


def test_inclusion_paths_are_those_of_go() -> None:
    # SPEC 19-2
    _, roots = grown()
    cases = vectors()["Inclusions"]
    assert len(cases) > 100
    for case in cases:
        index, size, path = case["Index"], case["Size"], _decode(case["Path"])
        assert inclusion_path(boom(), index, size) == path
        assert root_from_path(leaf(index), index, size, path) == roots[size]


def test_consistency_paths_are_those_of_go() -> None:
    # SPEC 19-2
    _, roots = grown()
    cases = vectors()["Consistency"]
    assert len(cases) > 100
    for case in cases:
        old, size, path = case["Old"], case["Size"], _decode(case["Path"])
        assert consistency_path(boom(), old, size) == path
        assert is_consistent(old, root_of(boom(), old), size, roots[size], path)


def test_pymerkle_agrees_on_every_root_to_130_and_on_its_proofs() -> None:
    # SPEC 19-2
    other, rand = InmemoryTree(algorithm="sha256"), Rand()
    for size in range(1, 131):
        other.append_entry((size - 1).to_bytes(8, "big"))
        rand.append([leaf(size - 1)])
        assert other.get_root(size) == rand.wortel
        old = size // 2 + 1
        path = consistency_path(boom(), old, size)
        assert is_consistent(old, other.get_root(old), size, rand.wortel, path)


def test_tiles_are_as_wide_as_the_example_of_the_specification() -> None:
    # SPEC 19-4
    tiles, _ = grown()
    widths = {
        level: [
            len(data) // 32 for (lvl, _), data in sorted(tiles.items()) if lvl == level
        ]
        for level in range(3)
    }
    assert widths[0] == [256] * 273 + [112]
    assert widths[1] == [256, 17]
    assert widths[2] == [1]
    assert [partial_width(level, 70_000) for level in range(3)] == [112, 17, 1]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 513, 65_536])
def test_a_tree_goes_on_from_its_right_edge(size: int) -> None:
    tiles, _ = grown()
    whole = Rand()
    whole.append(leaf(at) for at in range(size))
    again = Rand(size, dict(_edge(tiles, size)))
    assert again.wortel == whole.wortel
    assert whole.append([leaf(size)]) == again.append([leaf(size)])
    assert again.wortel == whole.wortel == root_of(boom(), size + 1)


def _edge(
    tiles: dict[tuple[int, int], bytes], size: int
) -> Iterator[tuple[int, bytes]]:
    for level in range(3):
        width = partial_width(level, size)
        if width:
            yield level, tiles[level, size >> 8 * (level + 1)][: width * 32]


def test_an_edge_that_does_not_fit_is_refused() -> None:
    with pytest.raises(IntegrityError, match=r"auditlog\.beschadigd"):
        Rand(3, {0: bytes(64)})
    with pytest.raises(IntegrityError, match=r"auditlog\.beschadigd"):
        root_of(Tegelboom(lambda *_: b""), 3)


def test_an_empty_tree_and_the_tree_of_one_batch_agree() -> None:
    assert Rand().wortel == LEGE_WORTEL == Tree([]).root
