"""A nasleutel: old cellen, new columns, decided by what holds now (ADR 0023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from evidence import check_evidence
from nasleutel_wereld import make_wereld
from simulator import CATALOGUS, OM, POL, VT, concept
from simulator_registers import without

from corvus_adapters.bewijs.bestand import collect
from corvus_adapters.bewijs.verificatie import Verificateur
from corvus_adapters.sdk.post import Geweigerdepost, Ontvangenbewijs
from corvus_broker.auditboek import open_auditbatch
from corvus_broker.herbeoordeling import Naslag, replay
from corvus_broker.ports import Append
from corvus_broker.topics import AUDIT, INZENDING
from corvus_crypto.cel import SLOT_BYTES
from corvus_schemas.identifiers import parse_bericht_id
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.nasleutel import Nalevering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nasleutel_wereld import Wereld

    from corvus_adapters.installatie import Installatie


@pytest.fixture
def wereld(sandbox: Installatie, tmp_path: Path) -> Iterator[Wereld]:
    yield from make_wereld(sandbox, tmp_path)


async def test_who_lost_its_key_gets_the_message_again(wereld: Wereld) -> None:
    # SPEC 18-8, SPEC 18-10
    [eerst] = (await wereld.start()).eerst
    wereld.lose_key()
    vt, pol = wereld.sim.org(VT).organisatie, wereld.sim.org(POL).organisatie
    assert vt.open_post() == [], "the key is gone"
    made = await pol.nasleutel(wereld.sent.bericht_id, [vt.oin])
    [again] = await wereld.received(VT)
    assert again.inhoud == eerst.inhoud
    assert again.manifest_digest == eerst.manifest_digest
    assert (again.nasleutel, again.sleutel != eerst.sleutel) == (
        made.nasleutel_id,
        True,
    )
    assert [one.sleutel for one in vt.open_post()] == [again.sleutel]
    post = await wereld.sim.post(POL)
    told = [one.bewijs for one in post if isinstance(one, Ontvangenbewijs)]
    assert [(one.status, one.levering) for one in told] == [
        (Status.AFGELEVERD, eerst.levering_digest),
        (Status.GEACCEPTEERD, None),
        (Status.AFGELEVERD, again.levering_digest),
    ]
    assert told[1].waarschuwingen == ["aanvulling", f"nasleutel:{made.nasleutel_id}:1"]
    kast = pol.postbus.nasleutels
    found = kast.find(parse_bericht_id(made.nasleutel_id))
    assert found is not None
    assert found.status == Status.GEACCEPTEERD
    check_evidence(
        wereld.sim.audit(),
        [*wereld.sim.deliveries(VT), *wereld.sim.deliveries(POL)],
        wereld.sim.registers.versies[0],
    )


async def test_a_key_lost_before_the_first_fetch(wereld: Wereld) -> None:
    # SPEC 18-12
    await wereld.start(fetch=False)
    wereld.sim.org(VT)
    wereld.lose_key()
    oin = wereld.sim.org(VT).oin
    await wereld.sim.org(POL).organisatie.nasleutel(wereld.sent.bericht_id, [oin])
    post = await wereld.sim.post(VT)
    refused = [one.code for one in post if isinstance(one, Geweigerdepost)]
    assert refused == ["sleutel.weg"]
    [only] = wereld.sim.org(VT).organisatie.open_post()
    assert only.inhoud["melding"]
    assert only.nasleutel


async def test_what_still_opens_is_a_repeat(wereld: Wereld) -> None:
    # SPEC 18-12
    await wereld.start()
    oin = wereld.sim.org(VT).oin
    await wereld.sim.org(POL).organisatie.nasleutel(wereld.sent.bericht_id, [oin])
    assert len(wereld.sim.effecten[-1].leveringen) == 1
    assert await wereld.received(VT) == []
    assert len(wereld.sim.org(VT).organisatie.open_post()) == 1


async def test_a_widened_rule(sandbox: Installatie, tmp_path: Path) -> None:
    # SPEC 18-6, SPEC 18-12: what was had still opens, and one rubriek is new
    [wereld] = make_wereld_once(sandbox, tmp_path, tabel=without("R0001"))
    [eerst] = (await wereld.start()).eerst
    assert "melding" not in eerst.inhoud
    wereld.sim.later(hours=2)
    oin = wereld.sim.org(VT).oin
    await wereld.sim.org(POL).organisatie.nasleutel(wereld.sent.bericht_id, [oin])
    [later] = await wereld.received(VT)
    assert later.inhoud["melding"]
    assert later.regels["melding"] == "R0001"


def make_wereld_once(sandbox: Installatie, folder: Path, *, tabel: str) -> list[Wereld]:
    return [next(make_wereld(sandbox, folder, tabel=tabel))]


async def test_a_late_recipient_of_an_addressed_message(wereld: Wereld) -> None:
    # SPEC 18-7
    await wereld.start()
    vt, om = wereld.sim.org(VT), wereld.sim.org(OM)
    question = await vt.organisatie.verstuur(
        concept(
            "informatieverzoek",
            zaak=wereld.eerst[0].zaak,
            doel="AFSTEMMING",
            kenmerken={
                "geheim_adres": False,
                "verdachte_minderjarig": False,
                "vermoeden_strafbaar_feit": True,
            },
            geadresseerden=[wereld.sim.org(POL).oin],
        )
    )
    await wereld.sim.post(VT)
    assert await wereld.received(OM) == []
    await vt.organisatie.nasleutel(question.bericht_id, [om.oin])
    [late] = await wereld.received(OM)
    assert late.bericht_id == question.bericht_id
    assert late.nasleutel
    # Who got it takes part from now on.
    staat = wereld.sim.staat(question.partitie)
    [zaak] = [one for one in staat._zaken.values() if om.oin in one.deelnemers]
    assert vt.oin in zaak.deelnemers


async def test_the_same_nasleutel_gets_its_original_receipt(wereld: Wereld) -> None:
    # SPEC 18-8
    await wereld.start()
    nasleutel = wereld.seal(wereld.ontwerp())
    first = wereld.submit(nasleutel)
    assert first.uitkomst == "NAGESLEUTELD"
    again = wereld.submit(nasleutel)
    assert (again.uitkomst, again.leveringen) == ("HERHAALD", [])
    assert again.berichten == first.berichten


async def test_long_after_the_broker_forgot_the_message(wereld: Wereld) -> None:
    # SPEC 18-3: the receipt is the proof, and comes back with the message
    await wereld.start()
    resend = wereld.sim.log.records[INZENDING, wereld.sent.partitie][0]
    wereld.sim.later(days=100)
    assert wereld.submit(wereld.seal(wereld.ontwerp())).uitkomst == "NAGESLEUTELD"
    wereld.sim.log.put(Append(INZENDING, wereld.sent.partitie, b"", resend.value))
    assert wereld.sim.effecten[-1].uitkomst == "HERHAALD"
    receipts = wereld.sim.receipts(POL)
    assert receipts[-1] == receipts[0]


async def test_what_a_rule_holds_does_not_go(wereld: Wereld) -> None:
    # SPEC 18-6
    [eerst] = (await wereld.start(concept(kenmerken={"opsporingsbelang": True}))).eerst
    effecten = wereld.submit(wereld.seal(wereld.ontwerp()))
    [levering] = effecten.leveringen
    assert len(Nalevering.decode(levering.inhoud).regels) == len(eerst.regels)
    assert not effecten.te_bewaren


async def test_it_waits_behind_what_is_parked(wereld: Wereld) -> None:
    # SPEC 14-8
    await wereld.start()
    staat = wereld.sim.staat(wereld.sent.partitie)
    [zaak] = staat._zaken.values()
    staat.put_zaak(msgspec.structs.replace(zaak, geparkeerd=1))
    effecten = wereld.submit(wereld.seal(wereld.ontwerp()))
    assert (effecten.uitkomst, effecten.leveringen) == ("GEPARKEERD", [])


async def test_the_decision_is_made_again_bit_for_bit(wereld: Wereld) -> None:
    # SPEC 13-5, SPEC 18-10
    await wereld.start()
    wereld.submit(wereld.seal(wereld.ontwerp()))
    naslag = Naslag(wereld.sim.registers, CATALOGUS)
    [*_, last] = [
        dossier
        for record in wereld.sim.log.records[AUDIT, 0]
        for dossier in open_auditbatch(record.value or b"", wereld.sim.registers)
    ]
    assert len(last.beslisregels) == len(last.beoordeling.ontvangers)
    assert replay(last, naslag) == []


async def test_its_proof_verifies(wereld: Wereld) -> None:
    # SPEC 16-2, SPEC 18-11
    await wereld.start()
    oin = wereld.sim.org(VT).oin
    await wereld.sim.org(POL).organisatie.nasleutel(wereld.sent.bericht_id, [oin])
    entries = wereld.sim.sandbox.register_entries()
    found = await collect(wereld.sim.log, [oin, wereld.sim.org(POL).oin], entries)
    assert len(found) == 2
    verificateur = Verificateur(wereld.sim.sandbox.vertrouwen, CATALOGUS)
    [later] = [one for one in found if _is_later(one.bestand.levering)]
    verslag = verificateur.verify(later.bestand)
    assert [one for one in verslag.stappen if not one.ok] == []
    assert "nasleutel" in verslag.stappen[2].tekst


def _is_later(value: bytes) -> bool:
    return b"corvus/1/nasleutel" in value


async def test_only_the_slots_of_what_goes_travel(wereld: Wereld) -> None:
    # SPEC 18-10, SPEC 6-9
    await wereld.start(concept("zsm_aanmelding"))
    nasleutel = wereld.seal(wereld.ontwerp(VT, OM))
    effecten = wereld.submit(nasleutel)
    assert len(effecten.leveringen) == 2
    for levering in effecten.leveringen:
        gekregen = Nalevering.decode(levering.inhoud)
        own = [
            gekregen.sloten[at : at + SLOT_BYTES]
            for at in range(0, len(gekregen.sloten), SLOT_BYTES)
        ]
        assert len(own) == len(gekregen.regels)
        sent = [
            nasleutel.sloten[at : at + SLOT_BYTES]
            for at in range(0, len(nasleutel.sloten), SLOT_BYTES)
        ]
        assert set(own) < set(sent)
        for other in set(sent) - set(own):
            assert other not in levering.inhoud
        assert nasleutel.routering not in levering.inhoud
