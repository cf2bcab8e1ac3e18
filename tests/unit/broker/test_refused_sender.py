"""Step 3: whose certificate signed, and whether it held at LogAppendTime."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from attack import bend_kop, check_dead, check_refused
from simulator import OM, POL, RVDK, VT, Simulator, concept
from simulator_registers import entry, issue, opened, organisation, soon, start_of

from corvus_broker.inzending import check_validity
from corvus_broker.register import CertificaatVermelding, Registerreeks, time_text
from corvus_crypto.certificaten import to_ms
from corvus_schemas.errors import IdentityError, RegisterError
from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from simulator_registers import Certificaat

    from corvus_adapters.installatie import Installatie
    from corvus_broker.register.formaat import RegisterStuk

    Edit = Callable[[RegisterStuk], None]
    World = Callable[[Edit], Simulator]


@pytest.fixture
def world(sandbox: Installatie, tmp_path: Path) -> Iterator[World]:
    """Chains under an edited register."""
    made: list[Simulator] = []

    def make(edit: Edit) -> Simulator:
        reeks = Registerreeks([opened(sandbox, edit)])
        made.append(Simulator(sandbox, tmp_path, registers=reeks))
        return made[-1]

    yield make
    for simulator in made:
        simulator.close()


def second_certificate(
    sandbox: Installatie, world: World, hours: float
) -> tuple[Simulator, Certificaat]:
    """POL also signs with a certificate that ends in so many hours."""
    oin = sandbox.keystore(POL).oin
    start = start_of(sandbox)
    plain = Simulator(sandbox, sandbox.path)
    certificaat = issue(sandbox, oin, start, soon(plain.nu, hours=hours))

    def edit(stuk: RegisterStuk) -> None:
        organisation(stuk, oin)["certificaten"].append(certificaat.stuk)

    return world(edit), certificaat


def test_an_expired_certificate_is_refused(sandbox: Installatie, world: World) -> None:
    sim, certificaat = second_certificate(sandbox, world, hours=1)
    zegel = replace(
        sim.zegel(POL), key=certificaat.key, certificaat=certificaat.thumbprint
    )
    message = sim.seal(POL, sim.design(POL), zegel)
    assert sim.submit(message).uitkomst == "GEACCEPTEERD"

    sim.later(hours=2)
    later = sim.seal(POL, sim.design(POL), zegel)
    check_dead(sim, sim.submit(later), "certificaat.verlopen")
    assert sim.submit(sim.message()).uitkomst == "GEACCEPTEERD", "the other one holds"


def test_a_revoked_certificate_is_refused_from_then_on(
    sandbox: Installatie, world: World
) -> None:
    oin = sandbox.keystore(POL).oin
    moment = soon(Simulator(sandbox, sandbox.path).nu, hours=1)

    def revoke(stuk: RegisterStuk) -> None:
        (listed,) = organisation(stuk, oin)["certificaten"]
        listed["ingetrokken_op"] = time_text(to_ms(moment))

    sim = world(revoke)
    assert sim.submit(sim.message()).uitkomst == "GEACCEPTEERD"
    sim.nu = moment
    check_dead(sim, sim.submit(sim.message()), "certificaat.ingetrokken")


def test_a_certificate_that_is_not_valid_yet_does_not_enter_a_register(
    sandbox: Installatie,
) -> None:
    oin = sandbox.keystore(POL).oin
    start = start_of(sandbox)
    early = issue(sandbox, oin, start + timedelta(days=1), start + timedelta(days=9))

    def edit(stuk: RegisterStuk) -> None:
        organisation(stuk, oin)["certificaten"].append(early.stuk)

    with pytest.raises(RegisterError) as caught:
        opened(sandbox, edit)
    assert caught.value.code == "register.certificaat"


@pytest.mark.parametrize(
    ("op_ms", "code"),
    [
        (99, "certificaat.nog_niet_geldig"),
        (100, None),
        (149, None),
        (150, "certificaat.ingetrokken"),
        (200, "certificaat.ingetrokken"),
    ],
)
def test_a_certificate_holds_from_its_start_up_to_its_end(
    sim: Simulator, op_ms: int, code: str | None
) -> None:
    key = sim.org(POL).keystore.signing_key.public_key()
    vermelding = CertificaatVermelding(Oin("1" * 20), key, 100, 200, 150)
    _check(vermelding, op_ms, code)
    unrevoked = replace(vermelding, ingetrokken_op_ms=None)
    _check(unrevoked, 199, None)
    _check(unrevoked, 200, "certificaat.verlopen")


def _check(vermelding: CertificaatVermelding, op_ms: int, code: str | None) -> None:
    if code is None:
        check_validity(vermelding, op_ms)
        return
    with pytest.raises(IdentityError) as caught:
        check_validity(vermelding, op_ms)
    assert caught.value.code == code
    assert caught.value.advice


def test_a_sender_whose_organisation_ended_is_refused(
    sandbox: Installatie, world: World
) -> None:
    oin = sandbox.keystore(POL).oin
    moment = soon(Simulator(sandbox, sandbox.path).nu, hours=1)

    def end(stuk: RegisterStuk) -> None:
        organisation(stuk, oin)["geldig_tot"] = time_text(to_ms(moment))

    sim = world(end)
    message = sim.message()
    sim.nu = moment
    check_refused(sim, sim.submit(message), "organisatie.vervallen")


def test_a_revoked_key_is_not_sealed_to(sandbox: Installatie, world: World) -> None:
    # SPEC 15-8
    oin = sandbox.keystore(VT).oin

    def revoke(stuk: RegisterStuk) -> None:
        (listed,) = organisation(stuk, oin)["certificaten"]
        listed["ingetrokken_op"] = stuk["geldig_van"]

    sim = world(revoke)
    assert sim.registers.op(sim.nu_ms).sleutel(oin, sim.nu_ms, 1) is None


@pytest.mark.parametrize(
    ("naam", "berichttype"),
    [(POL, "zsm_besluit"), (RVDK, "zsm_besluit"), (OM, "politiemelding")],
)
def test_only_its_senders_send_a_berichttype(
    sim: Simulator, naam: str, berichttype: str
) -> None:
    """Only OM signs a zsm_besluit, only POL a politiemelding."""
    sender = OM if berichttype == "zsm_besluit" else POL
    kenmerken = {"hg_label": True} if berichttype == "zsm_besluit" else {}
    ontwerp = sim.design(sender, concept(berichttype, kenmerken=kenmerken))
    forged = bend_kop(ontwerp, verstrekker=sim.org(naam).oin)
    effecten = sim.submit(sim.seal(naam, forged))
    check_refused(sim, effecten, "verstrekker.niet_bevoegd", naam=naam)


def test_the_register_of_the_sandbox_is_what_these_tests_edit(
    sandbox: Installatie,
) -> None:
    assert opened(sandbox).digest == sandbox.register.versies[0].digest
    assert len(entry(sandbox)["organisaties"]) == len(sandbox.keystores())
