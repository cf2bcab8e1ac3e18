"""Draw up the next register version: the one before, with what changes (SPEC 15).

Nothing is signed or verified here: a draft says what officers are asked to sign.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_broker.register.formaat import (
    OrganisatieStuk,
    RegisterStuk,
    parse_register,
    time_text,
)
from corvus_crypto.dsse import parse_base64
from corvus_schemas.errors import IdentityError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Wijziging:
    """What changes; None keeps what was. Times in ms, thumbprints in hexadecimal."""

    geldig_van_ms: int
    geldig_tot_ms: int | None = None
    tabel: str | None = None
    nieuw: Sequence[OrganisatieStuk] = field(default_factory=tuple)
    ingetrokken: Sequence[str] = field(default_factory=tuple)


def next_version(basis: RegisterStuk, wijziging: Wijziging) -> RegisterStuk:
    """Give the version that follows: the next number, and what changes.

    A certificate is revoked from the start of the new version, so that no decision
    already made would be made otherwise now.

    Raises:
        IdentityError: ``certificaat.onbekend``; no organisation lists it.
        RegisterError: ``register.ongeldig``.
    """
    stuk = copy.deepcopy(basis)
    stuk["volgnummer"] += 1
    stuk["geldig_van"] = time_text(wijziging.geldig_van_ms)
    if wijziging.geldig_tot_ms is not None:
        stuk["geldig_tot"] = time_text(wijziging.geldig_tot_ms)
    if wijziging.tabel is not None:
        stuk["tabel"] = wijziging.tabel
    stuk["organisaties"].extend(wijziging.nieuw)
    for thumbprint in wijziging.ingetrokken:
        _revoke(stuk, thumbprint.lower())
    return parse_register(stuk)


def _revoke(stuk: RegisterStuk, thumbprint: str) -> None:
    for organisatie in stuk["organisaties"]:
        for certificaat in organisatie["certificaten"]:
            der = parse_base64(certificaat["der"])
            if hashlib.sha256(der).hexdigest() == thumbprint:
                before = certificaat["ingetrokken_op"]
                # Times of one form sort as text; an earlier revocation stands.
                certificaat["ingetrokken_op"] = min(
                    before or stuk["geldig_van"], stuk["geldig_van"]
                )
                return
    raise IdentityError(
        "certificaat.onbekend",
        "no organisation of the register lists a certificate with that thumbprint",
        advice="Give the SHA-256 of the certificate in DER, in hexadecimal.",
    )
