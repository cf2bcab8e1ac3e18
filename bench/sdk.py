"""What sealing and opening cost an organisation, and how large messages are.

python -m bench.sdk [--quick]
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Result, best, calibration, cpu_us, rounds
from bench.steps import records
from bench.world import World
from rich.console import Console

from corvus_adapters.sdk.openen import Lezer, open_levering, verify_attestatie
from corvus_broker.batch import finish_batch
from corvus_broker.staat import Partitiestaat
from corvus_broker.topics import levering_topic
from corvus_crypto.suite import SUITES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.world import Sealed

    from corvus_adapters.sdk.samenstellen import Ontwerp, Samensteller

ONTVANGERS = {
    "VT": "vt-groningen",
    "OM": "om-noord-nl",
    "RVDK": "rvdk-noord-nl",
    "RECL": "recl-noord-nl",
}


def lezer(world: World, naam: str) -> Lezer:
    """What an organisation opens with, as its client makes it."""
    keystore = world.installatie.keystore(naam)
    return Lezer(
        oin=keystore.oin,
        type=keystore.houder.type,
        private_key=keystore.private_key,
        registers=world.installatie.register,
        catalogus=world.catalogus,
        statussen=world.installatie.statussen,
    )


def deliveries(
    world: World, sealed: Sequence[Sealed], lezers: dict[str, Lezer]
) -> dict[str, list[bytes]]:
    """What the router would append for each organisation."""
    pipeline, staat, attesteerder = (
        world.pipeline(),
        Partitiestaat(),
        world.attesteerder(),
    )
    topics = {levering_topic(one.oin, "P30D"): type_ for type_, one in lezers.items()}
    found: dict[str, list[bytes]] = defaultdict(list)
    for batch in records(sealed, world.nu_ms):
        effecten = [pipeline.process(record, staat) for record in batch]
        for append in finish_batch("bench", attesteerder, batch, effecten, staat):
            if append.topic in topics and append.value is not None:
                found[topics[append.topic]].append(append.value)
    return found


def design(world: World, maker: Samensteller, count: int) -> None:
    for _ in range(count):
        maker.design(world.opdracht(), world.nu)


def seal(maker: Samensteller, ontwerp: Ontwerp, count: int) -> None:
    for _ in range(count):
        maker.seal(ontwerp).encode()


def open_all(reader: Lezer, values: Sequence[bytes]) -> None:
    for value in values:
        open_levering(verify_attestatie(value, reader.registers), reader)


def run(world: World, *, quick: bool) -> list[Result]:
    count, turns = (8, 3) if quick else (64, 7)
    lezers = {type_: lezer(world, naam) for type_, naam in ONTVANGERS.items()}
    makers = {suite.naam: world.samensteller(suite.id) for suite in SUITES.values()}
    designs = {naam: world.design(maker.suite) for naam, maker in makers.items()}
    posts = {
        naam: deliveries(
            world, world.seal(count, batched=False, suite=one.suite), lezers
        )
        for naam, one in makers.items()
    }
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in rounds(turns):
        for naam, maker in makers.items():
            for step, what in (
                ("validate, plan", partial(design, world, maker, count)),
                ("seal, sign", partial(seal, maker, designs[naam], count)),
            ):
                times[naam, step].append(cpu_us(what, count))
            for type_, reader in lezers.items():
                values = posts[naam][type_]
                opened = cpu_us(partial(open_all, reader, values), len(values))
                times[naam, f"verify, open at {type_}"].append(opened)
    return [_rates(times), *(_sizes(world, naam, posts[naam]) for naam in makers)]


def _rates(times: dict[tuple[str, str], list[float]]) -> Result:
    result = Result(
        "SDK, one core, without its store",
        ("suite", "step", "us a message", "messages/s"),
        notes=[
            "seal: 25 cellen for 4 recipients; open: 25, 16, 10 and 6 cellen; best round"
        ],
    )
    for (naam, step), values in times.items():
        result.add(naam, step, best(values), 1e6 / best(values))
    return result


def _sizes(world: World, naam: str, post: dict[str, list[bytes]]) -> Result:
    suite = next(one.id for one in SUITES.values() if one.naam == naam)
    ontwerp = world.design(suite)
    plain = sum(map(len, ontwerp.lading.plaintexts.values()))
    sealed = len(world.samensteller(suite).seal(ontwerp).encode())
    result = Result(
        f"Bytes on the wire, {naam}",
        ("what", "bytes", "of all plaintext", "of its own plaintext"),
        notes=[f"plaintext: {plain} bytes in {len(ontwerp.lading.plaintexts)} cellen"],
    )
    ratio = sealed / plain
    result.add("inzending", sealed, f"{ratio:.1f}x", "")
    result.numbers[f"wire_in_ratio_{naam}"] = round(ratio, 2)
    posities = ontwerp.lading.posities
    for one in ontwerp.lading.toegekend:
        type_ = one.organisatie.type
        own = sum(
            len(ontwerp.lading.plaintexts[p.label])
            for p in posities
            if one.masker >> p.index & 1 and p.label in ontwerp.lading.plaintexts
        )
        size = len(post[type_][0])
        result.add(
            f"levering to {type_}", size, f"{size / plain:.1f}x", f"{size / own:.1f}x"
        )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Seal and open rates, wire sizes.")
    parser.add_argument("--quick", action="store_true", help="smaller and rougher")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        for result in [
            calibration(),
            *run(World(Path(folder)), quick=options.quick),
        ]:
            result.show(console)


if __name__ == "__main__":
    main()
