"""Messages, grants, kenmerken and small tables to run the whole pipeline over.

What a table means is read by the conditions of ``routing_model``, which uses nothing
of corvus_routing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
from attack import bend_kop, bend_lading, bend_routering
from hypothesis import strategies as st
from routing_model import Rule, numbered, payload, read_condition
from simulator import CATALOGUS, OM, POL, RECL, RVDK, VT, Simulator, concept

from corvus_adapters.sdk.openen import open_levering
from corvus_adapters.sdk.plan import Toegekend
from corvus_broker.register import Registerreeks
from corvus_crypto.sealing import Sleutelvermelding
from corvus_crypto.suite import DEFAULT_SUITE, suite_of
from corvus_routing.tabel import tabel_from_payload
from corvus_schemas.wire.bericht import DeclaredKenmerk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_adapters.sdk.samenstellen import Ontwerp
    from corvus_broker.effecten import Effecten
    from corvus_schemas.wire.bericht import Geattesteerd

DOEL = "AFDOENINGSBESLISSING"
NAMEN = {"OM": OM, "VT": VT, "RVDK": RVDK, "RECL": RECL}
BOOLS = ("hg_label", "verdachte_minderjarig", "opsporingsbelang", "geheim_adres")
RUBRIEKEN = (
    "zaak",
    "verdenking",
    "opsporing",
    "betrokkenen[verdachte].identiteit",
    "betrokkenen[verdachte].justitieel",
    "betrokkenen[slachtoffer].basis",
    "betrokkenen[slachtoffer].verblijfadres",
    "betrokkenen[kind].identiteit",
)
CONDITIONS = (
    "true",
    "hg_label",
    "!hg_label",
    "hg_label && !verdachte_minderjarig",
    "verdachte_minderjarig || geheim_adres",
    "!opsporingsbelang",
    "!geheim_adres || ontvanger == 'VT'",
    "ontvanger != 'OM' && hg_label",
)


def _rule(besluit: str, draw: st.DrawFn) -> Rule:
    ja = besluit == "ja"
    hold = st.sampled_from([None, "opsporingsbelang"])
    return {
        "berichttype": "zsm_aanmelding" if ja else "*",
        "rubriek": draw(st.sampled_from(RUBRIEKEN)),
        "van": "POL",
        "naar": draw(st.sampled_from([*NAMEN] if ja else ["*", *NAMEN])),
        "besluit": besluit,
        "voorwaarde": draw(st.sampled_from(CONDITIONS)),
        "hold": draw(hold) if ja else None,
        "grondslag": "G_TEST",
        "doel": DOEL,
        "modaliteit": draw(st.sampled_from(["moet", "kan"])) if ja else None,
        "bewaartermijn": draw(st.sampled_from(["P7D", "P30D", "P5Y"])) if ja else None,
        "status": "concept",
        "geldig_van": "2025-01-01",
        "geldig_tot": None,
        "regio": "*",
        "bron": "",
        "opmerking": "",
    }


@st.composite
def allow_rules(draw: st.DrawFn) -> Rule:
    return _rule("ja", draw)


@st.composite
def deny_rules(draw: st.DrawFn) -> Rule:
    return _rule("nee", draw)


tables = st.tuples(
    st.lists(allow_rules(), min_size=6, max_size=16),
    st.lists(deny_rules(), max_size=3),
).map(lambda pair: numbered(pair[0] + pair[1]))
kenmerken = st.fixed_dictionaries({}, optional=dict.fromkeys(BOOLS, st.booleans()))


@dataclass(frozen=True)
class Send:
    """What one sender does: which cellen it fills, and whom it grants what."""

    filled: int
    grants: Mapping[str, int]


# About half of the cellen, and recipients that are granted nothing at all too.
sends = st.builds(
    Send,
    filled=st.integers(0, 2**64 - 1),
    grants=st.dictionaries(
        st.sampled_from(["OM", "VT", "RVDK", "RECL"]),
        st.one_of(st.integers(0, 2**64 - 1), st.just(2**64 - 1)),
        min_size=1,
    ),
)


class World:
    """One chain that is emptied for every example."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.base = sim.sandbox.register.versies[0]
        self.ontwerp = sim.design(POL, concept("zsm_aanmelding"))
        assert len(self.ontwerp.lading.posities) <= 64

    def under(self, rules: Sequence[Rule]) -> Simulator:
        """The chain with another table in the same register."""
        tabel = tabel_from_payload(payload(list(rules)), CATALOGUS)
        self.sim.restart(Registerreeks([replace(self.base, tabel=tabel, _compiled={})]))
        self.sim.forget()
        return self.sim

    def as_shipped(self) -> Simulator:
        self.sim.restart(self.sim.sandbox.register)
        self.sim.forget()
        return self.sim

    def message(self, send: Send, declared: Mapping[str, bool]) -> Ontwerp:
        """A design with these cellen, grants and kenmerken, under a fresh id."""
        lading = self.ontwerp.lading
        plaintexts = {
            positie.label: lading.plaintexts[positie.label]
            for positie in lading.posities
            if positie.label in lading.plaintexts and send.filled >> positie.index & 1
        }
        bent = bend_lading(
            self.ontwerp,
            plaintexts=plaintexts,
            toegekend=[
                Toegekend(lading.toegekend[0].organisatie, self.key(NAMEN[one]), mask)
                for one, mask in send.grants.items()
            ],
        )
        bent = bend_routering(
            bent,
            zaak=self.sim.random(16),
            stelt_vast=[],
            kenmerken=[
                DeclaredKenmerk(naam, declared[naam]) for naam in sorted(declared)
            ],
        )
        return bend_kop(bent, bericht_id=self.sim.random(16))

    def key(self, naam: str) -> Sleutelvermelding:
        oin = self.sim.org(naam).keystore.oin
        sleutel = self.base.sleutel(oin, self.sim.nu_ms, DEFAULT_SUITE.id)
        assert sleutel is not None
        public = suite_of(sleutel.suite).load_public(sleutel.publiek)
        return Sleutelvermelding(oin, sleutel.id, public)

    def submit(self, ontwerp: Ontwerp) -> Effecten:
        effecten = self.sim.submit(self.sim.seal(POL, ontwerp))
        assert (effecten.uitkomst, effecten.code) == ("GEACCEPTEERD", "")
        return effecten

    def leveringen(self, type_: str) -> list[Geattesteerd]:
        found = self.sim.deliveries(NAMEN[type_])
        return [one for one in found if one.soort == "levering"]

    def received(self, type_: str) -> set[str]:
        """Labels one recipient can read, by its own keys; empty without a levering."""
        labels: set[str] = set()
        for levering in self.leveringen(type_):
            ontvangst = open_levering(levering, self.sim.org(NAMEN[type_]).lezer)
            assert not ontvangst.niet_toegekend
            labels |= ontvangst.regels.keys()
        return labels

    def expected(
        self, rules: Sequence[Rule], send: Send, declared: Mapping[str, bool], naar: str
    ) -> set[str]:
        """What a recipient may get: granted, filled, and allowed by the table."""
        lading = self.ontwerp.lading
        mask = send.grants.get(naar, 0) & send.filled
        return {
            positie.label
            for positie in lading.posities
            if positie.label in lading.plaintexts
            and mask >> positie.index & 1
            and allows(rules, positie.rubriek.naam, naar, declared)
        }


