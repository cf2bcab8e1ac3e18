"""Small lists of places and an adresboek over them, for tests of days and changes."""

from __future__ import annotations

from datetime import UTC, date, datetime

from corvus_routing.adresboek import Adresboek, Organisatie
from corvus_routing.gebieden import Gebieden, parse_gebieden
from corvus_routing.simulatie import Stand
from corvus_schemas.identifiers import Oin

START = "2018-01-01"
VOOR, NA = date(2026, 11, 22), date(2027, 1, 1)


def gebieden(*, ao_regios: list[dict[str, object]] | None = None) -> Gebieden:
    """Two regions of one arrondissement and one of another, two gemeenten in each."""
    day = {"geldig_van": START, "geldig_tot": None}
    return parse_gebieden(
        {
            "soort": "corvus.gebieden",
            "synthetisch": True,
            "vt_regios": [
                {"code": code, "naam": naam, "arrondissement": arr, **day}
                for code, naam, arr in (
                    ("VT01", "Noord", "Boven"),
                    ("VT02", "Zuid", "Boven"),
                    ("VT03", "West", "Onder"),
                )
            ],
            "ao_regios": ao_regios or [],
            "gemeenten": [
                {"code": f"S{n:03}", "naam": naam, "vt_regio": regio, **day}
                for n, naam, regio in (
                    (1, "Aadorp", "VT01"),
                    (2, "Beekstad", "VT01"),
                    (3, "Ceeveen", "VT02"),
                    (4, "Deeburg", "VT02"),
                    (5, "Eeloo", "VT03"),
                    (6, "Effen", "VT03"),
                )
            ],
        }
    )


def organisatie(nummer: int, soort: str, *areas: str) -> Organisatie:
    """One organisation since the start; areas are VT-regios or arrondissementen."""
    return Organisatie(
        oin=Oin(f"{nummer:020}"),
        naam=f"{soort} {nummer}",
        type=soort,
        vt_regios=frozenset(area for area in areas if area.startswith("VT")),
        arrondissementen=frozenset(a for a in areas if not a.startswith("VT")),
        gemeenten=frozenset(),
        geldig_van=datetime(2018, 1, 1, tzinfo=UTC),
    )


VT1, VT2, VT3 = (organisatie(n, "VT", f"VT0{n}") for n in (1, 2, 3))
OM_BOVEN, OM_ONDER = organisatie(11, "OM", "Boven"), organisatie(12, "OM", "Onder")
BOEK = Adresboek([VT1, VT2, VT3, OM_BOVEN, OM_ONDER])


def moment(dag: date) -> datetime:
    """Noon of a day: the same day in the Netherlands."""
    return datetime(dag.year, dag.month, dag.day, 12, tzinfo=UTC)


def stand(boek: Adresboek, plaatsen: Gebieden, dag: date) -> Stand:
    """The adresboek and the places on a day."""
    return Stand(boek, plaatsen, moment(dag), dag)
