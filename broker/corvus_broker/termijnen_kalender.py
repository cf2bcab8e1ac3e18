"""When a term ends by the Dutch calendar; everything comes back in UTC.

Minutes and hours run on; daguren, a switch that no shipped term sets, leave out
00:00 to 09:00. Days, weeks and months keep the clock on the wall in
Amsterdam, whatever summer time does. Werkdagen skip weekends and public holidays, do
not count the day of the start, and end at 23:59.
"""

from __future__ import annotations

import calendar
import functools
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from holidays import country_holidays

if TYPE_CHECKING:
    from corvus_schemas.termijnen import Duur

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")
_LAST_MINUTE: Final = time(23, 59)
_MORNING: Final = time(9)
_SATURDAY: Final = 5
_MONTHS: Final = 12


def uiterlijk(start: datetime, duur: Duur) -> datetime:
    """Give the last moment of a term that starts at a moment with a time zone."""
    start = start.astimezone(UTC)
    match duur.eenheid:
        case "minuten":
            return start + timedelta(minutes=duur.lengte)
        case "uren":
            return start + timedelta(hours=duur.lengte)
        case "daguren":
            return _day_hours_on(start, timedelta(hours=duur.lengte))
        case "dagen" | "weken" | "maanden" | "werkdagen" | "zelfde_kalenderdag":
            return _by_day(start.astimezone(AMSTERDAM), duur)


def _by_day(start: datetime, duur: Duur) -> datetime:
    day, lengte = start.date(), duur.lengte
    match duur.eenheid:
        case "weken":
            return _same_clock(start, day + timedelta(weeks=lengte))
        case "maanden":
            return _same_clock(start, _months_on(day, lengte))
        case "werkdagen":
            return end_of_day(_workdays_on(day, lengte))
        case "zelfde_kalenderdag":
            return end_of_day(day)
        case _:
            return _same_clock(start, day + timedelta(days=lengte))


def end_of_day(day: date) -> datetime:
    """Give 23:59 of a day in Amsterdam."""
    return datetime.combine(day, _LAST_MINUTE, AMSTERDAM).astimezone(UTC)


def is_werkdag(day: date) -> bool:
    """Say whether a day is Monday to Friday and no public holiday."""
    return day.weekday() < _SATURDAY and day not in _feestdagen(day.year)


def _same_clock(start: datetime, day: date) -> datetime:
    """Put the clock of the start on another day.

    A time that a day does not have, or has twice, is the later of its two readings:
    no term is shorter than it says.
    """
    wall = datetime.combine(day, start.time(), AMSTERDAM)
    return max(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def _day_hours_on(start: datetime, left: timedelta) -> datetime:
    """Let hours run from 09:00 to midnight only, the night rule for an arrest."""
    while True:
        day = start.astimezone(AMSTERDAM).date()
        opens = datetime.combine(day, _MORNING, AMSTERDAM).astimezone(UTC)
        midnight = datetime.combine(day + timedelta(days=1), time(), AMSTERDAM)
        start = max(start, opens)
        if start + left <= midnight.astimezone(UTC):
            return start + left
        left -= midnight.astimezone(UTC) - start
        start = midnight.astimezone(UTC)


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    _, last = calendar.monthrange(year, month + 1)
    return date(year, month + 1, min(day.day, last))


def _workdays_on(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_werkdag(day)
    return day


@functools.cache
def _feestdagen(year: int) -> frozenset[date]:
    return frozenset(country_holidays("NL", years=year))
