"""Content rules about the course of a zaak; all of them alarms (docs/INVARIANTEN.md).

Organisations stay in charge of their process: what these find never stops a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_schemas.inhoudsvraag import Alarm, Inhoudsvraag, code_at, listed, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from corvus_schemas.inhoudsvraag import Bezwaar

# Class E of the codelijst afdoening: the decision that ends the case on ZSM.
EINDBESLISSINGEN = frozenset(
    {
        "stop_geen_vermoeden",
        "sepot_01",
        "sepot_02",
        "technisch_sepot",
        "bewijssepot",
        "voorwaardelijk_beleidssepot",
        "vw_sepot_algemene_voorwaarde",
        "vroegtijdige_beeindiging",
        "om_strafbeschikking",
        "dagvaarding",
        "dagvaarding_met_voorgeleiding",
    }
)
_BEWEZEN = frozenset({"voldoende", "ernstige_bezwaren"})
_UITGESTELD = frozenset({"plandatum", "vertraagde_stroom", "aangehouden_spreekuur"})


def _advies_gevraagd(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I04: proven and unsafe, and decided without having asked advice."""
    afdoening = code_at(vraag.inhoud, "besluit", "afdoening")
    if (
        vraag.berichttype == "zsm_besluit"
        and vraag.is_afzender
        and afdoening in EINDBESLISSINGEN
        and code_at(vraag.inhoud, "besluit_details", "bewijsstatus") in _BEWEZEN
        and _unsafe(vraag)
        and "adviesverzoek" not in vraag.eerder
    ):
        yield Alarm("alarm:I04", "besluit.afdoening: no adviesverzoek came before it")


def _unsafe(vraag: Inhoudsvraag) -> bool:
    names = ("acute_onveiligheid", "structurele_onveiligheid")
    return any(vraag.kenmerken.get(naam) is True for naam in names)


def _plandatum(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I32: put off while unsafe, without measures for the time being."""
    uitgesteld = code_at(vraag.inhoud, "besluit", "afdoening") in _UITGESTELD
    if vraag.berichttype != "zsm_besluit" or not (uitgesteld and vraag.is_afzender):
        return
    measures = listed(value_at(vraag.inhoud, "maatregelen", "maatregelen"))
    if _unsafe(vraag) and not measures:
        yield Alarm("alarm:I32", "maatregelen: none until the date planned")


def _niet_nakoming(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I23: a broken condition is criterion A9: safety is judged again."""
    broken = vraag.inhoud.get("niet_nakoming") is not None
    if vraag.berichttype == "melding_niet_nakoming" and broken:
        yield Alarm("alarm:I23", "niet_nakoming: judge safety again (A9)")


def _maatregel_vervalt(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I24: a measure that ends or changes makes safety be judged again."""
    gevolg = vraag.inhoud.get("gevolg_maatregelen")
    if vraag.berichttype != "rechterlijk_besluit" or not isinstance(gevolg, dict):
        return
    if listed(gevolg.get("vervallen")) or listed(gevolg.get("gewijzigd")):
        yield Alarm("alarm:I24", "gevolg_maatregelen: judge safety again")


def _zaakseigenaar(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I25: who opens a zaak and names a contact says who owns it."""
    contact = vraag.inhoud.get("contactpersonen")
    if vraag.opent_zaak and isinstance(contact, dict):
        owner = contact.get("zaakseigenaar") is True
        if not owner:
            yield Alarm("alarm:I25", "contactpersonen.zaakseigenaar: nobody owns it")


REGELS: tuple[Callable[[Inhoudsvraag], Iterator[Bezwaar]], ...] = (
    _advies_gevraagd,
    _plandatum,
    _niet_nakoming,
    _maatregel_vervalt,
    _zaakseigenaar,
)
