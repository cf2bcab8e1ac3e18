"""A table as rows of cells, for spreadsheets, and back without loss.

The first row says which table it is, the second has the names of the fields, and
every row after it is a rule. An empty cell is ``null`` where a field may be null.

A cell that a spreadsheet would take for a formula (``=``, ``+``, ``-``, ``@``, also
after spaces) gets an apostrophe in front, and loses it again on the way back.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final, NoReturn

from corvus_routing.tabel import tabel_from_payload, tabel_payload
from corvus_routing.tabelvorm import Tabelvorm
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from corvus_routing.json_value import JsonValue
    from corvus_routing.regel import Verstrekkingentabel
    from corvus_schemas.catalogus import Catalogus

VELDEN: Final = Tabelvorm().fields
"""The columns, in the order of the schema."""

_KOP: Final = ("tabel", "versie", "geldig_van", "geldig_tot")
_NULLABLE: Final = frozenset({"hold", "modaliteit", "bewaartermijn", "geldig_tot"})
_FORMULE: Final = re.compile(r"[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_ONSCHADELIJK: Final = re.compile(r"'[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_REGEL_VAN_RIJ: Final = 3
"""Row of the first rule, as a spreadsheet counts."""

MAX_GENOEMD: Final = 50
_SCHEIDINGEN: Final = ",;\t"
_ADVICE: Final = "Correct these rows; routing/README.md explains every field"

Rijen = list[list[str]]


def rijen_of(tabel: Verstrekkingentabel) -> Rijen:
    """Write a table as rows of cells."""
    payload = tabel_payload(tabel)
    kop = [cel for naam in _KOP for cel in (naam, _cel(payload[naam]))]
    regels = payload["regels"]
    return [
        kop,
        list(VELDEN),
        *(
            [_cel(regel[naam]) for naam in VELDEN]
            for regel in (regels if isinstance(regels, list) else ())
            if isinstance(regel, dict)
        ),
    ]


def tabel_from_rijen(
    rijen: Sequence[Sequence[str]], catalogus: Catalogus
) -> Verstrekkingentabel:
    """Read a table from rows of cells; columns may stand in any order.

    Raises:
        RegisterError: ``uitwisseling.ongeldig``, naming every row that is wrong, or
            ``tabel.ongeldig`` for what is wrong with the table around them.
    """
    kop = _read_kop(rijen[0] if rijen else ())
    velden = _read_velden(rijen[1] if len(rijen) > 1 else ())
    tabel_from_payload({**kop, "regels": []}, catalogus)
    genummerd, problemen = _read_regels(velden, rijen[2:])
    problemen += _doubles(genummerd)
    if not problemen:
        try:
            return tabel_from_payload(
                {**kop, "regels": [regel for _, regel in genummerd]}, catalogus
            )
        except RegisterError as error:
            problemen = _problems(kop, genummerd, catalogus) or [error.message]
    return _refuse(problemen)


def to_csv(rijen: Rijen) -> str:
    """Write rows as CSV (RFC 4180)."""
    uit = io.StringIO()
    csv.writer(uit, lineterminator="\r\n").writerows(rijen)
    return uit.getvalue()


def from_csv(text: str) -> Rijen:
    """Read CSV with commas, semicolons or tabs between cells.

    Raises:
        RegisterError: ``uitwisseling.ongeldig``.
    """
    text = text.removeprefix("\ufeff")
    teken = text.removeprefix('"tabel"').removeprefix("tabel")[:1]
    if not teken or teken not in _SCHEIDINGEN:
        _refuse(["row 1: it does not begin with tabel and a comma"])
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=teken))
    except csv.Error as error:
        raise RegisterError(
            "uitwisseling.ongeldig", "this is not CSV", advice=_ADVICE
        ) from error


def _cel(value: JsonValue) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULE.match(text) else text


def _value(naam: str, cel: str) -> JsonValue:
    if not cel and naam in _NULLABLE:
        return None
    return cel[1:] if _ONSCHADELIJK.match(cel) else cel


def _regel(cellen: dict[str, str]) -> JsonValue:
    return {naam: _value(naam, cel) for naam, cel in cellen.items()}


def _read_kop(rij: Sequence[str]) -> dict[str, JsonValue]:
    cellen = [*rij[: 2 * len(_KOP)], *[""] * (2 * len(_KOP) - len(rij))]
    if tuple(cellen[::2]) != _KOP or any(rij[2 * len(_KOP) :]):
        _refuse(["row 1: it is not tabel, versie, geldig_van, geldig_tot, with values"])
    kop = {
        naam: _value(naam, cel) for naam, cel in zip(_KOP, cellen[1::2], strict=True)
    }
    versie = str(kop["versie"])
    if re.fullmatch(r"[1-9][0-9]{0,8}", versie, re.ASCII):
        kop["versie"] = int(versie)
    return kop


def _read_velden(rij: Sequence[str]) -> list[str]:
    velden = list(rij)
    while velden and not velden[-1]:
        velden.pop()
    if sorted(velden) != sorted(VELDEN):
        _refuse([f"row 2: its cells are not the fields {', '.join(VELDEN)}"])
    return velden


def _read_regels(
    velden: list[str], rijen: Sequence[Sequence[str]]
) -> tuple[list[tuple[int, JsonValue]], list[str]]:
    """Read the rules with the number of their row; and what is wrong with rows."""
    genummerd: list[tuple[int, JsonValue]] = []
    problemen: list[str] = []
    for nummer, rij in enumerate(rijen, _REGEL_VAN_RIJ):
        if not any(rij):
            continue  # spreadsheets leave empty rows behind
        if any(rij[len(velden) :]):
            problemen.append(f"row {nummer}: it has more cells than there are columns")
            continue
        gevuld = [*rij, *("" for _ in velden)]
        genummerd.append((nummer, _regel(dict(zip(velden, gevuld, strict=False)))))
    return genummerd, problemen


def _doubles(genummerd: Iterable[tuple[int, JsonValue]]) -> Iterator[str]:
    eerste: dict[str, int] = {}
    for nummer, regel in genummerd:
        regel_id = str(regel["regel"]) if isinstance(regel, dict) else ""
        if regel_id in eerste:
            yield f"row {nummer}: its id is that of row {eerste[regel_id]} as well"
        eerste.setdefault(regel_id, nummer)


def _problems(
    kop: dict[str, JsonValue],
    genummerd: list[tuple[int, JsonValue]],
    catalogus: Catalogus,
) -> list[str]:
    """Find the rows that are wrong: halve until one rule is left."""
    try:
        tabel_from_payload({**kop, "regels": [r for _, r in genummerd]}, catalogus)
    except RegisterError as error:
        if len(genummerd) == 1:
            return [f"row {genummerd[0][0]}: {error.message}"]
        midden = len(genummerd) // 2
        eerste = _problems(kop, genummerd[:midden], catalogus)
        if len(eerste) > MAX_GENOEMD:
            return eerste
        return eerste + _problems(kop, genummerd[midden:], catalogus)
    return []


def _refuse(problemen: list[str]) -> NoReturn:
    meer = len(problemen) - MAX_GENOEMD
    genoemd = problemen[:MAX_GENOEMD] + ([f"and {meer} more"] if meer > 0 else [])
    raise RegisterError("uitwisseling.ongeldig", "; ".join(genoemd), advice=_ADVICE)
