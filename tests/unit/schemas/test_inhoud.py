"""Content: what is valid survives the journey, what is not is named in full."""

from __future__ import annotations

import copy
from typing import cast

import pytest

from corvus_schemas.catalogus import Berichttype, load_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoud import InhoudError, open_inhoud, parse_inhoud
from corvus_schemas.voorbeeld import voorbeeld_inhoud

CATALOGUS = load_catalogus()
TYPEN = sorted(CATALOGUS.berichttypen)
POLITIEMELDING = CATALOGUS.berichttype("politiemelding")


def sample(
    berichttype: Berichttype, seed: int = 1, per_rol: int = 1
) -> dict[str, object]:
    names = [rubriek.naam for rubriek in berichttype.rubrieken]
    made = voorbeeld_inhoud(
        berichttype, CATALOGUS, seed=seed, rubrieken=names, per_rol=per_rol
    )
    return cast("dict[str, object]", made)


def part(value: object, *path: str | int) -> dict[str, object]:
    for step in path:
        value = (
            cast("list[object]", value)[step]
            if isinstance(step, int)
            else cast("dict[str, object]", value)[step]
        )
    return cast("dict[str, object]", value)


def problems(
    value: object, berichttype: Berichttype = POLITIEMELDING, **flags: bool
) -> dict[str, str]:
    with pytest.raises(InhoudError) as caught:
        parse_inhoud(berichttype, value, CATALOGUS, **flags)
    assert caught.value.code == "inhoud.ongeldig"
    return {probleem.pad: probleem.melding for probleem in caught.value.problemen}


def test_there_are_berichttypen() -> None:
    assert len(TYPEN) == 51


@pytest.mark.parametrize("code", TYPEN)
@pytest.mark.parametrize(("seed", "per_rol"), [(1, 1), (2, 2), (3, 3), (4, 8)])
def test_every_sample_comes_back_as_it_was(code: str, seed: int, per_rol: int) -> None:
    berichttype = CATALOGUS.berichttype(code)
    value = sample(berichttype, seed, per_rol)
    inhoud = parse_inhoud(berichttype, value, CATALOGUS)
    assert open_inhoud(berichttype, inhoud.cellen, CATALOGUS) == value
    labels = {positie.label for positie in berichttype.posities(inhoud.buckets)}
    assert inhoud.cellen.keys() <= labels


def test_the_bucket_is_the_smallest_that_fits() -> None:
    for count, bucket in ((1, 1), (2, 2), (3, 4), (5, 8), (8, 8)):
        inhoud = parse_inhoud(
            POLITIEMELDING, sample(POLITIEMELDING, per_rol=count), CATALOGUS
        )
        assert set(inhoud.buckets) == {bucket}


def test_any_subset_of_cellen_opens() -> None:
    value = sample(POLITIEMELDING, per_rol=2)
    cellen = parse_inhoud(POLITIEMELDING, value, CATALOGUS).cellen
    some = {
        label: cellen[label] for label in ("incident", "betrokkenen[kind#1].identiteit")
    }
    opened = open_inhoud(POLITIEMELDING, some, CATALOGUS)
    kinderen = [
        record
        for record in cast("list[dict[str, object]]", value["betrokkenen"])
        if record["rol"] == "kind"
    ]
    assert opened == {
        "incident": value["incident"],
        "betrokkenen": [{"rol": "kind", "identiteit": kinderen[1]["identiteit"]}],
    }
    assert open_inhoud(POLITIEMELDING, {}, CATALOGUS) == {}


