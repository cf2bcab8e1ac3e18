"""The question a decision answers: all of its inputs but the tables (SPEC 13).

The router makes it of a message, ``corvus tabel replay`` of a Beoordeling. A decision
gets nothing else, so what the record holds is enough to make it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from corvus_broker.kenmerken import Kenmerkset
from corvus_crypto.masker import encode_mask, parse_mask
from corvus_schemas.errors import CorvusError, SchemaError
from corvus_schemas.wire.staat import Beoordeeldpersoon, Beoordelde, Beoordeling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_broker.inzending import OntledeInzending
    from corvus_broker.ports import Record
    from corvus_schemas.catalogus import Catalogus, Positie
    from corvus_schemas.kenmerken import KenmerkWaarde

    Kenmerken: TypeAlias = Mapping[str, KenmerkWaarde]

_JSON: Final = msgspec.json.Encoder(order="deterministic")
_FROM_JSON: Final = msgspec.json.Decoder(dict[str, bool | str | list[str]])


class Ontvangervraag(msgspec.Struct, frozen=True):
    """One recipient: what is asked about it.

    ``toegekend`` are the filled cellen its column was granted; ``verwijzing`` says
    that it knows every message referred to.
    """

    oin: str
    type: str
    toegekend: int
    verwijzing: bool


@dataclass(frozen=True, slots=True)
class Beslisvraag:
    """One message: what is asked of the tables, in the order of its columns."""

    berichttype: str
    posities: tuple[Positie, ...]
    verstrekker_type: str
    regio: str
    doel: str
    gevuld: int
    kenmerken: Kenmerkset
    ontvangers: list[Ontvangervraag]


def make_beoordeling(
    ontleed: OntledeInzending,
    vraag: Beslisvraag,
    record: Record,
    register: bytes,
    statussen: frozenset[str],
) -> Beoordeling:
    """Write a question down, with what names the message and the tables."""
    size, kenmerken = len(vraag.posities), vraag.kenmerken
    return Beoordeling(
        bericht_id=ontleed.kop.bericht_id,
        manifest=ontleed.manifest.digest,
        routering=ontleed.manifest.routering,
        verstrekker=ontleed.verstrekker,
        verstrekker_type=vraag.verstrekker_type,
        berichttype=vraag.berichttype,
        schema=ontleed.kop.schema,
        buckets=ontleed.kop.buckets,
        doel=vraag.doel,
        regio=vraag.regio,
        kenmerken=_as_text(kenmerken.algemeen),
        personen=[
            Beoordeeldpersoon(rol, index, _as_text(values))
            for (rol, index), values in sorted(kenmerken.per_persoon.items())
        ],
        gevuld=encode_mask(vraag.gevuld, size),
        ontvangers=[
            Beoordelde(
                one.oin,
                one.type,
                encode_mask(one.toegekend, size),
                one.verwijzing,
                _as_text(kenmerken.per_ontvanger.get(one.oin)),
            )
            for one in vraag.ontvangers
        ],
        statussen=sorted(statussen),
        register_verzegeld=ontleed.kop.register,
        register=register,
        tijd=record.timestamp_ms,
        partitie=record.partition,
        offset=record.offset,
    )


def read_beoordeling(beoordeling: Beoordeling, catalogus: Catalogus) -> Beslisvraag:
    """Read the question back out of its record.

    Raises:
        SchemaError: ``beoordeling.schema``; a version of it that is not known here.
            ``beoordeling.ongeldig``; the record contradicts itself.
    """
    try:
        berichttype = catalogus.versie(beoordeling.berichttype, beoordeling.schema)
    except SchemaError:
        raise _other_schema(beoordeling) from None
    try:
        posities = berichttype.posities(tuple(beoordeling.buckets))
        size = len(posities)
        gevuld = parse_mask(beoordeling.gevuld, size)
        ontvangers = [
            Ontvangervraag(
                one.oin,
                one.type,
                parse_mask(one.toegekend, size),
                one.verwijzing,
            )
            for one in beoordeling.ontvangers
        ]
        kenmerken = _read_kenmerken(beoordeling)
    except (CorvusError, ValueError):
        raise SchemaError(
            "beoordeling.ongeldig", "the record of a decision contradicts itself"
        ) from None
    return Beslisvraag(
        berichttype=beoordeling.berichttype,
        posities=posities,
        verstrekker_type=beoordeling.verstrekker_type,
        regio=beoordeling.regio,
        doel=beoordeling.doel,
        gevuld=gevuld,
        kenmerken=kenmerken,
        ontvangers=ontvangers,
    )


def _other_schema(beoordeling: Beoordeling) -> SchemaError:
    return SchemaError(
        "beoordeling.schema",
        f"the message had a version of berichttype {beoordeling.berichttype!r:.60} that"
        " is not known here",
        advice="Decide it again with the release, and the layouts, that decided it.",
    )


def _read_kenmerken(beoordeling: Beoordeling) -> Kenmerkset:
    return Kenmerkset(
        _from_text(beoordeling.kenmerken),
        {one.oin: _from_text(one.kenmerken) for one in beoordeling.ontvangers},
        per_persoon={
            (one.rol, one.index): _from_text(one.kenmerken)
            for one in beoordeling.personen
        },
        # What the zaak remembers of it; nothing is decided on it.
        geheim_adres=False,
    )


def _as_text(kenmerken: Kenmerken | None) -> str:
    """Write kenmerken in the one way: sorted by name, no spaces."""
    return _JSON.encode(kenmerken).decode("utf-8") if kenmerken else "{}"


def _from_text(text: str) -> dict[str, KenmerkWaarde]:
    """Read kenmerken back.

    Raises:
        ValueError: no kenmerken, or written in another way.
    """
    found: dict[str, KenmerkWaarde] = {
        naam: tuple(value) if isinstance(value, list) else value
        for naam, value in _FROM_JSON.decode(text).items()
    }
    if _as_text(found) != text:
        raise ValueError(text)
    return found
