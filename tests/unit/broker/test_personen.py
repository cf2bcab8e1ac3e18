"""Facts about persons: consent of one says nothing about another."""

from __future__ import annotations

import copy
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator import CATALOGUS, RECL, VT, concept

from corvus_adapters.sdk.openen import Ontvangst
from corvus_adapters.sdk.personen import persons_in, pseudonym
from corvus_broker.personen import check_personen, spread
from corvus_schemas.errors import SchemaError
from corvus_schemas.voorbeeld import voorbeeld_inhoud
from corvus_schemas.wire.bericht import Persoon

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.concept import Concept
    from corvus_broker.personen import Waarden

JAN, PIET = (uuid.UUID(int=n, version=4) for n in (1, 2))
_SIGNAAL: Final = "dat_signaal"


def cast(berichttype: str, *refs: uuid.UUID) -> dict[str, Any]:
    """Content of a message about these suspects and nobody else."""
    kind = CATALOGUS.berichttype(berichttype)
    inhoud: dict[str, Any] = dict(voorbeeld_inhoud(kind, CATALOGUS, seed=3))
    [suspect] = [one for one in inhoud["betrokkenen"] if one["rol"] == "verdachte"]
    people = []
    for ref in refs:
        one: dict[str, Any] = copy.deepcopy(suspect)
        one["basis"]["betrokkene_ref"] = str(ref)
        one.pop("relaties", None)
        one.pop("koppeling", None)
        people.append(one)
    return {**inhoud, "betrokkenen": people}


def toestemming(ref: uuid.UUID, status: str, zaak: str | None, vt: str) -> Concept:
    inhoud = cast("toestemming", ref)
    inhoud["toestemming"] |= {"richting": "RECL_naar_VT", "status": status}
    fields: dict[str, Any] = {} if zaak is None else {"zaak": uuid.UUID(zaak)}
    return concept(
        "toestemming",
        inhoud=inhoud,
        doel="TECHNISCH" if status != "gegeven" else "AFSTEMMING",
        geadresseerden=(vt,),
        **fields,
    )


def signaal(zaak: str, vt: str, *refs: uuid.UUID) -> Concept:
    return concept(
        _SIGNAAL,
        inhoud=cast(_SIGNAAL, *refs),
        doel="VEILIGHEIDSBEOORDELING",
        kenmerken={
            "toestemming_verdachte": True,
            "verdachte_minderjarig": False,
            "meldcode_toegepast": False,
        },
        geadresseerden=(vt,),
        zaak=uuid.UUID(zaak),
    )


async def consent(sim: Simulator, *given: tuple[uuid.UUID, str]) -> str:
    """Have RECL tell about the consent of each; gives its reference of the zaak."""
    recl, vt = sim.org(RECL).organisatie, sim.org(VT).oin
    zaak = None
    for ref, status in given:
        zaak = (await recl.verstuur(toestemming(ref, status, zaak, vt))).zaak
        assert sim.effecten[-1].code == ""
        await sim.post(RECL)
    assert zaak is not None
    return zaak


async def receive(sim: Simulator, zaak: str, *refs: uuid.UUID) -> list[str]:
    """Have RECL send VT something about these; gives the labels that arrived."""
    await sim.post(VT)
    vt = sim.org(VT).oin
    await sim.org(RECL).organisatie.verstuur(signaal(zaak, vt, *refs))
    # Where nobody may get anything the sender is told so (I12).
    assert sim.effecten[-1].code in {"", "invariant.i12"}
    post = [one for one in await sim.post(VT) if isinstance(one, Ontvangst)]
    return [label for one in post for label in one.regels]


@pytest.mark.asyncio
async def test_consent_of_one_opens_what_is_about_that_one(sim: Simulator) -> None:
    # SPEC 14-24, and SPEC 14-21: the consent itself went by its own consent.
    zaak = await consent(sim, (JAN, "gegeven"))
    post = [one for one in await sim.post(VT) if isinstance(one, Ontvangst)]
    assert [one.berichttype for one in post] == ["toestemming"]
    assert await receive(sim, zaak, JAN)
    assert not await receive(sim, zaak, PIET)


@pytest.mark.asyncio
async def test_of_two_only_the_one_who_consented_is_told_about(sim: Simulator) -> None:
    # SPEC 14-24, SPEC 14-25
    zaak = await consent(sim, (JAN, "gegeven"), (PIET, "geweigerd"))
    labels = await receive(sim, zaak, PIET, JAN)
    assert {label.partition(".")[0] for label in labels} == {"betrokkenen[verdachte#1]"}


@pytest.mark.asyncio
async def test_what_is_about_both_needs_both(sim: Simulator) -> None:
    # SPEC 14-25
    zaak = await consent(sim, (JAN, "gegeven"), (PIET, "gegeven"))
    labels = await receive(sim, zaak, JAN, PIET)
    assert any(not label.startswith("betrokkenen") for label in labels)


@pytest.mark.asyncio
async def test_consent_that_was_withdrawn_is_no_consent(sim: Simulator) -> None:
    # SPEC 14-20
    zaak = await consent(sim, (JAN, "gegeven"), (JAN, "ingetrokken"))
    assert not await receive(sim, zaak, JAN)


