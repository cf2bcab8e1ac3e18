"""A recipient's receipt on a delivery, signed, on its way to the sender."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from corvus_broker.ports import Append
from corvus_broker.terugmelding import SIGN_PURPOSE
from corvus_broker.topics import INZENDING
from corvus_crypto.ondertekening import sign_one
from corvus_crypto.zaak import alias_partition
from corvus_schemas.identifiers import ZaakAlias, parse_bericht_id
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Terugmelding

if TYPE_CHECKING:
    from corvus_adapters.keystore import Keystore
    from corvus_adapters.sdk.openen import Ontvangst
    from corvus_schemas.wire.bewijs import Status


def make_melding(
    keystore: Keystore, ontvangst: Ontvangst, status: Status, code: str, op_ms: int
) -> Append:
    """Sign what this organisation says of a delivery."""
    bewijs = Ontvangstbewijs(
        status=status.value,
        bericht_id=parse_bericht_id(ontvangst.bericht_id),
        verstrekker=ontvangst.verstrekker,
        uitsteller=keystore.oin,
        manifest=ontvangst.manifest_digest,
        levering=ontvangst.levering_digest,
        tijd=op_ms,
        register=ontvangst.register,
        code=code,
    ).encode()
    ondertekening = sign_one(
        keystore.signing_key,
        keystore.thumbprint,
        SIGN_PURPOSE,
        hashlib.sha256(bewijs).digest(),
    )
    melding = Terugmelding(
        zaak=ontvangst.zaak_alias,
        bewijs=bewijs,
        ondertekening=ondertekening.encode(),
    )
    alias = ZaakAlias(ontvangst.zaak_alias)
    return Append(INZENDING, alias_partition(alias), alias, melding.encode())
