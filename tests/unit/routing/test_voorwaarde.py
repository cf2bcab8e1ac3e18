from __future__ import annotations

import pytest

from corvus_routing.voorwaarde import MAX_DIEPTE, Lidmaatschap, Truth, parse_voorwaarde
from corvus_routing.woordenboek import Domein
from corvus_schemas.errors import RegisterError

TYPEN = frozenset({"POL", "VT", "OM"})
DOMEINEN = {
    "hg_label": Domein("bool"),
    "anoniem": Domein("bool"),
    "null": Domein("bool"),
    "moment": Domein("enum", frozenset({"vt_zsm", "actieoverleg"})),
    "genodigden": Domein("lijst", TYPEN),
    "ontvanger": Domein("enum", TYPEN),
    "verstrekker": Domein("enum", TYPEN),
}


@pytest.mark.parametrize(
    ("text", "kenmerken", "truth"),
    [
        ("true", {}, Truth.WAAR),
        ("hg_label", {"hg_label": True}, Truth.WAAR),
        ("hg_label", {"hg_label": False}, Truth.ONWAAR),
        ("hg_label", {}, Truth.ONBEKEND),
        ("!hg_label", {}, Truth.ONBEKEND),
        ("anoniem || hg_label", {"hg_label": True}, Truth.WAAR),
        ("anoniem && hg_label", {"hg_label": False}, Truth.ONWAAR),
        ("anoniem && hg_label", {"hg_label": True}, Truth.ONBEKEND),
        ("anoniem || !anoniem", {}, Truth.ONBEKEND),
        ("moment != 'vt_zsm'", {"moment": "actieoverleg"}, Truth.WAAR),
        ("moment != 'vt_zsm'", {}, Truth.ONBEKEND),
        (
            "ontvanger in genodigden",
            {"ontvanger": "OM", "genodigden": ()},
            Truth.ONWAAR,
        ),
        ("ontvanger in genodigden", {"ontvanger": "OM"}, Truth.ONBEKEND),
        ("'OM' in genodigden", {"genodigden": ("VT", "OM")}, Truth.WAAR),
        ("hg_label || anoniem && false", {"hg_label": True}, Truth.WAAR),
    ],
)
def test_a_condition_has_one_of_three_truths(
    text: str, kenmerken: dict[str, bool | str | tuple[str, ...]], truth: Truth
) -> None:
    assert parse_voorwaarde(text, DOMEINEN).evaluate(kenmerken) is truth


def test_a_value_the_kenmerk_cannot_have_is_unknown() -> None:
    differs = parse_voorwaarde("moment != 'vt_zsm'", DOMEINEN)
    assert differs.evaluate({"moment": "onzin"}) is Truth.ONBEKEND
    assert differs.evaluate({"moment": True}) is Truth.ONBEKEND
    invited = parse_voorwaarde("!(ontvanger in genodigden)", DOMEINEN)
    facts = {"ontvanger": "OM", "genodigden": "OM,VT"}
    assert invited.evaluate(facts) is Truth.ONBEKEND


def test_a_condition_knows_its_kenmerken_and_memberships() -> None:
    voorwaarde = parse_voorwaarde(
        "hg_label && (ontvanger in genodigden || 'POL' in genodigden)", DOMEINEN
    )
    assert voorwaarde.kenmerken == {"hg_label", "ontvanger", "genodigden"}
    assert voorwaarde.lidmaatschappen == {
        Lidmaatschap("ontvanger", "genodigden", is_pseudo=True),
        Lidmaatschap("POL", "genodigden", is_pseudo=False),
    }
    assert voorwaarde.unknown({"hg_label": True}) == {"ontvanger", "genodigden"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hg_label &&",
        "(hg_label",
        "hg_label)",
        "hg_label anoniem",
        "hg_label and anoniem",
        "onbekend_kenmerk",
        "hg_label || onbekend_kenmerk == 'x'",
        "hg_label == 'vt_zsm'",
        "hg_label == true",
        "hg_label ? anoniem : true",
        "size(genodigden) == 1",
        "genodigden.exists(x, x == 'POL')",
        "moment",
        "!moment",
        "genodigden",
        "'vt_zsm'",
        "moment == 'onzin'",
        'moment == "vt_zsm"',
        "moment == vt_zsm",
        "moment == ontvanger",
        "'vt_zsm' == moment",
        "!moment == 'vt_zsm'",
        "!ontvanger in genodigden",
        "moment in genodigden",
        "moment in ['vt_zsm']",
        "ontvanger in moment",
        "'HALT' in genodigden",
        "moment < 'vt_zsm'",
        "moment + 'x' == 'vt_zsm'",
        "moment == 'vt_zsm' == true",
        "hg_label // comment",
        "hg_label & anoniem",
        "r'vt_zsm' == moment",
        "1 == 1",
        "null",  # a kenmerk by that name, but CEL's own word
        "(" * (MAX_DIEPTE + 1) + "hg_label" + ")" * (MAX_DIEPTE + 1),
        "!" * 400 + "hg_label",
        "hg_label || " * 50 + "hg_label",
        "hg_label\u00a0|| anoniem",
    ],
)
def test_whatever_is_outside_the_little_language_is_refused(text: str) -> None:
    with pytest.raises(RegisterError) as caught:
        parse_voorwaarde(text, DOMEINEN)
    assert caught.value.code == "voorwaarde.ongeldig"


def test_nesting_up_to_the_limit_is_read() -> None:
    text = "(" * MAX_DIEPTE + "hg_label" + ")" * MAX_DIEPTE
    assert parse_voorwaarde(text, DOMEINEN).evaluate({"hg_label": True}) is Truth.WAAR
