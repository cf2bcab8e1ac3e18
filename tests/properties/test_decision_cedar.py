"""A third opinion: the same rules in Cedar, decided by Cedar's own evaluator.

Every rule translates. Cedar knows no unknown, so each condition becomes two: when it
is true, and when it is false; a kenmerk that the context does not have is neither. A
hold is a second action: would it be allowed if the hold were lifted?
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

import cedarpy
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st
from routing_model import (
    CATALOGUS,
    OP,
    STATUSSEN,
    TECHNISCH,
    Kenmerken,
    Outcome,
    Question,
    Rule,
    brute_force,
    compiled,
    kenmerken_strategy,
    questions,
    rubrieken_of,
    tables,
)

from corvus_adapters.installatie.aanmaken import concept_tabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_routing.beslissing import Beslissing
    from corvus_routing.compileer import GecompileerdeTabel

Both: TypeAlias = "tuple[str, str]"
"""When a condition is true and when it is false, in Cedar."""

_TOKENS: Final = re.compile(r"&&|\|\||==|!=|!|\(|\)|'[^']*'|\w+")


# ------------------------------------------------------------------- conditions


def translate(text: str, lifted: str | None) -> Both:
    """Translate a condition; a kenmerk that is lifted counts as false."""
    tokens = _TOKENS.findall(text)
    both = _or(tokens, lifted)
    assert not tokens, tokens
    return both


def _or(tokens: list[str], lifted: str | None) -> Both:
    parts = [_and(tokens, lifted)]
    while tokens[:1] == ["||"]:
        del tokens[0]
        parts.append(_and(tokens, lifted))
    return _join([w for w, _ in parts], "||"), _join([f for _, f in parts], "&&")


def _and(tokens: list[str], lifted: str | None) -> Both:
    parts = [_atom(tokens, lifted)]
    while tokens[:1] == ["&&"]:
        del tokens[0]
        parts.append(_atom(tokens, lifted))
    return _join([w for w, _ in parts], "&&"), _join([f for _, f in parts], "||")


def _join(parts: list[str], sign: str) -> str:
    return "(" + f" {sign} ".join(parts) + ")"


def _atom(tokens: list[str], lifted: str | None) -> Both:
    token = tokens.pop(0)
    if token == "!":
        true, false = _atom(tokens, lifted)
        return false, true
    if token == "(":
        both = _or(tokens, lifted)
        assert tokens.pop(0) == ")"
        return both
    if token in {"true", "false"}:
        return ("true", "false") if token == "true" else ("false", "true")
    if tokens[:1] and tokens[0] in {"==", "!=", "in"}:
        return _comparison(token, tokens.pop(0), tokens.pop(0))
    if token == lifted:
        return "false", "true"
    known = _known(token)
    return f"({known} && context.{token})", f"({known} && !context.{token})"


def _comparison(left: str, sign: str, right: str) -> Both:
    known = " && ".join(_known(s) for s in (left, right) if not s.startswith("'"))
    one, other = (
        json.dumps(s.strip("'")) if s.startswith("'") else f"context.{s}"
        for s in (left, right)
    )
    test = f"{other}.contains({one})" if sign == "in" else f"{one} == {other}"
    true, false = f"({known} && {test})", f"({known} && !({test}))"
    return (false, true) if sign == "!=" else (true, false)


def _known(naam: str) -> str:
    return f"context has {naam}"


# ------------------------------------------------------------------- rules


def policy(rule: Rule) -> list[str]:
    """One rule as policies: a denial, or a permission and perhaps a hold."""
    when = " && ".join([*_place(rule), "true"])
    voorwaarde, hold = str(rule["voorwaarde"]), rule["hold"]
    if rule["besluit"] == "nee":
        _, false = translate(voorwaarde, None)
        return [f"forbid(principal, action, resource) when {{ {when} && !{false} }};"]
    true, _ = translate(voorwaarde, None)
    made = [_permit("verstrek", when, true)]
    if hold is not None:
        made.append(_permit("houd", when, translate(voorwaarde, hold)[0]))
    return made


def _permit(action: str, when: str, true: str) -> str:
    head = f'principal, action == Action::"{action}", resource'
    return f"permit({head}) when {{ {when} && {true} }};"


def _place(rule: Rule) -> list[str]:
    parts = [f"context.rubriek like {json.dumps(rule['rubriek'])}"]
    parts += [
        f"context.{field} == {json.dumps(rule[key])}"
        for field, key in (
            ("berichttype", "berichttype"),
            ("verstrekker", "van"),
            ("ontvanger", "naar"),
            ("regio", "regio"),
        )
        if rule[key] != "*"
    ]
    if rule["naar"] == "*":
        parts.append('context.ontvanger != "BROKER"')
    if rule["berichttype"] == "*":
        parts.append(f"!{json.dumps(sorted(TECHNISCH))}.contains(context.berichttype)")
    return parts


def in_force(rule: Rule) -> bool:
    van, tot = str(rule["geldig_van"]), rule["geldig_tot"]
    today = OP.isoformat()
    return rule["status"] in STATUSSEN and van <= today and (tot is None or today < tot)


class Cedar:
    """A table as a set of policies."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        texts: list[str] = []
        self._regels: list[str] = []
        for rule in filter(in_force, rules):
            made = policy(rule)
            texts += made
            self._regels += [str(rule["regel"])] * len(made)
        self._policies = "\n".join(texts)

    def decide(self, question: Question, kenmerken: Kenmerken) -> dict[str, Outcome]:
        berichttype, van, naar, regio = question
        context = {
            **{k: list(v) if isinstance(v, tuple) else v for k, v in kenmerken.items()},
            "berichttype": berichttype,
            "verstrekker": van,
            "ontvanger": naar,
            "regio": regio,
        }
        names = rubrieken_of(berichttype)
        asked = [
            {
                "principal": f'Organisatie::"{naar}"',
                "action": f'Action::"{action}"',
                "resource": 'Rubriek::"cel"',
                "context": {**context, "rubriek": naam},
            }
            for naam in names
            for action in ("verstrek", "houd")
        ]
        if not self._policies:
            return dict.fromkeys([*names, "verwijzing"], ("geweigerd", [], "standaard"))
        found = cedarpy.is_authorized_batch(asked, self._policies, [])
        outcome: dict[str, Outcome] = {"verwijzing": ("geweigerd", [], "standaard")}
        for number, naam in enumerate(names):
            outcome[naam] = self._weigh(*found[2 * number : 2 * number + 2])
        return outcome

    def _weigh(
        self, verstrek: cedarpy.AuthzResult, houd: cedarpy.AuthzResult
    ) -> Outcome:
        assert not verstrek.diagnostics.errors, verstrek.diagnostics.errors
        if verstrek.allowed:
            return "toegestaan", self._ids(verstrek), None
        if verstrek.diagnostics.reasons:
            return "geweigerd", self._ids(verstrek), "verboden"
        if houd.allowed:
            return "aangehouden", self._ids(houd), "aangehouden"
        return "geweigerd", [], "standaard"

    def _ids(self, result: cedarpy.AuthzResult) -> list[str]:
        numbers = [
            int(one.removeprefix("policy")) for one in result.diagnostics.reasons
        ]
        return sorted({self._regels[number] for number in numbers})


