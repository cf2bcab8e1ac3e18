"""Random tables and messages: what was recorded is enough to decide it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from pipeline_model import NAMEN, Send, allows, kenmerken, sends, tables
from routing_model import payload
from simulator import CATALOGUS, POL

from corvus_broker.auditboek import open_auditbatch
from corvus_broker.herbeoordeling import Naslag, compare_kandidaat, replay
from corvus_broker.topics import AUDIT
from corvus_routing.compileer import compile_tabel
from corvus_routing.tabel import tabel_from_payload

if TYPE_CHECKING:
    from pipeline_model import World
    from routing_model import Rule

    from corvus_broker.auditboek import Dossier

law = settings(max_examples=40, deadline=None)


def decide(
    world: World, rules: list[Rule], send: Send, declared: dict[str, bool]
) -> tuple[Dossier, Naslag]:
    sim = world.under(rules)
    effecten = sim.submit(sim.seal(POL, world.message(send, declared)))
    (record,) = sim.log.records[AUDIT, 0]
    dossiers = open_auditbatch(record.value or b"", sim.registers)
    # What nobody gets anything of can be against a rule of the chain: then nothing is
    # decided, and there is nothing to decide again.
    accepted = effecten.uitkomst == "GEACCEPTEERD"
    assert len(dossiers) == accepted
    assume(accepted)
    (dossier,) = dossiers
    return dossier, Naslag(sim.registers, CATALOGUS)


@law
@given(tables, sends, kenmerken)
def test_a_replay_equals_the_record(
    world: World, rules: list[Rule], send: Send, declared: dict[str, bool]
) -> None:
    # SPEC 13-5
    dossier, naslag = decide(world, rules, send, declared)
    assert replay(dossier, naslag) == []
    assert len(dossier.beslisregels) == len(send.grants)


@law
@given(tables, tables, sends, kenmerken)
def test_a_candidate_differs_where_the_model_says(
    world: World,
    rules: list[Rule],
    others: list[Rule],
    send: Send,
    declared: dict[str, bool],
) -> None:
    dossier, naslag = decide(world, rules, send, declared)
    beoordeling = dossier.beoordeling
    candidate = compile_tabel(
        tabel_from_payload(payload(others), CATALOGUS),
        CATALOGUS,
        statussen=frozenset(beoordeling.statussen),
        op=world.sim.nu.date(),
    )
    found = compare_kandidaat(beoordeling, naslag, lambda _: candidate)
    visible = {
        (one.kop.naar, one.label, one.wordt.soort.value == "toegestaan")
        for one in found
        if "toegestaan" in {one.was.soort.value, one.wordt.soort.value}
    }
    lading = world.ontwerp.lading
    expected = {
        (naar, positie.label, after)
        for naar in send.grants
        for positie in lading.posities
        if positie.label in lading.plaintexts and send.filled >> positie.index & 1
        for before, after in [
            tuple(
                allows(one, positie.rubriek.naam, naar, declared)
                for one in (rules, others)
            )
        ]
        if before is not after
    }
    assert visible == expected
    assert {one.kop.naar for one in found} <= NAMEN.keys()
