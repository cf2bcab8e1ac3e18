"""Rules over the content of one message that a schema cannot say (docs/INVARIANTEN.md).

The same code judges at the sender, before anything is sealed, and at the recipient,
over what it received. A recipient got a part and no routering: absence proves nothing
there, so only what contradicts itself in the open is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_schemas import inhoudsregels_kenmerken, inhoudsregels_zaak
from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoudsvraag import Alarm, Inhoudsvraag, code_at, listed, value_at
from corvus_schemas.waarden import check_anonymous, check_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from corvus_schemas.inhoudsvraag import Bezwaar

__all__ = ["Alarm", "Inhoudsoordeel", "Inhoudsvraag", "check_inhoud"]

# Only these can send the informering_registratie that has to follow a zsm_besluit.
INFORMERENDEN = frozenset({"OM", "POL", "SHN", "RECL", "VT", "RVDK"})
SLEUTELVRAGEN = ("K1", "K2")
# What handle_with_care may hold of the child; who belongs to whom is no business of
# a school.
_HANDLE_WITH_CARE = frozenset({"rol", "basis", "identiteit", "school"})


@dataclass(frozen=True, slots=True)
class Inhoudsoordeel:
    """What the rules say: why it may not be sent, and what deserves attention."""

    weigeringen: tuple[SchemaError, ...] = ()
    alarmen: tuple[Alarm, ...] = field(default=())

    def codes(self) -> tuple[str, ...]:
        """Codes of everything found, for a recipient to show."""
        codes = [one.code for one in self.weigeringen]
        codes += [one.code for one in self.alarmen]
        return tuple(dict.fromkeys(codes))

    def raise_first(self) -> None:
        """Refuse, for a sender.

        Raises:
            SchemaError: ``inhoud.i05`` and the like; the first rule that is broken.
        """
        for weigering in self.weigeringen:
            raise weigering


def check_inhoud(vraag: Inhoudsvraag) -> Inhoudsoordeel:
    """Judge the content of one message; pure, and the same for the same question."""
    rules = (
        *_REGELS,
        *inhoudsregels_kenmerken.REGELS,
        *inhoudsregels_zaak.REGELS,
    )
    found = [bezwaar for rule in rules for bezwaar in rule(vraag)]
    return Inhoudsoordeel(
        tuple(one for one in found if isinstance(one, SchemaError)),
        tuple(one for one in found if isinstance(one, Alarm)),
    )


def _sash_sleutelvragen(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I07: one key indicator is enough for a high risk."""
    oordeel = value_at(vraag.inhoud, "uitkomst", "eindoordeel")
    antwoorden = value_at(vraag.inhoud, "items", "antwoorden")
    if vraag.berichttype != "sash_uitkomst" or oordeel in {None, "hoog"}:
        return
    present = [one for one in SLEUTELVRAGEN if code_at(antwoorden, one) == "aanwezig"]
    if present:
        yield SchemaError(
            "inhoud.i07",
            f"uitkomst.eindoordeel: {' and '.join(present)} present makes it hoog",
            advice="Set eindoordeel to hoog, or correct the answers.",
        )


