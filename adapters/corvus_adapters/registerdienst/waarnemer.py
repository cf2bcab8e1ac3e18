"""What SREs see of the register: which versions came in, and what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge

from corvus_adapters.log import get_log

if TYPE_CHECKING:
    from corvus_broker.register import Registerversie


class Registerwaarnemer(Protocol):
    """Watches a follower of the register."""

    def taken(self, versie: Registerversie) -> None:
        """Note a version that was taken in."""
        ...

    def refused(self, code: str) -> None:
        """Note an entry that was refused; what was in force stays in force."""
        ...

    def unavailable(self, code: str) -> None:
        """Note that the topic could not be read; it is tried again."""
        ...


class Registerlog(Registerwaarnemer):
    """Logs by code: for an organisation, which has no metrics of its own."""

    def __init__(self) -> None:
        self._log = get_log()

    def taken(self, versie: Registerversie) -> None:
        """Log number and table."""
        self._log.info(
            "register.version",
            register=versie.volgnummer,
            tabel=versie.tabel_digest.hex()[:16],
        )

    def refused(self, code: str) -> None:
        """Log the code."""
        self._log.warning("register.refused", code=code)

    def unavailable(self, code: str) -> None:
        """Log the code."""
        self._log.warning("register.unavailable", code=code)


class Registermeter(Registerlog):
    """Logs, and counts by code: codes are this project's own list."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__()
        self._refused = Counter(
            "corvus_register_refused_total",
            "Entries on the register's topic that were refused, by code.",
            ["code"],
            registry=registry,
        )
        self._newest = Gauge(
            "corvus_register_newest",
            "Highest number among the register versions taken from the topic.",
            registry=registry,
        )
        self._highest = 0

    def taken(self, versie: Registerversie) -> None:
        """Log, and show the highest number."""
        super().taken(versie)
        self._highest = max(self._highest, versie.volgnummer)
        self._newest.set(self._highest)

    def refused(self, code: str) -> None:
        """Log and count."""
        super().refused(code)
        self._refused.labels(code).inc()