def allows(
    rules: Sequence[Rule], rubriek: str, naar: str, declared: Mapping[str, bool]
) -> bool:
    """The table, read a second time: deny beats allow, unknown only ever denies."""
    facts: dict[str, bool | str | tuple[str, ...]] = {
        **declared,
        "ontvanger": naar,
        "verstrekker": "POL",
    }
    allowed = False
    for rule in rules:
        if rule["rubriek"] != rubriek or rule["naar"] not in {"*", naar}:
            continue
        truth = read_condition(str(rule["voorwaarde"]))(facts)
        if rule["besluit"] == "nee" and truth is not False:
            return False
        allowed |= rule["besluit"] == "ja" and truth is True
    return allowed


def same_but(ontwerp: Ontwerp, **plaintexts: bytes) -> Ontwerp:
    """The same message with other content at some labels."""
    merged = {**ontwerp.lading.plaintexts, **plaintexts}
    return bend_lading(ontwerp, plaintexts=merged)


def renewed(ontwerp: Ontwerp, sim: Simulator) -> Ontwerp:
    """The same message as another one, of another zaak."""
    kop = msgspec.structs.replace(ontwerp.kop, bericht_id=sim.random(16))
    return bend_routering(replace(ontwerp, kop=kop), zaak=sim.random(16))
