"""Gebieden: from a gemeente to its VT-regio, arrondissement and politie-eenheid.

A place that can mean two VT-regios is refused with the candidates named; nothing is
guessed. The codes shipped are synthetic (``synthetisch``); the list of the CBS has
the same form.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from corvus_schemas.bronbestand import read_bestand
from corvus_schemas.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from importlib.resources.abc import Traversable

    from corvus_schemas.bronbestand import Knoop

_ADVICE = "give the gemeentecode, or the full name of the gemeente"


@dataclass(frozen=True)
class VtRegio:
    """One of the regions of Veilig Thuis, with the areas it lies in."""

    code: str
    naam: str
    arrondissement: str
    politie_eenheid: str
    rnzs: str
    ao_regios: tuple[str, ...]


@dataclass(frozen=True)
class Gemeente:
    """One entry of the list of gemeenten; valid from the first day to before the last."""

    sleutel: str
    gemeentecode: str
    naam: str
    vt_regio: VtRegio
    geldig_van: str
    geldig_tot: str | None

    def valid_on(self, day: str) -> bool:
        """Say whether the entry holds on a day (YYYY-MM-DD)."""
        return self.geldig_van <= day and (
            self.geldig_tot is None or day < self.geldig_tot
        )


@dataclass(frozen=True, eq=False)
class Gebieden:
    """All gemeenten and VT-regios; ``namen`` has every spelling in lower case."""

    synthetisch: bool
    vt_regios: Mapping[str, VtRegio]
    gemeenten: Mapping[str, Gemeente]
    namen: Mapping[str, tuple[str, ...]]

    def find_gemeente(self, plaats: str, op: date) -> Gemeente:
        """Give the gemeente of a gemeentecode, key or name on a day.

        Raises:
            AddressError: ``adres.geen_route``, or ``adres.dubbele_route`` with the
                candidates when it can mean more than one VT-regio.
        """
        keys = self._keys(plaats)
        # An entry whose gemeente also stands in another region is as ambiguous.
        names = {self.gemeenten[key].naam for key in keys}
        found = [
            gemeente
            for key, gemeente in self.gemeenten.items()
            if (key in keys or gemeente.naam in names)
            and gemeente.valid_on(op.isoformat())
        ]
        if not found:
            raise AddressError(
                "adres.geen_route", "no gemeente with this code or name", advice=_ADVICE
            )
        if len({gemeente.vt_regio.code for gemeente in found}) > 1:
            raise AddressError(
                "adres.dubbele_route",
                "more than one VT-regio: "
                + ", ".join(f"{g.naam} in {g.vt_regio.naam}" for g in found),
                advice=_ADVICE,
            )
        return found[0]

    def _keys(self, plaats: str) -> tuple[str, ...]:
        if plaats in self.gemeenten:
            return (plaats,)
        coded = [k for k, g in self.gemeenten.items() if g.gemeentecode == plaats]
        return tuple(coded) or self.namen.get(plaats.lower(), ())


@functools.cache
def load_gebieden() -> Gebieden:
    """Load the gebieden that come with the code; the same object every time."""
    return read_gebieden(resources.files("corvus_schemas") / "data" / "gebieden.json")


def read_gebieden(place: Traversable) -> Gebieden:
    """Read gebieden from a file of the same form.

    Raises:
        SchemaError: ``schemabestand.ongeldig``, naming the place.
    """
    bestand = read_bestand(place)
    regios = {
        code: _regio(code, knoop)
        for code, knoop in bestand.need("vt_regios").members().items()
    }
    gemeenten = {
        sleutel: _gemeente(sleutel, knoop, regios)
        for sleutel, knoop in bestand.need("gemeenten").members().items()
    }
    namen = bestand.need("namen").members().items()
    return Gebieden(
        synthetisch=bestand.need("synthetisch").flag(),
        vt_regios=regios,
        gemeenten=gemeenten,
        namen={naam: keys.texts() for naam, keys in namen},
    )


def _regio(code: str, knoop: Knoop) -> VtRegio:
    return VtRegio(
        code=code,
        naam=knoop.need("naam").text(),
        arrondissement=knoop.need("arrondissement").text(),
        politie_eenheid=knoop.need("politie_eenheid").text(),
        rnzs=knoop.need("rnzs").text(),
        ao_regios=knoop.need("ao_regios").texts(),
    )


def _gemeente(sleutel: str, knoop: Knoop, regios: Mapping[str, VtRegio]) -> Gemeente:
    regio = knoop.need("vt_regio")
    if regio.text() not in regios:
        raise regio.fault("there is no such VT-regio")
    einde = knoop.get("geldig_tot")
    return Gemeente(
        sleutel=sleutel,
        gemeentecode=knoop.need("gemeentecode").text(),
        naam=knoop.need("naam").text(),
        vt_regio=regios[regio.text()],
        geldig_van=knoop.need("geldig_van").text(),
        geldig_tot=einde.text() if einde else None,
    )
