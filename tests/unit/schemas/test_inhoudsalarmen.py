"""Alarms over content: the message goes, and somebody is to look at it."""

from __future__ import annotations

import pytest
from content_rules import CATALOGUS, alarms, content, judge

from corvus_schemas.inhoudsregels_zaak import EINDBESLISSINGEN


def test_i06_an_advice_about_a_child_nobody_spoke_to() -> None:
    for spoken, code in ((False, {"alarm:I06"}), (True, set())):
        inhoud = content("rvdk_advies", kindperspectief__kind_gesproken=spoken)
        for ontvanger in (None, "OM"):
            assert alarms(judge("rvdk_advies", inhoud, ontvanger=ontvanger)) == code


@pytest.mark.parametrize(
    ("lacks", "risico", "alarm"),
    [
        ("overweging_em", "laag", True),
        ("overweging_dut", "laag", False),
        ("overweging_dut", "hoog", True),
        ("lij_uitkomst", "hoog", False),
    ],
)
def test_i31_a_stalking_advice_weighs_em_and_at_high_risk_dut(
    lacks: str, risico: str, *, alarm: bool
) -> None:
    inhoud = content("reclasseringsadvies", risicotaxatie__sash_gebruikt=False)
    inhoud["advies"].pop(lacks, None)
    kenmerken = {"stalking": True, "risico_stalking": risico}
    found = alarms(judge("reclasseringsadvies", inhoud, kenmerken=kenmerken))
    assert found == ({"alarm:I31"} if alarm else set())
    assert not alarms(judge("reclasseringsadvies", inhoud)), "not about stalking"


def test_i31_a_recipient_knows_stalking_by_the_sash() -> None:
    inhoud = content("reclasseringsadvies", risicotaxatie__sash_gebruikt=True)
    del inhoud["advies"]["overweging_em"]
    found = judge("reclasseringsadvies", inhoud, ontvanger="OM").codes()
    assert found == ("alarm:I31",)


def test_i02_a_release_without_measures() -> None:
    inhoud = content("invrijheidstelling", veiligheidstoets__maatregelen_getroffen=[])
    acute = {"acute_onveiligheid": True}
    assert alarms(judge("invrijheidstelling", inhoud, kenmerken=acute)) == {"alarm:I02"}
    assert not alarms(judge("invrijheidstelling", inhoud)), "nobody said it is acute"
    assert alarms(judge("invrijheidstelling", inhoud, ontvanger="VT")) == {"alarm:I02"}
    safe = content(
        "invrijheidstelling", veiligheidstoets__maatregelen_getroffen=["contactverbod"]
    )
    assert not alarms(judge("invrijheidstelling", safe, kenmerken=acute))


def test_i04_a_final_decision_without_advice() -> None:
    inhoud = content(
        "zsm_besluit",
        besluit__afdoening="dagvaarding",
        besluit_details__bewijsstatus="voldoende",
    )
    unsafe = {"structurele_onveiligheid": True}
    assert alarms(judge("zsm_besluit", inhoud, kenmerken=unsafe)) == {"alarm:I04"}
    asked = frozenset({"adviesverzoek"})
    assert not alarms(judge("zsm_besluit", inhoud, kenmerken=unsafe, eerder=asked))
    assert not alarms(judge("zsm_besluit", inhoud)), "nobody said it is unsafe"
    assert not alarms(judge("zsm_besluit", inhoud, ontvanger="VT"))
    unproven = content(
        "zsm_besluit",
        besluit__afdoening="bewijssepot",
        besluit_details__bewijsstatus="geen_onvoldoende",
    )
    assert not alarms(judge("zsm_besluit", unproven, kenmerken=unsafe))


def test_i04_knows_the_final_decisions_that_set_the_kenmerk() -> None:
    [bron] = CATALOGUS.kenmerken["eindbeslissing_genomen"].bronberichten
    [voorwaarde] = bron.voorwaarden
    assert set(voorwaarde.codes) == EINDBESLISSINGEN


def test_i32_a_plandatum_without_measures() -> None:
    inhoud = content(
        "zsm_besluit", besluit__afdoening="plandatum", maatregelen__maatregelen=[]
    )
    acute = {"acute_onveiligheid": True}
    assert alarms(judge("zsm_besluit", inhoud, kenmerken=acute)) == {"alarm:I32"}
    inhoud["maatregelen"]["maatregelen"] = [{"soort": "contactverbod"}]
    assert not alarms(judge("zsm_besluit", inhoud, kenmerken=acute))


def test_i23_i24_a_breach_and_a_lapse_ask_for_a_new_judgement() -> None:
    code = "melding_niet_nakoming"
    assert alarms(judge(code, content(code), ontvanger="VT")) == {"alarm:I23"}
    code = "rechterlijk_besluit"
    lapsed = content(
        code,
        gevolg_maatregelen__vervallen=["contactverbod"],
        gevolg_maatregelen__gewijzigd=None,
    )
    assert alarms(judge(code, lapsed, ontvanger="VT")) == {"alarm:I24"}
    lapsed["gevolg_maatregelen"]["vervallen"] = []
    assert not alarms(judge(code, lapsed, ontvanger="VT"))


def test_i25_who_opens_a_zaak_says_who_owns_it() -> None:
    inhoud = content("politiemelding", contactpersonen__zaakseigenaar=False)
    assert alarms(judge("politiemelding", inhoud, opent_zaak=True)) == {"alarm:I25"}
    assert not alarms(judge("politiemelding", inhoud))
    inhoud["contactpersonen"]["zaakseigenaar"] = True
    assert not alarms(judge("politiemelding", inhoud, opent_zaak=True))
