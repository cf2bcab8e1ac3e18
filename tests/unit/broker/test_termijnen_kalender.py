"""When a term ends: summer time, holidays, 23:59."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from corvus_broker.termijnen_kalender import AMSTERDAM, is_werkdag, uiterlijk
from corvus_schemas.termijnen import Duur


@pytest.mark.parametrize(
    ("start", "duur", "end"),
    [
        # Hours run through the night the clock changes, in both directions.
        ("2031-03-30T00:30+01:00", Duur(9, "uren"), "2031-03-30T10:30+02:00"),
        ("2031-10-26T00:30+02:00", Duur(9, "uren"), "2031-10-26T08:30+01:00"),
        ("2031-10-26T02:50+02:00", Duur(30, "minuten"), "2031-10-26T02:20+01:00"),
        # Days, weeks and months keep the clock on the wall.
        ("2031-03-17T16:00+01:00", Duur(14, "dagen"), "2031-03-31T16:00+02:00"),
        ("2031-10-20T16:00+02:00", Duur(2, "weken"), "2031-11-03T16:00+01:00"),
        ("2031-08-31T12:00+02:00", Duur(6, "maanden"), "2032-02-29T12:00+01:00"),
        ("2031-12-15T12:00+01:00", Duur(1, "maanden"), "2032-01-15T12:00+01:00"),
        # 02:30 does not exist on that day, or exists twice: the later reading.
        ("2031-03-29T02:30+01:00", Duur(1, "dagen"), "2031-03-30T03:30+02:00"),
        ("2031-10-25T02:30+02:00", Duur(1, "dagen"), "2031-10-26T02:30+01:00"),
        # Werkdagen: Good Friday to Easter Monday, and the start's own day, not.
        ("2031-04-10T09:00+02:00", Duur(1, "werkdagen"), "2031-04-15T23:59+02:00"),
        ("2031-06-02T10:00+02:00", Duur(5, "werkdagen"), "2031-06-09T23:59+02:00"),
        ("2031-12-24T23:59+01:00", Duur(1, "werkdagen"), "2031-12-29T23:59+01:00"),
        # The day is that of Amsterdam, not that of UTC.
        ("2031-06-10T22:30+00:00", Duur(1, "werkdagen"), "2031-06-12T23:59+02:00"),
        ("2031-06-10T22:30Z", Duur(0, "zelfde_kalenderdag"), "2031-06-11T23:59+02:00"),
        # The night rule: 00:00 to 09:00 is not counted.
        ("2031-04-05T02:00+02:00", Duur(9, "daguren"), "2031-04-05T18:00+02:00"),
        ("2031-04-05T20:00+02:00", Duur(9, "daguren"), "2031-04-06T14:00+02:00"),
        ("2031-03-29T22:00+01:00", Duur(3, "daguren"), "2031-03-30T10:00+02:00"),
    ],
)
def test_a_term_ends_by_the_dutch_clock(start: str, duur: Duur, end: str) -> None:
    found = uiterlijk(datetime.fromisoformat(start), duur)
    assert found == datetime.fromisoformat(end)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "day", ["2031-01-01", "2031-04-11", "2031-04-14", "2031-05-22", "2031-06-02"]
)
def test_public_holidays_are_no_werkdagen(day: str) -> None:
    assert date.fromisoformat(day).weekday() < 5
    assert not is_werkdag(date.fromisoformat(day))


def test_kings_day_moves_when_it_is_a_sunday_and_liberation_day_is_free_in_lustra() -> (
    None
):
    assert is_werkdag(date(2032, 4, 28))
    assert not is_werkdag(date(2032, 4, 27))
    assert [is_werkdag(date(year, 5, 5)) for year in (2027, 2030, 2032)] == [
        True,
        False,
        True,
    ]


def test_the_zone_is_amsterdam() -> None:
    assert AMSTERDAM.key == "Europe/Amsterdam"
