"""Rules of the chain that show in kop, routering and zaakstaat (docs/INVARIANTEN.md).

The table decides per cel and protects whatever happens here. A rule only refuses a
message of which nothing would be delivered or held anyway, so that its sender hears why
instead of finding out; what organisations are to mend themselves is an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from corvus_broker.kenmerken import POLITIEMELDING_ONTVANGEN, find_bericht
from corvus_routing.indeling import indeling_of
from corvus_schemas.errors import IdentityError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_broker.beoordeling import Oordeel
    from corvus_broker.inzending import OntledeInzending
    from corvus_broker.kenmerken import Kenmerkset, Samenhang
    from corvus_routing.indeling import Indeling
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde
    from corvus_schemas.wire.bericht import Kop

ALARM: Final = "alarm:"
BROKER: Final = "BROKER"
_ACTIES: Final = "acties"
_INBRENG: Final = frozenset({"actieoverleg_aanmelding", "actieoverleg_inbreng"})
_RECL_NAAR_VT: Final = frozenset(
    {"informatieverzoek_antwoord", "veiligheidsvoorwaarden", "dat_signaal"}
)
_SHN_NAAR_VT: Final = frozenset({"slachtofferbeleving", "vt_melding"})
_MELDER: Final = "ontvanger_is_melder"
_BEOORDEELD: Final = ("acute_onveiligheid", "structurele_onveiligheid")


@dataclass(frozen=True, slots=True)
class Kopbeeld:
    """What the broker sees of a message in its zaak, and who gets something of it.

    ``kenmerken`` count for this sender; ``feiten`` are the newest of the zaak, whoever
    knows them. ``acties`` are the executors a message has actions for; ``bereikt`` are
    the types whose actions, and ``ontvangers`` the OINs to whom anything, is delivered.
    ``wacht``: something is held, or is for the broker itself to act on.
    ``vervangen`` are the OINs that got the message this one supersedes.
    """

    berichttype: str
    verstrekker: str
    kenmerken: Mapping[str, KenmerkWaarde]
    feiten: Mapping[str, KenmerkWaarde | list[str]] = field(default_factory=dict)
    geadresseerd: frozenset[str] = frozenset()
    ontvangers: frozenset[str] = frozenset()
    wacht: bool = False
    gemeld: bool = False
    acties: frozenset[str] = frozenset()
    bereikt: frozenset[str] = frozenset()
    vervangen: frozenset[str] = frozenset()

    def knows(self, kenmerk: str) -> bool:
        """Whether a kenmerk is true, declared or by the newest fact of the zaak."""
        return True in (self.kenmerken.get(kenmerk), self.feiten.get(kenmerk))

    @property
    def is_lost(self) -> bool:
        """Whether nobody gets anything: no organisation, no release, no broker."""
        return not self.ontvangers and not self.wacht


def check_kop(kop: Kop, catalogus: Catalogus) -> None:
    """Refuse a message without a purpose or a ground that exists (I26).

    Raises:
        SchemaError: ``doel.onbekend``, ``verwerkingsbasis.onbekend``.
    """
    if kop.doel not in catalogus.codelijsten["doel"].codes:
        raise SchemaError(
            "doel.onbekend",
            "the kop names no doel that exists",
            advice="Every message has one of the codes of codelijst doel.",
        )
    if kop.verwerkingsbasis not in catalogus.codelijsten["verwerkingsbasis"].codes:
        raise SchemaError(
            "verwerkingsbasis.onbekend",
            "the kop names no verwerkingsbasis that exists",
            advice="Every message has one of the codes of codelijst verwerkingsbasis.",
        )


def make_kopbeeld(
    ontleed: OntledeInzending,
    oordelen: Sequence[Oordeel],
    kenmerken: Kenmerkset,
    samenhang: Samenhang,
) -> Kopbeeld:
    """Gather what the rules look at."""
    zaak = samenhang.zaak
    delivered = [one for one in oordelen if not one.projectie.is_empty]
    uitvoerders = _uitvoerders(indeling_of(ontleed.posities))
    return Kopbeeld(
        berichttype=ontleed.berichttype.code,
        verstrekker=samenhang.verstrekker_type,
        kenmerken=kenmerken.algemeen,
        feiten={one.kenmerk: one.waarde for one in zaak.feiten} if zaak else {},
        geadresseerd=frozenset(one.geadresseerde.organisatie.type for one in oordelen),
        ontvangers=frozenset(one.geadresseerde.organisatie.oin for one in delivered),
        wacht=BROKER in ontleed.berichttype.ontvangers
        or any(one.projectie.aangehouden for one in oordelen),
        gemeld=_is_gemeld(samenhang),
        acties=frozenset(rol for rol, mask in uitvoerders if mask & ontleed.gevuld),
        bereikt=_bereikt(uitvoerders, delivered),
        vervangen=_vervangen(ontleed, samenhang),
    )


def _bereikt(
    uitvoerders: Sequence[tuple[str, int]], delivered: Sequence[Oordeel]
) -> frozenset[str]:
    """Executors of whom an organisation gets one of their actions."""
    if not uitvoerders:
        return frozenset()
    own = {one.geadresseerde.organisatie.type: one.projectie.mask for one in delivered}
    return frozenset(rol for rol, mask in uitvoerders if mask & own.get(rol, 0))


@lru_cache(maxsize=512)  # a sender chooses the layout
def _uitvoerders(indeling: Indeling) -> Sequence[tuple[str, int]]:
    """Executors of a layout, each with the positions of its actions."""
    found: dict[str, int] = {}
    for positie in indeling.posities:
        rol = positie.rubriek.rol
        if positie.rubriek.groep == _ACTIES and rol is not None:
            found[rol] = found.get(rol, 0) | 1 << positie.index
    return tuple(found.items())


def _is_gemeld(samenhang: Samenhang) -> bool:
    """Whether a politiemelding or vt_melding stands in the zaak.

    A vt_melding makes its sender a melder; so do other messages, which its record tells
    apart. One that is forgotten was judged when it was new.
    """
    feiten = () if samenhang.zaak is None else samenhang.zaak.feiten
    for feit in feiten:
        if feit.kenmerk == POLITIEMELDING_ONTVANGEN:
            return True
        if feit.kenmerk == _MELDER:
            source = samenhang.staat.bericht(feit.zetter, feit.bron)
            if source is None or source.berichttype == "vt_melding":
                return True
    return False


def _vervangen(ontleed: OntledeInzending, samenhang: Samenhang) -> frozenset[str]:
    bericht_id = ontleed.routering.vervangt
    original = None if bericht_id is None else find_bericht(samenhang, bericht_id)
    if original is None or original.verstrekker != ontleed.verstrekker:
        return frozenset()
    return frozenset(one.oin for one in original.ontvangers)


def refuse_undelivered(beeld: Kopbeeld) -> None:
    """Refuse what a rule of the chain forbids and of which nothing goes anyway.

    Raises:
        IdentityError: ``invariant.i05``, ``invariant.i11``, ``invariant.i12``.
        SchemaError: ``invariant.i10``.
    """
    if not beeld.is_lost:
        return
    kenmerken = beeld.kenmerken
    van, code = beeld.verstrekker, beeld.berichttype
    naar_vt = "VT" in beeld.geadresseerd
    if (
        van == "RECL"
        and kenmerken.get("verdachte_minderjarig") is True
        and kenmerken.get("afstemmingsmoment") == "vt_zsm"
    ):
        raise IdentityError(
            "invariant.i05",
            "for a minor suspect on ZSM it is the RvdK that gives, not the 3RO",
            advice="Leave it to the RvdK.",
        )
    if code == "overdracht_lokaal" and (
        kenmerken.get("zsm_zaak") is True
        and kenmerken.get("eindbeslissing_genomen") is not True
    ):
        raise SchemaError(
            "invariant.i10",
            "a ZSM case is not handed over before its eindbeslissing",
            advice="Wait for the zsm_besluit, then cite it.",
        )
    if (
        van == "SHN"
        and naar_vt
        and code in _SHN_NAAR_VT
        and kenmerken.get("toestemming_slachtoffer") is not True
    ):
        raise IdentityError(
            "invariant.i11",
            "SHN shares with VT only with the victim's consent",
            advice="Send the toestemming with richting SHN_naar_VT first.",
        )
    if (
        van == "RECL"
        and naar_vt
        and code in _RECL_NAAR_VT
        and kenmerken.get("toestemming_verdachte") is not True
        and kenmerken.get("meldcode_toegepast") is not True
    ):
        raise IdentityError(
            "invariant.i12",
            "3RO tells VT about a suspect with consent or after the meldcode",
            advice="Send the toestemming with richting RECL_naar_VT, or apply the"
            " meldcode.",
        )


def check_invarianten(beeld: Kopbeeld) -> list[str]:
    """Give the alarms of a message that goes out, as ``alarm:<invariant>``, in order."""
    alarms = (
        ("I02", _released_unsafe(beeld)),
        ("I03", _released_unjudged(beeld)),
        ("I17", _brought_in_unreported(beeld)),
        ("I18", bool(beeld.acties - beeld.bereikt - {beeld.verstrekker})),
        ("I22", bool(beeld.vervangen - beeld.ontvangers)),
        ("I23", beeld.berichttype == "melding_niet_nakoming"),
    )
    return [f"{ALARM}{code}" for code, raised in alarms if raised]


def _released_unsafe(beeld: Kopbeeld) -> bool:
    """I02: whether measures were taken is content; that it was acute is known here."""
    return beeld.berichttype == "invrijheidstelling" and beeld.knows(
        "acute_onveiligheid"
    )


def _released_unjudged(beeld: Kopbeeld) -> bool:
    """I03: vast, and VT established nothing yet: the judgement is due before release."""
    return (
        beeld.berichttype == "invrijheidstelling"
        and beeld.knows("zaak_vast")
        and not any(naam in beeld.feiten for naam in _BEOORDEELD)
    )


def _brought_in_unreported(beeld: Kopbeeld) -> bool:
    """I17: somebody else than VT brings in what nobody reported yet."""
    return (
        beeld.berichttype in _INBRENG and beeld.verstrekker != "VT" and not beeld.gemeld
    )
