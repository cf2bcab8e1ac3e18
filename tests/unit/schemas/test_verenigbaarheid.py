"""Changes of published berichttypen: each that breaks a rule is named by its number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from schema_versies import (
    CODE,
    add_field,
    add_rubriek,
    copy_data,
    edit,
    grow,
    publish,
    rubriek,
)

from corvus_schemas.catalogus import load_catalogus, read_catalogus
from corvus_schemas.verenigbaarheid import check_changes, check_published

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from corvus_schemas.verenigbaarheid import Bevinding


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return copy_data(tmp_path)


def broken(data: Path) -> list[Bevinding]:
    catalogus = read_catalogus(data)
    return list(check_changes(catalogus, catalogus.gepubliceerd))


def unpublished(data: Path) -> list[Bevinding]:
    catalogus = read_catalogus(data)
    return list(check_published(catalogus, catalogus.gepubliceerd))


def field(value: Any, naam: str, veld: str) -> Any:
    fields = rubriek(value, naam)["avro"]["fields"]
    return next(one for one in fields if one["name"] == veld)


def drop_rubriek(value: Any) -> None:
    value["rubrieken"].remove(rubriek(value, "sash"))


def rename_rubriek(value: Any) -> None:
    found = rubriek(value, "sash")
    found["naam"] = "sash_lijst"


def drop_field(value: Any) -> None:
    fields = rubriek(value, "melding")["avro"]["fields"]
    fields.remove(field(value, "melding", "meldingnummer"))


def change_type(value: Any) -> None:
    field(value, "melding", "acuut")["type"] = "string"


def make_optional(value: Any) -> None:
    field(value, "melding", "meldingnummer")["type"] = ["null", "string"]


def change_soort(value: Any) -> None:
    field(value, "melding", "meldingnummer")["soort"] = "uuid"


def change_list(value: Any) -> None:
    field(value, "melding", "versie_soort")["codelijst"] = "ib_versie"


def limit_codes(value: Any) -> None:
    field(value, "melding", "versie_soort")["codes"] = ["verbalisant"]


def rename_record(value: Any) -> None:
    rubriek(value, "melding")["avro"]["name"] = f"corvus.{CODE}.bericht"


def mandatory_field(value: Any) -> None:
    record = rubriek(value, "melding")["avro"]
    add_field(record, "kanaal", type="string", verplicht="J")
    del record["fields"][-1]["default"]


def mandatory_rubriek(value: Any) -> None:
    add_rubriek(value, "drone", 1, verplicht=True)


def become_mandatory(value: Any) -> None:
    rubriek(value, "sash")["verplicht"] = True


@pytest.mark.parametrize(
    ("change", "regel", "plaats", "said"),
    [
        (drop_rubriek, "E2", "sash", "removed"),
        (rename_rubriek, "E3", "sash", "renamed, to sash_lijst"),
        (drop_field, "E4", "corvus.politiemelding.melding.meldingnummer", "removed"),
        (change_type, "E5", "corvus.politiemelding.melding.acuut", "became string"),
        (
            make_optional,
            "E5",
            "corvus.politiemelding.melding.meldingnummer",
            "string became null or string",
        ),
        (
            change_soort,
            "E5",
            "corvus.politiemelding.melding.meldingnummer",
            "soort was changed",
        ),
        (
            change_list,
            "E5",
            "corvus.politiemelding.melding.versie_soort",
            "melding_versie became ib_versie",
        ),
        (rename_record, "E5", "corvus.politiemelding.melding", "record was renamed"),
        (
            mandatory_field,
            "E6",
            "corvus.politiemelding.melding.kanaal",
            "optional or have a default",
        ),
        (mandatory_rubriek, "E6", "drone", "has to be optional"),
        (become_mandatory, "E6", "sash", "became mandatory"),
        (
            limit_codes,
            "E7",
            "corvus.politiemelding.melding.versie_soort",
            "limited",
        ),
    ],
)
def test_a_change_that_breaks_a_rule_is_named_and_not_published(
    data: Path, change: Callable[[Any], None], regel: str, plaats: str, said: str
) -> None:
    assert broken(data) == []
    before = (data / "gepubliceerd.json").read_bytes()
    edit(data, change)
    [found] = broken(data)
    assert (found.regel, found.plaats) == (regel, plaats)
    assert said in found.uitleg
    assert found.berichttypen == (CODE,)
    assert publish(data) == 1
    assert (data / "gepubliceerd.json").read_bytes() == before


def test_every_change_is_named_not_only_the_first(data: Path) -> None:
    for change in (drop_field, change_list, become_mandatory):
        edit(data, change)
    assert sorted(one.regel for one in broken(data)) == ["E4", "E5", "E6"]


def test_a_shared_record_is_named_once_with_its_berichttypen(data: Path) -> None:
    def change(value: Any) -> None:
        value["betrokkenen.identiteit"]["fields"].pop()

    edit(data, change, "gedeeld")
    [found] = broken(data)
    assert found.plaats == "corvus.betrokkenen.identiteit.geslacht"
    assert len(found.berichttypen) > 30
    assert CODE in found.berichttypen


def test_a_removed_berichttype_and_a_removed_code_are_named(data: Path) -> None:
    (data / "berichttypen" / "dat_signaal.json").unlink()
    edit(data, lambda value: value["melding_versie"].pop("verbalisant"), "codelijsten")
    assert [(one.regel, one.plaats) for one in broken(data)] == [
        ("E1", "dat_signaal"),
        ("E7", "melding_versie"),
    ]


def test_a_field_inside_a_list_is_compared_too(data: Path) -> None:
    def nested(value: Any) -> None:
        record = rubriek(value, "melding")["avro"]
        inner = {"type": "record", "name": "corvus.stap", "fields": []}
        add_field(inner, "wat")
        add_field(inner, "wanneer")
        items = {"type": "array", "items": inner}
        add_field(record, "stappen", type=["null", items])

    def less(value: Any) -> None:
        field(value, "melding", "stappen")["type"][1]["items"]["fields"].pop()

    edit(data, nested)
    assert publish(data) == 0
    edit(data, less)
    [found] = broken(data)
    assert found.plaats == "corvus.politiemelding.melding.stappen[].wanneer"
    assert found.regel == "E4"


def test_what_is_allowed_has_to_be_published_and_the_former_version_stays(
    data: Path,
) -> None:
    former = load_catalogus().berichttype(CODE)
    edit(data, grow)
    assert broken(data) == []
    [missing] = unpublished(data)
    assert (missing.regel, missing.plaats) == ("E9", CODE)
    with pytest.raises(Exception, match="is not known here"):
        read_catalogus(data).versie(CODE, b"\0" * 8)
    assert publish(data) == 0
    assert unpublished(data) == []
    catalogus = read_catalogus(data)
    assert len(catalogus.versies(CODE)) == 2
    known = catalogus.versie(CODE, former.fingerprint)
    assert known is catalogus.versie(CODE, former.fingerprint), "memos go by identity"
    assert [r.naam for r in known.rubrieken] == [r.naam for r in former.rubrieken]
    buckets = (2,) * len(former.rollen)
    assert [p.label for p in known.posities(buckets)] == [
        p.label for p in former.posities(buckets)
    ]


def test_going_back_to_a_former_version_is_named(data: Path) -> None:
    path = data / "berichttypen" / f"{CODE}.json"
    before = path.read_bytes()
    edit(data, grow)
    assert publish(data) == 0
    path.write_bytes(before)
    assert {one.regel for one in broken(data)} == {"E1", "E2", "E4"}


@pytest.mark.parametrize("change", ["swap", "rename", "forget"])
def test_an_archive_that_was_edited_is_named(data: Path, change: str) -> None:
    path = data / "gepubliceerd.json"
    archive = json.loads(path.read_text(encoding="utf-8"))
    rubrieken = archive["berichttypen"][CODE][0]["rubrieken"]
    if change == "swap":
        rubrieken[0], rubrieken[1] = rubrieken[1], rubrieken[0]
    elif change == "rename":
        rubrieken[0]["naam"] = "bericht"
    else:
        del archive["berichttypen"][CODE]
    path.write_text(json.dumps(archive), encoding="utf-8")
    [found] = (
        [*broken(data), *unpublished(data)] if change == "forget" else broken(data)
    )
    assert found.regel == ("E9" if change == "forget" else "E8")


def test_a_new_code_has_to_be_published(data: Path) -> None:
    def more(value: Any) -> None:
        value["melding_versie"]["landelijk"] = "Landelijke versie"

    edit(data, more, "codelijsten")
    assert broken(data) == []
    assert [one.plaats for one in unpublished(data)] == ["melding_versie"]
    assert publish(data) == 0
    assert unpublished(data) == []


def test_what_comes_with_the_software_is_published_as_it_is() -> None:
    catalogus = load_catalogus()
    assert check_changes(catalogus, catalogus.gepubliceerd) == ()
    assert check_published(catalogus, catalogus.gepubliceerd) == ()
    assert set(catalogus.gepubliceerd.codes) >= catalogus.berichttypen.keys()
