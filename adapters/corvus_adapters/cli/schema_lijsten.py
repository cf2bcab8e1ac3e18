"""``corvus schema kenmerken`` and ``corvus schema codes``: what may be filled in."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from corvus_adapters.cli.gedeeld import JsonOption, console, for_people, print_json
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corvus_schemas.kenmerken import Bronbericht, Kenmerk


@for_people
def kenmerken(
    *,
    naam: Annotated[
        str | None, typer.Argument(help="Show this one only, with its sources.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the kenmerken that rules ask for: values, who declares them, what sets them.

    A message file declares them under kenmerken. One that an earlier message of the
    zaak establishes is cited by the SDK itself.

    Example: corvus schema kenmerken hg_label
    """
    known = load_catalogus().kenmerken
    if naam is not None and naam not in known:
        raise SchemaError(
            "kenmerk.onbekend",
            f"kenmerk {naam!r:.40} does not exist",
            advice=near(naam, known, "corvus schema kenmerken"),
        )
    chosen = [one for one in known.values() if naam in {None, one.naam}]
    if as_json:
        print_json([_as_dict(one) for one in chosen])
        return
    table = Table(title=f"{len(chosen)} kenmerken")
    for column in ("kenmerk", "values", "declared by", "set by message", "meaning"):
        table.add_column(column)
    for one in chosen:
        table.add_row(
            *map(escape, (one.naam, _values(one), _setters(one), _sources(one))),
            escape(one.omschrijving),
        )
    console.print(table)


def _values(kenmerk: Kenmerk) -> str:
    if kenmerk.codelijst is None:
        return "ja, nee"
    many = "list of " if kenmerk.soort == "lijst" else ""
    return f"{many}codes {kenmerk.codelijst.naam}"


def _setters(kenmerk: Kenmerk) -> str:
    match kenmerk.zetter_soort:
        case "verstrekker":
            return "any sender"
        case "broker":
            return "nobody: the broker works it out"
        case _:
            return ", ".join(kenmerk.zetters)


def _sources(kenmerk: Kenmerk) -> str:
    return ", ".join(dict.fromkeys(one.berichttype for one in kenmerk.bronberichten))


def _as_dict(kenmerk: Kenmerk) -> dict[str, Any]:
    lijst = kenmerk.codelijst
    return {
        "naam": kenmerk.naam,
        "soort": kenmerk.soort,
        "codelijst": None if lijst is None else lijst.naam,
        "waarden": [True, False] if lijst is None else list(lijst.codes),
        "zetter": kenmerk.zetter_soort,
        "zetters": list(kenmerk.zetters),
        "bereik": kenmerk.bereik,
        "bronberichten": [_source(one) for one in kenmerk.bronberichten],
        "omschrijving": kenmerk.omschrijving,
    }


def _source(bron: Bronbericht) -> dict[str, Any]:
    return {
        "berichttype": bron.berichttype,
        "verstrekkers": list(bron.verstrekkers),
        "voorwaarden": [
            {"veld": one.veld, "codes": list(one.codes)} for one in bron.voorwaarden
        ],
        "waarde": bron.waarde,
    }


@for_people
def codes(
    *,
    lijst: Annotated[
        str | None, typer.Argument(help="Name of a codelijst, for example doel.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the codelijsten; or one of them with its codes and their meaning.

    Example: corvus schema codes doel
    """
    known = load_catalogus().codelijsten
    if lijst is not None and lijst not in known:
        raise SchemaError(
            "codelijst.onbekend",
            f"codelijst {lijst!r:.40} does not exist",
            advice=near(lijst, known, "corvus schema codes"),
        )
    if as_json:
        print_json(
            {
                naam: dict(one.codes)
                for naam, one in known.items()
                if lijst in {None, naam}
            }
        )
    elif lijst is None:
        table = Table(title=f"{len(known)} codelijsten")
        for column in ("codelijst", "number", "codes"):
            table.add_column(column)
        for naam, one in known.items():
            shown = list(one.codes)[:4]
            rest = " ..." if len(one.codes) > len(shown) else ""
            table.add_row(naam, str(len(one.codes)), escape(" ".join(shown) + rest))
        console.print(table)
    else:
        table = Table(title=f"codelijst {lijst}")
        for column in ("code", "meaning"):
            table.add_column(column)
        for code, meaning in known[lijst].codes.items():
            table.add_row(escape(code), escape(meaning))
        console.print(table)


def near(wanted: str, known: Iterable[str], command: str) -> str:
    """Name what looks like a wanted name, and the command that lists all."""
    matches = difflib.get_close_matches(wanted, list(known), n=3)
    hint = f"Did you mean {' or '.join(matches)}? " if matches else ""
    return f"{hint}All of them: {command}"
