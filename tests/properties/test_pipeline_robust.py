"""Hostile bytes: nothing crashes the pipeline, no changed bit is ever delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from attack import remake
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator import POL, VT, concept

from corvus_broker.ports import Record
from corvus_broker.topics import INZENDING
from corvus_schemas.errors import SchemaError
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.bericht import (
    DeclaredKenmerk,
    Feit,
    Inzending,
    Kop,
    Routering,
    Vaststelling,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_model import World
    from simulator import Simulator

    from corvus_broker.effecten import Effecten

# What may be said about a bit flipped in each part: anything else points elsewhere
# than where the fault is.
FAMILIES: Final = {
    "head": {"schema"},
    "manifest": {
        "berichttype",
        "cel",
        "certificaat",
        "handtekening",
        "kolom",
        "manifest",
        "masker",
        "oin",
        "routering",
        "schema",
        "suite",
    },
    "ondertekening": {"certificaat", "handtekening"},
    "routering": {"masker", "partitie", "routering", "schema", "zaak"},
    "routering_zout": {"routering", "schema"},
    "kolommen": {"kolom", "oin", "routering"},
    "cellen": {"cel"},
}


def parts(inzending: Inzending) -> list[tuple[str, int, int]]:
    """Where each part of a message lies in its bytes; lengths belong to the head."""
    data = inzending.encode()
    found, at = [], 0
    for name in Inzending.__struct_fields__:
        part = getattr(inzending, name)
        start = data.index(part, at)
        found.append((name, start, start + len(part)))
        at = start + len(part)
    assert at == len(data)
    return found


def flip(sim: Simulator, data: bytes, bit: int, partitie: int) -> Effecten:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    record = Record(INZENDING, partitie, 0, b"", bytes(changed), sim.nu_ms)
    (effecten,) = sim.handle([record])
    return effecten


def refused(effecten: Effecten, families: set[str]) -> None:
    assert effecten.uitkomst == "ONBESTELBAAR"
    assert effecten.code.split(".")[0] in families, effecten.code
    assert not effecten.leveringen
    assert not effecten.berichten
    assert not effecten.beslisregels


@pytest.mark.parametrize("part", [*FAMILIES])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_refused_with_a_code_of_its_family(
    world: World, part: str, data: st.DataObject
) -> None:
    sim = world.as_shipped()
    message = sim.message()
    encoded = message.encode()
    places = {name: (start, end) for name, start, end in parts(message)}
    if part == "head":
        inside = {at for start, end in places.values() for at in range(start, end)}
        at = data.draw(st.sampled_from(sorted(set(range(len(encoded))) - inside)))
    else:
        start, end = places[part]
        at = data.draw(st.integers(start, end - 1))
    bit = 8 * at + data.draw(st.integers(0, 7))
    partitie = sim.partition(Routering.decode(message.routering))
    refused(flip(sim, encoded, bit, partitie), FAMILIES[part])
    assert not sim.deliveries(VT)
    assert sim.submit(message).uitkomst == "GEACCEPTEERD", "the id was not used up"


def test_a_stride_over_every_part_of_a_message_is_refused(world: World) -> None:
    """One bit in every 61, the first 400 bytes whole: no gap between the parts."""
    sim = world.as_shipped()
    message = sim.message(POL, concept())
    encoded = message.encode()
    partitie = sim.partition(Routering.decode(message.routering))
    everything = set().union(*FAMILIES.values())
    bits = [*range(0, 3200, 7), *range(0, 8 * len(encoded), 61 * 8 + 3)]
    for bit in bits:
        refused(flip(sim, encoded, bit, partitie), everything)


HEADERS: Final = [
    wire_schema(name).header
    for name in ("inzending", "terugmelding", "heraanbieding", "kop", "geattesteerd")
]


def process(world: World, data: bytes) -> Effecten:
    """Effects for any bytes, and effects that can be carried out."""
    record = Record(INZENDING, 0, 0, b"", data, world.sim.nu_ms)
    (effecten,) = world.sim.handle([record])
    assert effecten.uitkomst
    return effecten


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.just(b""), st.sampled_from(HEADERS)), st.binary(max_size=400))
def test_any_bytes_give_effects(world: World, head: bytes, tail: bytes) -> None:
    # SPEC 1-2
    world.as_shipped()
    assert process(world, head + tail).uitkomst == "ONBESTELBAAR"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_cut_and_paste_of_a_message_gives_effects(
    world: World, data: st.DataObject
) -> None:
    """Slices left out, doubled, swapped and overwritten."""
    world.as_shipped()
    encoded = world.sim.message().encode()
    for _ in range(data.draw(st.integers(1, 3))):
        first, second = sorted(
            data.draw(st.integers(0, len(encoded)), label="at") for _ in range(2)
        )
        piece = data.draw(
            st.one_of(
                st.binary(max_size=40),
                st.just(encoded[first:second] * 2),
                st.just(encoded[second : second + 60]),
            )
        )
        encoded = encoded[:first] + piece + encoded[second:]
    effecten = process(world, encoded)
    # A swap of equal slices, or nothing cut, leaves the message as it was.
    assert effecten.uitkomst in {"ONBESTELBAAR", "GEACCEPTEERD"}
    if effecten.uitkomst == "ONBESTELBAAR":
        assert not effecten.leveringen


_INTEGERS: Final = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.sampled_from([0, 1, -1, 2**31 - 1, 2**62])
)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_sender_that_signs_nonsense_gets_an_answer(
    world: World, data: st.DataObject
) -> None:
    """Well-formed, well-signed, and wrong in some field of kop or routering."""
    sim = world.as_shipped()
    message = sim.message()
    partitie = sim.partition(Routering.decode(message.routering))
    text = st.text(max_size=20)
    ids = st.binary(min_size=16, max_size=16)
    values = st.one_of(st.booleans(), text, st.lists(text, max_size=3))
    names = st.one_of(text, st.sampled_from(["geheim_adres", "genodigden", "stalking"]))
    kop = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "poging": _INTEGERS,
                "berichttype": st.one_of(text, st.just("zsm_aanmelding")),
                "buckets": st.binary(max_size=9),
                "functie": text,
                "doel": text,
                "verwerkingsbasis": text,
                "spoed": text,
                "ondertekend_op": _INTEGERS,
                "geldig_tot": _INTEGERS,
            },
        )
    )
    routering = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "antwoord_op": ids,
                "vervangt": ids,
                "geadresseerden": st.lists(text, max_size=3),
                "gemeente": text,
                "vt_regio": text,
                "arrondissement": text,
                "afstemmingsmoment": text,
                "thema": st.lists(text, max_size=3),
                "kenmerken": st.lists(
                    st.builds(DeclaredKenmerk, names, values), max_size=3
                ),
                "stelt_vast": st.lists(
                    st.builds(Vaststelling, names, values), max_size=3
                ),
                "feiten": st.lists(st.builds(Feit, names, ids), max_size=3),
            },
        )
    )
    try:
        bent = remake(
            sim,
            POL,
            message,
            kop=lambda raw: _changed(Kop.decode(raw), kop),
            routering=lambda raw: _changed(Routering.decode(raw), routering),
        )
    except SchemaError:
        return  # cannot be written at all
    encoded = bent.encode()
    record = Record(INZENDING, partitie, 0, b"", encoded, sim.nu_ms)
    (effecten,) = sim.handle([record])
    assert effecten.uitkomst in {
        "ONBESTELBAAR",
        "AFGEWEZEN",
        "VERLOPEN",
        "GEACCEPTEERD",
    }
    assert effecten.code != "bericht.vastgelopen"


def _changed(record: Kop | Routering, fields: Mapping[str, object]) -> bytes:
    return msgspec.structs.replace(record, **fields).encode()
