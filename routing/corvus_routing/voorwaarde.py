"""Conditions of rules: a little language inside CEL, with three truth values.

The language is ``&& || ! == != in``, parentheses, ``true``, ``false``, names of
kenmerken and 'codes'; CEL (the library ``cel``) evaluates it. CEL raises on a name
that is not in the activation, and ``&&`` and ``||`` absorb that where the other side
decides: exactly Kleene's logic, with a kenmerk that was not declared as the unknown.

CEL itself checks no names and no types, so ``_Lezer`` reads the text a second time
and refuses, when the table is loaded, whatever is outside the little language. What
it lets through has the same meaning in CEL: ``!`` is only allowed before a name, a
constant or parentheses, because CEL reads ``!a == 'b'`` as ``(!a) == 'b'``.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

import cel

from corvus_routing.woordenboek import PSEUDO, Domein
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.kenmerken import KenmerkWaarde

MAX_TEKENS: Final = 500
MAX_DIEPTE: Final = 20
"""Nesting the reader follows; CEL's own parser gives up much later."""

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<naam>[a-z_][a-z0-9_]*)|'(?P<code>[^'\\\r\n]*)'"
    r"|(?P<teken>&&|\|\||==|!=|!|\(|\)))",
    re.ASCII,
)
_CONSTANTEN: Final = frozenset({"true", "false"})


class Truth(enum.Enum):
    """Kleene's three truth values."""

    WAAR = "waar"
    ONWAAR = "onwaar"
    ONBEKEND = "onbekend"


@dataclass(frozen=True, slots=True)
class Lidmaatschap:
    """One ``x in lijst``; x is a pseudo-kenmerk or a code."""

    lid: str
    lijst: str
    is_pseudo: bool


@dataclass(frozen=True, slots=True, eq=False)
class Voorwaarde:
    """A checked and compiled condition; made by ``parse_voorwaarde``."""

    tekst: str
    kenmerken: frozenset[str]
    lidmaatschappen: frozenset[Lidmaatschap]
    _domeinen: Mapping[str, Domein]
    _programma: cel.Program

    def evaluate(self, kenmerken: Mapping[str, KenmerkWaarde]) -> Truth:
        """Evaluate for declared kenmerken; what is not there is unknown."""
        activation = self._known(kenmerken)
        try:
            uitkomst: object = self._programma.execute(activation)
        except RuntimeError:  # an undeclared name that nothing absorbed
            return Truth.ONBEKEND
        return Truth.WAAR if uitkomst is True else Truth.ONWAAR

    def unknown(self, kenmerken: Mapping[str, KenmerkWaarde]) -> frozenset[str]:
        """Give the kenmerken of this condition that were not declared."""
        return self.kenmerken - self._known(kenmerken).keys()

    def _known(
        self, kenmerken: Mapping[str, KenmerkWaarde]
    ) -> dict[str, KenmerkWaarde]:
        return {
            naam: waarde
            for naam, domein in self._domeinen.items()
            if (waarde := kenmerken.get(naam)) is not None and domein.accepts(waarde)
        }


def parse_voorwaarde(tekst: str, domeinen: Mapping[str, Domein]) -> Voorwaarde:
    """Check a condition against the kenmerken and compile it.

    Raises:
        RegisterError: ``voorwaarde.ongeldig``.
    """
    if len(tekst) > MAX_TEKENS:
        _refuse(f"longer than {MAX_TEKENS} characters")
    lezer = _Lezer(tekst, domeinen)
    lezer.read()
    try:
        programma = cel.compile(tekst)
    except ValueError as error:
        raise RegisterError(
            "voorwaarde.ongeldig", "the condition is not valid CEL"
        ) from error
    if set(programma.variables()) != lezer.namen:
        # Such as "null", which CEL keeps for itself: a denial would never bite.
        _refuse("CEL reads other names in it than the catalogue has")
    return Voorwaarde(
        tekst,
        frozenset(lezer.namen),
        frozenset(lezer.lidmaatschappen),
        {naam: domeinen[naam] for naam in sorted(lezer.namen)},
        programma,
    )


def _refuse(reason: str) -> NoReturn:
    raise RegisterError(
        "voorwaarde.ongeldig",
        f"the condition is refused: {reason}",
        advice="See routing/README.md for the language of conditions",
    )


