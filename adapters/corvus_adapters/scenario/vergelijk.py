"""Compare what was played with what a scenario expects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_crypto.masker import bits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_adapters.scenario.bestand import Verwachting
    from corvus_adapters.scenario.keten import Keten
    from corvus_adapters.scenario.speler import Gespeeld
    from corvus_schemas.catalogus import Catalogus

_INDEX = re.compile(r"#[0-9]+")


@dataclass(frozen=True, slots=True)
class Ontvangen:
    """What one organisation got of one message, by names as in the table."""

    oin: str
    naam: str
    type: str
    rubrieken: frozenset[str]
    geweigerd: Mapping[str, frozenset[str]]


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
    for verzonden, bewijs in gespeeld.verzonden:
        for one in bewijs.verstrekkingen:
            ontvangst = keten.ontvangen.get((one.ontvanger, verzonden.bericht_id))
            labels = () if ontvangst is None else ontvangst.regels
            client = keten.client(one.ontvanger)
            posities = berichttype.posities(gespeeld.buckets(bewijs.bericht_id))
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
                )
            )
    return found


def compare(gespeeld: Gespeeld, ontvangen: Sequence[Ontvangen]) -> list[Verschil]:
    """List every difference; for keten, types not named must get nothing at all."""
    bericht = gespeeld.bericht
    differences: list[Verschil] = []

    def differ(type_: str, wat: str) -> None:
        differences.append(Verschil(bericht.nr, bericht.type, type_, wat))

    got: dict[str, set[str]] = {}
    held: dict[str, set[str]] = {}
    for one in ontvangen:
        got.setdefault(one.type, set()).update(one.rubrieken)
        held.setdefault(one.type, set()).update(one.geweigerd.get("aangehouden", ()))
    for type_, verwacht in bericht.verwacht.items():
        for wat in _compare_one(
            verwacht, got.get(type_, set()), held.get(type_, set())
        ):
            differ(type_, wat)
    if bericht.adressering == "keten":
        for type_ in sorted(got.keys() - bericht.verwacht.keys()):
            if got[type_]:
                differ(type_, "got something and is not named")
    return differences


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
