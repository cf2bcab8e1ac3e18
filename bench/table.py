"""What a decision costs with 100 and with 10 000 rules; what a table costs to load.

    python -m bench.table [--quick]

The large table is the small one with rules of other berichttypen, parties and regions
around it, as a national table with regional overlays would have.
"""

from __future__ import annotations

import argparse
import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, cast

from bench.measure import Result, calibration, cpu_us, median, ratio, rounds
from bench.world import BERICHTTYPE, DOEL, ONTVANGERS, bench_rules, make_rule
from rich.console import Console

from corvus_routing.compileer import compile_tabel
from corvus_routing.projection import project
from corvus_routing.tabel import tabel_from_payload
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.json_value import JsonValue
    from corvus_routing.regel import Verstrekkingentabel
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde

SMALL, LARGE = 100, 10_000
SIZES = (SMALL, 1_000, LARGE)
EDGES = (SMALL, LARGE)
OP = date(2026, 1, 1)
REGIO = "VT01"
OTHER_REGIOS = tuple(f"VT{number:02}" for number in range(2, 27))
TYPES = ("POL", "VT", "OM", "RECL", "RVDK", "SHN", "LT", "ZVH")
KENMERKEN: tuple[dict[str, KenmerkWaarde], ...] = tuple(
    {"vermoeden_strafbaar_feit": one, "opsporingsbelang": two, "geheim_adres": three}
    for one, two, three in itertools.product((True, False), repeat=3)
)


@dataclass
class Sized:
    """A table of so many rules, and what it cost to make."""

    compiled: GecompileerdeTabel
    load_ms: float
    compile_ms: float


def filler(catalogus: Catalogus) -> Iterator[dict[str, JsonValue]]:
    """Rules that say nothing about the reference message, in any number."""
    places = (
        (soort.code, rubriek.naam, (van, naar), regio)
        for regio in OTHER_REGIOS
        for soort in catalogus.berichttypen.values()
        for rubriek in soort.rubrieken
        if rubriek.naam != "verwijzing"
        for van in soort.verstrekkers
        for naar in TYPES
    )
    for number, place in enumerate(places):
        yield make_rule(f"F{number:05}", *place)


def make(catalogus: Catalogus, size: int) -> Sized:
    rules = bench_rules()
    rules += itertools.islice(filler(catalogus), size - len(rules))
    payload = cast(
        "JsonValue",
        {
            "tabel": "bench",
            "versie": 1,
            "geldig_van": "2025-01-01",
            "geldig_tot": None,
            "regels": rules,
        },
    )
    tables: list[Verstrekkingentabel] = []
    load = cpu_us(lambda: tables.append(tabel_from_payload(payload, catalogus)), 1)
    compiled: list[GecompileerdeTabel] = []

    def compile_it() -> None:
        statussen = frozenset({"concept"})
        compiled.append(compile_tabel(tables[0], catalogus, statussen=statussen, op=OP))

    ready = cpu_us(compile_it, 1)
    assert len(tables[0].regels) == size
    return Sized(compiled[0], load / 1000, ready / 1000)


def decide(table: GecompileerdeTabel, catalogus: Catalogus, count: int) -> None:
    """Decide and project for the four recipients, with changing kenmerken."""
    berichttype = catalogus.berichttype(BERICHTTYPE)
    posities = berichttype.posities((1,) * len(berichttype.rollen))
    everything = (1 << len(posities)) - 1
    sent = 0
    for number in range(count):
        kenmerken = KENMERKEN[number % len(KENMERKEN)]
        for naar in ONTVANGERS:
            beslissing = table.decide(BERICHTTYPE, "POL", naar, REGIO, kenmerken)
            beslissing = beslissing.for_doel(DOEL)
            sent |= project(everything, everything, beslissing, posities).mask
    assert sent


def run(*, quick: bool) -> list[Result]:
    catalogus = load_catalogus()
    count, turns = (1_000, 5) if quick else (4_000, 15)
    sizes = {size: make(catalogus, size) for size in SIZES}
    return compare(sizes, count=count, turns=turns)


def compare(sizes: dict[int, Sized], *, count: int, turns: int) -> list[Result]:
    """The cost of a decision by these tables, in turns."""
    catalogus = load_catalogus()
    first = {
        size: cpu_us(partial(decide, one.compiled, catalogus, len(KENMERKEN)), 1)
        for size, one in sizes.items()
    }
    costs: dict[int, list[float]] = defaultdict(list)
    for _ in rounds(turns):
        for size, one in sizes.items():
            step = partial(decide, one.compiled, catalogus, count)
            costs[size].append(cpu_us(step, count))
    result = Result(
        "Decision and projection, 61 positions, 4 recipients, by size of the table",
        (
            "rules",
            "us a message",
            f"ratio to {SMALL}",
            "first time ms",
            "load ms",
            "compile ms",
        ),
        notes=[
            (
                "first time: all 32 decisions made and remembered; load: check the JSON"
                " form against schemas and catalogus"
            ),
        ],
    )
    for size, one in sizes.items():
        result.add(
            size,
            median(costs[size]),
            f"{ratio(costs[size], costs[SMALL]):.2f}",
            first[size] / 1000,
            one.load_ms,
            one.compile_ms,
        )
    result.numbers["rules_10000_vs_100"] = round(ratio(costs[LARGE], costs[SMALL]), 3)
    result.numbers["decide_us_4_recipients"] = round(median(costs[LARGE]), 1)
    return [result]


def main() -> None:
    parser = argparse.ArgumentParser(description="Decision cost by table size.")
    parser.add_argument("--quick", action="store_true", help="smaller and rougher")
    options = parser.parse_args()
    console = Console()
    for result in [calibration(), *run(quick=options.quick)]:
        result.show(console)


if __name__ == "__main__":
    main()
