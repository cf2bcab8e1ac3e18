"""``corvus schema``: the vocabulary."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from corvus_adapters.cli.berichtbestand import example_text
from corvus_adapters.cli.gedeeld import JsonOption, console, for_people, print_json
from corvus_adapters.cli.schema_lijsten import codes, kenmerken
from corvus_adapters.cli.schema_versies import COMMANDS
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from corvus_schemas.catalogus import Berichttype, Catalogus

app = typer.Typer(
    no_args_is_help=True,
    help="The vocabulary: berichttypen, rubrieken, fields, codes, examples.",
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
app.command("kenmerken")(kenmerken)
app.command("codes")(codes)


@app.command("list")
@for_people
def list_types(
    *,
    berichttype: Annotated[
        str | None, typer.Argument(help="Show this one with its rubrieken and fields.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List berichttypen; or one of them with rubrieken, fields and codes.

    Example: corvus schema list politiemelding
    """
    catalogus = load_catalogus()
    chosen = (
        list(catalogus.berichttypen.values())
        if berichttype is None
        else [catalogus.berichttype(berichttype)]
    )
    if as_json:
        print_json([_as_dict(one, catalogus) for one in chosen])
    elif berichttype is None:
        _show_all(chosen)
    else:
        _show_one(chosen[0], catalogus)


@app.command()
@for_people
def voorbeeld(
    berichttype: Annotated[str, typer.Argument(help="For example politiemelding.")],
) -> None:
    """Print a synthetic message file, to send with corvus verstuur or to change first.

    Its first lines say who sends it. An answer has a line to fill in: the id of the
    message that it answers.

    Example: corvus schema voorbeeld politiemelding > melding.yaml
    """
    sys.stdout.write(example_text(berichttype, load_catalogus()))


def _fields(berichttype: Berichttype, catalogus: Catalogus) -> list[dict[str, Any]]:
    return [
        {
            "rubriek": rubriek.naam,
            "verplicht": rubriek.verplicht,
            "velden": [
                _field(field, catalogus)
                for field in rubriek.schema.definition.get("fields", [])  # type: ignore[union-attr]  # an Avro record's fields are a list
            ],
        }
        for rubriek in berichttype.rubrieken
    ]


def _field(field: Any, catalogus: Catalogus) -> dict[str, Any]:
    found = {
        "veld": field["name"],
        "soort": field.get("soort"),
        "verplicht": field.get("verplicht"),
        "gevoeligheid": field.get("gevoeligheid"),
    }
    lijst = field.get("codelijst")
    if lijst:
        found["codelijst"] = lijst
        found["codes"] = dict(catalogus.codelijsten[lijst].codes)
    return found


def _as_dict(berichttype: Berichttype, catalogus: Catalogus) -> dict[str, Any]:
    return {
        "code": berichttype.code,
        "titel": berichttype.titel,
        "adressering": berichttype.adressering,
        "antwoord": berichttype.antwoord,
        "verstrekkers": berichttype.verstrekkers,
        "ontvangers": berichttype.ontvangers,
        "termijnen": berichttype.termijnen,
        "rubrieken": _fields(berichttype, catalogus),
    }


def _show_all(chosen: list[Berichttype]) -> None:
    table = Table(title=f"{len(chosen)} berichttypen")
    for column in ("code", "title", "addressing", "from", "to"):
        table.add_column(column, overflow="fold")
    for one in chosen:
        table.add_row(
            one.code,
            one.titel,
            one.adressering,
            " ".join(one.verstrekkers),
            " ".join(one.ontvangers),
        )
    console.print(table)


def _show_one(berichttype: Berichttype, catalogus: Catalogus) -> None:
    table = Table(title=f"{berichttype.code}: {berichttype.titel}")
    for column in ("rubriek", "field", "kind", "required", "codes"):
        table.add_column(column, overflow="fold")
    for rubriek in _fields(berichttype, catalogus):
        name = f"{escape(rubriek['rubriek'])}{' *' if rubriek['verplicht'] else ''}"
        for veld in rubriek["velden"]:
            codes = " ".join(veld.get("codes", ()))
            table.add_row(
                name,
                veld["veld"],
                str(veld["soort"] or ""),
                str(veld["verplicht"] or ""),
                codes,
            )
            name = ""
    console.print(table)
    console.print("* required of the sender; J required, V sometimes, N optional")
