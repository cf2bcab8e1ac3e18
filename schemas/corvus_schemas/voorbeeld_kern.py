"""Puts given values, written as text, into a made-up message.

Notation: `true`, a code, a number, text; `[A2, T0]` for a list; `K2=aanwezig` for
entries of a map or fields of a record, `[voldaan]` for records by one of their codes;
`absent` leaves an optional field out. A timestamp may lack its seconds. A uuid field
takes any other text (`message 3`) as a name, and gets a uuid made from it.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from corvus_schemas.errors import SchemaError
from corvus_schemas.velden import Code, Getal, Kaart, Lijst, Record, Tekst, Waarheid
from corvus_schemas.waarden import check_uuid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.avro import JsonValue
    from corvus_schemas.berichttypen import Berichttype
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.velden import Soort, Veld

NAMESPACE = uuid.UUID("c0455500-0000-4000-8000-000000000000")
_ROLE = re.compile(r"\[(\w+)(?:#(\d))?\]")
_NO_SECONDS = re.compile(r"(T\d\d:\d\d)([Z+-])")
_WAARHEID = {"true": True, "ja": True, "false": False, "nee": False}


def apply_kern(
    berichttype: Berichttype,
    catalogus: Catalogus,
    found: Mapping[str, dict[str, JsonValue]],
    kern: Mapping[str, str],
) -> None:
    """Put the values into the rubrieken that were made, by label.

    Raises:
        SchemaError: ``voorbeeld.kern_ongeldig``, naming the path.
    """
    for path, text in kern.items():
        place, _, naam = path.rpartition(".")
        role = _ROLE.search(place)
        rubriek = berichttype.rubriek(_ROLE.sub(r"[\1]", place))
        if rubriek is None:
            raise _fault(path, f"{berichttype.code} has no such rubriek")
        made = found.get(rubriek.label(int(role[2] or 0) if role else 0))
        if made is None:
            raise _fault(path, "this rubriek was not asked for")
        veld = catalogus.velden(rubriek).velden.get(naam)
        if veld is None:
            raise _fault(path, "there is no such field")
        _set(made, veld, text, path)


def _set(made: dict[str, JsonValue], veld: Veld, text: str, path: str) -> None:
    if text == "absent" and not veld.required:
        made.pop(veld.naam, None)
    else:
        made[veld.naam] = _convert(veld.soort, text, path, made.get(veld.naam))


def _convert(  # noqa: PLR0911, C901 - one case per kind of field
    soort: Soort, text: str, path: str, sample: JsonValue
) -> JsonValue:
    match soort:
        case Waarheid():
            if text not in _WAARHEID:
                raise _fault(path, "true or false is expected")
            return _WAARHEID[text]
        case Getal():
            if not text.isdecimal():
                raise _fault(path, "a whole number is expected")
            return int(text)
        case Code(codes):
            if text not in codes:
                raise _fault(path, f"unknown code; allowed: {', '.join(codes)}")
            return text
        case Tekst():
            return _text(soort, text)
        case Lijst(item):
            first = sample[0] if isinstance(sample, list) and sample else None
            return [_convert(item, part, path, first) for part in _parts(text)]
        case Kaart(sleutels, item):
            fields = dict.fromkeys(sleutels, item)
            return _entries(fields, text, path, sample)
        case Record(velden):
            fields = {naam: veld.soort for naam, veld in velden.items()}
            return _entries(fields, _by_code(soort, text), path, sample)


def _text(tekst: Tekst, text: str) -> str:
    if tekst.soort == "uuid" and check_uuid(text) is not None:
        return str(uuid.uuid5(NAMESPACE, text))
    if tekst.soort == "timestamp":
        return _NO_SECONDS.sub(r"\1:00\2", text)
    return text


def _parts(text: str) -> list[str]:
    if text.startswith("[") and text.endswith("]"):
        return [part for item in text[1:-1].split(",") if (part := item.strip())]
    return [text]


def _by_code(record: Record, text: str) -> str:
    """Read a bare code as the field of the record that knows it."""
    for naam, veld in record.velden.items():
        if isinstance(veld.soort, Code) and text in veld.soort.codes:
            return f"{naam}={text}"
    return text


def _entries(
    fields: Mapping[str, Soort], text: str, path: str, sample: JsonValue
) -> dict[str, JsonValue]:
    made = dict(sample) if isinstance(sample, dict) else {}
    for part in text.split(","):
        naam, is_entry, value = part.strip().partition("=")
        if not is_entry or naam not in fields:
            allowed = ", ".join(fields)
            raise _fault(path, f"name=value is expected, with a name of: {allowed}")
        made[naam] = _convert(fields[naam], value, path, made.get(naam))
    return made


def _fault(path: str, what: str) -> SchemaError:
    return SchemaError("voorbeeld.kern_ongeldig", f"{path}: {what}")
