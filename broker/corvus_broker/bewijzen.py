"""The receipts a broker signs, and the evidence of each decision (SPEC 12 and 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_broker.beoordeling import LEEG, NIET_TOEGEKEND, REDEN_NAMEN
from corvus_crypto.masker import encode_mask, flags
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
    projectie, positions = oordeel.projectie, len(oordeel.redenen)
    withheld = projectie.geweigerd | projectie.aangehouden
    return Verstrekking(
        ontvanger=oordeel.geadresseerde.organisatie.oin,
        levering=None if levering is None else levering.digest,
        posities=encode_mask(projectie.mask, positions),
        regels=oordeel.regels.select(flags(projectie.mask, positions)),
        geweigerd=[
            Geweigerd(REDEN_NAMEN[reden], encode_mask(found, positions))
            for reden, mask in oordeel.uitspraak.per_reden
            if (found := mask & withheld)
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
        regels=uitspraak.regels.select(decided),
        routering=beoordeling.routering,
        register_verzegeld=beoordeling.register_verzegeld,
        register=beoordeling.register,
        tijd=beoordeling.tijd,
        partitie=beoordeling.partitie,
        offset=beoordeling.offset,
    ).encode()
