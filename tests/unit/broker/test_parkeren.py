"""Parking: a zaak that cannot be handled waits, in order; every other goes on."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec
from attack import check_dead
from simulator import CATALOGUS, POL, VT, concept

from corvus_adapters.app import build_attesteerder
from corvus_broker.effecten import SOORT_BESLISREGEL, SOORT_HERAANBIEDING
from corvus_broker.inzending import parse_inzending
from corvus_broker.ports import Append
from corvus_broker.staat import zaak_key
from corvus_broker.topics import INZENDING, ZAAKSTAAT
from corvus_crypto.attestatie import Attesteerder
from corvus_crypto.zaak import AliasSleutel
from corvus_schemas.wire.bericht import Routering
from corvus_schemas.wire.staat import Geparkeerd, Heraanbieding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator import Simulator

    from corvus_broker.effecten import Effecten
    from corvus_schemas.identifiers import Oin, ZaakAlias, ZaakId
    from corvus_schemas.wire.bericht import Inzending


def conversation(sim: Simulator, count: int = 4) -> list[Inzending]:
    """Messages of one zaak, in order, the first of which opens it."""
    pol = sim.org(POL).organisatie
    zaak = pol.postbus.open_zaak(sim.random(16))
    return [
        sim.seal(POL, pol.ontwerp(concept(seed=n), zaak, sim.random(16)))
        for n in range(count)
    ]


def elsewhere(sim: Simulator, partitie: int) -> Inzending:
    """A message of another zaak in the same partition."""
    while True:
        message = sim.message()
        if sim.partition(Routering.decode(message.routering)) == partitie:
            return message


def damage(sim: Simulator, message: Inzending) -> int:
    """Spoil the record of a zaak in the changelog, and restart on it."""
    routering = Routering.decode(message.routering)
    partitie = sim.partition(routering)
    key = zaak_key(routering.zaak)
    sim.log.put(Append(ZAAKSTAAT, partitie, key, b"\x00spoiled"))
    sim.staten[partitie] = sim.rebuilt(partitie)
    return partitie


def repair(sim: Simulator, message: Inzending, value: bytes | None) -> None:
    """What an operator does: put back the record, or remove it."""
    routering = Routering.decode(message.routering)
    partitie = sim.partition(routering)
    key = zaak_key(routering.zaak)
    sim.log.put(Append(ZAAKSTAAT, partitie, key, value))
    sim.staten[partitie] = sim.rebuilt(partitie)


def release(
    sim: Simulator,
    parked: Geparkeerd,
    *,
    laatste: bool = False,
    attesteerder: Attesteerder | None = None,
    soort: str = SOORT_HERAANBIEDING,
    **fields: object,
) -> Effecten:
    assert parked.zaak is not None
    order = Heraanbieding(
        zaak=parked.zaak,
        tijd=parked.tijd,
        inhoud=parked.inhoud,
        laatste=laatste,
        attestatie=b"",
    )
    signer = attesteerder or build_attesteerder(sim.broker)
    (attestatie,) = signer.attest([(soort, order.encode())], sim.nu_ms)
    signed = msgspec.structs.replace(
        order, **{"attestatie": attestatie.encode(), **fields}
    )
    sim.log.put(Append(INZENDING, parked.partitie, b"", signed.encode()))
    return sim.effecten[-1]


def test_a_damaged_zaak_parks_alone_and_in_order(sim: Simulator) -> None:
    # SPEC 14-8
    messages = conversation(sim)
    sim.submit(messages[0])
    partitie = damage(sim, messages[0])
    other = elsewhere(sim, partitie)
    for message in messages[1:]:
        effecten = sim.submit(message)
        assert (effecten.uitkomst, effecten.code) == (
            "GEPARKEERD",
            "zaakstaat.beschadigd",
        )
        assert not effecten.berichten
    assert sim.submit(other).uitkomst == "GEACCEPTEERD", "its neighbour goes on"
    assert [one.inhoud for one in sim.parked()] == [
        one.encode() for one in messages[1:]
    ]
    offsets = [one.offset for one in sim.parked()]
    assert offsets == sorted(offsets)


def test_a_repaired_zaak_is_released_in_order(sim: Simulator) -> None:
    messages = conversation(sim)
    sim.submit(messages[0])
    routering = Routering.decode(messages[0].routering)
    partitie = sim.partition(routering)
    before = sim.staat(partitie).zaak(routering.zaak)
    assert before is not None
    damage(sim, messages[0])
    for message in messages[1:3]:
        sim.submit(message)
    waiting = msgspec.structs.replace(before, geparkeerd=2)
    repair(sim, messages[0], waiting.encode())

    assert sim.submit(messages[3]).code == "zaak.geparkeerd", "behind what waits"
    parked = sim.parked()
    outcomes = [release(sim, one, laatste=one is parked[-1]).uitkomst for one in parked]
    assert outcomes == ["GEACCEPTEERD"] * 3
    delivered = [one for one in sim.deliveries(VT) if one.soort == "levering"]
    assert len(delivered) == 4
    accepted = [bewijs.bericht_id for bewijs in sim.receipts(POL)]
    assert accepted == [_id(message) for message in messages]
    zaak = sim.staat(partitie).zaak(routering.zaak)
    assert zaak is not None
    assert zaak.geparkeerd == 0


def _id(message: Inzending) -> bytes:
    return parse_inzending(message.encode(), CATALOGUS, 10**7).kop.bericht_id


def test_releasing_twice_delivers_once(sim: Simulator) -> None:
    messages = conversation(sim, 2)
    sim.submit(messages[0])
    partitie = damage(sim, messages[0])
    sim.submit(messages[1])
    repair(sim, messages[0], None)
    (parked,) = sim.parked()
    first = release(sim, parked, laatste=True)
    again = release(sim, parked, laatste=True)
    assert (first.uitkomst, again.uitkomst) == ("GEACCEPTEERD", "HERHAALD")
    assert again.berichten == first.berichten
    assert partitie == parked.partitie


def test_an_order_must_be_signed_by_the_brokers_own_key(sim: Simulator) -> None:
    messages = conversation(sim, 2)
    sim.submit(messages[0])
    damage(sim, messages[0])
    sim.submit(messages[1])
    (parked,) = sim.parked()
    pol = sim.org(POL).keystore
    forged = Attesteerder(pol.signing_key, sim.broker.batch_key_id, bytes(32))
    unknown = Attesteerder(pol.signing_key, bytes(16), bytes(32))
    before = len(sim.receipts(POL))
    check_dead(sim, release(sim, parked, attesteerder=forged), "attestatie.ongeldig")
    check_dead(
        sim, release(sim, parked, attesteerder=unknown), "heraanbieding.ongeldig"
    )
    effecten = release(sim, parked, soort=SOORT_BESLISREGEL)
    check_dead(sim, effecten, "attestatie.ongeldig")
    effecten = release(sim, parked, inhoud=messages[0].encode())
    check_dead(sim, effecten, "attestatie.ongeldig")
    assert len(sim.receipts(POL)) == before


def test_an_order_for_a_damaged_zaak_is_refused(sim: Simulator) -> None:
    messages = conversation(sim, 2)
    sim.submit(messages[0])
    damage(sim, messages[0])
    sim.submit(messages[1])
    (parked,) = sim.parked()
    check_dead(sim, release(sim, parked), "zaakstaat.beschadigd")


def test_an_order_in_the_wrong_partition_is_refused(sim: Simulator) -> None:
    messages = conversation(sim, 2)
    sim.submit(messages[0])
    damage(sim, messages[0])
    sim.submit(messages[1])
    (parked,) = sim.parked()
    wrong = msgspec.structs.replace(parked, partitie=(parked.partitie + 1) % 4)
    check_dead(sim, release(sim, wrong), "partitie.onjuist")


def test_a_released_message_is_judged_by_the_time_it_came_in(sim: Simulator) -> None:
    """Parked for a week, it has not expired: its own LogAppendTime counts."""
    messages = conversation(sim, 2)
    sim.submit(messages[0])
    damage(sim, messages[0])
    sim.submit(messages[1])
    repair(sim, messages[0], None)
    sim.later(days=7)
    (parked,) = sim.parked()
    assert release(sim, parked, laatste=True).uitkomst == "GEACCEPTEERD"


class FaultySleutel(AliasSleutel):
    """The broker's alias key, gone wrong for one zaak."""

    def __init__(self, key: bytes, zaak: bytes) -> None:
        super().__init__(key)
        self._zaak = zaak

    def alias(self, zaak: ZaakId, oin: Oin, partitions: int) -> ZaakAlias:
        if zaak == self._zaak:
            raise ZeroDivisionError
        return super().alias(zaak, oin, partitions)


