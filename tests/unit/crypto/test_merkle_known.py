"""Known answers of RFC 6962 / 9162 trees, and paths that must be refused (SPEC 8)."""

from __future__ import annotations

import pytest

from corvus_crypto.merkle import Tree, leaf_hash, path_length, root_from_path

LEAVES = [
    leaf_hash(bytes.fromhex(text))
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_well_known_tree(size: int) -> None:
    # SPEC 8-3
    assert Tree(LEAVES[:size]).root.hex() == ROOTS[size]


@pytest.mark.parametrize("place", PATHS)
def test_inclusion_paths_of_the_well_known_tree(place: tuple[int, int]) -> None:
    # SPEC 8-3
    index, size = place
    path = Tree(LEAVES[:size]).path(index)
    assert [step.hex() for step in path] == PATHS[place]
    root = root_from_path(LEAVES[index], index, size, path)
    assert root is not None
    assert root.hex() == ROOTS[size]


def test_every_path_of_every_small_tree_leads_to_its_root_and_no_other_does() -> None:
    # SPEC 8-4
    for size in range(1, 9):
        tree = Tree(LEAVES[:size])
        for index in range(size):
            path = tree.path(index)
            assert len(path) == path_length(index, size)
            for at in range(9):
                for claimed in range(10):
                    root = root_from_path(LEAVES[index], at, claimed, path)
                    if (at, claimed) == (index, size):
                        assert root == tree.root
                    elif root == tree.root:
                        # Only a size with the same shape of path can end there, and
                        # the size is signed with the root.
                        assert claimed != size


@pytest.mark.parametrize(
    ("index", "size", "steps"), [(1, 1, 0), (8, 8, 3), (0, 8, 2), (0, 8, 4), (-1, 8, 3)]
)
def test_an_impossible_path_leads_nowhere(index: int, size: int, steps: int) -> None:
    # SPEC 8-4
    assert root_from_path(LEAVES[0], index, size, [bytes(32)] * steps) is None


@pytest.mark.parametrize("size", [0, -1])
def test_the_length_of_a_path_in_an_empty_tree_is_zero(size: int) -> None:
    assert path_length(0, size) == 0
    assert root_from_path(LEAVES[0], 0, size, []) is None
