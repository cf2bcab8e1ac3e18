"""Kenmerken: what routing may depend on, who may set it, and what establishes it.

A kenmerk is declared by the sender of a message if its type may (``zetters``), or it
is established by an earlier message of the zaak (``bronberichten``). Deciding whether
a fact holds is the broker's work; this module gives the vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.bronbestand import Knoop
    from corvus_schemas.codelijsten import Codelijst

KenmerkWaarde: TypeAlias = "bool | str | tuple[str, ...]"
KenmerkSoort = Literal["bool", "enum", "lijst"]
ZetterSoort = Literal["verstrekker", "organisatie", "broker"]
Bereik = Literal["bericht", "zaak", "betrokkene", "ontvanger"]


@dataclass(frozen=True)
class BronVoorwaarde:
    """A field of the source message that has to hold one of these codes."""

    veld: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Bronbericht:
    """A message that establishes a kenmerk for the messages after it in the zaak.

    ``waarde`` None: the value that message declared. All ``voorwaarden`` have to hold;
    a list field holds when one of its codes is there.
    """

    berichttype: str
    verstrekkers: tuple[str, ...]
    voorwaarden: tuple[BronVoorwaarde, ...]
    waarde: KenmerkWaarde | None


@dataclass(frozen=True, eq=False)
class Kenmerk:
    """One kenmerk.

    ``standaard`` holds while no source message exists; None: unknown. A kenmerk with
    ``opheffers`` stays true in the zaak until one of those types declares it false.
    ``rollen``: of a fact about a person, the roles it can be about.
    """

    naam: str
    soort: KenmerkSoort
    codelijst: Codelijst | None
    zetter_soort: ZetterSoort
    zetters: tuple[str, ...]
    bereik: Bereik
    rollen: tuple[str, ...]
    standaard: KenmerkWaarde | None
    opheffers: tuple[str, ...]
    bronberichten: tuple[Bronbericht, ...]
    omschrijving: str

    @property
    def of_the_chain(self) -> bool:
        """Whether it is configuration: no message sets it, the register does."""
        return (
            self.zetter_soort == "broker"
            and self.standaard is not None
            and not self.bronberichten
        )

    def may_declare(self, berichttype: str, verstrekker: str) -> bool:
        """Say whether this sender type may declare the kenmerk in this message."""
        return (
            self.zetter_soort == "verstrekker"
            or verstrekker in self.zetters
            or any(
                bron.berichttype == berichttype
                and verstrekker in bron.verstrekkers
                and bron.waarde is None
                for bron in self.bronberichten
            )
        )


def parse_kenmerk(kenmerk: Kenmerk, value: object) -> KenmerkWaarde:
    """Check a value that a sender declares; a list comes back sorted, without repeats.

    Raises:
        SchemaError: ``kenmerk.ongeldig``, naming the kenmerk and what is allowed.
    """
    match kenmerk.soort:
        case "bool":
            if isinstance(value, bool):
                return value
            raise _fault(kenmerk, "true or false is expected; in a file also ja or nee")
        case "enum":
            return _code(kenmerk, value)
        case "lijst":
            if isinstance(value, (list, tuple)):
                return tuple(sorted({_code(kenmerk, item) for item in value}))
            raise _fault(kenmerk, "a list of codes is expected")


def _code(kenmerk: Kenmerk, value: object) -> str:
    codes = kenmerk.codelijst.codes if kenmerk.codelijst else {}
    if isinstance(value, str) and value in codes:
        return value
    raise _fault(kenmerk, f"unknown code; allowed: {', '.join(codes)}")


def _fault(kenmerk: Kenmerk, what: str) -> SchemaError:
    return SchemaError("kenmerk.ongeldig", f"{kenmerk.naam}: {what}")


def parse_kenmerken(
    bestand: Knoop, codelijsten: Mapping[str, Codelijst]
) -> dict[str, Kenmerk]:
    """Read all kenmerken from one file.

    Raises:
        SchemaError: ``schemabestand.ongeldig``.
    """
    return {
        naam: _kenmerk(naam, knoop, codelijsten)
        for naam, knoop in bestand.members().items()
    }


def _kenmerk(naam: str, knoop: Knoop, codelijsten: Mapping[str, Codelijst]) -> Kenmerk:
    codelijst = knoop.get("codelijst")
    if codelijst and codelijst.text() not in codelijsten:
        raise codelijst.fault("there is no such codelijst")
    zetter = knoop.need("zetter")
    return Kenmerk(
        naam=naam,
        soort=cast("KenmerkSoort", _one_of(knoop.need("soort"), KenmerkSoort)),
        codelijst=codelijsten[codelijst.text()] if codelijst else None,
        zetter_soort=cast("ZetterSoort", _one_of(zetter.need("soort"), ZetterSoort)),
        zetters=zetter.need("types").texts(),
        bereik=cast("Bereik", _one_of(knoop.need("bereik"), Bereik)),
        rollen=knoop.need("rollen").texts(),
        standaard=_value(knoop.get("standaard")),
        opheffers=knoop.need("opheffers").texts(),
        bronberichten=tuple(map(_bronbericht, knoop.need("bronbericht").items())),
        omschrijving=knoop.need("omschrijving").text(),
    )


def _one_of(knoop: Knoop, literal: object) -> str:
    text = knoop.text()
    allowed: tuple[str, ...] = get_args(literal)
    if text not in allowed:
        raise knoop.fault(f"unknown word; allowed: {', '.join(allowed)}")
    return text


def _value(knoop: Knoop | None) -> KenmerkWaarde | None:
    if knoop is None:
        return None
    match knoop.waarde:
        case bool() | str():
            return knoop.waarde
        case _:
            return knoop.texts()


def _bronbericht(knoop: Knoop) -> Bronbericht:
    conditions = knoop.get("voorwaarde")
    return Bronbericht(
        berichttype=knoop.need("berichttype").text(),
        verstrekkers=knoop.need("verstrekkers").texts(),
        voorwaarden=tuple(
            BronVoorwaarde(item.need("veld").text(), item.need("codes").texts())
            for item in (conditions.items() if conditions else ())
        ),
        waarde=_value(knoop.get("waarde")),
    )
