"""What an application hands over to be sent: content, purpose, place and context."""

from __future__ import annotations

import uuid  # noqa: TC003 - pydantic reads the annotation
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corvus_schemas.errors import SchemaError


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
        (), description="OINs, for berichttypen that are addressed (gericht, antwoord)."
    )
    zaak: uuid.UUID | None = Field(
        None, description="Own reference of a zaak; absent: a new zaak."
    )
    incident: uuid.UUID | None = None
    antwoord_op: uuid.UUID | None = None
    vervangt: uuid.UUID | None = None
    geldig_uren: int = Field(
        120, ge=1, le=24 * 90, description="Not delivered after so many hours."
    )


def parse_concept(value: object) -> Concept:
    """Check what came from outside.

    Raises:
        SchemaError: ``concept.ongeldig``, naming every field that is wrong.
    """
    try:
        return Concept.model_validate(value)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'concept'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        )
        raise SchemaError(
            "concept.ongeldig",
            f"the message file is not right: {problems}",
            advice="Begin with corvus schema voorbeeld politiemelding, which has every part.",
        ) from None
