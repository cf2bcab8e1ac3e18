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
from corvus_broker.register.openen import gebieden_of
from corvus_crypto.dsse import parse_base64
from corvus_routing.adresboekwijziging import change_gebieden
from corvus_schemas.errors import IdentityError, RegisterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_routing.adresboekwijziging import (
        Adresboekwijziging,
        Organisatiewijziging,
    )
    from corvus_routing.gebieden import Gebieden


@dataclass(frozen=True, slots=True)
class Wijziging:
    """What changes; None keeps what was. Times in ms, thumbprints in hexadecimal."""

    geldig_van_ms: int
    geldig_tot_ms: int | None = None
    tabel: str | None = None
    nieuw: Sequence[OrganisatieStuk] = field(default_factory=tuple)
    ingetrokken: Sequence[str] = field(default_factory=tuple)
    kenmerken: Mapping[str, bool] = field(default_factory=dict)
    gebieden: Gebieden | None = None
    adresboek: Adresboekwijziging | None = None
    adresboek_ms: int = 0
    """When the change of the adresboek starts: its day, at midnight."""


def next_version(basis: RegisterStuk, wijziging: Wijziging) -> RegisterStuk:
    """Give the version that follows: the next number, and what changes.

    A certificate is revoked from the start of the new version, so that no decision
    already made would be made otherwise now.

    Raises:
        IdentityError: ``certificaat.onbekend``; no organisation lists it.
        RegisterError: ``register.ongeldig``, ``adresboek.ongeldig``,
            ``gebieden.ongeldig``.
    """
    stuk = copy.deepcopy(basis)
    stuk["volgnummer"] += 1
    stuk["geldig_van"] = time_text(wijziging.geldig_van_ms)
    if wijziging.geldig_tot_ms is not None:
        stuk["geldig_tot"] = time_text(wijziging.geldig_tot_ms)
    if wijziging.tabel is not None:
        stuk["tabel"] = wijziging.tabel
    stuk["organisaties"].extend(wijziging.nieuw)
    if wijziging.kenmerken:
        stuk["kenmerken"] = {**stuk.get("kenmerken", {}), **wijziging.kenmerken}
    if wijziging.gebieden is not None:
        stuk["gebieden"] = wijziging.gebieden.payload()
    if wijziging.adresboek is not None:
        _change_adresboek(stuk, wijziging.adresboek, wijziging.adresboek_ms)
    for thumbprint in wijziging.ingetrokken:
        _revoke(stuk, thumbprint.lower())
    return parse_register(stuk)


def _change_adresboek(
    stuk: RegisterStuk, wijziging: Adresboekwijziging, start_ms: int
) -> None:
    if wijziging.moves_places:
        stuk["gebieden"] = change_gebieden(gebieden_of(stuk), wijziging).payload()
    by_oin = {one["oin"]: one for one in stuk["organisaties"]}
    for change in wijziging.organisaties:
        own = by_oin.get(change.oin)
        if own is None:
            raise _refuse(
                f"OIN {change.oin} is new and has no certificate or key in the draft",
                "Give its whole entry with --voeg-organisatie.",
            )
        if change.eindigt:
            own["geldig_tot"] = time_text(start_ms)
            own["opvolger"] = change.opvolger
        elif change.type is None:
            _change_organisation(own, change, stuk["geldig_van"], start_ms)


def _change_organisation(
    own: OrganisatieStuk, change: Organisatiewijziging, van: str, start_ms: int
) -> None:
    # An organisation has one entry a version: what it serves changes with the version.
    if van != time_text(start_ms):
        raise _refuse(
            f"the areas of OIN {change.oin} change on another moment than the version",
            f"Let the version start then: --geldig-van {time_text(start_ms)}",
        )
    own["naam"] = change.naam or own["naam"]
    if change.vt_regios is not None:
        own["vt_regios"] = [*change.vt_regios]
    if change.arrondissementen is not None:
        own["arrondissementen"] = [*change.arrondissementen]
    if change.gemeenten is not None:
        own["gemeenten"] = [*change.gemeenten]


def _refuse(what: str, advice: str) -> RegisterError:
    return RegisterError("adresboek.ongeldig", what, advice=advice)


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