def _informerende_organisatie(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I08: who informs the victim is somebody who can register having done so."""
    if vraag.berichttype != "zsm_besluit":
        return
    wie = value_at(vraag.inhoud, "informeren_slachtoffer", "informerende_organisatie")
    absent = wie is None and vraag.is_afzender
    if absent or (wie is not None and wie not in INFORMERENDEN):
        yield SchemaError(
            "inhoud.i08",
            "informeren_slachtoffer.informerende_organisatie: one that registers it is"
            f" named, of {', '.join(sorted(INFORMERENDEN))}",
            advice="Name who informs the victim, and let it know.",
        )


def _uitstel(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I28: informed, or deferred with a reason and a review date; never neither."""
    if vraag.berichttype != "informering_registratie" or not vraag.is_afzender:
        return
    told = value_at(vraag.inhoud, "informering", "geinformeerd_op")
    if told is None and vraag.inhoud.get("uitstel") is None:
        yield SchemaError(
            "inhoud.i28",
            "informering.geinformeerd_op: neither informed nor deferred",
            advice="Fill in when the person was informed, or rubriek uitstel with its"
            " safety reason and review date.",
        )


def _anoniem(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I16: an anonymous message tells about nobody who can be found."""
    match vraag.berichttype:
        case "actieoverleg_aanmelding":
            anonymous = value_at(vraag.inhoud, "aanmelding", "anoniem") is True
            if anonymous and vraag.personen():
                yield SchemaError(
                    "inhoud.i16",
                    "betrokkenen: an anonymous aanmelding has none",
                    advice="Leave the betrokkenen out, or set aanmelding.anoniem false.",
                )
        case "anonieme_consultatie":
            hint = value_at(vraag.inhoud, "casus_anoniem", "leeftijdscategorie")
            if isinstance(hint, str) and check_hint(hint):
                yield SchemaError(
                    "inhoud.i16",
                    f"casus_anoniem.leeftijdscategorie: {check_hint(hint)}",
                    advice="Give an age band.",
                )
        case "anonieme_consultatie_antwoord":
            advies = value_at(vraag.inhoud, "advies", "advies")
            if isinstance(advies, str) and check_anonymous(advies):
                yield SchemaError(
                    "inhoud.i16",
                    f"advies.advies: {check_anonymous(advies)}",
                    advice="Leave out what could identify somebody.",
                )
        case _:
            pass


def _handle_with_care(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I30: the child, the school, the fixed text; the schema has that text."""
    if vraag.berichttype != "handle_with_care":
        return
    for persoon in vraag.personen():
        if persoon.keys() - _HANDLE_WITH_CARE:
            yield SchemaError(
                "inhoud.i30",
                "betrokkenen[kind]: a school gets the child and the school, nothing else",
                advice="Leave relaties and koppeling out.",
            )
            return


def _kind_gesproken(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I06: an advice about a child that nobody spoke to."""
    spoken = value_at(vraag.inhoud, "kindperspectief", "kind_gesproken")
    if vraag.berichttype == "rvdk_advies" and spoken is False:
        yield Alarm("alarm:I06", "kindperspectief.kind_gesproken: not yet")


def _stalkingadvies(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I31: an advice on stalking weighs EM always, DUT at high risk."""
    advies = vraag.inhoud.get("advies")
    if vraag.berichttype != "reclasseringsadvies" or not isinstance(advies, dict):
        return
    sash = value_at(vraag.inhoud, "risicotaxatie", "sash_gebruikt") is True
    if not (sash or vraag.kenmerken.get("stalking") is True):
        return
    high = vraag.kenmerken.get("risico_stalking") == "hoog"
    lacks = [
        naam
        for naam, needed in (("overweging_em", True), ("overweging_dut", high))
        if needed and not advies.get(naam)
    ]
    if lacks:
        yield Alarm("alarm:I31", f"advies: {' and '.join(lacks)} is empty")


def _vrijlating(vraag: Inhoudsvraag) -> Iterator[Bezwaar]:
    """I02: set free without a measure; also where there was no evidence for one."""
    toets = vraag.inhoud.get("veiligheidstoets")
    if vraag.berichttype != "invrijheidstelling" or not isinstance(toets, dict):
        return
    unsafe = vraag.kenmerken.get("acute_onveiligheid") is True or not vraag.is_afzender
    measures = listed(toets.get("maatregelen_getroffen"))
    if unsafe and not measures:
        exception = toets.get("uitzondering_geen_bewijs") is True
        why = ", for want of evidence" if exception else ""
        yield Alarm("alarm:I02", f"veiligheidstoets: released without measures{why}")


_REGELS: tuple[Callable[[Inhoudsvraag], Iterator[Bezwaar]], ...] = (
    _sash_sleutelvragen,
    _informerende_organisatie,
    _uitstel,
    _anoniem,
    _handle_with_care,
    _kind_gesproken,
    _stalkingadvies,
    _vrijlating,
)
