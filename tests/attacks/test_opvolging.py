"""A successor takes running zaken over: from its day, and nobody else ever (ADR 0020)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from attack import check_refused
from simulator import OM, POL, VT, VT_BRABANT, Simulator, concept
from simulator_registers import (
    entry,
    first_register,
    first_tabel,
    officers,
    opened,
    organisation,
    soon,
    start_of,
)

from corvus_broker.register import (
    Registerreeks,
    open_register,
    sign_register,
    time_text,
)
from corvus_crypto.certificaten import to_ms
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import AddressError, RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.sdk.concept import Concept
    from corvus_adapters.sdk.openen import Ontvangst
    from corvus_broker.effecten import Effecten
    from corvus_broker.register.formaat import RegisterStuk

SAFE = {"geheim_adres": False, "verdachte_minderjarig": False}
THIRD = "vt-midden-brabant"


@pytest.fixture
def sim(sandbox: Installatie, tmp_path: Path) -> Iterator[Simulator]:
    """VT Groningen is succeeded by that of West-Brabant, in two hours."""
    nu = soon(start_of(sandbox), hours=1)
    moment = time_text(to_ms(soon(nu, hours=2)))

    def change(stuk: RegisterStuk) -> None:
        one = organisation(stuk, sandbox.keystore(VT).oin)
        one["geldig_tot"], one["opvolger"] = moment, sandbox.keystore(VT_BRABANT).oin

    registers = Registerreeks(
        [
            sandbox.register.versies[0],
            # Known before the day: a version from one hour on says what comes in two.
            opened(sandbox, change, van=soon(nu, hours=1), volgnummer=2),
        ]
    )
    simulator = Simulator(sandbox, tmp_path, registers=registers, nu=nu)
    yield simulator
    simulator.close()


async def of(sim: Simulator, naam: str, bericht_id: str) -> Ontvangst:
    post = await sim.org(naam).organisatie.ontvang(wait_s=0)
    return next(one for one in post if one.bericht_id == bericht_id)


async def running(sim: Simulator) -> tuple[str, Ontvangst]:
    """A zaak in which VT Groningen asked the OM something; its reference there."""
    first = await sim.org(POL).organisatie.verstuur(concept("zsm_aanmelding"))
    zaak = (await of(sim, VT, first.bericht_id)).zaak
    question = await sim.org(VT).organisatie.verstuur(
        concept(
            "informatieverzoek",
            zaak=zaak,
            doel="AFSTEMMING",
            kenmerken={**SAFE, "vermoeden_strafbaar_feit": True},
            geadresseerden=[sim.org(OM).oin, sim.org(POL).oin],
        )
    )
    return zaak, await of(sim, OM, question.bericht_id)


def takes_over(sim: Simulator, naam: str, zaak: str) -> Effecten:
    """Another organisation writes in the zaak, under the alias VT Groningen knows."""
    known = sim.org(VT).organisatie.postbus.zaak(zaak)
    assert known is not None
    wat = concept(
        "informatieverzoek",
        doel="AFSTEMMING",
        kenmerken={**SAFE, "vermoeden_strafbaar_feit": True},
        geadresseerden=[sim.org(OM).oin],
    )
    ontwerp = sim.org(naam).organisatie.ontwerp(wat, known, sim.random(16))
    return sim.submit(sim.seal(naam, ontwerp))


def answer(sim: Simulator, question: Ontvangst) -> Concept:
    return concept(
        "informatieverzoek_antwoord",
        zaak=question.zaak,
        antwoord_op=question.bericht_id,
        doel="DIRECTE_VEILIGHEID",
        kenmerken={**SAFE, "nodig_voor_veiligheid": True},
        geadresseerden=[sim.org(VT).oin],
    )


async def test_an_answer_to_a_predecessor_goes_to_its_successor(sim: Simulator) -> None:
    # SPEC 15-15
    _, question = await running(sim)
    sim.later(hours=3)
    await sim.org(OM).organisatie.verstuur(answer(sim, question))
    effecten = sim.effecten[-1]
    assert effecten.uitkomst == "GEACCEPTEERD"
    assert [one.ontvanger for one in effecten.leveringen] == [sim.org(VT_BRABANT).oin]


async def test_before_the_day_the_answer_goes_to_who_asked(sim: Simulator) -> None:
    _, question = await running(sim)
    sim.later(hours=1.5)
    await sim.org(OM).organisatie.verstuur(answer(sim, question))
    effecten = sim.effecten[-1]
    assert [one.ontvanger for one in effecten.leveringen] == [sim.org(VT).oin]


async def test_the_successor_writes_in_a_running_zaak_from_the_day_on(
    sim: Simulator,
) -> None:
    zaak, _ = await running(sim)
    sim.later(hours=1.5)
    assert takes_over(sim, VT_BRABANT, zaak).code == "zaak.onbekend"
    sim.later(hours=1.5)
    effecten = takes_over(sim, VT_BRABANT, zaak)
    assert effecten.uitkomst == "GEACCEPTEERD"
    assert [one.ontvanger for one in effecten.leveringen] == [sim.org(OM).oin]


async def test_who_is_no_successor_never_gets_in(sim: Simulator) -> None:
    zaak, _ = await running(sim)
    sim.later(hours=3)
    assert takes_over(sim, THIRD, zaak).code == "zaak.onbekend"
    assert takes_over(sim, VT_BRABANT, zaak).uitkomst == "GEACCEPTEERD"


async def test_a_predecessor_sends_nothing_after_its_end(sim: Simulator) -> None:
    zaak, _ = await running(sim)
    assert takes_over(sim, VT, zaak).uitkomst == "GEACCEPTEERD"
    sim.later(hours=3)
    check_refused(sim, takes_over(sim, VT, zaak), "organisatie.vervallen", naam=VT)


async def test_a_predecessor_gets_nothing_of_the_zaken_of_its_successor(
    sim: Simulator,
) -> None:
    """It counts one way: who took over knows what was, not the other way round."""
    register = sim.registers.versies[1].adresboek
    sim.later(hours=3)
    old, new = sim.org(VT).oin, sim.org(VT_BRABANT).oin
    assert register.identiteit(new, sim.nu) == {old, new}
    assert register.identiteit(old, sim.nu) == {old}


async def test_the_old_oin_is_refused_with_the_successor_named(sim: Simulator) -> None:
    # SPEC 15-16
    wat = concept(
        "bekendheidscheck",
        doel="AFSTEMMING",
        kenmerken={"geheim_adres": False, "acute_onveiligheid": True},
        geadresseerden=[sim.org(VT).oin],
    )
    sim.design(POL, wat)
    sim.later(hours=3)
    with pytest.raises(AddressError, match=r"organisatie\.vervallen") as caught:
        sim.design(POL, wat)
    assert sim.org(VT_BRABANT).oin in caught.value.advice


async def test_a_message_for_the_area_reaches_the_successor(sim: Simulator) -> None:
    def recipients() -> set[str]:
        lading = sim.design(POL).lading
        return {one.organisatie.oin for one in lading.toegekend}

    assert sim.org(VT).oin in recipients()
    sim.later(hours=3)
    assert sim.org(VT_BRABANT).oin in recipients()
    assert sim.org(VT).oin not in recipients()


# --------------------------------------------------------------- who says who succeeds


def test_a_successor_counts_by_two_officers_only(sandbox: Installatie) -> None:
    stuk, signers = entry(sandbox), officers(sandbox)
    one = organisation(stuk, sandbox.keystore(VT).oin)
    one["geldig_tot"] = stuk["geldig_tot"]
    one["opvolger"] = sandbox.keystore(VT_BRABANT).oin
    tabel, trust = first_tabel(sandbox), sandbox.vertrouwen

    def open_(signed: bytes) -> None:
        open_register(signed, tabel, trust, load_catalogus())

    open_(sign_register(stuk, signers))
    with pytest.raises(RegisterError, match=r"register\.handtekeningen"):
        open_(sign_register(stuk, signers[:1]))
    with pytest.raises(RegisterError, match=r"register\.handtekeningen"):
        open_(sign_register(stuk, [signers[0], ("functionaris-2", signers[0][1])]))
    edited = json.loads(sign_register(stuk, signers))
    edited["signatures"] = json.loads(first_register(sandbox))["signatures"]
    with pytest.raises(RegisterError, match=r"register\.handtekeningen"):
        open_(json.dumps(edited).encode())


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(VT, VT_BRABANT), (VT_BRABANT, VT)], "lead back"),
        ([(VT, VT)], "lead back"),
        ([(VT, VT_BRABANT), (VT_BRABANT, THIRD), (THIRD, VT)], "lead back"),
        ([(VT, OM)], "another type"),
    ],
)
def test_a_register_with_a_false_chain_of_successors_is_refused(
    sandbox: Installatie, pairs: list[tuple[str, str]], said: str
) -> None:
    # SPEC 15-14
    def change(stuk: RegisterStuk) -> None:
        for van, naar in pairs:
            one = organisation(stuk, sandbox.keystore(van).oin)
            one["geldig_tot"] = stuk["geldig_tot"]
            one["opvolger"] = sandbox.keystore(naar).oin

    with pytest.raises(RegisterError, match=said) as caught:
        opened(sandbox, change)
    assert caught.value.code == "adresboek.ongeldig"
