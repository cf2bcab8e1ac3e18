"""DSSE envelopes around canonical JSON: what officers sign (SPEC 11).

A strict profile of DSSE 1.0: standard base64 only, ``keyid`` always there, and a wrong
signature of a trusted officer refuses the envelope instead of being passed over.

The payload is RFC 8785 canonical JSON and nothing else, so one document has one
sequence of bytes and one digest. Signatures are over the pre-authentication encoding
(PAE) of payload type and payload, by the officers' hybrid keys (``hybride``).
A threshold counts different keys, never different names of one key.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, Union, cast

import rfc8785

from corvus_schemas.errors import EnvelopeError, RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_crypto.hybride import HybrideSigningKey, HybrideVerifyKey

JsonValue: TypeAlias = Union[
    "dict[str, JsonValue]", "list[JsonValue]", str, int, bool, None
]
"""What may be signed: no floats, of which one value has too many spellings."""

MAX_ENVELOPE_BYTES: Final = 64 * 1024 * 1024
_MAX_SIGNATURES: Final = 64
_MAX_INTEGER: Final = 2**53 - 1
"""Beyond it, JSON readers disagree about the value."""


@dataclass(frozen=True, slots=True)
class OpenedEnvelope:
    """A payload that enough trusted keys signed."""

    payload: JsonValue
    canonical: bytes
    signers: tuple[str, ...]


def pae(payload_type: str, body: bytes) -> bytes:
    """Pre-authentication encoding of DSSE v1."""
    name = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(body), body)


def canonical_json(value: JsonValue) -> bytes:
    """Write RFC 8785 canonical JSON.

    Raises:
        RegisterError: ``register.ongeldig`` for what canonical JSON cannot say.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, ValueError, RecursionError):
        raise _malformed("a value that canonical JSON cannot say") from None


def parse_json(data: bytes) -> JsonValue:
    """Parse JSON strictly: UTF-8, no duplicate members, no floats, nothing behind it.

    Raises:
        RegisterError: ``register.ongeldig``.
    """
    try:
        value = json.loads(
            data.decode("utf-8", "strict"),
            object_pairs_hook=_unique_members,
            parse_constant=_refuse_number,
            parse_float=_refuse_number,
            parse_int=_exact_integer,
        )
        return cast("JsonValue", value)
    except (ValueError, RecursionError):
        raise _malformed("not strict JSON") from None