class _Lezer:
    """Reads a condition once, checking every name, code and type on the way."""

    def __init__(self, tekst: str, domeinen: Mapping[str, Domein]) -> None:
        self.namen: set[str] = set()
        self.lidmaatschappen: set[Lidmaatschap] = set()
        self._domeinen = domeinen
        self._tokens = _tokenize(tekst)
        self._plaats = 0
        self._diepte = 0

    def read(self) -> None:
        self._disjunction()
        if self._plaats != len(self._tokens):
            _refuse(f"unexpected {self._tokens[self._plaats][1]!r}")

    def _peek(self) -> str:
        """Give the coming sign, or an empty string for a name, a code or the end."""
        if self._plaats < len(self._tokens):
            soort, tekst = self._tokens[self._plaats]
            return tekst if soort == "teken" else ""
        return ""

    def _next(self) -> tuple[str, str]:
        if self._plaats == len(self._tokens):
            _refuse("it ends too early")
        self._plaats += 1
        return self._tokens[self._plaats - 1]

    def _disjunction(self) -> None:
        self._conjunction()
        while self._peek() == "||":
            self._next()
            self._conjunction()

    def _conjunction(self) -> None:
        self._unary()
        while self._peek() == "&&":
            self._next()
            self._unary()

    def _unary(self) -> None:
        if self._peek() not in {"!", "("}:
            self._comparison(negated=False)
            return
        self._diepte += 1
        if self._diepte > MAX_DIEPTE:
            _refuse(f"nested deeper than {MAX_DIEPTE}")
        if self._next()[1] == "(":
            self._disjunction()
            if self._next() != ("teken", ")"):
                _refuse("a parenthesis is not closed")
        elif self._peek() in {"!", "("}:
            self._unary()
        else:
            self._comparison(negated=True)
        self._diepte -= 1

    def _comparison(self, *, negated: bool) -> None:
        soort, tekst = self._next()
        if soort == "teken":
            _refuse(f"unexpected {tekst!r}")
        if soort == "naam" and tekst in _CONSTANTEN:
            return
        if not negated and self._peek() in {"==", "!="}:
            self._equality(soort, tekst)
        elif not negated and self._at_in():
            self._membership(soort, tekst)
        elif soort == "code":
            _refuse("a code is not a condition")
        elif self._domein(tekst).soort != "bool":
            _refuse(f"{tekst} is not true or false by itself")

    def _equality(self, soort: str, links: str) -> None:
        self._next()
        rechts_soort, rechts = self._next()
        if soort != "naam" or rechts_soort != "code":
            _refuse("== and != compare a kenmerk with a code")
        domein = self._domein(links)
        if domein.soort != "enum":
            _refuse(f"{links} cannot be compared with a code")
        self._check_code(links, rechts, domein)

    def _at_in(self) -> bool:
        return self._tokens[self._plaats : self._plaats + 1] == [("naam", "in")]

    def _membership(self, soort: str, lid: str) -> None:
        self._next()
        rechts_soort, lijst = self._next()
        if rechts_soort != "naam" or self._domein(lijst).soort != "lijst":
            _refuse("the right side of in is a kenmerk that holds a list")
        is_pseudo = soort == "naam"
        if is_pseudo and lid not in PSEUDO:
            # Any other kenmerk would make the number of distinct decisions explode.
            _refuse("the left side of in is ontvanger, verstrekker or a code")
        if is_pseudo:
            self._domein(lid)
        else:
            self._check_code(lijst, lid, self._domeinen[lijst])
        self.lidmaatschappen.add(Lidmaatschap(lid, lijst, is_pseudo))

    def _check_code(self, naam: str, code: str, domein: Domein) -> None:
        if code not in domein.codes:
            _refuse(f"{code!r} is not a code of {naam}")

    def _domein(self, naam: str) -> Domein:
        domein = self._domeinen.get(naam)
        if domein is None:
            _refuse(f"{naam} is not a kenmerk")
        self.namen.add(naam)
        return domein


def _tokenize(tekst: str) -> list[tuple[str, str]]:
    tokens = []
    plaats = 0
    while match := _TOKEN.match(tekst, plaats):
        soort = match.lastgroup or ""
        tokens.append((soort, match.group(soort)))
        plaats = match.end()
    if tekst[plaats:].strip(" \t\r\n"):
        _refuse(f"unexpected character at position {plaats + 1}")
    return tokens
