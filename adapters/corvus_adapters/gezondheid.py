"""``/metrics``, ``/livez`` and ``/readyz`` of a process, on loopback."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prometheus_client import CollectorRegistry


class Gezondheid:
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
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
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

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
                """Keep request lines out of the log."""

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError:
            raise SettingsError(
                "metriek.poort",
                f"port {port} for metrics is taken",
                advice="Each process needs its own: --port 0 takes any free one.",
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Port it listens on."""
        return self._server.server_port

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and release the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
