"""Holds under attack: orders, parking, keys and moments that do not fit together."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from simulator import POL, VT, Simulator, concept
from simulator_registers import opened, organisation, soon, start_of

from corvus_adapters.app import build_opslag
from corvus_adapters.sdk.openen import Ontvangst
from corvus_broker.aanhouding import MAX_AANHOUDINGEN
from corvus_broker.ports import Record
from corvus_broker.register import Registerreeks, time_text
from corvus_broker.topics import INZENDING
from corvus_crypto.certificaten import to_ms
from corvus_schemas.wire.bericht import Aanhoudingslast, Routering
from corvus_schemas.wire.bewijs import Status

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.sdk.concept import Concept
    from corvus_adapters.sdk.organisatie import Verzonden
    from corvus_broker.staat import Partitiestaat
    from corvus_schemas.wire.bericht import Inzending
    from corvus_schemas.wire.staat import Zaakstaat

pytestmark = pytest.mark.asyncio
HELD = "opsporing"


def vrijgave(verzonden: Verzonden, *rubrieken: str, **fields: Any) -> Concept:
    return concept(
        "vrijgave",
        inhoud={
            "vrijgave": {
                "betreft_bericht": verzonden.bericht_id,
                "rubrieken": list(rubrieken),
                "reden": "Het onderzoek kan het hebben.",
            }
        },
        doel="TECHNISCH",
        zaak=uuid.UUID(verzonden.zaak),
        **fields,
    )


async def hold(sim: Simulator) -> Verzonden:
    """Have POL send something of which cellen are held."""
    sent = await sim.org(POL).organisatie.verstuur(
        concept(kenmerken={"opsporingsbelang": True})
    )
    await sim.post(POL)
    await sim.post(VT)
    return sent


async def received(sim: Simulator, naam: str = VT) -> set[str]:
    """Give the labels of what an organisation has not fetched yet."""
    post = [one for one in await sim.post(naam) if isinstance(one, Ontvangst)]
    return {label for one in post for label in one.regels}


def only(sim: Simulator) -> tuple[int, Partitiestaat, Zaakstaat]:
    """Give the only zaak there is, with its partition."""
    [found] = [
        (number, staat, zaak)
        for number, staat in sim.staten.items()
        for zaak in staat._zaken.values()
    ]
    return found


def sealed(sim: Simulator, wat: Concept, zaak: str) -> Inzending:
    return sim.seal(POL, sim.design(POL, wat, zaak=zaak))


async def order_of(sim: Simulator, inzending: Inzending) -> Record:
    """Decide about a vrijgave; gives the router's order to itself, not yet written."""
    partition = sim.partition(Routering.decode(inzending.routering))
    first = Record(INZENDING, partition, 1000, b"", inzending.encode(), sim.nu_ms)
    effecten = sim.pipeline.process(first, sim.staat(partition))
    assert effecten.code == ""
    [order] = await sim.bewaarder.before_commit(partition, [effecten])
    return Record(INZENDING, partition, 1001, order.key, order.value, sim.nu_ms)


async def test_a_zaak_full_of_holds_can_still_be_written_to_and_emptied(
    sim: Simulator,
) -> None:
    sent = await hold(sim)
    _, staat, zaak = only(sim)
    [held] = zaak.aanhoudingen
    more = [
        msgspec.structs.replace(
            held,
            nummer=number.to_bytes(32, "big"),
            bericht_id=number.to_bytes(16, "big"),
        )
        for number in range(1, MAX_AANHOUDINGEN)
    ]
    staat.put_zaak(msgspec.structs.replace(zaak, aanhoudingen=[held, *more]))
    again = concept(kenmerken={"opsporingsbelang": True}, zaak=uuid.UUID(sent.zaak))
    refused = sim.submit(sealed(sim, again, sent.zaak))
    assert (refused.code, refused.te_bewaren) == ("aanhouding.te_veel", [])
    plain = concept(zaak=uuid.UUID(sent.zaak))
    assert sim.submit(sealed(sim, plain, sent.zaak)).code == ""
    assert sim.submit(sealed(sim, vrijgave(sent), sent.zaak)).code == ""
    assert HELD in await received(sim)


async def test_an_order_in_another_partition_destroys_nothing(sim: Simulator) -> None:
    # SPEC 17-10
    sent = await hold(sim)
    number, _, _ = only(sim)
    order = await order_of(sim, sealed(sim, vrijgave(sent), sent.zaak))
    elsewhere = replace(order, partition=(number + 1) % 4)
    effecten = sim.pipeline.process(elsewhere, sim.staat(elsewhere.partition))
    assert (effecten.code, effecten.vernietigd) == ("partitie.onjuist", [])


