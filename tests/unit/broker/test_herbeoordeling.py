"""A past decision, made again from its record: equal, or told what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from simulator import CATALOGUS, OM, POL, VT, concept

from corvus_broker.auditboek import Dossier, open_auditbatch
from corvus_broker.beslisvraag import read_beoordeling
from corvus_broker.herbeoordeling import (
    Naslag,
    compare_kandidaat,
    koppen_of,
    replay,
)
from corvus_broker.register import Registerreeks
from corvus_broker.topics import AUDIT
from corvus_routing.compileer import compile_tabel
from corvus_routing.regel import Besluit
from corvus_schemas.errors import EnvelopeError, RegisterError, SchemaError
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.staat import (
    Auditbatch,
    Beoordeeldpersoon,
    Beoordeling,
    Beslisregel,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from simulator import Simulator

    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.regel import Regel


def decided(sim: Simulator) -> bytes:
    """Have the router decide a message; gives the batch of its evidence."""
    message = sim.message(POL, concept("zsm_aanmelding"))
    assert sim.submit(message).uitkomst == "GEACCEPTEERD"
    return sim.log.records[AUDIT, 0][-1].value or b""


def dossier_of(sim: Simulator) -> Dossier:
    (found,) = open_auditbatch(decided(sim), sim.registers)
    return found


def naslag_of(sim: Simulator) -> Naslag:
    return Naslag(sim.registers, CATALOGUS)


def with_rules(
    sim: Simulator, change: Callable[[Regel], Regel | None]
) -> Registerreeks:
    """The register with other rules, under the same digest: a table that was edited."""
    base = sim.registers.versies[0]
    regels = tuple(one for regel in base.tabel.regels if (one := change(regel)))
    tabel = replace(base.tabel, regels=regels)
    return Registerreeks([replace(base, tabel=tabel, _compiled={})])


def test_a_decision_made_again_is_the_same_to_the_byte(sim: Simulator) -> None:
    # SPEC 13-5
    dossier = dossier_of(sim)
    assert len(dossier.beslisregels) == len(dossier.beoordeling.ontvangers) > 1
    assert replay(dossier, naslag_of(sim)) == []


def test_the_evidence_holds_no_content(sim: Simulator) -> None:
    # SPEC 13-1
    ontwerp = sim.design(POL)
    sim.submit(sim.seal(POL, ontwerp))
    value = sim.log.records[AUDIT, 0][-1].value or b""
    for plaintext in ontwerp.lading.plaintexts.values():
        assert plaintext not in value


@pytest.mark.parametrize("kind", ["beslisregels", "beoordelingen"])
def test_a_change_of_any_byte_of_a_record_is_found(sim: Simulator, kind: str) -> None:
    batch = Auditbatch.decode(decided(sim))
    first, *rest = getattr(batch, kind)
    for at in range(len(first.inhoud)):
        bent = bytearray(first.inhoud)
        bent[at] ^= 1
        blad = msgspec.structs.replace(first, inhoud=bytes(bent))
        value = msgspec.structs.replace(batch, **{kind: [blad, *rest]}).encode()
        with pytest.raises(EnvelopeError) as refused:
            open_auditbatch(value, sim.registers)
        assert refused.value.code == "audit.ongeldig"


def test_a_record_taken_out_is_found(sim: Simulator) -> None:
    batch = Auditbatch.decode(decided(sim))
    value = msgspec.structs.replace(batch, beoordelingen=[]).encode()
    with pytest.raises(EnvelopeError, match="are missing"):
        open_auditbatch(value, sim.registers)
    short = msgspec.structs.replace(batch, beslisregels=batch.beslisregels[1:])
    (dossier,) = open_auditbatch(short.encode(), sim.registers)
    (gap,) = replay(dossier, naslag_of(sim))
    assert (gap.wat, gap.vastgelegd) == ("beslisregel", "nothing")
    assert gap.ontvanger == dossier.beoordeling.ontvangers[0].oin


def test_a_batch_of_another_broker_is_refused(sim: Simulator) -> None:
    batch = Auditbatch.decode(decided(sim))
    leaf = batch.beslisregels[0]
    other = leaf.attestatie[:-1] + bytes([leaf.attestatie[-1] ^ 1])
    blad = msgspec.structs.replace(leaf, attestatie=other)
    bent = msgspec.structs.replace(batch, beslisregels=[blad, *batch.beslisregels[1:]])
    with pytest.raises(EnvelopeError) as refused:
        open_auditbatch(bent.encode(), sim.registers)
    assert refused.value.code == "audit.ongeldig"
    for value in (b"", decided(sim)[:-1], decided(sim) + b"\x00"):
        with pytest.raises(EnvelopeError) as refused:
            open_auditbatch(value, sim.registers)
        assert refused.value.code == "audit.ongeldig"


def test_another_kenmerk_gives_another_decision_and_says_where(sim: Simulator) -> None:
    dossier = dossier_of(sim)
    was = dossier.beoordeling
    assert '"opsporingsbelang":false' in was.kenmerken
    bent = was.kenmerken.replace('"opsporingsbelang":false', '"opsporingsbelang":true')
    other = msgspec.structs.replace(was, kenmerken=bent)
    found = replay(Dossier(other, dossier.beslisregels), naslag_of(sim))
    vt = sim.org(VT).oin
    assert vt in {one.ontvanger for one in found}
    assert all(one.vastgelegd != one.opnieuw for one in found)
    labels = {p.label for p in read_beoordeling(was, CATALOGUS).posities}
    assert any(one.wat in labels for one in found if one.ontvanger == vt)


def test_another_table_gives_another_decision_and_says_where(sim: Simulator) -> None:
    dossier = dossier_of(sim)
    regel = Beslisregel.decode(dossier.beslisregels[0])
    gone = next(ids for ids in regel.regels if ids and "VERWIJZING" not in ids).split()
    edited = with_rules(sim, lambda one: None if one.regel in gone else one)
    found = replay(dossier, Naslag(edited, CATALOGUS))
    assert any(set(one.vastgelegd.split()) & set(gone) for one in found)
    words = with_rules(sim, lambda one: replace(one, regel=one.regel + "x"))
    assert replay(dossier, Naslag(words, CATALOGUS)), "one byte in the name of a rule"


def test_what_cannot_be_decided_again_says_why(sim: Simulator) -> None:
    dossier = dossier_of(sim)
    was = dossier.beoordeling

    def code(**changes: object) -> str:
        bent = Dossier(msgspec.structs.replace(was, **changes), dossier.beslisregels)
        with pytest.raises((SchemaError, RegisterError)) as refused:
            replay(bent, naslag_of(sim))
        return refused.value.code

    assert code(register=bytes(32)) == "audit.register"
    assert code(register_verzegeld=bytes(32)) == "audit.register"
    assert code(schema=bytes(8)) == "beoordeling.schema"
    assert code(berichttype="weg") == "beoordeling.schema"
    assert code(buckets=b"") == "beoordeling.ongeldig"
    assert code(gevuld=b"\xff" * 99) == "beoordeling.ongeldig"
    assert code(kenmerken='{"a": 1}') == "beoordeling.ongeldig"
    assert code(kenmerken='{ "hg_label":true}') == "beoordeling.ongeldig"
    assert code(kenmerken='{"a":true,"a":true}') == "beoordeling.ongeldig"


def test_a_version_that_was_not_in_force_is_told(sim: Simulator) -> None:
    dossier = dossier_of(sim)
    base = sim.registers.versies[0]
    later = replace(
        base,
        digest=b"\x01" * 32,
        volgnummer=base.volgnummer + 1,
        geldig_van_ms=dossier.beoordeling.tijd,
        _compiled={},
    )
    found = replay(dossier, Naslag(Registerreeks([base, later]), CATALOGUS))
    assert [one.wat for one in found] == ["register"]


def test_a_candidate_shows_who_loses_and_gains_what(sim: Simulator) -> None:
    dossier = dossier_of(sim)
    base = sim.registers.versies[0]
    statussen = frozenset(dossier.beoordeling.statussen)
    day = sim.nu.date()

    def candidate(regels: Sequence[Regel]) -> Callable[[int], GecompileerdeTabel]:
        return _compiled(replace(base.tabel, regels=tuple(regels)), statussen, day)

    regels = base.tabel.regels
    naslag = naslag_of(sim)
    assert compare_kandidaat(dossier.beoordeling, naslag, candidate(regels)) == []
    without_vt = [r for r in regels if r.besluit is Besluit.NEE or r.naar != "VT"]
    found = compare_kandidaat(dossier.beoordeling, naslag, candidate(without_vt))
    assert {one.kop.naar for one in found} == {"VT"}
    regel = next(
        one
        for one in map(Beslisregel.decode, dossier.beslisregels)
        if one.ontvanger == sim.org(VT).oin
    )
    assert sum(reden == 1 for reden in regel.redenen) == len(found)
    assert all(one.wordt.soort.value == "geweigerd" for one in found)


def _compiled(
    tabel: object, statussen: frozenset[str], day: date
) -> Callable[[int], GecompileerdeTabel]:
    compiled = compile_tabel(tabel, CATALOGUS, statussen=statussen, op=day)  # type: ignore[arg-type]  # replace() loses the type
    return lambda _: compiled


def test_the_question_reads_back_as_it_was_asked(sim: Simulator) -> None:
    wat = concept("zsm_aanmelding")
    sim.submit(sim.message(POL, wat))
    (dossier,) = open_auditbatch(
        sim.log.records[AUDIT, 0][-1].value or b"", sim.registers
    )
    again = Beoordeling.decode(dossier.beoordeling.encode())
    vraag = read_beoordeling(again, CATALOGUS)
    assert vraag.doel == "AFDOENINGSBESLISSING"
    assert vraag.kenmerken.algemeen["hg_label"] is True
    assert {one.oin for one in vraag.ontvangers} >= {sim.org(OM).oin}
    assert [one.oin for one in vraag.ontvangers] == [
        one.oin for one in again.ontvangers
    ]


def test_no_organisation_gets_the_inputs_of_a_decision(sim: Simulator) -> None:
    # SPEC 13-7
    dossier = dossier_of(sim)
    header = wire_schema("beoordeling").header
    delivered = [
        record.value or b""
        for (topic, _), records in sim.log.records.items()
        if topic.startswith("corvus.levering.")
        for record in records
    ]
    assert delivered
    for value in (*delivered, *dossier.beslisregels):
        assert header not in value
    assert header in (sim.log.records[AUDIT, 0][-1].value or b"")


def test_a_person_about_whom_facts_differ_is_decided_and_compared_apart(
    sim: Simulator,
) -> None:
    dossier, naslag = dossier_of(sim), naslag_of(sim)
    values = '{"hg_label":false,"zsm_zaak":false}'
    apart = Beoordeeldpersoon("verdachte", 0, values)
    bent = msgspec.structs.replace(dossier.beoordeling, personen=[apart])
    found = replay(Dossier(bent, dossier.beslisregels), naslag)
    assert found
    assert all(one.wat.startswith("betrokkenen[verdachte#0].") for one in found)
    vraag = naslag.question(bent)
    koppen = koppen_of(vraag)
    assert len(koppen) == 2 * len(vraag.ontvangers)
    for rest, own in zip(koppen[::2], koppen[1::2], strict=True):
        assert own.cellen is not None
        assert rest.cellen is not None
        assert own.cellen
        assert all("verdachte#0" in label for label in own.cellen)
        assert not any("verdachte#0" in label for label in rest.cellen)
        assert own.kenmerken["hg_label"] is False
