"""A set of combinations written so that a person can read it.

The set is covered by terms that each leave out every kenmerk that makes no difference
to them; together they are the set exactly, though perhaps not in the fewest words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corvus_routing.diff_ruimte import Ruimte, Variabele
    from corvus_routing.json_value import JsonValue
    from corvus_schemas.kenmerken import KenmerkWaarde

ALTIJD: Final = "always"
_ONBEKEND: Final = "undeclared"

_Blok: TypeAlias = tuple[tuple[int, ...], ...]
"""Per variable the numbers of the values it may have."""


@dataclass(frozen=True, slots=True)
class Eis:
    """What one kenmerk has to be: one of some values, None for not declared."""

    variabele: Variabele
    waarden: tuple[KenmerkWaarde | None, ...]

    @property
    def tekst(self) -> str:
        """Write it the shorter way: what it is, or what it is not."""
        if self.variabele.leden:
            return self._lijst()
        anders = [w for w in self.variabele.waarden if w not in self.waarden]
        # A doel is always there, and others than those of the rules let nothing go.
        if None in self.variabele.waarden and len(anders) < len(self.waarden):
            return f"{self.variabele.naam} is not {_either(anders)}"
        return f"{self.variabele.naam} is {_either(self.waarden)}"

    def _lijst(self) -> str:
        """Write which members a list has and lacks, or else every set it may be."""
        sets = [frozenset(w) for w in self.waarden if isinstance(w, tuple)]
        onbekend = [_ONBEKEND] if None in self.waarden else []
        leden = frozenset(self.variabele.leden)
        heeft = leden.intersection(*sets) if sets else frozenset[str]()
        mist = leden.difference(*sets)
        if len(sets) == 2 ** len(leden - heeft - mist):
            delen = [
                f"{woord} {'+'.join(sorted(namen))}"
                for woord, namen in (("has", heeft), ("lacks", mist))
                if namen
            ]
            return "/".join([f"{self.variabele.naam} {', '.join(delen)}", *onbekend])
        return f"{self.variabele.naam} is {_either(self.waarden)}"

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON; null is not declared."""
        waarden: list[JsonValue] = [
            list(waarde) if isinstance(waarde, tuple) else waarde
            for waarde in self.waarden
        ]
        uit: dict[str, JsonValue] = {
            "kenmerk": self.variabele.naam,
            "waarden": waarden,
        }
        if self.variabele.leden:
            uit["van"] = list(self.variabele.leden)
        return uit


@dataclass(frozen=True, slots=True)
class Formule:
    """A disjunction of terms; a term is a conjunction, and an empty one is always."""

    termen: tuple[tuple[Eis, ...], ...]

    @property
    def tekst(self) -> str:
        """Write the whole formula."""
        eerste, *anderen = self.termen
        samen = [eis for eis in eerste if all(eis in term for term in anderen)]
        delen = [eis.tekst for eis in samen]
        if anderen:
            rest = [[eis.tekst for eis in t if eis not in samen] for t in self.termen]
            delen.append(_alternatives(rest, alone=not samen))
        return " and ".join(delen) or ALTIJD

    def to_list(self) -> list[JsonValue]:
        """Give a form for JSON: a list of terms, each a list of demands."""
        return [[eis.to_dict() for eis in term] for term in self.termen]


def formule(ruimte: Ruimte, masker: int) -> Formule:
    """Write the combinations of a mask as a formula."""
    plaatsen = range(len(ruimte.variabelen))
    voorwaarts = _cover(ruimte, masker, plaatsen)
    terug = _cover(ruimte, masker, plaatsen[::-1])
    beste = min(voorwaarts, terug, key=lambda blokken: _weight(ruimte, blokken))
    return Formule(tuple(_term(ruimte, blok) for blok in beste))


def _term(ruimte: Ruimte, blok: _Blok) -> tuple[Eis, ...]:
    return tuple(
        Eis(variabele, tuple(variabele.waarden[nummer] for nummer in nummers))
        for variabele, nummers in zip(ruimte.variabelen, blok, strict=True)
        if len(nummers) < len(variabele.waarden)
    )


def _weight(ruimte: Ruimte, blokken: list[_Blok]) -> tuple[int, int]:
    return len(blokken), sum(len(_term(ruimte, blok)) for blok in blokken)


def _cover(ruimte: Ruimte, masker: int, volgorde: range) -> list[_Blok]:
    """Cover a mask: grow a block around a combination, and again for what is left."""
    over = masker
    blokken: list[tuple[_Blok, int]] = []
    while over:
        blok = _grow(ruimte, masker, (over & -over).bit_length() - 1, volgorde)
        bits = _bits(ruimte, blok)
        blokken.append((blok, bits))
        over &= ~bits
    return _needed(blokken)


def _grow(ruimte: Ruimte, masker: int, nummer: int, volgorde: range) -> _Blok:
    grown: list[tuple[int, ...]] = [(keuze,) for keuze in ruimte.keuze(nummer)]
    for plaats in volgorde:
        grown[plaats] = tuple(range(len(ruimte.variabelen[plaats].waarden)))
        buiten = _bits(ruimte, tuple(grown)) & ~masker
        grown[plaats] = tuple(
            waarde
            for waarde, bits in enumerate(ruimte.maskers(plaats))
            if not bits & buiten
        )
    return tuple(grown)


def _bits(ruimte: Ruimte, blok: _Blok) -> int:
    uit = ruimte.alle
    for plaats, nummers in enumerate(blok):
        maskers = ruimte.maskers(plaats)
        if len(nummers) < len(maskers):
            hier = 0
            for nummer in nummers:
                hier |= maskers[nummer]
            uit &= hier
    return uit


def _needed(blokken: list[tuple[_Blok, int]]) -> list[_Blok]:
    """Leave out the blocks that the others cover already."""
    houd = list(blokken)
    for kandidaat in blokken:
        rest = [ander for ander in houd if ander is not kandidaat]
        gedekt = 0
        for _, bits in rest:
            gedekt |= bits
        if not kandidaat[1] & ~gedekt:
            houd = rest
    return [blok for blok, _ in houd]


def _alternatives(termen: list[list[str]], *, alone: bool) -> str:
    delen = [
        " and ".join(term) if len(term) == 1 else f"({' and '.join(term)})"
        for term in termen
    ]
    tekst = " or ".join(delen)
    return tekst if alone else f"({tekst})"


def _either(waarden: Iterable[KenmerkWaarde | None]) -> str:
    return "/".join(map(_word, waarden))


def _word(waarde: KenmerkWaarde | None) -> str:
    match waarde:
        case None:
            return _ONBEKEND
        case bool():
            return "ja" if waarde else "nee"
        case str():
            return waarde
        case _:
            return f"{{{' '.join(waarde)}}}"
