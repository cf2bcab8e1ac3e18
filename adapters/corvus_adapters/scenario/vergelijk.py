"""Compare what was played with what a scenario expects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_broker.verwerking import BROKER
from corvus_crypto.masker import bits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_adapters.scenario.bestand import Verwachting
    from corvus_adapters.scenario.keten import Keten
    from corvus_adapters.scenario.speler import Gespeeld
    from corvus_adapters.sdk.openen import Ontvangst
    from corvus_schemas.catalogus import Catalogus, Positie
    from corvus_schemas.wire.bewijs import Verstrekking

_INDEX = re.compile(r"#[0-9]+")


@dataclass(frozen=True, slots=True)
class Ontvangen:
    """What one organisation got of one message, by names as in the table."""

    oin: str
    naam: str
    type: str
    rubrieken: frozenset[str]
    geweigerd: Mapping[str, frozenset[str]]
    anders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verschil:
    """One difference from what was expected."""

    nr: int
    berichttype: str
    ontvanger: str
    wat: str


def table_name(label: str) -> str:
    """Give the name in the table of a label: without the index of the person."""
    return _INDEX.sub("", label)


def received(gespeeld: Gespeeld, keten: Keten, catalogus: Catalogus) -> list[Ontvangen]:
    """Work out per recipient what was received and what was withheld, and why."""
    found: list[Ontvangen] = []
    berichttype = catalogus.berichttype(gespeeld.bericht.type)
    for _, bewijs in gespeeld.verzonden:
        posities = berichttype.posities(gespeeld.buckets(bewijs.bericht_id))
        for one in bewijs.verstrekkingen:
            if one.ontvanger == bewijs.uitsteller:
                found.append(_used(one, posities))
                continue
            ontvangst = keten.leveringen.get(one.levering or b"")
            labels = () if ontvangst is None else ontvangst.regels
            client = keten.client(one.ontvanger)
            found.append(
                Ontvangen(
                    one.ontvanger,
                    client.naam,
                    client.type,
                    frozenset(map(table_name, labels)),
                    {
                        weg.reden: frozenset(
                            posities[position].rubriek.naam
                            for position in bits(int.from_bytes(weg.posities, "little"))
                        )
                        for weg in one.geweigerd
                    },
                    _other_than_sent(gespeeld, ontvangst),
                )
            )
    return found


def _used(verstrekking: Verstrekking, posities: Sequence[Positie]) -> Ontvangen:
    """Tell what the broker used: it is an addressee like any other, and opens nothing."""
    used = bits(int.from_bytes(verstrekking.posities, "little"))
    return Ontvangen(
        verstrekking.ontvanger,
        BROKER.lower(),
        BROKER,
        frozenset(posities[position].rubriek.naam for position in used),
        {},
    )


def _other_than_sent(
    gespeeld: Gespeeld, ontvangst: Ontvangst | None
) -> tuple[str, ...]:
    """Rubrieken that ``kern`` sets and that came out with another content."""
    if ontvangst is None or gespeeld.concept is None:
        return ()
    rubrieken = {path.rpartition(".")[0] for path in gespeeld.bericht.kern}
    return tuple(
        sorted(
            naam
            for naam in rubrieken & ontvangst.regels.keys()
            if ontvangst.inhoud.get(naam) != gespeeld.concept.inhoud.get(naam)
        )
    )


def compare(gespeeld: Gespeeld, ontvangen: Sequence[Ontvangen]) -> list[Verschil]:
    """List every difference; for keten, types not named must get nothing at all."""
    bericht = gespeeld.bericht
    differences: list[Verschil] = []

    def differ(type_: str, wat: str) -> None:
        differences.append(Verschil(bericht.nr, bericht.type, type_, wat))

    refused = f" (refused: {gespeeld.geweigerd})" if gespeeld.geweigerd else ""
    got: dict[str, set[str]] = {}
    held: dict[str, set[str]] = {}
    for one in ontvangen:
        got.setdefault(one.type, set()).update(one.rubrieken)
        held.setdefault(one.type, set()).update(one.geweigerd.get("aangehouden", ()))
    for type_, verwacht in bericht.verwacht.items():
        for wat in _compare_one(
            verwacht, got.get(type_, set()), held.get(type_, set())
        ):
            differ(type_, wat + refused)
    for one in ontvangen:
        for wat in _contradictions(one):
            differ(one.type, wat)
    if bericht.adressering == "keten":
        for type_ in sorted(got.keys() - bericht.verwacht.keys()):
            if got[type_]:
                differ(type_, "got something and is not named")
    return differences


def _contradictions(one: Ontvangen) -> list[str]:
    """What came and should have come otherwise, whatever the scenario expects."""
    both = one.rubrieken & one.geweigerd.get("aangehouden", frozenset())
    return [
        f"{naam} came with another content than kern says" for naam in one.anders
    ] + [f"the receipt says {naam} is held, but it came" for naam in sorted(both)]


def _compare_one(verwacht: Verwachting, got: set[str], held: set[str]) -> list[str]:
    wrong = []
    if bool(got) != verwacht.ontvangt_iets:
        wrong.append("got something" if got else "got nothing")
    wrong += [f"lacks {naam}" for naam in verwacht.moet if naam not in got]
    wrong += [f"got {naam}" for naam in verwacht.mag_niet if naam in got]
    wrong += [
        f"{naam} is not held" for naam in verwacht.aangehouden if naam not in held
    ]
    return wrong
