"""Who takes part in a sandbox: one organisation per type and region, all synthetic.

OINs are ``00009999`` (a prefix used for nothing but this), the type in three digits,
the region in three, and six zeros: the same ones on every machine.
VT's are per VT-regio, everybody else per arrondissement, of which a local kind serves
all VT-regio's; the KMar is one, for the whole country. Halt takes no part in any flow and is left out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from corvus_routing.gebieden import Gebieden, VtRegio

Omvang = Literal["alle", "minimaal"]

OIN_PREFIX: Final = "00009999"
BROKER_OIN: Final = Oin(f"{OIN_PREFIX}{'0' * 12}")

# Position is part of the OIN: add at the end, never in between.
_TYPEN: Final = (
    ("POL", "Politie"),
    ("VT", "Veilig Thuis"),
    ("OM", "Openbaar Ministerie"),
    ("RECL", "Reclassering"),
    ("RVDK", "Raad voor de Kinderbescherming"),
    ("SHN", "Slachtofferhulp"),
    ("GEM", "Gemeente"),
    ("LT", "Lokaal team"),
    ("ZVH", "Zorg- en Veiligheidshuis"),
    ("SCHOOL", "School"),
    ("GI", "Gecertificeerde instelling"),
    ("JR", "Jeugdreclassering"),
    ("ZM", "Rechtbank"),
    ("ZORG", "Zorgaanbieder"),
    ("OPVANG", "Vrouwenopvang"),
    ("KMAR", "Koninklijke Marechaussee"),
)
# Addressed by gemeente or VT-regio; the others by arrondissement.
_LOKAAL: Final = frozenset({"GEM", "LT", "SCHOOL", "GI", "JR", "ZORG", "OPVANG"})

# What the demo's scenarios need: Groningen, West-Brabant and a second VT there.
_MINIMAAL_VT: Final = frozenset({"VT01", "VT21", "VT22"})
_MINIMAAL_TYPEN: Final = frozenset(
    {"POL", "VT", "OM", "RECL", "RVDK", "SHN", "LT", "ZVH", "JR", "ZM"}
)


@dataclass(frozen=True, slots=True)
class Deelnemer:
    """One organisation of a sandbox, without its keys."""

    oin: Oin
    map: str
    naam: str
    type: str
    vt_regios: tuple[str, ...] = ()
    arrondissementen: tuple[str, ...] = ()


def list_deelnemers(
    gebieden: Gebieden, omvang: Omvang, op: date
) -> tuple[Deelnemer, ...]:
    """Every organisation of a sandbox on a day, in a fixed order."""
    regios = gebieden.regios_op(op)
    chosen = tuple(_all(regios))
    if omvang == "alle":
        return chosen
    needed = [regio for regio in regios if regio.code in _MINIMAAL_VT]
    labels = {regio.arrondissement for regio in needed}
    maps = {f"vt-{_slug(regio.naam)}" for regio in needed}
    maps |= {f"{t.lower()}-{_slug(label)}" for t in _MINIMAAL_TYPEN for label in labels}
    return tuple(deelnemer for deelnemer in chosen if deelnemer.map in maps)


def _all(regios: Sequence[VtRegio]) -> Iterator[Deelnemer]:
    labels = dict.fromkeys(regio.arrondissement for regio in regios)
    for number, (code, naam) in enumerate(_TYPEN, 1):
        if code == "KMAR":
            yield Deelnemer(
                _oin(number, 0), "kmar-landelijk", f"{naam} (sandbox)", code
            )
        elif code == "VT":
            for place, regio in enumerate(regios, 1):
                yield Deelnemer(
                    oin=_oin(number, place),
                    map=f"vt-{_slug(regio.naam)}",
                    naam=f"{naam} {regio.naam} (sandbox)",
                    type=code,
                    vt_regios=(regio.code,),
                )
        else:
            for place, label in enumerate(labels, 1):
                inside = [one.code for one in regios if one.arrondissement == label]
                yield Deelnemer(
                    oin=_oin(number, place),
                    map=f"{code.lower()}-{_slug(label)}",
                    naam=f"{naam} {label} (sandbox)",
                    type=code,
                    vt_regios=tuple(inside) if code in _LOKAAL else (),
                    arrondissementen=() if code in _LOKAAL else (label,),
                )


def _oin(number: int, place: int) -> Oin:
    return Oin(f"{OIN_PREFIX}{number:03}{place:03}000000")


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
