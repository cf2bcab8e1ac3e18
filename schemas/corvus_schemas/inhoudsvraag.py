"""What the content rules look at: one message as its sender or a recipient has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.errors import SchemaError
    from corvus_schemas.kenmerken import KenmerkWaarde


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is sent and delivered, and deserves attention."""

    code: str
    melding: str


Bezwaar: TypeAlias = "SchemaError | Alarm"


@dataclass(frozen=True, slots=True)
class Inhoudsvraag:
    """The content to judge, and what is known around it.

    ``ontvanger`` is the type of the organisation that received it; None: the sender
    itself asks, who alone has all of the content, the kenmerken it declares, the
    berichttypen it knows of the zaak, and whether it opens that zaak.
    """

    berichttype: str
    inhoud: Mapping[str, object]
    ontvanger: str | None = None
    kenmerken: Mapping[str, KenmerkWaarde] = field(default_factory=dict)
    eerder: frozenset[str] = frozenset()
    opent_zaak: bool = False

    @property
    def is_afzender(self) -> bool:
        """Whether the content is whole, because its sender asks."""
        return self.ontvanger is None

    def personen(self, *rollen: str) -> list[Mapping[str, object]]:
        """Give the betrokkenen, of these roles only when any is named."""
        found = self.inhoud.get("betrokkenen")
        records = found if isinstance(found, list) else []
        return [
            one
            for one in records
            if isinstance(one, dict) and (not rollen or one.get("rol") in rollen)
        ]


def value_at(value: object, *path: str) -> object:
    """Follow names into nested records; None where something is absent."""
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def code_at(value: object, *path: str) -> str | None:
    """As ``value_at``, for a text or code."""
    found = value_at(value, *path)
    return found if isinstance(found, str) else None


def listed(value: object) -> list[object]:
    """Give a list that may be absent."""
    return list(value) if isinstance(value, list) else []
