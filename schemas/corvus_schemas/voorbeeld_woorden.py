"""Words for made-up messages; every name and number is recognisably synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WOORDEN: Mapping[str, tuple[str, ...]] = {
    "achternaam": ("Proefman", "Voorbeeld", "Testbuur", "Nepstra", "Fictief"),
    "voorvoegsel": ("van", "de", "van der"),
    "voornamen": ("Robin", "Sam", "Noor", "Jip", "Charlie", "Bente"),
    "straat": ("Voorbeeldstraat", "Proeflaan", "Testplein"),
    "huisnummer": ("1", "12a", "345"),
    "woonplaats": ("Voorbeelddorp", "Teststad"),
    "verblijfadres": ("Proeflaan 7, Voorbeelddorp", "Testplein 3, Teststad"),
    "incident_locatie": ("Voorbeeldstraat 12, Teststad", "Proefpark, Voorbeelddorp"),
    "locatie": ("Voorbeeldstraat 12, Teststad", "Proefpark, Voorbeelddorp"),
    "email": ("proefman@voorbeeld.invalid", "testbuur@voorbeeld.invalid"),
    "telefoon": ("06-00000001", "06-00000002"),
    "werktelefoon": ("088-0000001", "088-0000002"),
    "organisatieonderdeel": ("Basisteam Teststad", "Team Voorbeeld", "ZSM Proefregio"),
    "functie": ("casushouder", "wijkagent", "parketsecretaris"),
    "casusverantwoordelijke_functie": ("casusregisseur", "procesregisseur"),
    "taal_tolk": ("geen", "tolk nodig"),
    "incident_soort": ("mishandeling", "bedreiging", "stalking"),
    "feiten": ("mishandeling", "bedreiging", "belaging"),
    "soort_feit": ("mishandeling", "bedreiging"),
    "aanleiding": ("nieuwe melding", "instroom verdachte"),
    "lopende_zaken": ("zaak in behandeling",),
    "aard": ("ruzie thuis", "geluidsoverlast"),
    "uitkomst": ("gesprek gevoerd", "geen vervolg"),
    "parketnummer": ("99/000001-31", "99/000002-31"),
    "school_id": ("SCHOOL-TEST-1", "SCHOOL-TEST-2"),
    "groep": ("groep 3", "groep 6"),
    "leeftijdscategorie": ("4 tot en met 7 jaar", "8 tot en met 11 jaar"),
    "delictcode": ("285b", "300"),
    "soort": ("foto", "document"),
    "duur": ("enkele weken", "enkele maanden"),
    "frequentie": ("dagelijks", "wekelijks"),
    "van_regio": ("Teststad",),
    "naar_regio": ("Voorbeelddorp",),
}

# No digits: these have to do for anonymous messages too.
ZINNEN = (
    "buren hoorden geschreeuw en belden de politie",
    "er is afgesproken dat niemand alleen op bezoek komt",
    "betrokkene vertelt rustig wat er is gebeurd",
    "de situatie is besproken en wordt gevolgd",
    "er is hulp aangeboden en die is aangenomen",
    "een familielid houdt de komende tijd contact",
)
