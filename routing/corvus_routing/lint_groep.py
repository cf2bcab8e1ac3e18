"""Findings about the rules of one berichttype between two parties, taken together.

Exact: every combination of the kenmerken that these rules use is looked at, with each
of them undeclared as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_routing.lint_bevinding import Bevinding, Soort
from corvus_routing.regel import Besluit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corvus_routing.diff_beeld import Groepsbeeld
    from corvus_routing.diff_stand import Kandidaten, Plaats
    from corvus_routing.lint_gevoelig import Gevoeligheden
    from corvus_routing.weging import Kandidaat

UITZONDERING: Final = "uitzondering"
"""The word in ``opmerking`` that makes an exception explicit."""


@dataclass(frozen=True, slots=True)
class Groepsonderzoek:
    """One group with what its rules come to, in regions where they are the same."""

    plaats: Plaats
    regios: tuple[str, ...]
    kandidaten: Kandidaten
    beeld: Groepsbeeld

    @property
    def waar(self) -> str:
        """Name the group for a person."""
        berichttype, van, naar = self.plaats
        return f"{berichttype} {van} to {naar}"

    @property
    def allow(self) -> list[Kandidaat]:
        """The allow rules."""
        return [k for k in self.kandidaten if k.regel.besluit is Besluit.JA]

    @property
    def eigen(self) -> list[Kandidaat]:
        """The allow rules to judge here.

        A rule for every region is judged where no region has rules of its own: what a
        region takes away from it is no mistake in it.
        """
        return [k for k in self.allow if k.regel.regio in self.regios]

    def rubrieken(self) -> set[str]:
        """Give the rubrieken that can go, or can be held, somewhere here."""
        return {
            naam
            for naam in {k.regel.rubriek for k in self.allow}
            if self.beeld.rubriek(naam).toegestaan
            or self.beeld.rubriek(naam).aangehouden
        }


def check_groep(
    groep: Groepsonderzoek, gevoeligheden: Gevoeligheden
) -> Iterator[Bevinding]:
    """Find what is wrong in one group."""
    levend = []
    for kandidaat in groep.eigen:
        dood = _dead(groep, kandidaat)
        if dood is None:
            levend.append(kandidaat)
        else:
            yield dood
    yield from _doubles(groep)
    yield from _unconditional(groep, levend, gevoeligheden)
    yield from _holds(groep, levend)


def _dead(groep: Groepsonderzoek, kandidaat: Kandidaat) -> Bevinding | None:
    beeld, regel = groep.beeld, kandidaat.regel
    werkt = beeld.waar(kandidaat) | beeld.houdt(kandidaat)
    waar = f"{groep.waar}, {regel.rubriek}"
    if not werkt:
        return Bevinding(
            Soort.ONBEREIKBAAR,
            waar,
            (regel.regel,),
            "the condition is never true between these parties",
            "correct it, or take the rule out",
        )
    if werkt & ~beeld.rubriek(regel.rubriek).verboden:
        return None
    tegen = [
        ander.regel.regel
        for ander in beeld.over(regel.rubriek, Besluit.NEE)
        if beeld.grijpt(ander) & werkt
    ]
    return Bevinding(
        Soort.TEGENSTRIJDIG,
        waar,
        (regel.regel, *tegen),
        f"whenever {regel.regel} would let it go, {_listed(tegen)} denies it",
        "take one of them out, or narrow the denial",
    )


def _doubles(groep: Groepsonderzoek) -> Iterator[Bevinding]:
    """Find allow rules with one doel for one rubriek that are true together, always.

    A second doel is no double: it lets messages with that doel through.
    """
    gelijk: dict[tuple[str, str, int, int], list[Kandidaat]] = {}
    for kandidaat in groep.allow:
        regel = kandidaat.regel
        waar, houdt = groep.beeld.waar(kandidaat), groep.beeld.houdt(kandidaat)
        if waar or houdt:
            key = (regel.rubriek, regel.doel, waar, houdt)
            gelijk.setdefault(key, []).append(kandidaat)
    for (rubriek, *_), samen in gelijk.items():
        # In a region, only what its own rules add to those for every region.
        if len(samen) > 1 and any(k.regel.regio in groep.regios for k in samen):
            yield Bevinding(
                Soort.DUBBEL,
                f"{groep.waar}, {rubriek}",
                tuple(k.regel.regel for k in samen),
                "these rules say the same of this rubriek, under equivalent"
                f" conditions{_differences(samen)}",
                "keep one",
            )


def _differences(samen: list[Kandidaat]) -> str:
    anders = [
        naam
        for naam in ("grondslag", "modaliteit", "bewaartermijn", "status", "regio")
        if len({getattr(k.regel, naam) for k in samen}) > 1
    ]
    return f" (they differ in {', '.join(anders)})" if anders else ""


def _unconditional(
    groep: Groepsonderzoek, levend: Iterable[Kandidaat], gevoeligheden: Gevoeligheden
) -> Iterator[Bevinding]:
    volledig = groep.beeld.ruimte.volledig()
    regels: list[str] = []
    soorten: set[str] = set()
    for kandidaat in levend:
        regel = kandidaat.regel
        gevoelig = gevoeligheden.of(regel.berichttype, regel.rubriek)
        if (
            gevoelig
            and not volledig & ~groep.beeld.waar(kandidaat)
            and UITZONDERING not in regel.opmerking.lower()
        ):
            regels.append(regel.regel)
            soorten |= gevoelig
    if regels:
        yield Bevinding(
            Soort.BIJZONDER_ZONDER_VOORWAARDE,
            groep.waar,
            tuple(regels),
            f"goes without any condition: {', '.join(sorted(soorten))}",
            f"give the rules a condition, or write '{UITZONDERING}' and the reason in"
            " opmerking",
        )


def _holds(groep: Groepsonderzoek, levend: Iterable[Kandidaat]) -> Iterator[Bevinding]:
    beeld, volledig = groep.beeld, groep.beeld.ruimte.volledig()
    houders: dict[str, list[str]] = {}
    for kandidaat in levend:
        regel = kandidaat.regel
        if regel.hold is None:
            continue
        if not beeld.houdt(kandidaat) & ~beeld.waar(kandidaat):
            yield Bevinding(
                Soort.HOLD_ZONDER_WERKING,
                f"{groep.waar}, {regel.rubriek}",
                (regel.regel,),
                f"{regel.hold} makes no difference to the condition, so nothing is"
                " ever held",
                f"add !{regel.hold} to the condition, or take the hold out",
            )
        houders.setdefault(regel.rubriek, []).append(regel.regel)
    for rubriek, regels in houders.items():
        uitkomst = beeld.rubriek(rubriek)
        gaat_of_blijft = uitkomst.toegestaan | uitkomst.aangehouden
        if uitkomst.aangehouden & volledig and not volledig & ~gaat_of_blijft:
            yield Bevinding(
                Soort.HOLD_AFLEIDBAAR,
                f"{groep.waar}, {rubriek}",
                tuple(regels),
                f"{groep.plaats[2]} gets it always, except when it is held: its"
                " absence tells the hold",
                "add a condition that can be false without a hold, or accept that the"
                " recipient can tell",
            )


def _listed(namen: list[str]) -> str:
    if len(namen) > 1:
        return f"{', '.join(namen[:-1])} and {namen[-1]}"
    return namen[0]
