"""One HTTP request to a log or a witness: a deadline, a limit, no redirects."""

from __future__ import annotations

import http.client
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from corvus_schemas.errors import UnavailableError

MAX_BYTES: Final = 512 * 1024
OK: Final = 200


class Antwoord(NamedTuple):
    """What came back."""

    status: int
    inhoud: bytes

    @property
    def tekst(self) -> str:
        """The body as text; what is no UTF-8 is no text of ours."""
        return self.inhoud.decode("utf-8", "replace")


def vraag(url: str, *, body: bytes | None = None, timeout_s: float = 5.0) -> Antwoord:
    """Send GET, or POST where there is a body.

    Raises:
        UnavailableError: ``web.onbereikbaar``.
    """
    parts = urlsplit(url)
    kind = (
        http.client.HTTPSConnection
        if parts.scheme == "https"
        else http.client.HTTPConnection
    )
    try:
        connection = kind(parts.netloc, timeout=timeout_s)
        try:
            connection.request("GET" if body is None else "POST", parts.path, body)
            response = connection.getresponse()
            data = response.read(MAX_BYTES + 1)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        raise _unreachable(url) from None
    if len(data) > MAX_BYTES:
        raise _unreachable(url)
    return Antwoord(response.status, data)


def _unreachable(url: str) -> UnavailableError:
    return UnavailableError(
        "web.onbereikbaar",
        f"{url} does not answer as it should",
        advice="Check the address, and whether the process there runs.",
    )
