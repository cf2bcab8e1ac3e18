"""Metrics and readiness of several processes, given as those of one."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Final

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TIMEOUT_S: Final = 2.0
_OK: Final = 200
LABEL: Final = "proces"


class Samenvoeger(Collector):
    """Collects the metrics of all processes, each under its own label ``proces``."""

    def __init__(self, ports: Callable[[], Mapping[str, int | None]]) -> None:
        """Ask at these ports, when asked."""
        self._ports = ports

    def describe(self) -> Iterator[Metric]:
        """Promise nothing: what there is, is known when asked."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Ask every process; one that does not answer is told as not up."""
        up = Metric("corvus_process_up", "1 where a router process answers.", "gauge")
        merged: dict[str, Metric] = {}
        for name, port in self._ports().items():
            status, text = fetch(port, "/metrics")
            up.add_sample(up.name, {LABEL: name}, float(status == _OK))
            if status != _OK:
                continue
            for family in text_string_to_metric_families(text):
                into = merged.setdefault(
                    family.name,
                    Metric(family.name, family.documentation, family.type),
                )
                for sample in family.samples:
                    labels = {**sample.labels, LABEL: name}
                    into.samples.append(sample._replace(labels=labels))
        yield up
        yield from merged.values()


def fetch_ready(port: int | None) -> list[str]:
    """Give what keeps a process from its work."""
    status, text = fetch(port, "/readyz")
    if status == _OK:
        return []
    return text.split("\n")[:-1] or ["not running"]


def fetch(port: int | None, path: str) -> tuple[int, str]:
    """Ask a process of this machine; status 0 where it does not answer."""
    if port is None:
        return 0, ""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
