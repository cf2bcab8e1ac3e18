"""Content rules at both ends: refused before it is sealed, reported where it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attack import bend_lading
from simulator import CATALOGUS, POL, VT, concept

from corvus_adapters.sdk.post import Ontvangenbewijs
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from simulator import Simulator

SASH = {"geheim_adres": False, "verdachte_minderjarig": False, "stalking": True}


def sash(**uitkomst: str) -> dict[str, Any]:
    inhoud = dict(concept("sash_uitkomst").inhoud)
    inhoud["items"] = {"antwoorden": {"K1": "aanwezig"}}
    inhoud["uitkomst"] = {**inhoud["uitkomst"], **uitkomst}
    return inhoud


def test_a_secret_address_declared_open_is_not_even_sealed(sim: Simulator) -> None:
    wat = concept("politiemelding")
    victim = next(p for p in wat.inhoud["betrokkenen"] if p["rol"] == "slachtoffer")
    victim["verblijf"]["verblijfsoort"] = "geheim"
    organisatie = sim.org(POL).organisatie
    with pytest.raises(SchemaError) as caught:
        organisatie.leg_klaar(wat)
    assert caught.value.code == "inhoud.i14"
    assert not organisatie.postbus.unsent()
    assert not organisatie.postbus.concepts()
    true = {**wat.kenmerken, "geheim_adres": True}
    organisatie.leg_klaar(wat.model_copy(update={"kenmerken": true}))
    assert len(organisatie.postbus.unsent()) == 1


def test_a_broken_rule_is_refused_at_the_sender(sim: Simulator) -> None:
    wat = concept("sash_uitkomst", inhoud=sash(eindoordeel="laag"), kenmerken=SASH)
    with pytest.raises(SchemaError) as caught:
        sim.org(POL).organisatie.leg_klaar(wat)
    assert caught.value.code == "inhoud.i07"


async def test_what_came_in_broken_is_shown_and_can_be_refused(sim: Simulator) -> None:
    """A client of somebody's own did not look; the recipient's SDK does."""
    right = sash(eindoordeel="hoog")
    ontwerp = sim.design(POL, concept("sash_uitkomst", inhoud=right, kenmerken=SASH))
    rubriek = CATALOGUS.berichttype("sash_uitkomst").rubriek("uitkomst")
    assert rubriek is not None
    wrong = rubriek.schema.encode(sash(eindoordeel="laag")["uitkomst"])
    plaintexts = {**ontwerp.lading.plaintexts, "uitkomst": wrong}
    effecten = sim.submit(sim.seal(POL, bend_lading(ontwerp, plaintexts=plaintexts)))
    assert effecten.uitkomst == "GEACCEPTEERD", "the broker cannot see it"

    vt = sim.org(VT).organisatie
    [got] = await vt.ontvang(wait_s=0)
    assert got.inhoud["uitkomst"]["eindoordeel"] == "laag"
    assert got.waarschuwingen == ("inhoud.i07",)
    await vt.wijs_af(got, got.waarschuwingen[0])
    said = [one for one in await sim.post(POL) if isinstance(one, Ontvangenbewijs)]
    assert ("GEWEIGERD", "inhoud.i07") in {
        (one.bewijs.status, one.bewijs.code) for one in said
    }


async def test_an_alarm_is_told_and_stops_nothing(sim: Simulator) -> None:
    wat = concept("politiemelding")
    for owner, expected in ((False, ("alarm:I25",)), (True, ())):
        wat.inhoud["contactpersonen"]["zaakseigenaar"] = owner
        verzonden = await sim.org(POL).organisatie.verstuur(wat)
        assert verzonden.waarschuwingen == expected
    assert len(await sim.org(VT).organisatie.ontvang(wait_s=0)) == 2
