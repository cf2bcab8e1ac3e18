"""The converter's translation of conditions keeps their meaning."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from types import ModuleType

PLACE = Path(__file__).resolve().parents[3] / "tools" / "domain_conditions.py"
NAMES = ("aap", "noot", "mies")


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("domain_conditions", PLACE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


CONDITIONS = load()


def truth(expression: str) -> list[bool]:
    """Truth table of an expression in the words of Python (and of the source)."""
    code = compile(expression, "condition", "eval")
    rows = itertools.product((False, True), repeat=len(NAMES))
    return [bool(eval(code, {}, dict(zip(NAMES, row, strict=True)))) for row in rows]


def python(cel: str) -> str:
    spaced = cel.replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    return spaced.strip()


conditions = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(("and", "or")), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        inner.map(lambda text: f"not {text}"),
        st.tuples(inner, inner).map(" or ".join).map(lambda text: f"({text})"),
    ),
    max_leaves=8,
)


@given(conditions)
def test_a_translated_condition_means_the_same(text: str) -> None:
    assert truth(python(CONDITIONS.show(CONDITIONS.parse(text)))) == truth(text)


@given(st.lists(conditions, min_size=1, max_size=4))
def test_joined_conditions_mean_all_or_any_of_them(texts: list[str]) -> None:
    parsed = [CONDITIONS.parse(text) for text in texts]
    for join, word in ((CONDITIONS.all_of, " and "), (CONDITIONS.any_of, " or ")):
        whole = word.join(f"({text})" for text in texts)
        assert truth(python(CONDITIONS.show(join(parsed)))) == truth(whole)


@pytest.mark.parametrize(
    ("source", "cel"),
    [
        ("true", "true"),
        ("a and b or not c", "(a && b) || !c"),
        ("(a or b) and x in lijst", "(a || b) && x in lijst"),
        ("not x == 'Q'", "!(x == 'Q')"),
        ("ontvanger != 'POL' and not (a or b)", "ontvanger != 'POL' && !(a || b)"),
    ],
)
def test_conditions_read_like_this(source: str, cel: str) -> None:
    assert CONDITIONS.show(CONDITIONS.parse(source)) == cel


@pytest.mark.parametrize("text", ["a b", "a and", "(a", "a ++ b", "a or or b"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        CONDITIONS.parse(text)


def test_true_says_nothing_in_a_conjunction_and_all_in_a_disjunction() -> None:
    true, other = CONDITIONS.TRUE, CONDITIONS.parse("aap")
    assert CONDITIONS.show(CONDITIONS.all_of([true, other, other])) == "aap"
    assert CONDITIONS.show(CONDITIONS.all_of([true])) == "true"
    assert CONDITIONS.any_of([other, true]) == true
