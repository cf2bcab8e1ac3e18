"""Texts with a meaning: uuid, date, timestamp, BSN, free text.

Each check gives None or what is wrong, never the value. Dates may be partial;
timestamps follow RFC 3339 and carry an offset.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_TEXT = 4000
MAX_STRING = 250
TEST_BSN_PREFIX = "9999"

_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.ASCII
)
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\Z", re.ASCII)
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\Z",
    re.ASCII,
)
_SHA256 = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_BSN = re.compile(r"[0-9]{9}\Z", re.ASCII)
# Control characters, lone surrogates (no UTF-8), and marks that turn text around.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_IDENTIFYING = re.compile(r"[0-9@]")
# An age or a band of ages; three digits in a row begin a year or a number.
_NO_HINT = re.compile(r"[0-9]{3}|@")
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_BSN_MODULUS = 11


def check_uuid(value: str) -> str | None:
    """Check the usual notation of a UUID, in lower case."""
    return None if _UUID.match(value) else "no uuid in lower case"


def check_date(value: str) -> str | None:
    """Check a date, or a year, or a year and a month."""
    if _DATE.match(value) and _exists(value + "-01-01"[len(value) - 4 :]):
        return None
    return "no date; YYYY, YYYY-MM or YYYY-MM-DD is expected"


def check_timestamp(value: str) -> str | None:
    """Check a moment in time with its offset."""
    if _TIMESTAMP.match(value) and _exists(value):
        return None
    return "no timestamp; RFC 3339 with seconds and offset is expected"


def check_sha256(value: str) -> str | None:
    """Check a SHA-256 digest in hexadecimal."""
    return None if _SHA256.match(value) else "no sha256; 64 lower case hexadecimals"


def check_bsn(value: str) -> str | None:
    """Check length and elfproef of a BSN."""
    if not _BSN.match(value) or value == "000000000":
        return "no BSN; 9 digits are expected"
    total = sum(
        weight * int(digit) for weight, digit in zip(_BSN_WEIGHTS, value, strict=True)
    )
    return "the BSN fails the elfproef" if total % _BSN_MODULUS else None


def check_test_bsn(value: str) -> str | None:
    """Check a BSN that has to come from the test range."""
    fault = check_bsn(value)
    if fault is None and not value.startswith(TEST_BSN_PREFIX):
        return f"no test BSN; it has to start with {TEST_BSN_PREFIX}"
    return fault


def check_string(value: str) -> str | None:
    """Check a short text: one line, no control characters."""
    if len(value) > MAX_STRING:
        return f"{len(value)} characters, at most {MAX_STRING} are allowed"
    return "a character that cannot be shown" if _UNSHOWN.search(value) else None


def check_text(value: str) -> str | None:
    """Check free text: lines and tabs are allowed, other control characters not."""
    if len(value) > MAX_TEXT:
        return f"{len(value)} characters, at most {MAX_TEXT} are allowed"
    shown = value.replace("\n", "").replace("\t", "")
    return "a character that cannot be shown" if _UNSHOWN.search(shown) else None


def check_anonymous(value: str) -> str | None:
    """Check free text that must not identify: no numbers, no addresses.

    A name cannot be recognised by a program; this stops dates, telephone numbers,
    house numbers and e-mail addresses.
    """
    if _IDENTIFYING.search(value):
        return "no digits and no @ are allowed in an anonymous message"
    return check_text(value)


def check_hint(value: str) -> str | None:
    """Check a short hint in an anonymous message: ages are allowed, numbers not."""
    if _NO_HINT.search(value):
        return "no more than two digits in a row and no @ are allowed here"
    return check_string(value)


def _exists(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "string": check_string,
    "text": check_text,
    "anonieme_text": check_anonymous,
    "uuid": check_uuid,
    "date": check_date,
    "timestamp": check_timestamp,
    "sha256": check_sha256,
    "bsn": check_bsn,
}
"""What a `soort` of a string field asks; `enum` is checked against its codes."""
