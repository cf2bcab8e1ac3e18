"""Plays a scenario: makes each message up, sends it, and notes who got what.

A scenario may set facts without the message that establishes them. The player then
first has the entitled party establish them, as a real chain would have; and it has a
question asked before an answer that nobody asked for.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from corvus_adapters.scenario.bestand import Scenariobericht
from corvus_adapters.scenario.feiten import (
    Behoefte,
    Feitenkennis,
    missing_facts,
    source_content,
)
from corvus_adapters.scenario.inhoud import make_content
from corvus_adapters.scenario.keten import gebied_of_regio
from corvus_adapters.sdk.concept import Concept
from corvus_adapters.sdk.plan import find_gebied
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.verwerking import BROKER
from corvus_crypto.manifest import parse_manifest
from corvus_schemas.errors import SealError
from corvus_schemas.identifiers import format_id
from corvus_schemas.wire.bericht import Inzending, Kop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from corvus_adapters.scenario.bestand import Scenario
    from corvus_adapters.scenario.instellen import Ketenstand
    from corvus_adapters.scenario.keten import Keten
    from corvus_adapters.sdk.organisatie import Organisatie, Verzonden
    from corvus_broker.register import Registerreeks
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.gebied import Gebied
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.wire.bewijs import Ontvangstbewijs

TRUE_BY_DEFAULT: Final = frozenset({"vermoeden_strafbaar_feit", "vermoeden_hg"})
_ANSWER: Final = "_antwoord"
_ANTWOORD: Final = "antwoord"
_KETEN: Final = "keten"
_SEED_STEP: Final = 1000
_DEEPEST: Final = 3
_SUPPLEMENT: Final = re.compile(r"aflevering 2 of message (\d+)")


@dataclass(slots=True)
class Gespeeld:
    """One played message: what was sent, and what the broker said of it."""

    bericht: Scenariobericht
    afzender: Organisatie
    verzonden: list[tuple[Verzonden, Ontvangstbewijs]] = field(default_factory=list)
    geweigerd: str = ""
    vooraf: bool = False
    concept: Concept | None = None

    def buckets(self, bericht_id: bytes) -> tuple[int, ...]:
        """Give the bucket vector of a message that was sent.

        Raises:
            KeyError: it was not sent here.
        """
        uitgaand = self.afzender.postbus.uitgaand(bericht_id)
        if uitgaand is None:
            raise KeyError(format_id(bericht_id))
        manifest = parse_manifest(Inzending.decode(uitgaand.inhoud).manifest)
        return tuple(Kop.decode(manifest.kop).buckets)


@dataclass(frozen=True, slots=True)
class Vooraf:
    """A message that a scenario takes for granted; ``depth`` keeps them from piling."""

    berichttype: str
    afzender: Organisatie
    aan: Sequence[Organisatie]
    kern: Mapping[str, str] = field(default_factory=dict)
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Toneel:
    """What a scenario is played on."""

    keten: Keten
    registers: Registerreeks
    catalogus: Catalogus
    statussen: frozenset[str]
    clock: Callable[[], datetime]
    stand: Ketenstand


class Speler:
    """Plays one scenario."""

    def __init__(self, toneel: Toneel, scenario: Scenario) -> None:
        self._t = toneel
        self._scenario = scenario
        self._gebied = gebied_of_regio(scenario.regio, toneel.clock())
        self._kennis = Feitenkennis()
        self._gespeeld: list[Gespeeld] = []
        self._verzonden: dict[int, str] = {}

    async def play(
        self, told: Callable[[Gespeeld], None] = lambda _: None
    ) -> Sequence[Gespeeld]:
        """Play every message in order; ``told`` hears of each one when it is done."""
        for bericht in self._scenario.berichten:
            gespeeld = await self._play_one(bericht)
            told(gespeeld)
        await self._t.stand.set(self._configured({}))
        await self._t.keten.drain()
        return self._gespeeld

    async def _play_one(self, bericht: Scenariobericht) -> Gespeeld:
        supplement = _SUPPLEMENT.search(bericht.opmerking)
        if supplement is not None:
            return await self._await_supplement(bericht, int(supplement[1]))
        gebied = self._area(bericht)
        afzender = self._t.keten.resolve(bericht.van, gebied)
        kenmerken = self._kenmerken(bericht)
        await self._t.stand.set(self._configured(kenmerken))
        await self._establish(bericht, afzender, kenmerken)
        gespeeld = Gespeeld(bericht, afzender)
        self._gespeeld.append(gespeeld)
        for addressed in self._copies(bericht, afzender, gebied):
            try:
                await self._send(gespeeld, addressed, kenmerken)
            except SealError as error:
                gespeeld.geweigerd = error.code
        return gespeeld

    async def _await_supplement(self, bericht: Scenariobericht, nr: int) -> Gespeeld:
        """Wait for what was held of an earlier message; nothing is sent."""
        [earlier] = [
            one for one in self._gespeeld if one.bericht.nr == nr and not one.vooraf
        ]
        gespeeld = Gespeeld(bericht, earlier.afzender)
        self._gespeeld.append(gespeeld)
        for verzonden, _ in earlier.verzonden:
            bewijs = await self._t.keten.supplement(
                earlier.afzender, verzonden.bericht_id
            )
            gespeeld.verzonden.append((verzonden, bewijs))
        return gespeeld

    def _area(self, bericht: Scenariobericht) -> Gebied:
        if bericht.route_gemeente is None:
            return self._gebied
        return find_gebied(bericht.route_gemeente, None, self._t.clock())

    def _kenmerken(self, bericht: Scenariobericht) -> dict[str, Any]:
        values: dict[str, Any] = {
            kenmerk.naam: kenmerk.naam in TRUE_BY_DEFAULT
            for kenmerk in self._t.catalogus.kenmerken.values()
            if kenmerk.soort == "bool" and kenmerk.zetter_soort != "broker"
        }
        values |= self._scenario.attributen_basis | bericht.attributen
        values.setdefault("afstemmingsmoment", "regulier")
        return values

    def _configured(self, kenmerken: Mapping[str, Any]) -> dict[str, bool]:
        """Give what the scenario says of the configuration of the chain itself."""
        return {
            kenmerk.naam: bool(kenmerken.get(kenmerk.naam, kenmerk.standaard))
            for kenmerk in self._t.catalogus.kenmerken.values()
            if kenmerk.of_the_chain
        }

    def _copies(
        self, bericht: Scenariobericht, afzender: Organisatie, gebied: Gebied
    ) -> list[list[Organisatie]]:
        """Recipients per copy: an answer goes out once for each who asked."""
        if bericht.adressering == _KETEN:
            return [[]]
        found = [
            self._t.keten.resolve(type_, gebied, other_than=afzender.oin)
            for type_ in bericht.naar
            if type_ != BROKER
        ]
        return [[one] for one in found] if bericht.adressering == _ANTWOORD else [found]

    async def _send(
        self,
        gespeeld: Gespeeld,
        addressed: Sequence[Organisatie],
        kenmerken: Mapping[str, Any],
    ) -> None:
        bericht, afzender = gespeeld.bericht, gespeeld.afzender
        berichttype = self._t.catalogus.berichttype(bericht.type)
        antwoord_op = None
        if berichttype.antwoord or berichttype.adressering == _ANTWOORD:
            antwoord_op = await self._question(bericht, afzender, addressed, kenmerken)
        gebied = self._area(bericht)
        concept = Concept(
            berichttype=bericht.type,
            inhoud=make_content(
                self._t.catalogus,
                bericht,
                kenmerken,
                seed=len(self._gespeeld) * _SEED_STEP + bericht.nr,
                verzonden=self._verzonden,
            ),
            doel=bericht.doel or self._doel(bericht, afzender, addressed, kenmerken),
            afstemmingsmoment=kenmerken["afstemmingsmoment"],
            kenmerken={
                naam: tuple(waarde) if isinstance(waarde, list) else waarde
                for naam, waarde in kenmerken.items()
                if naam != "afstemmingsmoment"
            },
            gemeente=gebied.gemeente,
            vt_regio=None if gebied.gemeente else gebied.vt_regio,
            geadresseerden=tuple(sorted(one.oin for one in addressed)),
            zaak=self._zaak(bericht, afzender, antwoord_op),
            antwoord_op=antwoord_op,
        )
        await self._deliver(gespeeld, concept)

    async def _deliver(self, gespeeld: Gespeeld, concept: Concept) -> None:
        afzender = gespeeld.afzender
        gespeeld.concept = concept
        verzonden = await afzender.verstuur(concept)
        bewijs = await self._t.keten.settle(afzender, verzonden.bericht_id)
        gespeeld.verzonden.append((verzonden, bewijs))
        if not gespeeld.vooraf:
            self._verzonden.setdefault(gespeeld.bericht.nr, verzonden.bericht_id)
        if bewijs.code:
            gespeeld.geweigerd = bewijs.code
        zaken: dict[str, str] = {afzender.oin: verzonden.zaak}
        for (oin, bericht_id), ontvangst in self._t.keten.ontvangen.items():
            if bericht_id == verzonden.bericht_id:
                zaken[oin] = ontvangst.zaak
        self._kennis.note(
            self._t.catalogus, concept, afzender.type, verzonden.bericht_id, zaken
        )

    def _zaak(
        self, bericht: Scenariobericht, afzender: Organisatie, answers: uuid.UUID | None
    ) -> uuid.UUID | None:
        if answers is not None:
            known = self._kennis.zaak_of(afzender.oin, str(answers))
        else:
            used = self._tabel().used_kenmerken(bericht.type)
            known = self._kennis.zaak_for(afzender.oin, used)
        return None if known is None else uuid.UUID(known)

    def _closed(self, kenmerken: Mapping[str, Any]) -> dict[str, Any]:
        """Add what the broker takes for so while nothing says otherwise."""
        defaults = {
            kenmerk.naam: kenmerk.standaard
            for kenmerk in self._t.catalogus.kenmerken.values()
            if kenmerk.standaard is not None
            and not self._kennis.established(kenmerk.naam)
        }
        return defaults | _values(kenmerken)

    def _tabel(self) -> GecompileerdeTabel:
        op = self._t.clock()
        register = self._t.registers.op(int(op.timestamp() * 1000))
        return register.compiled(self._t.statussen, op.astimezone(AMSTERDAM).date())

    def _doel(
        self,
        bericht: Scenariobericht,
        afzender: Organisatie,
        addressed: Sequence[Organisatie],
        kenmerken: Mapping[str, Any],
    ) -> str:
        """Take the doel of the first rule that would let something go."""
        tabel = self._tabel()
        everyone = tabel.ontvanger_types(bericht.type, afzender.type)
        types = sorted({one.type for one in addressed}) or sorted(everyone)
        types += [BROKER] * (BROKER in everyone)
        values = self._closed(kenmerken)
        for type_ in types:
            beslissing = tabel.decide(bericht.type, afzender.type, type_, "*", values)
            doelen = sorted(beslissing.doelen | beslissing.doelen_aangehouden)
            if doelen:
                return doelen[0]
        return "AFSTEMMING"

    # -- what must come before ------------------------------------------------------

    async def _question(
        self,
        bericht: Scenariobericht,
        afzender: Organisatie,
        addressed: Sequence[Organisatie],
        kenmerken: Mapping[str, Any],
    ) -> uuid.UUID | None:
        """Find what a message answers; have it asked when nobody did."""
        asker = addressed[0] if addressed else None
        kind = bericht.type.removesuffix(_ANSWER) if _ANSWER in bericht.type else ""
        found = self._kennis.latest(
            reader=afzender.oin, writer=asker.oin if asker else None, berichttype=kind
        )
        if found is None and kind and asker is not None:
            await self._before(Vooraf(kind, asker, [afzender]), kenmerken)
            found = self._kennis.latest(
                reader=afzender.oin, writer=asker.oin, berichttype=kind
            )
        if found is None and not kind:
            found = self._kennis.latest(
                reader=afzender.oin, writer=None, berichttype=""
            )
        return None if found is None else uuid.UUID(found)

    async def _establish(
        self,
        bericht: Scenariobericht,
        afzender: Organisatie,
        kenmerken: Mapping[str, Any],
        depth: int = 0,
    ) -> None:
        """Have every fact established that this message needs and does not know."""
        if depth > _DEEPEST:
            return
        missing = missing_facts(
            self._t.catalogus,
            self._tabel(),
            Behoefte(bericht.type, afzender, self._closed(kenmerken)),
            self._kennis,
        )
        # One message can establish several facts: its fields are filled together.
        together: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
        wanted: dict[tuple[str, tuple[str, ...]], set[str]] = {}
        for kenmerk, bron in missing:
            place = (bron.berichttype, bron.verstrekkers)
            kern = together.setdefault(place, {})
            kern |= source_content(self._t.catalogus, bron)
            wanted.setdefault(place, set()).add(kenmerk.naam)
        for (berichttype, types), kern in together.items():
            setters = [type_ for type_ in types if type_ != afzender.type]
            names = wanted[berichttype, types]
            if not setters or all(self._kennis.knows(afzender.oin, n) for n in names):
                continue
            setter = self._t.keten.resolve(setters[0], self._area(bericht))
            before = Vooraf(berichttype, setter, [afzender], kern, depth + 1)
            await self._before(before, kenmerken)

    async def _before(self, vooraf: Vooraf, kenmerken: Mapping[str, Any]) -> None:
        """Play a message that the scenario takes for granted."""
        adressering = self._t.catalogus.berichttype(vooraf.berichttype).adressering
        earlier = Scenariobericht(
            nr=0,
            type=vooraf.berichttype,
            adressering=adressering,
            van=vooraf.afzender.type,
            naar=tuple(one.type for one in vooraf.aan),
            kern=dict(vooraf.kern),
        )
        await self._establish(earlier, vooraf.afzender, kenmerken, vooraf.depth)
        gespeeld = Gespeeld(earlier, vooraf.afzender, vooraf=True)
        self._gespeeld.append(gespeeld)
        direct = [] if adressering == _KETEN else list(vooraf.aan)
        await self._send(gespeeld, direct, kenmerken)


def _values(kenmerken: Mapping[str, Any]) -> dict[str, Any]:
    return {
        naam: tuple(sorted(waarde)) if isinstance(waarde, (list, tuple)) else waarde
        for naam, waarde in kenmerken.items()
    }
