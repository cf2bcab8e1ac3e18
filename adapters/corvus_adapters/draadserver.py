"""A small HTTP server in a thread of its own: for health, the audit log, a witness."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corvus_schemas.errors import SettingsError


class StilleHandler(BaseHTTPRequestHandler):
    """Answers without a line in the log for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Keep request lines out of the log."""


class Draadserver:
    """Listens from the start; answers between ``start`` and ``stop``."""

    def __init__(
        self,
        adres: tuple[str, int],
        handler: type[StilleHandler],
        taken: SettingsError,
    ) -> None:
        """Take the port.

        Raises:
            SettingsError: ``taken``, when another process has it.
        """
        try:
            self._server = ThreadingHTTPServer(adres, handler)
        except OSError:
            raise taken from None
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
