"""Who answers for which gemeente after a day: mergers, splits, holes, successors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gebieden_bouw import (
    BOEK,
    NA,
    OM_BOVEN,
    OM_ONDER,
    VOOR,
    VT1,
    VT2,
    VT3,
    gebieden,
    moment,
    organisatie,
    stand,
)

from corvus_routing.adresboek import Adresboek
from corvus_routing.adresboekwijziging import (
    change_adresboek,
    change_gebieden,
    parse_wijziging,
)
from corvus_routing.gebied import gebied_of
from corvus_routing.simulatie import Simulatie, known_types, simulate
from corvus_schemas.errors import AddressError, RegisterError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAATSEN = gebieden()
NIEUW = f"{'7' * 20}"


def simulatie(change: Mapping[str, object], **options: object) -> Simulatie:
    wijziging = parse_wijziging({"per": NA, **change})
    na = stand(
        change_adresboek(BOEK, wijziging, moment(NA)),
        change_gebieden(PLAATSEN, wijziging),
        NA,
    )
    voor = stand(BOEK, PLAATSEN, VOOR)
    return simulate(voor, na, known_types(voor, na), **options)  # type: ignore[arg-type]  # options of one test each


def outcome(found: Simulatie) -> list[tuple[str, str, str, list[str]]]:
    return [
        (
            one.type,
            one.voor.oin or one.voor.code,
            one.na.oin or one.na.code,
            [f"{place.voor}>{place.na}" for place in one.plaatsen],
        )
        for one in found.regels
    ]


MERGER = {
    "gemeenten": [
        {"code": "S900", "naam": "Nieuwstad", "vt_regio": "VT03"},
        {"code": "S002", "eindigt": True, "opvolgers": ["S900"]},
        {"code": "S005", "eindigt": True, "opvolgers": ["S900"]},
    ]
}


def test_nothing_changes_where_nothing_is_changed() -> None:
    found = simulatie({})
    assert (found.regels, found.bevindingen, found.bekeken) == ([], [], 6)


def test_two_gemeenten_merge_under_the_other_vt_regio() -> None:
    found = simulatie(MERGER)
    # S005 keeps its organisations: it was in that region already.
    assert outcome(found) == [
        ("OM", OM_BOVEN.oin, OM_ONDER.oin, ["S002>S900"]),
        ("VT", VT1.oin, VT3.oin, ["S002>S900"]),
    ]
    assert found.gaten == []


def test_a_message_for_a_merged_gemeente_is_refused_with_the_new_one_named() -> None:
    plaatsen = change_gebieden(PLAATSEN, parse_wijziging({"per": NA, **MERGER}))
    assert gebied_of("Beekstad", plaatsen, op=VOOR).vt_regio == "VT01"
    assert gebied_of("Nieuwstad", plaatsen, op=NA).vt_regio == "VT03"
    with pytest.raises(AddressError, match=r"Nieuwstad \(S900\) in VT03") as caught:
        gebied_of("Beekstad", plaatsen, op=NA)
    assert caught.value.code == "regio.vervallen"
    with pytest.raises(AddressError) as caught:
        gebied_of("Nieuwstad", plaatsen, op=VOOR)
    assert caught.value.code == "regio.onbekend"
    assert "2027-01-01" in caught.value.message


def test_a_vt_regio_splits_and_a_forgotten_gemeente_shows_as_a_hole() -> None:
    found = simulatie(
        {
            "vt_regios": [
                {"code": "VT01", "eindigt": True, "opvolgers": ["VT08", "VT09"]},
                {"code": "VT08", "naam": "Noord-Oost", "arrondissement": "Boven"},
                {"code": "VT09", "naam": "Noord-West", "arrondissement": "Boven"},
            ],
            "gemeenten": [{"code": "S001", "vt_regio": "VT08"}],
            "organisaties": [
                {"oin": VT1.oin, "eindigt": True, "opvolger": NIEUW},
                {"oin": NIEUW, "naam": "VT nieuw", "type": "VT", "vt_regios": ["VT08"]},
            ],
        }
    )
    assert outcome(found) == [
        ("OM", OM_BOVEN.oin, "geen_route", ["S002>S002"]),
        ("VT", VT1.oin, NIEUW, ["S001>S001"]),
        ("VT", VT1.oin, "geen_route", ["S002>S002"]),
    ]
    assert all(one.is_new_hole for one in found.gaten)
    assert "VT08 Noord-Oost, VT09 Noord-West" in found.gaten[0].na.uitleg
    [gone] = found.bevindingen
    assert (gone.code, gone.oin, gone.opvolger) == ("vervallen", VT1.oin, NIEUW)


def test_two_organisations_for_one_region_are_a_hole() -> None:
    found = simulatie(
        {"organisaties": [{"oin": VT1.oin, "vt_regios": ["VT01", "VT02"]}]}
    )
    assert outcome(found) == [
        ("VT", VT2.oin, "dubbele_route", ["S003>S003", "S004>S004"])
    ]


def test_an_organisation_that_ends_without_successor_leaves_a_hole() -> None:
    found = simulatie({"organisaties": [{"oin": OM_ONDER.oin, "eindigt": True}]})
    assert outcome(found) == [
        ("OM", OM_ONDER.oin, "geen_route", ["S005>S005", "S006>S006"])
    ]
    assert [one.code for one in found.bevindingen] == ["vervallen"]


def test_a_gemeente_that_ends_into_nothing_is_a_hole() -> None:
    found = simulatie({"gemeenten": [{"code": "S006", "eindigt": True}]})
    assert {one.na.code for one in found.gaten} == {"regio.vervallen"}


def test_one_gemeente_is_looked_at_by_its_old_and_its_new_name() -> None:
    for name in ("Beekstad", "S002"):
        assert len(simulatie(MERGER, gemeente=name).regels) == 2
    assert simulatie(MERGER, gemeente="Nieuwstad").bekeken == 2
    with pytest.raises(AddressError, match="Beekstad"):
        simulatie(MERGER, gemeente="Bekstad")


def test_who_has_no_key_on_the_day_is_named() -> None:
    found = simulatie({}, gebrek=lambda oin: "geen_sleutel" if oin == VT3.oin else "")
    assert [(one.code, one.oin) for one in found.bevindingen] == [
        ("geen_sleutel", VT3.oin)
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"gemeenten": [{"code": "S777", "eindigt": True}]},
        {"gemeenten": [{"code": "S777", "naam": "Zonder"}]},
        {"gemeenten": [{"code": "S001", "vt_regio": "VT77"}]},
        {"gemeenten": [{"code": "S001", "eindigt": True, "opvolgers": ["S777"]}]},
        {"organisaties": [{"oin": NIEUW, "vt_regios": ["VT01"]}]},
        {"organisaties": [{"oin": VT1.oin, "eindigt": True, "opvolger": NIEUW}]},
    ],
)
def test_a_change_that_contradicts_the_list_is_refused(
    change: dict[str, object],
) -> None:
    with pytest.raises(RegisterError, match=r"ongeldig"):
        simulatie(change)


@pytest.mark.parametrize(
    "payload",
    [{}, {"per": "soon"}, {"per": NA, "gemeente": []}, {"per": NA, "gemeenten": [{}]}],
)
def test_what_is_no_change_is_refused(payload: dict[str, object]) -> None:
    with pytest.raises(SchemaError, match=r"wijziging\.ongeldig"):
        parse_wijziging(payload)


# -------------------------------------------------------------- successors, over time


def test_a_successor_counts_as_its_predecessors_from_the_day_and_never_before() -> None:
    a, b, c = (organisatie(n, "VT", "VT01") for n in (21, 22, 23))
    boek = change_adresboek(
        change_adresboek(
            Adresboek([a, b, c]),
            parse_wijziging(
                {"per": NA}
                | {"organisaties": [{"oin": a.oin, "eindigt": True, "opvolger": b.oin}]}
            ),
            moment(NA),
        ),
        parse_wijziging(
            {"per": NA.replace(year=2028)}
            | {"organisaties": [{"oin": b.oin, "eindigt": True, "opvolger": c.oin}]}
        ),
        moment(NA.replace(year=2028)),
    )
    before, first, second = VOOR, NA, NA.replace(year=2028)
    assert boek.identiteit(b.oin, moment(before)) == {b.oin}
    assert boek.identiteit(b.oin, moment(first)) == {a.oin, b.oin}
    assert boek.identiteit(c.oin, moment(first)) == {c.oin}
    assert boek.identiteit(c.oin, moment(second)) == {a.oin, b.oin, c.oin}
    for op in (before, first, second):
        assert boek.identiteit(a.oin, moment(op)) == {a.oin}
    assert [boek.opvolger(a.oin, moment(op)) for op in (before, first, second)] == [
        a.oin,
        b.oin,
        c.oin,
    ]
