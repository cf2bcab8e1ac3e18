"""Holds: cellen whose rule says hold are kept, until their sender says otherwise.

Kept sealed under a key of their own, with a reference in the zaakstaat; the recipient
is not told, the sender is. A vrijgave delivers them once, or confirms the hold, or
destroys it; after ``aanhouden_ms`` they are destroyed (SPEC 17).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.bewijzen import make_bewijs
from corvus_broker.effecten import TeBewaren, Uitvoeringslast
from corvus_broker.inzending import pack_cellen
from corvus_broker.kenmerken import is_full
from corvus_crypto.lp import digest
from corvus_crypto.masker import encode_mask
from corvus_schemas.errors import EnvelopeError
from corvus_schemas.wire.bericht import Inzending
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.staat import Aangehouden, AangehoudenVoor, Aanhouding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.aanvaarding import Plaats
    from corvus_broker.afhandeling import Werk
    from corvus_broker.beoordeling import Oordeel
    from corvus_broker.inzending import GeverifieerdeInzending, OntledeInzending
    from corvus_broker.omgeving import Omgeving
    from corvus_broker.staat import Partitiestaat
    from corvus_schemas.wire.bericht import Aanhoudingslast
    from corvus_schemas.wire.staat import Zaakstaat

BERICHTTYPE: Final = "vrijgave"
VRIJGEVEN: Final = "vrijgeven"
HERBEVESTIGEN: Final = "herbevestigen"
VERNIETIGEN: Final = "vernietigen"
BESLUITEN: Final = frozenset({VRIJGEVEN, HERBEVESTIGEN, VERNIETIGEN})
# A zaak is one record of the changelog: what it remembers has to stay within it.
MAX_AANHOUDINGEN: Final = 256
_SURELY_FIT: Final = 16
NOTHING_HELD: Final = "aanhouding.niets"


def hold(
    geverifieerd: GeverifieerdeInzending, oordelen: Sequence[Oordeel], plaats: Plaats
) -> TeBewaren | None:
    """Give what is to be kept of a message; None where no rule holds anything."""
    held = {
        oordeel.geadresseerde.organisatie.oin: oordeel.projectie.aangehouden
        for oordeel in oordelen
        if oordeel.projectie.aangehouden
    }
    if not held:
        return None
    ontleed, tijd = geverifieerd.ontleed, plaats.record.timestamp_ms
    size, mask = len(ontleed.posities), 0
    for one in held.values():
        mask |= one
    kept = Aangehouden(
        zaak=plaats.zaak_id,
        bericht_id=ontleed.kop.bericht_id,
        verstrekker=ontleed.verstrekker,
        tijd=tijd,
        posities=encode_mask(mask, size),
        inzending=Inzending(
            manifest=ontleed.manifest.encoded,
            ondertekening=ontleed.ruwe_ondertekening,
            routering=ontleed.ruwe_routering,
            routering_zout=ontleed.routering_zout,
            kolommen=b"".join(kolom.encode() for kolom in ontleed.kolommen),
            cellen=pack_cellen(geverifieerd, mask),
        ).encode(),
    )
    aanhouding = Aanhouding(
        nummer=digest("aanhouding", plaats.zaak_id, ontleed.manifest.digest),
        bericht_id=ontleed.kop.bericht_id,
        verstrekker=ontleed.verstrekker,
        manifest=ontleed.manifest.digest,
        tijd=tijd,
        bevestigd=tijd,
        ontvangers=[
            AangehoudenVoor(oin, encode_mask(one, size)) for oin, one in held.items()
        ],
    )
    return TeBewaren(aanhouding, plaats.zaak_id, plaats.record.partition, kept.encode())


def tell_held(
    ontleed: OntledeInzending,
    aanhouding: Aanhouding,
    plaats: Plaats,
    alias: bytes,
    omgeving: Omgeving,
) -> bytes:
    """Make the receipt AANGEHOUDEN, with both dates: only the sender hears it."""
    grenzen = omgeving.grenzen
    return make_bewijs(
        ontleed,
        Status.AANGEHOUDEN,
        uitsteller=omgeving.broker_oin,
        tijd=plaats.record.timestamp_ms,
        register=plaats.register.digest,
        zaak=alias,
        waarschuwingen=[
            f"herbevestigen_voor:{_moment(aanhouding.tijd + grenzen.herbevestigen_ms)}",
            f"vernietigd_op:{_moment(aanhouding.tijd + grenzen.aanhouden_ms)}",
        ],
    )


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def check_last(
    ontleed: OntledeInzending,
    zaak: Zaakstaat | None,
    staat: Partitiestaat,
    namen: frozenset[str],
) -> None:
    """Check an order about what is held.

    ``namen`` are the OINs that the sender counts as: its own and its predecessors'.

    Raises:
        EnvelopeError: ``aanhouding.ontbreekt``, ``aanhouding.onverwacht``,
            ``aanhouding.besluit``, ``aanhouding.onbekend``.
    """
    last = ontleed.routering.aanhouding
    releases = ontleed.berichttype.code == BERICHTTYPE
    if last is None and releases:
        raise EnvelopeError(
            "aanhouding.ontbreekt",
            "a vrijgave says in its routering what is to be done with what is held",
            advice="Name the message and the besluit in routering.aanhouding.",
        )
    if last is not None and not releases:
        raise EnvelopeError(
            "aanhouding.onverwacht",
            f"a {ontleed.berichttype.code} gives no order about what is held",
            advice="Send a vrijgave.",
        )
    if last is None:
        return
    # What is kept of a message is one sealed whole: it cannot be destroyed in part.
    some = bool(last.rubrieken) and last.besluit != VRIJGEVEN
    if (
        some
        or last.besluit not in BESLUITEN
        or last.rubrieken != sorted(set(last.rubrieken))
    ):
        raise EnvelopeError(
            "aanhouding.besluit",
            f"the besluit is one of {', '.join(sorted(BESLUITEN))}; rubrieken are"
            f" sorted, each of them once, and named to {VRIJGEVEN} only",
            advice="Confirm or destroy what is held of a message as a whole.",
        )
    sent = [staat.bericht(naam, last.bericht_id) for naam in namen]
    if _find(zaak, namen, last) is None and not any(
        one is not None and zaak is not None and one.zaak == zaak.zaak for one in sent
    ):
        raise EnvelopeError(
            "aanhouding.onbekend",
            "the order is about a message that this sender did not send in this zaak",
            advice="Take bericht_id from the receipt AANGEHOUDEN; only the sender of a"
            " message releases it.",
        )


def check_room(zaak: Zaakstaat | None, oordelen: Sequence[Oordeel]) -> None:
    """Check that the zaak has room for another hold, where this message needs it.

    What is not held goes on: a full zaak can still be written to, and emptied.

    Raises:
        EnvelopeError: ``aanhouding.te_veel``.
    """
    if (
        zaak is not None
        and any(one.projectie.aangehouden for one in oordelen)
        and (
            len(zaak.aanhoudingen) >= MAX_AANHOUDINGEN
            or (len(zaak.aanhoudingen) >= _SURELY_FIT and is_full(zaak))
        )
    ):
        raise EnvelopeError(
            "aanhouding.te_veel",
            f"of {MAX_AANHOUDINGEN} messages of this zaak cellen are held already",
            advice="Release or destroy what is held before sending more.",
        )


def _find(
    zaak: Zaakstaat | None, namen: frozenset[str], last: Aanhoudingslast
) -> Aanhouding | None:
    for one in () if zaak is None else zaak.aanhoudingen:
        if one.verstrekker in namen and one.bericht_id == last.bericht_id:
            return one
    return None


def carry_out(
    last: Aanhoudingslast | None,
    namen: frozenset[str],
    zaak: Zaakstaat,
    werk: Werk,
) -> tuple[Zaakstaat, list[str]]:
    """Carry an order out on the zaak; what is released is delivered by a next record.

    Gives the zaak as it is then, and warnings. Past its date nothing is released any
    more, also where the driver did not find it yet.
    """
    if last is None:
        return zaak, []
    plaats, effecten = werk.plaats, werk.effecten
    found = _find(zaak, namen, last)
    if found is None:
        return zaak, [NOTHING_HELD]
    if last.besluit == VERNIETIGEN:
        effecten.vernietigd.append(found.nummer)
        return without(zaak, found), []
    tijd = plaats.record.timestamp_ms
    if tijd >= found.tijd + werk.omgeving.grenzen.aanhouden_ms:
        return zaak, [NOTHING_HELD]
    changed = msgspec.structs.replace(found, bevestigd=tijd)
    if last.besluit == VRIJGEVEN:
        effecten.uitvoeringen.append(
            Uitvoeringslast(Uitvoeringslast.VRIJGAVE, plaats.zaak_id, found.nummer)
        )
        wanted = [] if found.vrijgeven == [] else last.rubrieken
        if wanted and found.vrijgeven:
            wanted = sorted({*found.vrijgeven, *wanted})
        changed = msgspec.structs.replace(found, vrijgeven=wanted)
    else:
        effecten.bevestigd.append((found.nummer, tijd))
    return replaced(zaak, changed), []


def without(zaak: Zaakstaat, aanhouding: Aanhouding) -> Zaakstaat:
    """Give the zaak without a hold."""
    kept = [one for one in zaak.aanhoudingen if one.nummer != aanhouding.nummer]
    return msgspec.structs.replace(zaak, aanhoudingen=kept)


def replaced(zaak: Zaakstaat, aanhouding: Aanhouding) -> Zaakstaat:
    """Give the zaak with a hold as it is now."""
    return msgspec.structs.replace(
        zaak,
        aanhoudingen=[
            aanhouding if one.nummer == aanhouding.nummer else one
            for one in zaak.aanhoudingen
        ],
    )