def test_all_problems_are_reported_at_once_with_their_paths() -> None:
    value = sample(POLITIEMELDING)
    part(value, "melding")["acuut"] = "ja"
    part(value, "melding")["versie_soort"] = "concept"
    del part(value, "incident")["incident_tijdstip"]
    part(value, "incident")["incident_soort"] = ["x", 3]
    part(value, "betrokkenen", 0, "bsn")["bsn"] = "999990010"
    part(value, "betrokkenen", 0, "identiteit")["geboortedatum"] = "12-04-1996"
    del value["contactpersonen"]
    found = problems(value)
    assert set(found) == {
        "melding.acuut",
        "melding.versie_soort",
        "incident.incident_tijdstip",
        "incident.incident_soort[1]",
        "betrokkenen[verdachte#0].bsn.bsn",
        "betrokkenen[verdachte#0].identiteit.geboortedatum",
        "contactpersonen",
    }
    allowed = CATALOGUS.codelijsten["melding_versie"].codes
    assert all(code in found["melding.versie_soort"] for code in allowed)
    assert found["contactpersonen"] == "is required"
    assert "elfproef" in found["betrokkenen[verdachte#0].bsn.bsn"]


def test_required_rubrieken_are_asked_of_a_complete_message_only() -> None:
    value = {"incident": sample(POLITIEMELDING)["incident"]}
    assert set(problems(value)) == {"melding", "contactpersonen"}
    parsed = parse_inhoud(POLITIEMELDING, value, CATALOGUS, volledig=False)
    assert list(parsed.cellen) == ["incident"]


def test_unknown_rubrieken_fields_and_roles_are_refused() -> None:
    value = sample(POLITIEMELDING)
    value["geheim"] = {}
    part(value, "melding")["extra"] = 1
    part(value, "betrokkenen", 0)["vt_historie"] = {}
    part(value, "betrokkenen", 1)["rol"] = "buurman"
    found = problems(value)
    assert set(found) == {
        "politiemelding",
        "melding",
        "betrokkenen[verdachte#0]",
        "betrokkenen[1].rol",
    }
    assert "slachtoffer" in found["betrokkenen[1].rol"]
    assert "meldingnummer" in found["melding"]


def test_more_than_eight_of_a_role_are_refused() -> None:
    value = sample(POLITIEMELDING, per_rol=8)
    records = cast("list[object]", value["betrokkenen"])
    records.append(copy.deepcopy(records[0]))
    assert problems(value) == {"betrokkenen[verdachte]": "at most 8 are allowed"}


def test_a_text_has_at_most_4000_characters() -> None:
    value = sample(POLITIEMELDING)
    part(value, "melding")["zorgmelding_reden"] = "x" * 4000
    assert parse_inhoud(POLITIEMELDING, value, CATALOGUS).cellen
    part(value, "melding")["zorgmelding_reden"] = "x" * 4001
    assert "4001 characters" in problems(value)["melding.zorgmelding_reden"]


@pytest.mark.parametrize("bad", [None, 3, [], "x", {"betrokkenen": {}}, {1: 2}])
def test_content_of_another_shape_is_refused(bad: object) -> None:
    assert problems(bad)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("melding", "acuut"), 1),
        (("incident", "aantal_kinderen_in_woning"), True),
        (("incident", "aantal_kinderen_in_woning"), -1),
        (("incident", "aantal_kinderen_in_woning"), 2**31),
        (("incident", "vermoedensgronden"), "aangifte"),
        (("incident", "vermoedensgronden"), {}),
        (("incident", "incident_soort"), ["x"] * 201),
        (("melding", "meldingnummer"), "twee\nregels"),
        (("melding", "zorgmelding_reden"), "\ud800"),
        (("melding", "opgemaakt_op"), "2031-03-03T14:00:00"),
        (("opsporing", "spreekverbod_tot"), "2031-02-30T14:00:00Z"),
    ],
)
def test_a_wrong_type_names_its_field(path: tuple[str, str], value: object) -> None:
    content = sample(POLITIEMELDING)
    part(content, path[0])[path[1]] = value
    assert list(problems(content)) == [".".join(path)]


