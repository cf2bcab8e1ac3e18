"""Converts the concept verstrekkingentabel: conditions to CEL, splits added.

A rubriek that was drawn apart inherits its parent's rules, narrowed: what points at
other betrokkenen goes only where the basis of every betrokkene role of the type goes,
under all those conditions together (SPLITS). A split rule has its parent's id and a
letter.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tools.domain_conditions import Condition, all_of, any_of, parse, show
from tools.domain_records import SPLITS
from tools.domain_rubrieken import LEFT_OUT

if TYPE_CHECKING:
    from tools.domain_source import Row, Source

_SECRET = parse("not geheim_adres or ontvanger == 'POL' or ontvanger == 'VT'")
_BASIS = re.compile(r"betrokkenen\[(\w+)\]\.basis$")
_LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Regel:
    """One rule: the row it came from, and what the conversion changed."""

    id: str
    row: Row
    rubriek: str
    condition: Condition

    @property
    def allows(self) -> bool:
        """Whether this is an allow rule."""
        return self.row["toegestaan"] == "ja"

    @property
    def parties(self) -> tuple[str, str, str]:
        """Berichttype, sender type, receiver type."""
        return (self.row["berichttype"], self.row["verstrekker"], self.row["ontvanger"])


def convert(source: Source) -> list[Regel]:
    """All rules in the order of the source, split rules after their parents."""
    rows = source.rows("verstrekkingentabel-concept.csv")
    regels = [
        Regel(row["regel_id"], row, row["rubriek"], parse(row["voorwaarde"]))
        for row in rows
        if row["berichttype"] not in LEFT_OUT
    ]
    roles: dict[str, list[str]] = {}
    for row in source.rows("berichtrubrieken.csv"):
        if _BASIS.match(row["rubriek"]):
            roles.setdefault(row["berichttype"], []).append(row["rubriek"])
    basis = _basis_conditions(regels)
    return [
        made
        for regel in regels
        for made in (regel, *_split(regel, roles.get(regel.row["berichttype"]), basis))
    ]


def receivers(regels: list[Regel]) -> dict[str, set[str]]:
    """Which organisation types a berichttype can reach."""
    found: dict[str, set[str]] = {}
    for regel in regels:
        if regel.allows:
            found.setdefault(regel.row["berichttype"], set()).add(
                regel.row["ontvanger"]
            )
    return found


def _basis_conditions(
    regels: list[Regel],
) -> dict[tuple[tuple[str, str, str], str], Condition]:
    """Per type, sender, receiver and basis rubriek: when that basis goes out."""
    found: dict[tuple[tuple[str, str, str], str], list[Condition]] = {}
    for regel in regels:
        if regel.allows and _BASIS.match(regel.rubriek):
            found.setdefault((regel.parties, regel.rubriek), []).append(regel.condition)
    return {key: any_of(conditions) for key, conditions in found.items()}


def _split(
    regel: Regel,
    roles: list[str] | None,
    basis: dict[tuple[tuple[str, str, str], str], Condition],
) -> list[Regel]:
    head, _, kort = regel.rubriek.rpartition(".")
    made: list[Regel] = []
    for split in SPLITS:
        if split.parent != kort or (split.only and split.only not in regel.parties):
            continue
        if not split.only and not head:
            continue
        condition = _narrowed(regel, split.kort, roles or [], basis)
        if condition is not None:
            rubriek = f"{head}.{split.kort}" if head else split.kort
            letter = _LETTERS[len(made)]
            made.append(
                replace(
                    regel, id=regel.id + letter, rubriek=rubriek, condition=condition
                )
            )
    return made


def _narrowed(
    regel: Regel,
    kort: str,
    roles: list[str],
    basis: dict[tuple[tuple[str, str, str], str], Condition],
) -> Condition | None:
    """Condition of the split rule; None when there is to be none."""
    if kort == "verblijfadres":
        # A deny rule is copied as it is: narrowing it would let more through.
        return all_of([regel.condition, _SECRET]) if regel.allows else regel.condition
    if not regel.allows:
        return regel.condition
    # The rule of a basis is its own condition already.
    needed = [basis.get((regel.parties, r)) for r in roles if r != regel.rubriek]
    known = [condition for condition in needed if condition is not None]
    if not roles or len(known) < len(needed):
        return None
    return all_of([regel.condition, *known])


def as_yaml(regels: list[Regel]) -> str:
    """The table as text: one rule a block, fields in a fixed order."""
    blocks = [
        "tabel: concept",
        "versie: 1",
        'geldig_van: "2025-01-01"',
        "geldig_tot: null",
        "regels:",
    ]
    blocks.extend(_block(regel) for regel in regels)
    return "\n".join(blocks) + "\n"


def _block(regel: Regel) -> str:
    row = regel.row
    fields: list[tuple[str, str | None]] = [
        ("regel", regel.id),
        ("berichttype", row["berichttype"]),
        ("rubriek", regel.rubriek),
        ("van", row["verstrekker"]),
        ("naar", row["ontvanger"]),
        ("besluit", row["toegestaan"]),
        ("voorwaarde", show(regel.condition)),
        ("hold", row["hold"] or None),
        ("grondslag", row["grondslag"].partition(":")[0]),
        ("doel", row["doel"]),
        ("modaliteit", row["modaliteit"] if regel.allows else None),
        ("bewaartermijn", row["bewaartermijn"] if regel.allows else None),
        ("status", row["status"]),
        ("geldig_van", row["geldig_van"]),
        ("geldig_tot", row["geldig_tot"] or None),
        ("regio", row["regio"]),
        ("bron", row["bron"]),
        ("opmerking", row["opmerking"]),
    ]
    lines = [
        f"  {name}: {_scalar(name, value)}"
        for name, value in fields
        if value is not None or name != "hold"
    ]
    return "- " + "\n".join(lines)[2:]


_QUOTED = frozenset({"voorwaarde", "geldig_van", "bron", "opmerking", "regio"})


def _scalar(name: str, value: str | None) -> str:
    if value is None:
        return "null"
    plain = name not in _QUOTED and re.fullmatch(r"[A-Za-z]\S*", value)
    return value if plain else json.dumps(value, ensure_ascii=False)


def grondslagen(source: Source) -> dict[str, dict[str, str]]:
    """The grounds, by code."""
    return {
        row["code"]: {key: value for key, value in row.items() if key != "code"}
        for row in source.rows("grondslagen.csv")
    }
