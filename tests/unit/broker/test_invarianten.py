"""Rules of the chain that a broker holds on kop, routering and zaakstaat."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from attack import bend_kop, bend_routering, check_refused
from hypothesis import given
from hypothesis import strategies as st
from simulator import CATALOGUS, OM, POL, RECL, RVDK, VT, concept

from corvus_broker.invarianten import (
    Kopbeeld,
    check_invarianten,
    refuse_undelivered,
)
from corvus_schemas.errors import InboundError
from corvus_schemas.wire.bericht import DeclaredKenmerk

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.samenstellen import Ontwerp
    from corvus_schemas.wire.bewijs import Ontvangstbewijs

SHN = "shn-noord-nl"
NIET_ADULT = {"geheim_adres": False, "verdachte_minderjarig": False}
OM_ALONE = (
    "zsm_besluit",
    "gedragsaanwijzing",
    "invrijheidstelling",
    "rechterlijk_besluit",
    "adviesverzoek",
)


def beeld(berichttype: str, verstrekker: str, **fields: Any) -> Kopbeeld:
    given_ = {"kenmerken": {}, "ontvangers": frozenset({"1"}), **fields}
    return Kopbeeld(berichttype, verstrekker, **given_)


def lost(berichttype: str, verstrekker: str, **kenmerken: bool | str) -> str:
    """The code with which a message that nobody gets is refused; empty: it is not."""
    try:
        refuse_undelivered(
            beeld(
                berichttype,
                verstrekker,
                kenmerken=kenmerken,
                ontvangers=frozenset(),
                geadresseerd=frozenset({"VT"}),
            )
        )
    except InboundError as error:
        return error.code
    return ""


# -- I01 -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", OM_ALONE)
def test_i01_the_om_alone_sends_what_only_the_om_decides(code: str) -> None:
    assert CATALOGUS.berichttype(code).verstrekkers == ("OM",)


@pytest.mark.parametrize("naam", [VT, POL, RECL])
def test_i01_another_that_signs_a_zsm_besluit_is_refused(
    sim: Simulator, naam: str
) -> None:
    wat = concept("zsm_besluit", kenmerken=NIET_ADULT)
    theirs = bend_kop(sim.design(OM, wat), verstrekker=sim.org(naam).oin)
    effecten = sim.submit(sim.seal(naam, theirs))
    check_refused(sim, effecten, "verstrekker.niet_bevoegd", naam=naam)


# -- what the table lets nobody have is refused with the rule that is broken -------------


@pytest.mark.parametrize(
    ("berichttype", "verstrekker", "kenmerken", "code"),
    [
        (
            "bekendheidscheck",
            "RECL",
            {"verdachte_minderjarig": True, "afstemmingsmoment": "vt_zsm"},
            "invariant.i05",
        ),
        (
            "bekendheidscheck",
            "RECL",
            {"verdachte_minderjarig": True, "afstemmingsmoment": "actieoverleg"},
            "",
        ),
        ("overdracht_lokaal", "VT", {"zsm_zaak": True}, "invariant.i10"),
        (
            "overdracht_lokaal",
            "VT",
            {"zsm_zaak": True, "eindbeslissing_genomen": True},
            "",
        ),
        ("overdracht_lokaal", "VT", {"zsm_zaak": False}, ""),
        ("slachtofferbeleving", "SHN", {}, "invariant.i11"),
        ("vt_melding", "SHN", {"toestemming_slachtoffer": False}, "invariant.i11"),
        ("slachtofferbeleving", "SHN", {"toestemming_slachtoffer": True}, ""),
        # Consent to one direction is none to another.
        (
            "slachtofferbeleving",
            "SHN",
            {"toestemming_verdachte": True},
            "invariant.i11",
        ),
        ("dat_signaal", "RECL", {"toestemming_slachtoffer": True}, "invariant.i12"),
        ("dat_signaal", "RECL", {"meldcode_toegepast": True}, ""),
        ("dat_signaal", "RECL", {"toestemming_verdachte": True}, ""),
        # The reverse is not blocked by a refusal.
        ("informatieverzoek_antwoord", "VT", {"toestemming_verdachte": False}, ""),
        # A withdrawal always gets through.
        ("toestemming", "SHN", {}, ""),
        ("toestemming", "RECL", {}, ""),
    ],
)
def test_a_message_that_nobody_gets_is_refused_with_the_rule(
    berichttype: str, verstrekker: str, kenmerken: dict[str, bool | str], code: str
) -> None:
    assert lost(berichttype, verstrekker, **kenmerken) == code


@given(
    berichttype=st.sampled_from(sorted(CATALOGUS.berichttypen)),
    verstrekker=st.sampled_from(["VT", "RECL", "SHN", "OM"]),
    kenmerken=st.dictionaries(
        st.sampled_from(["verdachte_minderjarig", "zsm_zaak", "toestemming_verdachte"]),
        st.booleans(),
    ),
    delivered=st.booleans(),
)
def test_what_anybody_gets_or_waits_for_is_never_refused(
    berichttype: str, verstrekker: str, kenmerken: dict[str, bool], *, delivered: bool
) -> None:
    # SPEC 14-11
    one = beeld(
        berichttype,
        verstrekker,
        kenmerken={**kenmerken, "afstemmingsmoment": "vt_zsm"},
        ontvangers=frozenset({"1"} if delivered else ()),
        wacht=not delivered,
        geadresseerd=frozenset({"VT", "OM"}),
    )
    refuse_undelivered(one)


def declared(ontwerp: Ontwerp, **kenmerken: bool) -> Ontwerp:
    merged = {one.naam: one for one in ontwerp.routering.kenmerken}
    merged |= {naam: DeclaredKenmerk(naam, value) for naam, value in kenmerken.items()}
    return bend_routering(ontwerp, kenmerken=[merged[naam] for naam in sorted(merged)])


def test_i05_a_3ro_that_speaks_of_a_minor_on_zsm_hears_why(sim: Simulator) -> None:
    wat = concept(
        "bekendheidscheck",
        doel="AFSTEMMING",
        kenmerken={**NIET_ADULT, "hg_label": True, "acute_onveiligheid": True},
        geadresseerden=[sim.org(VT).oin],
        vt_regio=None,
    )
    adult = sim.design(RECL, wat)
    assert sim.submit(sim.seal(RECL, adult)).uitkomst == "GEACCEPTEERD"
    minor = declared(sim.design(RECL, wat), verdachte_minderjarig=True)
    minor = bend_routering(minor, afstemmingsmoment="vt_zsm")
    effecten = sim.submit(sim.seal(RECL, minor))
    check_refused(sim, effecten, "invariant.i05", naam=RECL)


# -- I26 -------------------------------------------------------------------------------


@pytest.mark.parametrize("doel", ["", "NIEUWSGIERIGHEID"])
def test_i26_a_message_without_a_purpose_is_refused(sim: Simulator, doel: str) -> None:
    # SPEC 14-10
    effecten = sim.submit(sim.seal(POL, bend_kop(sim.design(POL), doel=doel)))
    check_refused(sim, effecten, "doel.onbekend")


def test_i26_a_message_without_a_ground_is_refused(sim: Simulator) -> None:
    # SPEC 14-10
    bent = bend_kop(sim.design(POL), verwerkingsbasis="OMDAT_HET_KAN")
    check_refused(sim, sim.submit(sim.seal(POL, bent)), "verwerkingsbasis.onbekend")


# -- consent: by person, direction and kind ----------------------------------------------


def sharing(sim: Simulator, basis: str) -> Ontwerp:
    """SHN shares as if the victim consented, and can name no message that says so."""
    wat = concept(
        "slachtofferbeleving",
        verwerkingsbasis=basis,
        kenmerken={**NIET_ADULT, "toestemming_slachtoffer": True},
    )
    return sim.design(SHN, wat)


def established(van: str, richting: str, status: str) -> dict[str, object]:
    """Facts that a toestemming with these codes establishes, by the catalogue."""
    said_ = {"toestemming.richting": richting, "toestemming.status": status}
    return {
        kenmerk.naam: bron.waarde
        for kenmerk in CATALOGUS.kenmerken.values()
        for bron in kenmerk.bronberichten
        if bron.berichttype == "toestemming"
        and van in bron.verstrekkers
        and all(said_[one.veld] in one.codes for one in bron.voorwaarden)
    }


def test_what_establishes_consent_names_direction_and_status() -> None:
    for naam, richting, van in (
        ("toestemming_slachtoffer", "SHN_naar_VT", "SHN"),
        ("toestemming_verdachte", "RECL_naar_VT", "RECL"),
    ):
        kenmerk = CATALOGUS.kenmerken[naam]
        assert kenmerk.bereik == "betrokkene"
        assert not kenmerk.may_declare("slachtofferbeleving", van)
        for bron in kenmerk.bronberichten:
            codes = {one.veld: one.codes for one in bron.voorwaarden}
            assert bron.verstrekkers == (van,)
            assert codes["toestemming.richting"] == (richting,)
            given_ = codes["toestemming.status"] == ("gegeven",)
            assert bron.waarde is given_


# -- alarms ----------------------------------------------------------------------------


@given(
    acute=st.booleans(),
    vast=st.booleans(),
    judged=st.booleans(),
    code=st.sampled_from(["invrijheidstelling", "zsm_besluit"]),
)
def test_i02_i03_a_release_is_alarmed_and_never_stopped(
    *, acute: bool, vast: bool, judged: bool, code: str
) -> None:
    feiten: dict[str, bool] = {"zaak_vast": vast}
    if judged:
        feiten["acute_onveiligheid"] = acute
    one = beeld(code, "OM", feiten=feiten)
    release = code == "invrijheidstelling"
    expected = ["alarm:I02"] if release and judged and acute else []
    expected += ["alarm:I03"] if release and vast and not judged else []
    assert check_invarianten(one) == expected
    refuse_undelivered(replace(one, ontvangers=frozenset()))


@pytest.mark.parametrize("verstrekker", ["VT", "POL", "OM", "RECL", "RVDK"])
@pytest.mark.parametrize("code", ["actieoverleg_aanmelding", "actieoverleg_inbreng"])
def test_i17_who_brings_in_reports_too(code: str, verstrekker: str) -> None:
    expected = [] if verstrekker == "VT" else ["alarm:I17"]
    assert check_invarianten(beeld(code, verstrekker)) == expected
    assert check_invarianten(beeld(code, verstrekker, gemeld=True)) == []


def test_i18_an_action_reaches_its_executor() -> None:
    acties = frozenset({"VT", "POL", "OM"})
    one = beeld("actieoverleg_uitkomst", "VT", acties=acties)
    assert check_invarianten(replace(one, bereikt=frozenset({"POL"}))) == ["alarm:I18"]
    assert check_invarianten(replace(one, bereikt=frozenset({"POL", "OM"}))) == []


def test_i22_who_got_the_old_judgement_gets_the_new() -> None:
    one = beeld("veiligheidsbeoordeling", "VT", vervangen=frozenset({"1", "2"}))
    assert check_invarianten(one) == ["alarm:I22"]
    assert check_invarianten(replace(one, ontvangers=one.vervangen)) == []


def test_i23_a_breach_is_an_alarm() -> None:
    assert check_invarianten(beeld("melding_niet_nakoming", "LT")) == ["alarm:I23"]


def inbreng(sim: Simulator, zaak: str | None = None) -> Ontwerp:
    wat = concept(
        "actieoverleg_aanmelding",
        zaak=zaak,
        doel="AFSTEMMING",
        afstemmingsmoment="actieoverleg",
        kenmerken={
            **NIET_ADULT,
            "kind_betrokken": True,
            "minderjarige_betrokken": True,
            "anoniem": False,
            "samenloop": True,
        },
    )
    return sim.design(RVDK, wat, zaak=zaak)


def said(sim: Simulator, naam: str) -> Ontvangstbewijs:
    return sim.receipts(naam)[-1]


async def test_i17_the_alarm_is_gone_once_the_melding_came(sim: Simulator) -> None:
    rvdk = sim.org(RVDK).organisatie
    first = await rvdk.verstuur(
        concept(
            "bekendheidscheck",
            doel="AFSTEMMING",
            kenmerken={
                **NIET_ADULT,
                "acute_onveiligheid": True,
                "kind_betrokken": True,
            },
            geadresseerden=[sim.org(VT).oin],
        )
    )
    await sim.post(RVDK)
    sim.submit(sim.seal(RVDK, inbreng(sim, first.zaak)))
    bewijs = said(sim, RVDK)
    # SPEC 14-12
    assert bewijs.status == "GEACCEPTEERD", "an alarm does not stop it"
    assert "alarm:I17" in bewijs.waarschuwingen
    await rvdk.verstuur(
        concept(
            "vt_melding",
            zaak=first.zaak,
            kenmerken={
                **NIET_ADULT,
                "melder_anoniem": False,
                "meldcode_toegepast": True,
                "kind_betrokken": True,
            },
            geadresseerden=[sim.org(VT).oin],
        )
    )
    sim.submit(sim.seal(RVDK, inbreng(sim, first.zaak)))
    assert said(sim, RVDK).status == "GEACCEPTEERD"
    assert "alarm:I17" not in said(sim, RVDK).waarschuwingen


# -- properties of the chain -------------------------------------------------------------


async def test_i20_the_same_content_twice_is_two_messages(sim: Simulator) -> None:
    """Contacts with a victim are not de-duplicated: only an id is."""
    pol = sim.org(POL).organisatie
    for _ in range(2):
        await pol.verstuur(concept("politiemelding", seed=5))
    assert len([one for one in sim.deliveries(VT) if one.soort == "levering"]) == 2


async def test_i21_each_message_is_decided_by_its_own_incident(sim: Simulator) -> None:
    """A kenmerk of one message says nothing about the next one in the zaak."""
    pol = sim.org(POL).organisatie
    minor = concept("zsm_aanmelding", kenmerken={"verdachte_minderjarig": True})
    person = minor.inhoud["betrokkenen"][0]
    person["basis"]["minderjarig"] = True
    minor.inhoud["zaak"]["verdachte_minderjarig"] = True
    moment = {"afstemmingsmoment": "vt_zsm"}
    first = await pol.verstuur(minor.model_copy(update=moment))
    assert not sim.deliveries(RECL)
    await sim.post(POL)
    adult = concept("zsm_aanmelding", seed=2, zaak=first.zaak)
    await pol.verstuur(adult.model_copy(update=moment))
    assert len([one for one in sim.deliveries(RECL) if one.soort == "levering"]) == 1


@pytest.mark.parametrize("status", CATALOGUS.codelijsten["toestemming_status"].codes)
@pytest.mark.parametrize(
    "richting", CATALOGUS.codelijsten["toestemming_richting"].codes
)
@pytest.mark.parametrize("van", ["SHN", "RECL", "VT"])
def test_consent_counts_in_its_own_direction_only(
    van: str, richting: str, status: str
) -> None:
    own = {
        ("SHN", "SHN_naar_VT"): "toestemming_slachtoffer",
        ("RECL", "RECL_naar_VT"): "toestemming_verdachte",
    }.get((van, richting))
    expected = {} if own is None else {own: status == "gegeven"}
    assert established(van, richting, status) == expected


@pytest.mark.parametrize("basis", CATALOGUS.codelijsten["verwerkingsbasis"].codes)
def test_i11_a_verwerkingsbasis_is_no_consent(sim: Simulator, basis: str) -> None:
    """The kop says by what right it is processed; what opens a cel are facts."""
    ontwerp = sharing(sim, basis)
    assert [one.organisatie.type for one in ontwerp.lading.toegekend] == ["VT"]
    effecten = sim.submit(sim.seal(SHN, ontwerp))
    check_refused(sim, effecten, "invariant.i11", naam=SHN)
