"""Signed entries: the encoding of DSSE, strict JSON, and who counts as an officer."""

from __future__ import annotations

import base64
import json
from functools import cache

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from corvus_crypto.dsse import (
    JsonValue,
    _is_canonical,
    canonical_json,
    encode_base64,
    open_envelope,
    pae,
    parse_base64,
    parse_json,
    peek_payload,
    sign_envelope,
)
from corvus_crypto.hybride import HybrideSigningKey
from corvus_schemas.errors import RegisterError

TYPE = "application/vnd.corvus.register+json"
PAYLOAD: JsonValue = {
    "soort": "corvus.register",
    "volgnummer": 1,
    "lijst": [None, True],
}


@cache
def officers() -> dict[str, HybrideSigningKey]:
    return {f"fg-{n}": HybrideSigningKey.generate() for n in (1, 2, 3)}


def envelope(*names: str, payload: JsonValue = PAYLOAD) -> bytes:
    return sign_envelope(payload, TYPE, [(name, officers()[name]) for name in names])


def refusal(data: bytes, threshold: int = 2, payload_type: str = TYPE) -> str:
    keys = {name: key.public_key() for name, key in officers().items()}
    with pytest.raises(RegisterError) as caught:
        open_envelope(data, payload_type, keys, threshold)
    return caught.value.code


def opened(data: bytes) -> tuple[JsonValue, tuple[str, ...]]:
    keys = {name: key.public_key() for name, key in officers().items()}
    found = open_envelope(data, TYPE, keys, 2)
    return found.payload, found.signers


def test_pae_is_that_of_the_specification() -> None:
    """The worked vector of DSSE 1.0.0 (protocol.md): its PAE, and its signature."""
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected
    numbers = ec.EllipticCurvePublicNumbers(
        46950820868899156662930047687818585632848591499744589407958293238635476079160,
        5640078356564379163099075877009565129882514886557779369047442380624545832820,
        ec.SECP256R1(),
    )
    signature = base64.b64decode(
        "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
    )
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    der = encode_dss_signature(r, s)
    numbers.public_key().verify(der, expected, ec.ECDSA(hashes.SHA256()))


def test_two_officers_open_an_entry() -> None:
    assert opened(envelope("fg-1", "fg-2")) == (PAYLOAD, ("fg-1", "fg-2"))
    assert peek_payload(envelope("fg-1"), TYPE) == PAYLOAD


def test_unsigned_or_one_officer_is_not_enough() -> None:
    assert refusal(envelope()) == "register.handtekeningen"
    assert refusal(envelope("fg-1")) == "register.handtekeningen"
    assert refusal(envelope("fg-1", "fg-2"), threshold=3) == "register.handtekeningen"


def test_a_threshold_below_one_opens_nothing() -> None:
    assert refusal(envelope("fg-1", "fg-2"), threshold=0) == "register.handtekeningen"


def test_the_same_officer_twice_counts_once() -> None:
    assert refusal(envelope("fg-1", "fg-1")) == "register.handtekeningen"


def test_one_key_or_half_a_key_under_two_names_counts_once() -> None:
    one, two = officers()["fg-1"], officers()["fg-2"]
    mixed = HybrideSigningKey(one.ed25519, two.mldsa65)
    for other in (one, mixed):
        data = sign_envelope(PAYLOAD, TYPE, [("fg-1", one), ("alias", other)])
        keys = {"fg-1": one.public_key(), "alias": other.public_key()}
        with pytest.raises(RegisterError) as caught:
            open_envelope(data, TYPE, keys, 2)
        assert caught.value.code == "register.handtekeningen"


def test_an_unknown_officer_does_not_count() -> None:
    stranger = HybrideSigningKey.generate()
    signers = [("fg-1", officers()["fg-1"]), ("fg-9", stranger)]
    data = sign_envelope(PAYLOAD, TYPE, signers)
    assert refusal(data) == "register.handtekeningen"
    assert opened(
        sign_envelope(PAYLOAD, TYPE, [*signers, ("fg-2", officers()["fg-2"])])
    )


def test_signing_under_anothers_name_refuses_all() -> None:
    data = sign_envelope(
        PAYLOAD,
        TYPE,
        [(name, officers()["fg-1"]) for name in ("fg-1", "fg-2", "fg-3")],
    )
    assert refusal(data) == "register.handtekeningen"


