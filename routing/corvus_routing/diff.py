"""Two tables compared: who sees what that was not seen before, and the reverse.

Exact for every combination of kenmerken, not declared included, every doel and every
region; a group that has too many of them is named and not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from corvus_routing.diff_beeld import KOP_DOEL, Groepsbeeld
from corvus_routing.diff_formule import formule
from corvus_routing.diff_regels import Regelverschil, compare_regels
from corvus_routing.diff_ruimte import Ruimten, Variabele
from corvus_routing.diff_stand import contexten
from corvus_routing.regel import Besluit
from corvus_routing.woordenboek import WILDCARD, woordenboek_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corvus_routing.diff_formule import Formule
    from corvus_routing.diff_ruimte import Ruimte
    from corvus_routing.diff_stand import Kandidaten, Plaats, Stand
    from corvus_routing.json_value import JsonValue
    from corvus_schemas.catalogus import Catalogus

OVERIGE: Final = ("overige",)


class Verandering(Enum):
    """What the second table does that the first does not, or the reverse."""

    ZICHTBAAR = "zichtbaar"
    NIET_MEER_ZICHTBAAR = "niet_meer_zichtbaar"
    AANGEHOUDEN = "aangehouden"
    NIET_MEER_AANGEHOUDEN = "niet_meer_aangehouden"


@dataclass(frozen=True, slots=True)
class Verschil:
    """One rubriek that goes, or is held, under a condition under which it was not.

    ``regios`` is empty where it holds in every region; ``overige`` stands for the
    regions that no rule names. ``doelen`` are those of the rules: a message with
    another one goes under neither table.
    """

    berichttype: str
    van: str
    naar: str
    rubriek: str
    verandering: Verandering
    regios: tuple[str, ...]
    doelen: tuple[str, ...]
    wanneer: Formule

    @property
    def plaats(self) -> Plaats:
        """The berichttype and the parties."""
        return self.berichttype, self.van, self.naar

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        return {
            "berichttype": self.berichttype,
            "van": self.van,
            "naar": self.naar,
            "rubriek": self.rubriek,
            "verandering": self.verandering.value,
            "regios": list(self.regios),
            "doelen": list(self.doelen),
            "wanneer": self.wanneer.tekst,
            "termen": self.wanneer.to_list(),
        }


@dataclass(frozen=True, slots=True)
class Vergelijking:
    """Every difference between two tables, and the rules that made none."""

    oud: Stand
    nieuw: Stand
    verschillen: tuple[Verschil, ...]
    regels: tuple[Regelverschil, ...]
    niet_vergeleken: tuple[Plaats, ...]

    @property
    def is_exact(self) -> bool:
        """Whether every group was compared."""
        return not self.niet_vergeleken

    def to_dict(self) -> dict[str, JsonValue]:
        """Give a form for JSON."""
        return {
            "oud": _stand(self.oud),
            "nieuw": _stand(self.nieuw),
            "exact": self.is_exact,
            "samenvatting": list(summary(self.verschillen)),
            "verschillen": [verschil.to_dict() for verschil in self.verschillen],
            "regels": [regel.to_dict() for regel in self.regels],
            "niet_vergeleken": [list(plaats) for plaats in self.niet_vergeleken],
        }


def _stand(stand: Stand) -> JsonValue:
    return {
        "tabel": stand.tabel.naam,
        "versie": stand.tabel.versie,
        "op": stand.op.isoformat(),
        "regels": len(stand.regels),
    }


def compare(oud: Stand, nieuw: Stand, catalogus: Catalogus) -> Vergelijking:
    """Compare two tables, each on its own day."""
    vergelijker = _Vergelijker(Ruimten(woordenboek_of(catalogus).domeinen))
    for plaats in sorted(oud.plaatsen | nieuw.plaatsen):
        for (voor, na), regios in contexten([oud, nieuw], plaats):
            vergelijker.compare(plaats, voor, na, regios)
    alle = oud.regios | nieuw.regios
    verschillen = tuple(_merged(vergelijker.gevonden, alle))
    return Vergelijking(
        oud,
        nieuw,
        verschillen,
        compare_regels(
            oud.regels,
            nieuw.regels,
            {(*verschil.plaats, verschil.rubriek) for verschil in verschillen},
            vergelijker.te_groot,
        ),
        tuple(sorted(vergelijker.te_groot)),
    )


class _Vergelijker:
    """Compares group by group; a formula that comes back is made once."""

    def __init__(self, ruimten: Ruimten) -> None:
        self.gevonden: list[Verschil] = []
        self.te_groot: set[Plaats] = set()
        self._ruimten = ruimten
        self._formules: dict[tuple[Ruimte, int], Formule] = {}

    def compare(
        self, plaats: Plaats, voor: Kandidaten, na: Kandidaten, regios: tuple[str, ...]
    ) -> None:
        beide = voor + na
        allow = [k.regel for k in beide if k.regel.besluit is Besluit.JA]
        if not allow or _meaning(voor) == _meaning(na):
            return
        partijen = (plaats[1], plaats[2])
        doelen = tuple(sorted({regel.doel for regel in allow}))
        ruimte = self._ruimten.ruimte(
            (kandidaat.voorwaarde for kandidaat in beide),
            partijen,
            (Variabele(KOP_DOEL, doelen),),
        )
        if ruimte.te_groot:
            self.te_groot.add(plaats)
            return
        oud = Groepsbeeld(self._ruimten, ruimte, partijen, voor)
        nieuw = Groepsbeeld(self._ruimten, ruimte, partijen, na)
        for rubriek in sorted({regel.rubriek for regel in allow}):
            for verandering, masker in _changes(oud, nieuw, rubriek):
                self.gevonden.append(
                    Verschil(
                        *plaats,
                        rubriek,
                        verandering,
                        regios,
                        doelen,
                        self._formule(ruimte, masker),
                    )
                )

    def _formule(self, ruimte: Ruimte, masker: int) -> Formule:
        key = (ruimte, masker)
        if key not in self._formules:
            self._formules[key] = formule(ruimte, masker)
        return self._formules[key]


def _meaning(kandidaten: Kandidaten) -> frozenset[tuple[object, ...]]:
    """Give all of the rules that can make a difference to what goes out."""
    return frozenset(
        (
            kandidaat.regel.besluit,
            kandidaat.regel.rubriek,
            kandidaat.regel.voorwaarde,
            kandidaat.regel.hold,
            kandidaat.regel.doel if kandidaat.regel.besluit is Besluit.JA else None,
        )
        for kandidaat in kandidaten
    )


def _changes(
    oud: Groepsbeeld, nieuw: Groepsbeeld, rubriek: str
) -> Iterator[tuple[Verandering, int]]:
    voor, na = oud.voor_doel(rubriek), nieuw.voor_doel(rubriek)
    for verandering, masker in (
        (Verandering.ZICHTBAAR, na.toegestaan & ~voor.toegestaan),
        (Verandering.NIET_MEER_ZICHTBAAR, voor.toegestaan & ~na.toegestaan),
        (Verandering.AANGEHOUDEN, na.aangehouden & ~voor.aangehouden),
        (Verandering.NIET_MEER_AANGEHOUDEN, voor.aangehouden & ~na.aangehouden),
    ):
        if masker:
            yield verandering, masker


def _merged(
    verschillen: Iterable[Verschil], alle: frozenset[str]
) -> Iterator[Verschil]:
    """Take regions with the same difference together."""
    regios: dict[tuple[object, ...], list[str]] = {}
    eerste: dict[tuple[object, ...], Verschil] = {}
    for verschil in verschillen:
        key = (
            *verschil.plaats,
            verschil.rubriek,
            verschil.verandering,
            verschil.doelen,
            verschil.wanneer.tekst,
        )
        eerste.setdefault(key, verschil)
        regios.setdefault(key, []).extend(verschil.regios)
    for zelfde, verschil in eerste.items():
        hier = frozenset(regios[zelfde])
        yield Verschil(
            *verschil.plaats,
            verschil.rubriek,
            verschil.verandering,
            () if hier == alle else _named(hier),
            verschil.doelen,
            verschil.wanneer,
        )


def _named(regios: frozenset[str]) -> tuple[str, ...]:
    overige = OVERIGE if WILDCARD in regios else ()
    return (*sorted(regios - {WILDCARD}), *overige)


_ZINNEN: Final = {
    Verandering.ZICHTBAAR: "{n} become{s} visible to {naar}",
    Verandering.NIET_MEER_ZICHTBAAR: "{n} {is_are} no longer visible to {naar}",
    Verandering.AANGEHOUDEN: "{n} {is_are} held back from {naar}",
    Verandering.NIET_MEER_AANGEHOUDEN: "{n} {is_are} no longer held back from {naar}",
}


def summary(verschillen: Iterable[Verschil]) -> Iterator[str]:
    """Give a sentence per recipient, change and condition, most rubrieken first."""
    per_zin: dict[tuple[str, Verandering, str], set[tuple[str, str]]] = {}
    for verschil in verschillen:
        waar = "" if not verschil.regios else f" in {', '.join(verschil.regios)}"
        key = (
            verschil.naar,
            verschil.verandering,
            f"{_when(verschil.wanneer.tekst)}{waar}",
        )
        rubriek = (verschil.berichttype, verschil.rubriek)
        per_zin.setdefault(key, set()).add(rubriek)
    volgorde = list(Verandering)
    for (naar, verandering, wanneer), rubrieken in sorted(
        per_zin.items(),
        key=lambda item: (volgorde.index(item[0][1]), -len(item[1]), item[0][0]),
    ):
        een = len(rubrieken) == 1
        zin = _ZINNEN[verandering].format(
            n=f"{len(rubrieken)} rubriek{'' if een else 'en'}",
            s="s" if een else "",
            is_are="is" if een else "are",
            naar=naar,
        )
        typen = ", ".join(sorted({berichttype for berichttype, _ in rubrieken}))
        yield f"{zin} {wanneer} ({typen})"


def _when(tekst: str) -> str:
    return tekst if tekst == "always" else f"when {tekst}"
