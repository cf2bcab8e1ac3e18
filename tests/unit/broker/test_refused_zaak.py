"""Step 7: whose zaak it is, and which kenmerken and feiten a sender may bring."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from attack import bend_routering, check_dead, check_refused
from simulator import OM, POL, POL_BRABANT, VT, concept

from corvus_adapters.sdk.openen import open_levering
from corvus_crypto.zaak import AliasSleutel
from corvus_schemas.identifiers import ZaakId
from corvus_schemas.wire.bericht import DeclaredKenmerk, Feit, Vaststelling

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.samenstellen import Ontwerp


def kenmerken(ontwerp: Ontwerp, *changed: DeclaredKenmerk) -> Ontwerp:
    """Other declared kenmerken, sorted as they have to be."""
    named = {one.naam: one for one in (*ontwerp.routering.kenmerken, *changed)}
    ordered = [named[naam] for naam in sorted(named)]
    return bend_routering(ontwerp, kenmerken=ordered)


def test_an_unknown_kenmerk_is_refused(sim: Simulator) -> None:
    ontwerp = kenmerken(sim.design(POL), DeclaredKenmerk("mooi_weer", waarde=True))
    effecten = sim.submit(sim.seal(POL, ontwerp))
    check_refused(sim, effecten, "kenmerk.onbekend")


@pytest.mark.parametrize("waarde", ["ja", [], ["x"]])
def test_a_kenmerk_of_another_kind_is_refused(
    sim: Simulator, waarde: str | list[str]
) -> None:
    ontwerp = kenmerken(sim.design(POL), DeclaredKenmerk("geheim_adres", waarde))
    effecten = sim.submit(sim.seal(POL, ontwerp))
    check_refused(sim, effecten, "kenmerk.ongeldig")


@pytest.mark.parametrize(
    "naam",
    [
        "structurele_onveiligheid",  # VT's to set
        "eindbeslissing_genomen",  # follows from a zsm_besluit
        "toestemming_verdachte",
        "schriftelijk_toegestaan",
        "ontvanger_is_melder",
        "politiemelding_ontvangen",
    ],
)
def test_a_kenmerk_that_is_not_this_senders_is_refused(
    sim: Simulator, naam: str
) -> None:
    ontwerp = kenmerken(sim.design(POL), DeclaredKenmerk(naam, waarde=True))
    effecten = sim.submit(sim.seal(POL, ontwerp))
    check_refused(sim, effecten, "kenmerk.niet_bevoegd")


def test_kenmerken_have_one_order_and_come_once(sim: Simulator) -> None:
    ontwerp = sim.design(POL)
    declared = list(ontwerp.routering.kenmerken)
    assert len(declared) > 1
    for wrong in (declared[::-1], [declared[0], *declared]):
        bent = bend_routering(ontwerp, kenmerken=wrong)
        effecten = sim.submit(sim.seal(POL, bent))
        check_refused(sim, effecten, "kenmerk.volgorde")


@pytest.mark.parametrize(
    "stelling",
    [
        Vaststelling("eindbeslissing_genomen", waarde=True),  # OM's, in a zsm_besluit
        Vaststelling("toestemming_slachtoffer", waarde=True),
        Vaststelling("mooi_weer", waarde=True),
    ],
)
def test_a_fact_is_established_by_who_may(
    sim: Simulator, stelling: Vaststelling
) -> None:
    ontwerp = bend_routering(sim.design(POL), stelt_vast=[stelling])
    effecten = sim.submit(sim.seal(POL, ontwerp))
    check_refused(sim, effecten, "feit.niet_bevoegd")


def test_a_fact_that_was_not_established_does_not_count(sim: Simulator) -> None:
    # SPEC 14-5
    besluit = concept("zsm_besluit", kenmerken={"hg_label": True})
    plain = sim.design(OM, besluit)
    without = _delivered(sim, plain)
    cited = bend_routering(plain, feiten=[Feit("vt_zaak_lopend", bron=b"\5" * 16)])
    cited = _renewed(cited)
    assert _delivered(sim, cited) == without


def _renewed(ontwerp: Ontwerp) -> Ontwerp:
    """The same message as another one."""
    kop = msgspec.structs.replace(ontwerp.kop, bericht_id=b"\6" * 16)
    return replace(ontwerp, kop=kop)


def _delivered(sim: Simulator, ontwerp: Ontwerp) -> dict[str, int]:
    effecten = sim.submit(sim.seal(OM, ontwerp))
    assert effecten.uitkomst == "GEACCEPTEERD"
    return {one.ontvanger: len(one.inhoud) for one in effecten.leveringen}


async def test_only_participants_write_to_a_zaak(sim: Simulator) -> None:
    """Neither the zaak id nor somebody else's alias lets an outsider in."""
    # SPEC 14-7
    first = sim.design(POL)
    assert sim.submit(sim.seal(POL, first)).uitkomst == "GEACCEPTEERD"
    zaak_id = first.routering.zaak
    outsider = sim.design(POL_BRABANT, concept(gemeente="Breda"))

    # by the zaak id itself, as if it opened it
    guess = bend_routering(outsider, zaak=zaak_id)
    effecten = sim.submit(sim.seal(POL_BRABANT, guess))
    check_refused(sim, effecten, "zaak.onbekend", naam=POL_BRABANT)

    # by the alias of a participant
    await sim.post(POL)
    alias = sim.receipts(POL)[0].zaak
    stolen = bend_routering(outsider, nieuw=False, zaak=alias)
    effecten = sim.submit(sim.seal(POL_BRABANT, stolen))
    check_dead(sim, effecten, "zaak.onbekend")


