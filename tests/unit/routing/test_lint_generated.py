"""Dead rules in generated tables: those that lint names are those a model finds."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from routing_model import (
    BOOLS,
    CATALOGUS,
    MOMENTEN,
    OP,
    PARTIJEN,
    STATUSSEN,
    Rule,
    brute_force,
    payload,
    tables,
)

from corvus_routing.lint import Soort, lint
from corvus_routing.tabel import tabel_from_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing_model import Kenmerken, Waarde

LISTS = ("genodigden", "te_informeren")
SUBSETS: list[Waarde] = [
    subset
    for size in range(len(PARTIJEN) + 1)
    for subset in itertools.combinations(PARTIJEN, size)
]
VALUES: dict[str, list[Waarde | None]] = {
    **{naam: [True, False, None] for naam in BOOLS},
    # Two codes that conditions name, one that none names, and not declared.
    "afstemmingsmoment": [*MOMENTEN, "nazorg", None],
    **{naam: [*SUBSETS, None] for naam in LISTS},
}


def every(names: set[str]) -> Iterator[Kenmerken]:
    order = sorted(names)
    for chosen in itertools.product(*(VALUES[naam] for naam in order)):
        yield {
            naam: waarde
            for naam, waarde in zip(order, chosen, strict=True)
            if waarde is not None
        }


def lives(rule: Rule, rules: list[Rule]) -> bool:
    """Whether some combination lets the rule let something go, or hold it."""
    question = tuple(
        str(rule[naam]) for naam in ("berichttype", "van", "naar", "regio")
    )
    near = [one for one in rules if one is rule or one["besluit"] == "nee"]
    words = {
        word for one in near for word in re.findall(r"\w+", str(one["voorwaarde"]))
    }
    berichttype, van, naar, regio = question
    return any(
        str(rule["regel"])
        in brute_force(near, (berichttype, van, naar, regio), kenmerken)[
            str(rule["rubriek"])
        ][1]
        for kenmerken in every(words & VALUES.keys())
    )


def in_force(rule: Rule) -> bool:
    van, tot = str(rule["geldig_van"]), rule["geldig_tot"]
    return (
        rule["status"] in STATUSSEN
        and van <= OP.isoformat()
        and (tot is None or OP.isoformat() < tot)
    )


def between_two(rules: list[Rule]) -> list[Rule]:
    """Let the allow rules meet, and let the denials stand in their way."""
    return [
        {**rule, "van": "POL", "naar": "VT"}
        if rule["besluit"] == "ja"
        else {**rule, "van": "*", "naar": "*", "rubriek": "*", "regio": "*"}
        for rule in rules
        if len(str(rule["voorwaarde"])) < 60
    ]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(tables.map(between_two))
def test_lint_names_exactly_the_allow_rules_that_can_do_nothing(
    rules: list[Rule],
) -> None:
    tabel = tabel_from_payload(payload(rules), CATALOGUS)
    rapport = lint(tabel, CATALOGUS, OP, statussen=STATUSSEN)
    allow = [rule for rule in rules if rule["besluit"] == "ja" and in_force(rule)]
    ids = {str(rule["regel"]) for rule in allow}
    named = {
        bevinding.regels[0]
        for bevinding in rapport.bevindingen
        if bevinding.soort in {Soort.ONBEREIKBAAR, Soort.TEGENSTRIJDIG}
    }
    dead = {str(rule["regel"]) for rule in allow if not lives(rule, rules)}
    assert named & ids == dead
