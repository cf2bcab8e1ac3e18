"""Holds: told to the sender alone, delivered once, destroyed at their date."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from evidence import check_evidence
from simulator import OM, POL, VT, concept

from corvus_adapters.app import build_opslag
from corvus_adapters.sdk.feiten import BekendBericht
from corvus_adapters.sdk.openen import Ontvangst
from corvus_adapters.sdk.post import NIEUW
from corvus_adapters.sdk.postbus import Inkomend
from corvus_broker.ports import Append
from corvus_broker.topics import INZENDING
from corvus_schemas.identifiers import format_id, parse_bericht_id
from corvus_schemas.wire.bericht import Aanhoudingslast
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.staat import Uitvoering

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.concept import Concept
    from corvus_broker.effecten import Effecten
    from corvus_schemas.wire.staat import Zaakstaat

pytestmark = pytest.mark.asyncio
HELD: Final = {"opsporing", "bijlagen", "betrokkenen[slachtoffer#0].verklaring"}


def held_melding() -> Concept:
    return concept(kenmerken={"opsporingsbelang": True})


def vrijgave(
    zaak: str, bericht_id: str, *rubrieken: str, besluit: str = "vrijgeven"
) -> Concept:
    return concept(
        "vrijgave",
        inhoud={
            "vrijgave": {
                "betreft_bericht": bericht_id,
                "rubrieken": list(rubrieken),
                "reden": "Het onderzoek kan het hebben.",
            }
        },
        doel="TECHNISCH",
        zaak=uuid.UUID(zaak),
        besluit=besluit,
    )


class Zaak:
    """A politiemelding of which cellen are held, and what follows."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.pol = sim.org(POL).organisatie

    async def start(self) -> Zaak:
        self.verzonden = await self.pol.verstuur(held_melding())
        await self.sim.post(POL)
        self.eerst = await self.received()
        return self

    async def received(self, naam: str = VT) -> list[Ontvangst]:
        return [one for one in await self.sim.post(naam) if isinstance(one, Ontvangst)]

    async def order(self, *rubrieken: str, besluit: str = "vrijgeven") -> None:
        await self.pol.verstuur(
            vrijgave(
                self.verzonden.zaak,
                self.verzonden.bericht_id,
                *rubrieken,
                besluit=besluit,
            )
        )

    @property
    def staat(self) -> Zaakstaat:
        [zaak] = [
            zaak for staat in self.sim.staten.values() for zaak in staat._zaken.values()
        ]
        return zaak

    async def stored(self) -> list[bytes]:
        opslag = build_opslag(self.sim.sandbox)
        nummers = [one.nummer for one in self.staat.aanhoudingen]
        return [kept for nummer in nummers if (kept := await opslag.haal(nummer))]


@pytest.fixture
async def zaak(sim: Simulator) -> Zaak:
    return await Zaak(sim).start()


async def test_the_recipient_is_not_told_and_the_sender_is(zaak: Zaak) -> None:
    # SPEC 17-1, SPEC 17-2
    [eerst] = zaak.eerst
    assert not HELD & eerst.regels.keys()
    assert {one.soort for one in zaak.sim.deliveries(VT)} == {"levering"}
    statuses = [one.status for one in zaak.sim.receipts(POL)]
    assert statuses == [Status.GEACCEPTEERD, Status.AANGEHOUDEN]
    told = zaak.sim.receipts(POL)[1].waarschuwingen
    assert [one.partition(":")[0] for one in told] == [
        "herbevestigen_voor",
        "vernietigd_op",
    ]
    assert len(zaak.staat.aanhoudingen) == 1
    assert len(await zaak.stored()) == 1


async def test_a_release_delivers_the_held_cellen_once(zaak: Zaak) -> None:
    # SPEC 17-3, SPEC 17-4
    await zaak.order()
    [later] = await zaak.received()
    assert later.regels.keys() >= HELD
    [eerst] = zaak.eerst
    assert not later.regels.keys() & eerst.regels.keys()
    assert later.bericht_id == eerst.bericht_id
    assert later.manifest_digest == eerst.manifest_digest
    assert later.sleutel != eerst.sleutel
    assert later.inhoud["opsporing"]
    assert zaak.staat.aanhoudingen == []
    await zaak.order()  # the same release again
    assert await zaak.received() == []
    warned = [one for one in zaak.sim.effecten if one.waarschuwingen]
    assert warned[-1].waarschuwingen == ["aanhouding.niets"]


