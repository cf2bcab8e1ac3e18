"""YAML, as little of it as a table needs, with nothing hidden.

Built on the parser's events rather than its constructor: a table of 3000 rules loads
three times as fast, and anchors, aliases, tags, several documents and keys that
occur twice (where YAML silently keeps the last) are refused as they pass.
A plain scalar is ``null``, ``true``, ``false``, an integer or text; dates and the
base-60 numbers of YAML 1.1 (``002:531``) stay text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

import yaml

from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from corvus_routing.json_value import JsonValue

MAX_DIEPTE: Final = 8
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\Z", re.ASCII)
_CONSTANTS: Final[dict[str, bool | None]] = {
    "null": None,
    "~": None,
    "": None,
    "true": True,
    "false": False,
}


def load_yaml(text: str) -> JsonValue:
    """Parse one document.

    Raises:
        RegisterError: ``tabel.yaml``.
    """
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if isinstance(mark, yaml.Mark) else ""
        raise RegisterError("tabel.yaml", f"this is not YAML{line}") from error
    return builder.document


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is being filled."""

    items: dict[str, JsonValue] | list[JsonValue]
    key: str | None = field(default=None)


class _Builder:
    def __init__(self) -> None:
        self.document: JsonValue = None
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                _check_bare(event)
                if not event.style:  # plain, without quotes
                    self._add(_plain(event.value), event)
                else:
                    self._add(event.value, event)
            case yaml.MappingStartEvent():
                self._begin({}, event)
            case yaml.SequenceStartEvent():
                self._begin([], event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._add(self._open.pop().items, event)
            case yaml.AliasEvent():
                _refuse("an alias", event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    _refuse("a second document", event)
            case _:
                pass  # the start and end of the stream and of the document

    def _begin(
        self,
        items: dict[str, JsonValue] | list[JsonValue],
        event: yaml.CollectionStartEvent,
    ) -> None:
        _check_bare(event)
        if len(self._open) == MAX_DIEPTE:
            _refuse("deeper nesting than a table has", event)
        self._open.append(_Open(items))

    def _add(self, value: JsonValue, event: yaml.Event) -> None:
        if not self._open:
            self.document = value
            return
        parent = self._open[-1]
        if isinstance(parent.items, list):
            parent.items.append(value)
        elif parent.key is None:
            self._take_key(parent, value, event)
        else:
            parent.items[parent.key] = value
            parent.key = None

    @staticmethod
    def _take_key(parent: _Open, value: JsonValue, event: yaml.Event) -> None:
        if not isinstance(value, str):
            _refuse("a key that is not text", event)
        if value in parent.items:
            _refuse("a key that occurs twice", event)
        parent.key = value


def _check_bare(event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
    if event.anchor is not None:
        _refuse("an anchor", event)
    if event.tag is not None:
        _refuse("a tag", event)


def _plain(value: str) -> JsonValue:
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    return int(value) if _INTEGER.match(value) else value


def _refuse(what: str, event: yaml.Event) -> NoReturn:
    mark = event.start_mark
    line = f" at line {mark.line + 1}" if mark is not None else ""
    raise RegisterError("tabel.yaml", f"{what}{line} has no place in a table")
