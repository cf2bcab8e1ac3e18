"""A whole chain inside one process: real keys, register, SDK and pipeline.

Only the log is in memory, and the router runs at once when something is appended to
``corvus.inzending``. An attacker bends what ``design`` and ``seal`` give and hands it
to ``submit``. The clock stands still until a test moves it.
"""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from simulator_log import Geheugenlog

from corvus_adapters.app import build_attesteerder, build_grenzen, build_opslag
from corvus_adapters.sdk.concept import Concept
from corvus_adapters.sdk.openen import Lezer
from corvus_adapters.sdk.organisatie import Organisatie, Uitrusting
from corvus_adapters.sdk.postbus import Postbus
from corvus_adapters.sdk.verzegelen import Zegel, seal_unsigned, sign_messages
from corvus_broker.batch import finish_batch
from corvus_broker.bewaren import Bewaarder
from corvus_broker.omgeving import Omgeving
from corvus_broker.pipeline import Pipeline
from corvus_broker.ports import Append, Record
from corvus_broker.staat import Partitiestaat
from corvus_broker.topics import (
    AUDIT,
    GEPARKEERD,
    INZENDING,
    ZAAKSTAAT,
    topic_specs,
)
from corvus_crypto.suite import DEFAULT_SUITE
from corvus_crypto.zaak import AliasSleutel, alias_partition, partition_of
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.identifiers import ZaakAlias, ZaakId
from corvus_schemas.voorbeeld import voorbeeld_inhoud
from corvus_schemas.wire.bericht import Geattesteerd, Inzending, Routering
from corvus_schemas.wire.bewijs import Ontvangstbewijs
from corvus_schemas.wire.staat import Auditbatch, Geparkeerd

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from pathlib import Path

    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.keystore import BrokerKeystore, Keystore
    from corvus_adapters.sdk.post import Post
    from corvus_adapters.sdk.samenstellen import Ontwerp
    from corvus_broker.effecten import Effecten
    from corvus_broker.register import Registerreeks

_T = TypeVar("_T")
CATALOGUS = load_catalogus()
POL, VT, OM, RVDK, RECL = (
    "pol-noord-nl",
    "vt-groningen",
    "om-noord-nl",
    "rvdk-noord-nl",
    "recl-noord-nl",
)
VT_BRABANT, POL_BRABANT = "vt-west-brabant", "pol-west-brabant"
KENMERKEN: Mapping[str, Mapping[str, bool | str]] = {
    "politiemelding": {
        "geheim_adres": False,
        "verdachte_minderjarig": False,
        "opsporingsbelang": False,
        "melder_anoniem": False,
        "vermoeden_strafbaar_feit": True,
    },
    "zsm_aanmelding": {
        "geheim_adres": False,
        "verdachte_minderjarig": False,
        "minderjarige_betrokken": True,
        "kind_betrokken": True,
        "opsporingsbelang": False,
        "melder_anoniem": False,
        "vermoeden_strafbaar_feit": True,
        "hg_label": True,
        "zsm_zaak": True,
        "zaak_vast": True,
    },
}
DOELEN = {
    "zsm_aanmelding": "AFDOENINGSBESLISSING",
    "zsm_besluit": "OPSPORING_VERVOLGING",
    "terugkoppeling": "TERUGKOPPELING",
}


def concept(
    berichttype: str = "politiemelding", *, seed: int = 1, **fields: Any
) -> Concept:
    """Make a message of synthetic content, for Groningen unless it says otherwise."""
    kind = CATALOGUS.berichttype(berichttype)
    given: dict[str, Any] = {
        "berichttype": berichttype,
        "inhoud": fields.pop("inhoud", None)
        or voorbeeld_inhoud(kind, CATALOGUS, seed=seed),
        "doel": DOELEN.get(berichttype, "VEILIGHEIDSBEOORDELING"),
        "kenmerken": {
            **KENMERKEN.get(berichttype, {}),
            **fields.pop("kenmerken", {}),
        },
    }
    if kind.adressering == "keten" and "vt_regio" not in fields:
        given["gemeente"] = "Groningen"
    return Concept(**{**given, **fields})


