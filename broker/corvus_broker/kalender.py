"""The day in the Netherlands, on which rules, areas and tables start and end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")
_HOUR_MS: Final = 3_600_000


@lru_cache(maxsize=64)  # a batch has one, which every message asks for
def moment_at(ms: int) -> datetime:
    """Give a moment in ms since 1970, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def day_at(ms: int) -> date:
    """Give the day at a moment in ms since 1970, UTC."""
    return _day_of_hour(ms // _HOUR_MS)


@lru_cache(maxsize=64)
def _day_of_hour(hour: int) -> date:
    """A day starts on a whole hour, in summer and winter: an hour is in one day."""
    start = datetime.fromtimestamp(hour * _HOUR_MS / 1000, UTC)
    return start.astimezone(AMSTERDAM).date()
