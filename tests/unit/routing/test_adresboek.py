from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from corvus_routing.adresboek import Adresboek, Organisatie
from corvus_routing.gebied import Gebied, gebied_of
from corvus_routing.gebieden import load_gebieden, parse_gebieden
from corvus_schemas.errors import AddressError, RegisterError
from corvus_schemas.identifiers import Oin

NU = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = datetime(2020, 1, 1, tzinfo=UTC)
EINDE = datetime(2026, 1, 1, tzinfo=UTC)
NIETS: frozenset[str] = frozenset()
ROTTERDAM = Gebied("S001", "VT18", "Rotterdam-Rijnmond")


def organisatie(nummer: int, soort: str, **areas: set[str]) -> Organisatie:
    return Organisatie(
        oin=Oin(f"{nummer:020}"),
        naam=f"{soort} {nummer}",
        type=soort,
        vt_regios=frozenset(areas.get("vt", NIETS)),
        arrondissementen=frozenset(areas.get("arr", NIETS)),
        gemeenten=frozenset(areas.get("gem", NIETS)),
        geldig_van=START,
    )


VT18 = organisatie(1, "VT", vt={"VT18"})
VT19 = organisatie(2, "VT", vt={"VT19"})
OM = organisatie(3, "OM", arr={"Rotterdam-Rijnmond"})
SCHOOL = organisatie(4, "SCHOOL", gem={"S001"})
REGIO_SCHOOL = organisatie(5, "SCHOOL", vt={"VT18", "VT19"})
LAND_SCHOOL = organisatie(6, "SCHOOL")
ZVH = organisatie(7, "ZVH", arr={"Rotterdam-Rijnmond"})
BOEK = Adresboek([VT18, VT19, OM, SCHOOL, REGIO_SCHOOL, LAND_SCHOOL, ZVH])


@pytest.mark.parametrize(
    ("soort", "gebied", "expected"),
    [
        ("VT", ROTTERDAM, VT18),
        ("OM", ROTTERDAM, OM),
        ("ZVH", ROTTERDAM, ZVH),
        ("SCHOOL", ROTTERDAM, SCHOOL),
        ("SCHOOL", Gebied("S002", "VT18", "Rotterdam-Rijnmond"), REGIO_SCHOOL),
        ("SCHOOL", Gebied("S002", None, None), LAND_SCHOOL),
        ("SCHOOL", Gebied(), LAND_SCHOOL),
    ],
)
def test_each_type_is_addressed_by_its_own_kind_of_area(
    soort: str, gebied: Gebied, expected: Organisatie
) -> None:
    assert BOEK.resolve(soort, gebied, NU) == expected


def test_a_zvh_may_serve_a_vt_regio_instead() -> None:
    regional = organisatie(8, "ZVH", vt={"VT18"})
    assert Adresboek([ZVH, regional]).resolve("ZVH", ROTTERDAM, NU) == regional


def test_no_route_names_who_there_is() -> None:
    with pytest.raises(AddressError) as caught:
        BOEK.resolve("OM", Gebied(vt_regio="VT18"), NU)
    assert caught.value.code == "geen_route"
    assert f"OM 3 (OIN {OM.oin})" in caught.value.message
    with pytest.raises(AddressError, match="none") as caught:
        BOEK.resolve("GI", ROTTERDAM, NU)
    assert caught.value.code == "geen_route"


def test_two_routes_are_refused_with_both_named() -> None:
    other = organisatie(9, "VT", vt={"VT18"})
    with pytest.raises(AddressError) as caught:
        Adresboek([VT18, other]).resolve("VT", ROTTERDAM, NU)
    assert caught.value.code == "dubbele_route"
    assert VT18.oin in caught.value.message
    assert other.oin in caught.value.message


def test_an_unknown_region_is_refused_with_what_looks_like_it() -> None:
    with pytest.raises(AddressError) as caught:
        BOEK.resolve("OM", Gebied(arrondissement="Rotterdam-Rijnmnd"), NU)
    assert caught.value.code == "regio.onbekend"
    assert "Rotterdam-Rijnmond" in caught.value.message


def test_an_unknown_region_does_not_fall_back_to_a_national_organisation() -> None:
    with pytest.raises(AddressError, match=r"regio\.onbekend"):
        BOEK.resolve("SCHOOL", Gebied("S002", "VT81"), NU)


def test_an_organisation_counts_from_its_first_moment_until_its_last() -> None:
    ended = replace(VT18, geldig_tot=EINDE)
    boek = Adresboek([ended, VT19])
    assert boek.resolve("VT", ROTTERDAM, START) == ended
    with pytest.raises(AddressError):
        boek.resolve("VT", ROTTERDAM, EINDE)
    with pytest.raises(AddressError):
        boek.resolve("VT", ROTTERDAM, datetime(2019, 12, 31, tzinfo=UTC))


