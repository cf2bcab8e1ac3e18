"""The laws of disclosure, for any table, message and recipient."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from routing_model import (
    CATALOGUS,
    PARTIJEN,
    Kenmerken,
    Question,
    Rule,
    compiled,
    deny_rules,
    kenmerken_strategy,
    numbered,
    questions,
    tables,
)

from corvus_routing.beslissing import Beslissing, Soort
from corvus_routing.projection import project

law = settings(max_examples=50, deadline=None)


def decide(rules: list[Rule], question: Question, kenmerken: Kenmerken) -> Beslissing:
    return compiled(rules).decide(*question, kenmerken)


def with_soort(beslissing: Beslissing, soort: Soort) -> set[str]:
    return {n for n, u in beslissing.uitkomsten.items() if u.soort is soort}


def allowed(beslissing: Beslissing) -> set[str]:
    return with_soort(beslissing, Soort.TOEGESTAAN)


@law
@given(tables, questions, kenmerken_strategy)
def test_without_an_allow_rule_of_its_own_no_rubriek_goes(
    rules: list[Rule], question: Question, kenmerken: Kenmerken
) -> None:
    beslissing = decide(rules, question, kenmerken)
    named = {
        rule["rubriek"]
        for rule in rules
        if rule["besluit"] == "ja"
        and (rule["berichttype"], rule["van"], rule["naar"]) == question[:3]
    }
    assert allowed(beslissing) <= named
    assert with_soort(beslissing, Soort.AANGEHOUDEN) <= named


@law
@given(tables, questions, kenmerken_strategy, st.data())
def test_removing_an_allow_rule_never_adds_a_rubriek(
    rules: list[Rule], question: Question, kenmerken: Kenmerken, data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from([r for r in rules if r["besluit"] == "ja"]))
    fewer = [rule for rule in rules if rule is not gone]
    assert allowed(decide(fewer, question, kenmerken)) <= allowed(
        decide(rules, question, kenmerken)
    )


@law
@given(tables, deny_rules(), questions, kenmerken_strategy)
def test_adding_a_deny_rule_never_adds_a_rubriek(
    rules: list[Rule], extra: Rule, question: Question, kenmerken: Kenmerken
) -> None:
    assert allowed(decide(numbered([*rules, extra]), question, kenmerken)) <= allowed(
        decide(rules, question, kenmerken)
    )


@law
@given(tables, questions, kenmerken_strategy, st.data())
def test_declaring_less_never_adds_a_rubriek(
    rules: list[Rule], question: Question, kenmerken: Kenmerken, data: st.DataObject
) -> None:
    tabel = compiled(rules)
    kept = data.draw(st.sets(st.sampled_from(sorted(kenmerken)))) if kenmerken else ()
    fewer = {naam: kenmerken[naam] for naam in kept}
    assert allowed(tabel.decide(*question, fewer)) <= allowed(
        tabel.decide(*question, kenmerken)
    )


@law
@given(tables, questions, kenmerken_strategy, st.sampled_from([3, "onzin", ()]))
def test_a_value_a_kenmerk_cannot_have_is_as_good_as_none(
    rules: list[Rule], question: Question, kenmerken: Kenmerken, wrong: object
) -> None:
    tabel = compiled(rules)
    scalars = ("hg_label", "opsporingsbelang", "geheim_adres", "afstemmingsmoment")
    kept = {naam: v for naam, v in kenmerken.items() if naam not in scalars}
    damaged = {**kept, **dict.fromkeys(scalars, wrong)}
    assert tabel.decide(*question, damaged) == tabel.decide(  # type: ignore[arg-type]  # the point of the test
        *question, kept
    )


@law
@given(tables, questions, kenmerken_strategy)
def test_a_denial_of_everything_beats_every_allow_rule(
    rules: list[Rule], question: Question, kenmerken: Kenmerken
) -> None:
    stop: Rule = {
        **rules[0],
        "rubriek": "*",
        "naar": "*",
        "van": "*",
        "berichttype": question[0],
        "besluit": "nee",
        "voorwaarde": "true",
        "status": "concept",
        "geldig_van": "2025-01-01",
        "geldig_tot": None,
        "regio": "*",
        **dict.fromkeys(("hold", "modaliteit", "bewaartermijn")),
    }
    beslissing = decide(numbered([*rules, stop]), question, kenmerken)
    assert not allowed(beslissing)
    assert not with_soort(beslissing, Soort.AANGEHOUDEN)
    assert not beslissing.doelen
    assert beslissing.bewaartermijn is None


@law
@given(tables, tables, questions, kenmerken_strategy)
def test_the_intersection_of_two_tables_allows_what_both_allow_and_no_more(
    older: list[Rule], newer: list[Rule], question: Question, kenmerken: Kenmerken
) -> None:
    one = decide(older, question, kenmerken)
    two = decide(newer, question, kenmerken)
    both = one.doorsnede(two)
    assert allowed(both) == allowed(one) & allowed(two)
    held = with_soort(both, Soort.AANGEHOUDEN)
    refused = with_soort(one, Soort.GEWEIGERD) | with_soort(two, Soort.GEWEIGERD)
    assert with_soort(both, Soort.GEWEIGERD) == refused
    assert held == both.uitkomsten.keys() - allowed(both) - refused
    assert both.doelen <= one.doelen & two.doelen
    swapped = two.doorsnede(one)
    assert allowed(swapped) == allowed(both)
    assert with_soort(swapped, Soort.AANGEHOUDEN) == held
    assert (swapped.doelen, swapped.moet, swapped.bewaartermijn) == (
        both.doelen,
        both.moet,
        both.bewaartermijn,
    )


@law
@given(tables, questions, kenmerken_strategy, st.sampled_from(["AFSTEMMING", "X"]))
def test_a_doel_no_firing_rule_has_lets_nothing_go(
    rules: list[Rule], question: Question, kenmerken: Kenmerken, doel: str
) -> None:
    beslissing = decide(rules, question, kenmerken)
    narrowed = beslissing.for_doel(doel)
    if doel in beslissing.doelen:
        assert narrowed == beslissing
    else:
        assert not allowed(narrowed)
        held = with_soort(narrowed, Soort.AANGEHOUDEN)
        assert held <= with_soort(beslissing, Soort.AANGEHOUDEN)
        assert not held or doel in beslissing.doelen_aangehouden


@law
@given(
    tables,
    st.sampled_from(PARTIJEN),
    kenmerken_strategy,
    st.tuples(*[st.sampled_from([1, 2, 4, 8])] * 3),
    st.tuples(st.integers(0, 2**150), st.integers(0, 2**150), st.booleans()),
)
def test_what_leaves_is_granted_and_filled_and_allowed_and_nothing_else(
    rules: list[Rule],
    naar: str,
    kenmerken: Kenmerken,
    buckets: tuple[int, ...],
    sent: tuple[int, int, bool],
) -> None:
    question = ("bekendheidscheck", "POL", naar, "VT01")
    beslissing = decide(rules, question, kenmerken)
    posities = CATALOGUS.berichttypen["bekendheidscheck"].posities(buckets)
    granted, filled, with_verwijzing = sent
    projectie = project(
        granted, filled, beslissing, posities, with_verwijzing=with_verwijzing
    )
    goes, held, refused = set(), set(), set()
    for bit, positie in enumerate(posities):
        soort = beslissing.uitkomsten[positie.rubriek.naam].soort
        assert bool(beslissing.mask(posities) >> bit & 1) == (soort is Soort.TOEGESTAAN)
        assert bool(beslissing.hold_mask(posities) >> bit & 1) == (
            soort is Soort.AANGEHOUDEN
        )
        if not (granted >> bit & 1 and filled >> bit & 1):
            continue
        if soort is Soort.TOEGESTAAN:
            goes.add(bit)
        elif soort is Soort.AANGEHOUDEN:
            held.add(bit)
        else:
            refused.add(bit)
    alone = {b for b in refused if posities[b].rubriek.naam == "verwijzing"}
    if with_verwijzing and goes:
        goes, refused = goes | alone, refused - alone
    assert projectie.mask == sum(1 << bit for bit in goes)
    assert projectie.aangehouden == sum(1 << bit for bit in held)
    assert projectie.geweigerd == sum(1 << bit for bit in refused)
    assert all(
        beslissing.uitkomsten[posities[bit].rubriek.naam].regel_ids
        for bit in (goes | held) - alone
    )
    assert projectie.is_empty == (not goes)
