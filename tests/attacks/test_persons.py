"""Facts about persons under attack: consent that is not there, or not any more."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from simulator import CATALOGUS, RECL, VT, concept

from corvus_adapters.sdk.openen import Ontvangst
from corvus_adapters.sdk.personen import pseudonym
from corvus_broker.kenmerken import MAX_FEITEN_VERSTREKKER, MAX_FEITEN_ZAAK
from corvus_broker.topics import MAX_ZAAK_BYTES, ZAAKSTAAT
from corvus_schemas.voorbeeld import voorbeeld_inhoud
from corvus_schemas.wire.bericht import DeclaredKenmerk, Feit, Persoon

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.concept import Concept

pytestmark = pytest.mark.asyncio
JAN, PIET = (uuid.UUID(int=n, version=4) for n in (1, 2))


def cast(berichttype: str, *refs: uuid.UUID) -> dict[str, Any]:
    kind = CATALOGUS.berichttype(berichttype)
    inhoud: dict[str, Any] = dict(voorbeeld_inhoud(kind, CATALOGUS, seed=3))
    [suspect] = [one for one in inhoud["betrokkenen"] if one["rol"] == "verdachte"]
    people = []
    for ref in refs:
        basis = {**suspect["basis"], "betrokkene_ref": str(ref)}
        kept = {k: v for k, v in suspect.items() if k not in {"relaties", "koppeling"}}
        people.append({**kept, "basis": basis})
    return {**inhoud, "betrokkenen": people}


def toestemming(
    sim: Simulator, status: str, *refs: uuid.UUID, zaak: str | None = None, **more: Any
) -> Concept:
    inhoud = cast("toestemming", *refs)
    inhoud["toestemming"] |= {"richting": "RECL_naar_VT", "status": status}
    fields: dict[str, Any] = {} if zaak is None else {"zaak": uuid.UUID(zaak)}
    return concept(
        "toestemming",
        inhoud=inhoud,
        doel="AFSTEMMING" if status == "gegeven" and refs else "TECHNISCH",
        geadresseerden=(sim.org(VT).oin,),
        **fields,
        **more,
    )


def signaal(sim: Simulator, zaak: str, *refs: uuid.UUID) -> Concept:
    return concept(
        "dat_signaal",
        inhoud=cast("dat_signaal", *refs),
        kenmerken={
            "toestemming_verdachte": True,
            "verdachte_minderjarig": False,
            "meldcode_toegepast": False,
        },
        geadresseerden=(sim.org(VT).oin,),
        zaak=uuid.UUID(zaak),
    )


async def consented(sim: Simulator) -> str:
    recl = sim.org(RECL).organisatie
    zaak = (await recl.verstuur(toestemming(sim, "gegeven", JAN))).zaak
    await sim.post(RECL)
    await sim.post(VT)
    return zaak


async def arrives(sim: Simulator, zaak: str, *refs: uuid.UUID) -> set[str]:
    await sim.org(RECL).organisatie.verstuur(signaal(sim, zaak, *refs))
    post = [one for one in await sim.post(VT) if isinstance(one, Ontvangst)]
    return {label for one in post for label in one.regels}


async def test_a_withdrawal_that_names_nobody_ends_consent_all_the_same(
    sim: Simulator,
) -> None:
    # SPEC 14-27
    zaak = await consented(sim)
    withdrawal = toestemming(sim, "ingetrokken", zaak=zaak)
    await sim.org(RECL).organisatie.verstuur(withdrawal)
    assert sim.effecten[-1].code == ""
    assert await arrives(sim, zaak, JAN) == set()


async def test_consent_that_names_nobody_brings_none_back(sim: Simulator) -> None:
    """What was given before the withdrawal stays withdrawn."""
    zaak = await consented(sim)
    recl = sim.org(RECL).organisatie
    for status, who in (("ingetrokken", (JAN,)), ("gegeven", ())):
        await recl.verstuur(toestemming(sim, status, *who, zaak=zaak))
        assert sim.effecten[-1].code == ""
    await sim.post(RECL)
    await sim.post(VT)
    old = sim.design(RECL, signaal(sim, zaak, JAN), zaak=zaak)
    [(_, known)] = [
        (staat, one) for staat in sim.staten.values() for one in staat._zaken.values()
    ]
    cited = [
        Feit(one.kenmerk, one.bron, one.betrokkene)
        for one in known.feiten
        if one.betrokkene == pseudonym(JAN) and one.waarde is True
    ]
    assert cited
    routering = msgspec.structs.replace(old.routering, feiten=cited)
    effecten = sim.submit(sim.seal(RECL, replace(old, routering=routering)))
    assert effecten.leveringen == []


@pytest.mark.parametrize("minor", [True, None])
async def test_no_rule_about_organisations_keeps_a_withdrawal_from_the_broker(
    sim: Simulator,
    minor: bool | None,  # noqa: FBT001 - a value of the kenmerk
) -> None:
    """For a minor on ZSM the table denies RECL everything, to everybody (R2513)."""
    # SPEC 14-28
    zaak = await consented(sim)
    wat = toestemming(sim, "ingetrokken", JAN, zaak=zaak)
    ontwerp = sim.design(RECL, wat, zaak=zaak)
    said = [] if minor is None else [DeclaredKenmerk("verdachte_minderjarig", minor)]
    routering = msgspec.structs.replace(
        ontwerp.routering, afstemmingsmoment="vt_zsm", kenmerken=said
    )
    effecten = sim.submit(sim.seal(RECL, replace(ontwerp, routering=routering)))
    assert (effecten.code, effecten.leveringen) == ("", [])
    assert await arrives(sim, zaak, JAN) == set()


async def test_one_party_cannot_use_up_the_facts_of_a_zaak(sim: Simulator) -> None:
    """Or nobody could withdraw a consent any more."""
    zaak = await consented(sim)
    [(staat, known)] = [
        (staat, one) for staat in sim.staten.values() for one in staat._zaken.values()
    ]
    [fact] = known.feiten
    flood = msgspec.structs.replace(
        fact, kenmerk="hg_label", betrokkene=None, zetter=sim.org(RECL).oin
    )
    share = [flood] * MAX_FEITEN_VERSTREKKER
    staat.put_zaak(msgspec.structs.replace(known, feiten=[fact, *share]))
    withdrawal = toestemming(sim, "ingetrokken", JAN, zaak=zaak)
    refused = sim.submit(sim.seal(RECL, sim.design(RECL, withdrawal, zaak=zaak)))
    assert refused.code == "feit.te_veel"
    theirs = [msgspec.structs.replace(one, zetter=sim.org(VT).oin) for one in share]
    staat.put_zaak(msgspec.structs.replace(known, feiten=[fact, *theirs]))
    assert (
        sim.submit(sim.seal(RECL, sim.design(RECL, withdrawal, zaak=zaak))).code == ""
    )


async def test_what_a_zaak_remembers_fits_its_record(sim: Simulator) -> None:
    """One record that does not fit would stop the partition for good."""
    zaak = await consented(sim)
    [(staat, known)] = [
        (staat, one) for staat in sim.staten.values() for one in staat._zaken.values()
    ]
    [fact] = known.feiten
    codes = sorted(CATALOGUS.codelijsten["organisatietype"].codes)
    wide = msgspec.structs.replace(
        fact,
        kenmerk="uitgenodigden",
        betrokkene=None,
        waarde=codes,
        zetter=sim.org(VT).oin,
        kenners=[str(number).zfill(20) for number in range(33)],
    )
    feiten = [fact]
    while len(msgspec.structs.replace(known, feiten=feiten).encode()) < MAX_ZAAK_BYTES:
        feiten += [wide] * 8
    staat.put_zaak(msgspec.structs.replace(known, feiten=feiten))
    assert len(feiten) < MAX_FEITEN_ZAAK
    withdrawal = toestemming(sim, "ingetrokken", JAN, zaak=zaak)
    refused = sim.submit(sim.seal(RECL, sim.design(RECL, withdrawal, zaak=zaak)))
    assert refused.code == "feit.te_veel"
    assert sim.log.limits[ZAAKSTAAT] >= 2 * MAX_ZAAK_BYTES


async def test_a_consent_given_to_one_is_not_reached_through_another_role(
    sim: Simulator,
) -> None:
    """The same pseudonym as a victim says nothing about the suspect."""
    zaak = await consented(sim)
    ontwerp = sim.design(RECL, signaal(sim, zaak, PIET), zaak=zaak)
    named = [Persoon("slachtoffer", 0, pseudonym(JAN)), *ontwerp.routering.personen]
    routering = msgspec.structs.replace(
        ontwerp.routering, personen=sorted(named, key=lambda p: (p.rol, p.index))
    )
    effecten = sim.submit(sim.seal(RECL, replace(ontwerp, routering=routering)))
    assert effecten.leveringen == []
