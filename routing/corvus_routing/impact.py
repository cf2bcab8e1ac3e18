"""What a new table would have done to messages of the past.

Only headers are needed: what the table decides on. Each is decided twice, by the code
that decides about real messages, and the outcomes are compared.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from corvus_routing.woordenboek import WILDCARD
from corvus_schemas.errors import SchemaError
from corvus_schemas.kenmerken import parse_kenmerk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from corvus_routing.beslissing import Beslissing, Soort
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.json_value import JsonValue
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde

_NODIG: Final = ("berichttype", "van", "naar")
_VELDEN: Final = frozenset({*_NODIG, "regio", "doel", "kenmerken"})
MAX_TEKENS: Final = 100_000
"""Characters in a line; a header has a few hundred."""


@dataclass(frozen=True, slots=True)
class Kopregel:
    """What a table decided on for one message and one recipient."""

    berichttype: str
    van: str
    naar: str
    regio: str
    doel: str | None
    kenmerken: Mapping[str, KenmerkWaarde]


@dataclass(frozen=True, slots=True)
class Wijziging:
    """How often one rubriek came out differently: from this outcome to that one."""

    berichttype: str
    van: str
    naar: str
    rubriek: str
    was: str
    wordt: str
    aantal: int

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        return {
            "berichttype": self.berichttype,
            "van": self.van,
            "naar": self.naar,
            "rubriek": self.rubriek,
            "was": self.was,
            "wordt": self.wordt,
            "aantal": self.aantal,
        }


@dataclass(frozen=True, slots=True)
class Impact:
    """How many headers would have been decided differently, and what of them."""

    koppen: int
    anders: int
    wijzigingen: tuple[Wijziging, ...]

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        return {
            "koppen": self.koppen,
            "anders": self.anders,
            "wijzigingen": [wijziging.to_dict() for wijziging in self.wijzigingen],
        }


def parse_koppen(lines: Iterable[str], catalogus: Catalogus) -> Iterator[Kopregel]:
    """Read headers, one JSON object a line; an empty line is passed over.

    Raises:
        SchemaError: ``koppen.ongeldig``, naming the line.
    """
    for nummer, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _parse(line, catalogus)
            except (ValueError, RecursionError, SchemaError) as error:
                reden = error.message if isinstance(error, SchemaError) else "no JSON"
                raise SchemaError(
                    "koppen.ongeldig",
                    f"line {nummer} is not a header: {reden}",
                    advice="A line is a JSON object with berichttype, van, naar, and"
                    " perhaps regio, doel and kenmerken.",
                ) from None


def _parse(line: str, catalogus: Catalogus) -> Kopregel:
    if len(line) > MAX_TEKENS:
        raise SchemaError("koppen.ongeldig", "it is too long")
    kop = cast("object", json.loads(line))
    if not isinstance(kop, dict):
        raise SchemaError("koppen.ongeldig", "it is not an object")
    vreemd = len(kop.keys() - _VELDEN)
    if vreemd:
        raise SchemaError("koppen.ongeldig", f"it has {vreemd} unknown field(s)")
    for naam in _NODIG:
        if not isinstance(kop.get(naam), str):
            raise SchemaError("koppen.ongeldig", f"{naam} is not text")
    catalogus.berichttype(kop["berichttype"])
    typen = catalogus.codelijsten["organisatietype"].codes
    for naam in ("van", "naar"):
        if kop[naam] not in typen:
            raise SchemaError("koppen.ongeldig", f"{naam} is not an organisatietype")
    regio, doel = kop.get("regio"), kop.get("doel")
    if not isinstance(regio, str | None) or not isinstance(doel, str | None):
        raise SchemaError("koppen.ongeldig", "regio or doel is not text")
    return Kopregel(
        kop["berichttype"],
        kop["van"],
        kop["naar"],
        WILDCARD if regio is None else regio,
        doel,
        _kenmerken(kop.get("kenmerken"), catalogus),
    )


def _kenmerken(value: object, catalogus: Catalogus) -> Mapping[str, KenmerkWaarde]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SchemaError("koppen.ongeldig", "kenmerken is not an object")
    uit: dict[str, KenmerkWaarde] = {}
    for naam, waarde in value.items():
        kenmerk = catalogus.kenmerken.get(naam)
        if kenmerk is None:
            raise SchemaError("koppen.ongeldig", "it has an unknown kenmerk")
        uit[naam] = parse_kenmerk(kenmerk, waarde)
    return uit


def impact(
    oud: GecompileerdeTabel, nieuw: GecompileerdeTabel, koppen: Iterable[Kopregel]
) -> Impact:
    """Decide every header with both tables, and count what differs."""
    aantal = anders = 0
    geteld: Counter[tuple[str, str, str, str, str, str]] = Counter()
    for kop in koppen:
        aantal += 1
        voor, na = _outcomes(oud, kop), _outcomes(nieuw, kop)
        verschil = [
            (kop.berichttype, kop.van, kop.naar, naam, was.value, na[naam].value)
            for naam, was in voor.items()
            if was is not na[naam]
        ]
        anders += bool(verschil)
        geteld.update(verschil)
    return Impact(
        aantal,
        anders,
        tuple(
            Wijziging(*sleutel, keer)
            for sleutel, keer in sorted(
                geteld.items(), key=lambda item: (-item[1], item[0])
            )
        ),
    )


def _outcomes(tabel: GecompileerdeTabel, kop: Kopregel) -> dict[str, Soort]:
    beslissing: Beslissing = tabel.decide(
        kop.berichttype, kop.van, kop.naar, kop.regio, kop.kenmerken
    )
    if kop.doel is not None:
        beslissing = beslissing.for_doel(kop.doel)
    return {naam: uit.soort for naam, uit in beslissing.uitkomsten.items()}
