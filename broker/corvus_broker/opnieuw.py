"""A message that is decided again long after it came in (SPEC 17 and 18).

What its sender declared then still counts; what the zaak and the adresboek know is that
of now.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from corvus_broker.aanvaarding import places_of
from corvus_broker.adressering import Geadresseerde
from corvus_broker.kenmerken import Samenhang, decide_kenmerken, standing_facts
from corvus_schemas.errors import InboundError

if TYPE_CHECKING:
    from corvus_broker.aanvaarding import Plaats
    from corvus_broker.inzending import OntledeInzending
    from corvus_broker.kenmerken import Kenmerkset
    from corvus_broker.register import Registerversie
    from corvus_crypto.kolom import Kolom
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.wire.staat import Zaakstaat


def weigh_again(
    ontleed: OntledeInzending,
    verstrekker: str,
    zaak: Zaakstaat,
    plaats: Plaats,
    catalogus: Catalogus,
) -> tuple[Samenhang, Kenmerkset]:
    """Work out which kenmerken count now; ``verstrekker`` or its successor decides.

    Raises:
        SchemaError: a kenmerk is not one any more.
        AddressError: the sender has left and nobody succeeded it.
    """
    adresboek = plaats.register.adresboek
    op = datetime.fromtimestamp(plaats.record.timestamp_ms / 1000, UTC)
    levend = adresboek.opvolger(verstrekker, op)
    samenhang = Samenhang(
        catalogus=catalogus,
        adresboek=adresboek,
        staat=plaats.staat,
        zaak=zaak,
        verstrekker=verstrekker,
        verstrekker_type=adresboek.organisatie(levend, op).type,
        op=op,
        vast=plaats.register.kenmerken,
        plekken=places_of(ontleed),
    )
    # What it established itself counts, unless a later message said otherwise.
    own = [
        feit
        for feit in standing_facts(samenhang).values()
        if (feit.bron, feit.zetter) == (ontleed.kop.bericht_id, ontleed.verstrekker)
    ]
    kenmerken = decide_kenmerken(ontleed.routering, ontleed.berichttype, samenhang, own)
    return samenhang, kenmerken


def still_addressed(
    ontleed: OntledeInzending, samenhang: Samenhang, register: Registerversie
) -> list[Geadresseerde]:
    """Give the columns that may still be delivered to.

    Their organisation is in the adresboek, and the key was not revoked since, nor taken
    out of the register. One that merely ended its owner keeps to read old post with.
    """
    op_ms = int(samenhang.op.timestamp() * 1000)
    found = []
    for kolom in ontleed.kolommen:
        if _is_revoked(register, kolom, op_ms):
            continue
        try:
            organisatie = samenhang.adresboek.organisatie(kolom.oin, samenhang.op)
        except InboundError:
            continue  # it receives nothing any more; the sender sees it in the receipt
        found.append(Geadresseerde(kolom, organisatie))
    return found


def _is_revoked(register: Registerversie, kolom: Kolom, op_ms: int) -> bool:
    """Tell whether a key is gone, or its certificate was revoked by now."""
    sleutel = register.sleutel_by_id(kolom.sleutel_id)
    vermelding = None if sleutel is None else register.certificaat(sleutel.certificaat)
    if vermelding is None:
        return True
    revoked = vermelding.ingetrokken_op_ms
    return revoked is not None and op_ms >= revoked
