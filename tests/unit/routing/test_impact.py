"""Headers of the past, decided with two tables: counted as a model counts them."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_model import (
    CATALOGUS,
    Kenmerken,
    Question,
    Rule,
    brute_force,
    compiled,
    kenmerken_strategy,
    questions,
    tables,
)

from corvus_routing.impact import impact, parse_koppen
from corvus_schemas.errors import SchemaError


def line(question: Question, kenmerken: Kenmerken) -> str:
    berichttype, van, naar, regio = question
    return json.dumps(
        {
            "berichttype": berichttype,
            "van": van,
            "naar": naar,
            "regio": regio,
            "kenmerken": dict(kenmerken),
        }
    )


@settings(max_examples=50, deadline=None)
@given(
    tables,
    tables,
    st.lists(st.tuples(questions, kenmerken_strategy), min_size=1, max_size=8),
)
def test_headers_are_counted_as_the_model_counts_them(
    oud: list[Rule], nieuw: list[Rule], headers: list[tuple[Question, Kenmerken]]
) -> None:
    koppen = parse_koppen((line(*header) for header in headers), CATALOGUS)
    gevolg = impact(compiled(oud), compiled(nieuw), koppen)
    counted: Counter[tuple[str, ...]] = Counter()
    different = 0
    for question, kenmerken in headers:
        was, now = (brute_force(rules, question, kenmerken) for rules in (oud, nieuw))
        changed = [
            (*question[:3], rubriek, was[rubriek][0], now[rubriek][0])
            for rubriek in was
            if was[rubriek][0] != now[rubriek][0]
        ]
        different += bool(changed)
        counted.update(changed)
    assert (gevolg.koppen, gevolg.anders) == (len(headers), different)
    assert {
        (
            een.berichttype,
            een.van,
            een.naar,
            een.rubriek,
            een.was,
            een.wordt,
        ): een.aantal
        for een in gevolg.wijzigingen
    } == dict(counted)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "no JSON"),
        ("[" * 50_000, "no JSON"),
        ("[]", "not an object"),
        ('{"berichttype": "politiemelding", "van": "POL"}', "naar is not text"),
        ('{"berichttype": "x", "van": "POL", "naar": "VT"}', "no such berichttype"),
        (
            '{"berichttype": "politiemelding", "van": "POL", "naar": "PTT"}',
            "naar is not an organisatietype",
        ),
        (
            '{"berichttype": "politiemelding", "van": "POL", "naar": "VT", "extra": 1}',
            "1 unknown field",
        ),
        (
            '{"berichttype": "politiemelding", "van": "POL", "naar": "VT", "regio": 1}',
            "regio or doel is not text",
        ),
        (
            (
                '{"berichttype": "politiemelding", "van": "POL", "naar": "VT",'
                ' "kenmerken": {"maan": true}}'
            ),
            "unknown kenmerk",
        ),
        (
            (
                '{"berichttype": "politiemelding", "van": "POL", "naar": "VT",'
                ' "kenmerken": {"hg_label": "ja"}}'
            ),
            "hg_label: true or false is expected",
        ),
        (
            (
                '{"berichttype": "politiemelding", "van": "POL", "naar": "VT",'
                ' "kenmerken": [1]}'
            ),
            "kenmerken is not an object",
        ),
        ('"' + "x" * 100_001 + '"', "too long"),
    ],
)
def test_a_line_that_is_no_header_is_named(text: str, reason: str) -> None:
    good = '{"berichttype": "politiemelding", "van": "POL", "naar": "VT"}'
    assert len(list(parse_koppen([good, ""], CATALOGUS))) == 1
    with pytest.raises(SchemaError, match=f"line 3 .*{reason}") as refused:
        list(parse_koppen([good, "", text], CATALOGUS))
    assert refused.value.code == "koppen.ongeldig"


def test_a_header_with_a_doel_is_decided_for_that_doel() -> None:
    common = {
        "berichttype": "correctie",
        "rubriek": "correctie",
        "van": "POL",
        "naar": "VT",
        "besluit": "ja",
        "voorwaarde": "true",
        "hold": None,
        "grondslag": "G_TEST",
        "modaliteit": "kan",
        "bewaartermijn": "P7D",
        "status": "concept",
        "geldig_van": "2025-01-01",
        "geldig_tot": None,
        "regio": "*",
        "bron": "",
        "opmerking": "",
    }
    oud: list[Rule] = [{**common, "regel": "R0001", "doel": "AFSTEMMING"}]
    nieuw: list[Rule] = [{**common, "regel": "R0001", "doel": "TECHNISCH"}]
    kop = {"berichttype": "correctie", "van": "POL", "naar": "VT"}
    with_doel = json.dumps({**kop, "doel": "AFSTEMMING"})
    lines = [json.dumps(kop), with_doel]
    gevolg = impact(compiled(oud), compiled(nieuw), parse_koppen(lines, CATALOGUS))
    assert (gevolg.koppen, gevolg.anders) == (2, 1)
