"""Step 7: which kenmerken count, for the message and for each recipient (SPEC 14.7).

A kenmerk that the sender may declare counts as declared. A derived kenmerk counts only
through a fact: its source message is in this zaak, came from a party entitled to set
it, and was written or received by this sender. Everything else is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.personen import BETROKKENE, Plek, find_unique, spread
from corvus_broker.topics import MAX_ZAAK_BYTES
from corvus_schemas.errors import InboundError, SchemaError
from corvus_schemas.kenmerken import KenmerkWaarde, parse_kenmerk
from corvus_schemas.wire.staat import Zaakfeit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from corvus_broker.staat import Partitiestaat
    from corvus_routing.adresboek import Adresboek
    from corvus_schemas.catalogus import Berichttype, Catalogus
    from corvus_schemas.kenmerken import Kenmerk
    from corvus_schemas.wire.bericht import Routering, Vaststelling
    from corvus_schemas.wire.staat import Berichtstaat, Zaakstaat

AFSTEMMINGSMOMENT: Final = "afstemmingsmoment"
GEHEIM_ADRES: Final = "geheim_adres"
POLITIEMELDING_ONTVANGEN: Final = "politiemelding_ontvangen"
# A zaak is one record of the changelog: what it remembers has to stay within it.
MAX_FEITEN_BERICHT: Final = 64
MAX_FEITEN_ZAAK: Final = 4096
# One that uses its share up leaves the others theirs, a withdrawal of consent above all.
MAX_FEITEN_VERSTREKKER: Final = 1024
_SURELY_FIT: Final = 256
_ONTVANGER: Final = "ontvanger"


class Samenhang(msgspec.Struct, frozen=True):
    """The message in its zaak: everything step 7 looks at besides the routering.

    ``vast``: what holds of the whole chain, by the register. ``plekken``: where it
    has persons, of a message that names any.
    """

    catalogus: Catalogus
    adresboek: Adresboek
    staat: Partitiestaat
    zaak: Zaakstaat | None
    verstrekker: str
    verstrekker_type: str
    op: datetime
    vast: Mapping[str, KenmerkWaarde]
    plekken: frozenset[Plek] = frozenset()

    def namen(self, oin: str) -> frozenset[str]:
        """Give the OINs an organisation counts as: its own and its predecessors'."""
        return self.adresboek.identiteit(oin, self.op)

    def levend(self, oin: str) -> str:
        """Give who stands for an organisation now: itself, or its successor."""
        return self.adresboek.opvolger(oin, self.op)


@dataclass(frozen=True, slots=True)
class Kenmerkset:
    """Kenmerken of a message; some facts hold for one recipient or person only.

    ``per_persoon`` has the persons about whom facts differ, by role and index.
    """

    algemeen: Mapping[str, KenmerkWaarde]
    per_ontvanger: Mapping[str, Mapping[str, KenmerkWaarde]]
    geheim_adres: bool
    per_persoon: Mapping[Plek, Mapping[str, KenmerkWaarde]] = field(
        default_factory=dict
    )

    def voor(self, oin: str, plek: Plek | None = None) -> Mapping[str, KenmerkWaarde]:
        """Give the kenmerken that count for one recipient, about one person if named."""
        eigen = self.per_ontvanger.get(oin)
        persoon = None if plek is None else self.per_persoon.get(plek)
        if not eigen and not persoon:
            return self.algemeen
        return {**self.algemeen, **(eigen or {}), **(persoon or {})}


