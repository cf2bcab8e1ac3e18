from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import rfc8785
from jsonschema import Draft202012Validator
from routing_model import CATALOGUS

from corvus_routing.tabel import parse_tabel, tabel_from_payload, tabel_payload
from corvus_routing.tabelvorm import load_schema
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from corvus_routing.json_value import JsonValue

HEAD = 'tabel: proef\nversie: 3\ngeldig_van: "2025-01-01"\ngeldig_tot: null\nregels:\n'
ALLOW = """- regel: R0001
  berichttype: politiemelding
  rubriek: betrokkenen[melder].identiteit
  van: POL
  naar: VT
  besluit: ja
  voorwaarde: "!melder_anoniem"
  hold: opsporingsbelang
  grondslag: G_WPG18_VT
  doel: VEILIGHEIDSBEOORDELING
  modaliteit: moet
  bewaartermijn: P30D
  status: concept
  geldig_van: "2025-01-01"
  geldig_tot: "2030-01-01"
  regio: VT18
  bron: "002:531-533"
  opmerking: "alleen # met toestemming"
"""
DENY = """- regel: R0002
  berichttype: "*"
  rubriek: betrokkenen[melder].*
  van: "*"
  naar: "*"
  besluit: nee
  voorwaarde: ontvanger != 'VT'
  grondslag: G_GEEN
  doel: TECHNISCH
  modaliteit: null
  bewaartermijn: null
  status: concept
  geldig_van: "2025-01-01"
  geldig_tot: null
  regio: "*"
  bron: ""
  opmerking: ""
"""
TABLE = HEAD + ALLOW + DENY


def test_a_table_survives_the_way_to_the_register_and_back() -> None:
    tabel = parse_tabel(TABLE, CATALOGUS)
    payload = tabel_payload(tabel)
    assert tabel_from_payload(payload, CATALOGUS) == tabel
    assert tabel_payload(tabel_from_payload(payload, CATALOGUS)) == payload
    assert rfc8785.dumps(payload).startswith(b'{"geldig_tot":null,')
    Draft202012Validator(load_schema()).validate(payload)


def test_every_field_of_a_rule_is_read_as_written() -> None:
    regel, _ = parse_tabel(TABLE, CATALOGUS).regels
    assert regel.regel == "R0001"
    assert regel.hold == "opsporingsbelang"
    assert regel.bron == "002:531-533"
    assert regel.opmerking == "alleen # met toestemming"
    assert regel.geldig_tot is not None
    assert regel.geldig_tot.year == 2030
    assert regel.regio == "VT18"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("berichttype: politiemelding", "berichttype: polmelding", "berichttype"),
        ("betrokkenen[melder].identiteit", "justitieel", "rubriek"),
        ("betrokkenen[melder].identiteit", "verwijzing", "rubriek"),
        ("van: POL", "van: KLM", "van"),
        ("naar: VT", "naar: XX", "naar"),
        ("naar: VT", 'naar: "*"', "wildcard"),
        ("berichttype: politiemelding", 'berichttype: "*"', "wildcard"),
        ("betrokkenen[melder].identiteit", '"betrokkenen[*].adres"', "wildcard"),
        ("betrokkenen[melder].identiteit", '"*"', "wildcard"),
        ("besluit: ja", "besluit: misschien", "one of ja, nee"),
        ("doel: VEILIGHEIDSBEOORDELING", "doel: NIEUWSGIERIGHEID", "doel"),
        ("modaliteit: moet", "modaliteit: zou", "one of moet, kan, wens"),
        ("modaliteit: moet", "modaliteit: null", "modaliteit"),
        ("bewaartermijn: P30D", "bewaartermijn: P31D", "bewaartermijn"),
        ("status: concept", "status: goed", "status"),
        ('geldig_van: "2025-01-01"', "geldig_van: 2025", "text needs quotes"),
        ('geldig_tot: "2030-01-01"', 'geldig_tot: "2030-02-30"', "geldig_tot"),
        ('geldig_tot: "2030-01-01"', 'geldig_tot: "2025-01-01"', "geldig_tot"),
        ("regio: VT18", "regio: Rotterdam", "regio"),
        ("hold: opsporingsbelang", "hold: afstemmingsmoment", "hold"),
        ("hold: opsporingsbelang", "hold: bestaat_niet", "hold"),
        ('"!melder_anoniem"', "true", "text needs quotes"),
        ('"!melder_anoniem"', '"melder_anonym"', "melder_anonym is not a kenmerk"),
        ('"!melder_anoniem"', '"!melder_anoniem &&"', "ends too early"),
        ("  grondslag: G_WPG18_VT\n", "", "grondslag is missing"),
        ("  van: POL\n", "  van: POL\n  sinds: 2020\n", "not in the schema"),
        ("bron:", "bron: [a, b] #", "more than one value"),
        ('"002:531-533"', '"002\\a"', "control character"),
    ],
)
def test_a_bad_rule_is_refused_by_its_id(old: str, new: str, problem: str) -> None:
    assert old in ALLOW
    with pytest.raises(RegisterError, match=rf"R0001: .*{problem}") as caught:
        parse_tabel(HEAD + ALLOW.replace(old, new, 1), CATALOGUS)
    assert caught.value.code == "tabel.ongeldig"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("betrokkenen[melder].*", "betrokkenen[melde].*", "rubriek"),
        ("betrokkenen[melder].*", "betrokkenen[*].schoenmaat", "rubriek"),
        ("modaliteit: null", "modaliteit: moet", "modaliteit"),
        ("  status", "  hold: anoniem\n  status", "hold"),
    ],
)
def test_a_denial_that_would_never_bite_is_refused(
    old: str, new: str, problem: str
) -> None:
    assert old in DENY
    with pytest.raises(RegisterError, match=f"R0002: {problem}") as caught:
        parse_tabel(HEAD + DENY.replace(old, new, 1), CATALOGUS)
    assert caught.value.code == "tabel.ongeldig"


