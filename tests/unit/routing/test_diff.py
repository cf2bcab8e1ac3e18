"""What diff says of two tables is what a model of them says, for every question."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from routing_model import (
    CATALOGUS,
    DRAWN,
    OP,
    PARTIJEN,
    STATUSSEN,
    TYPEN,
    Rule,
    allow_rules,
    brute_force,
    deny_rules,
    kenmerken_strategy,
    numbered,
    payload,
    tables,
)

from corvus_routing.diff import Verandering, Vergelijking, compare
from corvus_routing.diff_stand import stand_of
from corvus_routing.tabel import tabel_from_payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing_model import Kenmerken, Outcome

    from corvus_routing.json_value import JsonValue

DOELEN = ("AFSTEMMING", "HULPVERLENING", "TECHNISCH")
REGIOS = ("VT01", "VT02", "VT03")
OTHERS = tuple(itertools.product(DRAWN, PARTIJEN))


def compared(oud: list[Rule], nieuw: list[Rule]) -> Vergelijking:
    standen = [
        stand_of(
            tabel_from_payload(payload(rules), CATALOGUS), CATALOGUS, OP, STATUSSEN
        )
        for rules in (oud, nieuw)
    ]
    return compare(standen[0], standen[1], CATALOGUS)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[Rule], list[Rule]]:
    """Draw a table and a version of it with rules gone, changed and added.

    Nearly all of it is between two parties, so that the rules meet.
    """
    oud = [_between(rule, draw(st.integers(0, 5))) for rule in draw(tables)]
    kept = [rule for rule in oud if draw(st.integers(0, 5))]
    changed = [
        {**rule, "voorwaarde": draw(allow_rules())["voorwaarde"]}
        if not draw(st.integers(0, 4))
        else rule
        for rule in kept
    ]
    new = draw(st.lists(st.one_of(allow_rules(), deny_rules()), max_size=3))
    extra = [
        {**_between(rule, 1), "regel": f"N{rule['regel']}"} for rule in numbered(new)
    ]
    return oud, changed + extra


def _between(rule: Rule, keep: int) -> Rule:
    if rule["besluit"] == "nee" or not keep:
        return rule
    return {**rule, "van": "POL", "naar": "VT"}


def model(outcome: dict[str, Outcome], rules: list[Rule], doel: str) -> dict[str, str]:
    """Narrow what the model decided to a doel, by the words of the documents."""
    doelen = {str(rule["regel"]): rule["doel"] for rule in rules}

    def opened(soort: str) -> set[str | None]:
        return {
            doelen[regel]
            for was, regels, _ in outcome.values()
            for regel in regels
            if was == soort
        }

    goes = doel in opened("toegestaan")
    holds = goes or doel in opened("aangehouden")
    return {
        rubriek: soort
        if (soort == "toegestaan" and goes) or (soort == "aangehouden" and holds)
        else "geweigerd"
        for rubriek, (soort, _, _) in outcome.items()
    }


def matches(terms: list[JsonValue], kenmerken: Kenmerken, doel: str) -> bool:
    """Read the JSON form of a condition, with nothing of the code that made it."""

    def demand(eis: JsonValue) -> bool:
        assert isinstance(eis, dict)
        values = cast("list[JsonValue]", eis["waarden"])
        name = str(eis["kenmerk"])
        found: object = doel if name == "kop.doel" else kenmerken.get(name)
        if isinstance(found, tuple):
            members = cast("list[str]", eis["van"])
            found = [member for member in members if member in found]
        return found in values

    return any(all(map(demand, cast("list[JsonValue]", term))) for term in terms)


CHANGES: dict[Verandering, Callable[[str, str], bool]] = {
    Verandering.ZICHTBAAR: lambda was, now: now == "toegestaan" != was,
    Verandering.NIET_MEER_ZICHTBAAR: lambda was, now: was == "toegestaan" != now,
    Verandering.AANGEHOUDEN: lambda was, now: now == "aangehouden" != was,
    Verandering.NIET_MEER_AANGEHOUDEN: lambda was, now: was == "aangehouden" != now,
}


@settings(max_examples=100, deadline=None)
@given(
    pairs(),
    st.lists(kenmerken_strategy, min_size=4, max_size=6),
    st.sampled_from(REGIOS),
    st.sampled_from([("bekendheidscheck", "VT")] * 6 + [*OTHERS]),
)
def test_every_difference_is_named_and_no_other(
    pair: tuple[list[Rule], list[Rule]],
    assignments: list[Kenmerken],
    regio: str,
    asked: tuple[str, str],
) -> None:
    vergelijking = compared(*pair)
    assert vergelijking.is_exact
    named = {str(rule["regio"]) for stand in pair for rule in stand if in_force(rule)}
    spoken = regio if regio in named else "overige"
    berichttype, naar = asked
    here = [
        said
        for een in vergelijking.verschillen
        if een.plaats == (berichttype, "POL", naar)
        and (not een.regios or spoken in een.regios)
        for said in [een.to_dict()]
    ]
    for kenmerken, doel in itertools.product(assignments, DOELEN):
        was, now = (
            model(
                brute_force(rules, (berichttype, "POL", naar, regio), kenmerken),
                rules,
                doel,
            )
            for rules in pair
        )
        expected = {
            (rubriek, change.value)
            for rubriek in TYPEN[berichttype]
            for change, holds in CHANGES.items()
            if holds(was[rubriek], now[rubriek])
        }
        found = {
            (str(een["rubriek"]), str(een["verandering"]))
            for een in here
            if doel in cast("list[str]", een["doelen"])
            and matches(cast("list[JsonValue]", een["termen"]), kenmerken, doel)
        }
        assert found == expected


def in_force(rule: Rule) -> bool:
    tot = rule["geldig_tot"]
    return (
        rule["status"] in STATUSSEN
        and str(rule["geldig_van"]) <= OP.isoformat()
        and (tot is None or OP.isoformat() < tot)
    )


def rule(regel: str, **fields: str | None) -> Rule:
    return {
        "regel": regel,
        "berichttype": "bekendheidscheck",
        "rubriek": "vraag",
        "van": "VT",
        "naar": "POL",
        "besluit": "ja",
        "voorwaarde": "true",
        "hold": None,
        "grondslag": "G_TEST",
        "doel": "AFSTEMMING",
        "modaliteit": "kan",
        "bewaartermijn": "P7D",
        "status": "concept",
        "geldig_van": "2025-01-01",
        "geldig_tot": None,
        "regio": "*",
        "bron": "",
        "opmerking": "",
        **fields,
    }


def sentences(oud: list[Rule], nieuw: list[Rule]) -> list[JsonValue]:
    said = compared(oud, nieuw).to_dict()["samenvatting"]
    assert isinstance(said, list)
    return said


def test_a_condition_is_said_in_words() -> None:
    oud = [rule("R0001", voorwaarde="hg_label && kind_betrokken")]
    nieuw = [rule("R0001", voorwaarde="hg_label || kind_betrokken")]
    assert sentences(oud, nieuw) == [
        (
            "1 rubriek becomes visible to POL when (hg_label is ja and kind_betrokken is"
            " not ja) or (hg_label is not ja and kind_betrokken is ja) (bekendheidscheck)"
        )
    ]


def test_a_list_is_said_by_what_it_has_and_lacks() -> None:
    nieuw = [rule("R0001", voorwaarde="'OM' in genodigden && !('VT' in genodigden)")]
    assert sentences([], nieuw) == [
        (
            "1 rubriek becomes visible to POL when genodigden has OM, lacks VT"
            " (bekendheidscheck)"
        )
    ]


def test_rubrieken_with_the_same_condition_make_one_sentence() -> None:
    nieuw = [
        rule("R0001", voorwaarde="hg_label"),
        rule("R0002", voorwaarde="hg_label && true", rubriek="betrokkenen[kind].bsn"),
    ]
    assert sentences([], nieuw) == [
        "2 rubrieken become visible to POL when hg_label is ja (bekendheidscheck)"
    ]
    assert sentences(nieuw, []) == [
        "2 rubrieken are no longer visible to POL when hg_label is ja (bekendheidscheck)"
    ]


def test_what_comes_under_a_second_doel_is_seen() -> None:
    oud = [rule("R0001")]
    nieuw = [rule("R0001"), rule("R0002", doel="HULPVERLENING")]
    assert sentences(oud, nieuw) == [
        (
            "1 rubriek becomes visible to POL when kop.doel is HULPVERLENING"
            " (bekendheidscheck)"
        )
    ]


def test_a_region_of_its_own_is_named() -> None:
    oud = [rule("R0001", voorwaarde="hg_label")]
    nieuw = [*oud, rule("R0002", regio="VT18")]
    assert sentences(oud, nieuw) == [
        (
            "1 rubriek becomes visible to POL when hg_label is not ja in VT18"
            " (bekendheidscheck)"
        )
    ]


def test_a_denial_where_only_another_region_allows_makes_no_difference() -> None:
    oud = [rule("R0001", regio="VT18")]
    denial = {"besluit": "nee", "modaliteit": None, "bewaartermijn": None}
    nieuw = [*oud, rule("R0002", regio="VT01", **denial)]
    vergelijking = compared(oud, nieuw)
    assert vergelijking.verschillen == ()
    assert [een.gevolg for een in vergelijking.regels] == [False]


def test_rules_that_change_nothing_for_anyone_are_told_apart() -> None:
    oud = [rule("R0001"), rule("R0002", voorwaarde="hg_label"), rule("R0003")]
    nieuw = [
        rule("R0001", bewaartermijn="P30D"),
        rule("R0004", rubriek="betrokkenen[kind].bsn"),
        rule("R0003"),
    ]
    found = {
        een.regel: (een.wijze, een.velden, een.gevolg)
        for een in compared(oud, nieuw).regels
    }
    assert found == {
        "R0001": ("gewijzigd", ("bewaartermijn",), False),
        "R0002": ("weggehaald", (), False),
        "R0004": ("toegevoegd", (), True),
    }


def test_a_group_with_too_many_combinations_is_named_and_not_compared() -> None:
    bools = sorted(
        naam for naam, kenmerk in CATALOGUS.kenmerken.items() if kenmerk.soort == "bool"
    )[:12]
    nieuw = [rule("R0001", voorwaarde=" && ".join(bools))]
    vergelijking = compared([], nieuw)
    assert not vergelijking.is_exact
    assert vergelijking.niet_vergeleken == (("bekendheidscheck", "VT", "POL"),)
    assert [een.gevolg for een in vergelijking.regels] == [True]


def test_a_candidate_of_next_year_is_taken_on_its_first_day() -> None:
    tabel = tabel_from_payload(payload([rule("R0001")]), CATALOGUS)
    later = replace(tabel, geldig_van=date(2027, 1, 1))
    ended = replace(tabel, geldig_tot=date(2026, 1, 1))
    assert stand_of(later, CATALOGUS, OP).op == date(2027, 1, 1)
    assert stand_of(ended, CATALOGUS, OP).op == date(2025, 12, 31)
    assert stand_of(tabel, CATALOGUS, OP).op == OP
