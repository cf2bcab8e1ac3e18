"""The fast check of the form finds exactly what the JSON Schema finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from routing_model import Rule, allow_rules, deny_rules, payload

from corvus_routing.tabelvorm import Tabelvorm, load_schema

if TYPE_CHECKING:
    from corvus_routing.json_value import JsonValue

VALIDATOR = Draft202012Validator(load_schema())
VORM = Tabelvorm()
FIELDS = [*VORM.fields, "vreemd"]
VALUES: list[JsonValue] = [
    *(None, True, 1, [], {}, "", "*", "ja", "nee", "POL", "concept", "P7D", "moet"),
    *("x" * 501, "2025-01-01", "VT26", "G_X", "betrokkenen[kind].*", "kan", "R1"),
]
values = st.sampled_from(VALUES)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(allow_rules(), deny_rules()),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=3),
    st.sets(st.sampled_from(FIELDS), max_size=2),
)
def test_the_fast_check_agrees_with_the_schema(
    rule: Rule, changes: dict[str, JsonValue], missing: set[str]
) -> None:
    whole: dict[str, JsonValue] = {**rule, "regel": "R0001", **changes}
    damaged = {name: value for name, value in whole.items() if name not in missing}
    document = {**payload([]), "regels": [damaged]}
    assert (not list(VORM.problems(damaged))) is VALIDATOR.is_valid(document)


def test_the_schema_itself_is_sound() -> None:
    Draft202012Validator.check_schema(load_schema())
