"""Cases over the borders of regions, and places that are not one place."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import msgspec
import pytest
from attack import check_refused
from gebieden_bouw import gebieden
from simulator import (
    POL,
    POL_BRABANT,
    VT,
    VT_BRABANT,
    Simulator,
    concept,
)
from simulator_registers import opened

from corvus_broker.register import Registerreeks
from corvus_routing.gebied import gebied_of
from corvus_routing.gebieden import load_gebieden
from corvus_schemas.errors import AddressError, RegisterError
from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie import Installatie
    from corvus_broker.register.formaat import RegisterStuk


def reached(sim: Simulator) -> set[str]:
    return {one.ontvanger for one in sim.effecten[-1].leveringen}


@pytest.mark.parametrize(
    ("politie", "gemeente", "vt"),
    [
        (POL_BRABANT, "Groningen", VT),
        (POL, "Breda", VT_BRABANT),
        (POL, "Groningen", VT),
    ],
)
async def test_the_residence_of_the_victims_decides_not_the_police_unit(
    sim: Simulator, politie: str, gemeente: str, vt: str
) -> None:
    melding = concept("politiemelding", gemeente=gemeente)
    await sim.org(politie).organisatie.verstuur(melding)
    assert reached(sim) == {sim.org(vt).oin}


async def test_several_vts_on_one_case_each_get_their_own_message(
    sim: Simulator,
) -> None:
    """Victims in two regions: one message a VT-regio, in one zaak."""
    pol = sim.org(POL).organisatie
    first = await pol.verstuur(concept("politiemelding"))
    assert reached(sim) == {sim.org(VT).oin}
    await sim.post(POL)
    await pol.verstuur(
        concept("politiemelding", zaak=first.zaak, gemeente="Breda", seed=2)
    )
    assert reached(sim) == {sim.org(VT_BRABANT).oin}
    found = set()
    for naam in (VT, VT_BRABANT):
        (post,) = await sim.org(naam).organisatie.ontvang(wait_s=0)
        found.add(sim.aliassen.zaak(post.zaak_alias, Oin(sim.org(naam).oin)))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("gemeente", "code", "named"),
    [
        ("Gronigen", "regio.onbekend", "Groningen"),
        ("Bergen", "dubbele_route", "in VT"),
        ("Amsterdam", "regio.onbekend", "VT"),
    ],
)
def test_a_place_that_is_not_one_place_is_refused_with_the_candidates(
    sim: Simulator, gemeente: str, code: str, named: str
) -> None:
    with pytest.raises(AddressError) as caught:
        sim.design(POL, concept(gemeente=gemeente))
    assert caught.value.code == code
    assert named in caught.value.message


# ------------------------------------------- the list of places that officers signed


def with_places(sandbox: Installatie, **fields: object) -> Registerreeks:
    def change(stuk: RegisterStuk) -> None:
        stuk["gebieden"] = {**gebieden().payload(), **fields}

    return Registerreeks([opened(sandbox, change)])


def test_the_signed_list_decides_for_sdk_and_router(
    sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 15-17
    sim = Simulator(sandbox, tmp_path, registers=with_places(sandbox))
    with pytest.raises(AddressError, match="not known"):
        sim.design(POL, concept(gemeente="Groningen"))
    right = sim.design(POL, concept(gemeente="Aadorp"))
    assert sim.submit(sim.seal(POL, right)).uitkomst == "GEACCEPTEERD"
    # A sender that goes by the list that ships all the same.
    other = gebied_of("Groningen", load_gebieden()).gemeente
    routering = msgspec.structs.replace(right.routering, gemeente=other)
    kop = msgspec.structs.replace(right.kop, bericht_id=sim.random(16))
    bent = dataclasses.replace(right, kop=kop, routering=routering)
    check_refused(sim, sim.submit(sim.seal(POL, bent)), "regio.onbekend")
    sim.close()


def test_a_list_that_contradicts_itself_makes_no_register(sandbox: Installatie) -> None:
    with pytest.raises(RegisterError, match=r"gebieden\.ongeldig"):
        with_places(sandbox, vt_regios=[])
