"""What came of a message that was sent: per organisation, what it got and what not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.markup import escape

from corvus_adapters.cli.gedeeld import console
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.masker import bits, parse_mask
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.inhoud import parse_inhoud
from corvus_schemas.wire.bericht import Inzending, Kop

if TYPE_CHECKING:
    from corvus_adapters.sdk.organisatie import Organisatie, Verzonden
    from corvus_broker.register import Registerversie
    from corvus_schemas.wire.bewijs import Ontvangstbewijs

WHY: Final = {
    "niet_toegekend": "not granted: no rule of the table lets it go there",
    "standaard": "withheld: no rule allows it",
    "verboden": "withheld: a rule forbids it",
    "aangehouden": "held back until released",
    "doel": "withheld: no rule for it serves this doel",
}


@dataclass(frozen=True, slots=True)
class Deel:
    """What one organisation got, and what it did not by reason: names of rubrieken."""

    ontvanger: str
    gekregen: tuple[str, ...]
    niet: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Afloop:
    """The broker's receipt, with the names of what it is about."""

    bewijs: Ontvangstbewijs
    delen: tuple[Deel, ...]


def afloop_of(client: Organisatie, bewijs: Ontvangstbewijs) -> Afloop:
    """Put names to a receipt's positions, from the message as it was sent."""
    uitgaand = client.postbus.uitgaand(bewijs.bericht_id)
    if uitgaand is None:
        return Afloop(bewijs, ())
    manifest = parse_manifest(Inzending.decode(uitgaand.inhoud).manifest)
    kop = Kop.decode(manifest.kop)
    berichttype = load_catalogus().versie(kop.berichttype, kop.schema)
    namen = [positie.label for positie in berichttype.posities(tuple(kop.buckets))]

    def named(data: bytes) -> tuple[str, ...]:
        return tuple(namen[one] for one in bits(parse_mask(data, manifest.posities)))

    content = json.loads(uitgaand.concept)["inhoud"]
    filled = parse_inhoud(berichttype, content, load_catalogus()).cellen
    delen = []
    for one in bewijs.verstrekkingen:
        gekregen = named(one.posities)
        niet = {weg.reden: named(weg.posities) for weg in one.geweigerd}
        # What this side's own lock kept back, the broker never saw a key for.
        told = {*gekregen, *(label for labels in niet.values() for label in labels)}
        own = tuple(naam for naam in namen if naam in filled and naam not in told)
        if own and one.levering is not None:
            niet["niet_toegekend"] = own
        delen.append(Deel(one.ontvanger, gekregen, niet))
    return Afloop(bewijs, tuple(delen))


def as_dict(verzonden: Verzonden, afloop: Afloop | None) -> dict[str, Any]:
    """Give a form for JSON; ``verstrekkingen`` is empty until a receipt came."""
    bewijs = None if afloop is None else afloop.bewijs
    return {
        "bericht_id": verzonden.bericht_id,
        "zaak": verzonden.zaak,
        "ontvangers": verzonden.ontvangers,
        "status": None if bewijs is None else bewijs.status,
        "code": None if bewijs is None else bewijs.code,
        "waarschuwingen": [] if bewijs is None else bewijs.waarschuwingen,
        "verstrekkingen": [
            {"ontvanger": one.ontvanger, "gekregen": one.gekregen, "niet": one.niet}
            for one in (afloop.delen if afloop else ())
        ],
    }


def show(
    verzonden: Verzonden, afloop: Afloop | None, wait: float, register: Registerversie
) -> None:
    """Print what came of a message."""
    _line("bericht", verzonden.bericht_id)
    _line("zaak", verzonden.zaak)
    bewijs = None if afloop is None else afloop.bewijs
    warned = [*verzonden.waarschuwingen, *(bewijs.waarschuwingen if bewijs else ())]
    for warning in dict.fromkeys(warned):
        _line("warning", warning)
    if afloop is None or bewijs is None:
        said = "sent" if not wait else f"sent; no receipt within {wait:g} s"
        hint = "" if not wait else ". Is a router running? corvus router"
        _line("status", f"{said}{hint}")
        return
    _line("status", f"{bewijs.status} {bewijs.code}".strip())
    for one in afloop.delen:
        _line("to", f"{_naam(one.ontvanger, register)}: {len(one.gekregen)} rubrieken")
        for reden, namen in one.niet.items():
            _line("", f"  {WHY.get(reden, reden)}: {', '.join(namen)}")


def _naam(oin: str, register: Registerversie) -> str:
    for versie in register.adresboek.entries():
        if versie.oin == oin:
            return f"{versie.naam} ({oin})"
    return f"the broker itself ({oin})" if oin else oin


def _line(head: str, text: str) -> None:
    console.print(f"{head:<9}{escape(text)}", highlight=False)
