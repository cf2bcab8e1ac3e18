"""What SREs see of a router: Prometheus metrics and log lines, never content.

Cardinality is bounded: labels are berichttypen, codes, statuses and reasons of this
project's own lists, and partition numbers.
"""

from __future__ import annotations

from collections import Counter as Tally
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from corvus_adapters.log import get_log
from corvus_broker.invarianten import ALARM
from corvus_broker.parkeren import PARKED
from corvus_broker.service import Waarnemer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.effecten import Effecten
    from corvus_broker.ports import Record

REPEATED: Final = "HERHAALD"
_BATCHES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class RouterWaarnemer(Waarnemer):
    """Counts and logs what a router does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._log = get_log()
        self._received = Counter(
            "corvus_messages_received_total",
            "Records handled, by berichttype and outcome.",
            ["berichttype", "uitkomst"],
            registry=registry,
        )
        self._refused = Counter(
            "corvus_messages_refused_total",
            "Messages refused or put aside, by code.",
            ["code"],
            registry=registry,
        )
        self._disclosed = Counter(
            "corvus_messages_disclosed_total",
            "Leveringen made, by berichttype.",
            ["berichttype"],
            registry=registry,
        )
        self._withheld = Counter(
            "corvus_cellen_withheld_total",
            "Granted cellen that were not delivered, by reason.",
            ["reden"],
            registry=registry,
        )
        self._repeats = Counter(
            "corvus_dedupe_hits_total",
            "Messages seen before; the original receipt went out again.",
            registry=registry,
        )
        self._parked = Counter(
            "corvus_messages_parked_total",
            "Messages parked with their zaak.",
            registry=registry,
        )
        self._missing = Counter(
            "corvus_moet_missing_total",
            "Recipients a rule says must get a message and the sender left out.",
            ["berichttype"],
            registry=registry,
        )
        self._alarms = Counter(
            "corvus_invariant_alarms_total",
            "Messages that went out although a rule of the chain is broken.",
            ["invariant"],
            registry=registry,
        )
        self._held = Gauge(
            "corvus_holds",
            "Messages of which cellen are held, by partition.",
            ["partitie"],
            registry=registry,
        )
        self._overdue = Gauge(
            "corvus_holds_overdue",
            "Holds that their sender did not confirm in time (T35).",
            ["partitie"],
            registry=registry,
        )
        self._batch = Histogram(
            "corvus_batch_records",
            "Records in one transaction.",
            buckets=_BATCHES,
            registry=registry,
        )
        self._takeovers = Counter(
            "corvus_partition_takeovers_total",
            "Times a partition was claimed.",
            ["partitie"],
            registry=registry,
        )
        self._lost = Counter(
            "corvus_partition_lost_total",
            "Times a partition has to be claimed again, by code.",
            ["code"],
            registry=registry,
        )
        self._working = Gauge(
            "corvus_partition_working",
            "1 where this process works on a partition; the sum over all is to be 1.",
            ["partitie"],
            registry=registry,
        )
        self._silent = Counter(
            "corvus_membership_missed_total",
            "Times the membership could not be renewed, by code.",
            ["code"],
            registry=registry,
        )
        self._last = Gauge(
            "corvus_last_batch_timestamp_seconds",
            "LogAppendTime of the newest record handled, by partition.",
            ["partitie"],
            registry=registry,
        )

    def handled(self, records: Sequence[Record], effecten: Sequence[Effecten]) -> None:
        """Count a batch that was committed, and log its outcomes."""
        self._batch.observe(len(records))
        newest = records[-1]
        self._last.labels(newest.partition).set(newest.timestamp_ms / 1000)
        for one in effecten:
            self._count(one)
        outcomes = Tally(one.uitkomst for one in effecten)
        self._log.info(
            "router.batch",
            partitie=newest.partition,
            aantal=len(records),
            uitkomsten=dict(outcomes),
        )

    def _count(self, one: Effecten) -> None:
        self._received.labels(one.berichttype or "onbekend", one.uitkomst).inc()
        if one.code:
            self._refused.labels(one.code).inc()
        if one.uitkomst == REPEATED:
            self._repeats.inc()
        if one.uitkomst == PARKED:
            self._parked.inc()
        if one.leveringen:
            self._disclosed.labels(one.berichttype).inc(len(one.leveringen))
        for reden, count in one.geweigerd.items():
            self._withheld.labels(reden).inc(count)
        for warning in one.waarschuwingen:
            if warning.startswith(ALARM):
                self._alarms.labels(warning.removeprefix(ALARM)).inc()
            else:
                self._missing.labels(one.berichttype).inc()

    def taken(self, partition: int) -> None:
        """Note that this process works on a partition."""
        self._working.labels(partition).set(1)

    def released(self, partition: int) -> None:
        """Note that it does no longer."""
        self._working.labels(partition).set(0)
        self._log.info("router.released", partitie=partition)

    def aside(self, partition: int, code: str) -> None:
        """Note that nobody can work on a partition before it is repaired."""
        self._lost.labels(code).inc()
        self._log.critical("router.aside", partitie=partition, code=code)

    def silent(self, code: str) -> None:
        """Note that the membership could not be renewed."""
        self._silent.labels(code).inc()
        self._log.warning("router.silent", code=code)

    def takeover(self, partition: int, restored: int) -> None:
        """Note that a partition was claimed."""
        self._takeovers.labels(partition).inc()
        self._log.info("router.takeover", partitie=partition, hersteld=restored)

    def held(self, partition: int, count: int, overdue: int) -> None:
        """Show how much is held, and how much of it is overdue."""
        self._held.labels(str(partition)).set(count)
        self._overdue.labels(str(partition)).set(overdue)

    def lost(self, partition: int, code: str) -> None:
        """Note that a partition has to be claimed again."""
        self._lost.labels(code).inc()
        self._log.warning("router.lost", partitie=partition, code=code)
