"""``/metrics``, ``/livez`` and ``/readyz`` of a process, on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from corvus_adapters.draadserver import Draadserver, StilleHandler
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prometheus_client import CollectorRegistry


class Gezondheid(Draadserver):
    """A small HTTP server; ``unready`` says what keeps a process from its work.

    It is called from another thread, and gives nothing where all is well.
    """

    def __init__(
        self,
        host: str,
        port: int,
        registry: CollectorRegistry,
        unready: Callable[[], Sequence[str]],
    ) -> None:
        class Handler(StilleHandler):
            def do_GET(self) -> None:  # noqa: N802 - the library calls it so
                match self.path:
                    case "/metrics":
                        self._answer(
                            200, generate_latest(registry), CONTENT_TYPE_LATEST
                        )
                    case "/livez":
                        self._answer(200, b"ok\n")
                    case "/readyz":
                        reasons = unready()
                        text = "\n".join(reasons or ["ok"]) + "\n"
                        self._answer(503 if reasons else 200, text.encode())
                    case _:
                        self._answer(404, b"not found\n")

            def _answer(
                self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8"
            ) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        taken = SettingsError(
            "metriek.poort",
            f"port {port} for metrics is taken",
            advice="Each process needs its own: --port 0 takes any free one.",
        )
        super().__init__((host, port), Handler, taken)
