"""The rules of evolution: what may change in a berichttype that was published.

Each rule has a number, explained in schemas/README.md. Both directions have to hold: a
message of the former version opens with the new one, and the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from corvus_schemas.errors import SchemaError
from corvus_schemas.gepubliceerd import message_lists
from corvus_schemas.veldvergelijking import Verschil, compare_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corvus_schemas.berichttypen import Berichttype, Rubriek
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.gepubliceerd import Gepubliceerd
    from corvus_schemas.indeling import Indeling

MAX_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Bevinding:
    """One change that breaks a rule, and the berichttypen it is in."""

    regel: str
    plaats: str
    uitleg: str
    berichttypen: tuple[str, ...]

    def __str__(self) -> str:
        many = len(self.berichttypen)
        where = self.berichttypen[0] if many == 1 else f"{many} berichttypen"
        return f"{self.regel} {self.plaats}: {self.uitleg} ({where})"


def compare_versies(oud: Berichttype, nieuw: Berichttype) -> tuple[Bevinding, ...]:
    """Name everything in a newer version that breaks a rule, with the former one."""
    verschillen = [
        *_rubrieken(oud, nieuw),
        *(
            verschil
            for rubriek in oud.rubrieken
            if (after := nieuw.rubriek(rubriek.naam)) is not None
            for verschil in compare_records(rubriek.schema, after.schema)
        ),
    ]
    return _merge(
        Bevinding(one.regel, one.plaats, one.uitleg, (nieuw.code,))
        for one in verschillen
    )


def _rubrieken(oud: Berichttype, nieuw: Berichttype) -> Iterator[Verschil]:
    fresh = [r for r in nieuw.rubrieken if oud.rubriek(r.naam) is None]
    for rubriek in oud.rubrieken:
        after = nieuw.rubriek(rubriek.naam)
        if after is None:
            yield _gone(rubriek, fresh)
        elif after.verplicht and not rubriek.verplicht:
            yield Verschil("E6", rubriek.naam, "the rubriek became mandatory")
    for rubriek in fresh:
        if rubriek.verplicht:
            yield Verschil("E6", rubriek.naam, "a new rubriek has to be optional")


def _gone(rubriek: Rubriek, fresh: Iterable[Rubriek]) -> Verschil:
    for other in fresh:
        same_place = (other.groep, other.rol) == (rubriek.groep, rubriek.rol)
        if same_place and _fields(other) == _fields(rubriek):
            uitleg = f"the rubriek was renamed, to {other.naam}"
            return Verschil("E3", rubriek.naam, uitleg)
    return Verschil("E2", rubriek.naam, "the rubriek was removed")


def _fields(rubriek: Rubriek) -> object:
    return rubriek.schema.definition.get("fields")


def check_changes(
    catalogus: Catalogus, gepubliceerd: Gepubliceerd
) -> tuple[Bevinding, ...]:
    """Name what in the catalogus breaks a rule with what was published."""
    found: list[Bevinding] = []
    for code in gepubliceerd.codes:
        nieuw = catalogus.berichttypen.get(code)
        if nieuw is None:
            found.append(Bevinding("E1", code, "the berichttype was removed", (code,)))
            continue
        for fingerprint in gepubliceerd.fingerprints(code):
            found += _with_published(nieuw, gepubliceerd, fingerprint)
        if nieuw.fingerprint in gepubliceerd.fingerprints(code)[:-1]:
            uitleg = "the version before the last is back; what it lacks was removed"
            found.append(Bevinding("E1", code, uitleg, (code,)))
    for naam, lijst in gepubliceerd.codelijsten.items():
        left = catalogus.codelijsten.get(naam)
        gone = [one for one in lijst.codes if left is None or one not in left.codes]
        found += [
            Bevinding("E7", naam, f"code {one} was removed", ("codelijsten",))
            for one in gone
        ]
    return _merge(found)


def _with_published(
    nieuw: Berichttype, gepubliceerd: Gepubliceerd, fingerprint: bytes
) -> tuple[Bevinding, ...]:
    try:
        oud = gepubliceerd.versie(nieuw, fingerprint)
    except SchemaError as error:
        if error.code != "schema.vingerafdruk":
            raise
        uitleg = "rubrieken or their order were changed, the fingerprint was not"
        plaats = f"{nieuw.code}, version {fingerprint.hex()}"
        return (Bevinding("E8", plaats, uitleg, (nieuw.code,)),)
    return () if oud is None else compare_versies(oud, nieuw)


def check_published(
    catalogus: Catalogus, gepubliceerd: Gepubliceerd
) -> tuple[Bevinding, ...]:
    """Name what in the catalogus was changed but not published."""
    found: list[Bevinding] = []
    for code, berichttype in catalogus.berichttypen.items():
        fingerprints = gepubliceerd.fingerprints(code)
        if fingerprints[-1:] == (berichttype.fingerprint,):
            known = gepubliceerd.versie(berichttype, berichttype.fingerprint)
            if known is None or _attributes(known) == _attributes(berichttype):
                continue
            uitleg = "attributes differ from those published"
        else:
            uitleg = f"version {berichttype.fingerprint.hex()} was not published"
        found.append(Bevinding("E9", code, uitleg, (code,)))
    for naam, lijst in message_lists(catalogus).items():
        known_list = gepubliceerd.codelijsten.get(naam)
        if known_list is None or known_list.codes != lijst.codes:
            uitleg = "codes or labels differ from those published"
            found.append(Bevinding("E9", naam, uitleg, ("codelijsten",)))
    return tuple(found)


def _attributes(berichttype: Berichttype) -> list[tuple[str, bool, object]]:
    return [
        (rubriek.naam, rubriek.verplicht, dict(rubriek.schema.definition))
        for rubriek in berichttype.rubrieken
    ]


def check_indeling(huidig: Berichttype, indeling: Indeling) -> None:
    """Check that a layout that came as data and one's own read each other.

    Raises:
        SchemaError: ``schema.onverenigbaar``, naming the rules.
    """
    erbij = indeling.berichttype
    newer = huidig.fingerprint in indeling.eerder
    oud, nieuw = (huidig, erbij) if newer else (erbij, huidig)
    found = compare_versies(oud, nieuw)
    if found:
        shown = "; ".join(map(str, found[:MAX_SHOWN]))
        more = len(found) - MAX_SHOWN
        raise SchemaError(
            "schema.onverenigbaar",
            f"version {erbij.fingerprint.hex()} of {erbij.code} and the own version"
            f" do not read each other: {shown}" + (f"; {more} more" * (more > 0)),
            advice="schemas/README.md has the rules; an incompatible change needs a"
            " berichttype with a code of its own.",
        )


def _merge(found: Iterable[Bevinding]) -> tuple[Bevinding, ...]:
    """Say a change in a shared record once, with all berichttypen that use it."""
    merged: dict[tuple[str, str, str], Bevinding] = {}
    for one in found:
        key = (one.regel, one.plaats, one.uitleg)
        known = merged.get(key)
        typen = (*(known.berichttypen if known else ()), *one.berichttypen)
        merged[key] = replace(one, berichttypen=tuple(dict.fromkeys(typen)))
    return tuple(merged.values())
