"""Zaak: its partition, and the alias under which each organisation knows it (SPEC 10).

Two organisations cannot match their aliases unless a message lets them: an alias is
AES-SIV of the zaak id under a broker key, with the OIN as associated data.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from corvus_crypto.lp import digest, lp, u16
from corvus_schemas.errors import EnvelopeError
from corvus_schemas.identifiers import ZAAK_ALIAS_BYTES, Oin, ZaakAlias, ZaakId

_PARTITION_BYTES: Final = 2


@lru_cache(maxsize=256)  # asked for every alias of a message in turn
def partition_of(zaak: ZaakId, partitions: int) -> int:
    """Partition of a zaak: the first 8 bytes of its digest, modulo the count."""
    return int.from_bytes(digest("partitie", zaak)[:8], "big") % partitions


def alias_partition(alias: ZaakAlias) -> int:
    """Partition that an alias names."""
    return int.from_bytes(alias[:_PARTITION_BYTES], "big")


class AliasSleutel:
    """The broker's key between zaak ids and aliases."""

    def __init__(self, key: bytes) -> None:
        self._siv = AESSIV(key)

    def alias(self, zaak: ZaakId, oin: Oin, partitions: int) -> ZaakAlias:
        """Alias of a zaak for one organisation; always the same one."""
        partition = u16(partition_of(zaak, partitions))
        return ZaakAlias(partition + self._siv.encrypt(zaak, [_ad(partition, oin)]))

    def zaak(self, alias: bytes, oin: Oin) -> ZaakId:
        """Translate back.

        Raises:
            EnvelopeError: ``zaak.onbekend``; not an alias of this organisation.
        """
        try:
            if len(alias) == ZAAK_ALIAS_BYTES:
                head, sealed = alias[:_PARTITION_BYTES], alias[_PARTITION_BYTES:]
                return ZaakId(self._siv.decrypt(sealed, [_ad(head, oin)]))
        except InvalidTag:
            pass
        raise EnvelopeError(
            "zaak.onbekend",
            "this is no alias of a zaak for this organisation",
            advice="Use the alias from your own levering or ontvangstbewijs.",
        )


def _ad(partition: bytes, oin: Oin) -> bytes:
    return lp("zaak-alias", partition, oin.encode("ascii"))
