"""The register on paper: what officers sign, field by field (SPEC 11).

Two signed entries make one version: the register itself and the verstrekkingentabel
it names by digest. Both are RFC 8785 canonical JSON in a DSSE envelope. Times are
RFC 3339 in UTC with whole seconds and a ``Z``; binary values are base64, identifiers
and digests lower-case hexadecimal.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, NotRequired

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    with_config,
)
from typing_extensions import TypedDict

from corvus_crypto.lp import digest, lp, u8, u32
from corvus_schemas.errors import RegisterError

REGISTER_TYPE: Final = "application/vnd.corvus.register+json"
TABEL_TYPE: Final = "application/vnd.corvus.verstrekkingentabel+json"
MAX_PARTITIES: Final = 1024
MAX_ORGANISATIES: Final = 10_000

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", re.ASCII)
_STRICT: Final = ConfigDict(extra="forbid", strict=True)


def time_ms(text: str) -> int:
    """Parse a time of the register to milliseconds since 1970.

    Raises:
        ValueError: not RFC 3339 in UTC with whole seconds.
    """
    if not _TIME.match(text):
        raise ValueError("a time is written as 2026-01-31T12:00:00Z")
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


def time_text(moment_ms: int) -> str:
    """Write a time as the register does, cut to whole seconds."""
    moment = datetime.fromtimestamp(moment_ms // 1000, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_time(text: str) -> str:
    time_ms(text)
    return text


Tijd = Annotated[str, AfterValidator(_check_time)]
OinTekst = Annotated[str, Field(pattern=r"^[0-9]{20}$")]
Hex16 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Base64 = Annotated[str, Field(max_length=16_384)]
Naam = Annotated[str, Field(min_length=1, max_length=200)]
Volgnummer = Annotated[int, Field(ge=1, lt=2**32)]


@with_config(_STRICT)
class SuiteStuk(TypedDict):
    """Until when a suite may be used; null: no end announced."""

    id: Annotated[int, Field(ge=1, le=255)]
    geldig_tot: Tijd | None


@with_config(_STRICT)
class BrokerSleutelStuk(TypedDict):
    """A key the broker signs its batches with (Ed25519)."""

    id: Hex16
    publiek: Base64
    geldig_van: Tijd
    geldig_tot: Tijd


@with_config(_STRICT)
class BrokerStuk(TypedDict):
    """The broker itself."""

    oin: OinTekst
    naam: Naam
    sleutels: Annotated[list[BrokerSleutelStuk], Field(min_length=1)]


@with_config(_STRICT)
class CertificaatStuk(TypedDict):
    """A signing certificate with the authorities above it, and its end if it has one."""

    der: Base64
    keten: Annotated[list[Base64], Field(max_length=4)]
    ingetrokken_op: Tijd | None


@with_config(_STRICT)
class SleutelStuk(TypedDict):
    """An HPKE key, declared and signed by its owner with a certificate of its own."""

    id: Hex16
    suite: Annotated[int, Field(ge=1, le=255)]
    publiek: Base64
    volgnummer: Volgnummer
    geldig_van: Tijd
    geldig_tot: Tijd
    certificaat: Hex32
    handtekening: Base64


@with_config(_STRICT)
class OrganisatieStuk(TypedDict):
    """An organisation: where it works, its certificates and its keys."""

    oin: OinTekst
    naam: Naam
    type: Annotated[str, Field(pattern=r"^[A-Z]{1,16}$")]
    vt_regios: list[str]
    arrondissementen: list[str]
    gemeenten: list[str]
    geldig_van: Tijd
    geldig_tot: Tijd | None
    opvolger: OinTekst | None
    certificaten: list[CertificaatStuk]
    sleutels: list[SleutelStuk]


@with_config(_STRICT)
class RegisterStuk(TypedDict):
    """One version of the register."""

    soort: Literal["corvus.register"]
    volgnummer: Volgnummer
    geldig_van: Tijd
    geldig_tot: Tijd
    partities: Annotated[int, Field(ge=1, le=MAX_PARTITIES)]
    suites: Annotated[list[SuiteStuk], Field(min_length=1)]
    tabel: Hex32
    broker: BrokerStuk
    organisaties: Annotated[list[OrganisatieStuk], Field(max_length=MAX_ORGANISATIES)]
    # Without it the places that ship with the software; `parse_gebieden` looks inside.
    gebieden: NotRequired[dict[str, object]]
    # What holds of the whole chain until officers sign otherwise.
    kenmerken: NotRequired[dict[str, bool]]


_REGISTER: Final = TypeAdapter(RegisterStuk)


def parse_register(payload: object) -> RegisterStuk:
    """Check the form of a register's payload; believes nothing in it.

    Raises:
        RegisterError: ``register.ongeldig``; the message names the first wrong field.
    """
    try:
        return _REGISTER.validate_python(payload)
    except ValidationError as error:
        # Field paths and kinds only: the value may be anything.
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(step) for step in first["loc"]) or "register"
        raise RegisterError(
            "register.ongeldig",
            f"{error.error_count()} field(s) are wrong, the first is {path}:"
            f" {first['type']}",
            advice="Compare the entry with SPEC 11 and have it signed again.",
        ) from None


def entry_digest(payload_type: str, canonical: bytes) -> bytes:
    """Digest of a signed entry: what the register and every message name it by."""
    return digest("registerstuk", payload_type.encode("ascii"), canonical)


def broker_key_id(public: bytes) -> bytes:
    """Name a broker key by its bytes: 16 bytes, never a free choice."""
    return digest("brokersleutel-id", public)[:16]


def key_statement(
    oin: str,
    suite: int,
    public: bytes,
    volgnummer: int,
    geldigheid: tuple[str, str],
) -> bytes:
    """Bytes an organisation signs to say that an HPKE key is its own."""
    van, tot = geldigheid
    return lp(
        "sleutelverklaring",
        oin.encode("ascii"),
        u8(suite),
        public,
        u32(volgnummer),
        van.encode("ascii"),
        tot.encode("ascii"),
    )
