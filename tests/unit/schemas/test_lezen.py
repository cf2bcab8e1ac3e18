"""Reading across versions: nothing that came is lost, and nothing new stops it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from schema_versies import CODE, add_field, as_data, copy_data, edit, evolved, publish
from schema_versies import rubriek as rubriek_of

from corvus_schemas.catalogus import load_catalogus, read_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.indeling import parse_indeling
from corvus_schemas.inhoud import InhoudError, parse_inhoud
from corvus_schemas.lezen import read_inhoud
from corvus_schemas.voorbeeld import voorbeeld_inhoud

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_schemas.catalogus import Catalogus

OUD = load_catalogus()


@pytest.fixture(scope="module")
def nieuw(tmp_path_factory: pytest.TempPathFactory) -> Catalogus:
    return evolved(tmp_path_factory.mktemp("nieuw"))


def sample(catalogus: Catalogus) -> dict[str, Any]:
    return voorbeeld_inhoud(catalogus.berichttype(CODE), catalogus, seed=2)


def test_an_old_message_opens_with_newer_software(nieuw: Catalogus) -> None:
    value = sample(OUD)
    cellen = parse_inhoud(OUD.berichttype(CODE), value, OUD).cellen
    written = nieuw.versie(CODE, OUD.berichttype(CODE).fingerprint)
    gelezen = read_inhoud(written, cellen, nieuw)
    expected = json.loads(json.dumps(value))
    expected["melding"]["taal"] = "nl"  # the default of the newer field
    assert gelezen.inhoud == expected
    assert (gelezen.buiten_schema, gelezen.onbekende_codes) == ({}, ())


def test_a_newer_message_opens_with_older_software_that_has_its_layout(
    nieuw: Catalogus,
) -> None:
    value = sample(OUD)
    value["drone"] = {"toelichting": "boven de tuin"}
    value["melding"] |= {"kanaal": "balie", "taal": "fy"}
    huidig = nieuw.berichttype(CODE)
    cellen = parse_inhoud(huidig, value, nieuw).cellen
    with pytest.raises(SchemaError, match=huidig.fingerprint.hex()) as caught:
        OUD.versie(CODE, huidig.fingerprint)
    assert caught.value.code == "schema.versie"
    assert "corvus schema installeer" in caught.value.advice

    # Also where a field is of a kind (soort) that the older software never heard of.
    layout = json.loads(as_data(nieuw).encode())
    [record] = [
        one
        for key, one in layout["schemas"].items()
        if key.startswith(f"corvus.{CODE}.melding:")
    ]
    [kanaal] = [one for one in record["fields"] if one["name"] == "kanaal"]
    kanaal["soort"] = "kenteken"
    older = OUD.with_indeling(parse_indeling(json.dumps(layout).encode()))
    gelezen = read_inhoud(older.versie(CODE, huidig.fingerprint), cellen, older)
    assert gelezen.buiten_schema == {
        "drone": {"toelichting": "boven de tuin"},
        "melding.kanaal": "balie",
        "melding.taal": "fy",
    }
    del value["drone"], value["melding"]["kanaal"], value["melding"]["taal"]
    assert gelezen.inhoud == value
    assert older.berichttype(CODE) is OUD.berichttype(CODE), "what is sent stays"
    assert "drone" in older.rubrieknamen(CODE)


def test_a_code_of_a_newer_codelijst_is_kept_and_said(tmp_path: Path) -> None:
    data = copy_data(tmp_path)

    def more(value: Any) -> None:
        value["melding_versie"]["landelijk"] = "Landelijke versie"
        value["sash_item"]["K9"] = "Nieuw item"

    def wider(value: Any) -> None:
        rubriek_of(value, "items")["avro"]["fields"][0]["codes"].append("K9")

    edit(data, more, "codelijsten")
    edit(data, wider, "sash_uitkomst")
    newer = read_catalogus(data)
    value = sample(newer)
    value["melding"]["versie_soort"] = "landelijk"
    berichttype = newer.berichttype(CODE)
    cellen = parse_inhoud(berichttype, value, newer).cellen
    assert berichttype.fingerprint == OUD.berichttype(CODE).fingerprint
    gelezen = read_inhoud(OUD.berichttype(CODE), cellen, OUD)
    assert gelezen.inhoud == value
    assert gelezen.onbekende_codes == ("melding.versie_soort",)
    with pytest.raises(InhoudError, match="unknown code"):
        parse_inhoud(OUD.berichttype(CODE), value, OUD)

    sash = newer.berichttype("sash_uitkomst")
    answers = voorbeeld_inhoud(sash, newer, seed=1)
    items = cast("dict[str, Any]", answers["items"])["antwoorden"]
    items["K9"] = "aanwezig"
    cellen = parse_inhoud(sash, answers, newer).cellen
    gelezen = read_inhoud(OUD.berichttype("sash_uitkomst"), cellen, OUD)
    assert gelezen.inhoud == answers
    assert gelezen.onbekende_codes == ("items.antwoorden[?]",)


@pytest.mark.parametrize("code", ["", "twee\nregels", "x" * 251, "\u202eom"])
def test_what_is_no_code_at_all_is_refused(code: str) -> None:
    berichttype = OUD.berichttype(CODE)
    cellen = dict(parse_inhoud(berichttype, sample(OUD), OUD).cellen)
    melding = berichttype.rubriek("melding")
    assert melding is not None
    record = melding.schema.decode(cellen["melding"])
    cellen["melding"] = melding.schema.encode({**record, "versie_soort": "anders"})
    assert read_inhoud(berichttype, cellen, OUD).onbekende_codes
    cellen["melding"] = melding.schema.encode({**record, "versie_soort": code})
    with pytest.raises(InhoudError, match="unknown code"):
        read_inhoud(berichttype, cellen, OUD)


def test_a_layout_that_was_changed_is_refused(nieuw: Catalogus) -> None:
    value = json.loads(as_data(nieuw).encode())
    assert parse_indeling(json.dumps(value).encode()).berichttype.code == CODE
    first = value["rubrieken"][0]
    for change in (
        {"rubrieken": [{**first, "naam": "vliegtuig"}, *value["rubrieken"][1:]]},
        {"rubrieken": value["rubrieken"][1:]},
        {"schema": "00" * 8},
    ):
        with pytest.raises(SchemaError) as caught:
            parse_indeling(json.dumps({**value, **change}).encode())
        assert caught.value.code == "schema.vingerafdruk"
    for change in ({"schema": "x"}, {"indeling": 2}, {"schemas": {}}, {"eerder": None}):
        with pytest.raises(SchemaError) as caught:
            parse_indeling(json.dumps({**value, **change}).encode(), "x.json")
        assert caught.value.code == "schemabestand.ongeldig"
        assert "x.json" in caught.value.message
    key = next(iter(value["schemas"]))
    value["schemas"][key] = {"type": "nothing", "name": "x"}
    with pytest.raises(SchemaError):
        parse_indeling(json.dumps(value).encode())


def test_a_layout_that_breaks_the_rules_is_refused(tmp_path: Path) -> None:
    data = copy_data(tmp_path)

    def breaking(value: Any) -> None:
        fields = rubriek_of(value, "melding")["avro"]["fields"]
        fields.pop(0)
        add_field(rubriek_of(value, "melding")["avro"], "kanaal")

    edit(data, breaking)
    with pytest.raises(SchemaError, match="E4") as caught:
        OUD.with_indeling(as_data(read_catalogus(data)))
    assert caught.value.code == "schema.onverenigbaar"


def test_a_berichttype_that_is_new_here_can_be_opened_and_sent(tmp_path: Path) -> None:
    data = copy_data(tmp_path)
    path = data / "berichttypen" / "dat_signaal.json"
    text = path.read_text(encoding="utf-8").replace("dat_signaal", "drone_signaal")
    (data / "berichttypen" / "drone_signaal.json").write_text(text, encoding="utf-8")
    assert publish(data) == 0
    newer = read_catalogus(data)
    older = OUD.with_indeling(as_data(newer, "drone_signaal"))
    berichttype = older.berichttype("drone_signaal")
    value = voorbeeld_inhoud(berichttype, older, seed=1)
    cellen = parse_inhoud(berichttype, value, older).cellen
    assert read_inhoud(berichttype, cellen, older).inhoud == value
    assert older.with_indeling(as_data(newer, "drone_signaal")) is older
