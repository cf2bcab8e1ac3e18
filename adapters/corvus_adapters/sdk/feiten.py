"""Facts at the sender: what a message establishes, what it cites, what it declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_adapters.sdk.personen import about, persons_in, roles_concerned
from corvus_broker.personen import BETROKKENE
from corvus_schemas.errors import SchemaError
from corvus_schemas.kenmerken import KenmerkWaarde, parse_kenmerk
from corvus_schemas.wire.bericht import DeclaredKenmerk, Feit, Vaststelling

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import Bronbericht, Kenmerk
    from corvus_schemas.wire.bericht import Persoon

AFSTEMMINGSMOMENT = "afstemmingsmoment"


@dataclass(frozen=True, slots=True)
class BekendBericht:
    """A message of the zaak that this organisation wrote or received."""

    bericht_id: bytes
    berichttype: str
    verstrekker: str
    verstrekker_type: str


@dataclass(frozen=True, slots=True)
class Feitenset:
    """The kenmerken part of a routering, and the values this sender decides with."""

    kenmerken: list[DeclaredKenmerk]
    stelt_vast: list[Vaststelling]
    feiten: list[Feit]
    waarden: dict[str, KenmerkWaarde]
    personen: list[Persoon]


@dataclass(frozen=True, slots=True)
class Context:
    """What facts are worked out from, besides the caller's own kenmerken."""

    berichttype: str
    eigen_type: str
    gebruikt: frozenset[str]
    inhoud: Mapping[str, object]
    bekend: Sequence[BekendBericht]
    over: Sequence[uuid.UUID] = ()


def collect_facts(
    catalogus: Catalogus, gevraagd: Mapping[str, object], context: Context
) -> Feitenset:
    """Split what the caller knows into declared, established and cited.

    Only kenmerken that rules of this berichttype use are declared (SPEC 11.2).

    Raises:
        SchemaError: ``kenmerk.onbekend``, ``kenmerk.ongeldig``,
            ``feit.persoon_onduidelijk``.
    """
    berichttype, eigen_type = context.berichttype, context.eigen_type
    rollen = roles_concerned(catalogus, berichttype, context.gebruikt)
    personen = persons_in(context.inhoud, rollen)
    result = Feitenset([], [], [], {}, personen)
    for naam in sorted(gevraagd):
        kenmerk = catalogus.kenmerken.get(naam)
        if kenmerk is None:
            raise SchemaError(
                "kenmerk.onbekend",
                f"kenmerk {naam!r:.40} does not exist",
                advice="See corvus schema list for the kenmerken.",
            )
        waarde = parse_kenmerk(kenmerk, gevraagd[naam])
        result.waarden[naam] = waarde
        if naam == AFSTEMMINGSMOMENT or naam not in context.gebruikt:
            continue
        if kenmerk.may_declare(berichttype, eigen_type):
            result.kenmerken.append(DeclaredKenmerk(naam, _plain(waarde)))
        else:
            result.feiten.extend(_cite(kenmerk, context.bekend, personen))
    for kenmerk in catalogus.kenmerken.values():
        established = _established(
            kenmerk.bronberichten, berichttype, eigen_type, context.inhoud
        )
        if established is None and _declares(
            kenmerk.bronberichten, berichttype, eigen_type
        ):
            established = result.waarden.get(kenmerk.naam)
        if established is not None:
            result.waarden.setdefault(kenmerk.naam, established)
            result.stelt_vast.extend(
                Vaststelling(kenmerk.naam, _plain(established), whom)
                for whom in about(kenmerk, personen, context.over)
            )
    return result


def _plain(waarde: KenmerkWaarde) -> bool | str | list[str]:
    return list(waarde) if isinstance(waarde, tuple) else waarde


def _cite(
    kenmerk: Kenmerk, bekend: Iterable[BekendBericht], personen: Sequence[Persoon]
) -> list[Feit]:
    """Cite every known message that can have established it; the broker knows which.

    A fact about a person is cited for each person of the message it can be about.
    """
    whom: list[bytes | None] = [None]
    if kenmerk.bereik == BETROKKENE:
        whom = [*{one.pseudoniem: 0 for one in personen if one.rol in kenmerk.rollen}]
    return [
        Feit(kenmerk.naam, bericht.bericht_id, one)
        for bericht in bekend
        if any(
            bron.berichttype == bericht.berichttype
            and bericht.verstrekker_type in bron.verstrekkers
            for bron in kenmerk.bronberichten
        )
        for one in whom
    ]


def _sources(
    bronnen: tuple[Bronbericht, ...], berichttype: str, eigen_type: str
) -> list[Bronbericht]:
    return [
        bron
        for bron in bronnen
        if bron.berichttype == berichttype and eigen_type in bron.verstrekkers
    ]


def _declares(
    bronnen: tuple[Bronbericht, ...], berichttype: str, eigen_type: str
) -> bool:
    own = _sources(bronnen, berichttype, eigen_type)
    return any(bron.waarde is None for bron in own)


def _established(
    bronnen: tuple[Bronbericht, ...],
    berichttype: str,
    eigen_type: str,
    inhoud: Mapping[str, object],
) -> KenmerkWaarde | None:
    for bron in _sources(bronnen, berichttype, eigen_type):
        if bron.waarde is not None and all(
            _holds(inhoud, voorwaarde.veld, voorwaarde.codes)
            for voorwaarde in bron.voorwaarden
        ):
            return bron.waarde
    return None


def _holds(inhoud: Mapping[str, object], veld: str, codes: tuple[str, ...]) -> bool:
    value: object = inhoud
    for part in veld.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    found = value if isinstance(value, list) else [value]
    return any(one in codes for one in found)
