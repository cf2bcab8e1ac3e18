"""Messages bent by a bad sender or on their way, and what has to become of them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from simulator import POL

from corvus_broker.inzending import SIGN_PURPOSE
from corvus_broker.topics import INZENDING
from corvus_crypto.manifest import commit_routering, make_manifest, parse_manifest
from corvus_crypto.ondertekening import sign_one
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator import Simulator

    from corvus_adapters.sdk.samenstellen import Ontwerp
    from corvus_broker.effecten import Effecten
    from corvus_schemas.wire.bericht import Inzending


def bend_kop(ontwerp: Ontwerp, **fields: Any) -> Ontwerp:
    """A design with another kop: signed by its sender, and wrong all the same."""
    return replace(ontwerp, kop=msgspec.structs.replace(ontwerp.kop, **fields))


def bend_routering(ontwerp: Ontwerp, **fields: Any) -> Ontwerp:
    """A design with another routering."""
    bent = msgspec.structs.replace(ontwerp.routering, **fields)
    return replace(ontwerp, routering=bent)


def bend_lading(ontwerp: Ontwerp, **fields: Any) -> Ontwerp:
    """A design with other content, positions or grants."""
    return replace(ontwerp, lading=replace(ontwerp.lading, **fields))


def bend(inzending: Inzending, **fields: Any) -> Inzending:
    """A sealed message changed on its way: nobody signs it again."""
    return msgspec.structs.replace(inzending, **fields)


def uuid_of(bericht_id: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=bericht_id)


def remake(
    sim: Simulator,
    naam: str,
    inzending: Inzending,
    *,
    kop: Callable[[bytes], bytes] = bytes,
    routering: Callable[[bytes], bytes] = bytes,
    cellen: Callable[[bytes], bytes] = bytes,
    kolommen: Callable[[bytes], bytes] = bytes,
) -> Inzending:
    """Change raw parts of a manifest and sign it again, as a bad sender can."""
    old = parse_manifest(inzending.manifest)
    raw = routering(inzending.routering)
    new = make_manifest(
        old.suite,
        kop(old.kop),
        commit_routering(old.suite, inzending.routering_zout, raw),
        cellen(old.cellen),
        kolommen(old.kolommen),
    )
    zegel = sim.zegel(naam)
    signed = sign_one(zegel.key, zegel.certificaat, SIGN_PURPOSE, new.digest)
    return bend(
        inzending,
        manifest=new.encoded,
        routering=raw,
        ondertekening=signed.encode(),
    )


def check_refused(
    sim: Simulator,
    effecten: Effecten,
    code: str,
    *,
    naam: str = POL,
    status: Status = Status.AFGEWEZEN,
) -> Ontvangstbewijs:
    """Nothing went out but a receipt to the sender with this code."""
    assert (effecten.uitkomst, effecten.code) == (status.value, code)
    assert not effecten.leveringen
    assert not effecten.beslisregels
    assert not effecten.geparkeerd
    (bericht,) = effecten.berichten
    bewijs = Ontvangstbewijs.decode(bericht.inhoud)
    assert bericht.topic == f"corvus.levering.{sim.org(naam).oin}.p5y"
    assert (bewijs.status, bewijs.code) == (status.value, code)
    assert not bewijs.verstrekkingen
    assert sim.receipts(naam)[-1] == bewijs
    return bewijs


def check_dead(sim: Simulator, effecten: Effecten, code: str) -> None:
    """Nothing went out at all; the record is kept whole, without a zaak."""
    assert (effecten.uitkomst, effecten.code) == ("ONBESTELBAAR", code)
    assert not effecten.leveringen
    assert not effecten.berichten
    assert not effecten.beslisregels
    (kept,) = effecten.geparkeerd
    assert (kept.code, kept.zaak) == (code, None)
    assert kept in sim.parked()
    records = sim.log.records[INZENDING, kept.partitie]
    assert kept.inhoud == records[kept.offset].value
