"""The witness over HTTP: ``add-checkpoint`` of C2SP tlog-witness, and what it saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from corvus_adapters.draadserver import Draadserver, StilleHandler
from corvus_broker.getuige import AchterError
from corvus_crypto.notitie import MAX_BYTES
from corvus_schemas.errors import CorvusError, IntegrityError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_adapters.getuige.getuige import Getuige

_TEXT: Final = "text/plain; charset=utf-8"
_STATUS: Final = {
    "controlepunt.ander": 404,
    "notitie.handtekening": 403,
    "getuige.verzoek": 400,
    "notitie.indeling": 400,
    "getuige.achter": 409,
    "getuige.vork": 409,
    "getuige.pad": 422,
}
_UNAVAILABLE: Final = 503


class Reactie(NamedTuple):
    """An answer over HTTP."""

    status: int
    inhoud: str
    soort: str = _TEXT


def add_checkpoint(
    getuige: Getuige, body: bytes, told: Callable[[CorvusError | None], None]
) -> Reactie:
    """Answer a request; ``told`` hears what came of it, a fork too."""
    try:
        answer = Reactie(200, getuige.add(body.decode("utf-8", "replace")))
    except AchterError as error:
        told(error)
        return Reactie(409, f"{error.grootte}\n", "text/x.tlog.size")
    except CorvusError as error:
        told(error)
        return Reactie(_STATUS.get(error.code, _UNAVAILABLE), f"{error.code}\n")
    told(None)
    return answer


def newest(getuige: Getuige) -> Reactie:
    """Show the checkpoint that was cosigned last."""
    try:
        seen = getuige.opslag.laatste()
    except CorvusError as error:
        return Reactie(_UNAVAILABLE, f"{error.code}\n")
    return Reactie(404, "not found\n") if seen is None else Reactie(200, seen.notitie)


class Getuigenserver(Draadserver):
    """A small HTTP server on loopback; a fork is handed to ``told``."""

    def __init__(
        self,
        host: str,
        port: int,
        getuige: Getuige,
        told: Callable[[CorvusError | None], None],
    ) -> None:
        class Handler(StilleHandler):
            timeout = 10

            def do_POST(self) -> None:  # noqa: N802 - the library calls it so
                length = self.headers.get("Content-Length", "")
                if self.path != "/add-checkpoint":
                    self._send(Reactie(404, "not found\n"))
                elif not length.isdecimal() or int(length) > MAX_BYTES:
                    self._send(Reactie(400, "getuige.verzoek\n"))
                else:
                    body = self.rfile.read(int(length))
                    self._send(add_checkpoint(getuige, body, told))

            def do_GET(self) -> None:  # noqa: N802 - the library calls it so
                found = self.path == "/checkpoint"
                self._send(newest(getuige) if found else Reactie(404, "not found\n"))

            def _send(self, reactie: Reactie) -> None:
                body = reactie.inhoud.encode()
                self.send_response(reactie.status)
                self.send_header("Content-Type", reactie.soort)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-cache")
                self.end_headers()
                self.wfile.write(body)

        taken = SettingsError(
            "getuige.poort",
            f"port {port} of the witness is taken",
            advice="Each process needs its own: 0 takes any free one.",
        )
        super().__init__((host, port), Handler, taken)


def is_alarm(error: CorvusError | None) -> bool:
    """Tell whether the log itself is to blame."""
    return isinstance(error, IntegrityError)
