"""Translates conditions of the source table into CEL, and joins them.

The source grammar is small: or, and, not, ==, !=, in, names, 'codes', true, false;
`and` binds stronger than `or`, `not` strongest. A condition is parsed and printed
again, so that brackets in the result come from the tree and not from the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

_TOKEN = re.compile(r"\s*(\(|\)|==|!=|'[^']*'|[a-z_]+)")


@dataclass(frozen=True)
class Atom:
    """A name, a comparison, a list membership, or true."""

    text: str
    simple: bool


@dataclass(frozen=True)
class Not:
    """Negation."""

    inner: Condition


@dataclass(frozen=True)
class Join:
    """`&&` or `||` over two or more conditions."""

    operator: str
    parts: tuple[Condition, ...]


Condition: TypeAlias = "Atom | Not | Join"

TRUE = Atom("true", simple=True)


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = self._split(text)
        self.place = 0

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens: list[str] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if not found:
                raise ValueError(f"no condition: {text}")
            tokens.append(found.group(1))
            place = found.end()
        return tokens

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]

    def joined(self, word: str, operator: str) -> Condition:
        def below() -> Condition:
            return self.joined("and", "&&") if word == "or" else self.negated()

        parts = [below()]
        while self.peek() == word:
            self.take()
            parts.append(below())
        return parts[0] if len(parts) == 1 else Join(operator, tuple(parts))

    def negated(self) -> Condition:
        if self.peek() == "not":
            self.take()
            return Not(self.negated())
        return self.atom()

    def atom(self) -> Condition:
        word = self.take()
        if word == "(":
            inner = self.joined("or", "||")
            if self.take() != ")":
                raise ValueError("a bracket is not closed")
            return inner
        if self.peek() in {"==", "!=", "in"}:
            return Atom(f"{word} {self.take()} {self.take()}", simple=False)
        return Atom(word, simple=True)


def parse(text: str) -> Condition:
    """Parse a condition in the words of the source."""
    parser = _Parser(text)
    result = parser.joined("or", "||")
    if parser.peek():
        raise ValueError(f"no condition: {text}")
    return result


def show(condition: Condition) -> str:
    """Print a condition as CEL."""
    match condition:
        case Atom():
            return condition.text
        case Not(inner):
            plain = isinstance(inner, Atom) and inner.simple
            return f"!{show(inner)}" if plain else f"!({show(inner)})"
        case Join(operator, parts):
            return f" {operator} ".join(_bracketed(part, operator) for part in parts)


def _bracketed(part: Condition, operator: str) -> str:
    needed = isinstance(part, Join) and part.operator != operator
    return f"({show(part)})" if needed else show(part)


def all_of(conditions: list[Condition]) -> Condition:
    """Conjunction without repeats: `true` says nothing, nested conjunctions merge."""
    return _join("&&", conditions)


def any_of(conditions: list[Condition]) -> Condition:
    """Disjunction without repeats; one `true` makes it true."""
    return TRUE if TRUE in conditions else _join("||", conditions)


def _join(operator: str, conditions: list[Condition]) -> Condition:
    parts: list[Condition] = []
    for condition in conditions:
        same = isinstance(condition, Join) and condition.operator == operator
        parts.extend(
            condition.parts if isinstance(condition, Join) and same else [condition]
        )
    unique = [part for part in dict.fromkeys(parts) if part != TRUE]
    if not unique:
        return TRUE
    return unique[0] if len(unique) == 1 else Join(operator, tuple(unique))