@pytest.mark.parametrize("half", [slice(0, 64), slice(64, None)])
def test_both_halves_of_a_signature_must_verify(half: slice) -> None:
    data = json.loads(envelope("fg-1", "fg-2"))
    signature = bytearray(base64.b64decode(data["signatures"][0]["sig"]))
    for place in range(*half.indices(len(signature)))[5:6]:
        signature[place] ^= 1
    data["signatures"][0]["sig"] = encode_base64(bytes(signature))
    assert refusal(json.dumps(data).encode()) == "register.handtekeningen"
    data["signatures"][0]["sig"] = encode_base64(bytes(signature[half]))
    assert refusal(json.dumps(data).encode()) == "register.handtekeningen"


def test_a_changed_payload_or_type_is_refused() -> None:
    data = json.loads(envelope("fg-1", "fg-2"))
    data["payload"] = encode_base64(canonical_json({"volgnummer": 2}))
    assert refusal(json.dumps(data).encode()) == "register.handtekeningen"
    data = json.loads(envelope("fg-1", "fg-2"))
    data["payloadType"] = TYPE + "x"
    assert refusal(json.dumps(data).encode()) == "register.ongeldig"
    assert (
        refusal(json.dumps(data).encode(), payload_type=TYPE + "x")
        == "register.handtekeningen"
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":"\\u0041"}',
        b'{"a":1,"a":1}',
        b'{"a":NaN}',
        b'{"a":9007199254740993}',
        b'{"a":1}\n',
        b'{"a":1}{}',
        b"\xff",
        b'"\\ud800"',
        b"[" * 100_000,
        b"",
    ],
)
def test_a_payload_that_is_not_canonical_is_refused(body: bytes) -> None:
    """Even when two officers signed exactly these bytes."""
    data = {
        "payload": encode_base64(body),
        "payloadType": TYPE,
        "signatures": [
            {"keyid": name, "sig": encode_base64(key.sign(pae(TYPE, body)))}
            for name, key in officers().items()
        ],
    }
    assert refusal(json.dumps(data).encode()) == "register.ongeldig"


def test_the_envelope_itself_is_strict() -> None:
    text = envelope("fg-1", "fg-2").decode()
    for wrong in (
        "",
        "[]",
        text + "x",
        text.replace('"payload":', '"payload":"","payload":', 1),
        text.replace('"payload":', '"extra":1,"payload":', 1),
        text.replace('"keyid":"fg-1"', '"keyid":1'),
        text.replace('"signatures":[', '"signatures":["x",'),
        text.replace('"sig":"', '"sig":" ', 1),
        text.replace('"sig":"', '"sig":"=', 1),
        json.dumps({"payload": "", "payloadType": TYPE, "signatures": {}}),
        json.dumps({"payload": "", "payloadType": TYPE, "signatures": [{}] * 65}),
    ):
        assert refusal(wrong.encode()) == "register.ongeldig"


@pytest.mark.parametrize("text", ["QR==", "QQ", "QQ=", "QQ==\n", "-_8=", " QQ==", None])
def test_base64_has_one_spelling(text: str | None) -> None:
    assert parse_base64("QQ==") == b"A"
    with pytest.raises(RegisterError) as caught:
        parse_base64(text)
    assert caught.value.code == "register.ongeldig"


def test_what_canonical_json_cannot_say_is_not_signed() -> None:
    values: list[JsonValue] = [{"a": 2**53}, {"a": "\ud800"}]
    for wrong in values:
        with pytest.raises(RegisterError) as caught:
            sign_envelope(wrong, TYPE, [])
        assert caught.value.code == "register.ongeldig"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


ascii_text = st.text(st.characters(max_codepoint=127), max_size=8)
ascii_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | ascii_text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(ascii_text, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values | ascii_values)
def test_canonical_json_reads_back_to_the_same_bytes(value: JsonValue) -> None:
    data = rfc8785.dumps(value)
    assert canonical_json(parse_json(data)) == data
    assert _is_canonical(value, data)


@given(json_values | ascii_values, st.booleans())
def test_only_the_librarys_bytes_are_canonical(
    value: JsonValue,
    ascii_only: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    """The quick check of ASCII documents agrees with the library on other spellings."""
    other = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    data = other.encode("utf-8")
    assert _is_canonical(parse_json(data), data) == (rfc8785.dumps(value) == data)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_give_a_register_error(data: bytes) -> None:
    assert refusal(data) == "register.ongeldig"


@given(st.integers(0, 10**6), st.integers(0, 7))
def test_any_flipped_bit_is_refused(place: int, bit: int) -> None:
    data = bytearray(envelope("fg-1", "fg-2"))
    data[place % len(data)] ^= 1 << bit
    assert refusal(bytes(data)) in {"register.ongeldig", "register.handtekeningen"}
