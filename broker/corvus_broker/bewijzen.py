"""The receipts a broker signs, and the evidence of each decision (SPEC 12 and 13)."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Final

from corvus_broker.beoordeling import LEEG, NIET_TOEGEKEND, REDEN_NAMEN
from corvus_crypto.masker import bits, encode_mask, flags, mask_of
from corvus_schemas.wire.bewijs import (
    Geweigerd,
    Ontvangstbewijs,
    Status,
    Verstrekking,
)
from corvus_schemas.wire.staat import Beslisregel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.beoordeling import Oordeel, Uitspraak
    from corvus_broker.inzending import OntledeInzending
    from corvus_broker.levering import Levering
    from corvus_schemas.wire.staat import Beoordeling

# Positions about which a rule, or the lack of one, decided.
_DECIDED: Final = bytes(reden not in {LEEG, NIET_TOEGEKEND} for reden in range(256))


def make_verstrekking(oordeel: Oordeel, levering: Levering | None) -> Verstrekking:
    """Tell the sender what one recipient got, and what was withheld and why."""
    positions = len(oordeel.redenen)
    per_reden: dict[int, list[int]] = {}
    for position in bits(oordeel.projectie.geweigerd | oordeel.projectie.aangehouden):
        per_reden.setdefault(oordeel.redenen[position], []).append(position)
    delivered = flags(oordeel.projectie.mask, positions)
    return Verstrekking(
        ontvanger=oordeel.geadresseerde.organisatie.oin,
        levering=None if levering is None else levering.digest,
        posities=encode_mask(oordeel.projectie.mask, positions),
        regels=list(compress(oordeel.regels, delivered)),
        geweigerd=[
            Geweigerd(REDEN_NAMEN[reden], encode_mask(mask_of(found), positions))
            for reden, found in sorted(per_reden.items())
        ],
    )


def make_bewijs(  # noqa: PLR0913 - the fields of a receipt
    ontleed: OntledeInzending,
    status: Status,
    *,
    uitsteller: str,
    tijd: int,
    register: bytes,
    zaak: bytes = b"",
    code: str = "",
    waarschuwingen: Sequence[str] = (),
    verstrekkingen: Sequence[Verstrekking] = (),
) -> bytes:
    """Make the broker's receipt on an inzending."""
    return Ontvangstbewijs(
        status=status.value,
        bericht_id=ontleed.kop.bericht_id,
        verstrekker=ontleed.verstrekker,
        uitsteller=uitsteller,
        manifest=ontleed.manifest.digest,
        tijd=tijd,
        register=register,
        zaak=zaak,
        code=code,
        waarschuwingen=list(waarschuwingen),
        verstrekkingen=list(verstrekkingen),
    ).encode()


def make_beslisregel(
    beoordeling: Beoordeling,
    ontvanger: str,
    uitspraak: Oordeel | Uitspraak,
    levering: bytes | None,
) -> bytes:
    """Make the evidence record of one decision about one recipient.

    ``levering`` is the digest of what was delivered. The rest follows from the inputs
    of the decision and from what was decided, for the router and for a replay.
    """
    decided = uitspraak.redenen.translate(_DECIDED)
    return Beslisregel(
        bericht_id=beoordeling.bericht_id,
        manifest=beoordeling.manifest,
        verstrekker=beoordeling.verstrekker,
        ontvanger=ontvanger,
        berichttype=beoordeling.berichttype,
        levering=levering,
        doel=beoordeling.doel,
        redenen=uitspraak.redenen,
        regels=list(compress(uitspraak.regels, decided)),
        routering=beoordeling.routering,
        register_verzegeld=beoordeling.register_verzegeld,
        register=beoordeling.register,
        tijd=beoordeling.tijd,
        partitie=beoordeling.partitie,
        offset=beoordeling.offset,
    ).encode()
