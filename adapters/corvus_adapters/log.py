"""Structured logs: events and counts, never content, names or keys.

Only the fields named here pass; anything else is dropped and counted, so that a slip
in a log call cannot become a leak.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

ALLOWED: Final = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "code",
        "partitie",
        "partities",
        "aantal",
        "uitkomsten",
        "hersteld",
        "register",
        "tabel",
        "statussen",
        "router",
        "poort",
        "proces",
        "fout",
        "getuige",
        "weggelaten",
    }
)


def keep_allowed(
    _logger: WrappedLogger, _method: str, event_dict: EventDict
) -> EventDict:
    """Drop every field that is not on the list."""
    kept = {name: value for name, value in event_dict.items() if name in ALLOWED}
    dropped = len(event_dict) - len(kept)
    return {**kept, "weggelaten": dropped} if dropped else kept


def configure_log(niveau: str, vorm: str) -> None:
    """Set logging up once, for the whole process; logs go to standard error."""
    renderer = (
        structlog.processors.JSONRenderer()
        if vorm == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[niveau.upper()]
        ),
        # Looked up at every line: whoever replaces standard error gets the lines.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def get_log() -> FilteringBoundLogger:
    """Give the logger."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger
