"""Which events start and end a term; the domain's own cases are in acceptance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from corvus_broker.termijnen import Gebeurtenis, Loop, Partij, advance, alarms, gehaald
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.termijnen import (
    Parameters,
    load_termijnen,
    parameters_of,
    used_kenmerken,
)

TERMIJNEN = load_termijnen()
POL, VT, OM, RECL = (
    Partij(f"000{n}", type_) for n, type_ in enumerate(["POL", "VT", "OM", "RECL"])
)
NOON = datetime(2031, 6, 11, 12, 0, tzinfo=UTC)


def event(berichttype: str, van: Partij, **rest: object) -> Gebeurtenis:
    plain = Gebeurtenis("aangeboden", berichttype, berichttype, van, NOON)
    return replace(plain, **rest)  # type: ignore[arg-type]  # fields of the record


def run(*events: Gebeurtenis) -> dict[str, list[Loop]]:
    loops: tuple[Loop, ...] = ()
    for one in events:
        loops = advance(TERMIJNEN.values(), loops, one)
    found: dict[str, list[Loop]] = {}
    for loop in loops:
        found.setdefault(loop.termijn, []).append(loop)
    return found


def test_each_organisation_that_was_asked_has_its_own_term() -> None:
    asked = event("bekendheidscheck", POL, soort="afgeleverd", naar=(VT, RECL))
    answer = event(
        "bekendheidscheck_antwoord",
        VT,
        op=NOON + timedelta(hours=1),
        antwoord_op="bekendheidscheck",
    )
    runs = run(asked, answer)["T38"]
    assert {(loop.partij, gehaald(loop)) for loop in runs if loop.partij} == {
        (VT, "ja"),
        (RECL, "open"),
    }


def test_an_answer_to_another_question_ends_nothing() -> None:
    asked = event("bekendheidscheck", POL, soort="afgeleverd", naar=(VT,))
    answer = event("bekendheidscheck_antwoord", VT, antwoord_op="another")
    [loop] = run(asked, answer)["T38"]
    assert gehaald(loop) == "open"


def test_vast_or_acuut_asks_for_an_answer_in_half_an_hour() -> None:
    plain = event("bekendheidscheck", POL, soort="afgeleverd", naar=(VT,))
    for one in (
        replace(plain, kenmerken={"zaak_vast": True}),
        replace(plain, kenmerken={"acute_onveiligheid": True}),
        replace(plain, spoed="acuut"),
    ):
        runs = run(one)
        assert "T38" not in runs
        [loop] = runs["T31"]
        assert loop.uiterlijk - loop.start == timedelta(minutes=30)
    assert "T31" not in run(plain)


def test_a_second_decision_ends_the_first_ones_term_and_not_its_own() -> None:
    codes = Parameters({"besluit.afdoening": frozenset({"vertraagde_stroom"})}, {}, {})
    first = event("zsm_besluit", OM, bericht="a", parameters=codes)
    second = replace(first, bericht="b", op=NOON + timedelta(days=2))
    runs = {loop.bericht: loop for loop in run(first, second)["T22"]}
    assert (gehaald(runs["a"]), gehaald(runs["b"])) == ("ja", "open")


def test_a_planned_day_replaces_the_length() -> None:
    codes = Parameters(
        {"besluit.afdoening": frozenset({"plandatum"})},
        {},
        {"besluit.plandatum": "2031-07-01"},
    )
    [loop] = run(event("zsm_besluit", OM, parameters=codes))["T22"]
    assert loop.uiterlijk == datetime(2031, 7, 1, 21, 59, tzinfo=UTC)


def test_a_moment_in_the_content_starts_a_term_only_when_the_sender_tells_it() -> None:
    vast = {"zaak_vast": True}
    untold = event("zsm_aanmelding", POL, kenmerken=vast)
    assert "T01" not in run(untold)
    arrest = NOON - timedelta(hours=2)
    told = replace(
        untold, parameters=Parameters({}, {"zaak.aanhouding_tijdstip": arrest}, {})
    )
    [loop] = run(told)["T01"]
    assert (loop.start, loop.uiterlijk) == (arrest, arrest + timedelta(hours=9))
    assert "T01" not in run(replace(told, kenmerken={}))


def test_a_term_that_ends_with_its_own_message_is_measured_at_once() -> None:
    incident = Parameters({}, {"incident.incident_tijdstip": NOON}, {})
    late = event(
        "politiemelding", POL, parameters=incident, op=NOON + timedelta(days=2)
    )
    [loop] = run(late)["T27"]
    assert (loop.einde, gehaald(loop)) == (late.op, "nee")


def test_informing_those_concerned_runs_once_a_zaak() -> None:
    sent = event("overdracht_regio", VT, soort="afgeleverd", naar=(POL,))
    assert len(run(sent, replace(sent, bericht="b"))["T32"]) == 1
    assert "T32" not in run(replace(sent, van=POL))


def test_a_missing_politiemelding_is_due_before_midnight_when_somebody_is_held() -> (
    None
):
    vast = {"zaak_vast": True}
    asked = event("vt_melding_verzoek", VT, kenmerken=vast)
    came = event("politiemelding", POL, op=NOON + timedelta(hours=1))
    [loop] = run(asked, came)["T11"]
    assert loop.uiterlijk == datetime(2031, 6, 11, 21, 59, tzinfo=UTC)
    assert (loop.einde, gehaald(loop)) == (came.op, "ja")
    assert "T11" not in run(replace(asked, kenmerken={}), came)


def test_acceptance_by_people_depends_on_the_spoed() -> None:
    sent = event("acuut_signaal", POL, soort="afgeleverd", naar=(VT,))
    lengths = {
        spoed: run(replace(sent, spoed=spoed))["T42M"][0].uiterlijk - NOON
        for spoed in ("acuut", "hoog")
    }
    assert lengths == {"acuut": timedelta(minutes=15), "hoog": timedelta(hours=1)}
    read = event("acuut_signaal", VT, soort="gelezen", op=NOON + timedelta(minutes=20))
    [loop] = run(replace(sent, spoed="acuut"), read)["T42M"]
    assert gehaald(loop) == "nee"


def test_a_huisverbod_reminds_two_days_before_its_end() -> None:
    opgelegd = Parameters(
        {"huisverbod.status": frozenset({"opgelegd"})}, {"huisverbod.begin": NOON}, {}
    )
    gemeente = Partij("0009", "GEM")
    [loop] = run(event("huisverbod", gemeente, parameters=opgelegd))["T06"]
    [early, late] = alarms(TERMIJNEN["T06"], loop, NOON, NOON + timedelta(days=11))
    assert (early.op, late.op) == (NOON + timedelta(days=8), NOON + timedelta(days=10))
    assert early.naar == ("GEM", "VT", "LT")


def test_the_sdk_supplies_what_a_term_asks_for_and_nothing_else() -> None:
    inhoud = {
        "besluit": {
            "besluit_moment": "eerste",
            "afdoening": "plandatum",
            "besloten_op": "2031-06-11T12:00:00Z",
            "plandatum": "2031-07-01",
        },
        "besluit_details": {"motivering": "GEHEIM"},
    }
    found = parameters_of(TERMIJNEN, "zsm_besluit", inhoud)
    assert found == Parameters(
        {"besluit.afdoening": frozenset({"plandatum"})},
        {"besluit.besloten_op": NOON},
        {"besluit.plandatum": "2031-07-01"},
    )
    assert parameters_of(TERMIJNEN, "correctie", inhoud) == Parameters({}, {}, {})


def test_terms_name_only_what_the_vocabulary_has() -> None:
    catalogus = load_catalogus()
    organisatietypen = catalogus.codelijsten["organisatietype"].codes
    for termijn in TERMIJNEN.values():
        for vorm in (*termijn.start, *termijn.einde):
            assert {*vorm.van, *vorm.naar, *vorm.niet_van} <= set(organisatietypen)
            assert {*vorm.kenmerken, *vorm.vaststelling} <= set(catalogus.kenmerken)
            typen = [catalogus.berichttype(code) for code in vorm.berichttypen]
            for pad in [*vorm.velden, *([vorm.moment] if vorm.moment else [])]:
                rubriek, _, veld = pad.rpartition(".")
                for berichttype in typen:
                    found = berichttype.rubriek(rubriek)
                    assert found is not None, (termijn.id, pad)
                    assert veld in catalogus.velden(found).velden, (termijn.id, pad)
            if vorm.rubriek:
                assert all(one.rubriek(vorm.rubriek) for one in typen)


def test_berichttypen_ask_for_few_kenmerken() -> None:
    assert used_kenmerken(TERMIJNEN, "politiemelding") == {
        "zaak_vast",
        "kind_betrokken",
        "acute_onveiligheid",
    }
    assert used_kenmerken(TERMIJNEN, "terugkoppeling") == frozenset()