@contextlib.contextmanager
def fault_in(sim: Simulator, message: Inzending) -> Iterator[None]:
    """A fault of the broker itself that strikes on one zaak."""
    right = sim.aliassen
    zaak = Routering.decode(message.routering).zaak
    sim.aliassen = FaultySleutel(sim.broker.alias_key, zaak)
    sim.restart()
    yield
    sim.aliassen = right
    sim.restart()


def test_a_fault_of_the_broker_parks_the_zaak_and_no_other(sim: Simulator) -> None:
    # SPEC 14-8
    messages = conversation(sim, 3)
    partitie = sim.partition(Routering.decode(messages[0].routering))
    with fault_in(sim, messages[0]):
        effecten = sim.submit(messages[0])
        assert sim.submit(elsewhere(sim, partitie)).uitkomst == "GEACCEPTEERD"
    assert (effecten.uitkomst, effecten.code) == ("GEPARKEERD", "bericht.vastgelopen")
    assert not effecten.berichten
    assert not effecten.leveringen
    assert not effecten.beslisregels
    assert sim.submit(messages[1]).code == "zaak.geparkeerd"

    sim.staten[partitie] = sim.rebuilt(partitie)
    assert sim.submit(messages[2]).code == "zaak.geparkeerd", "after a restart too"
    first, *rest = sim.parked()
    assert release(sim, first).uitkomst == "GEACCEPTEERD"
    for one in rest:
        assert release(sim, one, laatste=one is rest[-1]).uitkomst == "GEACCEPTEERD"
    assert accepted(sim, messages) == [_id(message) for message in messages]


def accepted(sim: Simulator, messages: list[Inzending]) -> list[bytes]:
    ours = {_id(message) for message in messages}
    return [one.bericht_id for one in sim.receipts(POL) if one.bericht_id in ours]


def test_one_that_fails_again_holds_up_the_rest(sim: Simulator) -> None:
    messages = conversation(sim, 3)
    with fault_in(sim, messages[0]):
        for message in messages:
            sim.submit(message)
        parked = sim.parked()
        assert release(sim, parked[0]).code == "bericht.vastgelopen"
    assert release(sim, parked[1]).code == "zaak.geparkeerd"
    assert release(sim, parked[2], laatste=True).code == "zaak.geparkeerd"
    assert not [one for one in sim.deliveries(VT) if one.soort == "levering"]

    again = sim.parked()[3:]
    assert [one.inhoud for one in again] == [one.encode() for one in messages]
    for one in again:
        release(sim, one, laatste=one is again[-1])
    assert accepted(sim, messages) == [_id(message) for message in messages]
