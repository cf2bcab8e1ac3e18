"""Why a message has nobody to go to: what is missing, in words (``geen_ontvanger``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_broker.adressering import KETEN
from corvus_broker.verwerking import BROKER
from corvus_routing.regel import Besluit
from corvus_routing.woordenboek import ONTVANGER, VERSTREKKER
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SealError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.weging import Kandidaat
    from corvus_schemas.berichttypen import Berichttype
    from corvus_schemas.kenmerken import Kenmerk, KenmerkWaarde

_MOST = 6


def explain_nobody(  # noqa: PLR0913, PLR0917 - what a decision asks, and whom
    berichttype: Berichttype,
    van: str,
    naar: Sequence[str],
    regio: str,
    kenmerken: Mapping[str, KenmerkWaarde],
    tabel: GecompileerdeTabel,
) -> SealError:
    """Make the error that names what is missing; ``naar`` are the types addressed."""
    code = berichttype.code
    possible = sorted({*tabel.ontvanger_types(code, van), *_broker(berichttype)})
    if van not in berichttype.verstrekkers:
        return _error(
            f"a {van} does not send a {code}",
            f"It is sent by {', '.join(berichttype.verstrekkers)}. What a {van} sends:"
            " corvus schema list",
        )
    if berichttype.adressering != KETEN and not naar and possible != [BROKER]:
        return _error(
            f"a {code} goes to whom it addresses, and geadresseerden is empty",
            f"Name them under geadresseerden, of type {', '.join(possible) or 'none'}."
            " Names and OINs: corvus adresboek",
        )
    chosen = [one for one in (naar or possible) if one in possible]
    if not chosen:
        return _error(
            f"no rule lets a {code} go from {van} to {' or '.join(sorted(set(naar)))}",
            f"Address one of type {', '.join(possible)}."
            if possible
            else "Another type of organisation sends it: corvus schema list",
        )
    return _conditions(berichttype, van, chosen, regio, kenmerken, tabel)


def _broker(berichttype: Berichttype) -> set[str]:
    return {BROKER} & set(berichttype.ontvangers)


def _conditions(  # noqa: PLR0913, PLR0917 - as explain_nobody
    berichttype: Berichttype,
    van: str,
    naar: Sequence[str],
    regio: str,
    kenmerken: Mapping[str, KenmerkWaarde],
    tabel: GecompileerdeTabel,
) -> SealError:
    """Name the kenmerken that the rules ask for and that nobody gave a value."""
    code = berichttype.code
    unknown: dict[str, None] = {}
    unmet: dict[str, None] = {}
    for type_ in naar:
        activation = {**kenmerken, VERSTREKKER: van, ONTVANGER: type_}
        for rule in _allowing(tabel.kandidaten(code, van, type_, regio)):
            missing = rule.voorwaarde.unknown(activation)
            unknown |= dict.fromkeys(sorted(missing))
            if not missing:
                unmet[rule.regel.voorwaarde] = None
    who = " and ".join(sorted(set(naar)))
    if unknown:
        return _error(
            f"a {code} from {van} to {who} waits for kenmerken without a value:"
            f" {', '.join(unknown)}",
            _how_to_set(list(unknown), code, van),
        )
    conditions = [one for one in unmet if one != "true"][:_MOST]
    if conditions:
        return _error(
            f"no condition for a {code} from {van} to {who} holds: {'; '.join(conditions)}",
            "The values under kenmerken decide: corvus tabel explain shows each rule.",
        )
    return _error(
        f"nothing that a {van} may let go to {who} is in this {code}",
        f"Fill in a rubriek that a rule names: corvus schema list {code}, and corvus"
        " tabel explain for one of them.",
    )


def _allowing(rules: Iterable[Kandidaat]) -> list[Kandidaat]:
    return [one for one in rules if one.regel.besluit is Besluit.JA]


def _how_to_set(namen: Sequence[str], berichttype: str, van: str) -> str:
    known: Mapping[str, Kenmerk] = load_catalogus().kenmerken
    declared = [
        naam
        for naam in namen
        if naam in known and known[naam].may_declare(berichttype, van)
    ]
    said = []
    if declared:
        said.append(
            f"Declare under kenmerken what is so, of {', '.join(declared[:_MOST])}."
        )
    for naam in [one for one in namen if one not in declared][:_MOST]:
        sources = known[naam].bronberichten if naam in known else ()
        types = " or ".join(dict.fromkeys(one.berichttype for one in sources))
        if types:
            said.append(
                f"{naam} is established by an earlier {types}: write in that zaak, and"
                f" name it under kenmerken."
            )
    return " ".join([*said, "More: corvus schema kenmerken"])


def _error(message: str, advice: str) -> SealError:
    return SealError("geen_ontvanger", message, advice=advice)
