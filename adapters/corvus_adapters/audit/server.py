"""The log over HTTP, read-only, at the paths of C2SP tlog-tiles; on loopback.

Whoever serves it to other organisations puts a web server with their TLS in front.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from corvus_adapters.audit.opslag import entry_bundle
from corvus_adapters.draadserver import Draadserver, StilleHandler
from corvus_crypto.boom import TEGEL_BREEDTE
from corvus_crypto.merkle import HASH_BYTES
from corvus_schemas.errors import CorvusError, SettingsError

if TYPE_CHECKING:
    from corvus_adapters.audit.opslag import Auditopslag

_TILE: Final = re.compile(
    r"/tile/(?P<level>entries|0|[1-9][0-9]?)"
    r"/(?P<number>(?:x[0-9]{3}/){0,5}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?\Z",
    re.ASCII,
)
_FOREVER: Final = "public, max-age=31536000, immutable"
_BINARY: Final = "application/octet-stream"
_TEXT: Final = "text/plain; charset=utf-8"
_MAX_LEVEL: Final = 7


def answer(opslag: Auditopslag, path: str) -> tuple[bytes, str, str] | None:
    """Give body, type and caching of a resource; None when it is not there."""
    if path == "/checkpoint":
        for punt in opslag.punten():
            return punt.notitie.encode(), _TEXT, "no-cache"
        return None
    match = _TILE.match(path)
    if match is None:
        return None
    digits = match["number"].replace("x", "").replace("/", "")
    if (len(digits) > len("000") and digits.startswith("000")) or (
        match["width"] and int(match["width"]) >= TEGEL_BREEDTE
    ):
        return None  # one resource, one path
    width = int(match["width"] or TEGEL_BREEDTE)
    if match["level"] == "entries":
        body = _bundle(opslag, int(digits), width)
    else:
        body = _hashes(opslag, int(match["level"]), int(digits), width)
    return None if body is None else (body, _BINARY, _FOREVER)


def tile_path(level: str, number: int, width: int = TEGEL_BREEDTE) -> str:
    """Write the path of a tile."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    partial = "" if width == TEGEL_BREEDTE else f".p/{width}"
    return f"/tile/{level}/{name}{partial}"


def _hashes(opslag: Auditopslag, level: int, number: int, width: int) -> bytes | None:
    if level > _MAX_LEVEL:
        return None
    tile = opslag.tegel(level, number)
    return tile[: width * HASH_BYTES] if len(tile) >= width * HASH_BYTES else None


def _bundle(opslag: Auditopslag, number: int, width: int) -> bytes | None:
    leaves = opslag.bladeren(number * TEGEL_BREEDTE, width)
    return entry_bundle(leaves) if len(leaves) == width else None


class Tegelserver(Draadserver):
    """A small HTTP server beside the log."""

    def __init__(self, host: str, port: int, opslag: Auditopslag) -> None:
        class Handler(StilleHandler):
            def do_GET(self) -> None:  # noqa: N802 - the library calls it so
                try:
                    found = answer(opslag, self.path)
                except CorvusError:
                    self._send(503, (b"not available\n", _TEXT, "no-cache"))
                    return
                if found is None:
                    self._send(404, (b"not found\n", _TEXT, "no-cache"))
                else:
                    self._send(200, found)

            def _send(self, status: int, found: tuple[bytes, str, str]) -> None:
                body, kind, caching = found
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", caching)
                self.end_headers()
                self.wfile.write(body)

        taken = SettingsError(
            "audit.poort",
            f"port {port} of the audit log is taken",
            advice="Each process needs its own: audit.poort 0 takes any free one.",
        )
        super().__init__((host, port), Handler, taken)
