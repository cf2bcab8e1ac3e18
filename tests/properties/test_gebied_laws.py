"""Laws of addressing: on any day a place has one answer, or a refusal with a code."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from corvus_routing.adresboek import Adresboek, Organisatie
from corvus_routing.gebied import Gebied, check_gebied, gebied_of
from corvus_routing.gebieden import Gebieden, parse_gebieden
from corvus_schemas.errors import AddressError
from corvus_schemas.identifiers import Oin

FIRST = date(2026, 1, 1)
DAYS = 40
REFUSALS = {"geen_route", "dubbele_route", "regio.onbekend", "regio.vervallen"}
REGIOS = ("VT01", "VT02", "VT03")
CODES = ("S001", "S002", "S003", "S004")

# Cuts of the range: between two of them an entry holds, or there is a gap.
cuts = st.lists(st.integers(0, DAYS), min_size=2, max_size=5, unique=True).map(sorted)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def periods(draw: st.DrawFn, value: st.SearchStrategy[str]) -> list[dict[str, object]]:
    """Periods that do not overlap, some of them left out, the last perhaps open."""
    found: list[dict[str, object]] = []
    points: list[int] = draw(cuts)
    for van, tot in itertools.pairwise(points):
        if draw(st.booleans()):
            found.append({"van": day(van), "tot": day(tot), "value": draw(value)})
    stays = draw(st.booleans())
    if found and stays:
        found[-1]["tot"] = None
    return found


@st.composite
def lists(draw: st.DrawFn) -> Gebieden:
    regios = [
        {"code": code, "naam": code, "arrondissement": one["value"]}
        | {"geldig_van": one["van"], "geldig_tot": one["tot"]}
        for code in REGIOS
        for one in draw(periods(st.sampled_from(["Boven", "Onder"])))
    ]
    known = sorted({str(one["code"]) for one in regios})
    gemeenten = [
        {"code": code, "naam": draw(st.sampled_from(["Aadorp", "Beekstad", code]))}
        | {"vt_regio": one["value"]}
        | {"geldig_van": one["van"], "geldig_tot": one["tot"]}
        for code in (CODES if known else ())
        for one in draw(periods(st.sampled_from(known)))
    ]
    return parse_gebieden(
        {"soort": "corvus.gebieden", "synthetisch": True, "ao_regios": []}
        | {"vt_regios": regios, "gemeenten": gemeenten}
    )


@st.composite
def boeken(draw: st.DrawFn) -> Adresboek:
    """Organisations that come and go, with successors along ended ones."""
    made: list[Organisatie] = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        van = draw(st.integers(0, 5))
        tot = draw(st.one_of(st.none(), st.integers(van + 1, DAYS)))
        opvolger = None
        if tot is not None and made and draw(st.booleans()):
            follower = draw(st.sampled_from(made))
            if follower.is_valid_at(noon(day(tot))):
                opvolger = follower.oin
        made.append(
            Organisatie(
                oin=Oin(f"{number:020}"),
                naam=f"VT {number}",
                type="VT",
                vt_regios=frozenset(draw(st.sets(st.sampled_from(REGIOS)))),
                arrondissementen=frozenset(),
                gemeenten=frozenset(),
                geldig_van=noon(day(van)),
                geldig_tot=None if tot is None else noon(day(tot)),
                opvolger=opvolger,
            )
        )
    return Adresboek(made)


def noon(op: date) -> datetime:
    return datetime(op.year, op.month, op.day, 12, tzinfo=UTC)


def ask(
    text: str, gebieden: Gebieden, boek: Adresboek, op: date
) -> tuple[Gebied, Organisatie] | AddressError:
    try:
        gebied = gebied_of(text, gebieden, op=op)
        check_gebied(gebied, gebieden, op)
        return gebied, boek.resolve("VT", gebied, noon(op))
    except AddressError as refusal:
        return refusal


@given(lists(), boeken())
def test_every_place_has_one_answer_or_a_named_refusal_on_every_day(
    gebieden: Gebieden, boek: Adresboek
) -> None:
    for number in range(DAYS + 1):
        op = day(number)
        for text in (*CODES, "Aadorp", "Beekstad", "Nergens"):
            answer = ask(text, gebieden, boek, op)
            if isinstance(answer, AddressError):
                assert answer.code in REFUSALS
                assert answer.message
                continue
            gebied, found = answer
            # Whoever answers is there, and serves the region or succeeded who did.
            assert found.is_valid_at(noon(op))
            assert any(
                gebied.vt_regio in entry.vt_regios
                for entry in boek.entries()
                if entry.oin in boek.identiteit(found.oin, noon(op))
            )
            regio = gebieden.regio(gebied.vt_regio or "", op)
            assert regio is not None
            assert gebied == Gebied(gebied.gemeente, regio.code, regio.arrondissement)


@given(boeken())
def test_who_counts_as_another_is_its_living_successor_and_never_the_reverse(
    boek: Adresboek,
) -> None:
    for number in range(DAYS + 1):
        op = noon(day(number))
        for oin in boek.oins():
            for other in boek.identiteit(oin, op) - {oin}:
                assert not boek.heeft(other, op)
                assert oin not in boek.identiteit(other, op)
                if boek.heeft(oin, op):
                    assert boek.opvolger(other, op) == oin