def _is_canonical(value: JsonValue, body: bytes) -> bool:
    """Tell whether the bytes a value was parsed from are its canonical form.

    Where all is ASCII and nothing a float, Python's encoder in C writes what RFC 8785
    asks, ten times faster: that is a table of thousands of rules, at every start.
    """
    if not body.isascii():
        return canonical_json(value) == body
    return (
        json.dumps(
            value, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode("utf-8", "surrogatepass")
        == body
    )


def sign_envelope(
    payload: JsonValue,
    payload_type: str,
    signers: Sequence[tuple[str, HybrideSigningKey]],
) -> bytes:
    """Sign a payload with each key, in the order given.

    Raises:
        RegisterError: ``register.ongeldig`` for what canonical JSON cannot say.
    """
    body = canonical_json(payload)
    signed = pae(payload_type, body)
    return _write_envelope(
        body, payload_type, [(keyid, key.sign(signed)) for keyid, key in signers]
    )


def _write_envelope(
    body: bytes, payload_type: str, signatures: Sequence[tuple[str, bytes]]
) -> bytes:
    return canonical_json(
        {
            "payload": encode_base64(body),
            "payloadType": payload_type,
            "signatures": [
                {"keyid": keyid, "sig": encode_base64(signature)}
                for keyid, signature in signatures
            ],
        }
    )


def add_signature(
    data: bytes, payload_type: str, keyid: str, key: HybrideSigningKey
) -> bytes:
    """Add another officer's signature to an envelope; believes none that is there.

    Raises:
        RegisterError: ``register.ongeldig`` when malformed, of another type or not
            canonical; ``register.handtekeningen`` when ``keyid`` signed it already.
    """
    body, signatures = _parse_envelope(data, payload_type)
    payload = parse_json(body)
    if not _is_canonical(payload, body):
        raise _malformed("the payload is not in RFC 8785 canonical form")
    if any(name == keyid for name, _ in signatures):
        raise RegisterError(
            "register.handtekeningen",
            f"{keyid!r} signed this already",
            advice="Two different officers have to sign.",
        )
    signatures.append((keyid, key.sign(pae(payload_type, body))))
    return _write_envelope(body, payload_type, signatures)


def open_envelope(
    data: bytes,
    payload_type: str,
    trusted: Mapping[str, HybrideVerifyKey],
    threshold: int,
) -> OpenedEnvelope:
    """Verify an envelope and give its payload.

    Signatures under keys that are not trusted are ignored; a signature that names a
    trusted key and does not verify refuses the whole envelope.

    Raises:
        RegisterError: ``register.ongeldig`` when malformed or of another type,
            ``register.handtekeningen`` when a signature is wrong or fewer than
            ``threshold`` different trusted keys signed.
    """
    body, signatures = _parse_envelope(data, payload_type)
    signed = pae(payload_type, body)
    signers: dict[str, HybrideVerifyKey] = {}
    for keyid, signature in signatures:
        key = trusted.get(keyid)
        if key is None:
            continue
        try:
            key.verify(signature, signed)
        except EnvelopeError:
            raise RegisterError(
                "register.handtekeningen",
                f"the signature of {keyid!r} does not verify",
                advice="The entry was changed after signing: get the original again.",
            ) from None
        signers[keyid] = key
    different = _count_different(signers.values())
    if threshold < 1 or different < threshold:
        raise RegisterError(
            "register.handtekeningen",
            f"{different} different trusted officer(s) signed, {threshold} needed",
            advice="Have another officer sign; the same officer twice counts once.",
        )
    payload = parse_json(body)
    if not _is_canonical(payload, body):
        raise _malformed("the payload is not in RFC 8785 canonical form")
    return OpenedEnvelope(payload, body, tuple(signers))


def peek_payload(data: bytes, payload_type: str) -> JsonValue:
    """Read a payload without verifying anything.

    Raises:
        RegisterError: ``register.ongeldig``.
    """
    return parse_json(peek_body(data, payload_type))


def peek_body(data: bytes, payload_type: str) -> bytes:
    """Give the bytes of a payload as they stand, without verifying anything.

    Raises:
        RegisterError: ``register.ongeldig``.
    """
    return _parse_envelope(data, payload_type)[0]


def peek_signers(data: bytes, payload_type: str) -> tuple[str, ...]:
    """Name who is said to have signed, without verifying anything.

    Raises:
        RegisterError: ``register.ongeldig``.
    """
    return tuple(keyid for keyid, _ in _parse_envelope(data, payload_type)[1])


def _parse_envelope(
    data: bytes, payload_type: str
) -> tuple[bytes, list[tuple[str, bytes]]]:
    if len(data) > MAX_ENVELOPE_BYTES:
        raise _malformed(f"{len(data)} bytes, at most {MAX_ENVELOPE_BYTES}")
    envelope = _members(parse_json(data), {"payload", "payloadType", "signatures"})
    if envelope["payloadType"] != payload_type:
        raise _malformed(f"the payload type is not {payload_type}")
    entries = envelope["signatures"]
    if not isinstance(entries, list) or len(entries) > _MAX_SIGNATURES:
        raise _malformed(f"signatures is no list of at most {_MAX_SIGNATURES}")
    signatures = []
    for entry in entries:
        members = _members(entry, {"keyid", "sig"})
        keyid = members["keyid"]
        if not isinstance(keyid, str):
            raise _malformed("keyid is no string")
        signatures.append((keyid, parse_base64(members["sig"])))
    return parse_base64(envelope["payload"]), signatures


def parse_base64(text: object) -> bytes:
    """Parse standard base64 with padding, in its one canonical spelling.

    Raises:
        RegisterError: ``register.ongeldig``.
    """
    if isinstance(text, str):
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            data = None
        if data is not None and encode_base64(data) == text:
            return data
    raise _malformed("not canonical base64")


def encode_base64(data: bytes) -> str:
    """Write standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def _count_different(keys: Iterable[HybrideVerifyKey]) -> int:
    """Count keys that share neither half with another one counted."""
    seen: set[bytes] = set()
    count = 0
    for key in keys:
        halves = key.components()
        if seen.isdisjoint(halves):
            count += 1
        seen.update(halves)
    return count


def _members(value: JsonValue, names: set[str]) -> dict[str, JsonValue]:
    if not isinstance(value, dict) or set(value) != names:
        raise _malformed(f"an object with exactly {', '.join(sorted(names))} is needed")
    return value


def _unique_members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate member")
    return value


def _exact_integer(text: str) -> int:
    value = int(text)
    if abs(value) > _MAX_INTEGER:
        raise ValueError(text)
    return value


def _refuse_number(text: str) -> JsonValue:
    raise ValueError(text)


def _malformed(what: str) -> RegisterError:
    return RegisterError(
        "register.ongeldig",
        f"the signed entry is malformed: {what}",
        advice="Get the entry again from where it was published.",
    )
