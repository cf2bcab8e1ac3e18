"""Step 8: a column may only name who the message may be addressed to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from attack import bend_lading, bend_routering, check_dead, check_refused, uuid_of
from simulator import OM, POL, RVDK, VT, VT_BRABANT, Simulator, concept
from simulator_registers import opened, organisation

from corvus_adapters.sdk.openen import open_levering
from corvus_adapters.sdk.plan import Toegekend
from corvus_broker.inzending import SIGN_PURPOSE
from corvus_broker.ports import Record
from corvus_broker.register import Registerreeks
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.ondertekening import sign_one
from corvus_crypto.sealing import Sleutelvermelding
from corvus_crypto.suite import DEFAULT_SUITE, suite_of
from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.sdk.samenstellen import Ontwerp
    from corvus_broker.register.formaat import RegisterStuk


def key_of(sim: Simulator, naam: str) -> Sleutelvermelding:
    oin = sim.org(naam).keystore.oin
    register = sim.registers.op(sim.nu_ms)
    sleutel = register.sleutel(oin, sim.nu_ms, DEFAULT_SUITE.id)
    assert sleutel is not None
    public = suite_of(sleutel.suite).load_public(sleutel.publiek)
    return Sleutelvermelding(oin, sleutel.id, public)


def to(sim: Simulator, ontwerp: Ontwerp, *namen: str) -> Ontwerp:
    """A design that grants the same cellen to others."""
    (first, *_) = ontwerp.lading.toegekend
    toegekend = [
        Toegekend(first.organisatie, key_of(sim, naam), first.masker) for naam in namen
    ]
    return bend_lading(ontwerp, toegekend=toegekend)


@pytest.mark.parametrize("extra", [VT_BRABANT, "vt-midden-brabant"])
def test_a_recipient_outside_the_area_is_refused(sim: Simulator, extra: str) -> None:
    ontwerp = to(sim, sim.design(POL), VT, extra)
    effecten = sim.submit(sim.seal(POL, ontwerp))
    check_refused(sim, effecten, "ontvanger.buiten_gebied")
    assert not sim.deliveries(VT), "nor does the right one get anything"


def test_a_recipient_that_no_rule_names_gets_nothing(sim: Simulator) -> None:
    """OM of the area in a politiemelding: default deny, and no kop either."""
    # SPEC 11-2
    effecten = sim.submit(sim.seal(POL, to(sim, sim.design(POL), VT, OM)))
    assert effecten.uitkomst == "GEACCEPTEERD"
    assert [one.ontvanger for one in effecten.leveringen] == [sim.org(VT).oin]
    assert not sim.deliveries(OM)
    (bewijs,) = sim.receipts(POL)
    nothing = next(
        one for one in bewijs.verstrekkingen if one.ontvanger == sim.org(OM).oin
    )
    assert nothing.levering is None
    # The melder is denied by a rule to all but VT.
    assert [one.reden for one in nothing.geweigerd] == ["standaard", "verboden"]


def test_the_sender_is_no_recipient(sim: Simulator) -> None:
    ontwerp = to(sim, sim.design(POL), POL)
    check_refused(sim, sim.submit(sim.seal(POL, ontwerp)), "ontvanger.zelf")


def test_a_column_to_an_unknown_organisation_is_refused(sim: Simulator) -> None:
    ontwerp = sim.design(POL)
    (own,) = ontwerp.lading.toegekend
    ghost = replace(own, sleutel=replace(own.sleutel, oin=Oin("0" * 19 + "7")))
    bent = bend_lading(ontwerp, toegekend=[ghost])
    check_refused(sim, sim.submit(sim.seal(POL, bent)), "organisatie.onbekend")


@pytest.mark.parametrize("owner", [OM, RVDK])
def test_a_column_with_the_key_of_another_is_refused(
    sim: Simulator, owner: str
) -> None:
    """Sealed to one organisation's key under the OIN of another."""
    ontwerp = sim.design(POL)
    (own,) = ontwerp.lading.toegekend
    other = replace(key_of(sim, owner), oin=own.sleutel.oin)
    bent = bend_lading(ontwerp, toegekend=[replace(own, sleutel=other)])
    check_refused(sim, sim.submit(sim.seal(POL, bent)), "kolom.sleutel")


def test_a_column_with_a_key_nobody_declared_is_refused(sim: Simulator) -> None:
    ontwerp = sim.design(POL)
    (own,) = ontwerp.lading.toegekend
    unknown = replace(own.sleutel, sleutel_id=bytes(16))
    bent = bend_lading(ontwerp, toegekend=[replace(own, sleutel=unknown)])
    check_refused(sim, sim.submit(sim.seal(POL, bent)), "kolom.sleutel")


def vt_melding(sim: Simulator, *geadresseerden: str) -> Ontwerp:
    wat = concept(
        "vt_melding",
        geadresseerden=geadresseerden,
        kenmerken={"meldcode_toegepast": True, "melder_anoniem": False},
    )
    return sim.design(RVDK, wat)