async def test_nothing_of_it_is_left_behind(zaak: Zaak) -> None:
    # SPEC 17-5
    [held] = zaak.staat.aanhoudingen
    opslag = build_opslag(zaak.sim.sandbox)
    await zaak.order()
    assert await opslag.haal(held.nummer) is None
    assert held.nummer not in {one[0] for one in opslag.standing()}


async def test_some_rubrieken_are_released_and_the_rest_stays(zaak: Zaak) -> None:
    # SPEC 17-3
    await zaak.order("opsporing")
    [later] = await zaak.received()
    assert set(later.regels) == {"opsporing"}
    assert len(await zaak.stored()) == 1
    await zaak.order()
    [last] = await zaak.received()
    assert "opsporing" not in last.regels
    assert HELD - {"opsporing"} <= last.regels.keys()


async def test_a_supplement_has_evidence_and_its_own_receipts(zaak: Zaak) -> None:
    # SPEC 17-4, SPEC 12-5
    await zaak.order()
    [later] = await zaak.received()
    supplement = [
        one for one in zaak.sim.receipts(POL) if "aanvulling" in one.waarschuwingen
    ]
    [receipt] = supplement
    assert later.levering_digest in {one.levering for one in receipt.verstrekkingen}
    register = zaak.sim.registers.versies[0]
    out = [
        *zaak.sim.deliveries(VT),
        *zaak.sim.deliveries(POL),
        *zaak.sim.deliveries(OM),
    ]
    check_evidence(zaak.sim.audit(), out, register)
    # The recipient said AFGELEVERD of both, and the sender got both.
    meldingen = [one for one in zaak.sim.deliveries(POL) if one.soort == "terugmelding"]
    assert len(meldingen) == 2


async def test_only_the_sender_releases(zaak: Zaak) -> None:
    # SPEC 17-6
    om = zaak.sim.org(OM).organisatie
    own = await om.verstuur(
        concept("zsm_besluit", kenmerken={"zsm_zaak": True}, vt_regio="VT01")
    )
    await zaak.sim.post(OM)
    await om.verstuur(vrijgave(own.zaak, zaak.verzonden.bericht_id))
    assert zaak.sim.effecten[-1].code == "aanhouding.onbekend"
    assert await zaak.received() == []


async def test_what_is_confirmed_stays_held(zaak: Zaak) -> None:
    # SPEC 17-7
    [held] = zaak.staat.aanhoudingen
    zaak.sim.later(days=13)
    await zaak.order(besluit="herbevestigen")
    assert zaak.staat.aanhoudingen[0].bevestigd > held.bevestigd
    opslag = build_opslag(zaak.sim.sandbox)
    [due] = [one[3] for one in opslag.standing() if one[0] == held.nummer]
    assert due == zaak.staat.aanhoudingen[0].bevestigd + 14 * 86_400_000
    [record] = [one for one in opslag.standing() if one[0] == held.nummer]
    before = await opslag.tel(record[1], due - 1)
    late = await opslag.tel(record[1], due)
    assert (late[0], late[1]) == (before[0], before[1] + 1)
    assert await zaak.received() == []


async def test_the_sender_can_have_it_destroyed(zaak: Zaak) -> None:
    # SPEC 17-5
    [held] = zaak.staat.aanhoudingen
    await zaak.order(besluit="vernietigen")
    assert zaak.staat.aanhoudingen == []
    assert await build_opslag(zaak.sim.sandbox).haal(held.nummer) is None
    await zaak.order()
    assert await zaak.received() == []


async def test_it_is_destroyed_at_its_date_and_not_before(zaak: Zaak) -> None:
    # SPEC 17-5
    [held] = zaak.staat.aanhoudingen
    zaak.sim.later(days=89)
    zaak.sim.sweep()
    assert zaak.staat.aanhoudingen == [held]
    zaak.sim.later(days=1, minutes=1)
    zaak.sim.sweep()
    assert zaak.staat.aanhoudingen == []
    assert await build_opslag(zaak.sim.sandbox).haal(held.nummer) is None
    [end] = [one for one in zaak.sim.receipts(POL) if one.status == Status.VERLOPEN]
    assert (end.code, end.bericht_id) == ("aanhouding.vernietigd", held.bericht_id)


