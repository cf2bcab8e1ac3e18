from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from routing_model import CATALOGUS, Rule, payload

from corvus_routing import compileer
from corvus_routing.beslissing import Beslissing, Reden, Soort
from corvus_routing.compileer import GecompileerdeTabel, compile_tabel
from corvus_routing.tabel import tabel_from_payload
from corvus_schemas.errors import RegisterError, SchemaError

ALLOW: Rule = {
    "regel": "R0001",
    "berichttype": "bekendheidscheck",
    "rubriek": "vraag",
    "van": "POL",
    "naar": "VT",
    "besluit": "ja",
    "voorwaarde": "true",
    "hold": None,
    "grondslag": "G_TEST",
    "doel": "AFSTEMMING",
    "modaliteit": "kan",
    "bewaartermijn": "P30D",
    "status": "concept",
    "geldig_van": "2026-01-01",
    "geldig_tot": "2027-01-01",
    "regio": "*",
    "bron": "",
    "opmerking": "",
}
DENY: Rule = {
    **ALLOW,
    "regel": "R0009",
    "besluit": "nee",
    "modaliteit": None,
    "bewaartermijn": None,
}
QUESTION = ("bekendheidscheck", "POL", "VT", "VT01")
CONCEPT = frozenset({"concept"})


def compiled(
    *rules: Rule,
    statussen: frozenset[str] = CONCEPT,
    op: date = date(2026, 6, 1),
) -> GecompileerdeTabel:
    tabel = tabel_from_payload(payload(list(rules)), CATALOGUS)
    return compile_tabel(tabel, CATALOGUS, statussen=statussen, op=op)


def goes(tabel: GecompileerdeTabel, regio: str = "VT01") -> bool:
    beslissing = tabel.decide(*QUESTION[:3], regio, {})
    return beslissing.uitkomsten["vraag"].soort is Soort.TOEGESTAAN


@pytest.mark.parametrize(
    ("status", "statussen", "expected"),
    [
        ("concept", {"concept"}, True),
        ("concept", {"landelijk_geaccordeerd"}, False),
        ("open", {"concept"}, False),
        ("juridisch_getoetst", {"juridisch_getoetst"}, True),
        ("vervallen", {"concept", "vervallen"}, False),
        ("concept", set(), False),
    ],
)
def test_only_rules_with_a_status_in_force_count(
    status: str, statussen: set[str], *, expected: bool
) -> None:
    tabel = compiled({**ALLOW, "status": status}, statussen=frozenset(statussen))
    assert goes(tabel) is expected


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_a_rule_counts_from_its_first_day_until_its_last(
    op: date, *, expected: bool
) -> None:
    assert goes(compiled(ALLOW, op=op)) is expected


def test_a_table_outside_its_period_is_not_compiled() -> None:
    with pytest.raises(RegisterError) as caught:
        compiled(ALLOW, op=date(2024, 12, 31))
    assert caught.value.code == "tabel.niet_in_werking"


def test_a_regional_rule_counts_for_its_region_only() -> None:
    adds = compiled({**ALLOW, "regio": "VT02"})
    assert (goes(adds, "VT02"), goes(adds, "VT01")) == (True, False)
    narrows = compiled(ALLOW, {**DENY, "regio": "VT02"})
    assert (goes(narrows, "VT02"), goes(narrows, "VT01")) == (False, True)


def test_a_denial_for_every_type_leaves_the_technical_types_alone() -> None:
    stop = {**DENY, "berichttype": "*", "rubriek": "*", "van": "*", "naar": "*"}
    correctie = {**ALLOW, "regel": "R2", "berichttype": "correctie"}
    tabel = compiled(ALLOW, {**correctie, "rubriek": "correctie"}, stop)
    assert not goes(tabel)
    uitkomsten = tabel.decide("correctie", "POL", "VT", "VT01", {}).uitkomsten
    assert uitkomsten["correctie"].soort is Soort.TOEGESTAAN


def test_verwijzing_is_refused_by_default_whatever_the_table_says() -> None:
    stop = {**DENY, "rubriek": "*"}
    for tabel in (compiled(ALLOW), compiled(ALLOW, stop)):
        uitkomst = tabel.decide(*QUESTION, {}).uitkomsten["verwijzing"]
        assert (uitkomst.soort, uitkomst.reden) == (Soort.GEWEIGERD, Reden.STANDAARD)


