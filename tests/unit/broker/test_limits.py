"""What a proven sender can make the broker keep has an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attack import bend_kop, bend_routering, check_dead, check_refused
from evidence import check_evidence
from simulator import CATALOGUS, OM, POL, RECL, RVDK, VT, concept

from corvus_broker.kenmerken import MAX_FEITEN_BERICHT, MAX_FEITEN_ZAAK
from corvus_broker.ports import Record
from corvus_broker.topics import INZENDING
from corvus_schemas.voorbeeld import voorbeeld_inhoud
from corvus_schemas.wire.bericht import Vaststelling
from corvus_schemas.wire.staat import Zaakfeit, Zaakstaat

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.samenstellen import Ontwerp


def establishing(sim: Simulator, count: int) -> Ontwerp:
    """A message that states one thing about so many persons."""
    facts = [
        Vaststelling("vermoeden_strafbaar_feit", True, sim.random(16))  # noqa: FBT003 - a value
        for _ in range(count)
    ]
    return bend_routering(sim.design(POL), stelt_vast=facts)


def test_a_flood_of_facts_is_refused(sim: Simulator) -> None:
    """Kept, it would not fit the changelog, and the partition would stand still."""
    right = establishing(sim, MAX_FEITEN_BERICHT)
    assert sim.submit(sim.seal(POL, right)).uitkomst == "GEACCEPTEERD"
    for count in (MAX_FEITEN_BERICHT + 1, 500):
        flood = establishing(sim, count)
        check_refused(sim, sim.submit(sim.seal(POL, flood)), "feit.te_veel")


def test_a_routering_that_costs_time_to_parse_is_a_dead_letter(sim: Simulator) -> None:
    """Nothing is proven yet when it is parsed: it has to stay cheap."""
    flood = sim.seal(POL, establishing(sim, 15_000))
    check_dead(sim, sim.submit(flood), "routering.te_groot")


def test_a_zaak_full_of_facts_takes_messages_without_any(sim: Simulator) -> None:
    ontwerp = establishing(sim, 1)
    zaak = ontwerp.routering.zaak
    fact = Zaakfeit("hg_label", True, bytes(16), "1" * 20, bytes(16))  # noqa: FBT003 - a value
    full = Zaakstaat(
        zaak=zaak,
        opener=sim.org(POL).oin,
        deelnemers=[sim.org(POL).oin],
        geopend=sim.nu_ms,
        laatst=sim.nu_ms,
        feiten=[fact] * MAX_FEITEN_ZAAK,
    )
    limit = sim.log.limits["corvus.zaakstaat"]
    assert len(full.encode()) < limit * 3 / 4, "a full zaak fits its record"
    sim.staat(sim.partition(ontwerp.routering)).put_zaak(full)
    check_refused(sim, sim.submit(sim.seal(POL, ontwerp)), "feit.te_veel")
    plain = bend_routering(ontwerp, stelt_vast=[])
    again = bend_kop(plain, poging=2)
    assert sim.submit(sim.seal(POL, again)).uitkomst == "GEACCEPTEERD"


def test_a_batch_with_much_evidence_is_split_over_audit_records(
    sim: Simulator,
) -> None:
    """Each fits its topic; together they hold everything, each tree for itself."""
    kind = CATALOGUS.berichttype("zsm_aanmelding")
    inhoud = voorbeeld_inhoud(kind, CATALOGUS, seed=1, per_rol=5)
    ontwerp = sim.design(POL, concept("zsm_aanmelding", inhoud=inhoud))
    partitie = sim.partition(ontwerp.routering)
    designs = [bend_kop(ontwerp, bericht_id=sim.random(16)) for _ in range(100)]
    records = [
        Record(INZENDING, partitie, number, b"", message.encode(), sim.nu_ms)
        for number, message in enumerate(sim.seal_together(POL, designs))
    ]
    effecten = sim.handle(records)
    assert {one.uitkomst for one in effecten} == {"GEACCEPTEERD"}
    audit = sim.audit()
    assert len(audit) > 1
    assert [batch.eerste for batch in audit[1:]] == [
        batch.laatste + 1 for batch in audit[:-1]
    ]
    assert (audit[0].eerste, audit[-1].laatste) == (0, 99)
    outgoing = [
        one for naam in (POL, VT, OM, RVDK, RECL) for one in sim.deliveries(naam)
    ]
    regels = check_evidence(audit, outgoing, sim.registers.versies[0])
    assert len(regels) == sum(len(one.beslisregels) for one in effecten)
    limit = sim.log.limits["corvus.audit"]
    assert max(len(batch.encode()) for batch in audit) < limit / 2
