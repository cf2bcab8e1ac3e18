"""Conditions in CEL mean what Kleene's logic says, and no text is too strange."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_model import (
    CATALOGUS,
    PARTIJEN,
    Kenmerken,
    conditions,
    kenmerken_strategy,
    read_condition,
)

from corvus_routing.tabel import parse_tabel
from corvus_routing.voorwaarde import Truth, parse_voorwaarde
from corvus_routing.woordenboek import woordenboek_of
from corvus_schemas.errors import RegisterError

DOMEINEN = woordenboek_of(CATALOGUS).domeinen
TRUTHS = {True: Truth.WAAR, False: Truth.ONWAAR, None: Truth.ONBEKEND}
scraps = st.lists(
    st.sampled_from(
        [
            "hg_label",
            "&&",
            "||",
            "!",
            "(",
            ")",
            "==",
            "!=",
            "in",
            "'POL'",
            "ontvanger",
            "genodigden",
            "true",
            "false",
            "'",
            "\\",
            '"',
            "size",
            ".",
            "[",
            "?",
            "1",
        ]
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(conditions, kenmerken_strategy, st.sampled_from([None, *PARTIJEN]))
def test_a_condition_means_what_kleene_says(
    text: str, kenmerken: Kenmerken, partij: str | None
) -> None:
    facts = dict(kenmerken)
    if partij:
        facts |= {"ontvanger": partij, "verstrekker": partij}
    voorwaarde = parse_voorwaarde(text, DOMEINEN)
    assert voorwaarde.evaluate(facts) is TRUTHS[read_condition(text)(facts)]


@settings(max_examples=600, deadline=None)
@given(st.one_of(scraps, st.text(max_size=60)), kenmerken_strategy)
def test_any_text_is_a_condition_that_agrees_with_kleene_or_is_refused(
    text: str, kenmerken: Kenmerken
) -> None:
    with contextlib.suppress(RegisterError):
        voorwaarde = parse_voorwaarde(text, DOMEINEN)
        expected = TRUTHS[read_condition(text)(kenmerken)]
        assert voorwaarde.evaluate(kenmerken) is expected


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.text("-:[]{}&*!|>'\"#, \nab1", max_size=60)))
def test_any_text_is_a_table_or_refused_by_one_family_of_errors(text: str) -> None:
    with pytest.raises(RegisterError):  # random text is never a whole table
        parse_tabel(text, CATALOGUS)
