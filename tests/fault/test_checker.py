"""The checker itself: a good log gives nothing, and each kind of harm is caught."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import msgspec
import pytest
from checker import check
from checker_log import Row
from simulator import POL, VT, Simulator, concept

from corvus_schemas.wire.bericht import Geattesteerd, Leveringsbericht
from corvus_schemas.wire.bewijs import Ontvangstbewijs
from corvus_schemas.wire.staat import Auditbatch, Berichtstaat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from corvus_adapters.installatie import Installatie
    from corvus_crypto.signing import VerifyKey

Log = list[Row]


@pytest.fixture(scope="module")
def sim(
    sandbox: Installatie, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Simulator]:
    """A chain with every kind of outcome in its log."""
    simulator = Simulator(sandbox, tmp_path_factory.mktemp("keten"))
    asyncio.run(_fill(simulator))
    yield simulator
    simulator.close()


async def _fill(simulator: Simulator) -> None:
    pol = simulator.org(POL).organisatie
    eerste = await pol.verstuur(concept())
    await pol.haal_op(wait_s=0)
    await pol.verstuur(concept("zsm_aanmelding", seed=2, zaak=eerste.zaak))
    message = simulator.message()
    assert simulator.submit(message).uitkomst == "GEACCEPTEERD"
    assert simulator.submit(message).uitkomst == "HERHAALD"
    assert simulator.submit(b"geen bericht", partitie=1).uitkomst == "ONBESTELBAAR"
    late = simulator.message()
    await simulator.org(VT).organisatie.haal_op(wait_s=0)
    simulator.later(days=10)
    assert simulator.submit(late).uitkomst in {"VERLOPEN", "AFGEWEZEN"}


def rows_of(sim: Simulator) -> Log:
    return [
        Row(one.topic, one.partition, one.offset, one.key, one.value, one.timestamp_ms)
        for _, records in sorted(sim.log.records.items())
        for one in records
    ]


def findings(sim: Simulator, rows: Log, appended: tuple[bytes, ...] = ()) -> list[str]:
    register = sim.registers.versies[-1]

    def key_of(sleutel_id: bytes) -> VerifyKey | None:
        found = register.broker_key(sleutel_id)
        return None if found is None else found[0]

    return check(rows, key_of, appended=appended)


def test_a_log_that_holds_what_was_promised_gives_nothing(sim: Simulator) -> None:
    rows = rows_of(sim)
    assert findings(sim, rows) == []
    kinds = {soort_of(row) for row in rows if row.topic.startswith("corvus.levering.")}
    assert kinds == {"levering", "bewijs", "terugmelding"}


def soort_of(row: Row) -> str:
    return Geattesteerd.decode(row.value or b"").soort


def where(rows: Log, topic: str, soort: str = "") -> Iterator[int]:
    """Places of the records of a topic, or of one kind in it."""
    for at, row in enumerate(rows):
        if row.topic.startswith(topic) and (not soort or soort_of(row) == soort):
            yield at


def accepted(rows: Log) -> int:
    """Place of a receipt that promises a levering."""
    for at in where(rows, "corvus.levering.", "bewijs"):
        bewijs = Ontvangstbewijs.decode(
            Geattesteerd.decode(rows[at].value or b"").inhoud
        )
        if any(one.levering for one in bewijs.verstrekkingen):
            return at
    raise AssertionError


def at_the_end(rows: Log, row: Row) -> Row:
    """The record once more, behind the last one of its partition."""
    last = max(
        one.offset
        for one in rows
        if (one.topic, one.partition) == (row.topic, row.partition)
    )
    return row._replace(offset=last + 1)


def drop(topic: str, soort: str = "") -> Callable[[Log], Log]:
    def change(rows: Log) -> Log:
        at = next(where(rows, topic, soort))
        return [*rows[:at], *rows[at + 1 :]]

    return change


def repeat(topic: str, soort: str = "") -> Callable[[Log], Log]:
    def change(rows: Log) -> Log:
        row = rows[next(where(rows, topic, soort))]
        return [*rows, at_the_end(rows, row)]

    return change


def swap_the_first_two_of_a_zaak(rows: Log) -> Log:
    per_zaak: dict[tuple[str, bytes], list[int]] = {}
    for at in where(rows, "corvus.levering.", "levering"):
        per_zaak.setdefault((rows[at].topic, rows[at].key), []).append(at)
    first, second = next(found for found in per_zaak.values() if len(found) > 1)[:2]
    changed = list(rows)
    changed[first] = rows[first]._replace(value=rows[second].value)
    changed[second] = rows[second]._replace(value=rows[first].value)
    return changed


def to_another(rows: Log) -> Log:
    at = next(where(rows, "corvus.levering.", "levering"))
    row = rows[at]
    oin = row.topic.split(".")[2]
    strange = row.topic.replace(oin, oin[:-2] + "77")
    changed = list(rows)
    changed[at] = row._replace(topic=strange)
    return changed


def other_cellen(rows: Log) -> Log:
    at = next(where(rows, "corvus.levering.", "levering"))
    one = Geattesteerd.decode(rows[at].value or b"")
    levering = Leveringsbericht.decode(one.inhoud)
    bent = msgspec.structs.replace(levering, cellen=levering.cellen[:-1]).encode()
    changed = list(rows)
    value = msgspec.structs.replace(one, inhoud=bent).encode()
    changed[at] = rows[at]._replace(value=value)
    return changed


def audit(change: Callable[[Auditbatch], Auditbatch]) -> Callable[[Log], Log]:
    def changed(rows: Log) -> Log:
        found = list(rows)
        for at in where(rows, "corvus.audit"):
            batch = Auditbatch.decode(rows[at].value or b"")
            if batch.beslisregels:
                found[at] = rows[at]._replace(value=change(batch).encode())
                return found
        raise AssertionError

    return changed


def without_a_leaf(batch: Auditbatch) -> Auditbatch:
    return msgspec.structs.replace(batch, bladeren=batch.bladeren[:-32])


def unsigned(batch: Auditbatch) -> Auditbatch:
    bent = batch.attestatie[:-1] + bytes([batch.attestatie[-1] ^ 1])
    return msgspec.structs.replace(batch, attestatie=bent)


def without_a_beslisregel(batch: Auditbatch) -> Auditbatch:
    return msgspec.structs.replace(batch, beslisregels=batch.beslisregels[1:])


def without_beoordelingen(batch: Auditbatch) -> Auditbatch:
    return msgspec.structs.replace(batch, beoordelingen=[])


def overlapping(batch: Auditbatch) -> Auditbatch:
    return msgspec.structs.replace(batch, laatste=batch.laatste + 10**6)


def forget_recipients(rows: Log) -> Log:
    changed = list(rows)
    for at in where(rows, "corvus.zaakstaat"):
        if rows[at].key[:1] == b"b":
            state = Berichtstaat.decode(rows[at].value or b"")
            bent = msgspec.structs.replace(state, ontvangers=[]).encode()
            changed[at] = rows[at]._replace(value=bent)
    return changed


def without_state(rows: Log) -> Log:
    return [row for row in rows if row.topic != "corvus.zaakstaat"]


def without_inzendingen(rows: Log) -> Log:
    return [row for row in rows if row.topic != "corvus.inzending"]


def drop_the_receipt(rows: Log) -> Log:
    at = accepted(rows)
    return [*rows[:at], *rows[at + 1 :]]


HARM: dict[str, tuple[Callable[[Log], Log], str]] = {
    "a receipt lost": (drop_the_receipt, "no outcome for every attempt"),
    "a levering lost": (drop("corvus.levering.", "levering"), "levering missing"),
    "its leaf remains": (drop("corvus.levering.", "levering"), "bytes are gone"),
    "a dead letter lost": (drop("corvus.geparkeerd"), "no dead letter"),
    "a dead letter twice": (repeat("corvus.geparkeerd"), "parked twice"),
    "a levering twice": (repeat("corvus.levering.", "levering"), "levering twice"),
    "a receipt twice": (repeat("corvus.levering.", "bewijs"), "more outcomes"),
    "a return receipt twice": (
        repeat("corvus.levering.", "terugmelding"),
        "recipient's receipt twice",
    ),
    "a return receipt lost": (
        drop("corvus.levering.", "terugmelding"),
        "recipient's receipt lost",
    ),
    "an order broken": (swap_the_first_two_of_a_zaak, "submitted earlier"),
    "a levering to another": (to_another, "no receipt promises"),
    "to another, by evidence": (to_another, "without beslisregel"),
    "a levering changed": (other_cellen, "no leaf of a batch"),
    "a batch lost": (drop("corvus.audit"), "in no batch"),
    "a leaf lost": (audit(without_a_leaf), "do not give its root"),
    "a signature changed": (audit(unsigned), "not signed by the broker"),
    "a beslisregel lost": (audit(without_a_beslisregel), "without beslisregel"),
    "inputs lost": (audit(without_beoordelingen), "without its beoordeling"),
    "batches that overlap": (audit(overlapping), "overlap"),
    "state lost": (without_state, "not in the state"),
    "state changed": (forget_recipients, "other recipients in the state"),
    "all inzendingen gone": (without_inzendingen, "nobody submitted"),
    "what was parked gone": (without_inzendingen, "parked out of nothing"),
}


@pytest.mark.parametrize("harm", HARM)
def test_harm_of_each_kind_is_found(sim: Simulator, harm: str) -> None:
    change, told = HARM[harm]
    found = findings(sim, change(rows_of(sim)))
    assert any(told in one for one in found), found


def test_an_acknowledged_append_that_is_not_there_is_found(sim: Simulator) -> None:
    value = b"verloren " + hashlib.sha256(b"1").digest()
    (found,) = findings(sim, rows_of(sim), (value,))
    assert "acknowledged" in found
