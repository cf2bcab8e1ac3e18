"""Texts with a meaning, kenmerken, codelijsten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvus_schemas import waarden
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.kenmerken import parse_kenmerk

CATALOGUS = load_catalogus()


@pytest.mark.parametrize("value", ["2031", "2031-02", "2031-02-28", "2032-02-29"])
def test_a_date_may_be_partial(value: str) -> None:
    assert waarden.check_date(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "31",
        "2031-",
        "2031-13",
        "2031-02-29",
        "2031-2-1",
        "0000",
        "20310201",
        "2031-02-01T00:00:00Z",
        "\u0662031",
        " 2031",
        "2031\n",
    ],
)
def test_what_is_no_date_is_refused(value: str) -> None:
    assert waarden.check_date(value)


@pytest.mark.parametrize(
    "value", ["2031-03-03T14:00:00Z", "2031-03-03T14:00:00.123456+01:00"]
)
def test_a_timestamp_has_an_offset(value: str) -> None:
    assert waarden.check_timestamp(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "2031-03-03T14:00:00",
        "2031-03-03T14:00Z",
        "2031-03-03 14:00:00Z",
        "2031-03-03T24:00:00Z",
        "2031-03-03T14:00:00+24:00",
        "2031-03-03t14:00:00z",
        "2031-03-03T14:00:60Z",
        "2031-03-03T14:00:00.1234567Z",
        "",
        "2031-03-03",
    ],
)
def test_what_is_no_timestamp_is_refused(value: str) -> None:
    assert waarden.check_timestamp(value)


@pytest.mark.parametrize(
    "value",
    [
        "C0455500-0000-4000-8000-000000000000",
        "{c0455500-0000-4000-8000-000000000000}",
        "c045550000004000800000000000 0000",
        "",
        "x",
    ],
)
def test_a_uuid_has_one_notation(value: str) -> None:
    assert waarden.check_uuid(value)


def test_the_elfproef_and_the_test_range() -> None:
    assert waarden.check_test_bsn("999990019") is None
    for wrong in ("999990018", "99999001", "000000000", "9999900190", "99999001x"):
        assert waarden.check_bsn(wrong)
    assert waarden.check_bsn("000000012") is None
    assert waarden.check_test_bsn("000000012")


@given(st.text())
def test_no_check_fails_on_any_text_or_repeats_it(value: str) -> None:
    for check in waarden.CHECKS.values():
        fault = check(value)
        assert fault is None or len(value) < 6 or value not in fault


def test_a_code_error_names_the_field_and_the_allowed_codes() -> None:
    lijst = CATALOGUS.codelijsten["bekend_antwoord"]
    assert lijst.parse_code("nee", "antwoord.bekend") == "nee"
    with pytest.raises(SchemaError) as caught:
        lijst.parse_code("KANARIE", "antwoord.bekend")
    assert str(caught.value) == (
        "code.onbekend: antwoord.bekend: unknown code; allowed: "
        "ja_lopend, ja_afgesloten, nee, niet_eenduidig"
    )


@pytest.mark.parametrize(
    ("naam", "value", "parsed"),
    [
        ("hg_label", True, True),
        ("risico_stalking", "hoog", "hoog"),
        ("genodigden", ["VT", "POL", "VT"], ("POL", "VT")),
        ("genodigden", [], ()),
    ],
)
def test_a_kenmerk_has_its_kind_of_value(
    naam: str, value: object, parsed: object
) -> None:
    assert parse_kenmerk(CATALOGUS.kenmerken[naam], value) == parsed


@pytest.mark.parametrize(
    ("naam", "value"),
    [
        ("hg_label", "KANARIE"),
        ("hg_label", 1),
        ("hg_label", None),
        ("risico_stalking", "KANARIE"),
        ("risico_stalking", ["hoog"]),
        ("genodigden", "POL"),
        ("genodigden", ["KANARIE"]),
        ("genodigden", [["POL"]]),
    ],
)
def test_another_value_of_a_kenmerk_is_refused(naam: str, value: object) -> None:
    with pytest.raises(SchemaError, match=naam) as caught:
        parse_kenmerk(CATALOGUS.kenmerken[naam], value)
    assert caught.value.code == "kenmerk.ongeldig"
    assert "KANARIE" not in caught.value.describe()


@pytest.mark.parametrize(
    ("naam", "berichttype", "verstrekker", "may"),
    [
        ("geheim_adres", "vt_melding", "SCHOOL", True),
        ("hg_label", "zsm_aanmelding", "POL", True),
        ("hg_label", "veiligheidsbeoordeling", "VT", False),
        ("ambtshalve_vervolging", "zsm_aanmelding", "POL", True),
        ("ambtshalve_vervolging", "politiemelding", "POL", False),
        ("toestemming_verdachte", "toestemming", "RECL", False),
        ("eindbeslissing_genomen", "zsm_besluit", "OM", False),
    ],
)
def test_who_may_declare_a_kenmerk(
    naam: str, berichttype: str, verstrekker: str, *, may: bool
) -> None:
    found = CATALOGUS.kenmerken[naam].may_declare(berichttype, verstrekker)
    assert found is may


def test_consent_is_directional() -> None:
    verdachte = CATALOGUS.kenmerken["toestemming_verdachte"].bronberichten
    slachtoffer = CATALOGUS.kenmerken["toestemming_slachtoffer"].bronberichten
    assert {b.verstrekkers for b in verdachte} == {("RECL",)}
    assert {b.verstrekkers for b in slachtoffer} == {("SHN",)}
    assert [b.waarde for b in verdachte] == [True, False]
