"""Tables go out to spreadsheets and YAML and come back the same, without formulas."""

from __future__ import annotations

import csv
import io
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from routing_model import CATALOGUS, Rule, payload, tables

from corvus_adapters.cli.tabel_xlsx import read_rijen, write_rijen
from corvus_routing.tabel import parse_tabel, tabel_from_payload
from corvus_routing.uitwisseling import (
    VELDEN,
    from_csv,
    rijen_of,
    tabel_from_rijen,
    to_csv,
)
from corvus_routing.uitwisseling_yaml import to_yaml
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_routing.regel import Verstrekkingentabel

FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b")
printable = st.text(
    st.one_of(st.just(" "), st.characters(exclude_categories=("C", "Z"))), max_size=40
)
texts = st.one_of(
    printable,
    st.tuples(
        st.sampled_from(["", "'", "''", " ", " '", "' "]),
        st.sampled_from(
            [*FORMULAS, "null", "true", "1", "1e5", "#N/A", "_x000D_", '"']
        ),
        printable,
    ).map("".join),
)


@st.composite
def tabellen(draw: st.DrawFn) -> Verstrekkingentabel:
    """Draw a table whose free texts are as hostile as the form allows."""
    rules: list[Rule] = [
        {**rule, "bron": draw(texts), "opmerking": draw(texts)} for rule in draw(tables)
    ]
    body = payload(rules)
    body["versie"] = draw(st.integers(1, 999_999_999))
    body["geldig_tot"] = draw(st.sampled_from([None, "2031-01-01"]))
    return tabel_from_payload(body, CATALOGUS)


def is_formula(cel: str) -> bool:
    return cel.strip().startswith(FORMULAS)


@settings(max_examples=100, deadline=None)
@given(tabellen(), st.sampled_from(",;\t"))
def test_csv_comes_back_the_same_and_no_cell_is_a_formula(
    tabel: Verstrekkingentabel, separator: str
) -> None:
    rijen = rijen_of(tabel)
    assert not [cel for rij in rijen for cel in rij if is_formula(cel)]
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerows(rijen)
    assert tabel_from_rijen(from_csv("\ufeff" + written.getvalue()), CATALOGUS) == tabel
    assert tabel_from_rijen(from_csv(to_csv(rijen)), CATALOGUS) == tabel


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(tabellen())
def test_xlsx_comes_back_the_same(tmp_path: Path, tabel: Verstrekkingentabel) -> None:
    path = tmp_path / "tabel.xlsx"
    write_rijen(rijen_of(tabel), path)
    assert tabel_from_rijen(read_rijen(path), CATALOGUS) == tabel


@settings(max_examples=100, deadline=None)
@given(tabellen())
def test_yaml_comes_back_the_same(tabel: Verstrekkingentabel) -> None:
    assert parse_tabel(to_yaml(tabel), CATALOGUS) == tabel


def test_the_table_that_ships_is_written_as_it_is() -> None:
    source = resources.files("corvus_routing").joinpath(
        "data", "verstrekkingentabel-concept.yaml"
    )
    text = source.read_text(encoding="utf-8")
    assert to_yaml(parse_tabel(text, CATALOGUS)) == text


REGEL = {
    "regel": "R0001",
    "berichttype": "correctie",
    "rubriek": "correctie",
    "van": "POL",
    "naar": "VT",
    "besluit": "ja",
    "voorwaarde": "true",
    "hold": "",
    "grondslag": "G_TECH",
    "doel": "TECHNISCH",
    "modaliteit": "kan",
    "bewaartermijn": "P7D",
    "status": "concept",
    "geldig_van": "2025-01-01",
    "geldig_tot": "",
    "regio": "*",
    "bron": "",
    "opmerking": "",
}
KOP = ["tabel", "proef", "versie", "1", "geldig_van", "2025-01-01", "geldig_tot", ""]


def sheet(*rules: dict[str, str], kop: list[str] | None = None) -> list[list[str]]:
    return [kop or KOP, list(VELDEN), *([r[v] for v in VELDEN] for r in rules)]


def test_columns_may_stand_in_another_order_and_rows_may_be_empty() -> None:
    good = tabel_from_rijen(sheet(REGEL), CATALOGUS)
    turned = [sheet(REGEL)[0], *(rij[::-1] for rij in sheet(REGEL)[1:])]
    padded = [*turned[:2], [""] * 18, [*turned[2], "", ""], []]
    assert tabel_from_rijen(padded, CATALOGUS) == good


@pytest.mark.parametrize(
    ("rijen", "reason"),
    [
        ([], "row 1: it is not tabel"),
        ([["regel"]], "row 1: it is not tabel"),
        ([KOP], "row 2: its cells are not the fields"),
        ([KOP, [*VELDEN, "nog_een"]], "row 2: its cells are not the fields"),
        ([KOP, [*VELDEN[:-1], "regel"]], "row 2: its cells are not the fields"),
        (
            sheet(REGEL, {**REGEL, "regel": "R0002", "van": "PTT"}),
            "row 4: R0002: van is not a known organisatietype",
        ),
        (sheet({**REGEL, "voorwaarde": "maan"}), "row 3: R0001: voorwaarde.ongeldig"),
        (sheet({**REGEL, "regel": ""}), "row 3: rule number 1"),
        (sheet(REGEL, REGEL), "row 4: its id is that of row 3 as well"),
        (
            [*sheet(REGEL)[:2], [*sheet(REGEL)[2], "te veel"]],
            "row 3: it has more cells than there are columns",
        ),
    ],
)
def test_a_row_that_is_wrong_is_named(rijen: list[list[str]], reason: str) -> None:
    with pytest.raises(RegisterError) as refused:
        tabel_from_rijen(rijen, CATALOGUS)
    assert refused.value.code == "uitwisseling.ongeldig"
    assert reason in refused.value.message


def test_every_wrong_row_among_many_is_named_and_the_rest_counted() -> None:
    rules = [{**REGEL, "regel": f"R{n:04}"} for n in range(1, 301)]
    for n in (0, 150, 299):
        rules[n] = {**rules[n], "doel": "MAAN"}
    with pytest.raises(RegisterError) as refused:
        tabel_from_rijen(sheet(*rules), CATALOGUS)
    assert [part.split(":")[0] for part in refused.value.message.split("; ")] == [
        "row 3",
        "row 153",
        "row 302",
    ]
    with pytest.raises(RegisterError, match=r"and [0-9]+ more"):
        tabel_from_rijen(sheet(*({**r, "doel": "MAAN"} for r in rules)), CATALOGUS)


def test_what_is_wrong_with_the_table_itself_is_said_of_the_table() -> None:
    kop = ["tabel", "Proef", "versie", "nul", "geldig_van", "morgen", "geldig_tot", ""]
    with pytest.raises(RegisterError, match="versie is not of type integer") as refused:
        tabel_from_rijen(sheet(REGEL, kop=kop), CATALOGUS)
    assert refused.value.code == "tabel.ongeldig"


@pytest.mark.parametrize("text", ["", "tabel", "regel,van", "tabel|proef"])
def test_what_is_not_our_csv_is_refused(text: str) -> None:
    with pytest.raises(RegisterError) as refused:
        from_csv(text)
    assert refused.value.code == "uitwisseling.ongeldig"