def test_who_has_an_alias_and_takes_no_part_is_refused(sim: Simulator) -> None:
    """Even a right alias, made with the broker's own key, lets nobody in."""
    first = sim.design(POL)
    sim.submit(sim.seal(POL, first))
    outsider = sim.org(POL_BRABANT).keystore.oin
    sleutel = AliasSleutel(sim.broker.alias_key)
    alias = sleutel.alias(ZaakId(first.routering.zaak), outsider, 4)
    ontwerp = sim.design(POL_BRABANT, concept(gemeente="Breda"))
    bent = bend_routering(ontwerp, nieuw=False, zaak=alias)
    effecten = sim.submit(sim.seal(POL_BRABANT, bent))
    check_refused(sim, effecten, "zaak.geen_deelnemer", naam=POL_BRABANT)

    unknown = sleutel.alias(ZaakId(b"\1" * 16), outsider, 4)
    bent = bend_routering(ontwerp, nieuw=False, zaak=unknown)
    effecten = sim.submit(sim.seal(POL_BRABANT, bent))
    check_refused(sim, effecten, "zaak.onbekend", naam=POL_BRABANT)


async def test_the_opener_may_write_again_before_it_knows_its_alias(
    sim: Simulator,
) -> None:
    pol = sim.org(POL).organisatie
    verzonden = pol.leg_klaar(concept())
    again = concept(zaak=verzonden.zaak, seed=2)
    pol.leg_klaar(again)
    await pol.verzend()
    assert [one.uitkomst for one in sim.effecten] == ["GEACCEPTEERD"] * 2
    await sim.post(POL)
    zaak = pol.postbus.zaak(verzonden.zaak)
    assert zaak is not None
    assert zaak.alias is not None


async def test_an_alias_is_the_same_every_time_and_no_two_are_alike(
    sim: Simulator,
) -> None:
    # SPEC 10-4, SPEC 10-5
    pol = sim.org(POL).organisatie
    verzonden = pol.leg_klaar(concept())
    await pol.verzend()
    await sim.post(POL)
    pol.leg_klaar(concept(zaak=verzonden.zaak, seed=2))
    await pol.verzend()
    mine = {bewijs.zaak for bewijs in sim.receipts(POL)}
    theirs = {
        open_levering(one, sim.org(VT).lezer).zaak_alias
        for one in sim.deliveries(VT)
        if one.soort == "levering"
    }
    assert len(mine) == len(theirs) == 1
    assert mine != theirs


def test_a_geheim_adres_stays_secret_in_its_zaak(sim: Simulator) -> None:
    """OM declares nothing about it; the address set secret by POL stays so."""
    first = sim.design(POL, concept("zsm_aanmelding", kenmerken={"geheim_adres": True}))
    assert sim.submit(sim.seal(POL, first)).uitkomst == "GEACCEPTEERD"
    om = sim.org(OM)
    ontvangst = open_levering(sim.deliveries(OM)[0], om.lezer)
    zaak = om.organisatie.postbus.zaak_of_alias(ontvangst.zaak_alias)
    besluit = concept("zsm_besluit", kenmerken={"hg_label": True})
    ontwerp = sim.design(OM, besluit, zaak=zaak.ref)
    assert ontwerp.routering.zaak == ontvangst.zaak_alias
    sim.submit(sim.seal(OM, ontwerp))
    staat = sim.staat(sim.partition(first.routering)).zaak(first.routering.zaak)
    assert staat is not None
    assert staat.geheim_adres