def test_a_bsn_outside_the_test_range_needs_the_setting() -> None:
    value = sample(POLITIEMELDING)
    # Elfproef holds, and it lies outside every range that is given out.
    part(value, "betrokkenen", 0, "bsn")["bsn"] = "000000012"
    assert "9999" in problems(value)["betrokkenen[verdachte#0].bsn.bsn"]
    assert parse_inhoud(POLITIEMELDING, value, CATALOGUS, alleen_testbsn=False).cellen


def test_the_role_in_basis_is_the_role_of_the_record() -> None:
    value = sample(POLITIEMELDING)
    part(value, "betrokkenen", 0, "basis")["rol"] = "getuige"
    part(value, "betrokkenen", 0, "basis")["betrokkenheid_kind"] = "getuige"
    assert set(problems(value)) == {
        "betrokkenen[verdachte#0].basis.rol",
        "betrokkenen[verdachte#0].basis.betrokkenheid_kind",
    }
    basis = parse_inhoud(POLITIEMELDING, sample(POLITIEMELDING), CATALOGUS).cellen
    moved = {"betrokkenen[kind#0].basis": basis["betrokkenen[verdachte#0].basis"]}
    with pytest.raises(InhoudError) as caught:
        open_inhoud(POLITIEMELDING, moved, CATALOGUS)
    assert caught.value.problemen[0].pad == "betrokkenen[kind#0].basis.rol"


def test_limits_of_single_fields_hold() -> None:
    care = CATALOGUS.berichttype("handle_with_care")
    value = sample(care)
    part(value, "signaal")["tekst"] = "papa sloeg mama"
    assert list(problems(value, care)) == ["signaal.tekst"]
    sash = CATALOGUS.berichttype("sash_uitkomst")
    value = sample(sash)
    part(value, "items", "antwoorden")["Q10"] = "aanwezig"
    assert list(problems(value, sash)) == ["items.antwoorden"]
    anoniem = CATALOGUS.berichttype("anonieme_consultatie")
    value = sample(anoniem)
    part(value, "casus_anoniem")["vraag"] = "bel 06-00000001"
    assert list(problems(value, anoniem)) == ["casus_anoniem.vraag"]


@pytest.mark.parametrize(
    "label",
    [
        "betrokkenen[verdachte].basis",
        "betrokkenen[verdachte#8].basis",
        "betrokkenen[verdachte#00].basis",
        "melding#0",
        "melding\n",
        "kop",
        "",
    ],
)
def test_a_label_has_one_notation(label: str) -> None:
    cel = parse_inhoud(POLITIEMELDING, sample(POLITIEMELDING), CATALOGUS).cellen
    with pytest.raises(SchemaError) as caught:
        open_inhoud(POLITIEMELDING, {label: cel["melding"]}, CATALOGUS)
    assert caught.value.code == "inhoud.label_onbekend"


def test_no_value_and_no_made_up_key_is_ever_repeated() -> None:
    canary = "KANARIE"
    value: dict[str, object] = {
        canary: canary,
        "melding": {
            "meldingnummer": canary * 100,
            "versie_soort": canary,
            "acuut": canary,
            "opgemaakt_op": canary,
            "zorgmelding_reden": "\x00" + canary,
            canary: canary,
        },
        "incident": [canary],
        "betrokkenen": [
            canary,
            {"rol": canary},
            {"rol": "verdachte", canary: canary, "bsn": {"bsn": canary}},
            {"rol": "verdachte", "identiteit": {"achternaam": [canary]}},
        ],
    }
    with pytest.raises(InhoudError) as caught:
        parse_inhoud(POLITIEMELDING, value, CATALOGUS)
    error = caught.value
    texts = [str(error), repr(error), error.describe(), *map(repr, error.problemen)]
    assert len(error.problemen) > 10
    assert not any(canary in text for text in texts)


def test_an_unknown_berichttype_names_what_looks_like_it() -> None:
    with pytest.raises(SchemaError, match="zsm_besluit") as caught:
        CATALOGUS.berichttype("zsm_besluiten")
    assert caught.value.code == "berichttype.onbekend"
