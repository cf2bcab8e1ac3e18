"""From concept to sealed inzending: validate, plan, seal."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from corvus_adapters.sdk.feiten import AFSTEMMINGSMOMENT, Context, collect_facts
from corvus_adapters.sdk.plan import (
    Afzender,
    Grondslag,
    Vraag,
    find_gebied,
    plan_again,
    plan_recipients,
)
from corvus_adapters.sdk.verzegelen import (
    Lading,
    Zegel,
    seal_unsigned,
    sign_messages,
)
from corvus_broker.aanhouding import BERICHTTYPE as VRIJGAVE
from corvus_broker.adressering import gebied_of_routering
from corvus_broker.kalender import AMSTERDAM
from corvus_crypto.masker import mask_of
from corvus_crypto.suite import DEFAULT_SUITE
from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoud import parse_inhoud
from corvus_schemas.inhoudsregels import Inhoudsvraag, check_inhoud
from corvus_schemas.wire.bericht import Aanhoudingslast, Inzending, Kop, Routering

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from corvus_adapters.keystore import Keystore
    from corvus_adapters.sdk.concept import Concept
    from corvus_adapters.sdk.feiten import BekendBericht, Feitenset
    from corvus_adapters.sdk.plan import Toegekend
    from corvus_adapters.sdk.postbus import Zaak
    from corvus_broker.inzending import OntledeInzending
    from corvus_broker.register import Registerreeks, Registerversie
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.gebied import Gebied
    from corvus_schemas.catalogus import Berichttype, Catalogus
    from corvus_schemas.inhoud import Inhoud
    from corvus_schemas.kenmerken import KenmerkWaarde

MELDER: Final = "ontvanger_is_melder"
VERWIJZING: Final = "verwijzing"


@dataclass(frozen=True, slots=True)
class Opdracht:
    """A concept with its id and attempt, its zaak, and what is known of that zaak."""

    concept: Concept
    bericht_id: bytes
    poging: int
    zaak: Zaak
    bekend: Sequence[BekendBericht]
    kenners: Callable[[bytes], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Ontwerp:
    """Everything of a message but the sealing; what a test of the broker bends."""

    kop: Kop
    routering: Routering
    lading: Lading
    waarschuwingen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verpakt:
    """A sealed and signed message, and the celgeheimen its sender keeps."""

    inzending: Inzending
    celgeheimen: Mapping[int, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Samensteller:
    """Makes inzendingen for one organisation."""

    keystore: Keystore
    registers: Registerreeks
    catalogus: Catalogus
    statussen: frozenset[str]
    random: Callable[[int], bytes]
    suite: int = DEFAULT_SUITE.id

    def design(self, opdracht: Opdracht, op: datetime) -> Ontwerp:
        """Validate and plan, up to the sealing.

        Raises:
            SchemaError: the content or a kenmerk is wrong; all problems are named.
            AddressError: a place or recipient is unknown or ambiguous.
            SealError: nobody may receive anything.
            RegisterError: no register is in force.
        """
        concept = opdracht.concept
        op_ms = int(op.timestamp() * 1000)
        register = self.registers.op(op_ms)
        berichttype = self.catalogus.berichttype(concept.berichttype)
        inhoud = self._content(concept)
        tabel = register.compiled(self.statussen, op.astimezone(AMSTERDAM).date())
        feiten = self._facts(opdracht, berichttype, tabel)
        oordeel = check_inhoud(_inhoudsvraag(opdracht, feiten))
        oordeel.raise_first()
        gebied = find_gebied(concept.gemeente, concept.vt_regio, op, register.gebieden)
        posities = berichttype.posities(inhoud.buckets)
        vraag = Vraag(
            berichttype=berichttype,
            posities=posities,
            gevuld=mask_of(p.index for p in posities if p.label in inhoud.cellen),
            gebied=gebied,
            geadresseerden=concept.geadresseerden,
            kenners_verwijzing=_kenners(opdracht),
            eigen_per_ontvanger=self._melder(opdracht),
        )
        afzender = self._sender(opdracht, feiten, register)
        basis = Grondslag(register, tabel, op, self.suite)
        return Ontwerp(
            kop=self._kop(opdracht, inhoud, register, op),
            routering=self._routering(opdracht, feiten, gebied),
            lading=Lading(
                posities, inhoud.cellen, plan_recipients(vraag, afzender, basis)
            ),
            waarschuwingen=oordeel.codes(),
        )

    def grant_again(
        self, opdracht: Opdracht, ontleed: OntledeInzending, op: datetime
    ) -> list[Toegekend]:
        """Work out what the addressees may have of a message that was sent before.

        ``geadresseerden`` of the concept are who is to get it now; the layout, the
        area and the filled positions are those of the message as it was sealed.

        Raises:
            AddressError: an organisation is not there.
            SealError: one of them may have nothing of it, or has no key.
            RegisterError: no register is in force.
        """
        register = self.registers.op(int(op.timestamp() * 1000))
        tabel = register.compiled(self.statussen, op.astimezone(AMSTERDAM).date())
        feiten = self._facts(opdracht, ontleed.berichttype, tabel)
        vraag = Vraag(
            berichttype=ontleed.berichttype,
            posities=ontleed.posities,
            gevuld=ontleed.gevuld,
            gebied=gebied_of_routering(ontleed.routering),
            geadresseerden=opdracht.concept.geadresseerden,
            kenners_verwijzing=_kenners(opdracht),
            eigen_per_ontvanger=self._melder(opdracht),
        )
        afzender = self._sender(opdracht, feiten, register)
        return plan_again(vraag, afzender, Grondslag(register, tabel, op, self.suite))

    def zegel(self) -> Zegel:
        """Give what this organisation seals and signs with."""
        return Zegel(
            self.suite,
            self.keystore.signing_key,
            self.keystore.thumbprint,
            self.random,
        )

    def seal(self, ontwerp: Ontwerp) -> Inzending:
        """Seal and sign a design."""
        [verpakt] = self.seal_all([ontwerp])
        return verpakt.inzending

    def seal_all(self, ontwerpen: Sequence[Ontwerp]) -> list[Verpakt]:
        """Seal designs and sign them: several of them with one signature."""
        zegel = self.zegel()
        sealed = [
            seal_unsigned(one.kop, one.routering, one.lading, zegel)
            for one in ontwerpen
        ]
        return [
            Verpakt(inzending, one.verzegeld.celgeheimen)
            for inzending, one in zip(sign_messages(sealed, zegel), sealed, strict=True)
        ]

    def _facts(
        self, opdracht: Opdracht, berichttype: Berichttype, tabel: GecompileerdeTabel
    ) -> Feitenset:
        concept = opdracht.concept
        return collect_facts(
            self.catalogus,
            {**concept.kenmerken, AFSTEMMINGSMOMENT: concept.afstemmingsmoment},
            Context(
                berichttype.code,
                self.keystore.houder.type,
                tabel.used_kenmerken(berichttype.code),
                concept.inhoud,
                opdracht.bekend,
                concept.over_betrokkenen,
            ),
        )

    def _sender(
        self, opdracht: Opdracht, feiten: Feitenset, register: Registerversie
    ) -> Afzender:
        return Afzender(
            self.keystore.oin,
            self.keystore.houder.type,
            opdracht.concept.doel,
            {**register.kenmerken, **feiten.waarden},
        )

    def _content(self, concept: Concept) -> Inhoud:
        berichttype = self.catalogus.berichttype(concept.berichttype)
        inhoud: dict[str, Any] = dict(concept.inhoud)
        if VERWIJZING in inhoud:
            raise SchemaError(
                "inhoud.verwijzing",
                "the rubriek verwijzing is made from antwoord_op and vervangt",
                advice="Leave it out of the content.",
            )
        verwijzing = {
            naam: str(waarde)
            for naam, waarde in (
                ("antwoord_op", concept.antwoord_op),
                ("vervangt", concept.vervangt),
            )
            if waarde is not None
        }
        if verwijzing:
            inhoud[VERWIJZING] = verwijzing
        return parse_inhoud(berichttype, inhoud, self.catalogus)

    def _melder(self, opdracht: Opdracht) -> Mapping[str, Mapping[str, KenmerkWaarde]]:
        """Tell who sent the melding that this message answers."""
        original = opdracht.concept.antwoord_op
        sources = {
            bron.berichttype for bron in self.catalogus.kenmerken[MELDER].bronberichten
        }
        return {
            bericht.verstrekker: {MELDER: True}
            for bericht in opdracht.bekend
            if original is not None
            and bericht.bericht_id == original.bytes
            and bericht.berichttype in sources
        }

    def _kop(
        self,
        opdracht: Opdracht,
        inhoud: Inhoud,
        register: Registerversie,
        op: datetime,
    ) -> Kop:
        concept = opdracht.concept
        op_ms = int(op.timestamp() * 1000)
        lifetime = int(timedelta(hours=concept.geldig_uren).total_seconds() * 1000)
        codelijsten = self.catalogus.codelijsten
        return Kop(
            bericht_id=opdracht.bericht_id,
            poging=opdracht.poging,
            berichttype=concept.berichttype,
            schema=inhoud.berichttype.fingerprint,
            buckets=bytes(inhoud.buckets),
            verstrekker=self.keystore.oin,
            functie=concept.functie,
            doel=codelijsten["doel"].parse_code(concept.doel, "doel"),
            verwerkingsbasis=codelijsten["verwerkingsbasis"].parse_code(
                concept.verwerkingsbasis, "verwerkingsbasis"
            ),
            spoed=codelijsten["spoed"].parse_code(concept.spoed, "spoed"),
            ondertekend_op=op_ms,
            geldig_tot=op_ms + lifetime,
            register=register.digest,
        )

    def _routering(
        self, opdracht: Opdracht, feiten: Feitenset, gebied: Gebied
    ) -> Routering:
        concept, zaak = opdracht.concept, opdracht.zaak
        thema = self.catalogus.codelijsten["thema"]
        alias = zaak.alias
        return Routering(
            nieuw=alias is None,
            zaak=alias if alias is not None else zaak.nieuw_id or b"",
            incident=None if concept.incident is None else concept.incident.bytes,
            antwoord_op=_id(concept.antwoord_op),
            vervangt=_id(concept.vervangt),
            geadresseerden=sorted(concept.geadresseerden),
            gemeente=gebied.gemeente,
            vt_regio=gebied.vt_regio,
            arrondissement=gebied.arrondissement,
            afstemmingsmoment=concept.afstemmingsmoment,
            thema=[thema.parse_code(one, "thema") for one in concept.thema],
            kenmerken=feiten.kenmerken,
            stelt_vast=feiten.stelt_vast,
            feiten=feiten.feiten,
            personen=feiten.personen,
            aanhouding=_aanhouding(concept),
            leeg=b"",
            toekenning=[],
        )


def _id(value: object) -> bytes | None:
    return getattr(value, "bytes", None)


def _aanhouding(concept: Concept) -> Aanhoudingslast | None:
    """Tell the broker, which reads no content, what a vrijgave is about."""
    if concept.berichttype != VRIJGAVE:
        return None
    vrijgave = concept.inhoud[VRIJGAVE]
    return Aanhoudingslast(
        bericht_id=uuid.UUID(str(vrijgave["betreft_bericht"])).bytes,
        besluit=concept.besluit,
        rubrieken=sorted(set(vrijgave["rubrieken"])),
    )


def _inhoudsvraag(opdracht: Opdracht, feiten: Feitenset) -> Inhoudsvraag:
    return Inhoudsvraag(
        opdracht.concept.berichttype,
        opdracht.concept.inhoud,
        kenmerken=feiten.waarden,
        eerder=frozenset(one.berichttype for one in opdracht.bekend),
        opent_zaak=opdracht.zaak.alias is None,
    )


def _kenners(opdracht: Opdracht) -> frozenset[str]:
    """Organisations known to know every message this one refers to."""
    ids = [
        one.bytes
        for one in (opdracht.concept.antwoord_op, opdracht.concept.vervangt)
        if one is not None
    ]
    sets = [opdracht.kenners(one) for one in ids]
    return frozenset.intersection(*sets) if sets else frozenset()
