"""What the organisations of a scenario know, and what they lack for a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_adapters.sdk.feiten import Context, collect_facts
from corvus_schemas.voorbeeld import voorbeeld_inhoud

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_adapters.sdk.concept import Concept
    from corvus_adapters.sdk.organisatie import Organisatie
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import Bronbericht, Kenmerk, KenmerkWaarde


@dataclass(frozen=True, slots=True)
class _Bericht:
    bericht_id: str
    berichttype: str
    schrijver: str
    lezers: frozenset[str]
    stelt_vast: Mapping[str, object]


@dataclass(slots=True)
class Feitenkennis:
    """Messages played so far: who wrote and read them, and what they established."""

    _berichten: list[_Bericht] = field(default_factory=list)

    def note(
        self,
        catalogus: Catalogus,
        concept: Concept,
        eigen_type: str,
        bericht_id: str,
        lezers: Sequence[str],
    ) -> None:
        """Note a message; the first reader is its writer."""
        context = Context(
            concept.berichttype, eigen_type, frozenset(), concept.inhoud, []
        )
        facts = collect_facts(catalogus, concept.kenmerken, context)
        self._berichten.append(
            _Bericht(
                bericht_id,
                concept.berichttype,
                lezers[0],
                frozenset(lezers),
                {one.kenmerk: one.waarde for one in facts.stelt_vast},
            )
        )

    def knows(self, oin: str, kenmerk: str) -> bool:
        """Tell whether an organisation wrote or read what established a kenmerk."""
        return any(
            kenmerk in one.stelt_vast and oin in one.lezers for one in self._berichten
        )

    def latest(
        self, *, reader: str, writer: str | None, berichttype: str
    ) -> str | None:
        """Give the newest message an organisation got, of a writer and type if named."""
        for one in reversed(self._berichten):
            if (
                reader in one.lezers
                and one.schrijver != reader
                and writer in {None, one.schrijver}
                and berichttype in {"", one.berichttype}
            ):
                return one.bericht_id
        return None


@dataclass(frozen=True, slots=True)
class Behoefte:
    """A message about to be sent: its type, its sender, the kenmerken it is to have."""

    berichttype: str
    afzender: Organisatie
    waarden: Mapping[str, KenmerkWaarde]


def missing_facts(
    catalogus: Catalogus,
    tabel: GecompileerdeTabel,
    behoefte: Behoefte,
    kennis: Feitenkennis,
) -> list[tuple[Kenmerk, Bronbericht]]:
    """Facts that matter for a message, and the message that would establish each.

    A fact matters when leaving it unknown changes what somebody would get.
    """
    found: list[tuple[Kenmerk, Bronbericht]] = []
    berichttype, afzender = behoefte.berichttype, behoefte.afzender
    waarden = behoefte.waarden
    for naam in sorted(tabel.used_kenmerken(berichttype)):
        kenmerk = catalogus.kenmerken[naam]
        waarde = waarden.get(naam)
        if (
            not waarde
            or kenmerk.may_declare(berichttype, afzender.type)
            or kennis.knows(afzender.oin, naam)
            or not _matters(tabel, berichttype, afzender.type, waarden, naam)
        ):
            continue
        sources = [
            bron
            for bron in kenmerk.bronberichten
            if bron.waarde in {None, waarde} and _reaches(tabel, bron, afzender.type)
        ]
        found += [(kenmerk, bron) for bron in sources[:1]]
    return found


def _reaches(tabel: GecompileerdeTabel, bron: Bronbericht, type_: str) -> bool:
    return any(
        zetter != type_ and type_ in tabel.ontvanger_types(bron.berichttype, zetter)
        for zetter in bron.verstrekkers
    )


def _matters(
    tabel: GecompileerdeTabel,
    berichttype: str,
    van: str,
    waarden: Mapping[str, KenmerkWaarde],
    naam: str,
) -> bool:
    without = {key: value for key, value in waarden.items() if key != naam}
    return any(
        tabel.decide(berichttype, van, naar, "*", waarden).uitkomsten
        != tabel.decide(berichttype, van, naar, "*", without).uitkomsten
        for naar in tabel.ontvanger_types(berichttype, van)
    )


def source_content(catalogus: Catalogus, bron: Bronbericht) -> dict[str, str]:
    """Give the field values that make a message establish its fact, as ``kern``."""
    sample = voorbeeld_inhoud(
        catalogus.berichttype(bron.berichttype), catalogus, seed=1
    )
    kern: dict[str, str] = {}
    for voorwaarde in bron.voorwaarden:
        code = voorwaarde.codes[0]
        value = _look_up(sample, voorwaarde.veld.split("."))
        kern[voorwaarde.veld] = f"[{code}]" if isinstance(value, list) else code
    return kern


def _look_up(value: object, path: Iterable[str]) -> object:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value