@pytest.mark.asyncio
async def test_a_person_that_the_sender_leaves_unnamed_has_consented_to_nothing(
    sim: Simulator,
) -> None:
    # SPEC 14-25
    zaak = await consent(sim, (JAN, "gegeven"))
    await sim.post(VT)
    wat = signaal(zaak, sim.org(VT).oin, JAN, PIET)
    ontwerp = sim.design(RECL, wat, zaak=zaak)
    named = [one for one in ontwerp.routering.personen if one.index == 0]
    routering = msgspec.structs.replace(ontwerp.routering, personen=named)
    sim.submit(sim.seal(RECL, replace(ontwerp, routering=routering)))
    post = [one for one in await sim.post(VT) if isinstance(one, Ontvangst)]
    labels = {label.partition(".")[0] for one in post for label in one.regels}
    assert labels == {"betrokkenen[verdachte#0]"}


@pytest.mark.asyncio
async def test_a_fact_about_nobody_in_sight_is_refused(sim: Simulator) -> None:
    # SPEC 14-24
    ontwerp = sim.design(RECL, toestemming(JAN, "gegeven", None, sim.org(VT).oin))
    [stelling] = ontwerp.routering.stelt_vast
    bent = msgspec.structs.replace(stelling, betrokkene=pseudonym(PIET))
    routering = msgspec.structs.replace(ontwerp.routering, stelt_vast=[bent])
    effecten = sim.submit(sim.seal(RECL, replace(ontwerp, routering=routering)))
    assert effecten.code == "feit.persoon_onbekend"


def test_the_sender_says_whom_a_fact_is_about(sim: Simulator) -> None:
    inhoud = cast("toestemming", JAN, PIET)
    inhoud["toestemming"] |= {"richting": "RECL_naar_VT", "status": "gegeven"}
    vt = sim.org(VT).oin
    fields: dict[str, Any] = {
        "inhoud": inhoud,
        "doel": "AFSTEMMING",
        "geadresseerden": (vt,),
    }
    with pytest.raises(SchemaError, match=r"feit\.persoon_onduidelijk"):
        sim.design(RECL, concept("toestemming", **fields))
    ontwerp = sim.design(
        RECL, concept("toestemming", over_betrokkenen=(PIET,), **fields)
    )
    [stelling] = ontwerp.routering.stelt_vast
    assert stelling.betrokkene == pseudonym(PIET)


@pytest.mark.parametrize(
    "personen",
    [
        [Persoon("verdachte", 1, bytes(16)), Persoon("verdachte", 0, b"1" * 16)],
        [Persoon("verdachte", 0, bytes(16)), Persoon("verdachte", 1, bytes(16))],
        [Persoon("verdachte", 2, bytes(16))],
        [Persoon("getuige", 0, bytes(16))],
        [Persoon("verdachte", 0, bytes(15))],
    ],
)
def test_persons_have_one_place_each(personen: list[Persoon]) -> None:
    # SPEC 14-26
    kind = CATALOGUS.berichttype("toestemming")
    with pytest.raises(SchemaError, match=r"persoon\.ongeldig"):
        check_personen(personen, kind, bytes([2] * len(kind.rollen)))


def test_a_person_without_basis_is_not_named() -> None:
    inhoud = cast("toestemming", JAN, PIET)
    inhoud["betrokkenen"][0].pop("basis")
    [one] = persons_in(inhoud, {"verdachte"})
    assert (one.index, one.pseudoniem) == (1, pseudonym(PIET))


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=8))
def test_what_holds_for_all_alike_holds_for_each(values: list[bool | None]) -> None:
    # SPEC 14-25: no person gets a value from another's.
    personen = [Persoon("verdachte", n, bytes([n]) * 16) for n in range(len(values))]
    feiten: dict[bytes, Waarden] = {
        one.pseudoniem: {"toestemming_verdachte": value}
        for one, value in zip(personen, values, strict=True)
        if value is not None
    }
    alike, own = spread(feiten, personen, (), CATALOGUS.kenmerken)
    if alike:
        assert set(values) == {alike["toestemming_verdachte"]}
        assert own == {}
    else:
        assert len(set(values)) > 1 or values[0] is None
        assert {plek: one["toestemming_verdachte"] for plek, one in own.items()} == {
            ("verdachte", n): value
            for n, value in enumerate(values)
            if value is not None
        }


@pytest.mark.asyncio
async def test_facts_outlive_the_memory_of_their_message(sim: Simulator) -> None:
    # SPEC 14-20: a message is forgotten after the dedupe window, a consent is not.
    zaak = await consent(sim, (JAN, "gegeven"))
    await sim.post(VT)
    sim.later(days=60)
    for staat in sim.staten.values():
        staat.forget_before(sim.nu_ms, 100)
    assert await receive(sim, zaak, JAN)


@pytest.mark.asyncio
async def test_the_broker_acts_by_a_rule_or_not_at_all(sim: Simulator) -> None:
    # SPEC 14-22
    wat = toestemming(JAN, "gegeven", None, sim.org(VT).oin)
    ontwerp = sim.design(RECL, wat)
    kop = msgspec.structs.replace(ontwerp.kop, doel="HULPVERLENING")
    effecten = sim.submit(sim.seal(RECL, replace(ontwerp, kop=kop)))
    assert effecten.code == "broker.niet_toegestaan"
    used = sim.submit(sim.message(RECL, wat))
    assert used.code == ""
    [receipt] = [one for one in sim.receipts(RECL) if one.verstrekkingen]
    broker = [
        one for one in receipt.verstrekkingen if one.ontvanger == receipt.uitsteller
    ]
    assert [(one.levering, bool(one.regels)) for one in broker] == [(None, True)]


def test_a_reference_made_from_something_is_refused() -> None:
    # SPEC 14-29: a digest of it could be guessed.
    for ref in (uuid.UUID(int=999990019), uuid.uuid5(uuid.NAMESPACE_OID, "x")):
        with pytest.raises(SchemaError, match=r"persoon\.referentie"):
            persons_in(cast("toestemming", ref), {"verdachte"})