@dataclass
class Deelnemer:
    """One organisation: its client, and its keys for who attacks with them."""

    organisatie: Organisatie
    keystore: Keystore
    sim: Simulator

    @property
    def lezer(self) -> Lezer:
        """What opens a delivery, under the registers of now."""
        return Lezer(
            self.keystore.oin,
            self.keystore.houder.type,
            self.keystore.private_key,
            self.sim.registers,
            CATALOGUS,
            self.sim.sandbox.statussen,
        )

    @property
    def oin(self) -> str:
        return self.keystore.oin


class Simulator:
    """The chain. ``registers`` replaces those of the sandbox."""

    def __init__(
        self,
        sandbox: Installatie,
        folder: Path,
        *,
        registers: Registerreeks | None = None,
        nu: datetime | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.registers = registers or sandbox.register
        self.nu = nu or datetime.now(UTC)
        self.random = random
        self.log = Geheugenlog(self._route, lambda: self.nu_ms)
        self.broker: BrokerKeystore = sandbox.broker_keystore()
        register = self.registers.versies[0]
        self.log.limits = {
            spec.name: spec.max_message_bytes
            for spec in topic_specs(
                register.partities,
                register.adresboek.oins(),
                sandbox.instellingen.router.max_bericht_bytes,
            )
        }
        self.aliassen = AliasSleutel(self.broker.alias_key)
        self.staten: dict[int, Partitiestaat] = {}
        self.effecten: list[Effecten] = []
        self._orgs: dict[str, Deelnemer] = {}
        self.restart()

    # -- the clock -----------------------------------------------------------------

    @property
    def nu_ms(self) -> int:
        return int(self.nu.timestamp() * 1000)

    def later(self, **delta: float) -> None:
        self.nu += timedelta(**delta)

    # -- the router ----------------------------------------------------------------

    def close(self) -> None:
        """Release the organisations' files."""
        for deelnemer in self._orgs.values():
            deelnemer.organisatie.postbus.close()

    def restart(self, registers: Registerreeks | None = None) -> None:
        """Make the pipeline anew, perhaps under other registers."""
        self.registers = registers or self.registers
        self.bewaarder = self._bewaarder()
        self.pipeline = Pipeline(
            Omgeving(
                catalogus=CATALOGUS,
                registers=self.registers,
                aliassen=self.aliassen,
                grenzen=build_grenzen(self.sandbox),
                partities=self.registers.versies[0].partities,
                broker_oin=self.broker.houder.oin,
            )
        )

    def forget(self) -> None:
        """Begin again: empty topics, empty state."""
        self.log.records.clear()
        self.staten.clear()
        self.effecten.clear()

    def staat(self, partition: int) -> Partitiestaat:
        return self.staten.setdefault(partition, Partitiestaat())

    def _route(self, record: Record) -> None:
        self.handle([record])

    def handle(self, records: Sequence[Record]) -> list[Effecten]:
        """One batch of one partition: decide, attest, append."""
        staat = self.staat(records[0].partition)
        effecten = [self.pipeline.process(record, staat) for record in records]
        orders = _apart(
            self.bewaarder.before_commit(records[0].partition, effecten)
            if any(one.te_bewaren or one.uitvoeringen for one in effecten)
            else None
        )
        appends = finish_batch(
            self.broker.houder.oin,
            build_attesteerder(self.broker),
            records,
            effecten,
            staat,
        )
        if any(one.bevestigd or one.vernietigd for one in effecten):
            _apart(self.bewaarder.after_commit(effecten))
        self.effecten += effecten
        for append in (*appends, *(orders or ())):
            self.log.put(append, records[-1].timestamp_ms)
        return effecten

    def sweep(self) -> None:
        """Let the router look for holds that are at their end."""
        for partition in range(self.registers.versies[0].partities):
            _apart(self.bewaarder.sweep(self.log, partition))
            self.bewaarder = self._bewaarder()

    def _bewaarder(self) -> Bewaarder:
        return Bewaarder(
            build_opslag(self.sandbox),
            build_attesteerder(self.broker),
            build_grenzen(self.sandbox),
            lambda: self.nu_ms,
        )

    # -- organisations -------------------------------------------------------------

    def org(self, naam: str) -> Deelnemer:
        """Give an organisation of the sandbox by the name of its folder."""
        if naam not in self._orgs:
            keystore = self.sandbox.keystore(naam)
            organisatie = Organisatie(
                Uitrusting(
                    keystore=keystore,
                    postbus=Postbus(self.folder / f"{naam}.sqlite"),
                    transport=self.log,
                    registers=self.registers,
                    catalogus=CATALOGUS,
                    statussen=self.sandbox.statussen,
                    clock=lambda: self.nu,
                    random=self.random,
                )
            )
            self._orgs[naam] = Deelnemer(organisatie, keystore, self)
        return self._orgs[naam]

    def design(
        self, naam: str, wat: Concept | None = None, *, zaak: str | None = None
    ) -> Ontwerp:
        """Work a message out as its sender would, unsealed."""
        organisatie = self.org(naam).organisatie
        known = None if zaak is None else organisatie.postbus.zaak(zaak)
        own = known or organisatie.postbus.open_zaak(self.random(16))
        return organisatie.ontwerp(wat or concept(), own, self.random(16))

    def zegel(self, naam: str) -> Zegel:
        keystore = self.org(naam).keystore
        return Zegel(
            DEFAULT_SUITE.id, keystore.signing_key, keystore.thumbprint, self.random
        )

    def seal(
        self, naam: str, ontwerp: Ontwerp, zegel: Zegel | None = None
    ) -> Inzending:
        """Seal and sign whatever the design says."""
        return self.seal_together(naam, [ontwerp], zegel)[0]

    def seal_together(
        self, naam: str, ontwerpen: Sequence[Ontwerp], zegel: Zegel | None = None
    ) -> list[Inzending]:
        """Seal, and sign them all with one signature."""
        used = zegel or self.zegel(naam)
        sealed = [
            seal_unsigned(one.kop, one.routering, one.lading, used) for one in ontwerpen
        ]
        return sign_messages(sealed, used)

    def message(self, naam: str = POL, wat: Concept | None = None) -> Inzending:
        """A right message, sealed and not yet submitted."""
        return self.seal(naam, self.design(naam, wat))

    def submit(
        self, inzending: Inzending | bytes, *, partitie: int | None = None
    ) -> Effecten:
        """Append to the inzending topic; gives what the router did."""
        data = inzending if isinstance(inzending, bytes) else inzending.encode()
        if partitie is None:
            assert not isinstance(inzending, bytes), "bytes have no partition"
            partitie = self.partition(Routering.decode(inzending.routering))
        before = len(self.effecten)
        self.log.put(Append(INZENDING, partitie, b"", data))
        return self.effecten[before]  # the router's own orders come behind it

    def partition(self, routering: Routering) -> int:
        if not routering.nieuw:
            return alias_partition(ZaakAlias(routering.zaak))
        return partition_of(ZaakId(routering.zaak), self.registers.versies[0].partities)

    async def post(self, naam: str) -> list[Post]:
        """Let an organisation fetch its post."""
        return await self.org(naam).organisatie.haal_op(wait_s=0)

    # -- what there is to see ------------------------------------------------------

    def deliveries(self, naam: str) -> list[Geattesteerd]:
        """Everything in an organisation's own topics."""
        oin = self.org(naam).oin
        return [
            Geattesteerd.decode(record.value or b"")
            for (topic, _), records in sorted(self.log.records.items())
            if topic.startswith(f"corvus.levering.{oin}.")
            for record in records
        ]

    def receipts(self, naam: str) -> list[Ontvangstbewijs]:
        """The broker's receipts to an organisation."""
        return [
            Ontvangstbewijs.decode(one.inhoud)
            for one in self.deliveries(naam)
            if one.soort == "bewijs"
        ]

    def audit(self) -> list[Auditbatch]:
        return [
            Auditbatch.decode(record.value or b"")
            for record in self.log.records.get((AUDIT, 0), ())
        ]

    def parked(self) -> list[Geparkeerd]:
        return [
            Geparkeerd.decode(record.value or b"")
            for (topic, _), records in sorted(self.log.records.items())
            if topic == GEPARKEERD
            for record in records
        ]

    def rebuilt(self, partition: int) -> Partitiestaat:
        """The state of a partition, from its changelog alone."""
        staat = Partitiestaat()
        for record in self.log.records.get((ZAAKSTAAT, partition), ()):
            staat.replay(record.key, record.value)
        return staat


def _apart(work: Coroutine[Any, Any, _T] | None) -> _T | None:
    """Run the driver's asynchronous part from a place that is not."""
    if work is None:
        return None
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
