"""The form of a table: its JSON Schema, applied fast enough for thousands of rules.

A general validator needs 0.5 ms a rule. Nearly all values of a table occur many
times, and the schema constrains each field of a rule by itself (``then`` and ``else``
only add to fields), so each distinct value is validated once and remembered.
A test holds this equal to validating the whole document with the same schema.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Final, cast

from jsonschema import Draft202012Validator

from corvus_routing.json_value import JsonValue
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.exceptions import ValidationError

JsonObject = dict[str, JsonValue]

SCHEMA_FILE: Final = "verstrekkingentabel.schema.json"


def load_schema() -> JsonObject:
    """Read the JSON Schema that ships with this package."""
    source = resources.files("corvus_routing").joinpath(SCHEMA_FILE)
    return cast("JsonObject", json.loads(source.read_text(encoding="utf-8")))


class Tabelvorm:
    """Finds what in a document does not follow the schema."""

    def __init__(self) -> None:
        self._schema = load_schema()
        definitions = _object(self._schema["$defs"])
        regel = _object(definitions["regel"])
        self._required = frozenset(cast("list[str]", regel["required"]))
        self._besluiten = {
            "ja": _overlay(regel, "then"),
            "nee": _overlay(regel, "else"),
        }
        self._document = Draft202012Validator(self._schema)
        self._seen: dict[tuple[object, ...], tuple[str, ...]] = {}

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields a rule can have."""
        return tuple(self._besluiten["ja"])

    def parse_document(self, payload: JsonValue) -> tuple[JsonObject, list[JsonValue]]:
        """Check everything around the rules; give the document and its rules.

        Raises:
            RegisterError: ``tabel.ongeldig``.
        """
        regels = payload.get("regels") if isinstance(payload, dict) else None
        shell = (
            {**payload, "regels": [] if isinstance(regels, list) else regels}
            if isinstance(payload, dict)
            else payload
        )
        problems = [_sentence(error) for error in self._document.iter_errors(shell)]
        if problems or not isinstance(payload, dict) or not isinstance(regels, list):
            raise RegisterError("tabel.ongeldig", "; ".join(sorted(problems)))
        return payload, regels

    def problems(self, regel: JsonObject) -> Iterator[str]:
        """Give what is wrong with the form of one rule."""
        besluit = regel.get("besluit")
        fields = self._besluiten["ja" if besluit == "ja" else "nee"]
        for name in sorted(self._required - regel.keys()):
            yield f"{name} is missing"
        for name, value in regel.items():
            schema = fields.get(name)
            if schema is None:
                yield "it has a field that is not in the schema"
            elif isinstance(value, dict | list):
                yield f"{name} holds more than one value"
            else:
                yield from self._field(name, value, schema, ja=besluit == "ja")

    def _field(
        self, name: str, value: str | int | None, schema: JsonObject, *, ja: bool
    ) -> tuple[str, ...]:
        key = (name, type(value), value, ja)
        found = self._seen.get(key)
        if found is None:
            validator = self._document.evolve(schema=schema)
            found = tuple(
                f"{name} {_reason(error)}" for error in validator.iter_errors(value)
            )
            if isinstance(value, str) and not value.isprintable():
                found += (f"{name} holds a control character",)
            self._seen[key] = found
        return found


def _overlay(regel: JsonObject, branch: str) -> Mapping[str, JsonObject]:
    """Give the schema of each field of a rule as one branch of the ``if`` has it."""
    extra = _object(_object(regel[branch])["properties"])
    return {
        name: {"allOf": [schema, extra.get(name, True)]}
        for name, schema in _object(regel["properties"]).items()
    }


def _object(value: JsonValue) -> JsonObject:
    return cast("JsonObject", value)


def _sentence(error: ValidationError) -> str:
    where = "/".join(str(part) for part in error.absolute_path) or "the document"
    return f"{where} {_reason(error)}"


def _reason(error: ValidationError) -> str:
    """Say which demand is broken, without repeating the value."""
    demand = cast("object", error.validator_value)
    match error.validator:
        case "enum" if isinstance(demand, list):
            return f"is not one of {', '.join(map(str, demand))}"
        case "type":
            return f"is not of type {demand} (text needs quotes)"
        case "not":
            return "has a wildcard, which only a rule with besluit nee may have"
        case "required" if isinstance(demand, list):
            missing = sorted(set(demand) - set(cast("JsonObject", error.instance)))
            return f"lacks {', '.join(missing)}"
        case _:
            return f"fails {error.validator} of the schema"
