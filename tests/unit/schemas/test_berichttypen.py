"""Positions, fingerprints, and the agreement of schemas, table and kenmerken."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import TypedDict, cast

import pytest
import yaml

from corvus_schemas.avro import AvroSchema
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "schemas" / "corvus_schemas" / "data"
TABEL = (
    ROOT / "routing" / "corvus_routing" / "data" / "verstrekkingentabel-concept.yaml"
)
CATALOGUS = load_catalogus()
NAME = re.compile(r"(?<!')\b[a-z_]+\b(?!')")

ATOM = re.compile(r"[a-z_]+ (?:==|!=|in) (?:'[^']*'|[a-z_]+)|[a-z_]+")
POINTS = re.compile(r"(relaties|koppeling|betreft|voorwaarden_personen)$")


class Regel(TypedDict):
    regel: str
    berichttype: str
    rubriek: str
    van: str
    naar: str
    besluit: str
    voorwaarde: str
    grondslag: str


@pytest.fixture(scope="module")
def regels() -> list[Regel]:
    loaded = yaml.load(TABEL.read_text(), Loader=yaml.CSafeLoader)
    return cast("list[Regel]", loaded["regels"])


def test_positions_are_stable_and_labels_unique() -> None:
    assert len(CATALOGUS.berichttypen) == 51
    for berichttype in CATALOGUS.berichttypen.values():
        for bucket in (1, 2, 8):
            posities = berichttype.posities((bucket,) * len(berichttype.rollen))
            assert [p.index for p in posities] == list(range(len(posities)))
            assert len({p.label for p in posities}) == len(posities)


def test_positions_of_a_small_type_are_these() -> None:
    berichttype = CATALOGUS.berichttype("handle_with_care")
    assert berichttype.rollen == (("betrokkenen", "kind"),)
    assert [p.label for p in berichttype.posities((2,))] == [
        "signaal",
        "verwijzing",
        *(
            f"betrokkenen[kind#{n}].{kort}"
            for n in (0, 1)
            for kort in ("basis", "relaties", "koppeling", "identiteit", "school")
        ),
    ]


@pytest.mark.parametrize("buckets", [(), (3,), (1, 1), (0,), (16,), (True,)])
def test_a_wrong_bucket_vector_is_refused(buckets: tuple[int, ...]) -> None:
    with pytest.raises(SchemaError) as caught:
        CATALOGUS.berichttype("handle_with_care").posities(buckets)
    assert caught.value.code == "schema.buckets_ongeldig"


def test_fingerprints_tell_berichttypen_apart() -> None:
    found = {b.fingerprint for b in CATALOGUS.berichttypen.values()}
    assert len(found) == 51
    assert {len(fingerprint) for fingerprint in found} == {8}


def test_a_schema_has_one_name_and_one_fingerprint() -> None:
    schemas = {
        (r.schema.name, r.schema.fingerprint)
        for b in CATALOGUS.berichttypen.values()
        for r in b.rubrieken
    }
    assert len({name for name, _ in schemas}) == len(schemas)
    assert len({fingerprint for _, fingerprint in schemas}) == len(schemas)


def test_a_new_code_does_not_change_a_fingerprint() -> None:
    schema = CATALOGUS.berichttype("politiemelding").rubrieken[0].schema
    plain = json.loads(json.dumps(schema.definition))
    for field in plain["fields"]:
        field.pop("codelijst", None)
        field["gevoeligheid"] = "STRAF"
    assert AvroSchema(plain).fingerprint == schema.fingerprint


def test_every_field_tree_can_be_made() -> None:
    fields = [
        veld
        for b in CATALOGUS.berichttypen.values()
        for r in b.rubrieken
        for veld in CATALOGUS.velden(r).velden.values()
    ]
    assert len(fields) > 1000


def test_every_type_ends_its_own_rubrieken_with_verwijzing() -> None:
    for berichttype in CATALOGUS.berichttypen.values():
        plain = [r.naam for r in berichttype.rubrieken if r.groep is None]
        assert plain[-1] == "verwijzing"


def test_the_data_folder_and_the_catalogus_agree() -> None:
    files = sorted(path.stem for path in (DATA / "berichttypen").glob("*.json"))
    assert files
    assert files == sorted(CATALOGUS.berichttypen)
    assert len(CATALOGUS.codelijsten) == 99
    assert len(CATALOGUS.kenmerken) == 39


def test_every_rule_names_what_exists(regels: list[Regel]) -> None:
    assert len(regels) > 2483
    types = CATALOGUS.codelijsten["organisatietype"].codes
    grounds = json.loads((TABEL.parent / "grondslagen.json").read_text())
    for regel in regels:
        wild = regel["besluit"] == "nee"
        assert regel["van"] in types or (wild and regel["van"] == "*")
        assert regel["naar"] in types or (wild and regel["naar"] == "*")
        assert regel["grondslag"] in grounds
        if regel["berichttype"] == "*":
            assert wild
            continue
        berichttype = CATALOGUS.berichttype(regel["berichttype"])
        if "*" in regel["rubriek"]:
            assert wild
        else:
            assert berichttype.rubriek(regel["rubriek"]), regel["regel"]
    assert len({regel["regel"] for regel in regels}) == len(regels)


def test_every_condition_uses_kenmerken_only(regels: list[Regel]) -> None:
    known = CATALOGUS.kenmerken.keys() | {"true", "false", "in"}
    for regel in regels:
        assert set(NAME.findall(regel["voorwaarde"])) <= known, regel["regel"]


def test_ontvangers_are_those_of_the_table(regels: list[Regel]) -> None:
    for code, berichttype in CATALOGUS.berichttypen.items():
        allowed = {
            regel["naar"]
            for regel in regels
            if regel["berichttype"] == code and regel["besluit"] == "ja"
        }
        assert set(berichttype.ontvangers) == allowed


def implies(premise: str, *consequences: str) -> bool:
    """Whether one of the consequences holds wherever the premise does.

    Comparisons count as free booleans, so this can only be too strict.
    """
    texts = (premise, *consequences)
    atoms = sorted({found for text in texts for found in ATOM.findall(text)})
    names = {atom: f"v{n}" for n, atom in enumerate(atoms)}

    def python(text: str) -> str:
        named = ATOM.sub(lambda found: names[found[0]], text)
        return named.replace("&&", " and ").replace("||", " or ").replace("!", " not ")

    compiled = [compile(python(text).strip(), "rule", "eval") for text in texts]
    for values in itertools.product((False, True), repeat=len(atoms)):
        env = {names[a]: a == "true" or v for a, v in zip(atoms, values, strict=True)}
        holds, *others = (bool(eval(code, {}, env)) for code in compiled)
        if holds and not any(others):
            return False
    return True


def test_what_points_at_others_goes_only_where_all_of_them_go(
    regels: list[Regel],
) -> None:
    basis: dict[tuple[str, str, str, str], list[str]] = {}
    for regel in regels:
        if regel["besluit"] == "ja" and regel["rubriek"].endswith(".basis"):
            key = (regel["berichttype"], regel["van"], regel["naar"], regel["rubriek"])
            basis.setdefault(key, []).append(regel["voorwaarde"])
    split = [
        regel
        for regel in regels
        if regel["besluit"] == "ja" and POINTS.search(regel["rubriek"])
    ]
    assert len(split) > 600
    for regel in split:
        parties = (regel["berichttype"], regel["van"], regel["naar"])
        for rubriek in CATALOGUS.berichttype(regel["berichttype"]).rubrieken:
            if rubriek.groep == "betrokkenen" and rubriek.kort == "basis":
                allowed = basis[(*parties, rubriek.naam)]
                assert implies(regel["voorwaarde"], *allowed), regel["regel"]


def test_a_split_rule_is_never_wider_than_its_parent(regels: list[Regel]) -> None:
    by_id = {regel["regel"]: regel for regel in regels}
    split = [regel for regel in regels if regel["regel"][-1].isalpha()]
    assert len(split) > 700
    for regel in split:
        parent = by_id[regel["regel"][:-1]]
        for key in ("berichttype", "van", "naar", "besluit", "grondslag"):
            assert regel.get(key) == parent.get(key)
        assert implies(regel["voorwaarde"], parent["voorwaarde"]), regel["regel"]


def test_the_check_of_implication_can_fail() -> None:
    assert implies("a && b", "a")
    assert not implies("a || b", "a")
    assert not implies("true", "!a")
    assert implies("x in y && !(z == 'Q')", "x in y")


def test_a_stay_address_is_narrower_than_the_stay(regels: list[Regel]) -> None:
    found = [r for r in regels if r["rubriek"].endswith(".verblijfadres")]
    assert {r["besluit"] for r in found} == {"ja", "nee"}
    assert all("geheim_adres" in r["voorwaarde"] for r in found if r["besluit"] == "ja")
    denied = {(r["rubriek"], r["naar"]) for r in found if r["besluit"] == "nee"}
    assert denied == {
        ("betrokkenen[slachtoffer].verblijfadres", "*"),
        ("betrokkenen[kind].verblijfadres", "*"),
        ("betrokkenen[slachtoffer].verblijfadres", "RECL"),
    }


def test_bronberichten_name_messages_senders_fields_and_codes() -> None:
    checked = 0
    for kenmerk in CATALOGUS.kenmerken.values():
        for bron in kenmerk.bronberichten:
            berichttype = CATALOGUS.berichttype(bron.berichttype)
            assert set(bron.verstrekkers) <= set(berichttype.verstrekkers), kenmerk.naam
            for voorwaarde in bron.voorwaarden:
                kort, veld = voorwaarde.veld.split(".")
                rubriek = berichttype.rubriek(kort)
                assert rubriek is not None
                field = next(
                    item
                    for item in cast(
                        "list[dict[str, str]]", rubriek.schema.definition["fields"]
                    )
                    if item["name"] == veld
                )
                codes = CATALOGUS.codelijsten[field["codelijst"]].codes
                assert set(voorwaarde.codes) <= codes.keys()
                checked += 1
    assert checked > 10


def test_a_kenmerk_nobody_may_declare_has_a_source_or_comes_from_the_broker() -> None:
    by_itself = {"schriftelijk_toegestaan", "ontvangers_oorspronkelijk"}
    pseudo = {"ontvanger", "verstrekker"}
    without = {
        naam
        for naam, kenmerk in CATALOGUS.kenmerken.items()
        if kenmerk.zetter_soort == "broker" and not kenmerk.bronberichten
    }
    assert without == by_itself | pseudo


def test_bucket_vectors_give_a_bounded_number_of_positions() -> None:
    berichttype = CATALOGUS.berichttype("toestemming")
    sizes = {
        vector: len(berichttype.posities(vector))
        for vector in itertools.product((1, 2, 4, 8), repeat=len(berichttype.rollen))
    }
    assert max(sizes.values()) == sizes[8, 8]