def test_a_gericht_message_reaches_only_who_it_addresses(sim: Simulator) -> None:
    ontwerp = vt_melding(sim, sim.org(VT).oin)
    assert sim.submit(sim.seal(RVDK, ontwerp)).uitkomst == "GEACCEPTEERD"
    for geadresseerden in ([], [sim.org(VT_BRABANT).oin]):
        bent = bend_routering(
            vt_melding(sim, sim.org(VT).oin), geadresseerden=geadresseerden
        )
        effecten = sim.submit(sim.seal(RVDK, bent))
        check_refused(sim, effecten, "ontvanger.niet_geadresseerd", naam=RVDK)


def test_an_unknown_addressee_is_refused(sim: Simulator) -> None:
    ontwerp = vt_melding(sim, sim.org(VT).oin)
    ghosts = ["0" * 19 + "7", sim.org(VT).oin]
    bent = bend_routering(ontwerp, geadresseerden=ghosts)
    effecten = sim.submit(sim.seal(RVDK, bent))
    check_refused(sim, effecten, "organisatie.onbekend", naam=RVDK)


def terugkoppeling(sim: Simulator) -> Ontwerp:
    """VT tells POL what became of its politiemelding."""
    sim.submit(sim.message())
    vt = sim.org(VT)
    (levering,) = [one for one in sim.deliveries(VT) if one.soort == "levering"]
    record = Record("x", 0, 0, b"", levering.encode(), sim.nu_ms)
    vt.organisatie._post.take_in(record)
    ontvangst = open_levering(levering, vt.lezer)
    zaak = vt.organisatie.postbus.zaak_of_alias(ontvangst.zaak_alias)
    wat = concept(
        "terugkoppeling",
        geadresseerden=(sim.org(POL).oin,),
        antwoord_op=ontvangst.bericht_id,
        zaak=zaak.ref,
    )
    return sim.design(VT, wat, zaak=zaak.ref)


def test_an_answer_comes_back_with_what_it_answers(sim: Simulator) -> None:
    ontwerp = terugkoppeling(sim)
    effecten = sim.submit(sim.seal(VT, ontwerp))
    assert (effecten.uitkomst, effecten.code) == ("GEACCEPTEERD", "")
    answers = [one for one in sim.deliveries(POL) if one.soort == "levering"]
    opened_ = open_levering(answers[0], sim.org(POL).lezer)
    question = ontwerp.routering.antwoord_op
    assert question is not None
    assert opened_.inhoud["verwijzing"]["antwoord_op"] == str(uuid_of(question))


def test_an_answer_has_to_say_what_it_answers(sim: Simulator) -> None:
    ontwerp = bend_routering(terugkoppeling(sim), antwoord_op=None)
    effecten = sim.submit(sim.seal(VT, ontwerp))
    check_refused(sim, effecten, "antwoord_op.ontbreekt", naam=VT)


def test_an_answer_to_what_this_sender_never_saw_is_refused(sim: Simulator) -> None:
    ontwerp = bend_routering(terugkoppeling(sim), antwoord_op=b"\4" * 16)
    effecten = sim.submit(sim.seal(VT, ontwerp))
    check_refused(sim, effecten, "antwoord_op.onbekend", naam=VT)


def test_a_region_the_adresboek_does_not_know_is_refused(sim: Simulator) -> None:
    assert sim.design(POL).routering.vt_regio == "VT01"
    ontwerp = bend_routering(sim.design(POL), gemeente=None, vt_regio="VT99")
    effecten = sim.submit(sim.seal(POL, ontwerp))
    check_refused(sim, effecten, "regio.onbekend")


@pytest.mark.parametrize(
    ("naam", "regios", "code"),
    [(VT_BRABANT, ["VT01"], "dubbele_route"), (VT, ["VT02"], "geen_route")],
)
def test_a_place_has_exactly_one_veilig_thuis(
    sandbox: Installatie, tmp_path: Path, naam: str, regios: list[str], code: str
) -> None:
    """Sealed by a sender that did not look; the broker does."""
    oin = sandbox.keystore(naam).oin

    def move(stuk: RegisterStuk) -> None:
        organisation(stuk, oin)["vt_regios"] = regios

    reeks = Registerreeks([opened(sandbox, move)])
    sim = Simulator(sandbox, tmp_path, registers=reeks)
    ontwerp = Simulator(sandbox, tmp_path).design(POL)
    kop = msgspec.structs.replace(ontwerp.kop, register=reeks.versies[0].digest)
    message = sim.seal(POL, replace(ontwerp, kop=kop))
    check_refused(sim, sim.submit(message), code)


def test_a_message_without_columns_is_accepted_and_warned_about(
    sim: Simulator,
) -> None:
    # SPEC 14-6
    message = sim.seal(POL, bend_lading(sim.design(POL), toegekend=[]))
    effecten = sim.submit(message)
    assert effecten.uitkomst == "GEACCEPTEERD"
    assert not effecten.leveringen
    assert sim.receipts(POL)[0].waarschuwingen == ["moet.ontbreekt:VT"]


def test_a_message_of_another_is_not_sent_again_as_ones_own(sim: Simulator) -> None:
    """OM signs POL's manifest; the certificate is not that of the kop."""
    message = sim.message()
    zegel = sim.zegel(OM)
    digest = parse_manifest(message.manifest).digest
    signed = sign_one(zegel.key, zegel.certificaat, SIGN_PURPOSE, digest)
    stolen = msgspec.structs.replace(message, ondertekening=signed.encode())
    check_dead(sim, sim.submit(stolen), "certificaat.oin")
