"""Draw up what officers sign: the next register version, and signatures on it."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from pydantic import TypeAdapter, ValidationError

from corvus_adapters.registerdienst.keuring import Stukken
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.register import (
    REGISTER_TYPE,
    TABEL_TYPE,
    next_version,
    open_tabel,
    sign_register,
)
from corvus_broker.register.formaat import OrganisatieStuk, RegisterStuk
from corvus_crypto.certificaten import to_ms
from corvus_crypto.dsse import peek_payload, sign_envelope
from corvus_crypto.hybride import HybrideSigningKey
from corvus_schemas.errors import RegisterError, SchemaError

if TYPE_CHECKING:
    from corvus_adapters.registerdienst.keuring import Keuring
    from corvus_broker.register import Wijziging

_ORGANISATIE: Final = TypeAdapter(OrganisatieStuk)


def draw_up(
    basis: Stukken, wijziging: Wijziging, tabel: bytes | None, keuring: Keuring
) -> tuple[RegisterStuk, bytes]:
    """Make the next version; gives it with the signed table it names.

    ``tabel`` is another signed table, None keeps the one of ``basis``. Everything but
    the signatures of the draft itself is verified now, before officers sign.

    Raises:
        RegisterError: the code everybody would refuse it with.
        IdentityError: ``certificaat.onbekend``.
    """
    signed = basis.tabel if tabel is None else tabel
    digest = open_tabel(signed, keuring.vertrouwen).digest
    wijziging = dataclasses.replace(wijziging, tabel=digest.hex())
    before = cast("RegisterStuk", peek_payload(basis.register, REGISTER_TYPE))
    stuk = next_version(before, wijziging)
    if stuk["geldig_van"] <= before["geldig_van"]:
        raise RegisterError(
            "register.volgorde",
            "the next version has to start after the one before",
            advice=f"Give a geldig_van later than {before['geldig_van']}.",
        )
    officer = HybrideSigningKey.generate()
    draft = Stukken(
        sign_register(stuk, [("", officer)]),
        sign_envelope(peek_payload(signed, TABEL_TYPE), TABEL_TYPE, [("", officer)]),
    )
    keuring.open_as_if(draft, officer)
    return stuk, signed


def parse_organisatie(value: object) -> OrganisatieStuk:
    """Check the form of an organisation's entry for the register.

    Raises:
        RegisterError: ``register.ongeldig``, naming the first wrong field.
    """
    try:
        return _ORGANISATIE.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(step) for step in first["loc"]) or "organisatie"
        raise RegisterError(
            "register.ongeldig",
            f"the entry of the organisation is wrong at {path}: {first['type']}",
            advice="SPEC 15 names the fields of an organisation.",
        ) from None


def parse_moment(text: str) -> int:
    """Read a moment, in ms: ISO 8601; without an offset it is Dutch time.

    Raises:
        SchemaError: ``tijd.ongeldig``.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SchemaError(
            "tijd.ongeldig",
            "a moment is written as 2026-12-01T09:00 (Dutch time), or with an offset",
            advice="For example 2026-12-01T09:00 or 2026-12-01T08:00:00Z.",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=AMSTERDAM)
    return to_ms(whole_second(moment))


def whole_second(moment: datetime) -> datetime:
    """Give the first whole second that is not earlier."""
    cut = moment.replace(microsecond=0)
    return cut if cut == moment else cut + timedelta(seconds=1)


def next_midnight(moment: datetime) -> datetime:
    """Give the midnight after next in the Netherlands: a working day to sign in."""
    day = moment.astimezone(AMSTERDAM).date() + timedelta(days=2)
    return datetime.combine(day, datetime.min.time(), AMSTERDAM)
