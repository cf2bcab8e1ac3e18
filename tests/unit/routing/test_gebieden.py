"""Lists of places: periods, Actieoverleg regions that overlap, the list of the CBS."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import pytest
from gebieden_bouw import NA, VOOR, gebieden

from corvus_routing.cbs import import_cbs
from corvus_routing.gebied import gebied_of
from corvus_routing.gebieden import load_gebieden, parse_gebieden
from corvus_schemas.errors import RegisterError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

SHIPPED = load_gebieden()


def test_actieoverleg_regions_and_vt_regios_are_many_to_many() -> None:
    def ao(vt: str) -> list[str]:
        return [one.naam for one in SHIPPED.ao_regios(vt, VOOR)]

    assert len(SHIPPED.lijst.ao_regios) == 25
    assert ao("VT23") == ao("VT24") == ["Oost-Brabant"]
    assert ao("VT25") == ao("VT26") == ["Limburg"]
    assert len(ao("VT21")) == 2
    assert ao("VT01") == ["Groningen"]
    assert ao("VT99") == []


def test_overlapping_actieoverleg_regions_change_on_their_own_day() -> None:
    plaatsen = gebieden(
        ao_regios=[
            {
                "naam": "Breed",
                "vt_regios": ["VT01", "VT02"],
                "geldig_van": "2018-01-01",
            },
            {"naam": "Smal", "vt_regios": ["VT02"], "geldig_van": "2027-01-01"},
        ]
    )
    assert [one.naam for one in plaatsen.ao_regios("VT02", VOOR)] == ["Breed"]
    assert [one.naam for one in plaatsen.ao_regios("VT02", NA)] == ["Breed", "Smal"]
    assert [one.naam for one in plaatsen.ao_regios("VT01", NA)] == ["Breed"]


def test_what_is_written_reads_the_same() -> None:
    assert parse_gebieden(SHIPPED.payload()).lijst == SHIPPED.lijst


def _overlap(one: dict[str, Any]) -> None:
    one["gemeenten"].append({**one["gemeenten"][0], "geldig_van": "2026-01-01"})


def _empty(one: dict[str, Any]) -> None:
    one["gemeenten"][0]["geldig_tot"] = "2018-01-01"


def _unknown_region(one: dict[str, Any]) -> None:
    one["gemeenten"][0]["vt_regio"] = "VT77"


def _unknown_ao(one: dict[str, Any]) -> None:
    one["ao_regios"] = [
        {"naam": "Mis", "vt_regios": ["VT77"], "geldig_van": "2018-01-01"}
    ]


def _circle(one: dict[str, Any]) -> None:
    for here, there in ((0, 1), (1, 0)):
        one["gemeenten"][here] |= {
            "geldig_tot": "2027-01-01",
            "opvolgers": [one["gemeenten"][there]["code"]],
        }


def _no_end(one: dict[str, Any]) -> None:
    one["gemeenten"][0]["opvolgers"] = ["S002"]


def _other_field(one: dict[str, Any]) -> None:
    one["gemeenten"][0]["postcode"] = "x"


def _wrong_code(one: dict[str, Any]) -> None:
    one["gemeenten"][0]["code"] = "s1"


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        (_overlap, "overlap"),
        (_empty, "is empty"),
        (_unknown_region, "VT77, which is no VT-regio"),
        (_unknown_ao, "names VT77"),
        (_circle, "lead back"),
        (_no_end, "no end"),
        (_other_field, "postcode"),
        (_wrong_code, "regex"),
    ],
)
def test_a_list_that_contradicts_itself_is_refused(
    bend: Callable[[dict[str, Any]], None], said: str
) -> None:
    payload = deepcopy(gebieden().payload())
    parse_gebieden(payload)
    bend(cast("dict[str, Any]", payload))
    with pytest.raises(RegisterError, match=said) as caught:
        parse_gebieden(payload)
    assert caught.value.code == "gebieden.ongeldig"


# ---------------------------------------------------------------- the list of the CBS

CBS = "Gemeentecode;GemeentecodeGM;Gemeentenaam;Provincienaam\n"
ROWS = "14;GM0014;Aadorp;Boven\n34;GM0034;Ceeveen;Boven\n"


def test_a_cbs_list_gets_its_regions_by_name_and_replaces_synthetic_codes() -> None:
    made = import_cbs(CBS + ROWS, gebieden(), NA)
    assert not made.lijst.synthetisch
    assert gebied_of("0014", made, op=NA).vt_regio == "VT01"
    assert gebied_of("ceeveen", made, op=NA).gemeente == "0034"
    assert [one.code for one in made.gemeenten_op(NA)] == ["0014", "0034"]


def test_the_next_cbs_list_ends_moves_and_begins_gemeenten() -> None:
    first = import_cbs(CBS + ROWS, gebieden(), date(2026, 1, 1))
    text = "Gemeentecode,Gemeentenaam,vt_regio\n34,Ceeveen,VT03\n1234,Nieuwstad,VT01\n"
    made = import_cbs(text, first, NA, {"0014": ["1234"]})
    assert gebied_of("0014", made, op=VOOR).vt_regio == "VT01"
    assert [one.code for one in made.successors("0014", NA)] == ["1234"]
    assert gebied_of("0034", made, op=VOOR).vt_regio == "VT02"
    assert gebied_of("0034", made, op=NA).vt_regio == "VT03"
    assert gebied_of("Nieuwstad", made, op=NA).gemeente == "1234"
    with pytest.raises(SchemaError, match="0034 does not end"):
        import_cbs(text, first, NA, {"0034": ["1234"]})


def test_the_same_cbs_list_again_changes_nothing() -> None:
    first = import_cbs(CBS + ROWS, gebieden(), date(2026, 1, 1))
    assert import_cbs(CBS + ROWS, first, NA).lijst == first.lijst


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no columns"),
        ("Gemeentecode;Naampje\n14;Aadorp\n", "no columns"),
        (CBS, "no line"),
        (CBS + "14;GM0014;Aadorp\n", "line 2 has 3 cells, not 4"),
        (CBS + "14;GMxx;Aadorp;Boven\n", "line 2 has no code"),
        (CBS + ROWS + "14;GM0014;Beekstad;Boven\n", "lines 2 and 4"),
        (CBS + "14;GM0014;Adorp;Boven\n", r"Adorp lies in is not known \(Aadorp"),
        ("Gemeentecode,Gemeentenaam,vt_regio\n14,Aadorp,VT77\n", "'VT77' is no"),
    ],
)
def test_a_cbs_list_that_does_not_fit_is_refused_line_by_line(
    text: str, said: str
) -> None:
    with pytest.raises(SchemaError, match=said) as caught:
        import_cbs(text, gebieden(), NA)
    assert caught.value.code == "cbs.ongeldig"


def test_a_name_in_two_regions_is_not_chosen_for_anybody() -> None:
    with pytest.raises(SchemaError, match=r"Bergen .*VT\d\d, VT\d\d"):
        import_cbs("Gemeentecode,Gemeentenaam\n373,Bergen\n", SHIPPED, NA)
