"""What the field list leaves open: fields of nested records, splits, limits.

Each entry says why, because these are choices of this project. A nested field is
(naam, type, codelijst, verplicht), in the words of the field list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Nested: TypeAlias = "tuple[tuple[str, str, str, str], ...]"
Key: TypeAlias = "tuple[str, str, str]"
"""(berichttype or *, rubriek, veld)."""

# Named between braces in the field list.
_EVENT: Nested = (
    ("datum", "date", "", "J"),
    ("aard", "string", "", "J"),
    ("uitkomst", "string", "", "N"),
)
_TALK: Nested = (
    ("betrokkene_ref", "uuid", "", "J"),
    ("door_organisatie", "enum", "organisatietype", "J"),
    ("niet_voor_tijdstip", "timestamp", "", "N"),
)
_STAKE: Nested = (
    ("betrokkene_ref", "uuid", "", "J"),
    ("betrokken_in_plan", "boolean", "", "J"),
)
_CONDITION: Nested = (
    ("volgnr", "int", "", "J"),
    ("tekst", "text", "", "J"),
    ("status", "enum", "voorwaarde_status", "J"),
)
# A controller is a person of the network or an organisation: exactly what the list
# says for veiligheidsvoorwaarden.controle, used wherever somebody checks or reports.
_CONTROLLER: Nested = (
    ("soort", "enum", "netwerk|organisatie", "J"),
    ("organisatietype", "enum", "organisatietype", "N"),
    ("betrokkene_ref", "uuid", "", "N"),
)

NESTED: dict[Key, Nested] = {
    ("*", "relaties", "relaties"): (
        ("naar_ref", "uuid", "", "J"),
        ("soort", "enum", "relatiesoort", "J"),
    ),
    ("*", "politie_historie", "registraties"): _EVENT,
    ("*", "vt_historie", "eerdere_meldingen"): _EVENT,
    ("informatieverzoek_antwoord", "voorwaarden", "voorwaarden"): _CONDITION,
    ("veiligheidsvoorwaarden", "voorwaarden", "voorwaarden"): (
        ("volgnr", "int", "", "J"),
        ("tekst", "text", "", "J"),
        ("aanvullend", "boolean", "", "J"),
        ("status", "enum", "voorwaarde_status", "J"),
    ),
    ("veiligheidsvoorwaarden", "voorwaarden_personen", "personen"): (
        ("volgnr", "int", "", "J"),
        ("geldt_voor_ref", "uuid", "", "J"),
    ),
    ("veiligheidsvoorwaarden", "controle", "controleur"): _CONTROLLER,
    ("veiligheidsvoorwaarden", "controle", "melder_bij_niet_nakoming"): _CONTROLLER,
    # A proposal has no period yet: the kind, and why.
    ("veiligheidsvoorwaarden", "voorgestelde_maatregelen", "maatregelen"): (
        ("soort", "enum", "strafrechtelijke_maatregel", "J"),
        ("toelichting", "text", "", "N"),
    ),
    # Same conditions as in veiligheidsvoorwaarden, repeated to who executes the plan.
    ("veiligheidsplan_signaal", "plan_kern", "voorwaarden"): _CONDITION,
    ("veiligheidsplan_signaal", "plan_kern", "wie_controleert"): _CONTROLLER,
    ("veiligheidsplan_signaal", "plan_kern", "belanghebbenden_betrokken"): _STAKE,
    # `begin` is required as in beschermingsmaatregel: a measure without it is no fact.
    ("zsm_besluit", "maatregelen", "maatregelen"): (
        ("soort", "enum", "strafrechtelijke_maatregel", "J"),
        ("begin", "timestamp", "", "J"),
        ("einde", "timestamp", "", "N"),
    ),
    ("onderzoeksplan", "handelingen", "handelingen"): (
        ("wat", "text", "", "J"),
        ("wie", "enum", "organisatietype", "J"),
        ("wanneer", "date", "", "N"),
    ),
    ("onderzoeksplan", "spreekafspraken", "afspraken"): _TALK,
    ("acuut_afspraken", "spreekafspraken", "afspraken"): _TALK,
    ("actieoverleg_uitkomst", "scenarios", "scenarios"): (
        ("scenario", "enum", "ao_scenario", "J"),
        ("trigger", "enum", "ao_scenario_trigger", "J"),
        ("uitvoerder", "enum", "organisatietype", "J"),
    ),
    ("verzoek_tot_onderzoek", "voorwaarden_niet_voldaan", "voorwaarden"): (
        ("tekst", "text", "", "J"),
        ("status", "enum", "voorwaarde_status", "J"),
    ),
    ("verzoek_tot_onderzoek", "belanghebbenden", "belanghebbenden"): _STAKE,
    ("overdracht_lokaal", "voorwaarden", "voorwaarden"): _CONDITION,
    ("overdracht_lokaal", "voorwaarden", "wie_controleert"): _CONTROLLER,
    # The local field reports on conditions VT knows: number and status are enough.
    ("terugkoppeling", "zicht_op_veiligheid", "voorwaarden"): (
        ("volgnr", "int", "", "J"),
        ("status", "enum", "voorwaarde_status", "J"),
        ("tekst", "text", "", "N"),
    ),
}

BIJLAGE_REF: Nested = (
    ("bijlage_id", "uuid", "", "J"),
    ("soort", "string", "", "J"),
    ("sha256", "sha256", "", "J"),
    ("grootte", "int", "", "J"),
)

# Fields that point at a betrokkene of the same message.
PERSON_REFS = frozenset(
    {
        "betrokkene_ref",
        "naar_ref",
        "zelfde_persoon_als",
        "betreft_ref",
        "geldt_voor_ref",
    }
)


@dataclass(frozen=True)
class Split:
    """One field drawn apart as a rubriek of its own, directly after its parent."""

    parent: str
    kort: str
    field: str
    gevoeligheid: str
    type: str
    codelijst: str = ""
    only: str = ""
    moved: bool = True


SPLITS = (
    Split("basis", "relaties", "relaties", "GEWOON", "array<record>"),
    Split("basis", "koppeling", "zelfde_persoon_als", "GEWOON", "uuid"),
    Split("verblijf", "verblijfadres", "verblijfadres", "LOCATIE", "string"),
    Split("inhoud", "betreft", "betreft_ref", "GEWOON", "uuid"),
    Split(
        "voorwaarden",
        "voorwaarden_personen",
        "personen",
        "GEWOON",
        "array<record>",
        only="veiligheidsvoorwaarden",
        moved=False,
    ),
)

VERWIJZING = (("antwoord_op", "uuid", "", "N"), ("vervangt", "uuid", "", "N"))


# Extra attributes of a field, taken from the remarks of the field list.
_GEVOELIGE_SASH = ("Q9", "Q10", "Q11")
_GEWONE_SASH = (
    "K1",
    "K2",
    *(f"Q{n}" for n in range(1, 15) if f"Q{n}" not in _GEVOELIGE_SASH),
)

LIMITS: dict[Key, dict[str, object]] = {
    ("*", "basis", "rol"): {"gelijk_aan_rol": True},
    ("*", "kern", "uitvoerder"): {"gelijk_aan_rol": True},
    ("*", "basis", "betrokkenheid_kind"): {"alleen_rol": "kind"},
    ("*", "basis", "betrokkene_ref"): {"verwijst_naar": "zelf"},
    ("*", "bsn", "bsn"): {"soort": "bsn"},
    ("vt_melding", "melding", "meldingsoort"): {"codes": ["melding"]},
    ("melding_aan_politie", "melding", "meldingsoort"): {
        "codes": ["melding", "ambtshalve_aangifte"]
    },
    ("sash_uitkomst", "items", "antwoorden"): {"codes": list(_GEWONE_SASH)},
    ("sash_uitkomst", "items_gevoelig", "antwoorden_gevoelig"): {
        "codes": list(_GEVOELIGE_SASH)
    },
    ("handle_with_care", "signaal", "tekst"): {
        "constante": "kind heeft mogelijk steun nodig"
    },
    ("anonieme_consultatie", "casus_anoniem", "omschrijving"): {
        "soort": "anonieme_text"
    },
    ("anonieme_consultatie", "casus_anoniem", "vraag"): {"soort": "anonieme_text"},
    ("actieoverleg_aanmelding", "aanmelding", "criteria"): {
        "codelijst_ook": "ao_criterium_2019"
    },
}