async def test_a_release_waits_behind_what_is_parked(sim: Simulator) -> None:
    # SPEC 17-10
    sent = await hold(sim)
    order = await order_of(sim, sealed(sim, vrijgave(sent), sent.zaak))
    _, staat, zaak = only(sim)
    staat.put_zaak(msgspec.structs.replace(zaak, geparkeerd=1))
    effecten = sim.pipeline.process(order, staat)
    assert (effecten.uitkomst, effecten.leveringen) == ("GEPARKEERD", [])
    assert only(sim)[2].geparkeerd == 2


async def test_what_is_past_its_date_is_not_released(sim: Simulator) -> None:
    # SPEC 17-5, SPEC 17-11: the router may not have looked for it yet.
    sent = await hold(sim)
    sim.later(days=91)
    assert sim.submit(sealed(sim, vrijgave(sent), sent.zaak)).code == ""
    assert await received(sim) == set()
    assert sim.effecten[-1].waarschuwingen == ["aanhouding.niets"]
    sim.sweep()
    assert only(sim)[2].aanhoudingen == []
    assert Status.VERLOPEN in {one.status for one in sim.receipts(POL)}


async def test_destroying_or_confirming_a_part_is_refused(sim: Simulator) -> None:
    # SPEC 17-12
    sent = await hold(sim)
    ontwerp = sim.design(POL, vrijgave(sent, HELD), zaak=sent.zaak)
    last = ontwerp.routering.aanhouding
    assert last is not None
    for besluit in ("vernietigen", "herbevestigen"):
        wrong = Aanhoudingslast(last.bericht_id, besluit, [HELD])
        routering = msgspec.structs.replace(ontwerp.routering, aanhouding=wrong)
        effecten = sim.submit(sim.seal(POL, replace(ontwerp, routering=routering)))
        assert (effecten.code, effecten.vernietigd) == ("aanhouding.besluit", [])
    assert len(only(sim)[2].aanhoudingen) == 1


async def test_many_releases_at_once_bring_what_is_kept_back_once(
    sim: Simulator,
) -> None:
    sent = await hold(sim)
    number, _, _ = only(sim)
    records = [
        Record(
            INZENDING,
            number,
            1000 + at,
            b"",
            sealed(sim, vrijgave(sent), sent.zaak).encode(),
            sim.nu_ms,
        )
        for at in range(8)
    ]
    before = len(sim.log.records[INZENDING, number])
    sim.handle(records)
    assert len(sim.log.records[INZENDING, number]) == before + 1
    assert HELD in await received(sim)


async def test_nothing_is_released_to_a_key_that_was_revoked_since(
    sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 17-11
    begin = start_of(sandbox)
    oin = sandbox.keystore(VT).oin
    revoked = soon(begin, days=2)

    def change(stuk: Any) -> None:
        for one in organisation(stuk, oin)["certificaten"]:
            one["ingetrokken_op"] = time_text(to_ms(revoked))

    first = sandbox.register.versies[0]
    second = opened(sandbox, change, van=soon(begin, days=2), volgnummer=2)
    registers = Registerreeks([first, second])
    sim = Simulator(sandbox, tmp_path, registers=registers, nu=soon(begin, hours=1))
    sent = await hold(sim)
    sim.later(days=3)
    inzending = sealed(sim, vrijgave(sent), sent.zaak)
    assert sim.submit(inzending).code == ""
    assert [one.leveringen for one in sim.effecten[-2:]] == [[], []]
    sim.close()


async def test_one_damaged_hold_stops_nobody_else(sim: Simulator) -> None:
    """What does not open with its key is lost, and its sender is told so."""
    sent = await hold(sim)
    opslag = build_opslag(sim.sandbox)
    with opslag._inhoud.begin() as connection:
        connection.exec_driver_sql("UPDATE aangehouden SET gesloten = x'00'")
    assert sim.submit(sealed(sim, vrijgave(sent), sent.zaak)).code == ""
    assert await received(sim) == set()
    assert sim.effecten[-1].code == "aanhouding.kwijt"
    assert {one.status for one in sim.receipts(POL)} >= {Status.VERLOPEN}


async def test_what_a_crash_left_behind_is_destroyed_at_the_next_claim(
    sim: Simulator,
) -> None:
    # SPEC 17-5: killed between the commit and the destruction.
    await hold(sim)
    partition, staat, zaak = only(sim)
    [held] = zaak.aanhoudingen
    opslag = build_opslag(sim.sandbox)
    await sim.bewaarder.tidy(partition, sim.rebuilt(partition))
    assert await opslag.haal(held.nummer) is not None, "what stands is kept"
    staat.put_zaak(msgspec.structs.replace(zaak, aanhoudingen=[]))
    await sim.bewaarder.tidy(partition, staat)
    assert await opslag.haal(held.nummer) is None
    assert (held.nummer, zaak.zaak) not in await opslag.nummers(partition)
