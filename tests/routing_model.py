"""What a table means, written a second time, and tables to try it on.

``brute_force`` uses nothing of corvus_routing: conditions are read by a parser of its
own, patterns become regular expressions, and every rule is weighed for every question.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import strategies as st

from corvus_routing.compileer import GecompileerdeTabel, compile_tabel
from corvus_routing.tabel import tabel_from_payload
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from corvus_routing.json_value import JsonValue

Waarde: TypeAlias = "bool | str | tuple[str, ...]"
Kenmerken: TypeAlias = "Mapping[str, Waarde]"
Rule: TypeAlias = "dict[str, str | None]"
Question: TypeAlias = "tuple[str, str, str, str]"
Outcome: TypeAlias = "tuple[str, list[str], str | None]"
Formula: TypeAlias = "Callable[[Kenmerken], bool | None]"

OP = date(2026, 11, 22)
STATUSSEN = frozenset({"concept", "juridisch_getoetst"})
CATALOGUS = load_catalogus()
BOOLS = ("hg_label", "opsporingsbelang", "geheim_adres")
MOMENTEN = ("vt_zsm", "actieoverleg")
PARTIJEN = ("POL", "VT", "OM")
TECHNISCH = {"statusbericht", "correctie", "vrijgave"}

# Few enough that the rules of a drawn table meet.
DRAWN = {
    "bekendheidscheck": [
        "vraag",
        "betrokkenen[verdachte].identiteit",
        "betrokkenen[kind].identiteit",
        "betrokkenen[kind].basis",
    ],
    "correctie": ["correctie"],
}


# ------------------------------------------------------------------- conditions


def read_condition(text: str) -> Formula:
    """Read a condition into a function with three results; None is unknown."""
    tokens = re.findall(r"&&|\|\||==|!=|!|\(|\)|'[^']*'|\w+", text)
    formula = _either(tokens)
    assert not tokens, tokens
    return formula


def _either(tokens: list[str]) -> Formula:
    parts = [_both(tokens)]
    while tokens and tokens[0] == "||":
        tokens.pop(0)
        parts.append(_both(tokens))

    def formula(kenmerken: Kenmerken) -> bool | None:
        found = [part(kenmerken) for part in parts]
        return True if True in found else None if None in found else False

    return formula


def _both(tokens: list[str]) -> Formula:
    parts = [_single(tokens)]
    while tokens and tokens[0] == "&&":
        tokens.pop(0)
        parts.append(_single(tokens))

    def formula(kenmerken: Kenmerken) -> bool | None:
        found = [part(kenmerken) for part in parts]
        return False if False in found else None if None in found else True

    return formula


def _single(tokens: list[str]) -> Formula:
    token = tokens.pop(0)
    if token == "!":
        inner = _single(tokens)

        def negation(kenmerken: Kenmerken) -> bool | None:
            found = inner(kenmerken)
            return None if found is None else not found

        return negation
    if token == "(":
        inner = _either(tokens)
        assert tokens.pop(0) == ")"
        return inner
    if token in {"true", "false"}:
        return lambda _: token == "true"
    if tokens and tokens[0] in {"==", "!=", "in"}:
        return _comparison(token, tokens.pop(0), tokens.pop(0))
    return lambda kenmerken: None if token not in kenmerken else bool(kenmerken[token])


def _comparison(left: str, sign: str, right: str) -> Formula:
    def formula(kenmerken: Kenmerken) -> bool | None:
        sides = [
            side.strip("'") if side.startswith("'") else kenmerken.get(side)
            for side in (left, right)
        ]
        if None in sides:
            return None
        if sign == "in":
            assert isinstance(sides[1], tuple)
            return sides[0] in sides[1]
        return (sides[0] == sides[1]) is (sign == "==")

    return formula


# ------------------------------------------------------------------- decisions


def _matches(pattern: str | None, name: str) -> bool:
    assert pattern is not None
    if pattern == "*":
        return True
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", r"[a-zA-Z_]+"), name))


def _speaking(rules: list[Rule], question: Question) -> Iterator[tuple[Rule, Formula]]:
    berichttype, van, naar, regio = question
    for rule in rules:
        tot = rule["geldig_tot"]
        assert rule["geldig_van"] is not None
        if (
            rule["status"] in STATUSSEN
            and rule["geldig_van"] <= OP.isoformat()
            and (tot is None or OP.isoformat() < tot)
            and rule["van"] in {"*", van}
            and (rule["naar"] == naar or (rule["naar"] == "*" and naar != "BROKER"))
            and rule["regio"] in {"*", regio}
            and (
                rule["berichttype"] == berichttype
                or (rule["berichttype"] == "*" and berichttype not in TECHNISCH)
            )
        ):
            assert rule["voorwaarde"] is not None
            yield rule, read_condition(rule["voorwaarde"])


def rubrieken_of(berichttype: str) -> list[str]:
    """Names that a table can name; the broker decides verwijzing itself."""
    return [
        rubriek.naam
        for rubriek in CATALOGUS.berichttypen[berichttype].rubrieken
        if rubriek.naam != "verwijzing"
    ]


TYPEN = {code: rubrieken_of(code) for code in ("bekendheidscheck", "correctie")}


def brute_force(
    rules: list[Rule], question: Question, kenmerken: Kenmerken
) -> dict[str, Outcome]:
    """Decide every rubriek: outcome, regel_ids, reason."""
    berichttype, van, naar, _ = question
    facts = {**kenmerken, "verstrekker": van, "ontvanger": naar}
    speaking = list(_speaking(rules, question))
    outcome: dict[str, Outcome] = {"verwijzing": ("geweigerd", [], "standaard")}
    for rubriek in rubrieken_of(berichttype):
        here = [pair for pair in speaking if _matches(pair[0]["rubriek"], rubriek)]
        outcome[rubriek] = _weigh(here, facts)
    return outcome


def _weigh(rules: list[tuple[Rule, Formula]], facts: Kenmerken) -> Outcome:
    denials, allows, holds = [], [], []
    for rule, condition in rules:
        regel_id, hold = str(rule["regel"]), rule["hold"]
        if rule["besluit"] == "nee":
            if condition(facts) is not False:
                denials.append(regel_id)
        elif condition(facts) is True:
            allows.append(regel_id)
        elif hold is not None and condition({**facts, hold: False}) is True:
            holds.append(regel_id)
    if denials:
        return ("geweigerd", denials, "verboden")
    if allows:
        return ("toegestaan", allows, None)
    if holds:
        return ("aangehouden", holds, "aangehouden")
    return ("geweigerd", [], "standaard")


# ------------------------------------------------------------------- strategies

atoms = st.sampled_from(
    (
        *BOOLS,
        "true",
        "false",
        *(f"afstemmingsmoment {sign} '{m}'" for sign in ("==", "!=") for m in MOMENTEN),
        *(f"ontvanger {sign} '{p}'" for sign in ("==", "!=") for p in PARTIJEN),
        "ontvanger in genodigden",
        "verstrekker in genodigden",
        "'OM' in te_informeren",
    )
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(
            lambda parts: f"({parts[0]}) {parts[1]} {parts[2]}"
        ),
        inner.map(lambda part: f"!({part})"),
    ),
    max_leaves=6,
).filter(lambda text: len(text) <= 500)

lijsten = st.lists(st.sampled_from(PARTIJEN), unique=True).map(tuple)
kenmerken_strategy = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(BOOLS, st.booleans()),
        "afstemmingsmoment": st.sampled_from(MOMENTEN),
        "genodigden": lijsten,
        "te_informeren": lijsten,
    },
)
questions = st.tuples(
    st.sampled_from(["bekendheidscheck", "bekendheidscheck", "correctie"]),
    st.sampled_from(PARTIJEN[:2]),
    st.sampled_from(PARTIJEN),
    st.sampled_from(["VT01", "VT02", "VT03"]),
)


@st.composite
def allow_rules(draw: st.DrawFn) -> Rule:
    berichttype = draw(st.sampled_from(["bekendheidscheck"] * 3 + ["correctie"]))
    return {
        **_common(draw),
        "berichttype": berichttype,
        "rubriek": draw(st.sampled_from(DRAWN[berichttype])),
        "van": draw(st.sampled_from(PARTIJEN[:2])),
        "naar": draw(st.sampled_from(PARTIJEN)),
        "besluit": "ja",
        "hold": draw(st.sampled_from([None, "opsporingsbelang"])),
        "modaliteit": draw(st.sampled_from(["moet", "kan", "wens"])),
        "bewaartermijn": draw(st.sampled_from(["P7D", "P30D", "P5Y"])),
    }


@st.composite
def deny_rules(draw: st.DrawFn) -> Rule:
    berichttype = draw(st.sampled_from(["*", "bekendheidscheck"]))
    rubrieken = [
        *DRAWN["bekendheidscheck"],
        "*",
        "betrokkenen[*].*",
        "betrokkenen[*].identiteit",
        "betrokkenen[kind].*",
    ]
    return {
        **_common(draw),
        "berichttype": berichttype,
        "rubriek": draw(st.sampled_from(rubrieken)),
        "van": draw(st.sampled_from(["*", *PARTIJEN])),
        "naar": draw(st.sampled_from(["*", *PARTIJEN])),
        "besluit": "nee",
        "hold": None,
        "modaliteit": None,
        "bewaartermijn": None,
    }


def _common(draw: st.DrawFn) -> Rule:
    return {
        "voorwaarde": draw(conditions),
        "grondslag": "G_TEST",
        "doel": draw(st.sampled_from(["AFSTEMMING", "HULPVERLENING", "TECHNISCH"])),
        "status": draw(
            st.sampled_from(["concept"] * 6 + ["juridisch_getoetst", "vervallen"])
        ),
        "geldig_van": draw(st.sampled_from(["2025-01-01", "2026-11-22", "2026-11-23"])),
        "geldig_tot": draw(st.sampled_from([None, None, "2030-01-01"])),
        "regio": draw(st.sampled_from(["*", "*", "*", "VT01", "VT02"])),
        "bron": "",
        "opmerking": "",
    }


def numbered(rules: list[Rule]) -> list[Rule]:
    """Give every rule an id of its own."""
    return [{**rule, "regel": f"R{n:04}"} for n, rule in enumerate(rules, 1)]


tables = st.tuples(
    st.lists(allow_rules(), min_size=4, max_size=12),
    st.lists(deny_rules(), max_size=3),
).map(lambda pair: numbered(pair[0] + pair[1]))


# ------------------------------------------------------------------- the real thing


def payload(rules: list[Rule]) -> dict[str, JsonValue]:
    """Put rules in a table."""
    regels: list[JsonValue] = [dict(rule) for rule in rules]
    return {
        "tabel": "proef",
        "versie": 1,
        "geldig_van": "2025-01-01",
        "geldig_tot": None,
        "regels": regels,
    }


def compiled(rules: list[Rule]) -> GecompileerdeTabel:
    """Read and compile a table of these rules."""
    tabel = tabel_from_payload(payload(rules), CATALOGUS)
    return compile_tabel(tabel, CATALOGUS, statussen=STATUSSEN, op=OP)
