"""Check a proof file step by step and say in plain words what is proven (SPEC 16).

Needs nothing but the file and the trust anchors: no network, no database, no key that
opens anything. The steps stop at the first one that fails.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from corvus_adapters.bewijs.logverificatie import Logverificatie
from corvus_adapters.sdk.ingang import find_ingang, read_slots, verify_nasleutelaar
from corvus_adapters.sdk.openen import verify_attestatie
from corvus_broker.beoordeling import GELEVERD
from corvus_broker.effecten import SOORT_BESLISREGEL, SOORT_BEWIJS
from corvus_broker.inzending import SIGN_PURPOSE, check_validity, verify_certificaat
from corvus_broker.register import Registerreeks, open_register
from corvus_broker.terugmelding import verify_melding
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.manifest import parse_manifest
from corvus_crypto.masker import bits, parse_mask
from corvus_crypto.ondertekening import parse_ondertekening
from corvus_crypto.sealing import check_cellen
from corvus_routing.projection import REGEL_VERWIJZING
from corvus_routing.regel import Besluit
from corvus_schemas.errors import CorvusError, EnvelopeError
from corvus_schemas.identifiers import format_id, parse_oin
from corvus_schemas.wire.bericht import Kop
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Terugmelding
from corvus_schemas.wire.nasleutel import Nalevering, read_geleverd
from corvus_schemas.wire.staat import Beslisregel

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_adapters.audit.beleid import Beleid
    from corvus_adapters.bewijs.bestand import Bewijsbestand
    from corvus_broker.register import Registerversie, Vertrouwen
    from corvus_crypto.manifest import Manifest
    from corvus_routing.adresboek import Organisatie
    from corvus_routing.regel import Regel
    from corvus_schemas.catalogus import Catalogus, Positie
    from corvus_schemas.wire.nasleutel import Geleverd

STAPPEN: Final = (
    "register",
    "attestatie",
    "ondertekening",
    "cellen",
    "besluit",
    "ontvangstbewijs",
    "terugmelding",
    "auditlog",
    "getuigen",
)


@dataclass(frozen=True, slots=True)
class Stap:
    """One step: its name, whether it held, and what that means in plain words."""

    naam: str
    ok: bool
    tekst: str


@dataclass(frozen=True, slots=True)
class Verstrekt:
    """One disclosed rubriek: where, under which rule, on which ground."""

    rubriek: str
    regels: tuple[str, ...]
    grondslag: str
    doel: str
    status: str


@dataclass(slots=True)
class Verslag:
    """What came of a verification."""

    stappen: list[Stap] = field(default_factory=list)
    verstrekt: list[Verstrekt] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every step held."""
        return len(self.stappen) == len(STAPPEN) and all(s.ok for s in self.stappen)


class Verificateur:
    """Checks proof files; a register that many files share is opened once."""

    def __init__(
        self,
        vertrouwen: Vertrouwen,
        catalogus: Catalogus,
        beleid: Beleid | None = None,
    ) -> None:
        self._vertrouwen = vertrouwen
        self.beleid = beleid
        self.catalogus = catalogus
        self._opened: dict[tuple[bytes, bytes], Registerversie] = {}

    def open_register(self, register: bytes, tabel: bytes) -> Registerversie:
        """Open a register entry and its table, as signed.

        Raises:
            RegisterError: unsigned, expired, edited, or not what it must be.
        """
        key = (register, tabel)
        if key not in self._opened:
            self._opened[key] = open_register(
                register, tabel, self._vertrouwen, self.catalogus
            )
        return self._opened[key]

    def verify(self, bestand: Bewijsbestand) -> Verslag:
        """Check a proof; never raises for what is in it."""
        work = _Verificatie(bestand, self)
        log = Logverificatie(bestand, self.beleid)
        steps: dict[str, Callable[[], str]] = {
            "register": work.check_register,
            "attestatie": work.check_attestatie,
            "ondertekening": work.check_ondertekening,
            "cellen": work.check_cellen,
            "besluit": work.check_besluit,
            "ontvangstbewijs": work.check_ontvangstbewijs,
            "terugmelding": work.check_terugmelding,
            "auditlog": log.check_auditlog,
            "getuigen": log.check_getuigen,
        }
        for naam in STAPPEN:
            try:
                work.verslag.stappen.append(Stap(naam, ok=True, tekst=steps[naam]()))
            except CorvusError as error:
                work.verslag.stappen.append(Stap(naam, ok=False, tekst=str(error)))
                break
        return work.verslag


