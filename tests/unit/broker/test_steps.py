"""The order of the steps, and what is left behind about a message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from attack import bend_kop, bend_lading, bend_routering
from simulator import CATALOGUS, OM, POL, concept

from corvus_broker.topics import AUDIT, INZENDING, ZAAKSTAAT, levering_topics
from corvus_schemas.identifiers import Oin, ZaakId
from corvus_schemas.voorbeeld import voorbeeld_inhoud
from corvus_schemas.wire.bericht import DeclaredKenmerk, Routering
from corvus_schemas.wire.staat import Beslisregel

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.samenstellen import Ontwerp
    from corvus_schemas.wire.bericht import Inzending

# Faults by step, each of which alone gives the code; the earliest of them counts.
FAULTS = [
    "schema.versie",
    "partitie.onjuist",
    "certificaat.oin",
    "handtekening.ongeldig",
    "bericht.id_hergebruikt",
    "tijd.toekomst",
    "kenmerk.onbekend",
    "ontvanger.zelf",
]


def design_with(sim: Simulator, faults: set[str], first: Ontwerp) -> Ontwerp:
    ontwerp = sim.design(POL)
    kop: dict[str, Any] = {}
    if "schema.versie" in faults:
        kop["schema"] = bytes(8)
    if "bericht.id_hergebruikt" in faults:
        kop["bericht_id"] = first.kop.bericht_id
        ontwerp = bend_routering(ontwerp, zaak=first.routering.zaak)
    if "tijd.toekomst" in faults:
        kop["ondertekend_op"] = sim.nu_ms + 86_400_000
    if "kenmerk.onbekend" in faults:
        declared = [DeclaredKenmerk("mooi_weer", True)]  # noqa: FBT003 - a value
        ontwerp = bend_routering(ontwerp, kenmerken=declared)
    if "ontvanger.zelf" in faults:
        (own,) = ontwerp.lading.toegekend
        mine = replace(own.sleutel, oin=sim.org(POL).keystore.oin)
        ontwerp = bend_lading(ontwerp, toegekend=[replace(own, sleutel=mine)])
    return bend_kop(ontwerp, **kop)


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_the_earliest_step_that_fails_gives_the_code(
    sim: Simulator, number: int
) -> None:
    # SPEC 14-1: with this fault and every later one, this one is reported
    first = sim.design(POL)
    sim.submit(sim.seal(POL, first))
    faults = set(FAULTS[number:])
    ontwerp = design_with(sim, faults, first)
    zegel = sim.zegel(POL)
    if "handtekening.ongeldig" in faults:
        zegel = replace(zegel, key=sim.org(OM).keystore.signing_key)
    if "certificaat.oin" in faults:
        zegel = replace(zegel, certificaat=sim.org(OM).keystore.thumbprint)
    message: Inzending = sim.seal(POL, ontwerp, zegel)
    partitie = sim.partition(Routering.decode(message.routering))
    if "partitie.onjuist" in faults:
        partitie = (partitie + 1) % 4
    effecten = sim.submit(message, partitie=partitie)
    assert effecten.code == FAULTS[number]
    proven = number > FAULTS.index("handtekening.ongeldig")
    assert bool(effecten.berichten) is proven, "a receipt only to a proven sender"


def test_topics_and_keys_hold_nothing_about_the_message(sim: Simulator) -> None:
    # SPEC 11-5
    sim.submit(sim.message(POL, concept("zsm_aanmelding")))
    register = sim.registers.versies[0]
    own = {
        topic: oin
        for oin in register.adresboek.oins()
        for topic in levering_topics(oin)
    }
    bewijs = sim.receipts(POL)[0]
    aliases = {
        oin: sim.aliassen.alias(_zaak(sim), Oin(oin), register.partities)
        for oin in register.adresboek.oins()
    }
    seen = 0
    for (topic, _), records in sim.log.records.items():
        for record in records:
            if topic in own:
                assert record.key == aliases[own[topic]]
                seen += 1
            elif topic == AUDIT:
                assert record.key == b""
            elif topic not in {ZAAKSTAAT, INZENDING}:
                raise AssertionError(topic)
    assert seen == 1 + len(bewijs.verstrekkingen)


def _zaak(sim: Simulator) -> ZaakId:
    (staat,) = sim.staten.values()
    (zaak,) = staat._zaken.values()
    return ZaakId(zaak.zaak)


def test_evidence_holds_no_content(sim: Simulator) -> None:
    # SPEC 13-1: the same message with other content leaves evidence of one form
    kind = CATALOGUS.berichttype("politiemelding")
    shown = []
    for seed in (1, 2):
        inhoud = voorbeeld_inhoud(kind, CATALOGUS, seed=1)
        melding = inhoud["melding"]
        assert isinstance(melding, dict)
        melding["meldingnummer"] = f"TEST-99900{seed}"
        sim.submit(sim.message(POL, concept(inhoud=dict(inhoud))))
        blad = sim.audit()[-1].beslisregels[0]
        assert b"TEST-" not in blad.inhoud
        regel = Beslisregel.decode(blad.inhoud)
        digests = ("bericht_id", "manifest", "levering", "routering")
        rest = {
            name: value
            for name, value in msgspec.structs.asdict(regel).items()
            if name not in {*digests, "offset", "partitie"}
        }
        assert all(len(getattr(regel, name)) in {16, 32} for name in digests)
        shown.append(rest)
    assert shown[0] == shown[1]
    for record in sim.log.records[AUDIT, 0]:
        assert b"TEST-" not in (record.value or b"")
