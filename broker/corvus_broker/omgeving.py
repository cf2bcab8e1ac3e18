"""Everything a decision depends on besides the record and the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corvus_broker.register import Registerreeks
    from corvus_crypto.zaak import AliasSleutel
    from corvus_schemas.catalogus import Catalogus


@dataclass(frozen=True, slots=True)
class Grenzen:
    """Limits of an installation; times in ms.

    ``verleden_ms`` and ``toekomst_ms`` bound ``ondertekend_op`` around LogAppendTime;
    ``respijt_ms`` is how long a message sealed under a replaced register still passes;
    ``dedupe_ms`` is how long a message is remembered, and exceeds the clock window and
    Kafka's retention together; ``aanhouden_ms`` is how long a hold lasts before what
    is held is destroyed, ``herbevestigen_ms`` when its sender is to confirm it (T35).
    """

    max_bytes: int
    verleden_ms: int
    toekomst_ms: int
    respijt_ms: int
    dedupe_ms: int
    aanhouden_ms: int
    herbevestigen_ms: int
    statussen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Omgeving:
    """The fixed surroundings of a pipeline."""

    catalogus: Catalogus
    registers: Registerreeks
    aliassen: AliasSleutel
    grenzen: Grenzen
    partities: int
    broker_oin: str
