"""How the cost of a message grows: recipients, rubrieken, size. (Rules: bench.table.)

    python -m bench.groei [--quick]

One of the three grows, the others stay: 4 recipients that may each have everything, 25
rubrieken, 80 bytes in each. The broker reads no content, so a cel is any bytes. Sixteen
recipients are the fifteen kinds of organisation of another area and its police.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Result, best, calibration, cpu_us, rounds
from bench.steps import records
from bench.world import BERICHTTYPE, RUBRIEKEN, World, make_rule
from rich.console import Console

from corvus_adapters.installatie.openen import Installatie
from corvus_broker.batch import finish_batch
from corvus_broker.staat import Partitiestaat
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.world import Sealed

    from corvus_adapters.sdk.samenstellen import Ontwerp
    from corvus_broker.pipeline import Pipeline
    from corvus_routing.json_value import JsonValue

GEMEENTE = "Breda"  # another area than that of the sender, so that its police count
TYPES = (
    *("VT", "OM", "RVDK", "RECL", "SHN", "LT", "ZVH", "JR"),
    *("GEM", "SCHOOL", "GI", "ZM", "ZORG", "OPVANG", "KMAR", "POL"),
)
CEL_BYTES, CELLEN, ONTVANGERS = 80, len(RUBRIEKEN), 4
PER_ONTVANGERS = (1, 2, 4, 8, 16)
PER_RUBRIEKEN = (5, 15, 30, 60)
PER_SIZE = (1024, 16 * 1024, 128 * 1024, 1024 * 1024)
ROUTER_MAX = "\nmax_bericht_bytes = 8388608\n"


@dataclass(frozen=True)
class Point:
    """One message that is measured."""

    name: str
    world: World
    ontwerp: Ontwerp
    ontvangers: int


@dataclass(frozen=True)
class Cost:
    """CPU microseconds and bytes of one message."""

    seal_us: float
    route_us: float
    inzending: int
    levering: int


def make_world(folder: Path, ontvangers: int) -> World:
    """Everything of a politiemelding goes to so many types of organisation."""
    soort = load_catalogus().berichttype(BERICHTTYPE)
    names = [one.naam for one in soort.rubrieken if one.naam != "verwijzing"]
    rules: list[dict[str, JsonValue]] = [
        {
            **make_rule(f"G{at:02}{place:02}", BERICHTTYPE, naam, ("POL", naar)),
            "voorwaarde": "true",
        }
        for at, naar in enumerate(TYPES[:ontvangers])
        for place, naam in enumerate(names)
    ]
    folder.mkdir(exist_ok=True)
    whole = ontvangers > ONTVANGERS
    world = World(folder, rules=rules, organisaties="alle" if whole else "minimaal")
    with (world.path / "corvus.toml").open("a", encoding="utf-8") as config:
        config.write(ROUTER_MAX)  # the last section is [router]
    world.installatie = Installatie.open(world.path)
    return world


def design(world: World, rubrieken: int, size: int) -> Ontwerp:
    """A message of so many cellen of so many bytes; those of the table's order."""
    opdracht = world.opdracht()
    concept = opdracht.concept.model_copy(update={"gemeente": GEMEENTE})
    ontwerp = world.samensteller().design(replace(opdracht, concept=concept), world.nu)
    posities = [p for p in ontwerp.lading.posities if p.rubriek.naam != "verwijzing"]
    first = [p for p in posities if p.label in ontwerp.lading.plaintexts]
    chosen = [*first, *(p for p in posities if p not in first)][:rubrieken]
    plaintexts = {p.label: bytes(size) for p in chosen}
    return replace(ontwerp, lading=replace(ontwerp.lading, plaintexts=plaintexts))


def granted(ontwerp: Ontwerp) -> Ontwerp:
    """Grant everything, also what the reference message did not fill."""
    lading = ontwerp.lading
    masker = sum(1 << p.index for p in lading.posities if p.label in lading.plaintexts)
    toegekend = [replace(one, masker=masker) for one in lading.toegekend]
    return replace(ontwerp, lading=replace(lading, toegekend=toegekend))


def route(
    point: Point, pipeline: Pipeline, sealed: Sequence[Sealed]
) -> Callable[[], int]:
    """Route them; gives the bytes of a levering."""
    attesteerder = point.world.attesteerder()

    def routed() -> int:
        staat, size = Partitiestaat(), 0
        for batch in records(sealed, point.world.nu_ms):
            effecten = [pipeline.process(record, staat) for record in batch]
            finish_batch("bench", attesteerder, batch, effecten, staat)
            for one in effecten:
                assert len(one.leveringen) == point.ontvangers, (point.name, one.code)
                size += len(one.leveringen[0].inhoud)
        return size // len(sealed)

    return routed


def measure(point: Point, count: int, turns: int) -> Cost:
    seal = partial(point.world.seal_as, point.ontwerp, count, batched=False)
    sealed = seal()
    routed = route(point, point.world.pipeline(), sealed)
    levering = routed()
    seals, routes = list[float](), list[float]()
    for _ in rounds(turns):
        seals.append(cpu_us(seal, count))
        routes.append(cpu_us(routed, count))
    return Cost(best(seals), best(routes), len(sealed[0].value), levering)


def points(folder: Path, *, quick: bool) -> dict[str, list[Point]]:
    """What is measured, by what grows."""
    every = 3 if quick else 1
    worlds = {
        count: make_world(folder / f"o{count}", count)
        for count in {ONTVANGERS, *(() if quick else PER_ONTVANGERS)}
    }
    base = worlds[ONTVANGERS]

    def point(name: str, world: World, count: int, cellen: int, size: int) -> Point:
        return Point(name, world, granted(design(world, cellen, size)), count)

    return {
        "recipients": [
            point(f"{count}", worlds[count], count, CELLEN, CEL_BYTES)
            for count in sorted(worlds)
        ],
        "rubrieken": [
            point(f"{cellen}", base, ONTVANGERS, cellen, CEL_BYTES)
            for cellen in PER_RUBRIEKEN[::every]
        ],
        "plaintext bytes": [
            point(f"{size:,}", base, ONTVANGERS, CELLEN, size // CELLEN)
            for size in PER_SIZE[::every]
        ],
    }


def run(folder: Path, *, quick: bool) -> list[Result]:
    turns, most = (1, 2) if quick else (5, 64)
    results: list[Result] = []
    for what, found in points(folder, quick=quick).items():
        result = Result(
            f"Growth with {what}",
            (what, "seal us", "broker us", "inzending bytes", "a levering, bytes"),
            notes=["one by one, in memory, best round; points one after another"],
        )
        for point in found:
            plain = sum(map(len, point.ontwerp.lading.plaintexts.values()))
            count = max(min(most, 4 * 2**20 // plain), 2)
            cost = measure(point, count, turns)
            result.add(
                point.name, cost.seal_us, cost.route_us, cost.inzending, cost.levering
            )
        results.append(result)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="How the cost of a message grows.")
    parser.add_argument("--quick", action="store_true", help="smaller and rougher")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        for result in [
            calibration(),
            *run(Path(folder), quick=options.quick),
        ]:
            result.show(console)


if __name__ == "__main__":
    main()
