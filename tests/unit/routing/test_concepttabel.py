"""The concept table that ships with this package decides as the domain says."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from routing_model import CATALOGUS

from corvus_routing.beslissing import Beslissing, Reden, Soort, Uitkomst
from corvus_routing.compileer import GecompileerdeTabel, compile_tabel
from corvus_routing.explain import explain
from corvus_routing.grondslagen import load_grondslagen
from corvus_routing.tabel import parse_tabel
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from corvus_routing.regel import Verstrekkingentabel

# Scenario S16, message 1: a politiemelding in a running investigation.
S16 = {"opsporingsbelang": True, "melder_anoniem": True}


@cache
def concept() -> Verstrekkingentabel:
    folder = resources.files("corvus_routing").joinpath("data")
    source = folder.joinpath("verstrekkingentabel-concept.yaml")
    return parse_tabel(source.read_text(encoding="utf-8"), CATALOGUS)


@cache
def tabel() -> GecompileerdeTabel:
    return compile_tabel(
        concept(),
        CATALOGUS,
        statussen=frozenset({"concept", "open"}),
        op=date(2026, 11, 22),
    )


def decide(naar: str, kenmerken: dict[str, bool]) -> Beslissing:
    return tabel().decide("politiemelding", "POL", naar, "VT18", kenmerken)


@pytest.mark.parametrize(
    ("rubriek", "soort", "reden"),
    [
        ("incident", Soort.TOEGESTAAN, None),
        ("bijlagen", Soort.AANGEHOUDEN, Reden.AANGEHOUDEN),
        ("betrokkenen[melder].identiteit", Soort.GEWEIGERD, Reden.STANDAARD),
        ("betrokkenen[verdachte].justitieel", Soort.GEWEIGERD, Reden.STANDAARD),
    ],
)
def test_the_worked_example(rubriek: str, soort: Soort, reden: Reden | None) -> None:
    uitkomst = decide("VT", S16).uitkomsten[rubriek]
    assert (uitkomst.soort, uitkomst.reden) == (soort, reden)


def test_the_same_message_to_om_gives_nothing_at_all() -> None:
    uitkomsten = decide("OM", S16).uitkomsten.values()
    assert {uitkomst.soort for uitkomst in uitkomsten} == {Soort.GEWEIGERD}


def test_a_release_lets_what_was_held_go() -> None:
    held = decide("VT", S16)
    released = decide("VT", {**S16, "opsporingsbelang": False})
    for rubriek, uitkomst in held.uitkomsten.items():
        if uitkomst.soort is Soort.AANGEHOUDEN:
            assert released.uitkomsten[rubriek] == Uitkomst(
                Soort.TOEGESTAAN, uitkomst.regel_ids
            )
    assert any(u.soort is Soort.AANGEHOUDEN for u in held.uitkomsten.values())


def test_an_undeclared_secret_address_goes_to_nobody_but_pol_and_vt() -> None:
    question = ("zsm_aanmelding", "POL", "OM", "VT18")
    kenmerken = {"hg_label": True, "verdachte_minderjarig": False}
    adres = "betrokkenen[slachtoffer].adres"
    unknown = tabel().decide(*question, kenmerken).uitkomsten[adres]
    assert (unknown.soort, unknown.reden) == (Soort.GEWEIGERD, Reden.VERBODEN)
    known = tabel().decide(*question, {**kenmerken, "geheim_adres": False})
    assert known.uitkomsten[adres].soort is Soort.TOEGESTAAN


def test_production_statuses_let_nothing_go_yet() -> None:
    production = compile_tabel(
        concept(),
        CATALOGUS,
        statussen=frozenset({"juridisch_getoetst", "landelijk_geaccordeerd"}),
        op=date(2026, 11, 22),
    )
    assert production.ontvanger_types("politiemelding", "POL") == frozenset()


def test_senders_and_recipients_are_those_of_the_catalogue() -> None:
    for code, berichttype in CATALOGUS.berichttypen.items():
        for verstrekker in berichttype.verstrekkers:
            found = tabel().ontvanger_types(code, verstrekker)
            assert found <= set(berichttype.ontvangers), (code, verstrekker)


def test_every_ground_is_known() -> None:
    used = {regel.grondslag for regel in concept().regels}
    assert used <= load_grondslagen().keys()


def test_an_explanation_names_rule_condition_ground_and_what_was_unknown() -> None:
    uitleg = explain(
        tabel(), "politiemelding", "bijlagen", "POL", "VT", "VT18", S16
    ).to_dict()
    assert (uitleg["uitkomst"], uitleg["versie"]) == ("aangehouden", 1)
    assert isinstance(uitleg["regels"], list)
    (regel,) = uitleg["regels"]
    assert isinstance(regel, dict)
    assert regel["voorwaarde"] == "!opsporingsbelang"
    assert (regel["waarheid"], regel["effect"]) == ("onwaar", "houdt_aan")
    assert str(regel["citaat"]).startswith("Wpg art. 18")
    blind = explain(tabel(), "politiemelding", "bijlagen", "POL", "VT", "VT18", {})
    assert blind.regels[0].onbekend == ("opsporingsbelang",)


def test_an_explanation_starts_with_the_denials() -> None:
    question = ("zsm_aanmelding", "betrokkenen[slachtoffer].adres", "POL", "OM", "VT18")
    uitleg = explain(tabel(), *question, {"hg_label": True})
    effects = [regel.effect for regel in uitleg.regels]
    assert effects[0] == "verbiedt"
    assert "staat_toe" in effects
    assert uitleg.uitkomst.soort is Soort.GEWEIGERD
    assert uitleg.regels[0].regel in uitleg.uitkomst.regel_ids


def test_a_rubriek_that_is_not_there_cannot_be_explained() -> None:
    with pytest.raises(SchemaError, match=r"rubriek\.onbekend"):
        explain(tabel(), "politiemelding", "onzin", "POL", "VT", "VT18", {})
