"""Made-up messages: the same for the same seed, synthetic, and all scenarios'."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict, cast

import pytest
import yaml

from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoud import parse_inhoud
from corvus_schemas.voorbeeld import voorbeeld_inhoud

CATALOGUS = load_catalogus()
SCENARIOS = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("S*.yaml"))


class Bericht(TypedDict, total=False):
    nr: int
    type: str
    van: str
    rubrieken: str | list[str]
    kern: dict[str, str]
    verwacht: dict[str, dict[str, list[str]]]


def berichten(path: Path) -> list[Bericht]:
    return cast("list[Bericht]", yaml.safe_load(path.read_text())["berichten"])


def test_there_are_24_scenarios_with_119_messages() -> None:
    assert len(SCENARIOS) == 24
    assert sum(len(berichten(path)) for path in SCENARIOS) == 119


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_message_of_a_scenario_can_be_made(path: Path) -> None:
    for bericht in berichten(path):
        berichttype = CATALOGUS.berichttype(bericht["type"])
        assert bericht["van"] in berichttype.verstrekkers
        wanted = bericht["rubrieken"]
        value = voorbeeld_inhoud(
            berichttype,
            CATALOGUS,
            seed=bericht["nr"],
            rubrieken=None if isinstance(wanted, str) else wanted,
            kern=bericht.get("kern"),
        )
        parse_inhoud(berichttype, value, CATALOGUS, volledig=wanted == "alle")
        for expected in bericht["verwacht"].values():
            for key in ("moet", "mag_niet", "aangehouden"):
                for naam in expected.get(key, []):
                    assert berichttype.rubriek(naam)


def test_the_same_seed_gives_the_same_message_and_another_seed_another() -> None:
    berichttype = CATALOGUS.berichttype("politiemelding")
    one, same, other = (
        voorbeeld_inhoud(berichttype, CATALOGUS, seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_a_partial_message_holds_the_same_values() -> None:
    berichttype = CATALOGUS.berichttype("politiemelding")
    whole = voorbeeld_inhoud(berichttype, CATALOGUS, seed=1)
    partial = voorbeeld_inhoud(
        berichttype,
        CATALOGUS,
        seed=1,
        rubrieken=["incident", "betrokkenen[verdachte].bsn"],
    )
    records = cast("list[dict[str, object]]", whole["betrokkenen"])
    assert partial == {
        "incident": whole["incident"],
        "betrokkenen": [{"rol": "verdachte", "bsn": records[0]["bsn"]}],
    }


def test_verwijzing_is_made_only_when_it_is_named() -> None:
    berichttype = CATALOGUS.berichttype("terugkoppeling")
    assert "verwijzing" not in voorbeeld_inhoud(berichttype, CATALOGUS, seed=1)
    named = voorbeeld_inhoud(
        berichttype,
        CATALOGUS,
        seed=1,
        rubrieken=["verwijzing"],
        kern={"verwijzing.vervangt": "absent"},
    )
    assert list(cast("dict[str, object]", named["verwijzing"])) == ["antwoord_op"]


def test_given_values_take_the_type_of_their_field() -> None:
    berichttype = CATALOGUS.berichttype("politiemelding")
    value = voorbeeld_inhoud(
        berichttype,
        CATALOGUS,
        seed=1,
        per_rol=2,
        kern={
            "melding.acuut": "true",
            "melding.opgemaakt_op": "2031-03-03T14:00+01:00",
            "incident.aantal_kinderen_in_woning": "3",
            "incident.incident_soort": "belaging",
            "incident.vermoedensgronden": "[aangifte_getuigen, bekennende_verdachte]",
            "betrokkenen[verdachte#1].identiteit.achternaam": "Voorbeeld",
            "betrokkenen[verdachte].identiteit.geboortedatum": "1996",
        }
        | {"incident.vermoedensgronden": "[]"},
    )
    parse_inhoud(berichttype, value, CATALOGUS)
    melding = cast("dict[str, object]", value["melding"])
    incident = cast("dict[str, object]", value["incident"])
    persons = cast("list[dict[str, dict[str, object]]]", value["betrokkenen"])
    assert melding["acuut"] is True
    assert melding["opgemaakt_op"] == "2031-03-03T14:00:00+01:00"
    assert incident["aantal_kinderen_in_woning"] == 3
    assert incident["incident_soort"] == ["belaging"]
    assert incident["vermoedensgronden"] == []
    assert persons[1]["identiteit"]["achternaam"] == "Voorbeeld"
    assert persons[0]["identiteit"]["geboortedatum"] == "1996"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("melding.bestaat_niet", "x"),
        ("kop.spoed", "x"),
        ("melding.acuut", "misschien"),
        ("melding.versie_soort", "KANARIE"),
        ("incident.aantal_kinderen_in_woning", "drie"),
        ("betrokkenen[verdachte#5].bsn.bsn", "999990019"),
        ("bijlagen.bijlagen", "KANARIE"),
    ],
)
def test_a_value_that_does_not_fit_names_its_path(path: str, text: str) -> None:
    berichttype = CATALOGUS.berichttype("politiemelding")
    with pytest.raises(SchemaError) as caught:
        voorbeeld_inhoud(berichttype, CATALOGUS, seed=1, kern={path: text})
    assert caught.value.code == "voorbeeld.kern_ongeldig"
    assert caught.value.message.startswith(path)
    assert "KANARIE" not in str(caught.value)


def test_an_unknown_rubriek_is_refused() -> None:
    berichttype = CATALOGUS.berichttype("politiemelding")
    with pytest.raises(SchemaError) as caught:
        voorbeeld_inhoud(berichttype, CATALOGUS, seed=1, rubrieken=["wens"])
    assert caught.value.code == "rubriek.onbekend"
