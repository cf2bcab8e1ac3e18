"""Step 7: which kenmerken count, for the message and for each recipient (SPEC 14.7).

A kenmerk that the sender may declare counts as declared. A derived kenmerk counts only
through a fact: its source message is in this zaak, came from a party entitled to set
it, and was written or received by this sender. Everything else is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_schemas.errors import InboundError, SchemaError
from corvus_schemas.kenmerken import KenmerkWaarde, parse_kenmerk
from corvus_schemas.wire.staat import Zaakfeit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from corvus_broker.staat import Partitiestaat
    from corvus_routing.adresboek import Adresboek
    from corvus_schemas.catalogus import Berichttype, Catalogus
    from corvus_schemas.wire.bericht import Routering
    from corvus_schemas.wire.staat import Berichtstaat, Zaakstaat

AFSTEMMINGSMOMENT: Final = "afstemmingsmoment"
GEHEIM_ADRES: Final = "geheim_adres"
POLITIEMELDING_ONTVANGEN: Final = "politiemelding_ontvangen"
# A zaak is one record of the changelog: what it remembers has to stay within it.
MAX_FEITEN_BERICHT: Final = 64
MAX_FEITEN_ZAAK: Final = 4096
_BROKER: Final = "broker"
_ONTVANGER: Final = "ontvanger"
_BETROKKENE: Final = "betrokkene"


@dataclass(frozen=True, slots=True)
class Samenhang:
    """The message in its zaak: everything step 7 looks at besides the routering."""

    catalogus: Catalogus
    adresboek: Adresboek
    staat: Partitiestaat
    zaak: Zaakstaat | None
    verstrekker: str
    verstrekker_type: str
    op: datetime
    meer_personen: bool = False


@dataclass(frozen=True, slots=True)
class Kenmerkset:
    """Kenmerken of a message; some facts hold for one recipient only."""

    algemeen: Mapping[str, KenmerkWaarde]
    per_ontvanger: Mapping[str, Mapping[str, KenmerkWaarde]]
    geheim_adres: bool

    def voor(self, oin: str) -> Mapping[str, KenmerkWaarde]:
        """Give the kenmerken that count for one recipient."""
        eigen = self.per_ontvanger.get(oin)
        return {**self.algemeen, **eigen} if eigen else self.algemeen


def decide_kenmerken(
    routering: Routering, berichttype: Berichttype, samenhang: Samenhang
) -> Kenmerkset:
    """Work out which kenmerken count.

    Raises:
        SchemaError: ``kenmerk.onbekend``, ``kenmerk.ongeldig``, ``kenmerk.volgorde``,
            ``kenmerk.niet_bevoegd``.
    """
    algemeen = _declared(
        routering, samenhang.catalogus, berichttype, samenhang.verstrekker_type
    )
    geheim = _geheim_adres(algemeen, samenhang)
    for kenmerk in samenhang.catalogus.kenmerken.values():
        if kenmerk.zetter_soort == _BROKER and kenmerk.standaard is not None:
            algemeen[kenmerk.naam] = kenmerk.standaard
    if _politiemelding_in(samenhang):
        algemeen[POLITIEMELDING_ONTVANGEN] = True
    per_ontvanger: dict[str, dict[str, KenmerkWaarde]] = {}
    standing = _standing_facts(samenhang) if routering.feiten else {}
    for cited in routering.feiten:
        feit = standing.get((cited.kenmerk, cited.bron, cited.betrokkene))
        if feit is None or not _knows_source(samenhang, feit):
            continue
        bereik = samenhang.catalogus.kenmerken[feit.kenmerk].bereik
        # Which person a fact is about is not told yet: where a role has several
        # persons it could be another one, and unknown lets nothing go.
        if bereik == _BETROKKENE and samenhang.meer_personen:
            continue
        value = tuple(feit.waarde) if isinstance(feit.waarde, list) else feit.waarde
        if bereik == _ONTVANGER:
            per_ontvanger.setdefault(feit.zetter, {})[feit.kenmerk] = value
        else:
            algemeen[feit.kenmerk] = value
    _answered(routering, samenhang, algemeen, per_ontvanger)
    return Kenmerkset(algemeen, per_ontvanger, geheim)


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
        feit.kenmerk == POLITIEMELDING_ONTVANGEN for feit in zaak.feiten
    )


def _standing_facts(
    samenhang: Samenhang,
) -> dict[tuple[str, bytes, bytes | None], Zaakfeit]:
    """Facts by kenmerk, source and person, but for those a later one contradicts.

    A sender chooses what it cites: consent that was withdrawn since is no consent,
    also where the sender did not get the withdrawal.
    """
    feiten = () if samenhang.zaak is None else samenhang.zaak.feiten
    newest = {_subject(samenhang, feit): feit.waarde for feit in feiten}
    standing: dict[tuple[str, bytes, bytes | None], Zaakfeit] = {}
    for feit in feiten:
        if newest[_subject(samenhang, feit)] == feit.waarde:
            standing.setdefault((feit.kenmerk, feit.bron, feit.betrokkene), feit)
    return standing


def _subject(samenhang: Samenhang, feit: Zaakfeit) -> tuple[str, bytes | None, str]:
    """What a fact is about: one organisation's own knowledge is its own."""
    kenmerk = samenhang.catalogus.kenmerken[feit.kenmerk]
    zetter = feit.zetter if kenmerk.bereik == _ONTVANGER else ""
    return feit.kenmerk, feit.betrokkene, zetter


def _knows_source(samenhang: Samenhang, feit: Zaakfeit) -> bool:
    source = samenhang.staat.bericht(feit.zetter, feit.bron)
    return took_part(source, samenhang.verstrekker)


def took_part(bericht: Berichtstaat | None, oin: str) -> bool:
    """Tell whether an organisation wrote or received a message."""
    return bericht is not None and (
        bericht.verstrekker == oin
        or any(ontvanger.oin == oin for ontvanger in bericht.ontvangers)
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
    if original is None or not took_part(original, samenhang.verstrekker):
        return
    melder = samenhang.catalogus.kenmerken["ontvanger_is_melder"]
    if any(bron.berichttype == original.berichttype for bron in melder.bronberichten):
        eigen = per_ontvanger.setdefault(original.verstrekker, {})
        eigen["ontvanger_is_melder"] = True
    types: set[str] = set()
    for ontvanger in original.ontvangers:
        try:
            organisatie = samenhang.adresboek.organisatie(ontvanger.oin, samenhang.op)
        except InboundError:
            continue  # gone from the adresboek since: it receives nothing either
        types.add(organisatie.type)
    algemeen["ontvangers_oorspronkelijk"] = tuple(sorted(types))


def established_facts(
    routering: Routering, berichttype: Berichttype, samenhang: Samenhang, bron: bytes
) -> list[Zaakfeit]:
    """Facts that this message establishes, checked against who may set them.

    Raises:
        SchemaError: ``feit.te_veel``, ``feit.niet_bevoegd``, ``kenmerk.ongeldig``.
    """
    known = 0 if samenhang.zaak is None else len(samenhang.zaak.feiten)
    count = len(routering.stelt_vast)
    if count > MAX_FEITEN_BERICHT or (count and known + count > MAX_FEITEN_ZAAK):
        raise SchemaError(
            "feit.te_veel",
            f"the message establishes {count} facts, the zaak has {known}; at most"
            f" {MAX_FEITEN_BERICHT} a message and {MAX_FEITEN_ZAAK} a zaak are kept",
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
                stelling.betrokkene,
            )
        )
    return facts
