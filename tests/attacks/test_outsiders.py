"""Who writes to a topic, replays an order, or reads what lies about."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa
from simulator import POL, VT, concept

from corvus_adapters.app import build_attesteerder
from corvus_broker.effecten import SOORT_HERAANBIEDING
from corvus_schemas.wire.bericht import Routering
from corvus_schemas.wire.staat import Heraanbieding

if TYPE_CHECKING:
    from simulator import Simulator


def test_a_record_larger_than_its_topic_does_not_stop_the_router(
    sim: Simulator,
) -> None:
    """Compressed, Kafka takes a record of any size; the log checks what goes out."""
    limit = sim.sandbox.instellingen.router.max_bericht_bytes
    effecten = sim.submit(bytes(4 * limit), partitie=0)
    assert effecten.uitkomst == "ONBESTELBAAR"
    (kept,) = sim.parked()
    assert limit <= len(kept.inhoud) < limit + 4096


def test_an_order_does_not_bring_a_forgotten_message_back(sim: Simulator) -> None:
    message = sim.message()
    routering = Routering.decode(message.routering)
    partitie = sim.partition(routering)
    assert sim.submit(message).leveringen
    order = Heraanbieding(
        zaak=routering.zaak,
        tijd=sim.nu_ms,
        inhoud=message.encode(),
        laatste=True,
        attestatie=b"",
    )
    [signed] = build_attesteerder(sim.broker).attest(
        [(SOORT_HERAANBIEDING, order.encode())], sim.nu_ms
    )
    value = msgspec.structs.replace(order, attestatie=signed.encode()).encode()
    assert sim.submit(value, partitie=partitie).uitkomst == "HERHAALD"
    sim.later(days=40)
    late = sim.submit(value, partitie=partitie)
    assert (late.uitkomst, late.code) == ("ONBESTELBAAR", "heraanbieding.ongeldig")
    assert not late.leveringen


async def test_content_and_keys_are_in_no_error_and_no_repr(sim: Simulator) -> None:
    pol = sim.org(POL).organisatie
    message = concept()
    nummer = message.inhoud["melding"]["meldingnummer"]
    with sa.create_engine(f"sqlite:///{sim.folder / POL}.sqlite").begin() as other:
        other.execute(
            sa.text(
                "CREATE TRIGGER vol BEFORE INSERT ON uitgaand"
                " BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
            )
        )
    with pytest.raises(sa.exc.SQLAlchemyError) as caught:
        await pol.verstuur(message)
    assert nummer not in str(caught.value)
    assert nummer not in repr(message)
    assert repr(sim.broker.alias_key) not in repr(sim.broker)
    assert repr(sim.broker.zout_key) not in repr(sim.broker)


async def test_the_postbus_is_for_its_owner_only(sim: Simulator) -> None:
    await sim.org(POL).organisatie.verstuur(concept())
    (ontvangst,) = await sim.org(VT).organisatie.ontvang(wait_s=0)
    assert ontvangst.inhoud["melding"]["meldingnummer"] not in repr(ontvangst)
    files = list(sim.folder.glob("*.sqlite*"))
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
