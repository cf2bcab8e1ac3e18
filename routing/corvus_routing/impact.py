"""What a new table would have done to messages of the past, or does to those of now.

Only headers are needed: what the table decides on. Each is decided twice, by the code
that decides about real messages, and the outcomes are compared. Headers come from a
file, or from the inputs of decisions that the audit log holds.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

from corvus_routing.beslissing import GEEN_REGEL, serves_doel
from corvus_routing.woordenboek import WILDCARD
from corvus_schemas.errors import SchemaError
from corvus_schemas.kenmerken import parse_kenmerk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from corvus_routing.beslissing import Beslissing, Uitkomst
    from corvus_routing.json_value import JsonValue
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde

_NODIG: Final = ("berichttype", "van", "naar")
_VELDEN: Final = frozenset({*_NODIG, "regio", "doel", "kenmerken"})
MAX_TEKENS: Final = 100_000
"""Characters in a line; a header has a few hundred."""


class Beslisser(Protocol):
    """What decides: a table, or the two that a message in flight is held against."""

    def decide(
        self,
        berichttype: str,
        verstrekker_type: str,
        ontvanger_type: str,
        regio: str,
        kenmerken: Mapping[str, KenmerkWaarde],
    ) -> Beslissing:
        """Decide for every rubriek of a berichttype between two parties."""
        ...


@dataclass(frozen=True, slots=True)
class Kopregel:
    """What a table decided on for one message and one recipient.

    ``cellen`` has the rubriek of each label that this is about; None where that is not
    known: every rubriek of the berichttype.
    """

    berichttype: str
    van: str
    naar: str
    regio: str
    doel: str | None
    kenmerken: Mapping[str, KenmerkWaarde]
    ontvanger: str = ""
    cellen: Mapping[str, str] | None = None


Koppen: TypeAlias = "Sequence[Kopregel]"
"""The headers of one message: of its recipients, and of persons who differ."""


@dataclass(frozen=True, slots=True)
class Verschil:
    """One cel of one message that comes out differently for one recipient."""

    kop: Kopregel
    label: str
    rubriek: str
    was: Uitkomst
    wordt: Uitkomst


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


def parse_koppen(lines: Iterable[str], catalogus: Catalogus) -> Iterator[Koppen]:
    """Read headers, one JSON object a line; an empty line is passed over.

    A line is a message with one recipient.

    Raises:
        SchemaError: ``koppen.ongeldig``, naming the line.
    """
    for nummer, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield (_parse(line, catalogus),)
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


def impact(oud: Beslisser, nieuw: Beslisser, berichten: Iterable[Koppen]) -> Impact:
    """Decide every message with both tables, and count what differs."""
    telling = Telling(oud, nieuw)
    for koppen in berichten:
        telling.add(koppen)
    return telling.impact


class Telling:
    """Counts message by message.

    A rubriek counts once a message and recipient, however many persons it is about.
    """

    def __init__(self, oud: Beslisser, nieuw: Beslisser) -> None:
        self._oud, self._nieuw = oud, nieuw
        self._koppen = self._anders = 0
        self._geteld: Counter[tuple[str, str, str, str, str, str]] = Counter()

    def add(self, koppen: Koppen) -> None:
        """Decide one message with both, and count it."""
        verschillen = compare(self._oud, self._nieuw, koppen)
        self._koppen += 1
        self._anders += bool(verschillen)
        found = {
            (
                een.kop.ontvanger,
                een.kop.berichttype,
                een.kop.van,
                een.kop.naar,
                een.rubriek,
                een.was.soort.value,
                een.wordt.soort.value,
            )
            for een in verschillen
        }
        self._geteld.update(key[1:] for key in found)

    @property
    def impact(self) -> Impact:
        """What was counted, the most frequent first."""
        ordered = sorted(self._geteld.items(), key=lambda item: (-item[1], item[0]))
        return Impact(
            self._koppen,
            self._anders,
            tuple(Wijziging(*sleutel, keer) for sleutel, keer in ordered),
        )


def compare(oud: Beslisser, nieuw: Beslisser, koppen: Koppen) -> list[Verschil]:
    """Decide one message with both, and give every cel that comes out differently."""
    return [
        Verschil(kop, label, rubriek, was, wordt)
        for kop, voor, na in zip(
            koppen, _decide(oud, koppen), _decide(nieuw, koppen), strict=True
        )
        if voor is not na
        for label, rubriek in _cellen(kop, voor)
        if (was := voor.uitkomsten.get(rubriek, GEEN_REGEL)).soort
        is not (wordt := na.uitkomsten.get(rubriek, GEEN_REGEL)).soort
    ]


def _decide(beslisser: Beslisser, koppen: Koppen) -> list[Beslissing]:
    """Decide as the router does: a doel has to serve one recipient, not every one."""
    beslissingen = [
        beslisser.decide(kop.berichttype, kop.van, kop.naar, kop.regio, kop.kenmerken)
        for kop in koppen
    ]
    doel = koppen[0].doel if koppen else None
    if doel is None or serves_doel(beslissingen, doel):
        return beslissingen
    return [beslissing.for_doel(doel) for beslissing in beslissingen]


def _cellen(kop: Kopregel, voor: Beslissing) -> Iterable[tuple[str, str]]:
    if kop.cellen is not None:
        return kop.cellen.items()
    return ((naam, naam) for naam in voor.uitkomsten)