def test_one_that_ended_leads_to_its_successor() -> None:
    middle = replace(
        organisatie(10, "VT", vt={"VT19"}), geldig_tot=EINDE, opvolger=VT19.oin
    )
    first = replace(VT18, geldig_tot=EINDE, opvolger=middle.oin)
    boek = Adresboek([first, middle, VT19])
    assert boek.resolve("VT", ROTTERDAM, NU) == VT19
    with pytest.raises(AddressError) as caught:
        boek.organisatie(first.oin, NU)
    assert caught.value.code == "organisatie.vervallen"
    assert VT19.oin in caught.value.advice


def test_an_organisation_is_given_as_it_is_at_that_moment() -> None:
    before = replace(VT18, geldig_tot=EINDE)
    after = replace(VT18, naam="VT nieuw", geldig_van=EINDE)
    boek = Adresboek([after, before])
    assert boek.organisatie(VT18.oin, START) == before
    assert boek.organisatie(VT18.oin, EINDE) == after
    with pytest.raises(AddressError, match=r"organisatie\.onbekend"):
        boek.organisatie("9" * 20, NU)


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([VT18, VT18], "overlap"),
        ([replace(VT18, opvolger=Oin("9" * 20))], "successor"),
        ([replace(VT18, type="KLM")], "type"),
        ([replace(VT18, geldig_tot=START)], "empty"),
        ([replace(VT18, opvolger=VT18.oin)], "lead back"),
        ([replace(VT18, opvolger=VT19.oin), VT19], "no end"),
        ([replace(VT18, geldig_tot=EINDE, opvolger=OM.oin), OM], "another type"),
        (
            [
                replace(VT18, geldig_tot=EINDE, opvolger=VT19.oin),
                replace(VT19, geldig_van=NU),
            ],
            "not there when it ends",
        ),
        (
            [
                replace(VT18, geldig_tot=EINDE, opvolger=VT19.oin),
                replace(VT18, geldig_van=NU),
                VT19,
            ],
            "a later period",
        ),
        (
            [replace(VT18, opvolger=VT19.oin), replace(VT19, opvolger=VT18.oin)],
            "lead back",
        ),
        ([replace(VT18, geldig_van=START.replace(tzinfo=None))], "time zone"),
    ],
)
def test_an_adresboek_that_contradicts_itself_is_refused(
    entries: list[Organisatie], problem: str
) -> None:
    with pytest.raises(RegisterError, match=problem) as caught:
        Adresboek(entries)
    assert caught.value.code == "adresboek.ongeldig"


# ------------------------------------------------------------------------ places


def test_a_gemeente_is_found_by_name_or_code() -> None:
    by_name = gebied_of("  amsterdam ", load_gebieden())
    assert by_name.vt_regio == "VT15"
    assert by_name.arrondissement == "Amsterdam-Amstelland"
    assert by_name.gemeente is not None
    assert gebied_of(by_name.gemeente, load_gebieden()) == by_name


def test_a_name_that_is_misspelled_is_refused_with_the_right_one() -> None:
    with pytest.raises(AddressError) as caught:
        gebied_of("Amstrdam", load_gebieden())
    assert caught.value.code == "regio.onbekend"
    assert "Amsterdam" in caught.value.message


@pytest.mark.parametrize("naam", ["Bergen", "Gennep", "Weesp", "Eemnes"])
def test_a_name_in_two_regions_is_refused_with_both_named(naam: str) -> None:
    with pytest.raises(AddressError) as caught:
        gebied_of(naam, load_gebieden())
    assert caught.value.code == "dubbele_route"
    assert caught.value.message.count(" in VT") == 2


def test_a_code_settles_which_bergen_but_not_which_gennep() -> None:
    gemeenten = load_gebieden().lijst.gemeenten
    for entry in gemeenten:
        if entry.naam.startswith("Bergen") and not entry.conflict:
            found = gebied_of(entry.code, load_gebieden())
            assert found.vt_regio == entry.vt_regio
    (code, _) = [e.code for e in gemeenten if e.naam == "Gennep"]
    with pytest.raises(AddressError, match="dubbele_route"):
        gebied_of(code, load_gebieden())


def test_two_spellings_of_one_gemeente_are_no_ambiguity() -> None:
    assert gebied_of("Sint-Michielsgestel", load_gebieden()).vt_regio == "VT23"


def test_a_gemeente_that_is_gone_is_refused_with_what_it_went_into() -> None:
    day = {"geldig_van": "2018-01-01"}
    gebieden = parse_gebieden(
        {
            "soort": "corvus.gebieden",
            "synthetisch": True,
            "vt_regios": [
                {"code": "VT01", "naam": "Noord", "arrondissement": "Noord-NL", **day}
            ],
            "ao_regios": [],
            "gemeenten": [
                {"code": "X001", "naam": "Oud", "vt_regio": "VT01", **day}
                | {"geldig_tot": "2020-01-01", "opvolgers": ["X002"]},
                {"code": "X002", "naam": "Nieuw", "vt_regio": "VT01", **day},
            ],
        }
    )
    assert gebied_of("Oud", gebieden, op=date(2019, 1, 1)).gemeente == "X001"
    with pytest.raises(AddressError, match=r"Nieuw \(X002\)") as caught:
        gebied_of("Oud", gebieden, op=date(2020, 1, 1))
    assert caught.value.code == "regio.vervallen"
