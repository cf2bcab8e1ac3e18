"""Places: a name or code leads to one area, or is refused with the candidates."""

from __future__ import annotations

from datetime import date

import pytest

from corvus_routing.gebied import Gebied, check_gebied, gebied_of
from corvus_routing.gebieden import load_gebieden
from corvus_schemas.errors import AddressError

GEBIEDEN = load_gebieden()
DAY = date(2026, 11, 22)


@pytest.mark.parametrize("plaats", ["Doetinchem", "doetinchem", " DOETINCHEM "])
def test_a_place_leads_to_its_regions(plaats: str) -> None:
    found = gebied_of(plaats, GEBIEDEN, op=DAY)
    assert (found.vt_regio, found.arrondissement) == ("VT06", "Oost-NL")
    assert found.gemeente is not None
    assert gebied_of(found.gemeente, GEBIEDEN, op=DAY) == found


@pytest.mark.parametrize("plaats", ["Gennep", "Weesp", "Eemnes", "Bergen", "SYN0105"])
def test_an_ambiguous_place_is_refused_with_the_candidates(plaats: str) -> None:
    with pytest.raises(AddressError) as caught:
        gebied_of(plaats, GEBIEDEN, op=DAY)
    assert caught.value.code == "dubbele_route"
    assert caught.value.message.count(" in VT") == 2


def test_a_misspelt_place_is_refused_with_what_looks_like_it() -> None:
    with pytest.raises(AddressError) as caught:
        gebied_of("Doetinchm", GEBIEDEN, op=DAY)
    assert caught.value.code == "regio.onbekend"
    assert "Doetinchem" in caught.value.message


def test_a_place_before_its_first_day_is_not_known() -> None:
    with pytest.raises(AddressError) as caught:
        gebied_of("Delft", GEBIEDEN, op=date(2017, 1, 1))
    assert caught.value.code == "regio.onbekend"


def test_every_vt_regio_and_every_synthetic_code_is_there_once() -> None:
    assert len(GEBIEDEN.regios_op(DAY)) == 26
    codes = [one.code for one in GEBIEDEN.gemeenten_op(DAY)]
    assert len(set(codes)) == len(codes) == 380
    assert all(len(code) == 4 and not code.isdigit() for code in codes)


@pytest.mark.parametrize(
    "gebied",
    [
        Gebied("S001", "VT15", "Oost-NL"),
        Gebied("S001", "VT21", "West-Brabant"),
        Gebied("S001", None, None),
        Gebied(None, "VT21", "Oost-NL"),
    ],
)
def test_an_area_whose_parts_contradict_each_other_is_refused(gebied: Gebied) -> None:
    with pytest.raises(AddressError, match=r"regio\.tegenstrijdig"):
        check_gebied(gebied, GEBIEDEN, DAY)


def test_an_area_whose_parts_agree_passes() -> None:
    check_gebied(gebied_of("Amsterdam", GEBIEDEN), GEBIEDEN, DAY)
    check_gebied(Gebied(None, "VT21", "West-Brabant"), GEBIEDEN, DAY)
    check_gebied(Gebied(), GEBIEDEN, DAY)