def test_unknown_names_are_refused() -> None:
    tabel = compiled(ALLOW)
    with pytest.raises(SchemaError, match=r"berichttype\.onbekend"):
        tabel.decide("onzin", "POL", "VT", "VT01", {})
    with pytest.raises(SchemaError, match=r"organisatietype\.onbekend"):
        tabel.decide("bekendheidscheck", "POL", "KLM", "VT01", {})
    with pytest.raises(SchemaError, match=r"berichttype\.onbekend"):
        tabel.used_kenmerken("onzin")


def test_a_rule_in_force_can_be_looked_up() -> None:
    tabel = compiled(ALLOW, {**ALLOW, "regel": "R0002", "status": "vervallen"})
    assert tabel.regel("R0001").doel == "AFSTEMMING"
    with pytest.raises(RegisterError, match=r"regel\.onbekend"):
        tabel.regel("R0002")


def test_only_kenmerken_that_can_matter_are_asked_for() -> None:
    tabel = compiled(
        {**ALLOW, "voorwaarde": "hg_label || ontvanger in genodigden"},
        {**ALLOW, "regel": "R2", "voorwaarde": "stalking && ontvanger == 'OM'"},
        {**DENY, "voorwaarde": "anoniem || true"},
        {**DENY, "regel": "R8", "rubriek": "contactpersonen", "voorwaarde": "anoniem"},
        {**DENY, "regel": "R7", "naar": "OM", "voorwaarde": "geheim_adres"},
        {**ALLOW, "regel": "R6", "voorwaarde": "zaak_vast", "regio": "VT02"},
    )
    used = {"hg_label", "genodigden", "zaak_vast"}
    assert tabel.used_kenmerken("bekendheidscheck") == used
    assert tabel.used_kenmerken("correctie") == frozenset()


def test_ontvanger_types_are_those_an_allow_rule_can_reach() -> None:
    never = {**ALLOW, "regel": "R2", "naar": "OM", "voorwaarde": "false"}
    regional = {**ALLOW, "regel": "R3", "naar": "ZVH", "regio": "VT02"}
    tabel = compiled(ALLOW, never, regional)
    assert tabel.ontvanger_types("bekendheidscheck", "POL") == {"VT", "ZVH"}
    assert tabel.ontvanger_types("bekendheidscheck", "VT") == frozenset()


def test_a_list_of_any_length_makes_one_decision_per_answer() -> None:
    tabel = compiled({**ALLOW, "voorwaarde": "ontvanger in genodigden"})
    lists = [("VT",), ("VT", "OM"), ("OM", "VT", "POL")]
    found = {id(tabel.decide(*QUESTION, {"genodigden": value})) for value in lists}
    assert len(found) == 1
    assert not tabel.decide(*QUESTION, {"genodigden": ("OM",)}).doelen
    assert not tabel.decide(*QUESTION, {}).doelen


def test_what_is_remembered_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compileer, "MEMO_LIMIT", 3)
    namen = ("hg_label", "stalking", "samenloop")
    tabel = compiled({**ALLOW, "voorwaarde": " && ".join(namen)})
    for values in product([True, False], repeat=3):
        kenmerken = dict(zip(namen, values, strict=True))
        uitkomst = tabel.decide(*QUESTION, kenmerken).uitkomsten["vraag"]
        assert (uitkomst.soort is Soort.TOEGESTAAN) is all(values)
        assert sum(len(groep.memo) for groep in tabel._groepen.values()) <= 3


def test_a_decision_cannot_be_changed() -> None:
    beslissing = compiled(ALLOW).decide(*QUESTION, {})
    with pytest.raises(TypeError):
        beslissing.uitkomsten["vraag"] = beslissing.uitkomsten["verwijzing"]  # type: ignore[index]  # the attack
    with pytest.raises(AttributeError):
        beslissing.moet = True  # type: ignore[misc]  # the attack


def test_a_hold_survives_a_doel_of_its_own_only() -> None:
    held = {**ALLOW, "voorwaarde": "!opsporingsbelang", "hold": "opsporingsbelang"}
    beslissing: Beslissing = compiled(held).decide(
        *QUESTION, {"opsporingsbelang": True}
    )
    assert beslissing.doelen == frozenset()
    kept = beslissing.for_doel("AFSTEMMING").uitkomsten["vraag"]
    assert kept.soort is Soort.AANGEHOUDEN
    lost = beslissing.for_doel("TECHNISCH").uitkomsten["vraag"]
    assert (lost.soort, lost.reden) == (Soort.GEWEIGERD, Reden.DOEL)