def test_all_problems_are_named_at_once() -> None:
    rules = ALLOW.replace("POL", "KLM") + DENY.replace("TECHNISCH", "GEEN")
    rules += ALLOW.replace("regel: R0001", "regel: r?")
    with pytest.raises(RegisterError) as caught:
        parse_tabel(HEAD + rules + ALLOW, CATALOGUS)
    for start in ("R0001: van", "R0002: doel", "rule number 3: regel"):
        assert start in caught.value.message
    assert "R0001: its id occurs twice" in caught.value.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("versie: 3", "versie: 0"),
        ("versie: 3", "versie: true"),
        ("versie: 3", 'versie: "3"'),
        ("tabel: proef\n", ""),
        ("tabel: proef", "tabel: Een Tabel"),
        ("geldig_tot: null", 'geldig_tot: "2024-01-01"'),
        ("geldig_tot: null", "geldig_tot: nooit"),
        ("regels:\n", "extra: 1\nregels:\n"),
        ("regels:\n", "regels: 3\nx:\n"),
    ],
)
def test_a_table_with_a_bad_head_is_refused(old: str, new: str) -> None:
    with pytest.raises(RegisterError) as caught:
        parse_tabel((HEAD + ALLOW).replace(old, new, 1), CATALOGUS)
    assert caught.value.code == "tabel.ongeldig"


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2\n",
        "a: &x 1\n",
        "a: [*x]\n",
        "a: !!python/object:os.system {}\n",
        "a: !eigen 1\n",
        "--- 1\n--- 2\n",
        "? [a]\n: 1\n",
        "1: 2\n",
        "a: [",
        "a: '",
        "\x00",
        "[" * 100 + "]" * 100,
    ],
)
def test_yaml_that_hides_something_is_refused(text: str) -> None:
    with pytest.raises(RegisterError) as caught:
        parse_tabel(text, CATALOGUS)
    assert caught.value.code == "tabel.yaml"


@pytest.mark.parametrize("payload", [None, [], "tabel", 3, {}, {"regels": [1]}])
def test_json_that_is_no_table_is_refused(payload: JsonValue) -> None:
    with pytest.raises(RegisterError) as caught:
        tabel_from_payload(payload, CATALOGUS)
    assert caught.value.code == "tabel.ongeldig"


def test_a_message_never_repeats_a_value_of_the_wrong_form() -> None:
    marked = re.sub(r"besluit: ja", "besluit: geheim-999", ALLOW)
    with pytest.raises(RegisterError) as caught:
        parse_tabel(HEAD + marked, CATALOGUS)
    assert "geheim-999" not in str(caught.value)
