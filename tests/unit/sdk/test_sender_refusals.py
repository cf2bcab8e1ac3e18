"""What the sender's own SDK refuses, before anything is sealed or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from simulator import CATALOGUS, OM, POL, RVDK, VT, concept

from corvus_adapters.sdk.concept import parse_concept
from corvus_routing.gebieden import load_gebieden
from corvus_schemas.errors import AddressError, CorvusError, SchemaError, SealError
from corvus_schemas.voorbeeld import voorbeeld_inhoud

if TYPE_CHECKING:
    from simulator import Simulator


def refused(
    sim: Simulator, kind: type[CorvusError], naam: str = POL, **fields: Any
) -> CorvusError:
    organisatie = sim.org(naam).organisatie
    with pytest.raises(kind) as caught:
        organisatie.leg_klaar(concept(**fields))
    assert not organisatie.postbus.unsent(), "nothing was kept"
    return caught.value


def content(berichttype: str = "politiemelding") -> dict[str, Any]:
    kind = CATALOGUS.berichttype(berichttype)
    return dict(voorbeeld_inhoud(kind, CATALOGUS, seed=3))


def test_an_unknown_code_in_the_content_is_refused(sim: Simulator) -> None:
    inhoud = content()
    inhoud["incident"]["aangifte_status"] = "Kees-van-der-Plas"
    error = refused(sim, SchemaError, inhoud=inhoud)
    assert "incident.aangifte_status" in error.describe()
    assert "gedaan" in error.describe(), "the allowed codes are named"
    assert "Kees" not in error.describe(), "the value is not"


def test_an_unknown_field_is_refused(sim: Simulator) -> None:
    inhoud = content()
    inhoud["melding"]["kleur"] = "geheime-waarde"
    error = refused(sim, SchemaError, inhoud=inhoud)
    assert "melding" in error.describe()
    assert "geheime-waarde" not in error.describe()


def test_a_missing_field_is_named(sim: Simulator) -> None:
    inhoud = content()
    del inhoud["melding"]["meldingnummer"]
    error = refused(sim, SchemaError, inhoud=inhoud)
    assert "meldingnummer" in error.describe()


def test_an_unknown_berichttype_is_refused_with_what_looks_like_it(
    sim: Simulator,
) -> None:
    with pytest.raises(SchemaError) as caught:
        sim.org(POL).organisatie.leg_klaar(
            concept().model_copy(update={"berichttype": "politiemeldng"})
        )
    assert caught.value.code == "berichttype.onbekend"
    assert "politiemelding" in caught.value.message


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kenmerken": {"mooi_weer": True}}, "kenmerk.onbekend"),
        ({"kenmerken": {"geheim_adres": "ja"}}, "kenmerk.ongeldig"),
        ({"doel": "NIEUWSGIERIGHEID"}, "code.onbekend"),
        ({"spoed": "heel_erg"}, "code.onbekend"),
        ({"afstemmingsmoment": "straks"}, "kenmerk.ongeldig"),
    ],
)
def test_an_unknown_kenmerk_or_code_is_refused(
    sim: Simulator, fields: dict[str, Any], code: str
) -> None:
    assert refused(sim, CorvusError, **fields).code == code


def test_an_unknown_place_is_refused_with_what_looks_like_it(sim: Simulator) -> None:
    error = refused(sim, AddressError, gemeente="Gronigen")
    assert error.code == "regio.onbekend"
    assert "Groningen" in error.message


def test_an_ambiguous_place_is_refused_with_its_candidates(sim: Simulator) -> None:
    gebieden = load_gebieden()
    name = next(
        one.naam
        for one in gebieden.lijst.gemeenten
        if len({same.vt_regio for same in gebieden.named(one.naam)}) > 1
    )
    error = refused(sim, AddressError, gemeente=name)
    assert error.code == "dubbele_route"
    for one in gebieden.named(name):
        assert one.vt_regio in error.message


def test_an_unknown_region_is_refused_with_those_there_are(sim: Simulator) -> None:
    error = refused(sim, AddressError, vt_regio="VT99")
    assert error.code == "regio.onbekend"
    assert "VT01" in error.advice


def test_a_region_nobody_serves_here_is_refused(sim: Simulator) -> None:
    """Amsterdam has a Veilig Thuis, this small sandbox has not."""
    error = refused(sim, AddressError, gemeente="Amsterdam")
    assert error.code in {"regio.onbekend", "geen_route"}


def test_no_place_at_all_is_refused(sim: Simulator) -> None:
    assert refused(sim, AddressError, gemeente=None).code == "geen_route"


def test_an_unknown_addressee_is_refused(sim: Simulator) -> None:
    error = refused(
        sim,
        AddressError,
        RVDK,
        berichttype="vt_melding",
        geadresseerden=("0" * 19 + "7",),
    )
    assert error.code == "organisatie.onbekend"


def test_a_gericht_message_without_addressees_reaches_nobody(sim: Simulator) -> None:
    error = refused(sim, SealError, RVDK, berichttype="vt_melding")
    assert error.code == "geen_ontvanger"
    assert error.advice


def test_a_doel_that_no_rule_has_is_refused(sim: Simulator) -> None:
    error = refused(sim, SealError, doel="TOEZICHT")
    assert error.code == "doel.past_niet"
    assert "VEILIGHEIDSBEOORDELING" in error.advice


def test_an_unknown_zaak_is_refused(sim: Simulator) -> None:
    zaak = "00000000-0000-4000-8000-000000000000"
    assert refused(sim, SealError, zaak=zaak).code == "zaak.onbekend"


def test_who_may_not_send_a_berichttype_finds_nobody_to_receive_it(
    sim: Simulator,
) -> None:
    for naam in (VT, RVDK, POL):
        error = refused(sim, CorvusError, naam, berichttype="zsm_besluit")
        assert error.code in {"geen_ontvanger", "doel.past_niet"}
    kenmerken = {"hg_label": True}
    design = sim.design(OM, concept("zsm_besluit", kenmerken=kenmerken))
    assert design.lading.toegekend


def test_the_reference_rubriek_is_not_the_callers(sim: Simulator) -> None:
    inhoud = {**content(), "verwijzing": {"antwoord_op": "x"}}
    assert refused(sim, SchemaError, inhoud=inhoud).code == "inhoud.verwijzing"


def test_a_concept_names_every_field_that_is_wrong() -> None:
    with pytest.raises(SchemaError) as caught:
        parse_concept({"berichttype": 3, "geldig_uren": 0, "inhoud": {}, "x": "geheim"})
    assert caught.value.code == "concept.ongeldig"
    for field in ("berichttype", "geldig_uren", "doel", "x"):
        assert field in caught.value.message
    assert "geheim" not in caught.value.message


def test_a_cel_that_is_too_large_is_refused(sim: Simulator) -> None:
    # SPEC 5-2
    inhoud = content()
    inhoud["incident"]["feitelijke_omschrijving"] = "x" * (1024 * 1024)
    error = refused(sim, CorvusError, inhoud=inhoud)
    assert error.code in {"cel.te_groot", "inhoud.ongeldig", "envelope.te_groot"}
