"""Whole example messages: with their content, who sends them to whom, and why.

One per berichttype, of a case in Groningen. An answer, or a message that rests on what
an earlier one established, names that one: it has to be sent first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_schemas.errors import SchemaError
from corvus_schemas.voorbeeld import voorbeeld_inhoud
from corvus_schemas.voorbeeld_verhaal import tell_story

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.avro import JsonValue
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde

GEMEENTE = "Groningen"
_HOOG = {"uitkomst.eindoordeel": "hoog"}
# A first decision that is the last one too: other messages rest on that.
_BESLUIT = {
    "besluit.besluit_moment": "afdoening",
    "besluit.afdoening": "dagvaarding",
    "besluit.geen_strafrechtelijk_vervolg": "false",
    "besluit_details.bewijsstatus": "voldoende",
}
_GEGEVEN = {
    "toestemming.richting": "SHN_naar_VT",
    "toestemming.status": "gegeven",
    "toestemming.geinformeerd_door": "SHN",
}


@dataclass(frozen=True, slots=True)
class Opzet:
    """Around what an example is made; ``naar`` only where the sender addresses.

    ``na`` is the message that comes before it in the zaak; ``verwijst`` says how: as
    ``antwoord_op`` or by the ``zaak`` alone. ``betreft`` is where the content holds its
    id too.
    """

    van: str
    doel: str
    naar: tuple[str, ...] = ()
    kenmerken: Mapping[str, KenmerkWaarde] = field(default_factory=dict)
    kern: Mapping[str, str] = field(default_factory=dict)
    na: str = ""
    verwijst: str = ""
    betreft: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Voorbeeldbericht:
    """An example: its setting and its content."""

    berichttype: str
    opzet: Opzet
    inhoud: dict[str, JsonValue]


def voorbeeld_bericht(code: str, catalogus: Catalogus) -> Voorbeeldbericht:
    """Make the example of a berichttype, the same every time.

    Raises:
        SchemaError: ``berichttype.onbekend``, ``voorbeeld.geen``.
    """
    berichttype = catalogus.berichttype(code)
    opzet = OPZETTEN.get(code)
    if opzet is None:
        raise SchemaError(
            "voorbeeld.geen",
            f"there is no example of berichttype {code}",
            advice=f"Its fields: corvus schema list {code}",
        )
    inhoud = voorbeeld_inhoud(
        berichttype, catalogus, seed=1, kern=opzet.kern, kenmerken=opzet.kenmerken
    )
    tell_story(inhoud, opzet.kenmerken)
    return Voorbeeldbericht(code, opzet, inhoud)


_ACUUT = {"acute_onveiligheid": True}
_SAMENLOOP = {"samenloop": True}
_VOLWASSEN = {"verdachte_minderjarig": False}
_HG = {"hg_label": True, "geheim_adres": False, **_VOLWASSEN}

OPZETTEN: Mapping[str, Opzet] = {
    "actieoverleg_aanmelding": Opzet(
        "POL",
        "AFSTEMMING",
        kenmerken={"anoniem": False, "vermoeden_strafbaar_feit": True},
    ),
    "actieoverleg_inbreng": Opzet("VT", "AFSTEMMING", kenmerken=_SAMENLOOP),
    "actieoverleg_uitkomst": Opzet(
        "VT", "AFSTEMMING", kenmerken={**_SAMENLOOP, "genodigden": ("OM", "POL")}
    ),
    "actieoverleg_uitnodiging": Opzet(
        "VT",
        "AFSTEMMING",
        ("OM", "POL"),
        {**_SAMENLOOP, "genodigden": ("OM", "POL")},
    ),
    "acuut_afspraken": Opzet(
        "POL", "DIRECTE_VEILIGHEID", ("VT",), {**_ACUUT, "opsporingsbelang": True}
    ),
    "acuut_signaal": Opzet(
        "POL", "DIRECTE_VEILIGHEID", ("VT",), {**_ACUUT, "geheim_adres": False}
    ),
    "adviesverzoek": Opzet("OM", "ADVISERING", ("RECL",), _VOLWASSEN),
    "ambtshalve_bericht": Opzet(
        "OM",
        "SLACHTOFFERBELANG",
        kenmerken={"ambtshalve_vervolging": True, "slachtoffer_geinformeerd": True},
    ),
    "anonieme_consultatie": Opzet("VT", "AFSTEMMING", ("POL",), {"anoniem": True}),
    "anonieme_consultatie_antwoord": Opzet(
        "POL",
        "AFSTEMMING",
        ("VT",),
        {"anoniem": True},
        na="anonieme_consultatie",
        verwijst="antwoord_op",
    ),
    "bekendheidscheck": Opzet("POL", "AFSTEMMING", ("VT",), _ACUUT),
    "bekendheidscheck_antwoord": Opzet(
        "VT",
        "AFSTEMMING",
        ("POL",),
        _ACUUT,
        na="bekendheidscheck",
        verwijst="antwoord_op",
    ),
    "beschermingsadvies": Opzet("POL", "DIRECTE_VEILIGHEID", ("VT",), _ACUUT),
    "beschermingsmaatregel": Opzet("OM", "DIRECTE_VEILIGHEID", kenmerken=_HG),
    "correctie": Opzet(
        "POL",
        "TECHNISCH",
        kern={
            "correctie.soort": "intrekking",
            "correctie.vervangend_bericht": "absent",
        },
        na="politiemelding",
        verwijst="zaak",
        betreft=("correctie", "betreft_bericht"),
    ),
    "dat_signaal": Opzet(
        "RECL",
        "VEILIGHEIDSBEOORDELING",
        ("VT",),
        {"meldcode_toegepast": True, **_VOLWASSEN},
    ),
    "gedragsaanwijzing": Opzet("OM", "DIRECTE_VEILIGHEID", kenmerken=_HG),
    "handle_with_care": Opzet(
        "POL", "STEUN_KIND", ("SCHOOL",), {"minderjarige_betrokken": True}
    ),
    "huisverbod": Opzet("POL", "BESTUURLIJKE_MAATREGEL", ("VT",)),
    "individuele_beoordeling": Opzet("POL", "SLACHTOFFERBELANG"),
    "informatieverzoek": Opzet(
        "VT", "AFSTEMMING", ("POL",), {"vermoeden_strafbaar_feit": True}
    ),
    "informatieverzoek_antwoord": Opzet(
        "POL",
        "VEILIGHEIDSBEOORDELING",
        ("VT",),
        {"vermoeden_strafbaar_feit": True},
        na="informatieverzoek",
        verwijst="antwoord_op",
    ),
    "informering_registratie": Opzet("OM", "SLACHTOFFERBELANG", ("SHN",)),
    "invrijheidstelling": Opzet("OM", "DIRECTE_VEILIGHEID", kenmerken=_HG),
    "melding_aan_politie": Opzet(
        "VT",
        "OPSPORING_VERVOLGING",
        kenmerken={"geheim_adres": False, "vermoeden_strafbaar_feit": True},
    ),
    "melding_niet_nakoming": Opzet("LT", "DIRECTE_VEILIGHEID", ("VT",)),
    "onderzoeksplan": Opzet("POL", "OPSPORING_VERVOLGING", ("OM",)),
    "overdracht_lokaal": Opzet(
        "VT",
        "HULPVERLENING",
        ("LT",),
        {"eindbeslissing_genomen": True},
        na="zsm_besluit",
        verwijst="zaak",
    ),
    "overdracht_regio": Opzet("VT", "VEILIGHEIDSBEOORDELING", ("VT",)),
    "politiemelding": Opzet(
        "POL",
        "VEILIGHEIDSBEOORDELING",
        kenmerken={"melder_anoniem": False, "opsporingsbelang": False},
    ),
    "rechterlijk_besluit": Opzet(
        "OM", "DIRECTE_VEILIGHEID", kenmerken={**_HG, "nodig_voor_veiligheid": True}
    ),
    "reclasseringsadvies": Opzet(
        "RECL", "AFDOENINGSBESLISSING", ("OM", "ZM"), _VOLWASSEN
    ),
    "rvdk_advies": Opzet(
        "RVDK", "AFDOENINGSBESLISSING", ("OM", "ZM"), {"verdachte_minderjarig": True}
    ),
    "sash_uitkomst": Opzet(
        "POL",
        "VEILIGHEIDSBEOORDELING",
        kenmerken={"stalking": True, "risico_stalking": "hoog", **_VOLWASSEN},
        kern=_HOOG,
    ),
    "slachtofferbeleving": Opzet(
        "SHN",
        "VEILIGHEIDSBEOORDELING",
        kenmerken={"toestemming_slachtoffer": True},
        na="toestemming",
        verwijst="zaak",
    ),
    "slachtoffercontact_afstemming": Opzet(
        "VT",
        "SLACHTOFFERBELANG",
        ("SHN",),
        {"hg_label": True},
        na="zsm_aanmelding",
        verwijst="zaak",
    ),
    "slachtofferwens": Opzet("SHN", "AFDOENINGSBESLISSING"),
    "terugkoppeling": Opzet(
        "VT", "TERUGKOPPELING", ("POL",), na="politiemelding", verwijst="antwoord_op"
    ),
    "toestemming": Opzet("SHN", "TECHNISCH", kern=_GEGEVEN),
    "veiligheidsbeoordeling": Opzet(
        "VT",
        "DIRECTE_VEILIGHEID",
        kenmerken={
            **_ACUUT,
            "nodig_voor_veiligheid": True,
            "vermoeden_strafbaar_feit": True,
        },
    ),
    "veiligheidsplan_signaal": Opzet("VT", "AFSTEMMING", ("OM", "POL"), _SAMENLOOP),
    "veiligheidsvoorwaarden": Opzet(
        "VT", "DIRECTE_VEILIGHEID", kenmerken={"vermoeden_strafbaar_feit": True}
    ),
    "verzoek_tot_onderzoek": Opzet(
        "VT",
        "KINDERBESCHERMING",
        ("RVDK",),
        {"geheim_adres": False, "minderjarige_betrokken": True},
    ),
    "vrijgave": Opzet(
        "POL",
        "TECHNISCH",
        kern={"vrijgave.rubrieken": "[sporen]"},
        na="acuut_afspraken",
        verwijst="zaak",
        betreft=("vrijgave", "betreft_bericht"),
    ),
    "vt_melding": Opzet(
        "LT",
        "VEILIGHEIDSBEOORDELING",
        ("VT",),
        {"meldcode_toegepast": True, "melder_anoniem": False},
    ),
    "vt_melding_verzoek": Opzet("VT", "VEILIGHEIDSBEOORDELING", ("POL",)),
    "zaakkenmerk_wijziging": Opzet(
        "OM", "AFDOENINGSBESLISSING", kenmerken={"hg_label": True, **_VOLWASSEN}
    ),
    "zsm_aanmelding": Opzet(
        "POL",
        "AFDOENINGSBESLISSING",
        kenmerken={**_HG, "vermoeden_strafbaar_feit": True},
    ),
    "zsm_besluit": Opzet(
        "OM",
        "DIRECTE_VEILIGHEID",
        kenmerken={**_HG, "nodig_voor_veiligheid": True},
        kern=_BESLUIT,
    ),
    "zsm_scenario": Opzet("VT", "AFDOENINGSBESLISSING", kenmerken=_SAMENLOOP),
    "zvh_aanmelding": Opzet("VT", "AFSTEMMING", ("ZVH",), _SAMENLOOP),
}
