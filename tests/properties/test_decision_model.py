"""A compiled table decides as the same rules weighed one by one."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st
from routing_model import (
    Kenmerken,
    Question,
    Rule,
    brute_force,
    compiled,
    kenmerken_strategy,
    questions,
    tables,
)

from corvus_routing.beslissing import Beslissing, Soort


def as_model(beslissing: Beslissing) -> dict[str, tuple[str, list[str], str | None]]:
    return {
        rubriek: (
            uitkomst.soort.value,
            sorted(uitkomst.regel_ids),
            uitkomst.reden.value if uitkomst.reden else None,
        )
        for rubriek, uitkomst in beslissing.uitkomsten.items()
    }


@settings(max_examples=80, deadline=None)
@given(tables, st.lists(st.tuples(questions, kenmerken_strategy), min_size=1))
def test_a_compiled_table_decides_as_its_rules_weighed_one_by_one(
    rules: list[Rule], asked: list[tuple[Question, Kenmerken]]
) -> None:
    # Several questions to one table: what it remembers must not leak between them.
    tabel = compiled(rules)
    for question, kenmerken in asked:
        expected = brute_force(rules, question, kenmerken)
        beslissing = tabel.decide(*question, kenmerken)
        for soort, _, _ in expected.values():
            event(soort)
        assert as_model(beslissing) == expected
        assert tabel.decide(*question, kenmerken) is beslissing


@settings(max_examples=40, deadline=None)
@given(tables, questions, kenmerken_strategy)
def test_doelen_moet_and_bewaartermijn_are_those_of_the_rules_that_fire(
    rules: list[Rule], question: Question, kenmerken: Kenmerken
) -> None:
    outcome = brute_force(rules, question, kenmerken)
    by_id = {str(rule["regel"]): rule for rule in rules}
    fired = {
        regel_id
        for soort, ids, _ in outcome.values()
        if soort == "toegestaan"
        for regel_id in ids
    }
    terms = {by_id[regel_id]["bewaartermijn"] for regel_id in fired}
    beslissing = compiled(rules).decide(*question, kenmerken)
    assert beslissing.doelen == {by_id[regel_id]["doel"] for regel_id in fired}
    assert beslissing.moet == any(
        by_id[regel_id]["modaliteit"] == "moet" for regel_id in fired
    )
    longest = [klasse for klasse in ("P5Y", "P30D", "P7D") if klasse in terms]
    assert beslissing.bewaartermijn == (longest[0] if longest else None)


@settings(max_examples=40, deadline=None)
@given(tables, questions, kenmerken_strategy)
def test_a_kenmerk_that_is_not_used_changes_nothing_that_goes_out(
    rules: list[Rule], question: Question, kenmerken: Kenmerken
) -> None:
    tabel = compiled(rules)
    used = tabel.used_kenmerken(question[0])
    needed = {naam: kenmerken[naam] for naam in kenmerken if naam in used}
    soorten = [
        {naam: u.soort for naam, u in tabel.decide(*question, given).uitkomsten.items()}
        for given in (kenmerken, needed)
    ]
    assert soorten[0] == soorten[1]


@settings(max_examples=40, deadline=None)
@given(tables, questions, kenmerken_strategy)
def test_only_recipients_that_the_table_names_can_get_anything(
    rules: list[Rule], question: Question, kenmerken: Kenmerken
) -> None:
    tabel = compiled(rules)
    berichttype, van, naar, _ = question
    soorten = {
        uitkomst.soort
        for uitkomst in tabel.decide(*question, kenmerken).uitkomsten.values()
    }
    if soorten - {Soort.GEWEIGERD}:
        assert naar in tabel.ontvanger_types(berichttype, van)
