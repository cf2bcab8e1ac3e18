"""What SREs see of the audit log: Prometheus metrics and log lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

from corvus_adapters.log import get_log

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class Auditmeter:
    """Counts what the log and its witnesses do."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._log = get_log()
        self._leaves = Counter(
            "corvus_audit_leaves_total",
            "Batches taken into the log.",
            registry=registry,
        )
        self._size = Gauge("corvus_audit_size", "Leaves in the log.", registry=registry)
        self._signed = Gauge(
            "corvus_audit_checkpoint_timestamp_seconds",
            "When the newest checkpoint was signed.",
            registry=registry,
        )
        self._cosigned = Gauge(
            "corvus_audit_cosigned_size",
            "Leaves in the newest checkpoint that a witness cosigned.",
            ["getuige"],
            registry=registry,
        )
        self._refused = Counter(
            "corvus_audit_not_cosigned_total",
            "Checkpoints that a witness did not cosign, by code.",
            ["getuige", "code"],
            registry=registry,
        )

    def grew(self, grootte: int, bladeren: int) -> None:
        """Leaves were added."""
        self._leaves.inc(bladeren)
        self._size.set(grootte)

    def signed(self, grootte: int, tijd_ms: int) -> None:
        """A checkpoint was signed."""
        self._size.set(grootte)
        self._signed.set(tijd_ms / 1000)

    def cosigned(self, getuige: str, grootte: int) -> None:
        """A witness cosigned."""
        self._cosigned.labels(getuige).set(grootte)

    def not_cosigned(self, getuige: str, code: str) -> None:
        """A witness did not."""
        self._refused.labels(getuige, code).inc()
        self._log.warning("audit.not_cosigned", getuige=getuige, code=code)