def decide_kenmerken(
    routering: Routering,
    berichttype: Berichttype,
    samenhang: Samenhang,
    vastgesteld: Sequence[Zaakfeit] = (),
) -> Kenmerkset:
    """Work out which kenmerken count; ``vastgesteld`` is what the message establishes.

    Raises:
        SchemaError: ``kenmerk.onbekend``, ``kenmerk.ongeldig``, ``kenmerk.volgorde``,
            ``kenmerk.niet_bevoegd``.
    """
    algemeen = _declared(
        routering, samenhang.catalogus, berichttype, samenhang.verstrekker_type
    )
    geheim = _geheim_adres(algemeen, samenhang)
    algemeen |= samenhang.vast
    if _politiemelding_in(samenhang):
        algemeen[POLITIEMELDING_ONTVANGEN] = True
    per_ontvanger: dict[str, dict[str, KenmerkWaarde]] = {}
    per_pseudoniem: dict[bytes, dict[str, KenmerkWaarde]] = {}
    standing = standing_facts(samenhang) if routering.feiten else {}
    cited = [
        standing.get((one.kenmerk, one.bron, one.betrokkene))
        for one in routering.feiten
    ]
    # What a message establishes itself has an entitled source that its sender knows.
    for feit in (*cited, *vastgesteld):
        if feit is None or not _knows_source(samenhang, feit):
            continue
        bereik = samenhang.catalogus.kenmerken[feit.kenmerk].bereik
        value = tuple(feit.waarde) if isinstance(feit.waarde, list) else feit.waarde
        if bereik == _ONTVANGER:
            levend = samenhang.levend(feit.zetter)
            per_ontvanger.setdefault(levend, {})[feit.kenmerk] = value
        elif bereik != BETROKKENE:
            algemeen[feit.kenmerk] = value
        elif feit.betrokkene is not None:
            per_pseudoniem.setdefault(feit.betrokkene, {})[feit.kenmerk] = value
    alike, per_persoon = spread(
        per_pseudoniem,
        routering.personen,
        samenhang.plekken,
        samenhang.catalogus.kenmerken,
    )
    algemeen |= alike
    _answered(routering, samenhang, algemeen, per_ontvanger)
    return Kenmerkset(algemeen, per_ontvanger, geheim, per_persoon)


def _declared(
    routering: Routering,
    catalogus: Catalogus,
    berichttype: Berichttype,
    verstrekker_type: str,
) -> dict[str, KenmerkWaarde]:
    names = [declared.naam for declared in routering.kenmerken]
    if names != sorted(set(names)):
        raise SchemaError(
            "kenmerk.volgorde", "the kenmerken are not sorted, or one is there twice"
        )
    values: dict[str, KenmerkWaarde] = {}
    for declared in routering.kenmerken:
        kenmerk = catalogus.kenmerken.get(declared.naam)
        if kenmerk is None:
            raise SchemaError(
                "kenmerk.onbekend",
                f"kenmerk {declared.naam!r:.40} does not exist",
                advice="See corvus schema list for the kenmerken.",
            )
        if not kenmerk.may_declare(berichttype.code, verstrekker_type):
            raise SchemaError(
                "kenmerk.niet_bevoegd",
                f"a {verstrekker_type} does not declare {kenmerk.naam}"
                f" in a {berichttype.code}",
                advice="Cite the message that established it, as a feit.",
            )
        values[declared.naam] = parse_kenmerk(kenmerk, declared.waarde)
    moment = catalogus.kenmerken[AFSTEMMINGSMOMENT]
    values[AFSTEMMINGSMOMENT] = parse_kenmerk(moment, routering.afstemmingsmoment)
    return values


def _geheim_adres(values: dict[str, KenmerkWaarde], samenhang: Samenhang) -> bool:
    """Keep a secret address secret until a party entitled to lift it says otherwise."""
    kenmerk = samenhang.catalogus.kenmerken[GEHEIM_ADRES]
    sticky = samenhang.zaak is not None and samenhang.zaak.geheim_adres
    declared = values.get(GEHEIM_ADRES)
    lifts = declared is False and samenhang.verstrekker_type in kenmerk.opheffers
    if sticky and not lifts:
        values[GEHEIM_ADRES] = True
    return values.get(GEHEIM_ADRES) is True


def _politiemelding_in(samenhang: Samenhang) -> bool:
    zaak = samenhang.zaak
    return zaak is not None and any(
        feit.kenmerk == POLITIEMELDING_ONTVANGEN and feit.waarde is True
        for feit in zaak.feiten
    )


