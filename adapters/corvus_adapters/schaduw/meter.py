"""What SREs see of a shadow. Labels are of this project's own lists, never ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

from corvus_adapters.schaduw.verschil import change_of

if TYPE_CHECKING:
    from corvus_adapters.bewijs.auditlog import Auditstuk
    from corvus_adapters.schaduw.verschil import Geval


class Schaduwmeter:
    """Counts what a shadow saw."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._messages = Counter(
            "corvus_shadow_messages_total",
            "Messages decided with the candidate, by outcome.",
            ["uitkomst"],
            registry=registry,
        )
        self._differences = Counter(
            "corvus_shadow_differences_total",
            "Cellen the candidate decides differently, by berichttype, recipient type"
            " and change.",
            ["berichttype", "naar", "verandering"],
            registry=registry,
        )
        self._undecided = Counter(
            "corvus_shadow_undecided_total",
            "Records of the audit log that could not be decided again, by code.",
            ["code"],
            registry=registry,
        )
        self._behind = Gauge(
            "corvus_shadow_behind",
            "Records of the audit log still to be read.",
            registry=registry,
        )

    def read(self, stuk: Auditstuk) -> None:
        """Note how far the log was read."""
        self._behind.set(stuk.eind - stuk.offset - 1)

    def judged(self, geval: Geval) -> None:
        """Note a message that was decided."""
        self._messages.labels("anders" if geval.verschillen else "gelijk").inc()
        for een in geval.verschillen:
            kop = een.kop
            change = change_of(een.was, een.wordt)
            self._differences.labels(kop.berichttype, kop.naar, change).inc()

    def undecided(self, code: str) -> None:
        """Note a record that could not be decided again."""
        self._undecided.labels(code).inc()
