"""Rules that hold declared kenmerken against the content (docs/INVARIANTEN.md).

The broker decides by the kenmerken and cannot see the content: a sender that declares
an address not secret and writes a secret one would lead it astray. A recipient does not
see the kenmerken, but may see from the content that they cannot have been right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoudsvraag import Inhoudsvraag, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from corvus_schemas.inhoudsvraag import Bezwaar

GEHEIM = "geheim"
_BESCHERMD = ("slachtoffer", "kind")
_ADRESLEZERS = frozenset({"POL", "VT"})
_BETROKKEN_KIND = frozenset({"slachtoffer", "getuige"})


def _geheim_adres(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I14: who stays at a secret place is declared to, and seen by POL and VT only."""
    secret = any(
        value_at(persoon, "verblijf", "verblijfsoort") == GEHEIM
        for persoon in vraag.personen(*_BESCHERMD)
    )
    if not secret:
        return
    if vraag.is_afzender and vraag.kenmerken.get("geheim_adres") is not True:
        yield SchemaError(
            "inhoud.i14",
            "betrokkenen.verblijf.verblijfsoort: a secret place, and geheim_adres is not"
            " declared true",
            advice="Declare geheim_adres; it then stays secret in this zaak.",
        )
    if not vraag.is_afzender and vraag.ontvanger not in _ADRESLEZERS:
        yield SchemaError(
            "inhoud.i14",
            f"betrokkenen.verblijf: a {vraag.ontvanger} does not get a secret place",
            advice="Do not use it, destroy it, and tell the sender at once.",
        )


def _verdachte_minderjarig(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I05: RvdK or 3RO follows from the suspect's age, so it is the same everywhere."""
    stated = {
        value
        for value in (
            value_at(vraag.inhoud, "zaak", "verdachte_minderjarig"),
            _any_minor(vraag),
        )
        if isinstance(value, bool)
    }
    declared = vraag.kenmerken.get("verdachte_minderjarig")
    if isinstance(declared, bool) and stated - {declared}:
        yield SchemaError(
            "inhoud.i05",
            "betrokkenen[verdachte].basis.minderjarig: not what kenmerk"
            " verdachte_minderjarig declares",
            advice="Declare it true when a suspect was a minor, false when none was.",
        )
    if vraag.ontvanger == "RECL" and vraag.berichttype == "zsm_aanmelding":
        for minor in stated:
            if minor:
                yield SchemaError(
                    "inhoud.i05",
                    "zaak.verdachte_minderjarig: RvdK, not 3RO, for a minor suspect",
                    advice="Do not use it; the RvdK takes this suspect.",
                )


def _any_minor(vraag: Inhoudsvraag) -> bool | None:
    """Whether a suspect is a minor; None when that is not said of anybody."""
    said = [
        value_at(persoon, "basis", "minderjarig")
        for persoon in vraag.personen("verdachte")
    ]
    known = [one for one in said if isinstance(one, bool)]
    return any(known) if known else None


def _kind_betrokken(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """A child that is victim or witness is declared, or the RvdK would not hear."""
    if vraag.kenmerken.get("kind_betrokken") is not False:
        return
    victims = any(
        value_at(persoon, "basis", "minderjarig") is True
        for persoon in vraag.personen("slachtoffer")
    )
    children = any(
        value_at(persoon, "basis", "betrokkenheid_kind") in _BETROKKEN_KIND
        for persoon in vraag.personen("kind")
    )
    if victims or children:
        yield SchemaError(
            "inhoud.kind_betrokken",
            "betrokkenen[kind].basis.betrokkenheid_kind: a child is victim or witness,"
            " and kind_betrokken is declared false",
            advice="Declare kind_betrokken true.",
        )


def _melder_anoniem(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I13: a reporter who asks to stay unknown is declared so."""
    asks = value_at(vraag.inhoud, "melding", "melder_wil_anoniem_voor_gezin") is True
    if asks and vraag.kenmerken.get("melder_anoniem") is False:
        yield SchemaError(
            "inhoud.i13",
            "melding.melder_wil_anoniem_voor_gezin: true, and melder_anoniem is declared"
            " false",
            advice="Declare melder_anoniem true.",
        )


def _anoniem(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I16: what says in its content that it is anonymous is declared so."""
    asks = value_at(vraag.inhoud, "aanmelding", "anoniem") is True
    if asks and vraag.kenmerken.get("anoniem") is False:
        yield SchemaError(
            "inhoud.i16",
            "aanmelding.anoniem: true, and kenmerk anoniem is declared false",
            advice="Declare anoniem true.",
        )


REGELS: tuple[Callable[[Inhoudsvraag], Iterator[Bezwaar]], ...] = (
    _geheim_adres,
    _verdachte_minderjarig,
    _kind_betrokken,
    _melder_anoniem,
    _anoniem,
)