def standing_facts(
    samenhang: Samenhang,
) -> dict[tuple[str, bytes, bytes | None], Zaakfeit]:
    """Facts by kenmerk, source and person, but for those a later one contradicts.

    A sender chooses what it cites: consent that was withdrawn since is no consent,
    also where the sender did not get the withdrawal, or it named nobody.
    """
    feiten = () if samenhang.zaak is None else samenhang.zaak.feiten
    newest: dict[tuple[str, bytes | None, str], KenmerkWaarde | list[str] | None] = {}
    for feit in feiten:
        about = _subject(samenhang, feit)
        if about[1] is None and _is_about_person(samenhang, feit):
            # It can be about any of them: it takes back, and it gives nothing.
            taken = [
                one
                for one, waarde in newest.items()
                if one[0] == feit.kenmerk and waarde != feit.waarde
            ]
            newest |= dict.fromkeys(taken)
        newest[about] = feit.waarde
    standing: dict[tuple[str, bytes, bytes | None], Zaakfeit] = {}
    for feit in feiten:
        if newest[_subject(samenhang, feit)] == feit.waarde:
            standing.setdefault((feit.kenmerk, feit.bron, feit.betrokkene), feit)
    return standing


def _subject(samenhang: Samenhang, feit: Zaakfeit) -> tuple[str, bytes | None, str]:
    """What a fact is about: one organisation's own knowledge is its own."""
    kenmerk = samenhang.catalogus.kenmerken[feit.kenmerk]
    zetter = samenhang.levend(feit.zetter) if kenmerk.bereik == _ONTVANGER else ""
    return feit.kenmerk, feit.betrokkene, zetter


def _is_about_person(samenhang: Samenhang, feit: Zaakfeit) -> bool:
    return samenhang.catalogus.kenmerken[feit.kenmerk].bereik == BETROKKENE


def _knows_source(samenhang: Samenhang, feit: Zaakfeit) -> bool:
    """Tell whether this sender wrote or received what established a fact.

    The zaak remembers who did: the message itself is forgotten after the dedupe window.
    """
    namen = samenhang.namen(samenhang.verstrekker)
    return not namen.isdisjoint({feit.zetter, *feit.kenners})


def took_part(bericht: Berichtstaat | None, namen: frozenset[str]) -> bool:
    """Tell whether an organisation, under any of its names, wrote or received it."""
    return bericht is not None and (
        bericht.verstrekker in namen
        or any(ontvanger.oin in namen for ontvanger in bericht.ontvangers)
    )


def find_bericht(samenhang: Samenhang, bericht_id: bytes) -> Berichtstaat | None:
    """Find a message of this zaak by its id, among its participants."""
    if samenhang.zaak is None:
        return None
    for oin in samenhang.zaak.deelnemers:
        found = samenhang.staat.bericht(oin, bericht_id)
        if found is not None and found.zaak == samenhang.zaak.zaak:
            return found
    return None


def _answered(
    routering: Routering,
    samenhang: Samenhang,
    algemeen: dict[str, KenmerkWaarde],
    per_ontvanger: dict[str, dict[str, KenmerkWaarde]],
) -> None:
    """Derive what follows from the message this one answers or supersedes."""
    original = None
    for bericht_id in (routering.antwoord_op, routering.vervangt):
        if bericht_id is not None and original is None:
            original = find_bericht(samenhang, bericht_id)
    eigen_namen = samenhang.namen(samenhang.verstrekker)
    if original is None or not took_part(original, eigen_namen):
        return
    melder = samenhang.catalogus.kenmerken["ontvanger_is_melder"]
    if any(bron.berichttype == original.berichttype for bron in melder.bronberichten):
        eigen = per_ontvanger.setdefault(samenhang.levend(original.verstrekker), {})
        eigen["ontvanger_is_melder"] = True
    types: set[str] = set()
    for ontvanger in original.ontvangers:
        try:
            organisatie = samenhang.adresboek.organisatie(
                samenhang.levend(ontvanger.oin), samenhang.op
            )
        except InboundError:
            continue  # gone from the adresboek since: it receives nothing either
        types.add(organisatie.type)
    algemeen["ontvangers_oorspronkelijk"] = tuple(sorted(types))