class _Verificatie:
    """The state between the steps."""

    def __init__(self, bestand: Bewijsbestand, verificateur: Verificateur) -> None:
        self.bestand = bestand
        self.verificateur = verificateur
        self.catalogus = verificateur.catalogus
        self.verslag = Verslag()
        self.register: Registerversie
        self.reeks: Registerreeks
        self.levering: Geleverd
        self.levering_digest: bytes
        self.manifest: Manifest
        self.kop: Kop
        self.posities: tuple[Positie, ...]
        self.regel: Beslisregel
        self.ontvanger: str

    def check_register(self) -> str:
        self.register = self.verificateur.open_register(
            self.bestand.register, self.bestand.tabel
        )
        self.reeks = Registerreeks([self.register])
        officers = " and ".join(self.register.ondertekenaars)
        return (
            f"register version {self.register.volgnummer} and the table it names were"
            f" signed by {officers}"
        )

    def check_attestatie(self) -> str:
        geattesteerd = verify_attestatie(self.bestand.levering, self.reeks)
        attestatie = parse_attestatie(geattesteerd.attestatie)
        self.levering = read_geleverd(geattesteerd.inhoud)
        self.levering_digest = hashlib.sha256(geattesteerd.inhoud).digest()
        self.manifest = parse_manifest(self.levering.manifest)
        self.kop = Kop.decode(self.manifest.kop)
        return (
            "the broker attested exactly these bytes at"
            f" {_time(attestatie.tijd_ms)}, as {attestatie.index + 1} of"
            f" {attestatie.grootte} in its batch"
        )

    def check_ondertekening(self) -> str:
        if isinstance(self.levering, Nalevering):
            return self._check_nasleutel(self.levering)
        return self._check_sender()

    def _check_nasleutel(self, levering: Nalevering) -> str:
        """Check who signed the new column, and the message if its certificate is here.

        A certificate of long ago need not be in the register of now; the sender signed
        the digest of the manifest again.
        """
        signer = verify_nasleutelaar(levering, self.manifest, self.kop, self.register)
        old = parse_ondertekening(levering.ondertekening).certificaat
        text = (
            f"{self._naam(signer)} (OIN {signer}) signed a nasleutel to"
            f" {self.kop.berichttype} {format_id(self.kop.bericht_id)} with a certificate"
            " valid at that time"
        )
        if self.register.certificaat(old) is None:
            return (
                f"{text}; that the message itself was signed is not proven here: its"
                " certificate is not in this register"
            )
        return f"{text}; {self._check_sender()}"

    def _check_sender(self) -> str:
        ondertekening = parse_ondertekening(self.levering.ondertekening)
        oin = parse_oin(self.kop.verstrekker)
        vermelding = verify_certificaat(self.register, ondertekening.certificaat, oin)
        ondertekening.verify(vermelding.verify_key, SIGN_PURPOSE, self.manifest.digest)
        check_validity(vermelding, self.levering.ontvangen_op)
        return (
            f"{self._naam(oin)} (OIN {oin}) signed {self.kop.berichttype}"
            f" {format_id(self.kop.bericht_id)} with a certificate valid at that time"
        )

    def check_cellen(self) -> str:
        berichttype = self.catalogus.versie(self.kop.berichttype, self.kop.schema)
        self.posities = berichttype.posities(tuple(self.kop.buckets))
        mask = parse_mask(self.levering.posities, self.manifest.posities)
        labels = [positie.label for positie in self.posities]
        cellen = check_cellen(self.manifest, mask, self.levering.cellen, labels)
        self.ontvanger = self._check_column(labels)
        return (
            f"{len(cellen)} sealed rubrieken went to {self._naam(self.ontvanger)}"
            f" (OIN {self.ontvanger}), each as the sender sealed it; of"
            f" {self.manifest.posities - len(cellen)} positions nothing went, empty or"
            " withheld"
        )

    def _check_column(self, labels: list[str]) -> str:
        ingang = find_ingang(self.levering, self.manifest, self.kop, self.register)
        if isinstance(self.levering, Nalevering) and ingang.manifest is not None:
            read_slots(self.levering, ingang.manifest, ingang.kolom, labels)
        return ingang.kolom.oin

    def check_besluit(self) -> str:
        attestatie = parse_attestatie(self.bestand.beslisregel_attestatie)
        found = self.register.broker_key(attestatie.sleutel_id)
        if found is None or not found[1] <= attestatie.tijd_ms < found[2]:
            raise EnvelopeError("attestatie.sleutel", "no key of the broker")
        attestatie.verify(found[0], SOORT_BESLISREGEL, self.bestand.beslisregel)
        self.regel = Beslisregel.decode(self.bestand.beslisregel)
        if (
            self.regel.levering,
            self.regel.manifest,
            self.regel.ontvanger,
            self.regel.register,
        ) != (
            self.levering_digest,
            self.manifest.digest,
            self.ontvanger,
            self.register.digest,
        ):
            raise EnvelopeError(
                "besluit.ander", "the evidence is about another delivery"
            )
        self._check_rules()
        return (
            f"the broker recorded this decision under doel {self.regel.doel}; every"
            " rubriek names a rule of the signed table"
        )

    def _check_rules(self) -> None:
        mask = parse_mask(self.levering.posities, self.manifest.posities)
        delivered = list(bits(mask))
        recorded = [p for p, r in enumerate(self.regel.redenen) if r == GELEVERD]
        if recorded != delivered or len(self.levering.regels) != len(delivered):
            raise EnvelopeError(
                "besluit.ander", "the evidence names other rubrieken than went out"
            )
        by_id = {regel.regel: regel for regel in self._allowing()}
        for position, text in zip(delivered, self.levering.regels, strict=True):
            ids = tuple(text.split())
            positie = self.posities[position]
            if ids == (REGEL_VERWIJZING,):
                self._add(positie.label, ids, "broker", self.regel.doel, "")
                continue
            rules = [by_id[one] for one in ids if one in by_id]
            if (
                not ids
                or any(rule.rubriek != positie.rubriek.naam for rule in rules)
                or len(rules) != len(ids)
            ):
                raise EnvelopeError(
                    "besluit.regel",
                    f"{positie.label} names a rule that does not let it go",
                )
            first = rules[0]
            self._add(positie.label, ids, first.grondslag, first.doel, first.status)

    def _allowing(self) -> list[Regel]:
        """Give the rules of the table that let this sender tell this recipient."""
        van, naar = (self._type(oin) for oin in (self.kop.verstrekker, self.ontvanger))
        return [
            regel
            for regel in self.register.tabel.regels
            if regel.besluit is Besluit.JA
            and (regel.berichttype, regel.van, regel.naar)
            == (self.kop.berichttype, van, naar)
        ]

    def _add(
        self, label: str, ids: tuple[str, ...], ground: str, doel: str, status: str
    ) -> None:
        self.verslag.verstrekt.append(Verstrekt(label, ids, ground, doel, status))

    def check_ontvangstbewijs(self) -> str:
        if self.bestand.ontvangstbewijs is None:
            return "no receipt of the broker is in this file"
        geattesteerd = verify_attestatie(self.bestand.ontvangstbewijs, self.reeks)
        if geattesteerd.soort != SOORT_BEWIJS:
            raise EnvelopeError("bewijs.ander", "this is no receipt of the broker")
        bewijs = Ontvangstbewijs.decode(geattesteerd.inhoud)
        named = {one.ontvanger: one.levering for one in bewijs.verstrekkingen}
        if (
            bewijs.manifest != self.manifest.digest
            or named.get(self.ontvanger) != self.levering_digest
        ):
            raise EnvelopeError("bewijs.ander", "the receipt is about other bytes")
        return (
            f"the broker told the sender {bewijs.status} at {_time(bewijs.tijd)}, naming"
            " the digest of these very bytes"
        )

    def check_terugmelding(self) -> str:
        said = [self._one_melding(value) for value in self.bestand.terugmeldingen]
        if not said:
            return "the recipient's receipt is not in this file"
        who = self._naam(self.ontvanger)
        return f"{who} signed for these very bytes: {', '.join(said)}"

    def _one_melding(self, value: bytes) -> str:
        geattesteerd = verify_attestatie(value, self.reeks)
        melding = Terugmelding.decode(geattesteerd.inhoud)
        bewijs = Ontvangstbewijs.decode(melding.bewijs)
        # The time in a receipt is its issuer's word; the broker's own time counts.
        op_ms = parse_attestatie(geattesteerd.attestatie).tijd_ms
        oin = verify_melding(melding, bewijs, self.register, op_ms)
        if (oin, bewijs.manifest, bewijs.levering) != (
            self.ontvanger,
            self.manifest.digest,
            self.levering_digest,
        ):
            raise EnvelopeError("bewijs.ander", "the receipt is about other bytes")
        return f"{bewijs.status} at {_time(bewijs.tijd)}"

    def _naam(self, oin: str) -> str:
        return self._organisatie(oin).naam

    def _type(self, oin: str) -> str:
        return self._organisatie(oin).type

    def _organisatie(self, oin: str) -> Organisatie:
        levering = self.levering
        op_ms = levering.ontvangen_op
        if isinstance(levering, Nalevering):
            op_ms = levering.nagesleuteld_op  # in this register, as it was then
        op = datetime.fromtimestamp(op_ms / 1000, UTC)
        adresboek = self.register.adresboek
        return adresboek.organisatie(adresboek.opvolger(oin, op), op)


def _time(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
