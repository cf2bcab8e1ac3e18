"""Participants of a zaak against each other: ids, answers, facts, repeats."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from attack import bend_kop, check_refused
from simulator import CATALOGUS, OM, POL, VT, concept

from corvus_broker.kenmerken import Samenhang, decide_kenmerken
from corvus_broker.staat import Partitiestaat
from corvus_schemas.wire.bericht import Feit, Persoon, Routering
from corvus_schemas.wire.staat import Zaakfeit, Zaakstaat

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.openen import Ontvangst
    from corvus_schemas.kenmerken import KenmerkWaarde

SAFE = {"geheim_adres": False, "verdachte_minderjarig": False}
ZAAK, A, B = b"z" * 16, b"a" * 16, b"b" * 16
CONSENT = "toestemming_slachtoffer"


async def of(sim: Simulator, naam: str, bericht_id: str) -> Ontvangst:
    post = await sim.org(naam).organisatie.ontvang(wait_s=0)
    return next(one for one in post if one.bericht_id == bericht_id)


async def test_an_id_of_another_in_the_zaak_is_refused(sim: Simulator) -> None:
    """Otherwise nobody could answer that message any more: which of the two?"""
    pol, vt, om = (sim.org(naam) for naam in (POL, VT, OM))
    first = await pol.organisatie.verstuur(concept("zsm_aanmelding"))
    await sim.post(POL)
    question = await vt.organisatie.verstuur(
        concept(
            "informatieverzoek",
            zaak=(await of(sim, VT, first.bericht_id)).zaak,
            doel="AFSTEMMING",
            kenmerken={**SAFE, "vermoeden_strafbaar_feit": True},
            geadresseerden=[om.oin, pol.oin],
        )
    )
    other = concept(
        "bekendheidscheck",
        zaak=first.zaak,
        doel="AFSTEMMING",
        kenmerken={"geheim_adres": False, "acute_onveiligheid": True},
        geadresseerden=[vt.oin],
    )
    same_id = bend_kop(
        sim.design(POL, other, zaak=first.zaak),
        bericht_id=uuid.UUID(question.bericht_id).bytes,
    )
    effecten = sim.submit(sim.seal(POL, same_id))
    check_refused(sim, effecten, "bericht.id_hergebruikt")

    asked = await of(sim, OM, question.bericht_id)
    await om.organisatie.verstuur(
        concept(
            "informatieverzoek_antwoord",
            zaak=asked.zaak,
            antwoord_op=question.bericht_id,
            doel="DIRECTE_VEILIGHEID",
            kenmerken={**SAFE, "nodig_voor_veiligheid": True},
            geadresseerden=[vt.oin],
        )
    )
    assert sim.effecten[-1].uitkomst == "GEACCEPTEERD"


async def test_an_answer_before_the_receipt_does_not_stop_the_post(
    sim: Simulator,
) -> None:
    pol, vt, om = (sim.org(naam).organisatie for naam in (POL, VT, OM))
    first = await pol.verstuur(concept("zsm_aanmelding"))
    await vt.verstuur(
        concept(
            "informatieverzoek",
            zaak=(await of(sim, VT, first.bericht_id)).zaak,
            doel="AFSTEMMING",
            kenmerken={**SAFE, "vermoeden_strafbaar_feit": True},
            geadresseerden=[om.oin, pol.oin],
        )
    )
    # The answer lies in another topic than the receipt, and is read first.
    sim.log.records = dict(sorted(sim.log.records.items()))
    (question,) = await pol.ontvang(wait_s=0)
    own, found = (pol.postbus.zaak(ref) for ref in (first.zaak, question.zaak))
    assert own is not None
    assert found is not None
    assert own.alias == found.alias == question.zaak_alias
    assert pol.postbus.zaak_of_alias(question.zaak_alias).ref == first.zaak
    assert len(pol.postbus.bekend(first.zaak)) == len(pol.postbus.bekend(found.ref))
    await pol.verstuur(concept("politiemelding", zaak=question.zaak, seed=2))
    assert sim.effecten[-1].uitkomst == "GEACCEPTEERD"


def counted(
    sim: Simulator, facts: list[tuple[bool, bytes]], cited: list[int]
) -> KenmerkWaarde | None:
    """What consent counts when facts were established, and some of them are cited."""
    register = sim.registers.versies[0]
    oin = sim.org(VT).oin
    staat = Partitiestaat()
    feiten = []
    for number, (value, person) in enumerate(facts):
        bron = bytes([number]) * 16
        feiten.append(Zaakfeit(CONSENT, value, bron, oin, person))
    zaak = Zaakstaat(
        zaak=ZAAK, opener=oin, deelnemers=[oin], geopend=0, laatst=0, feiten=feiten
    )
    kenmerken = decide_kenmerken(
        Routering(
            nieuw=False,
            zaak=b"",
            afstemmingsmoment="regulier",
            leeg=b"",
            toekenning=[],
            feiten=[Feit(CONSENT, bytes([n]) * 16, facts[n][1]) for n in cited],
            personen=[
                Persoon("slachtoffer", index, one)
                for index, one in enumerate(sorted({facts[n][1] for n in cited}))
            ],
        ),
        CATALOGUS.berichttype("slachtofferbeleving"),
        Samenhang(
            catalogus=CATALOGUS,
            adresboek=register.adresboek,
            staat=staat,
            zaak=zaak,
            verstrekker=oin,
            verstrekker_type="SHN",
            op=sim.nu,
            vast={},
        ),
    )
    return kenmerken.algemeen.get(CONSENT)


def test_consent_that_was_withdrawn_is_not_cited(sim: Simulator) -> None:
    withdrawn = [(True, A), (False, A)]
    assert counted(sim, withdrawn, [0]) is None
    assert counted(sim, withdrawn, [1]) is False
    assert counted(sim, withdrawn, [1, 0]) is False
    assert counted(sim, [(False, A), (True, A)], [1]) is True
    assert counted(sim, [(True, A), (True, A)], [0]) is True


def test_the_withdrawal_of_one_person_is_not_that_of_another(sim: Simulator) -> None:
    assert counted(sim, [(True, A), (False, B)], [0]) is True
