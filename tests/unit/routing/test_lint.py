"""One table file per finding in tests/fixtures/lint gives that finding, and no other.

The first line of a file names the rules that the finding is about.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from corvus_routing.lint import Ernst, Lintrapport, Soort, lint
from corvus_routing.lint_gevoelig import Gevoeligheden
from corvus_routing.lint_gronden import load_gronden, parse_gronden
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import Catalogus, load_catalogus

if TYPE_CHECKING:
    from corvus_routing.regel import Verstrekkingentabel

FIXTURES = Path(__file__).parents[2] / "fixtures" / "lint"
README = Path(__file__).parents[3] / "routing" / "README.md"
OP = date(2026, 11, 22)
TYPEN = ("bekendheidscheck_antwoord", "anonieme_consultatie_antwoord")
PARTIJEN = ("POL", "VT", "OM")


@cache
def small() -> Catalogus:
    """Two berichttypen and three parties, so that a small table leaves nothing out."""
    catalogus = load_catalogus()
    typen = catalogus.codelijsten["organisatietype"]
    partijen = {code: typen.codes[code] for code in PARTIJEN}
    return replace(
        catalogus,
        berichttypen={code: catalogus.berichttypen[code] for code in TYPEN},
        codelijsten={
            **catalogus.codelijsten,
            "organisatietype": replace(typen, codes=partijen),
        },
    )


@cache
def concept() -> Verstrekkingentabel:
    source = resources.files("corvus_routing").joinpath(
        "data", "verstrekkingentabel-concept.yaml"
    )
    return parse_tabel(source.read_text(encoding="utf-8"), load_catalogus())


def examine(name: str) -> tuple[list[str], Lintrapport]:
    text = (FIXTURES / f"{name}.yaml").read_text(encoding="utf-8")
    extra = parse_gronden((FIXTURES / "grondslagen.json").read_text(encoding="utf-8"))
    rapport = lint(
        parse_tabel(text, small()), small(), OP, gronden={**load_gronden(), **extra}
    )
    return text.splitlines()[0].removeprefix("#").split(), rapport


def test_a_clean_table_has_no_findings() -> None:
    assert examine("schoon")[1].bevindingen == ()


@pytest.mark.parametrize("soort", Soort, ids=lambda soort: soort.value)
def test_its_fixture_gives_exactly_this_finding(soort: Soort) -> None:
    regels, rapport = examine(soort.value)
    [bevinding] = rapport.bevindingen
    assert bevinding.soort is soort
    assert list(bevinding.regels) == regels
    assert bevinding.zin
    assert bevinding.advies
    assert rapport.is_fout is (bevinding.ernst is Ernst.FOUT)


def test_every_fixture_is_read_and_every_code_is_explained() -> None:
    names = {path.stem for path in FIXTURES.glob("*.yaml")}
    assert names == {soort.value for soort in Soort} | {"schoon"}
    rows = re.findall(
        r"^\| `(\w+)` \| (fout|waarschuwing) \|",
        README.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert dict(rows) == {soort.value: soort.ernst.value for soort in Soort}


def test_special_data_may_go_always_where_the_exception_is_written_down() -> None:
    text = (FIXTURES / "bijzonder_zonder_voorwaarde.yaml").read_text(encoding="utf-8")
    tabel = parse_tabel(
        text.replace('opmerking: ""', 'opmerking: "Uitzondering: artikel 1"'), small()
    )
    assert lint(tabel, small(), OP).bevindingen == ()


def test_data_deep_in_a_rubriek_makes_it_special() -> None:
    catalogus = load_catalogus()
    gevoelig = Gevoeligheden(catalogus)
    assert gevoelig.of("bekendheidscheck_antwoord", "traject") == {"STRAF"}
    assert gevoelig.of("bekendheidscheck_antwoord", "contactpersonen") == frozenset()
    assert "BSN" in gevoelig.of("bekendheidscheck", "betrokkenen[verdachte].bsn")


def test_a_region_that_denies_does_not_make_a_rule_for_all_regions_dead() -> None:
    text = (FIXTURES / "tegenstrijdig.yaml").read_text(encoding="utf-8")
    blocks = text.split("\n- ")
    blocks[-1] = blocks[-1].replace('regio: "*"', 'regio: "VT18"')
    assert (
        lint(parse_tabel("\n- ".join(blocks), small()), small(), OP).bevindingen == ()
    )
    blocks[-2] = blocks[-2].replace('regio: "*"', 'regio: "VT18"')
    [dood] = lint(parse_tabel("\n- ".join(blocks), small()), small(), OP).bevindingen
    assert dood.soort is Soort.TEGENSTRIJDIG


def test_two_denials_that_say_the_same_are_named_and_a_dead_one_too() -> None:
    text = (FIXTURES / "tegenstrijdig.yaml").read_text(encoding="utf-8")
    denial = text.split("\n- ")[-1]
    other = denial.replace("R0006", "R0007").replace('"hg_label"', '"!(!hg_label)"')
    dead = denial.replace("R0006", "R0008").replace('"hg_label"', '"false"')
    body = "\n- ".join([text.rstrip("\n"), other.rstrip("\n"), dead])
    rapport = lint(parse_tabel(body, small()), small(), OP)
    found = [(een.soort, een.regels) for een in rapport.bevindingen]
    assert found == [
        (Soort.ONBEREIKBAAR, ("R0008",)),
        (Soort.TEGENSTRIJDIG, ("R0005", "R0006", "R0007")),
        (Soort.DUBBEL, ("R0006", "R0007")),
    ]


def test_a_rule_that_is_vervallen_is_left_alone() -> None:
    text = (FIXTURES / "onbereikbaar.yaml").read_text(encoding="utf-8")
    blocks = text.split("\n- ")
    blocks[-1] = blocks[-1].replace("status: concept", "status: vervallen")
    assert (
        lint(parse_tabel("\n- ".join(blocks), small()), small(), OP).bevindingen == ()
    )


def test_the_concept_table_is_examined_in_seconds_and_holds_no_dead_rule() -> None:
    begin = time.perf_counter()
    rapport = lint(concept(), load_catalogus(), OP)
    assert time.perf_counter() - begin < 10
    # What the privacy officers still have to decide on, and nothing of our making.
    assert {een.soort for een in rapport.bevindingen} == {
        Soort.BIJZONDER_ZONDER_VOORWAARDE,
        Soort.HOLD_AFLEIDBAAR,
        Soort.RUBRIEK_VOOR_NIEMAND,
        Soort.ORGANISATIETYPE_WEES,
    }
    assert rapport.is_fout
