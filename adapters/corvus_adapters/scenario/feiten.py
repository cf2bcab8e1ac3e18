"""What the organisations of a scenario know, and what they lack for a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_adapters.sdk.feiten import Context, collect_facts
from corvus_schemas.voorbeeld import voorbeeld_inhoud

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    zaken: Mapping[str, str]
    """Of everyone who wrote or read it, the reference of the zaak it is in."""
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
        zaken: Mapping[str, str],
    ) -> None:
        """Note a message; the first who knows it is its writer."""
        context = Context(
            concept.berichttype, eigen_type, frozenset(), concept.inhoud, []
        )
        facts = collect_facts(catalogus, concept.kenmerken, context)
        self._berichten.append(
            _Bericht(
                bericht_id,
                concept.berichttype,
                next(iter(zaken)),
                dict(zaken),
                {one.kenmerk: one.waarde for one in facts.stelt_vast},
            )
        )

    def knows(self, oin: str, kenmerk: str) -> bool:
        """Tell whether an organisation wrote or read what established a kenmerk."""
        return any(kenmerk in one.stelt_vast for one in self._of(oin))

    def established(self, kenmerk: str) -> bool:
        """Tell whether any message established a kenmerk."""
        return any(kenmerk in one.stelt_vast for one in self._berichten)

    def zaak_for(self, oin: str, kenmerken: Iterable[str]) -> str | None:
        """Give the zaak in which an organisation knows most of these; else its first.

        An organisation can know a case as several zaken, opened by parties that did
        not know of each other; it goes on in the one that has what it relies on.
        """
        found: dict[str, set[str]] = {}
        wanted = set(kenmerken)
        for one in self._of(oin):
            known = found.setdefault(one.zaken[oin], set())
            known |= wanted & one.stelt_vast.keys()
        return max(found, key=lambda ref: len(found[ref]), default=None)

    def zaak_of(self, oin: str, bericht_id: str) -> str | None:
        """Give the zaak of a message as an organisation knows it."""
        zaken = [one.zaken for one in self._of(oin) if one.bericht_id == bericht_id]
        return zaken[0][oin] if zaken else None

    def _of(self, oin: str) -> list[_Bericht]:
        return [one for one in self._berichten if oin in one.zaken]

    def latest(
        self, *, reader: str, writer: str | None, berichttype: str
    ) -> str | None:
        """Give the newest message an organisation got, of a writer and type if named."""
        for one in reversed(self._berichten):
            if (
                reader in one.zaken
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
    """Facts that matter for a message, with every message that would establish each.

    A fact matters when leaving it unknown changes what somebody would get.
    """
    found: list[tuple[Kenmerk, Bronbericht]] = []
    berichttype, afzender = behoefte.berichttype, behoefte.afzender
    waarden = behoefte.waarden
    for naam in sorted(tabel.used_kenmerken(berichttype)):
        kenmerk = catalogus.kenmerken[naam]
        waarde = waarden.get(naam)
        if (
            waarde is None
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
        # Where another message will do, none that also says what is not so.
        sources.sort(key=lambda bron: _says_too_much(catalogus, bron, waarden, kennis))
        found += [(kenmerk, bron) for bron in sources]
    return found


def _says_too_much(
    catalogus: Catalogus,
    bron: Bronbericht,
    waarden: Mapping[str, KenmerkWaarde],
    kennis: Feitenkennis,
) -> bool:
    """Tell whether a message would also establish what the scenario says is not so."""
    for kenmerk in catalogus.kenmerken.values():
        for one in kenmerk.bronberichten:
            if (
                one.berichttype == bron.berichttype
                and one.waarde is not None
                and not one.voorwaarden
                and set(one.verstrekkers) & set(bron.verstrekkers)
                and not kennis.established(kenmerk.naam)
                and kenmerk.bereik != "ontvanger"
                and waarden.get(kenmerk.naam, kenmerk.standaard) != one.waarde
            ):
                return True
    return False


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
