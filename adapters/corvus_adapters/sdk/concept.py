"""What an application hands over to be sent: content, purpose, place and context."""

from __future__ import annotations

import difflib
import uuid  # noqa: TC003 - pydantic reads the annotation
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corvus_adapters.sdk.waarheden import read_truths
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_UUID: Final = "an id is expected, as corvus verstuur and corvus ontvang print it"
_EXPECTED: Final = {
    "string_type": "text is expected; put a number or a date between quotes",
    "dict_type": "a block of names and values is expected",
    "tuple_type": "a list is expected, as in [a, b]",
    "int_type": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "greater_than_equal": "a number is expected of at least",
    "less_than_equal": "a number is expected of at most",
    "uuid_parsing": _UUID,
    "uuid_type": _UUID,
    "literal_error": "one is expected of",
}


def dotted(loc: Sequence[int | str]) -> str:
    """Write a place as a path with dots."""
    return ".".join(map(str, loc))


class Concept(BaseModel):
    """A message before it is sealed; also the format of ``corvus verstuur FILE``.

    ``kenmerken`` may hold facts that an earlier message established; the SDK cites the
    message for those that this sender does not declare itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    berichttype: str
    inhoud: dict[str, Any] = Field(
        repr=False, description="Rubrieken, betrokkenen and acties."
    )
    doel: str = Field(description="Purpose: one of the doelen of the rules.")
    verwerkingsbasis: str = "WETTELIJKE_TAAK"
    functie: str = Field("medewerker", description="Function, never a person.")
    spoed: str = "normaal"
    afstemmingsmoment: str = "regulier"
    thema: tuple[str, ...] = ()
    kenmerken: dict[str, bool | str | tuple[str, ...]] = Field(default_factory=dict)
    gemeente: str | None = Field(
        None, description="Residence of the victims or children: name or code."
    )
    vt_regio: str | None = None
    geadresseerden: tuple[str, ...] = Field(
        (),
        description="OINs, for berichttypen that are addressed (gericht, antwoord);"
        " corvus verstuur reads short names too.",
    )
    zaak: uuid.UUID | None = Field(
        None, description="Own reference of a zaak; absent: a new zaak."
    )
    incident: uuid.UUID | None = None
    over_betrokkenen: tuple[uuid.UUID, ...] = Field(
        (),
        description="betrokkene_ref of whom the message establishes a fact about, where"
        " it has several persons or answers about several.",
    )
    besluit: Literal["vrijgeven", "herbevestigen", "vernietigen"] = Field(
        "vrijgeven",
        description="In a vrijgave: what is to be done with what is held.",
    )
    antwoord_op: uuid.UUID | None = None
    vervangt: uuid.UUID | None = None
    geldig_uren: int = Field(
        120, ge=1, le=24 * 90, description="Not delivered after so many hours."
    )


def parse_concept(
    value: object, waar: Callable[[Sequence[int | str]], str] = dotted
) -> Concept:
    """Check what came from outside; ``waar`` says where a part of it stands.

    ``ja`` and ``nee`` are read as true and false.

    Raises:
        SchemaError: ``concept.ongeldig``, naming every part that is wrong.
    """
    try:
        return Concept.model_validate(read_truths(value, load_catalogus()))
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        # A kenmerk is tried as one kind of value after the other: one problem.
        problems = dict.fromkeys(
            describe_problem(one["type"], one["loc"], one.get("ctx", {}), waar)
            for one in details
        )
        raise SchemaError(
            "concept.ongeldig",
            f"the message file is not right: {'; '.join(problems)}",
            advice="An example that has every part: corvus schema voorbeeld BERICHTTYPE",
        ) from None


def describe_problem(
    soort: str,
    loc: Sequence[int | str],
    grenzen: Mapping[str, object],
    waar: Callable[[Sequence[int | str]], str],
) -> str:
    """Say in a sentence what is wrong with one part."""
    if not loc:
        return "it has to hold names and values, as in berichttype: politiemelding"
    if loc[0] == "kenmerken" and len(loc) > 1:
        return f"{waar(loc[:2])}: ja, nee, a code or a list of codes is expected"
    if soort == "missing":
        return f"{waar(loc[:-1]) + ': ' if loc[:-1] else ''}{loc[-1]} is missing"
    if soort == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), Concept.model_fields)
        hint = f"; did you mean {near[0]}" if near else ""
        return f"{waar(loc)}: a message file has no part of this name{hint}"
    limit = grenzen.get("ge", grenzen.get("le", grenzen.get("expected")))
    expected = _EXPECTED.get(soort, "it is not what is expected here")
    return f"{waar(loc)}: {expected}" + ("" if limit is None else f" {limit}")
