"""A new berichttype is a data file and its codes; no Python is written for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import cast

import pytest

from corvus_schemas.catalogus import read_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoud import InhoudError, open_inhoud, parse_inhoud
from corvus_schemas.voorbeeld import voorbeeld_inhoud

DATA = Path(__file__).resolve().parents[3] / "schemas" / "corvus_schemas" / "data"
NIEUW: dict[str, object] = {
    "code": "huisdier_signaal",
    "titel": "Signaal over een huisdier",
    "adressering": "gericht",
    "verstrekkers": ["POL"],
    "ontvangers": ["VT"],
    "antwoord": False,
    "termijnen": [],
    "rubrieken": [
        {
            "naam": "dier",
            "verplicht": True,
            "avro": {
                "type": "record",
                "name": "corvus.huisdier_signaal.dier",
                "fields": [
                    {
                        "name": "soort",
                        "type": "string",
                        "verplicht": "J",
                        "gevoeligheid": "GEWOON",
                        "soort": "enum",
                        "codelijst": "diersoort",
                    },
                    {
                        "name": "gezien_op",
                        "type": ["null", "string"],
                        "verplicht": "N",
                        "gevoeligheid": "GEWOON",
                        "soort": "timestamp",
                    },
                ],
            },
        },
        {"naam": "verwijzing", "verplicht": False, "gedeeld": "gedeeld.verwijzing"},
        {
            "groep": "betrokkenen",
            "rol": "getuige",
            "naam": "basis",
            "verplicht": False,
            "gedeeld": "betrokkenen.basis",
        },
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    write(data, NIEUW)
    lists = json.loads((data / "codelijsten.json").read_text())
    lists["diersoort"] = {"hond": "Hond", "kat": "Kat"}
    (data / "codelijsten.json").write_text(json.dumps(lists))
    return data


def write(data: Path, berichttype: dict[str, object]) -> None:
    path = data / "berichttypen" / f"{berichttype['code']}.json"
    path.write_text(json.dumps(berichttype))


def first_rubriek(berichttype: dict[str, object]) -> dict[str, object]:
    return cast("list[dict[str, object]]", berichttype["rubrieken"])[0]


def test_it_works_from_end_to_end(folder: Path) -> None:
    catalogus = read_catalogus(folder)
    berichttype = catalogus.berichttype("huisdier_signaal")
    value = voorbeeld_inhoud(
        berichttype, catalogus, seed=5, per_rol=2, kern={"dier.soort": "kat"}
    )
    assert cast("dict[str, object]", value["dier"])["soort"] == "kat"
    inhoud = parse_inhoud(berichttype, value, catalogus)
    assert list(inhoud.cellen) == [
        "dier",
        "betrokkenen[getuige#0].basis",
        "betrokkenen[getuige#1].basis",
    ]
    assert open_inhoud(berichttype, inhoud.cellen, catalogus) == value
    with pytest.raises(InhoudError, match="hond, kat"):
        parse_inhoud(berichttype, {"dier": {"soort": "paard"}}, catalogus)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"type": "double"}, "boolean, int, string"),
        ({"soort": "kleur"}, "there is no such soort"),
        ({"codelijst": "kleuren"}, "there is no such codelijst"),
        ({"gevoeligheid": "HOOG"}, "there is no such gevoeligheid"),
        ({"verplicht": "N"}, "union"),
        ({"verplicht": "misschien"}, "J, N or V"),
        ({"codes": ["paard"]}, "not in the codelijst"),
        ({"type": {"type": "fixed", "size": 3}}, "array, map or record"),
    ],
)
def test_a_mistake_in_a_field_is_named(
    folder: Path, change: dict[str, object], place: str
) -> None:
    changed = json.loads(json.dumps(NIEUW))
    first_rubriek(changed)["avro"]["fields"][0].update(change)  # type: ignore[index]  # JSON
    write(folder, changed)
    catalogus = read_catalogus(folder)
    berichttype = catalogus.berichttype("huisdier_signaal")
    with pytest.raises(SchemaError, match=place) as caught:
        catalogus.velden(berichttype.rubrieken[0])
    assert caught.value.code == "schemabestand.ongeldig"
    assert "corvus.huisdier_signaal.dier.fields[0]" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"avro": None}, "names a gedeeld schema"),
        ({"naam": 3}, "text is expected"),
        ({"verplicht": "ja"}, "true or false"),
        ({"groep": "betrokkenen"}, "go together"),
        ({"groep": "zaken", "rol": "x"}, "betrokkenen, acties"),
        ({"avro": {"type": "record", "name": "corvus.ander.dier"}}, "starts with"),
    ],
)
def test_a_mistake_in_a_rubriek_is_named(
    folder: Path, change: dict[str, object], place: str
) -> None:
    changed = json.loads(json.dumps(NIEUW))
    first_rubriek(changed).update(change)
    write(folder, changed)
    with pytest.raises(SchemaError, match=place) as caught:
        read_catalogus(folder)
    assert caught.value.code == "schemabestand.ongeldig"
    assert "huisdier_signaal.json.rubrieken[0]" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"code": "x"}'])
def test_a_file_that_is_no_berichttype_is_refused(folder: Path, text: str) -> None:
    (folder / "berichttypen" / "kapot.json").write_text(text)
    with pytest.raises(SchemaError) as caught:
        read_catalogus(folder)
    assert caught.value.code == "schemabestand.ongeldig"
    assert "kapot.json" in str(caught.value)
