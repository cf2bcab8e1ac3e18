"""A log, or another witness, over HTTP at the paths of C2SP tlog-tiles."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from corvus_adapters.audit.server import tile_path
from corvus_adapters.webvraag import OK, vraag
from corvus_crypto.boom import TEGEL_BREEDTE, TEGEL_HOOGTE, partial_width
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

_GONE: Final = 404


class Webbron:
    """What one address shows."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def checkpoint(self) -> str | None:
        """Give the newest checkpoint; None when there is none yet.

        Raises:
            UnavailableError: ``web.onbereikbaar``.
        """
        answer = vraag(f"{self._url}/checkpoint")
        if answer.status == _GONE:
            return None
        return self._body(answer.status, answer.inhoud).decode("utf-8", "replace")

    def tegels(self, grootte: int) -> Callable[[int, int], bytes]:
        """Give the tiles of the tree of this size, by level and number."""

        @lru_cache
        def read(niveau: int, nummer: int) -> bytes:
            full = grootte >> TEGEL_HOOGTE * (niveau + 1)
            width = TEGEL_BREEDTE if nummer < full else partial_width(niveau, grootte)
            answer = vraag(self._url + tile_path(str(niveau), nummer, width))
            return self._body(answer.status, answer.inhoud)

        return read

    def _body(self, status: int, body: bytes) -> bytes:
        if status != OK:
            raise UnavailableError(
                "web.onbereikbaar",
                f"{self._url} answers with status {status}",
                advice="Check the address, and whether the process there runs.",
            )
        return body
