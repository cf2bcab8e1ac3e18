"""What a sealed message gives away by its layout: nothing."""

from __future__ import annotations

import secrets
from collections import Counter

from corvus_adapters.sdk.verzegelen import _shuffled


def test_columns_are_shuffled_so_that_an_index_says_nothing() -> None:
    # SPEC 6-1
    firsts = Counter(_shuffled(4, secrets.token_bytes)[0] for _ in range(2000))
    assert set(firsts) == {0, 1, 2, 3}
    assert all(350 < count < 650 for count in firsts.values())


def test_every_column_is_there_once() -> None:
    assert sorted(_shuffled(32, secrets.token_bytes)) == list(range(32))
