"""Makes a made-up message tell one story: who is who to whom, and when it happened.

A couple with a child in Teststad: violence on an evening in March, and what follows.
The year is one to come, so that nobody takes it for a real case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from corvus_schemas.avro import JsonValue
    from corvus_schemas.kenmerken import KenmerkWaarde

_Record: TypeAlias = "dict[str, JsonValue]"

# Of a role: achternaam, voornamen, geslacht, geboortedatum.
_PERSONEN: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "verdachte": ("Proefman", "Robin", "M", "1986-05-14"),
    "slachtoffer": ("Voorbeeld", "Noor", "V", "1988-09-02"),
    "kind": ("Proefman", "Jip", "M", "2023-06-21"),
    "gezinslid": ("Proefman", "Bente", "V", "1961-01-30"),
    "netwerk": ("Voorbeeld", "Charlie", "V", "1991-12-08"),
    "getuige": ("Testbuur", "Sam", "M", "1979-03-17"),
    "melder": ("Nepstra", "Lou", "V", "1983-10-25"),
}
_MINDERJARIG: Final = ("Proefman", "Robin", "M", "2015-05-14")
# Of a role: to which role, and what they are to it.
_RELATIES: Final[Mapping[str, Mapping[str, str]]] = {
    "verdachte": {"slachtoffer": "partner", "kind": "ouder"},
    "slachtoffer": {"verdachte": "partner", "kind": "ouder"},
    "kind": {"verdachte": "kind_van", "slachtoffer": "kind_van"},
    "gezinslid": {"verdachte": "ouder"},
    "netwerk": {"slachtoffer": "familie_overig"},
}
_MOMENTEN: Final[Mapping[str, str]] = {
    "incident_tijdstip": "2031-03-01T21:15:00+01:00",
    "tijdstip": "2031-03-01T21:40:00+01:00",
    "aanhouding_tijdstip": "2031-03-01T22:05:00+01:00",
    "opgemaakt_op": "2031-03-02T09:30:00+01:00",
    "mondeling_gedeeld_op": "2031-03-02T10:00:00+01:00",
    "slachtoffer_geinformeerd_op": "2031-03-03T11:00:00+01:00",
    "geinformeerd_op": "2031-03-03T11:00:00+01:00",
    "datum": "2031-03-03T14:00:00+01:00",
    "besloten_op": "2031-03-04T15:00:00+01:00",
    "begin": "2031-03-04T16:00:00+01:00",
    "geldig_vanaf": "2031-03-04T16:00:00+01:00",
    "uitgereikt_op": "2031-03-04T16:30:00+01:00",
    "niet_voor_tijdstip": "2031-03-05T09:00:00+01:00",
    "antwoord_voor": "2031-03-06T12:00:00+01:00",
    "gewenst_voor": "2031-03-06T12:00:00+01:00",
    "voor_tijdstip": "2031-03-06T12:00:00+01:00",
    "uiterlijk": "2031-03-08T12:00:00+01:00",
    "spreekverbod_tot": "2031-03-15T12:00:00+01:00",
    "einde": "2031-06-04T16:00:00+02:00",
}
_DAGEN: Final[Mapping[str, str]] = {
    "sinds": "2031-01-15",
    "datum": "2031-02-10",
    "afgenomen_op": "2031-03-02",
    "uiterlijk": "2031-03-08",
    "agenda_datum": "2031-03-10",
    "wanneer": "2031-03-10",
    "herbeoordelen_op": "2031-03-18",
    "plandatum": "2031-04-01",
    "zittingsdatum": "2031-05-12",
    "geldig_tot": "2031-06-04",
    "vervalt_op": "2031-06-04",
}
_ADRES: Final = ("Voorbeeldstraat", "12", "9999XX", "Teststad")
_PLAATS: Final = "Voorbeeldstraat 12, 9999XX Teststad"


def tell_story(inhoud: _Record, kenmerken: Mapping[str, KenmerkWaarde]) -> None:
    """Change persons, relations, addresses and moments so that they fit together."""
    for record in _records(inhoud):
        _set_moments(record)
        # A field that says what a kenmerk says, says the same.
        record |= {
            naam: waarde
            for naam, waarde in kenmerken.items()
            if isinstance(waarde, bool) and isinstance(record.get(naam), bool)
        }
    persons = [one for one in _listed(inhoud.get("betrokkenen")) if "rol" in one]
    refs = {
        str(one["rol"]): _part(one, "basis").get("betrokkene_ref") for one in persons
    }
    for person in persons:
        _set_person(person, refs)
    incident = _part(inhoud, "incident")
    if "aantal_kinderen_in_woning" in incident:
        incident["aantal_kinderen_in_woning"] = 1


def _listed(value: JsonValue) -> list[_Record]:
    return (
        [one for one in value if isinstance(one, dict)]
        if isinstance(value, list)
        else []
    )


def _part(record: _Record, naam: str) -> _Record:
    found = record.get(naam)
    return found if isinstance(found, dict) else {}


def _records(value: JsonValue) -> Iterator[_Record]:
    if isinstance(value, dict):
        yield value
        for one in list(value.values()):
            yield from _records(one)
    elif isinstance(value, list):
        for one in value:
            yield from _records(one)


def _set_moments(record: _Record) -> None:
    for naam, value in record.items():
        moment = isinstance(value, str) and "T" in value[10:11]
        known = _MOMENTEN if moment else _DAGEN
        if naam in known and isinstance(value, str) and value.startswith("2031-"):
            record[naam] = known[naam]


def _set_person(person: _Record, refs: Mapping[str, JsonValue]) -> None:
    rol = str(person["rol"])
    young = rol == "verdachte" and _part(person, "basis").get("minderjarig") is True
    naam = _MINDERJARIG if young else _PERSONEN.get(rol)
    identiteit = _part(person, "identiteit")
    if naam is not None and identiteit:
        identiteit.pop("voorvoegsel", None)
        for veld, value in zip(
            ("achternaam", "voornamen", "geslacht", "geboortedatum"), naam, strict=True
        ):
            if veld in identiteit:
                identiteit[veld] = value
    for veld, value in zip(
        ("straat", "huisnummer", "postcode", "woonplaats"), _ADRES, strict=True
    ):
        if veld in _part(person, "adres"):
            _part(person, "adres")[veld] = value
    if "verblijfadres" in _part(person, "verblijfadres"):
        _part(person, "verblijfadres")["verblijfadres"] = _PLAATS
    # For one person under two roles only; there is none here.
    person.pop("koppeling", None)
    _set_relations(person, rol, refs)


def _set_relations(person: _Record, rol: str, refs: Mapping[str, JsonValue]) -> None:
    known: list[JsonValue] = [
        {"naar_ref": refs[naar], "soort": soort}
        for naar, soort in _RELATIES.get(rol, {}).items()
        if refs.get(naar) is not None
    ]
    if "relaties" in person:
        if known:
            person["relaties"] = {"relaties": known}
        else:
            del person["relaties"]
