"""Evidence, determinism and reruns over generated sequences of records."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING

from attack import bend_kop, bend_routering
from evidence import check_evidence
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline_model import NAMEN, Send, kenmerken, renewed, sends
from simulator import POL

from corvus_adapters.app import build_attesteerder
from corvus_broker.batch import finish_batch
from corvus_broker.ports import Record
from corvus_broker.staat import Partitiestaat
from corvus_broker.topics import AUDIT, INZENDING, ZAAKSTAAT
from corvus_crypto.zaak import partition_of
from corvus_schemas.identifiers import ZaakId
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.bewijs import Ontvangstbewijs
from corvus_schemas.wire.staat import Auditbatch, Geparkeerd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_model import World

    from corvus_broker.effecten import Effecten
    from corvus_broker.ports import Append

law = settings(max_examples=20, deadline=None)
KINDS = st.sampled_from(["new", "again", "junk", "late", "other", "same zaak"])


@st.composite
def scripts(draw: st.DrawFn) -> list[tuple[str, Send, dict[str, bool]]]:
    """What comes in, one after the other."""
    step = st.tuples(KINDS, sends, kenmerken)
    return [
        ("new", draw(sends), draw(kenmerken)),
        *draw(st.lists(step, min_size=2, max_size=7)),
    ]


def zaak_of_partition(world: World) -> bytes:
    """A zaak of partition 0, so that one script is one partition."""
    while partition_of(ZaakId(zaak := world.sim.random(16)), 4):
        pass
    return zaak


def records(
    world: World, script: Sequence[tuple[str, Send, dict[str, bool]]]
) -> list[Record]:
    sim = world.sim
    values: list[bytes] = []
    ontwerp = world.ontwerp
    for kind, send, declared in script:
        if kind == "junk":
            values.append(b"\xc3\x01junk")
        elif kind == "again":
            values.append(values[-1])
        else:
            zaak = ontwerp.routering.zaak
            if kind != "same zaak" or not values:
                zaak = zaak_of_partition(world)
            old, ontwerp = ontwerp, renewed(world.message(send, declared), sim)
            ontwerp = bend_routering(ontwerp, zaak=zaak)
            if kind == "late":
                ontwerp = bend_kop(ontwerp, ondertekend_op=sim.nu_ms - 9 * 86_400_000)
            if kind == "other":
                ontwerp = bend_kop(ontwerp, bericht_id=old.kop.bericht_id)
            values.append(sim.seal(POL, ontwerp).encode())
    return [
        Record(INZENDING, 0, offset, b"", value, sim.nu_ms + offset)
        for offset, value in enumerate(values)
    ]


def run(
    world: World, todo: Sequence[Record], cuts: Sequence[int], staat: Partitiestaat
) -> tuple[list[Effecten], list[Append]]:
    """Handle records in batches that end where the cuts say."""
    effecten: list[Effecten] = []
    appends: list[Append] = []
    bounds = sorted({0, len(todo), *(cut % (len(todo) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(bounds):
        batch = todo[start:end]
        done = [world.sim.pipeline.process(record, staat) for record in batch]
        signer = build_attesteerder(world.sim.broker)
        appends += finish_batch("router", signer, batch, done, staat)
        effecten += done
    return effecten, appends


def outgoing(appends: Sequence[Append]) -> list[Geattesteerd]:
    return [
        Geattesteerd.decode(append.value or b"")
        for append in appends
        if append.topic.startswith("corvus.levering.")
    ]


@law
@given(script=scripts(), cuts=st.lists(st.integers(0, 20), max_size=4))
def test_every_delivery_has_its_evidence(
    world: World,
    script: list[tuple[str, Send, dict[str, bool]]],
    cuts: list[int],
) -> None:
    # SPEC 13-3, SPEC 13-4
    world.as_shipped()
    todo = records(world, script)
    effecten, appends = run(world, todo, cuts, Partitiestaat())
    batches = [
        Auditbatch.decode(append.value or b"")
        for append in appends
        if append.topic == AUDIT
    ]
    regels = check_evidence(batches, outgoing(appends), world.base)
    assert len(regels) == sum(len(one.beslisregels) for one in effecten)
    accepted = [
        Ontvangstbewijs.decode(one.berichten[0].inhoud)
        for one in effecten
        if one.uitkomst == "GEACCEPTEERD"
    ]
    told = {
        (bewijs.bericht_id, one.ontvanger, one.levering)
        for bewijs in accepted
        for one in bewijs.verstrekkingen
    }
    shown = {(one.bericht_id, one.ontvanger, one.levering) for one in regels}
    assert told == shown, "the receipt and the evidence say the same"
    parked = [
        Geparkeerd.decode(append.value or b"").offset
        for append in appends
        if append.topic == "corvus.geparkeerd"
    ]
    answered = [
        one.offset for one, e in zip(todo, effecten, strict=True) if e.berichten
    ]
    assert sorted([*parked, *answered]) == [one.offset for one in todo], "one outcome"


@law
@given(script=scripts(), cuts=st.lists(st.integers(0, 20), max_size=4))
def test_the_same_records_and_state_give_the_same_bytes(
    world: World,
    script: list[tuple[str, Send, dict[str, bool]]],
    cuts: list[int],
) -> None:
    # SPEC 13-2, SPEC 14-3
    world.as_shipped()
    todo = records(world, script)
    staat = Partitiestaat()
    run(world, todo[:1], [], staat)
    first = run(world, todo[1:], cuts, copy.deepcopy(staat))
    second = run(world, todo[1:], cuts, copy.deepcopy(staat))
    assert first == second


@law
@given(
    script=scripts(),
    one=st.lists(st.integers(0, 20), max_size=4),
    two=st.lists(st.integers(0, 20), max_size=4),
)
def test_a_rerun_with_other_batches_gives_the_same_content(
    world: World,
    script: list[tuple[str, Send, dict[str, bool]]],
    one: list[int],
    two: list[int],
) -> None:
    # SPEC 14-3: a reader that ignores transactions sees nothing that is not so
    world.as_shipped()
    todo = records(world, script)
    results = []
    for cuts in (one, two):
        staat = Partitiestaat()
        effecten, appends = run(world, todo, cuts, staat)
        state: dict[bytes, bytes | None] = {}
        for append in appends:
            if append.topic == ZAAKSTAAT:
                state[append.key] = append.value
        sent = [
            (append.topic, append.key, geattesteerd.soort, geattesteerd.inhoud)
            for append in appends
            if append.topic.startswith("corvus.levering.")
            for geattesteerd in [Geattesteerd.decode(append.value or b"")]
        ]
        results.append((effecten, state, sorted(sent)))
    assert results[0] == results[1]


@law
@given(scripts())
def test_the_changelog_gives_the_live_state_back(
    world: World, script: list[tuple[str, Send, dict[str, bool]]]
) -> None:
    world.as_shipped()
    staat = Partitiestaat()
    _, appends = run(world, records(world, script), [1, 3], staat)
    rebuilt = Partitiestaat()
    for append in appends:
        if append.topic == ZAAKSTAAT:
            rebuilt.replay(append.key, append.value)
    assert rebuilt._zaken == staat._zaken
    assert list(rebuilt._berichten.items()) == list(staat._berichten.items())


def test_a_takeover_in_the_middle_changes_nothing(world: World) -> None:
    """State from the changelog decides the rest as the live state would have."""
    world.as_shipped()
    every = dict.fromkeys(NAMEN, 2**64 - 1)
    whole = Send(2**64 - 1, every)
    steps = [
        (kind, whole, {"hg_label": True})
        for kind in ("new", "new", "same zaak", "again")
    ]
    todo = records(world, steps)
    live = Partitiestaat()
    _, appends = run(world, todo[:2], [], live)
    taken_over = Partitiestaat()
    for append in appends:
        if append.topic == ZAAKSTAAT:
            taken_over.replay(append.key, append.value)
    assert run(world, todo[2:], [], taken_over) == run(world, todo[2:], [], live)
