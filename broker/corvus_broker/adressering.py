"""Step 8: every column names an organisation that may be addressed (SPEC 14.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.kalender import day_at
from corvus_broker.kenmerken import Samenhang, find_bericht, took_part
from corvus_routing.gebied import Gebied, check_gebied
from corvus_schemas.errors import AddressError, IdentityError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from corvus_broker.inzending import OntledeInzending
    from corvus_broker.register import Registerversie
    from corvus_crypto.kolom import Kolom
    from corvus_routing.adresboek import Organisatie
    from corvus_schemas.wire.bericht import Routering

KETEN: Final = "keten"
ANTWOORD: Final = "antwoord"


class Geadresseerde(msgspec.Struct, frozen=True):
    """A column and the organisation behind it."""

    kolom: Kolom
    organisatie: Organisatie


def gebied_of_routering(routering: Routering) -> Gebied:
    """Area of the victims' residence as the sender declares it."""
    return Gebied(
        gemeente=routering.gemeente,
        vt_regio=routering.vt_regio,
        arrondissement=routering.arrondissement,
    )


def resolve_geadresseerden(
    ontleed: OntledeInzending, register: Registerversie, samenhang: Samenhang
) -> Sequence[Geadresseerde]:
    """Resolve the columns in the adresboek and check that they may be addressed.

    Raises:
        AddressError: ``ontvanger.onbekend``, ``ontvanger.zelf``,
            ``ontvanger.buiten_gebied``, ``ontvanger.niet_geadresseerd``,
            ``antwoord_op.ontbreekt``, ``antwoord_op.onbekend``, ``geen_route``,
            ``dubbele_route``, ``regio.onbekend``, ``regio.vervallen``,
            ``regio.tegenstrijdig``.
        IdentityError: ``kolom.sleutel`` for a key that is not that organisation's.
    """
    gebied = gebied_of_routering(ontleed.routering)
    check_gebied(
        gebied, register.gebieden, day_at(round(samenhang.op.timestamp() * 1000))
    )
    allowed = _addressed(ontleed, samenhang)
    found: list[Geadresseerde] = []
    for kolom in ontleed.kolommen:
        organisatie = register.adresboek.organisatie(kolom.oin, samenhang.op)
        if kolom.oin == ontleed.verstrekker:
            raise AddressError("ontvanger.zelf", "a column names the sender itself")
        if allowed is not None and kolom.oin not in allowed:
            raise AddressError(
                "ontvanger.niet_geadresseerd",
                f"a column names {kolom.oin}, which the message does not address",
                advice="Name every recipient in geadresseerden.",
            )
        if allowed is None:
            check_area(ontleed, register, organisatie, samenhang.op)
        check_key(register, kolom, ontleed.manifest.suite, samenhang.op)
        found.append(Geadresseerde(kolom, organisatie))
    return found


def _addressed(ontleed: OntledeInzending, samenhang: Samenhang) -> set[str] | None:
    """OINs a message may reach; None when the table and the area decide."""
    routering, berichttype = ontleed.routering, ontleed.berichttype
    original = None
    if routering.antwoord_op is not None:
        original = find_bericht(samenhang, routering.antwoord_op)
        namen = samenhang.namen(ontleed.verstrekker)
        if original is None or not took_part(original, namen):
            raise AddressError(
                "antwoord_op.onbekend",
                "the message answers one that this sender neither wrote nor received",
                advice="Take antwoord_op from the levering you answer.",
            )
    elif berichttype.antwoord:
        raise AddressError(
            "antwoord_op.ontbreekt", f"a {berichttype.code} names what it answers"
        )
    if berichttype.adressering == ANTWOORD:
        # Whoever asked may have been replaced since: its successor gets the answer.
        return {samenhang.levend(original.verstrekker)} if original else set()
    if berichttype.adressering == KETEN:
        return None
    for oin in routering.geadresseerden:
        samenhang.adresboek.organisatie(oin, samenhang.op)
    return set(routering.geadresseerden)


def check_area(
    ontleed: OntledeInzending,
    register: Registerversie,
    organisatie: Organisatie,
    op: datetime,
) -> None:
    """Check that the area declared leads to this organisation.

    Raises:
        AddressError: ``ontvanger.buiten_gebied``, ``geen_route``, ``dubbele_route``.
    """
    gebied = gebied_of_routering(ontleed.routering)
    expected = register.adresboek.resolve(organisatie.type, gebied, op)
    if expected.oin != organisatie.oin:
        raise AddressError(
            "ontvanger.buiten_gebied",
            f"{organisatie.naam} is not the {organisatie.type} of the area declared",
            advice=f"The adresboek names {expected.naam}.",
        )


def check_key(register: Registerversie, kolom: Kolom, suite: int, op: datetime) -> None:
    """Check that a column is sealed to a key its organisation has now.

    Raises:
        IdentityError: ``kolom.sleutel``.
    """
    sleutel = register.sleutel_by_id(kolom.sleutel_id)
    if (
        sleutel is None
        or sleutel.oin != kolom.oin
        or sleutel.suite != suite
        or not register.usable(sleutel, int(op.timestamp() * 1000))
    ):
        raise IdentityError(
            "kolom.sleutel",
            f"the key of a column is not a current key of {kolom.oin}",
            advice="Fetch the register and seal again.",
        )
