"""Message files: read with their lines at hand, and examples written with comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from corvus_adapters.cli.gedeeld import parse_structured, read_text
from corvus_adapters.sdk.concept import Concept, dotted, parse_concept
from corvus_schemas.errors import SchemaError
from corvus_schemas.voorbeeld_bericht import GEMEENTE, voorbeeld_bericht

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.voorbeeld_bericht import Opzet, Voorbeeldbericht

FILL_IN: Final = "VUL-IN"
_WAAR: Final = "noord-nl"
_VERWIJST: Final = {
    "antwoord_op": "the bericht_id of the {na} that this answers",
    "zaak": "the zaak of an earlier {na}: what it established is needed here",
}


def read_concept(path: Path) -> Concept:
    """Read a message file.

    Raises:
        SchemaError: ``bestand.onleesbaar``, ``concept.ongeldig`` with lines,
            ``concept.invullen`` where an example was not completed.
    """
    text = read_text(path)
    value = parse_structured(text, path)
    root = yaml.compose(text, Loader=yaml.SafeLoader)

    def waar(loc: Sequence[int | str]) -> str:
        line = _line(root, loc)
        return dotted(loc) if line is None else f"line {line}, {dotted(loc)}"

    if places := [waar(loc) for loc in _to_fill_in(value, ())]:
        raise SchemaError(
            "concept.invullen",
            f"{'; '.join(places)}: yet to be filled in",
            advice="The comment at the top of the file says what goes there.",
        )
    return parse_concept(value, waar)


def _to_fill_in(
    value: object, loc: tuple[int | str, ...]
) -> Iterator[tuple[int | str, ...]]:
    if value == FILL_IN:
        yield loc
    elif isinstance(value, dict):
        for naam, one in value.items():
            yield from _to_fill_in(one, (*loc, str(naam)))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _to_fill_in(one, (*loc, number))


def _line(node: yaml.Node | None, loc: Sequence[int | str]) -> int | None:
    """Give the line of the deepest part of a place that is in the file."""
    found: int | None = None
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            pairs = [pair for pair in node.value if pair[0].value == str(step)]
            if not pairs:
                return found
            found, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                return found
            node = node.value[step]
            found = node.start_mark.line + 1
    return found


def naam_in_sandbox(type_: str, van: str = "") -> str:
    """Give the short name of who is of a type in the sandbox's region of the examples."""
    if type_ == "VT":
        # Somebody else where a VT writes to a VT.
        return "vt-west-brabant" if van == "VT" else "vt-groningen"
    return f"{type_.lower()}-{_WAAR}"


def example_text(berichttype: str, catalogus: Catalogus) -> str:
    """Write the example of a berichttype as a file for ``corvus verstuur``.

    Raises:
        SchemaError: ``berichttype.onbekend``, ``voorbeeld.geen``.
    """
    voorbeeld = voorbeeld_bericht(berichttype, catalogus)
    opzet = voorbeeld.opzet
    afzender = naam_in_sandbox(opzet.van)
    title = catalogus.berichttype(berichttype).titel
    lines = [
        f"# {title}. Made up: nobody in it exists.",
        f"# To send it in a sandbox: corvus verstuur FILE --als {afzender}",
    ]
    if opzet.na:
        lines += _first(opzet, catalogus, afzender)
    if opzet.betreft is not None:
        rubriek, veld = opzet.betreft
        inhoud = voorbeeld.inhoud[rubriek]
        if isinstance(inhoud, dict):
            inhoud[veld] = FILL_IN
    content = _dump({"inhoud": voorbeeld.inhoud})
    return "\n".join(lines) + "\n" + _dump(_head(voorbeeld)) + content


def _first(opzet: Opzet, catalogus: Catalogus, afzender: str) -> list[str]:
    """Say which message comes before this one, and where its id is."""
    eerst = voorbeeld_bericht(opzet.na, catalogus).opzet.van
    schrijver = naam_in_sandbox(eerst)
    what = _VERWIJST[opzet.verwijst].format(na=opzet.na)
    where = (
        "corvus verstuur printed it"
        if schrijver == afzender
        else f"corvus ontvang --als {afzender} shows it"
    )
    return [
        f"# After: corvus schema voorbeeld {opzet.na}, sent --als {schrijver}.",
        f"# Fill in {opzet.verwijst}: {what}.",
        *(
            [f"# Fill in {'.'.join(opzet.betreft)}: its bericht_id."]
            if opzet.betreft
            else []
        ),
        f"# Where to find it: {where}.",
    ]


def _head(voorbeeld: Voorbeeldbericht) -> dict[str, Any]:
    opzet = voorbeeld.opzet
    head: dict[str, Any] = {"berichttype": voorbeeld.berichttype}
    if opzet.verwijst:
        head[opzet.verwijst] = FILL_IN
    head["doel"] = opzet.doel
    if opzet.naar:
        head["geadresseerden"] = [naam_in_sandbox(n, opzet.van) for n in opzet.naar]
    head["gemeente"] = GEMEENTE
    if opzet.kenmerken:
        head["kenmerken"] = {
            naam: list(waarde) if isinstance(waarde, tuple) else waarde
            for naam, waarde in opzet.kenmerken.items()
        }
    return head


def _dump(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=88)
