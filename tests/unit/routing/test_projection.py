from __future__ import annotations

import pytest
from routing_model import CATALOGUS

from corvus_routing.beslissing import Beslissing, Reden, Soort, Uitkomst
from corvus_routing.projection import Projectie, project

POSITIES = CATALOGUS.berichttypen["bekendheidscheck"].posities((1, 1, 1))
BIT = {positie.rubriek.naam: 1 << positie.index for positie in POSITIES}
ALLES = (1 << len(POSITIES)) - 1
BESLISSING = Beslissing(
    {
        "vraag": Uitkomst(Soort.TOEGESTAAN, ("R1", "R2")),
        "contactpersonen": Uitkomst(Soort.AANGEHOUDEN, ("R3",), Reden.AANGEHOUDEN),
        "betrokkenen[kind].basis": Uitkomst(Soort.GEWEIGERD, ("R4",), Reden.VERBODEN),
    }
)


def test_only_project_makes_a_projectie() -> None:
    with pytest.raises(TypeError):
        Projectie(object(), (ALLES, 0, 0))


def test_what_goes_is_held_and_is_refused() -> None:
    projectie = project(ALLES, ALLES, BESLISSING, POSITIES)
    assert projectie.mask == BIT["vraag"]
    assert projectie.aangehouden == BIT["contactpersonen"]
    assert projectie.geweigerd == ALLES & ~BIT["vraag"] & ~BIT["contactpersonen"]


def test_what_the_sender_did_not_grant_never_goes() -> None:
    assert project(ALLES & ~BIT["vraag"], ALLES, BESLISSING, POSITIES).is_empty
    assert project(ALLES, ALLES & ~BIT["vraag"], BESLISSING, POSITIES).is_empty


def test_bits_beyond_the_positions_are_ignored() -> None:
    projectie = project(-1, -1, BESLISSING, POSITIES)
    assert projectie.mask | projectie.aangehouden | projectie.geweigerd == ALLES


def test_a_verwijzing_comes_along_but_never_goes_alone() -> None:
    projectie = project(ALLES, ALLES, BESLISSING, POSITIES, with_verwijzing=True)
    assert projectie.mask == BIT["vraag"] | BIT["verwijzing"]
    alone = project(
        ALLES, BIT["verwijzing"], BESLISSING, POSITIES, with_verwijzing=True
    )
    assert alone.is_empty


def test_masks_of_one_layout_are_not_those_of_another() -> None:
    larger = CATALOGUS.berichttypen["bekendheidscheck"].posities((8, 8, 8))
    kinds = Beslissing({"betrokkenen[kind].basis": Uitkomst(Soort.TOEGESTAAN, ("R",))})
    assert kinds.mask(POSITIES).bit_count() == 1
    assert kinds.mask(larger).bit_count() == 8
    assert kinds.mask(POSITIES) == BIT["betrokkenen[kind].basis"]