# ------------------------------------------------------------------- the test


def as_model(beslissing: Beslissing) -> dict[str, Outcome]:
    return {
        rubriek: (
            uitkomst.soort.value,
            sorted(uitkomst.regel_ids),
            uitkomst.reden.value if uitkomst.reden else None,
        )
        for rubriek, uitkomst in beslissing.uitkomsten.items()
    }


@settings(max_examples=40, deadline=None)
@given(tables, st.lists(st.tuples(questions, kenmerken_strategy), min_size=1))
def test_three_evaluators_agree_on_drawn_tables(
    rules: list[Rule], asked: list[tuple[Question, Kenmerken]]
) -> None:
    tabel, cedar = compiled(rules), Cedar(rules)
    for question, kenmerken in asked:
        expected = brute_force(rules, question, kenmerken)
        for soort, _, _ in expected.values():
            event(soort)
        assert cedar.decide(question, kenmerken) == expected
        assert as_model(tabel.decide(*question, kenmerken)) == expected


@cache
def concept() -> tuple[list[Rule], GecompileerdeTabel]:
    rules: list[Rule] = [
        {"hold": None, **rule} for rule in yaml.safe_load(concept_tabel())["regels"]
    ]
    return rules, compiled(rules)


@cache
def concept_cedar(berichttype: str) -> Cedar:
    return Cedar([r for r in concept()[0] if r["berichttype"] in {"*", berichttype}])


@st.composite
def concept_questions(draw: st.DrawFn) -> tuple[Question, dict[str, object]]:
    """A question that some rule speaks about, and any of the kenmerken it may use."""
    rules, tabel = concept()
    rule = draw(st.sampled_from([r for r in rules if r["besluit"] == "ja"]))
    berichttype, van, naar = (str(rule[key]) for key in ("berichttype", "van", "naar"))
    kenmerken: dict[str, object] = {}
    for naam in sorted(tabel.used_kenmerken(berichttype)):
        kenmerk = CATALOGUS.kenmerken[naam]
        if naam in {"ontvanger", "verstrekker"} or draw(st.integers(0, 5)) == 0:
            continue
        codes = sorted(kenmerk.codelijst.codes) if kenmerk.codelijst else []
        kenmerken[naam] = draw(
            {
                "bool": st.booleans(),
                "enum": st.sampled_from(codes or [""]),
                "lijst": st.lists(st.sampled_from(codes or [""]), unique=True).map(
                    lambda found: tuple(sorted(found))
                ),
            }[kenmerk.soort]
        )
    return (berichttype, van, naar, "*"), kenmerken


@settings(max_examples=60, deadline=None)
@given(concept_questions())
def test_three_evaluators_agree_on_the_concept(
    asked: tuple[Question, Kenmerken],
) -> None:
    question, kenmerken = asked
    rules, tabel = concept()
    expected = brute_force(rules, question, kenmerken)
    for soort, _, reden in expected.values():
        event(f"{soort} {reden}")
    assert concept_cedar(question[0]).decide(question, kenmerken) == expected
    assert as_model(tabel.decide(*question, kenmerken)) == expected


def test_a_wrong_translation_would_be_seen() -> None:
    rules, _ = concept()
    rule = next(r for r in rules if r["besluit"] == "ja" and r["voorwaarde"] == "true")
    question = (str(rule["berichttype"]), str(rule["van"]), str(rule["naar"]), "*")
    right = Cedar([rule]).decide(question, {})
    wrong = Cedar([{**rule, "voorwaarde": "false"}]).decide(question, {})
    assert right == brute_force([rule], question, {})
    assert right != wrong
