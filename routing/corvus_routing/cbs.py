"""The list of gemeenten as the CBS publishes it, made into a list of places.

The CBS gives codes and names; which VT-regio a gemeente lies in comes from a column of
the same file, or by name from the list there is. Nothing is guessed: what does not
match is refused, all of it at once, with what looks like it.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final, cast

from corvus_routing.gebied import close_matches
from corvus_routing.gebieden import Gebieden, parse_gebieden, plain
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

_CODE_COLUMNS: Final = ("gemeentecodegm", "gemeentecode", "code")
_NAME_COLUMNS: Final = ("gemeentenaam", "naam")
_REGIO_COLUMNS: Final = ("vt_regio", "vt-regio", "vt_regio_code")
_CODE: Final = re.compile(r"(?:GM)?(\d{1,4})\Z", re.ASCII)
_MAX_PROBLEMS: Final = 20


def read_cbs(text: str) -> list[tuple[int, str, str, str]]:
    """Read rows as (line, code of four digits, name, VT-regio or nothing).

    Commas or semicolons; columns as the CBS names them, in any order, with others.

    Raises:
        SchemaError: ``cbs.ongeldig``; every wrong line is named.
    """
    head = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in head else ","
    )
    columns = [plain(name) for name in next(reader, [])]
    code_at = _column(columns, _CODE_COLUMNS)
    name_at = _column(columns, _NAME_COLUMNS)
    if code_at is None or name_at is None:
        raise _refuse(
            ["the first line has no columns Gemeentecode and Gemeentenaam"],
        )
    regio_at = _column(columns, _REGIO_COLUMNS)
    rows: list[tuple[int, str, str, str]] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for cells in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            problems.append(f"line {line} has {len(cells)} cells, not {len(columns)}")
            continue
        code = _CODE.match(cells[code_at].strip())
        name = " ".join(cells[name_at].split())
        if code is None or not name:
            problems.append(f"line {line} has no code of a gemeente, or no name")
            continue
        number = f"{int(code[1]):04d}"
        if number in seen:
            problems.append(f"lines {seen[number]} and {line} have the same code")
        seen.setdefault(number, line)
        regio = "" if regio_at is None else cells[regio_at].strip().upper()
        rows.append((line, number, name, regio))
    if problems or not rows:
        raise _refuse(problems or ["there is no line with a gemeente"])
    return rows


def import_cbs(
    text: str,
    basis: Gebieden,
    geldig_van: date,
    opvolgers: Mapping[str, Sequence[str]] | None = None,
) -> Gebieden:
    """Make the list as it is from a day, out of a CBS list and the list there is.

    Over a list with real codes the earlier periods stay: what is not in the CBS list
    any more ends on that day, what moves or is renamed gets a new period. Over the
    synthetic list that ships, only the regions stay. ``opvolgers`` says what a gemeente
    that ends goes into: the CBS list does not.

    Raises:
        SchemaError: ``cbs.ongeldig``.
        RegisterError: ``gebieden.ongeldig``.
    """
    rows = read_cbs(text)
    placed = _place(rows, basis, geldig_van)
    payload = basis.payload()
    fresh = basis.lijst.synthetisch
    before = [] if fresh else cast("list[dict[str, object]]", payload["gemeenten"])
    made = _periods(before, rows, placed, geldig_van.isoformat())
    _put_successors(made, opvolgers or {}, geldig_van.isoformat())
    payload["gemeenten"] = made
    payload["synthetisch"] = False
    return parse_gebieden(payload)


def _place(
    rows: Sequence[tuple[int, str, str, str]], basis: Gebieden, op: date
) -> dict[str, str]:
    """Find the VT-regio of every code."""
    known = {regio.code for regio in basis.regios_op(op)}
    names = sorted({one.naam for one in basis.lijst.gemeenten})
    placed: dict[str, str] = {}
    problems: list[str] = []
    for line, code, name, given in rows:
        if given:
            if given in known:
                placed[code] = given
            else:
                problems.append(
                    f"line {line}: {given!r:.12} is no VT-regio on that day"
                )
            continue
        # A real code says more than a name, and a synthetic one says nothing.
        same = None if basis.lijst.synthetisch else basis.gemeente(code, op)
        found = [same] if same is not None else basis.named(name)
        regios = {one.vt_regio for one in found if one.is_valid_at(op)} & known
        if len(regios) == 1:
            placed[code] = regios.pop()
            continue
        candidates = ", ".join(sorted(regios)) or ", ".join(close_matches(name, names))
        problems.append(
            f"line {line}: which VT-regio {name} lies in is not known"
            + (f" ({candidates}?)" if candidates else "")
        )
    if problems:
        raise _refuse(problems)
    return placed


def _periods(
    before: Sequence[Mapping[str, object]],
    rows: Sequence[tuple[int, str, str, str]],
    placed: Mapping[str, str],
    per: str,
) -> list[dict[str, object]]:
    now = {code: (name, placed[code]) for _, code, name, _ in rows}
    made: list[dict[str, object]] = []
    unchanged: set[str] = set()
    for entry in before:
        code, tot = str(entry["code"]), entry["geldig_tot"]
        if str(entry["geldig_van"]) >= per:
            continue  # what was planned for this day or later is now in the list
        if tot is not None and str(tot) <= per:
            made.append({**entry})
        elif now.get(code) == (entry["naam"], entry["vt_regio"]):
            unchanged.add(code)
            made.append({**entry, "geldig_tot": None})
        else:
            made.append({**entry, "geldig_tot": per})
    for code, (name, regio) in now.items():
        if code not in unchanged:
            made.append(
                {"code": code, "naam": name, "vt_regio": regio, "geldig_van": per}
                | {"geldig_tot": None}
            )
    return made


def _put_successors(
    entries: Sequence[dict[str, object]],
    opvolgers: Mapping[str, Sequence[str]],
    per: str,
) -> None:
    problems: list[str] = []
    for code, naar in opvolgers.items():
        own = [one for one in entries if one["code"] == code]
        ended = [one for one in own if one["geldig_tot"] == per]
        if ended and all(str(one["geldig_van"]) < per for one in own):
            ended[0]["opvolgers"] = [*naar]
        else:
            problems.append(f"gemeente {code} does not end on {per}")
    if problems:
        raise _refuse(problems)


def _column(columns: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in wanted if name in columns), None)


def _refuse(problems: Sequence[str]) -> SchemaError:
    more = len(problems) - _MAX_PROBLEMS
    shown = "; ".join(problems[:_MAX_PROBLEMS])
    return SchemaError(
        "cbs.ongeldig",
        f"{shown}; and {more} more" if more > 0 else shown,
        advice="Add a column vt_regio to the file where the name does not say it.",
    )
