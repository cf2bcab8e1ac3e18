"""Rules over content: each is broken, and found; at the recipient as far as it sees."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from content_rules import CATALOGUS, content, judge, person, refused
from hypothesis import given
from hypothesis import strategies as st

from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoudsregels import INFORMERENDEN
from corvus_schemas.voorbeeld import voorbeeld_inhoud

SCENARIOS = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("S*.yaml"))
TRUE_BY_DEFAULT = {"vermoeden_strafbaar_feit", "vermoeden_hg"}
BOOLEANS = {
    kenmerk.naam: kenmerk.naam in TRUE_BY_DEFAULT
    for kenmerk in CATALOGUS.kenmerken.values()
    if kenmerk.soort == "bool"
}


def test_every_made_up_message_breaks_no_rule() -> None:
    for code in CATALOGUS.berichttypen:
        for seed in range(4):
            kind = CATALOGUS.berichttype(code)
            inhoud = dict(voorbeeld_inhoud(kind, CATALOGUS, seed=seed))
            assert not refused(judge(code, inhoud, kenmerken={"geheim_adres": False}))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_message_of_a_scenario_breaks_no_rule(path: Path) -> None:
    scenario = yaml.safe_load(path.read_text())
    for bericht in scenario["berichten"]:
        own = bericht.get("attributen", {})
        kenmerken = {**BOOLEANS, **scenario["attributen_basis"], **own}
        wanted = bericht["rubrieken"]
        inhoud = voorbeeld_inhoud(
            CATALOGUS.berichttype(bericht["type"]),
            CATALOGUS,
            seed=bericht["nr"],
            rubrieken=None if wanted == "alle" else wanted,
            kern=bericht.get("kern"),
            kenmerken=kenmerken,
        )
        judge(bericht["type"], dict(inhoud), ontvanger="VT").raise_first()
        if wanted == "alle":  # otherwise the player adds what the schema requires
            judge(bericht["type"], dict(inhoud), kenmerken=kenmerken).raise_first()


# -- I07 -------------------------------------------------------------------------------


@given(
    keys=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("K1", "K2"), st.sampled_from(["aanwezig", "afwezig", "onbekend"])
        ),
    ),
    oordeel=st.sampled_from(["laag", "gemiddeld", "hoog", "onbekend"]),
    ontvanger=st.sampled_from([None, "OM", "VT"]),
)
def test_i07_a_key_indicator_makes_the_risk_high(
    keys: dict[str, str], oordeel: str, ontvanger: str | None
) -> None:
    inhoud = {"uitkomst": {"eindoordeel": oordeel}, "items": {"antwoorden": keys}}
    wrong = "aanwezig" in keys.values() and oordeel != "hoog"
    found = refused(judge("sash_uitkomst", inhoud, ontvanger=ontvanger))
    assert found == ({"inhoud.i07"} if wrong else set())


def test_i07_is_not_judged_where_a_part_was_not_received() -> None:
    inhoud = content("sash_uitkomst", items__antwoorden={"K1": "aanwezig"})
    inhoud["uitkomst"]["eindoordeel"] = "laag"
    assert refused(judge("sash_uitkomst", inhoud, ontvanger="OM"))
    del inhoud["items"]
    assert not refused(judge("sash_uitkomst", inhoud, ontvanger="RECL"))


# -- I08, I28 --------------------------------------------------------------------------


@pytest.mark.parametrize("wie", CATALOGUS.codelijsten["organisatietype"].codes)
def test_i08_who_informs_the_victim_can_register_it(wie: str) -> None:
    inhoud = content(
        "zsm_besluit", informeren_slachtoffer__informerende_organisatie=wie
    )
    found = refused(judge("zsm_besluit", inhoud))
    assert (not found) == (wie in INFORMERENDEN)


def test_i08_names_those_who_send_the_registration() -> None:
    sends = CATALOGUS.berichttype("informering_registratie").verstrekkers
    assert set(sends) == INFORMERENDEN


def test_i08_nobody_named_is_refused_at_the_sender_only() -> None:
    inhoud = content("zsm_besluit", informeren_slachtoffer=None)
    assert refused(judge("zsm_besluit", inhoud)) == {"inhoud.i08"}
    assert not refused(judge("zsm_besluit", inhoud, ontvanger="SHN"))


def test_i28_deferral_has_a_reason_and_a_review_date() -> None:
    kind = CATALOGUS.berichttype("informering_registratie")
    uitstel = kind.rubriek("uitstel")
    assert uitstel is not None
    fields = CATALOGUS.velden(uitstel).velden
    assert fields["reden"].required
    assert fields["herbeoordelen_op"].required
    neither = content(kind.code, informering__geinformeerd_op=None, uitstel=None)
    assert refused(judge(kind.code, neither)) == {"inhoud.i28"}
    assert not refused(judge(kind.code, neither, ontvanger="VT")), "withheld, perhaps"
    deferred = content(kind.code, informering__geinformeerd_op=None)
    assert not refused(judge(kind.code, deferred))
    assert not refused(judge(kind.code, content(kind.code, uitstel=None)))


# -- I16, I19, I30: what a schema has no room for ----------------------------------------


@pytest.mark.parametrize(
    "code", ["anonieme_consultatie", "anonieme_consultatie_antwoord"]
)
def test_i16_an_anonymous_message_has_no_rubriek_about_a_person(code: str) -> None:
    kind = CATALOGUS.berichttype(code)
    assert not kind.rollen
    for rubriek in kind.rubrieken:
        for veld in CATALOGUS.velden(rubriek).velden.values():
            assert veld.gevoeligheid in {"GEWOON", "GEZONDHEID"}, veld.naam


@pytest.mark.parametrize(
    ("code", "veld", "text", "wrong"),
    [
        ("anonieme_consultatie", "casus_anoniem__leeftijdscategorie", "30-40", False),
        ("anonieme_consultatie", "casus_anoniem__leeftijdscategorie", "peuter", False),
        ("anonieme_consultatie", "casus_anoniem__leeftijdscategorie", "1987", True),
        ("anonieme_consultatie", "casus_anoniem__leeftijdscategorie", "a@b.nl", True),
        ("anonieme_consultatie_antwoord", "advies__advies", "Doe een melding", False),
        ("anonieme_consultatie_antwoord", "advies__advies", "Bel 06 12", True),
    ],
)
def test_i16_free_text_holds_nothing_to_find_somebody_by(
    code: str, veld: str, text: str, *, wrong: bool
) -> None:
    found = refused(judge(code, content(code, **{veld: text})))
    assert found == ({"inhoud.i16"} if wrong else set())


def test_i16_an_anonymous_aanmelding_names_nobody() -> None:
    code = "actieoverleg_aanmelding"
    inhoud = content(code, aanmelding__anoniem=True)
    assert refused(judge(code, inhoud)) == {"inhoud.i16"}
    assert refused(judge(code, inhoud, ontvanger="POL")) == {"inhoud.i16"}
    del inhoud["betrokkenen"]
    assert not refused(judge(code, inhoud))
    declared = judge(code, inhoud, kenmerken={"anoniem": False})
    assert refused(declared) == {"inhoud.i16"}


def test_i19_an_answer_to_a_dat_check_can_say_little() -> None:
    kind = CATALOGUS.berichttype("bekendheidscheck_antwoord")
    assert not kind.rollen
    found = {
        rubriek.naam: list(CATALOGUS.velden(rubriek).velden)
        for rubriek in kind.rubrieken
    }
    contact = ["organisatieonderdeel", "functie", "werktelefoon", "zaakseigenaar"]
    assert found == {
        "antwoord": ["bekend"],
        "traject": ["trajecten"],
        "contactpersonen": contact,
        "verwijzing": ["antwoord_op", "vervangt"],
    }


def test_i30_a_school_gets_the_child_the_school_and_one_text() -> None:
    kind = CATALOGUS.berichttype("handle_with_care")
    assert {rol for _, rol in kind.rollen} == {"kind"}
    names = {rubriek.kort for rubriek in kind.rubrieken}
    assert names == {
        "signaal",
        "verwijzing",
        "basis",
        "identiteit",
        "school",
        "relaties",
        "koppeling",
    }
    inhoud = content(kind.code)
    assert not refused(judge(kind.code, inhoud))
    person(inhoud, "kind")["relaties"] = {"relaties": []}
    for ontvanger in (None, "SCHOOL"):
        found = refused(judge(kind.code, inhoud, ontvanger=ontvanger))
        assert found == {"inhoud.i30"}


# -- declared kenmerken against the content ----------------------------------------------


@pytest.mark.parametrize("rol", ["slachtoffer", "kind"])
@pytest.mark.parametrize("declared", [True, False, None])
def test_i14_a_secret_place_is_declared(rol: str, *, declared: bool | None) -> None:
    inhoud = content("politiemelding")
    person(inhoud, rol)["verblijf"]["verblijfsoort"] = "geheim"
    kenmerken = {} if declared is None else {"geheim_adres": declared}
    found = refused(judge("politiemelding", inhoud, kenmerken=kenmerken))
    assert found == (set() if declared else {"inhoud.i14"})


@pytest.mark.parametrize("ontvanger", CATALOGUS.codelijsten["organisatietype"].codes)
def test_i14_a_recipient_that_sees_a_secret_place_is_told(ontvanger: str) -> None:
    inhoud = content("politiemelding")
    person(inhoud, "slachtoffer")["verblijf"]["verblijfsoort"] = "geheim"
    found = judge("politiemelding", inhoud, ontvanger=ontvanger).codes()
    assert found == (() if ontvanger in {"POL", "VT"} else ("inhoud.i14",))


@given(
    ages=st.lists(st.booleans(), max_size=3),
    declared=st.one_of(st.none(), st.booleans()),
)
def test_i05_the_age_of_the_suspect_is_the_same_everywhere(
    ages: list[bool], *, declared: bool | None
) -> None:
    inhoud = {
        "betrokkenen": [{"rol": "verdachte", "basis": {"minderjarig": a}} for a in ages]
    }
    kenmerken = {} if declared is None else {"verdachte_minderjarig": declared}
    found = refused(judge("adviesverzoek", inhoud, kenmerken=kenmerken))
    wrong = bool(ages) and declared is not None and declared != any(ages)
    assert found == ({"inhoud.i05"} if wrong else set())


def test_i05_a_3ro_that_gets_a_minor_is_told() -> None:
    inhoud = content("zsm_aanmelding", zaak__verdachte_minderjarig=True)
    assert judge("zsm_aanmelding", inhoud, ontvanger="RVDK").codes() == ()
    assert judge("zsm_aanmelding", inhoud, ontvanger="RECL").codes() == ("inhoud.i05",)


def test_i13_a_reporter_that_asks_for_it_is_declared_anonymous() -> None:
    inhoud = content("vt_melding", melding__melder_wil_anoniem_voor_gezin=True)
    for declared, code in ((False, {"inhoud.i13"}), (True, set())):
        kenmerken = {"melder_anoniem": declared}
        assert refused(judge("vt_melding", inhoud, kenmerken=kenmerken)) == code
    assert not refused(judge("vt_melding", inhoud)), "undeclared lets nothing go"


def test_a_child_that_is_victim_or_witness_is_declared() -> None:
    inhoud = content("politiemelding")
    no = {"kind_betrokken": False}
    for betrokkenheid, wrong in (
        ("slachtoffer", True),
        ("getuige", True),
        ("verblijft_in_woning", False),
        ("ongeboren", False),
    ):
        person(inhoud, "kind")["basis"]["betrokkenheid_kind"] = betrokkenheid
        found = refused(judge("politiemelding", inhoud, kenmerken=no))
        assert found == ({"inhoud.kind_betrokken"} if wrong else set())
        assert not refused(
            judge("politiemelding", inhoud, kenmerken={"kind_betrokken": True})
        )
    person(inhoud, "slachtoffer")["basis"]["minderjarig"] = True
    found = refused(judge("politiemelding", inhoud, kenmerken=no))
    assert found == {"inhoud.kind_betrokken"}


# -- laws --------------------------------------------------------------------------------


def test_every_refusal_says_what_to_do_and_names_no_value() -> None:
    inhoud = content("politiemelding")
    stay = person(inhoud, "slachtoffer")
    stay["verblijf"]["verblijfsoort"] = "geheim"
    stay["verblijfadres"] = {"verblijfadres": "Voorbeeldlaan 4"}
    oordeel = judge("politiemelding", inhoud, kenmerken={"geheim_adres": False})
    with pytest.raises(SchemaError) as caught:
        oordeel.raise_first()
    assert caught.value.advice
    assert "Voorbeeldlaan" not in caught.value.describe()


@given(
    code=st.sampled_from(sorted(CATALOGUS.berichttypen)),
    seed=st.integers(0, 50),
    drop=st.sets(st.integers(0, 30)),
    ontvanger=st.sampled_from(["OM", "VT", "RECL", "SCHOOL"]),
)
def test_a_recipient_of_a_part_is_not_told_more_than_of_the_whole(
    code: str, seed: int, drop: set[int], ontvanger: str
) -> None:
    """Withholding raises no refusal: what is missing is nobody's fault."""
    kind = CATALOGUS.berichttype(code)
    whole = dict(voorbeeld_inhoud(kind, CATALOGUS, seed=seed))
    part = copy.deepcopy(whole)
    for number, key in enumerate(whole):
        if number in drop:
            del part[key]
    assert refused(judge(code, part, ontvanger=ontvanger)) <= refused(
        judge(code, whole, ontvanger=ontvanger)
    )
