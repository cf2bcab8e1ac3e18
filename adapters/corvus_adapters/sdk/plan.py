"""Who gets a key to what: the sender's own lock, worked out from the table.

The sender grants by the table, the broker withholds by the table: two locks, run by
two parties. A rule allows, it never obliges: ``Plan`` can only be narrowed from here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from corvus_adapters.sdk.niemand import explain_nobody
from corvus_broker.adressering import ANTWOORD, KETEN
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.verwerking import BROKER
from corvus_crypto.masker import mask_of
from corvus_crypto.sealing import Sleutelvermelding
from corvus_crypto.suite import suite_of
from corvus_routing.beslissing import serves_doel
from corvus_routing.gebied import Gebied, gebied_of, gebied_of_regio
from corvus_routing.gebieden import load_gebieden
from corvus_schemas.errors import SealError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_broker.register import Registerversie
    from corvus_routing.adresboek import Organisatie
    from corvus_routing.beslissing import Beslissing
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.gebieden import Gebieden
    from corvus_schemas.catalogus import Berichttype, Positie
    from corvus_schemas.kenmerken import KenmerkWaarde

VERWIJZING: Final = "verwijzing"


@dataclass(frozen=True, slots=True)
class Toegekend:
    """One recipient: its key, and the positions it is granted."""

    organisatie: Organisatie
    sleutel: Sleutelvermelding
    masker: int


@dataclass(frozen=True, slots=True)
class Afzender:
    """The sender as the plan sees it."""

    oin: str
    type: str
    doel: str
    kenmerken: Mapping[str, KenmerkWaarde]


@dataclass(frozen=True, slots=True)
class Grondslag:
    """By what recipients are worked out: register, compiled table, moment, suite."""

    register: Registerversie
    tabel: GecompileerdeTabel
    op: datetime
    suite: int


@dataclass(frozen=True, slots=True)
class Vraag:
    """A message for which recipients and grants are worked out."""

    berichttype: Berichttype
    posities: tuple[Positie, ...]
    gevuld: int
    gebied: Gebied
    geadresseerden: Sequence[str]
    kenners_verwijzing: frozenset[str]
    eigen_per_ontvanger: Mapping[str, Mapping[str, KenmerkWaarde]]


def find_gebied(
    gemeente: str | None,
    vt_regio: str | None,
    op: datetime,
    gebieden: Gebieden | None = None,
) -> Gebied:
    """Work the area out from the residence of the victims.

    ``gebieden`` is the list of the register in force; without one the list that ships.

    Raises:
        AddressError: ``regio.onbekend``, ``regio.vervallen``, ``geen_route``,
            ``dubbele_route``, with the candidates named.
    """
    known = load_gebieden() if gebieden is None else gebieden
    day = op.astimezone(AMSTERDAM).date()
    if gemeente is not None:
        return gebied_of(gemeente, known, op=day)
    if vt_regio is None:
        return Gebied()
    return gebied_of_regio(vt_regio, known, op=day)


def plan_recipients(
    vraag: Vraag, afzender: Afzender, basis: Grondslag
) -> list[Toegekend]:
    """Work out recipients and grants; a recipient without any grant is left out.

    Raises:
        AddressError: ``geen_route``, ``dubbele_route``, ``organisatie.onbekend``.
        SealError: ``geen_ontvanger``, ``doel.past_niet``, ``sleutel.geen``.
    """
    vraag = _of_the_living(vraag, basis)
    decided = [
        (organisatie, _decide(vraag, afzender, basis.tabel, organisatie))
        for organisatie in _candidates(vraag, afzender, basis)
    ]
    found = [
        Toegekend(organisatie, find_key(basis, organisatie), masker)
        for organisatie, beslissing in decided
        if (masker := _grant(vraag, beslissing, organisatie))
    ]
    broker = _broker(vraag, afzender, basis)
    if not found and not any(_offered(vraag, one) for one in broker):
        raise explain_nobody(
            vraag.berichttype,
            afzender.type,
            [organisatie.type for organisatie, _ in decided]
            if vraag.berichttype.adressering != KETEN
            else [],
            vraag.gebied.vt_regio or "*",
            afzender.kenmerken,
            basis.tabel,
        )
    beslissingen = [*(beslissing for _, beslissing in decided), *broker]
    if not serves_doel(beslissingen, afzender.doel):
        doelen = sorted({doel for one in beslissingen for doel in one.doelen})
        raise SealError(
            "doel.past_niet",
            f"no rule that lets this {vraag.berichttype.code} go has its doel",
            advice=f"Choose one of {', '.join(doelen) or 'none'}."
            " What they mean: corvus schema codes doel",
        )
    return found


def plan_again(vraag: Vraag, afzender: Afzender, basis: Grondslag) -> list[Toegekend]:
    """Work out what each addressee may have of a message that was sent before.

    What a rule holds does not go by a nasleutel, so it is not granted either.

    Raises:
        AddressError: ``organisatie.onbekend``, ``organisatie.vervallen``.
        SealError: ``geen_ontvanger`` for one that may have nothing, ``sleutel.geen``.
    """
    vraag, tabel = _of_the_living(vraag, basis), basis.tabel
    found = []
    for oin in vraag.geadresseerden:
        organisatie = basis.register.adresboek.organisatie(oin, basis.op)
        beslissing = _decide(vraag, afzender, tabel, organisatie)
        masker = _grant(vraag, beslissing, organisatie)
        masker &= ~beslissing.hold_mask(vraag.posities)
        if not beslissing.mask(vraag.posities) & vraag.gevuld:
            raise explain_nobody(
                vraag.berichttype,
                afzender.type,
                [organisatie.type],
                vraag.gebied.vt_regio or "*",
                afzender.kenmerken,
                tabel,
            )
        found.append(Toegekend(organisatie, find_key(basis, organisatie), masker))
    return found


def _broker(vraag: Vraag, afzender: Afzender, basis: Grondslag) -> list[Beslissing]:
    """Give what the broker itself may act on, of a berichttype addressed to it."""
    if BROKER not in vraag.berichttype.ontvangers:
        return []
    return [_decide_for(vraag, afzender, basis.tabel, BROKER, "")]


def _of_the_living(vraag: Vraag, basis: Grondslag) -> Vraag:
    """Put successors in the place of who wrote or received earlier messages.

    An answer goes to the successor of who asked; to write to somebody by OIN, the OIN
    of the successor has to be given.
    """
    adresboek, op = basis.register.adresboek, basis.op
    geadresseerden = vraag.geadresseerden
    if vraag.berichttype.adressering == ANTWOORD:
        geadresseerden = sorted({adresboek.opvolger(one, op) for one in geadresseerden})
    return replace(
        vraag,
        geadresseerden=geadresseerden,
        kenners_verwijzing=frozenset(
            adresboek.opvolger(one, op) for one in vraag.kenners_verwijzing
        ),
        eigen_per_ontvanger={
            adresboek.opvolger(one, op): values
            for one, values in vraag.eigen_per_ontvanger.items()
        },
    )


def _candidates(
    vraag: Vraag, afzender: Afzender, basis: Grondslag
) -> list[Organisatie]:
    register, tabel, op = basis.register, basis.tabel, basis.op
    code = vraag.berichttype.code
    if vraag.berichttype.adressering != KETEN:
        return [register.adresboek.organisatie(oin, op) for oin in vraag.geadresseerden]
    # A type that gets nothing needs no organisation of that type in the area.
    allowed = [
        type_
        for type_ in sorted(tabel.ontvanger_types(code, afzender.type))
        if _offered(vraag, _decide_for(vraag, afzender, tabel, type_, ""))
    ]
    resolved = [register.adresboek.resolve(one, vraag.gebied, op) for one in allowed]
    return [one for one in resolved if one.oin != afzender.oin]


def _decide(
    vraag: Vraag,
    afzender: Afzender,
    tabel: GecompileerdeTabel,
    organisatie: Organisatie,
) -> Beslissing:
    return _decide_for(vraag, afzender, tabel, organisatie.type, organisatie.oin)


def _decide_for(
    vraag: Vraag, afzender: Afzender, tabel: GecompileerdeTabel, type_: str, oin: str
) -> Beslissing:
    eigen = vraag.eigen_per_ontvanger.get(oin, {})
    return tabel.decide(
        vraag.berichttype.code,
        afzender.type,
        type_,
        vraag.gebied.vt_regio or "*",
        {**afzender.kenmerken, **eigen},
    )


def _offered(vraag: Vraag, beslissing: Beslissing) -> int:
    """What is allowed, and what is held: sealed too, for delivery on release."""
    allowed = beslissing.mask(vraag.posities) | beslissing.hold_mask(vraag.posities)
    return allowed & vraag.gevuld


def _grant(vraag: Vraag, beslissing: Beslissing, organisatie: Organisatie) -> int:
    masker = _offered(vraag, beslissing)
    if masker and organisatie.oin in vraag.kenners_verwijzing:
        masker |= vraag.gevuld & mask_of(
            positie.index
            for positie in vraag.posities
            if positie.rubriek.naam == VERWIJZING
        )
    return masker


def find_key(basis: Grondslag, organisatie: Organisatie) -> Sleutelvermelding:
    """Find the key to seal to.

    Raises:
        SealError: ``sleutel.geen``.
    """
    suite, op = basis.suite, basis.op
    op_ms = int(op.astimezone(UTC).timestamp() * 1000)
    sleutel = basis.register.sleutel(organisatie.oin, op_ms, suite)
    if sleutel is None:
        raise SealError(
            "sleutel.geen",
            f"{organisatie.naam} has no key of suite {suite} in the register",
            advice="Ask the organisation to publish a key.",
        )
    public = suite_of(suite).load_public(sleutel.publiek)
    return Sleutelvermelding(organisatie.oin, sleutel.id, public)
