"""Canonical bytes only: every byte string has one meaning or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvus_schemas.avro import AvroSchema
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoud import open_inhoud, parse_inhoud
from corvus_schemas.voorbeeld import voorbeeld_inhoud

CATALOGUS = load_catalogus()
SASH = AvroSchema(CATALOGUS.berichttype("sash_uitkomst").rubrieken[1].schema.definition)
CELLEN = [
    (berichttype, label, data)
    for code in ("politiemelding", "sash_uitkomst", "actieoverleg_uitkomst")
    for berichttype in [CATALOGUS.berichttype(code)]
    for label, data in parse_inhoud(
        berichttype, voorbeeld_inhoud(berichttype, CATALOGUS, seed=7), CATALOGUS
    ).cellen.items()
]
SCHEMAS = sorted(
    {
        rubriek.schema.name: rubriek.schema
        for berichttype in CATALOGUS.berichttypen.values()
        for rubriek in berichttype.rubrieken
    }.items()
)


@given(
    cel=st.sampled_from(CELLEN),
    changes=st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 255), st.sampled_from("xid")),
        min_size=1,
        max_size=4,
    ),
)
@settings(max_examples=400, deadline=None)
def test_changed_bytes_are_refused_or_are_themselves_canonical(
    cel: tuple[object, str, bytes], changes: list[tuple[int, int, str]]
) -> None:
    berichttype, label, data = cel
    rubriek = next(
        r
        for b, name, _ in CELLEN
        if name == label
        for r in b.rubrieken
        if b is berichttype and r.label(0) == label
    )
    changed = bytearray(data)
    for place, byte, kind in changes:
        at = place % (len(changed) + 1)
        if kind == "i":
            changed.insert(at, byte)
        elif at < len(changed):
            changed[at : at + 1] = b"" if kind == "d" else bytes([byte])
    try:
        record = rubriek.schema.decode(bytes(changed))
    except SchemaError:
        return
    assert rubriek.schema.encode(record) == bytes(changed)


@given(
    name=st.sampled_from([name for name, _ in SCHEMAS]),
    body=st.binary(max_size=300),
    with_header=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_a_value_or_a_schema_error(
    name: str, body: bytes, *, with_header: bool
) -> None:
    schema = dict(SCHEMAS)[name]
    data = schema.header + body if with_header else body
    try:
        record = schema.decode(data)
    except SchemaError:
        return
    assert schema.encode(record) == data


@given(body=st.binary(max_size=200), cel=st.sampled_from(CELLEN))
@settings(max_examples=200, deadline=None)
def test_opening_any_bytes_gives_content_or_a_schema_error(
    body: bytes, cel: tuple[object, str, bytes]
) -> None:
    berichttype = next(b for b, _, _ in CELLEN if b is cel[0])
    try:
        opened = open_inhoud(berichttype, {cel[1]: cel[2][:10] + body}, CATALOGUS)
    except SchemaError:
        return
    again = parse_inhoud(
        berichttype, opened, CATALOGUS, volledig=False, alleen_testbsn=False
    )
    assert again.cellen[cel[1]] == cel[2][:10] + body


def test_the_entries_of_a_map_have_one_order() -> None:
    one = SASH.encode({"antwoorden": {"Q1": "afwezig", "K1": "aanwezig"}})
    other = SASH.encode({"antwoorden": {"K1": "aanwezig", "Q1": "afwezig"}})
    assert one == other
    k1, q1 = b"\x04K1\x10aanwezig", b"\x04Q1\x0eafwezig"
    assert one.endswith(b"\x04" + k1 + q1 + b"\x00")
    turned = one.replace(k1 + q1, q1 + k1)
    with pytest.raises(SchemaError) as caught:
        SASH.decode(turned)
    assert caught.value.code == "schema.niet_canoniek"