def _order(zaak: Zaak) -> Uitvoering:
    [record] = [
        record
        for (topic, _), records in zaak.sim.log.records.items()
        for record in records
        if topic == INZENDING and (record.value or b"")[:10] == _HEAD
    ]
    return Uitvoering.decode(record.value or b"")


_HEAD: Final = Uitvoering(
    soort="", zaak=bytes(16), nummer=bytes(32), inhoud=None, attestatie=b""
).encode()[:10]


def _submit(zaak: Zaak, order: Uitvoering) -> Effecten:
    [partition] = [n for n, one in zaak.sim.staten.items() if one._zaken]
    before = len(zaak.sim.effecten)
    zaak.sim.log.put(Append(INZENDING, partition, b"", order.encode()))
    return zaak.sim.effecten[before]


async def test_an_order_of_the_router_cannot_be_forged_or_repeated(zaak: Zaak) -> None:
    # SPEC 17-8
    await zaak.order("opsporing")
    order = _order(zaak)
    await zaak.received()
    assert _submit(zaak, order).uitkomst == "HERHAALD"
    assert await zaak.received() == []
    for forged in (
        msgspec.structs.replace(order, soort="vernietiging", inhoud=None),
        msgspec.structs.replace(order, nummer=bytes(32)),
    ):
        effecten = _submit(zaak, forged)
        assert (effecten.uitkomst, effecten.vernietigd) == ("ONBESTELBAAR", [])
    assert len(await zaak.stored()) == 1


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("aanhouding.ontbreekt", None),
        ("aanhouding.besluit", Aanhoudingslast(bytes(16), "weggooien", [])),
        ("aanhouding.besluit", Aanhoudingslast(bytes(16), "vrijgeven", ["b", "a"])),
        ("aanhouding.onbekend", Aanhoudingslast(bytes(16), "vrijgeven", [])),
    ],
)
async def test_a_wrong_order_is_refused(
    zaak: Zaak, code: str, last: Aanhoudingslast | None
) -> None:
    # SPEC 17-6
    wat = vrijgave(zaak.verzonden.zaak, format_id(bytes(16)))
    ontwerp = zaak.sim.design(POL, wat, zaak=zaak.verzonden.zaak)
    routering = msgspec.structs.replace(ontwerp.routering, aanhouding=last)
    effecten = zaak.sim.submit(
        zaak.sim.seal(POL, replace(ontwerp, routering=routering))
    )
    assert effecten.code == code


async def test_no_other_message_gives_an_order(zaak: Zaak) -> None:
    # SPEC 17-6
    ontwerp = zaak.sim.design(POL, held_melding(), zaak=zaak.verzonden.zaak)
    last = Aanhoudingslast(bytes(16), "vrijgeven", [])
    routering = msgspec.structs.replace(ontwerp.routering, aanhouding=last)
    effecten = zaak.sim.submit(
        zaak.sim.seal(POL, replace(ontwerp, routering=routering))
    )
    assert effecten.code == "aanhouding.onverwacht"


async def test_a_recipient_takes_a_second_levering_with_other_cellen_only(
    zaak: Zaak,
) -> None:
    # SPEC 17-9
    await zaak.order("opsporing")
    [later] = await zaak.received()
    bus = zaak.sim.org(VT).organisatie.postbus
    known = BekendBericht(
        parse_bericht_id(later.bericht_id), later.berichttype, later.verstrekker, "POL"
    )
    right = Inkomend(b"new", later.manifest_digest, 1 << 300, b"", known, NIEUW)
    place = ("topic", 0, 1)
    for wrong in (
        replace(right, posities=later.posities),
        replace(right, posities=later.posities | 1 << 300),
        replace(right, manifest=bytes(32)),
    ):
        assert not bus.put_inkomend(wrong, later.zaak, place)
    assert bus.put_inkomend(right, later.zaak, place)
