"""What each step of the pipeline costs, in memory, on the reference message.

python -m bench.steps [--quick]
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Result, best, calibration, cpu_us, rounds
from bench.world import BATCH, ONTVANGERS, World
from rich.console import Console

from corvus_broker import aanvaarding, afhandeling, bewijzen
from corvus_broker.aanvaarding import Plaats
from corvus_broker.adressering import resolve_geadresseerden
from corvus_broker.batch import finish_batch
from corvus_broker.beoordeling import Tabellen, ask, decide_vraag
from corvus_broker.beslisvraag import make_beoordeling
from corvus_broker.effecten import Effecten
from corvus_broker.inzending import (
    SIGN_PURPOSE,
    parse_inzending,
    verify_inzending,
)
from corvus_broker.kenmerken import Samenhang, decide_kenmerken
from corvus_broker.levering import Bezorging, make_levering
from corvus_broker.ports import Record
from corvus_broker.staat import Partitiestaat
from corvus_broker.topics import INZENDING
from corvus_crypto.sealing import check_cellen, check_kolom
from corvus_schemas.identifiers import ZaakId

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.world import Sealed

    from corvus_broker.aanvaarding import Beoordeeld
    from corvus_broker.inzending import GeverifieerdeInzending, OntledeInzending
    from corvus_broker.omgeving import Omgeving
    from corvus_broker.pipeline import Pipeline

ENKEL, REEKS = "signed one by one", f"signed {BATCH} at a time"


def records(sealed: Sequence[Sealed], nu_ms: int) -> list[list[Record]]:
    """Batches as the driver reads them."""
    made = [
        Record(INZENDING, one.partition, offset, one.key, one.value, nu_ms)
        for offset, one in enumerate(sealed)
    ]
    return [made[at : at + BATCH] for at in range(0, len(made), BATCH)]


def whole(world: World, pipeline: Pipeline, batches: list[list[Record]]) -> None:
    """The complete pipeline: every check, deliveries, evidence, receipts, state."""
    staat, attesteerder = Partitiestaat(), world.attesteerder()
    for batch in batches:
        effecten = [pipeline.process(record, staat) for record in batch]
        appends = finish_batch("bench", attesteerder, batch, effecten, staat)
        assert sum(len(one.leveringen) for one in effecten) == 4 * len(batch)
        assert len(appends) >= 5 * len(batch)


@dataclass
class Stages:
    """Takes a pipeline apart: each stage over all messages before the next one."""

    world: World
    omgeving: Omgeving
    records: list[Record]
    times: dict[str, float]

    def timed(self, name: str, step: Callable[[], object]) -> None:
        self.times[name] = cpu_us(step, len(self.records))

    def run(self) -> None:
        ontleed = self._parse()
        geverifieerd = self._verify(ontleed)
        beoordeeld = self._decide(geverifieerd)
        self._settle(beoordeeld)

    def _parse(self) -> list[OntledeInzending]:
        found: list[OntledeInzending] = []

        def parse() -> None:
            catalogus, most = self.omgeving.catalogus, self.omgeving.grenzen.max_bytes
            found.extend(
                parse_inzending(record.value or b"", catalogus, most)
                for record in self.records
            )

        self.timed("parse (manifest, kop, routering, columns)", parse)
        return found

    def _verify(self, ontleed: list[OntledeInzending]) -> list[GeverifieerdeInzending]:
        register = self.omgeving.registers.op(self.world.nu_ms)
        labels = [[p.label for p in one.posities] for one in ontleed]
        found: list[GeverifieerdeInzending] = []

        def signatures() -> None:
            for one in ontleed:
                vermelding = register.certificaat(one.ondertekening.certificaat)
                assert vermelding is not None
                one.ondertekening.verify(
                    vermelding.verify_key, SIGN_PURPOSE, one.manifest.digest
                )

        def commitments() -> None:
            for one, names in zip(ontleed, labels, strict=True):
                check_cellen(one.manifest, one.gevuld, one.ruwe_cellen, names)

        def columns() -> None:
            for one in ontleed:
                for kolom in one.kolommen:
                    check_kolom(one.manifest, kolom)

        def verify() -> None:
            now = self.world.nu_ms
            found.extend(verify_inzending(one, register, now) for one in ontleed)

        self.timed("- of which signature", signatures)
        self.timed("- of which 25 commitments", commitments)
        self.timed("- of which 4 columns", columns)
        self.timed("verify (all of steps 3 and 4)", verify)
        return found

    def _decide(self, geverifieerd: list[GeverifieerdeInzending]) -> list[Beoordeeld]:
        register, staat = self.omgeving.registers.op(self.world.nu_ms), Partitiestaat()
        op = datetime.fromtimestamp(self.world.nu_ms / 1000, UTC)
        omgeving, found = self.omgeving, list[aanvaarding.Beoordeeld]()
        places = [
            Plaats(record, _zaak(record), register, staat) for record in self.records
        ]
        keystore = self.world.keystore
        samenhang = Samenhang(
            omgeving.catalogus,
            register.adresboek,
            staat,
            None,
            keystore.oin,
            keystore.houder.type,
            op,
            register.kenmerken,
        )
        table = register.compiled(omgeving.grenzen.statussen, op.date())
        parts = []

        def kenmerken() -> None:
            for one in geverifieerd:
                ontleed = one.ontleed
                decide_kenmerken(ontleed.routering, ontleed.berichttype, samenhang)

        def addresses() -> None:
            for one in geverifieerd:
                adressen = resolve_geadresseerden(one.ontleed, register, samenhang)
                parts.append((one.ontleed, adressen))

        first = geverifieerd[0].ontleed
        values = decide_kenmerken(first.routering, first.berichttype, samenhang)
        tabellen = Tabellen(table, None)

        def decisions() -> None:
            for ontleed, adressen in parts:
                vraag = ask(ontleed, adressen, values, samenhang)
                decide_vraag(vraag, tabellen)

        def decide() -> None:
            for one, place in zip(geverifieerd, places, strict=True):
                found.append(aanvaarding.decide(one, place, omgeving))

        self.timed("- of which kenmerken", kenmerken)
        self.timed("- of which adresboek", addresses)
        self.timed("- of which table and projection, 4 recipients", decisions)
        self.timed("decide (all of steps 6 to 9)", decide)
        return found

    def _settle(self, beoordeeld: list[Beoordeeld]) -> None:
        omgeving, made = self.omgeving, list[Effecten]()
        deliveries = []

        def leveringen() -> None:
            for one in beoordeeld:
                plaats = one.plaats
                bezorging = Bezorging(
                    bytes(34), self.world.nu_ms, plaats.register.digest
                )
                for oordeel in one.oordelen:
                    levering = make_levering(one.geverifieerd, oordeel, bezorging)
                    deliveries.append((one, oordeel, levering))

        questions = []

        def inputs() -> None:
            for one in beoordeeld:
                plaats = one.plaats
                made = make_beoordeling(
                    one.geverifieerd.ontleed,
                    one.vraag,
                    plaats.record,
                    plaats.register.digest,
                    omgeving.grenzen.statussen,
                )
                made.encode()
                questions.append(made)

        def evidence() -> None:
            named = {
                id(one): made for one, made in zip(beoordeeld, questions, strict=True)
            }
            for one, oordeel, levering in deliveries:
                digest = None if levering is None else levering.digest
                oin = oordeel.geadresseerde.organisatie.oin
                bewijzen.make_beslisregel(
                    named[id(one)], oin, oordeel.uitspraak, digest
                )

        def settle() -> None:
            for one in beoordeeld:
                effecten = Effecten()
                afhandeling.settle(one, omgeving, effecten)
                made.append(effecten)

        self.timed("- of which 4 leveringen", leveringen)
        self.timed("- of which the inputs of the decision", inputs)
        self.timed("- of which 4 evidence records", evidence)
        self.timed("settle (leveringen, evidence, receipt, state)", settle)
        self._finish(made, beoordeeld[0].plaats.staat)

    def _finish(self, made: list[Effecten], staat: Partitiestaat) -> None:
        attesteerder = self.world.attesteerder()
        batches = range(0, len(made), BATCH)

        def attest() -> None:
            for at in batches:
                outputs = [
                    pair for one in made[at : at + BATCH] for pair in _outputs(one)
                ]
                attesteerder.attest(outputs, self.world.nu_ms)

        def finish() -> None:
            for at in batches:
                part = slice(at, at + BATCH)
                finish_batch(
                    "bench", attesteerder, self.records[part], made[part], staat
                )

        self.timed("- of which hash, tree and signature", attest)
        self.timed("batch (attest, audit record, join)", finish)


def _zaak(record: Record) -> ZaakId:
    return ZaakId(record.key)


def _outputs(effecten: Effecten) -> list[tuple[str, bytes]]:
    return [
        *(("beoordeling", one) for one in effecten.beoordelingen),
        *(("beslisregel", one) for one in effecten.beslisregels),
        *(("levering", one.inhoud) for one in effecten.leveringen),
        *((one.soort, one.inhoud) for one in effecten.berichten),
    ]


def run(world: World, *, quick: bool) -> list[Result]:
    """Per step, and the whole pipeline for both kinds of sender."""
    count, turns = (128, 7) if quick else (512, 15)
    batches = {
        ENKEL: records(world.seal(count, batched=False), world.nu_ms),
        REEKS: records(world.seal(count, batched=True), world.nu_ms),
    }
    pipeline = world.pipeline()
    for made in batches.values():
        whole(world, pipeline, made)  # decisions are remembered from here on
    totals: dict[str, list[float]] = defaultdict(list)
    steps: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    # The parts after the whole: what they hold on to would slow the whole down.
    for turn in rounds(turns):
        for kind, made in _in_turn(batches, turn):
            totals[kind].append(cpu_us(partial(whole, world, pipeline, made), count))
    for turn in rounds(turns):
        for kind, made in _in_turn(batches, turn):
            stages = Stages(
                world,
                pipeline._omgeving,  # noqa: SLF001 - taken apart here, on purpose
                [record for batch in made for record in batch],
                {},
            )
            stages.run()
            for name, value in stages.times.items():
                steps[name][kind].append(value)
    return [_per_step(steps), _whole(totals)]


def _in_turn(
    batches: dict[str, list[list[Record]]], turn: int
) -> list[tuple[str, list[list[Record]]]]:
    """Each round starts with another kind of sender."""
    return list(batches.items())[:: -1 if turn % 2 else 1]


def _per_step(steps: dict[str, dict[str, list[float]]]) -> Result:
    result = Result(
        "Pipeline, us of CPU a message, in memory",
        ("step", *(f"sender: {kind}" for kind in (ENKEL, REEKS))),
        notes=[
            (
                "reference message: politiemelding, 61 positions, 25 cellen, 2 KiB, to"
                f" {len(ONTVANGERS)} recipients; every message opens its own zaak; best round"
            ),
        ],
    )
    for name, per_kind in steps.items():
        result.add(name, *(best(per_kind[kind]) for kind in (ENKEL, REEKS)))
    return result


def _whole(totals: dict[str, list[float]]) -> Result:
    result = Result(
        "Whole pipeline, one core, in memory", ("sender", "us a message", "messages/s")
    )
    keys = {ENKEL: "pipeline_msgs_per_s", REEKS: "pipeline_batched_sender_msgs_per_s"}
    for kind, key in keys.items():
        cost = best(totals[kind])
        result.add(kind, cost, 1e6 / cost)
        result.numbers[key] = round(1e6 / cost)
    result.notes.append(
        f"batches of {BATCH}; parse, all checks, decision, 4 leveringen, evidence,"
        " receipt, state and attestation; no transport; best round"
    )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
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
