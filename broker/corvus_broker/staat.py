"""What the router remembers of one partition, and the changes of the current batch.

Rebuilt from the changelog topic on takeover. All changes go through ``put_*`` and come
out of ``take_changes`` as records for that topic; a batch that does not commit is
undone by building the state anew.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from corvus_schemas.errors import IntegrityError, SchemaError
from corvus_schemas.identifiers import BERICHT_ID_BYTES, OIN_DIGITS, ZAAK_ID_BYTES
from corvus_schemas.wire.staat import Berichtstaat, Zaakstaat

if TYPE_CHECKING:
    from collections.abc import Sequence

_ZAAK: Final = b"z"
_BERICHT: Final = b"b"


def zaak_key(zaak: bytes) -> bytes:
    """Changelog key of a zaak."""
    return _ZAAK + zaak


def bericht_key(verstrekker: str, bericht_id: bytes) -> bytes:
    """Changelog key of a message."""
    return _BERICHT + verstrekker.encode("ascii") + bericht_id


class Partitiestaat:
    """Zaken and messages of one partition of ``corvus.inzending``."""

    def __init__(self) -> None:
        self._zaken: dict[bytes, Zaakstaat] = {}
        self._berichten: OrderedDict[tuple[str, bytes], Berichtstaat] = OrderedDict()
        self._beschadigd: set[bytes] = set()
        self._changes: dict[bytes, bytes | None] = {}

    def __len__(self) -> int:
        return len(self._zaken) + len(self._berichten)

    def zaak(self, zaak: bytes) -> Zaakstaat | None:
        """Look a zaak up.

        Raises:
            IntegrityError: ``zaakstaat.beschadigd``; its record could not be read.
        """
        if zaak in self._beschadigd:
            raise IntegrityError(
                "zaakstaat.beschadigd",
                "the record of this zaak could not be read",
                advice="Repair or remove the record in corvus.zaakstaat, then release.",
            )
        return self._zaken.get(zaak)

    def holds(self, zaak: bytes, nummer: bytes) -> bool:
        """Tell whether a zaak knows of a hold; a damaged one may, so it counts."""
        if zaak in self._beschadigd:
            return True
        known = self._zaken.get(zaak)
        return known is not None and any(
            one.nummer == nummer for one in known.aanhoudingen
        )

    def bericht(self, verstrekker: str, bericht_id: bytes) -> Berichtstaat | None:
        """Look a message up by its sender and id."""
        return self._berichten.get((verstrekker, bericht_id))

    def put_zaak(self, zaak: Zaakstaat) -> None:
        """Remember a zaak."""
        self._zaken[zaak.zaak] = zaak
        self._changes[zaak_key(zaak.zaak)] = zaak.encode()

    def put_bericht(self, bericht: Berichtstaat) -> None:
        """Remember a message."""
        self._berichten[bericht.verstrekker, bericht.bericht_id] = bericht
        key = bericht_key(bericht.verstrekker, bericht.bericht_id)
        self._changes[key] = bericht.encode()

    def forget_before(self, tijd_ms: int, limit: int) -> None:
        """Drop at most ``limit`` messages that fell out of the dedupe window."""
        for _ in range(limit):
            if not self._berichten:
                return
            key, bericht = next(iter(self._berichten.items()))
            if bericht.tijd >= tijd_ms:
                return
            del self._berichten[key]
            self._changes[bericht_key(*key)] = None

    def take_changes(self) -> Sequence[tuple[bytes, bytes | None]]:
        """Give the changes since the last call, one for each key."""
        changes = list(self._changes.items())
        self._changes = {}
        return changes

    def replay(self, key: bytes, value: bytes | None) -> None:
        """Apply one record of the changelog.

        A zaak whose record does not read is marked, so that it alone is parked.

        Raises:
            IntegrityError: ``zaakstaat.beschadigd`` for a record of no known kind.
        """
        if key[:1] == _ZAAK and len(key) == 1 + ZAAK_ID_BYTES:
            self._replay_zaak(key[1:], value)
        elif key[:1] == _BERICHT and len(key) == 1 + OIN_DIGITS + BERICHT_ID_BYTES:
            self._replay_bericht(key, value)
        else:
            raise IntegrityError(
                "zaakstaat.beschadigd", "the changelog holds a record of no known kind"
            )

    def _replay_zaak(self, zaak: bytes, value: bytes | None) -> None:
        self._beschadigd.discard(zaak)
        self._zaken.pop(zaak, None)
        if value is None:
            return
        try:
            self._zaken[zaak] = Zaakstaat.decode(value)
        except SchemaError:
            self._beschadigd.add(zaak)

    def _replay_bericht(self, key: bytes, value: bytes | None) -> None:
        name = (key[1 : 1 + OIN_DIGITS].decode("ascii"), key[1 + OIN_DIGITS :])
        if value is None:
            self._berichten.pop(name, None)
            return
        try:
            self._berichten[name] = Berichtstaat.decode(value)
        except SchemaError:
            # Without this record a repeat could not be told: stop rather than guess.
            raise IntegrityError(
                "zaakstaat.beschadigd", "the record of a message could not be read"
            ) from None
