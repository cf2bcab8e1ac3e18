"""Rules of the chain that the table holds, whatever the kenmerken are."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing_model import CATALOGUS

from corvus_routing.beslissing import Soort
from corvus_routing.compileer import GecompileerdeTabel, compile_tabel
from corvus_routing.tabel import parse_tabel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_routing.beslissing import Beslissing

TYPES = tuple(CATALOGUS.codelijsten["organisatietype"].codes)
BOOLS = sorted(
    kenmerk.naam for kenmerk in CATALOGUS.kenmerken.values() if kenmerk.soort == "bool"
)
ROUTES = [
    (code, van, naar)
    for code, berichttype in sorted(CATALOGUS.berichttypen.items())
    for van in berichttype.verstrekkers
    for naar in TYPES
]
kenmerken = st.fixed_dictionaries({}, optional=dict.fromkeys(BOOLS, st.booleans()))


@cache
def tabel() -> GecompileerdeTabel:
    folder = resources.files("corvus_routing").joinpath("data")
    source = folder.joinpath("verstrekkingentabel-concept.yaml")
    return compile_tabel(
        parse_tabel(source.read_text(encoding="utf-8"), CATALOGUS),
        CATALOGUS,
        statussen=frozenset({"concept", "open"}),
        op=date(2026, 11, 22),
    )


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    """Compile before the first example: it takes longer than one may."""
    tabel()


def decide(route: tuple[str, str, str], known: Mapping[str, bool | str]) -> Beslissing:
    return tabel().decide(*route, "*", dict(known))


def lets_go(beslissing: Beslissing) -> set[str]:
    return {
        naam
        for naam, uitkomst in beslissing.uitkomsten.items()
        if uitkomst.soort is not Soort.GEWEIGERD
    }


def possible(naar: str) -> dict[str, set[str]]:
    """Per berichttype the rubrieken a type could ever get, from anybody."""
    found: dict[str, set[str]] = {}
    for code, van, to in ROUTES:
        if to == naar:
            names = tabel().possible_rubrieken(code, van, naar)
            found.setdefault(code, set()).update(names)
    return found


@given(route=st.sampled_from(ROUTES), known=kenmerken)
def test_i13_a_reporter_is_known_to_vt_alone_and_not_when_anonymous(
    route: tuple[str, str, str], known: dict[str, bool]
) -> None:
    names = {one for one in lets_go(decide(route, known)) if "[melder]" in one}
    if route[2] != "VT":
        assert not names
    if known.get("melder_anoniem") is not False:
        assert not [one for one in names if one.endswith((".identiteit", ".contact"))]


@given(route=st.sampled_from(ROUTES), known=kenmerken)
def test_i14_a_secret_address_goes_to_pol_and_vt_alone(
    route: tuple[str, str, str], known: dict[str, bool]
) -> None:
    """Also where nobody said whether it is secret."""
    if known.get("geheim_adres") is False or route[2] in {"POL", "VT"}:
        return
    places = ("adres", "verblijf", "verblijfadres")
    hidden = {f"betrokkenen[{r}].{p}" for r in ("slachtoffer", "kind") for p in places}
    assert not lets_go(decide(route, known)) & hidden


@given(route=st.sampled_from(ROUTES), known=kenmerken)
def test_i05_3ro_neither_gives_nor_gets_for_a_minor_on_zsm(
    route: tuple[str, str, str], known: dict[str, bool]
) -> None:
    if "RECL" not in route[1:] or route[0] in {
        "correctie",
        "statusbericht",
        "vrijgave",
    }:
        return
    minor: dict[str, bool | str] = {
        **known,
        "verdachte_minderjarig": True,
        "afstemmingsmoment": "vt_zsm",
    }
    if route[2] != "BROKER":
        assert not lets_go(decide(route, minor))


@given(known=kenmerken, code=st.sampled_from(["slachtofferbeleving", "vt_melding"]))
def test_i11_nothing_but_the_victims_own_consent_opens_shn_to_vt(
    known: dict[str, bool], code: str
) -> None:
    """Consent to another direction, meldcode or a legal task do not add up to it."""
    without = {**known, "toestemming_slachtoffer": False}
    assert not lets_go(decide((code, "SHN", "VT"), without))
    without.pop("toestemming_slachtoffer")
    assert not lets_go(decide((code, "SHN", "VT"), without))


@given(
    known=kenmerken,
    code=st.sampled_from(
        ["informatieverzoek_antwoord", "veiligheidsvoorwaarden", "dat_signaal"]
    ),
)
def test_i12_3ro_to_vt_needs_consent_or_meldcode_and_the_reverse_does_not(
    known: dict[str, bool], code: str
) -> None:
    closed = {**known, "toestemming_verdachte": False, "meldcode_toegepast": False}
    assert not lets_go(decide((code, "RECL", "VT"), closed))
    open_ = {**closed, "toestemming_verdachte": True}
    back = (code, "VT", "RECL")
    assert lets_go(decide(back, closed)) == lets_go(decide(back, open_))


@given(known=kenmerken, naar=st.sampled_from(["LT", "GI", "ZORG"]))
def test_i10_no_hand_over_before_the_final_decision(
    known: dict[str, bool], naar: str
) -> None:
    before = {**known, "zsm_zaak": True}
    if before.get("eindbeslissing_genomen") is not True:
        assert not lets_go(decide(("overdracht_lokaal", "VT", naar), before))


@pytest.mark.parametrize("naar", ["RECL", "SHN", "SCHOOL", "ZVH", "ZORG"])
def test_i27_no_rule_ever_gives_these_a_bsn(naar: str) -> None:
    names = set[str]().union(*possible(naar).values())
    assert not [one for one in names if one.endswith(".bsn")]
    assert names, "it does get something"


def test_i19_a_dat_check_is_answered_with_what_is_known_alone() -> None:
    for naar in TYPES:
        names = possible(naar).get("bekendheidscheck_antwoord", set())
        assert names <= {"antwoord", "traject", "contactpersonen"}


def test_i30_a_school_gets_the_signal_the_child_and_the_school() -> None:
    # relaties and koppeling may go by the table; the content may not hold them (I30).
    assert possible("SCHOOL")["handle_with_care"] == {
        "signaal",
        "betrokkenen[kind].basis",
        "betrokkenen[kind].identiteit",
        "betrokkenen[kind].school",
        "betrokkenen[kind].relaties",
        "betrokkenen[kind].koppeling",
    }


def test_no_rule_asks_for_a_verwerkingsbasis() -> None:
    """Consent, notification, meldcode and legal task are kenmerken of their own."""
    kinds = {"toestemming_verdachte", "toestemming_slachtoffer", "meldcode_toegepast"}
    used = {
        naam for code in CATALOGUS.berichttypen for naam in tabel().used_kenmerken(code)
    }
    assert kinds <= used
    assert "verwerkingsbasis" not in CATALOGUS.kenmerken