def established_facts(
    routering: Routering, berichttype: Berichttype, samenhang: Samenhang, bron: bytes
) -> list[Zaakfeit]:
    """Facts that this message establishes, checked against who may set them.

    Raises:
        SchemaError: ``feit.te_veel``, ``feit.niet_bevoegd``, ``kenmerk.ongeldig``,
            ``feit.persoon_onbekend``.
    """
    zetters = (
        [] if samenhang.zaak is None else [f.zetter for f in samenhang.zaak.feiten]
    )
    known, own = len(zetters), zetters.count(samenhang.verstrekker)
    count = len(routering.stelt_vast)
    if count > MAX_FEITEN_BERICHT or (
        count
        and (
            known + count > MAX_FEITEN_ZAAK
            or own + count > MAX_FEITEN_VERSTREKKER
            or (known > _SURELY_FIT and is_full(samenhang.zaak))
        )
    ):
        raise SchemaError(
            "feit.te_veel",
            f"the message establishes {count} facts, the zaak has {known}, {own} of them"
            f" by this sender; at most {MAX_FEITEN_BERICHT} a message,"
            f" {MAX_FEITEN_VERSTREKKER} a sender and {MAX_FEITEN_ZAAK} a zaak are kept",
            advice="Establish what changed, and nothing else.",
        )
    facts: list[Zaakfeit] = []
    for stelling in routering.stelt_vast:
        kenmerk = samenhang.catalogus.kenmerken.get(stelling.kenmerk)
        sources = () if kenmerk is None else kenmerk.bronberichten
        if kenmerk is None or not any(
            source.berichttype == berichttype.code
            and samenhang.verstrekker_type in source.verstrekkers
            for source in sources
        ):
            raise SchemaError(
                "feit.niet_bevoegd",
                f"a {berichttype.code} of {samenhang.verstrekker_type} does not"
                f" establish {stelling.kenmerk!r:.40}",
                advice="See the column bronbericht of the kenmerken.",
            )
        value = parse_kenmerk(kenmerk, stelling.waarde)
        facts.append(
            Zaakfeit(
                stelling.kenmerk,
                list(value) if isinstance(value, tuple) else value,
                bron,
                samenhang.verstrekker,
                _about(stelling, kenmerk, routering, samenhang),
            )
        )
    return facts


def is_full(zaak: Zaakstaat | None) -> bool:
    """Tell whether a zaak may be at the end of what its record can hold."""
    return zaak is not None and len(zaak.encode()) > MAX_ZAAK_BYTES


def _about(
    stelling: Vaststelling,
    kenmerk: Kenmerk,
    routering: Routering,
    samenhang: Samenhang,
) -> bytes | None:
    """Whom a fact is about: a person of this message, or of the one it answers.

    Where none is named it is the only one it can be about. A fact about a person that
    nobody can tell counts for nobody.
    """
    if kenmerk.bereik != BETROKKENE:
        return None
    asked = None
    if routering.antwoord_op is not None:
        asked = find_bericht(samenhang, routering.antwoord_op)
    personen = [*routering.personen, *(asked.personen if asked is not None else ())]
    if stelling.betrokkene is None:
        return find_unique(routering.personen, kenmerk) or find_unique(
            personen, kenmerk
        )
    if any(
        one.pseudoniem == stelling.betrokkene and one.rol in kenmerk.rollen
        for one in personen
    ):
        return stelling.betrokkene
    raise SchemaError(
        "feit.persoon_onbekend",
        f"{kenmerk.naam} is established about a person who is not in the message, nor"
        " in the one it answers",
        advice="Name a person in one of the roles that the kenmerk can be about.",
    )
