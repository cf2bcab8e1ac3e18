"""Corvus' sender and broker beside Confluent's client-side field level encryption.

    python -m bench.csfle [--quick]

Confluent's own client (``AvroSerializer`` with its ENCRYPT rule, AES256_GCM), with its
local KMS driver and the in-memory schema and key registry that comes with it
(``mock://``), so nothing leaves the process. A data key is made once for each topic
and remembered, as the client does.

Both sides start from the same rubrieken, already encoded in Avro, each of which is a
tagged field of bytes: the client encrypts strings and bytes only, so a record or a date
would not be encrypted at all. A broker that filters does not exist there: who may read a
topic's key reads every field. To give four recipients what each may have, the producer
makes four records, on four topics with a key each, of fields it chose itself: that is
what is compared with Corvus' seal and broker together. Nobody signs, nobody else
decides, and there is no evidence. The choice of fields is not in the time of either.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bench.measure import Result, calibration, ratio
from bench.sdk import ONTVANGERS as NAMEN
from bench.sdk import deliveries, lezer, open_all
from bench.sides import X25519, Sides
from bench.steps import records, whole
from bench.world import BATCH, World
from confluent_kafka.schema_registry import (
    Rule,
    RuleKind,
    RuleMode,
    RuleParams,
    RuleSet,
    Schema,
    SchemaRegistryClient,
    topic_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import (
    FieldEncryptionExecutor,
)
from confluent_kafka.schema_registry.rules.encryption.localkms.local_driver import (
    LocalKmsDriver,
)
from confluent_kafka.serialization import MessageField, SerializationContext
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CORVUS, CSFLE = "Corvus", "CSFLE"
SEAL, ROUTE = "sender: seal, sign", "broker, 1 -> 4"
PRODUCE, SHARED = "producer, a record for each of four", "producer, one record for all"
TAG, ALLEN = "RUBRIEK", "allen"
MOCK = {"url": "mock://bench"}
RULE_CONF = {"secret": "synthetic secret of a bench"}


@dataclass(frozen=True)
class Topic:
    """One topic with a schema and a key of its own."""

    naam: str
    velden: Mapping[str, bytes]
    serializer: AvroSerializer
    deserializer: AvroDeserializer

    @property
    def context(self) -> SerializationContext:
        return SerializationContext(self.naam, MessageField.VALUE)

    def produce(self) -> bytes:
        made = self.serializer(dict(self.velden), self.context)
        assert made is not None
        return made

    def consume(self, record: bytes) -> Mapping[str, bytes]:
        return cast("Mapping[str, bytes]", self.deserializer(record, self.context))


def make_topic(naam: str, plaintexts: Mapping[str, bytes]) -> Topic:
    """Register a schema with an encryption rule, and make both ends."""
    velden = {f"r{at}": value for at, value in enumerate(plaintexts.values())}
    registry = SchemaRegistryClient.new_client(MOCK)
    registry.register_schema(f"{naam}-value", _schema(naam, list(velden)))
    strategy = {"subject.name.strategy": topic_subject_name_strategy}
    latest = {"auto.register.schemas": False, "use.latest.version": True}
    rules = RuleRegistry()  # type: ignore[no-untyped-call]  # untyped library
    rules.register_executor(FieldEncryptionExecutor())
    return Topic(
        naam,
        velden,
        AvroSerializer(
            registry,
            conf={**strategy, **latest},
            rule_conf=RULE_CONF,
            rule_registry=rules,
        ),
        AvroDeserializer(
            registry, conf=strategy, rule_conf=RULE_CONF, rule_registry=rules
        ),
    )


def _schema(naam: str, velden: Sequence[str]) -> Schema:
    record = {
        "type": "record",
        "name": "Bericht",
        "fields": [
            {"name": veld, "type": "bytes", "confluent:tags": [TAG]} for veld in velden
        ],
    }
    params = {
        "encrypt.kek.name": f"kek-{naam}",
        "encrypt.kms.type": "local-kms",
        "encrypt.kms.key.id": f"sleutel-{naam}",
        "encrypt.dek.algorithm": "AES256_GCM",
    }
    rule = Rule(
        name="versleutel",
        doc=None,
        kind=RuleKind.TRANSFORM,
        mode=RuleMode.WRITEREAD,
        type="ENCRYPT",
        tags=[TAG],
        params=RuleParams(params),
        expr=None,
        on_success=None,
        on_failure="ERROR,ERROR",
        disabled=False,
    )
    return Schema(json.dumps(record), "AVRO", rule_set=RuleSet([], [rule]))


def make_topics(world: World) -> dict[str, Topic]:
    """A topic for each recipient with what Corvus delivers to it, and one with all."""
    LocalKmsDriver.register()
    lading = world.design().lading
    topics = {ALLEN: make_topic(ALLEN, lading.plaintexts)}
    for one in lading.toegekend:
        granted = {p.label for p in lading.posities if one.masker >> p.index & 1}
        some = {k: v for k, v in lading.plaintexts.items() if k in granted}
        topics[one.organisatie.type] = make_topic(one.organisatie.type, some)
    return topics


def check(topics: Mapping[str, Topic], records: Mapping[str, bytes]) -> None:
    """Everything is really encrypted, and comes back."""
    for naam, record in records.items():
        velden = topics[naam].velden
        assert topics[naam].consume(record) == velden
        assert not any(len(v) > 15 and v in record for v in velden.values())


def run(world: World, *, quick: bool) -> list[Result]:
    """Both sides in turns."""
    count, turns = (2 * BATCH, 3) if quick else (6 * BATCH, 9)
    return compare(world, count=count, turns=turns)


def compare(world: World, *, count: int, turns: int) -> list[Result]:
    """So many messages through the broker in each round, an eighth of it elsewhere."""
    few = max(count // 8, 1)
    topics = make_topics(world)
    made = {naam: topic.produce() for naam, topic in topics.items()}
    check(topics, made)
    ontvangers = [topic for naam, topic in topics.items() if naam != ALLEN]
    sealed = world.seal(count, batched=False, suite=X25519)
    maker, ontwerp = world.samensteller(X25519), world.design(X25519)
    sides = Sides()
    sides.add(SEAL, CORVUS, lambda: maker.seal(ontwerp).encode(), few)
    batches = records(sealed, world.nu_ms)
    sides.add_batch(
        ROUTE, CORVUS, partial(whole, world, world.pipeline(), batches), count
    )
    sides.add(PRODUCE, CSFLE, lambda: [one.produce() for one in ontvangers], few)
    sides.add(SHARED, CSFLE, topics[ALLEN].produce, few)
    lezers = {type_: lezer(world, naam) for type_, naam in NAMEN.items()}
    for naar, values in deliveries(world, sealed[:few], lezers).items():
        row = f"{naar}: open {len(topics[naar].velden)} rubrieken"
        sides.add_batch(row, CORVUS, partial(open_all, lezers[naar], values), few)
        sides.add(row, CSFLE, partial(topics[naar].consume, made[naar]), few)
    sides.run(turns)
    return [_report(sides, made)]


def _report(sides: Sides, made: Mapping[str, bytes]) -> Result:
    both = sides.summed([SEAL, ROUTE], CORVUS)
    against = ratio(sides.summed([PRODUCE], CSFLE), both)
    sizes = ", ".join(f"{naam} {len(record):,}" for naam, record in made.items())
    result = Result(
        "Corvus beside Confluent CSFLE, us of CPU a message",
        ("step", CORVUS, CSFLE, "CSFLE / Corvus"),
        notes=[
            (
                f"CSFLE for four recipients / Corvus seal and broker: {against:.2f}."
                " The client neither signs nor checks, no broker decides, nothing is"
                " evidence, and one record for all gives all to all"
            ),
            (
                "Corvus' open also verifies, decodes the content and checks it against"
                f" its schema; bytes of a CSFLE record: {sizes}"
            ),
        ],
    )
    sides.table(result, CORVUS, CSFLE)
    result.numbers["vs_csfle"] = round(against, 3)
    shared = ratio(sides.summed([SHARED], CSFLE), sides.summed([SEAL], CORVUS))
    result.numbers["csfle_shared_vs_seal"] = round(shared, 3)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Corvus beside Confluent CSFLE.")
    parser.add_argument("--quick", action="store_true", help="smaller and rougher")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for result in [calibration(), *run(world, quick=options.quick)]:
            result.show(console)


if __name__ == "__main__":
    main()
