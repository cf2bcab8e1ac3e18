"""What fastavro lets through and we do not: one encoding for one record (SPEC 2.3)."""

from __future__ import annotations

import pytest
from crypto_world import make_kop

from corvus_schemas.avro import AvroSchema, fingerprint_of
from corvus_schemas.errors import SchemaError
from corvus_schemas.wire import wire_schema
from corvus_schemas.wire.bericht import Kop, Routering

SCHEMA = AvroSchema(
    {
        "type": "record",
        "name": "proef.Proef",
        "fields": [
            {"name": "vlag", "type": "boolean"},
            {"name": "getal", "type": "long"},
            {"name": "tekst", "type": "string"},
            {"name": "rij", "type": {"type": "array", "items": "int"}},
            {"name": "lijst", "type": {"type": "map", "values": "int"}},
        ],
    }
)
RECORD = {"vlag": True, "getal": 1, "tekst": "a", "rij": [1, 2], "lijst": {"a": 1}}
FLAG, NUMBER, TEXT = b"\x01", b"\x02", b"\x02a"
ROW, MAP = b"\x04\x02\x04\x00", b"\x02\x02a\x02\x00"


def _code(body: bytes) -> str:
    with pytest.raises(SchemaError) as caught:
        SCHEMA.decode(SCHEMA.header + body)
    return caught.value.code


def test_the_good_record_is_laid_out_as_the_attacks_below_assume() -> None:
    # SPEC 2-4
    good = SCHEMA.header + FLAG + NUMBER + TEXT + ROW + MAP
    assert SCHEMA.encode(RECORD) == good
    assert SCHEMA.decode(good) == RECORD


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("trailing byte", FLAG + NUMBER + TEXT + ROW + MAP + b"\x00"),
        ("missing byte", FLAG + NUMBER + TEXT + ROW + MAP[:-1]),
        ("boolean of 2", b"\x02" + NUMBER + TEXT + ROW + MAP),
        ("overlong varint", FLAG + b"\x82\x00" + TEXT + ROW + MAP),
        ("overlong length", FLAG + NUMBER + b"\x82\x00a" + ROW + MAP),
        ("invalid UTF-8", FLAG + NUMBER + b"\x02\xff" + ROW + MAP),
        ("split block", FLAG + NUMBER + TEXT + b"\x02\x02\x02\x04\x00" + MAP),
        ("negative count", FLAG + NUMBER + TEXT + b"\x03\x04\x02\x04\x00" + MAP),
        ("unsorted map", FLAG + NUMBER + TEXT + ROW + b"\x04\x02b\x02\x02a\x02\x00"),
        ("key twice", FLAG + NUMBER + TEXT + ROW + b"\x04\x02a\x02\x02a\x02\x00"),
        ("varint of 11 bytes", FLAG + b"\xff" * 10 + b"\x01" + TEXT + ROW + MAP),
        ("length past the end", FLAG + NUMBER + b"\xfe\xff\xff\xff\x0f" + ROW + MAP),
    ],
)
def test_a_second_spelling_is_refused(what: str, body: bytes) -> None:
    # SPEC 2-4, SPEC 2-6
    assert _code(body) == "schema.niet_canoniek", what


def test_another_schema_is_refused_by_its_fingerprint() -> None:
    # SPEC 2-5
    with pytest.raises(SchemaError) as caught:
        wire_schema("inzending").decode(make_kop())
    assert caught.value.code == "schema.onbekend"
    for data in (b"", b"\xc3\x01" + bytes(7), b"\xc3\x02" + bytes(8)):
        with pytest.raises(SchemaError) as caught:
            fingerprint_of(data)
        assert caught.value.code == "schema.onbekend"


_KOP = {
    "bericht_id": bytes(16),
    "poging": 1,
    "berichttype": "politiemelding",
    "schema": bytes(8),
    "buckets": b"",
    "verstrekker": "0" * 20,
    "functie": "f",
    "doel": "d",
    "verwerkingsbasis": "v",
    "spoed": "s",
    "ondertekend_op": 1,
    "geldig_tot": 2,
    "register": bytes(32),
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("poging", 0),
        ("poging", -1),
        ("poging", 2**31),
        ("poging", 2**40),
        ("verstrekker", "0" * 19),
        ("verstrekker", "0" * 20 + "\n"),
        ("verstrekker", "\u0660" * 20),
        ("ondertekend_op", -1),
        ("geldig_tot", 253_402_300_800_000),
    ],
)
def test_a_number_or_oin_that_would_fail_later_is_refused_at_the_door(
    field: str, value: object
) -> None:
    # SPEC 2-7
    schema = wire_schema("kop")
    assert Kop.decode(schema.encode(_KOP)).poging == 1
    with pytest.raises(SchemaError) as caught:
        Kop.decode(schema.encode({**_KOP, field: value}))
    assert caught.value.code == "schema.niet_canoniek"


@pytest.mark.parametrize("kolom", [-1, 2**31])
def test_a_column_number_that_is_none_is_refused(kolom: int) -> None:
    # SPEC 2-7
    routering = Routering(
        nieuw=True,
        zaak=bytes(16),
        afstemmingsmoment="vt",
        leeg=b"",
        toekenning=[],
    )
    assert Routering.decode(routering.encode()) == routering
    record = wire_schema("routering").decode(routering.encode())
    record["toekenning"] = [{"kolom": kolom, "masker": b""}]
    with pytest.raises(SchemaError) as caught:
        Routering.decode(wire_schema("routering").encode(record))
    assert caught.value.code == "schema.niet_canoniek"


def test_an_error_names_no_value() -> None:
    # SPEC 1-3
    with pytest.raises(SchemaError) as caught:
        SCHEMA.encode({**RECORD, "getal": "GEHEIM"})
    assert "GEHEIM" not in caught.value.describe() + repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
