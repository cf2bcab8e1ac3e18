"""Sign register entries: what officers and organisations put their names to."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from corvus_broker.register.formaat import (
    REGISTER_TYPE,
    TABEL_TYPE,
    SleutelStuk,
    entry_digest,
    key_statement,
    parse_register,
    time_text,
)
from corvus_crypto.dsse import canonical_json, encode_base64, sign_envelope
from corvus_crypto.signing import sign
from corvus_crypto.suite import suite_of
from corvus_routing.tabel import tabel_payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.register.formaat import RegisterStuk
    from corvus_crypto.dsse import JsonValue
    from corvus_crypto.hybride import HybrideSigningKey
    from corvus_crypto.signing import SigningKey
    from corvus_routing.regel import Verstrekkingentabel

    Signers = Sequence[tuple[str, HybrideSigningKey]]


def sign_tabel(tabel: Verstrekkingentabel, signers: Signers) -> tuple[bytes, str]:
    """Sign a table; gives the envelope and the digest a register names it by."""
    payload = tabel_payload(tabel)
    digest = entry_digest(TABEL_TYPE, canonical_json(payload))
    return sign_envelope(payload, TABEL_TYPE, signers), digest.hex()


def sign_register(stuk: RegisterStuk, signers: Signers) -> bytes:
    """Sign a register version.

    Raises:
        RegisterError: ``register.ongeldig`` when a field is wrong.
    """
    # A TypedDict is a JSON object, which the type checker does not see.
    payload = cast("JsonValue", parse_register(stuk))
    return sign_envelope(payload, REGISTER_TYPE, signers)


def declare_key(
    houder: tuple[str, bytes, SigningKey],
    suite_id: int,
    public: bytes,
    volgnummer: int,
    geldigheid_ms: tuple[int, int],
) -> SleutelStuk:
    """Have an organisation declare an HPKE key as its own.

    ``houder`` is its OIN, the thumbprint of its certificate and the signing key.

    Raises:
        EnvelopeError: ``suite.onbekend``.
    """
    oin, thumbprint, key = houder
    van, tot = (time_text(moment) for moment in geldigheid_ms)
    said = key_statement(oin, suite_id, public, volgnummer, (van, tot))
    return SleutelStuk(
        id=suite_of(suite_id).sleutel_id(public).hex(),
        suite=suite_id,
        publiek=encode_base64(public),
        volgnummer=volgnummer,
        geldig_van=van,
        geldig_tot=tot,
        certificaat=thumbprint.hex(),
        handtekening=encode_base64(sign(key, said)),
    )
