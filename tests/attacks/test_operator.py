"""An operator with the broker's keys who dresses a disclosure up, and a lost key."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from simulator import CATALOGUS, POL, VT, concept

from corvus_adapters.app import build_attesteerder
from corvus_adapters.bewijs.bestand import Bewijsbestand, collect
from corvus_adapters.bewijs.verificatie import Verificateur
from corvus_broker.effecten import SOORT_BESLISREGEL, SOORT_LEVERING
from corvus_routing.regel import Besluit
from corvus_schemas.wire.bericht import Geattesteerd, Leveringsbericht
from corvus_schemas.wire.staat import Beslisregel

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_routing.regel import Regel


async def proof_of(sim: Simulator) -> Bewijsbestand:
    await sim.org(POL).organisatie.verstuur(concept())
    found = await collect(sim.log, [sim.org(VT).oin], sim.sandbox.register_entries())
    return found[0].bestand


def dress_up(sim: Simulator, proof: Bewijsbestand, old: str, new: str) -> Bewijsbestand:
    """The same delivery under another rule, attested anew with the broker's key."""
    levering = Leveringsbericht.decode(Geattesteerd.decode(proof.levering).inhoud)
    bent = msgspec.structs.replace(
        levering, regels=[new if one == old else one for one in levering.regels]
    ).encode()
    regel = msgspec.structs.replace(
        Beslisregel.decode(proof.beslisregel), levering=hashlib.sha256(bent).digest()
    ).encode()
    one, two = build_attesteerder(sim.broker).attest(
        [(SOORT_LEVERING, bent), (SOORT_BESLISREGEL, regel)], sim.nu_ms
    )
    return replace(
        proof,
        levering=Geattesteerd(
            soort=SOORT_LEVERING, inhoud=bent, attestatie=one.encode()
        ).encode(),
        beslisregel=regel,
        beslisregel_attestatie=two.encode(),
        ontvangstbewijs=None,
    )


def bad_rules(regels: tuple[Regel, ...]) -> dict[str, Regel]:
    """Rules about the rubriek melding that let POL tell VT no politiemelding."""
    about = [one for one in regels if one.rubriek == "melding"]
    return {
        "berichttype": next(r for r in about if r.berichttype != "politiemelding"),
        "naar": next(
            (r for r in about if r.berichttype == "politiemelding" and r.naar != "VT"),
            next(r for r in about if r.naar != "VT"),
        ),
        "besluit": next(r for r in regels if r.besluit is Besluit.NEE),
    }


@pytest.mark.parametrize("what", ["berichttype", "naar", "besluit"])
async def test_a_rule_about_something_else_proves_nothing(
    sim: Simulator, what: str
) -> None:
    proof = await proof_of(sim)
    levering = Leveringsbericht.decode(Geattesteerd.decode(proof.levering).inhoud)
    regels = sim.registers.versies[0].tabel.regels
    own = next(
        one.regel
        for one in regels
        if one.rubriek == "melding" and one.regel in levering.regels
    )
    check = Verificateur(sim.sandbox.vertrouwen, CATALOGUS).verify
    assert check(dress_up(sim, proof, own, own)).ok
    verslag = check(dress_up(sim, proof, own, bad_rules(regels)[what].regel))
    assert not verslag.ok
    assert verslag.stappen[-1].tekst.startswith("besluit.regel")


async def test_a_key_that_went_does_not_hold_up_the_other_post(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sim.org(POL).organisatie.verstuur(concept())
    vt = sim.org(VT)
    await sim.post(VT)
    lezer = vt.organisatie._post._lezer
    monkeypatch.setattr(
        vt.organisatie._post, "_lezer", replace(lezer, private_key=lambda _: None)
    )
    assert vt.organisatie.open_post() == []
    monkeypatch.setattr(vt.organisatie._post, "_lezer", lezer)
    assert len(vt.organisatie.open_post()) == 1
