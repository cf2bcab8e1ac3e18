"""The bench's world: a sandbox, a small table, and sealed reference messages.

The reference message is a politiemelding with four betrokkenen, about 2 KiB in 25
cellen, for four organisations that are allowed 25, 18, 12 and 6. The concept table
sends a politiemelding to VT only, so the bench signs a table of its own: the concept
table, with its allow rules for politiemelding replaced by those below. The denials of
the concept table stand, so that 25, 16, 10 and 6 cellen go out in the end.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, cast

import msgspec

from corvus_adapters.app import build_attesteerder, build_pipeline
from corvus_adapters.installatie.aanmaken import (
    FUNCTIONARISSEN,
    make_sandbox,
)
from corvus_adapters.installatie.functionarissen import read_functionaris
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.sdk.concept import Concept
from corvus_adapters.sdk.postbus import Zaak
from corvus_adapters.sdk.samenstellen import Ontwerp, Opdracht, Samensteller
from corvus_adapters.settings import CONFIG_FILE
from corvus_broker.ports import Append
from corvus_broker.register import REGISTER_TYPE, TABEL_TYPE, sign_register, sign_tabel
from corvus_broker.register.formaat import parse_register
from corvus_broker.topics import INZENDING
from corvus_crypto.dsse import peek_payload
from corvus_crypto.suite import DEFAULT_SUITE
from corvus_crypto.zaak import partition_of
from corvus_routing.tabel import tabel_from_payload
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.identifiers import ZAAK_ID_BYTES, ZaakId
from corvus_schemas.voorbeeld import voorbeeld_inhoud
from corvus_schemas.wire.bericht import Routering

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie.deelnemers import Omvang
    from corvus_adapters.keystore import BrokerKeystore
    from corvus_broker.pipeline import Pipeline
    from corvus_crypto.attestatie import Attesteerder
    from corvus_routing.json_value import JsonValue
    from corvus_routing.regel import Verstrekkingentabel
    from corvus_schemas.wire.bericht import Inzending

BERICHTTYPE = "politiemelding"
DOEL = "VEILIGHEIDSBEOORDELING"
AFZENDER = "pol-noord-nl"
BATCH = 64
"""Messages under one sender signature, and records in one transaction."""

# In order of disclosure: each recipient gets the first so many.
RUBRIEKEN = (
    "melding",
    "incident",
    "sash",
    "contactpersonen",
    "betrokkenen[verdachte].basis",
    "betrokkenen[slachtoffer].basis",
    "betrokkenen[kind].basis",
    "betrokkenen[melder].basis",
    "betrokkenen[verdachte].identiteit",
    "betrokkenen[slachtoffer].identiteit",
    "betrokkenen[kind].identiteit",
    "betrokkenen[melder].identiteit",
    "betrokkenen[verdachte].adres",
    "betrokkenen[slachtoffer].adres",
    "betrokkenen[kind].adres",
    "betrokkenen[verdachte].contact",
    "betrokkenen[slachtoffer].contact",
    "betrokkenen[verdachte].politie_historie",
    "betrokkenen[verdachte].bsn",
    "betrokkenen[slachtoffer].bsn",
    "betrokkenen[kind].bsn",
    "betrokkenen[slachtoffer].letsel",
    "betrokkenen[slachtoffer].verklaring",
    "betrokkenen[kind].school",
    "betrokkenen[kind].gezondheid",
)
ONTVANGERS = {"VT": 25, "OM": 18, "RVDK": 12, "RECL": 6}
VOORWAARDEN = {"VT": "true", "OM": "vermoeden_strafbaar_feit", "RVDK": "true"}
_KENMERKEN: dict[str, bool | str | tuple[str, ...]] = {
    "geheim_adres": False,
    "opsporingsbelang": False,
    "vermoeden_strafbaar_feit": True,
    "verdachte_minderjarig": False,
}


def bench_table(
    payload: JsonValue, own: list[dict[str, JsonValue]]
) -> Verstrekkingentabel:
    """The concept table with other rules for the reference message."""
    document = cast("dict[str, JsonValue]", payload)
    rules = cast("list[dict[str, JsonValue]]", document["regels"])
    kept = [rule for rule in rules if rule["berichttype"] != BERICHTTYPE]
    whole = {**document, "regels": [*kept, *own]}
    return tabel_from_payload(cast("JsonValue", whole), load_catalogus())


def bench_rules() -> list[dict[str, JsonValue]]:
    """The rules for the reference message."""
    places = [
        (naar, rubriek)
        for naar, count in ONTVANGERS.items()
        for rubriek in RUBRIEKEN[:count]
    ]
    return [
        make_rule(f"B{number:04}", BERICHTTYPE, rubriek, ("POL", naar))
        for number, (naar, rubriek) in enumerate(places)
    ]


def make_rule(
    regel: str,
    berichttype: str,
    rubriek: str,
    partijen: tuple[str, str],
    regio: str = "*",
) -> dict[str, JsonValue]:
    """An allow rule as the table file has it."""
    van, naar = partijen
    return {
        "regel": regel,
        "berichttype": berichttype,
        "rubriek": rubriek,
        "van": van,
        "naar": naar,
        "besluit": "ja",
        "voorwaarde": VOORWAARDEN.get(naar, "!opsporingsbelang"),
        "hold": None,
        "grondslag": "G_WPG18_VT",
        "doel": DOEL,
        "modaliteit": "kan",
        "bewaartermijn": "P30D",
        "status": "concept",
        "geldig_van": "2025-01-01",
        "geldig_tot": None,
        "regio": regio,
        "bron": "bench",
        "opmerking": "",
    }


@dataclass(frozen=True)
class Sealed:
    """One sealed message: where it goes and its bytes."""

    partition: int
    key: bytes
    value: bytes

    @property
    def append(self) -> Append:
        return Append(INZENDING, self.partition, self.key, self.value)


class World:
    """A sandbox in a folder, whose register names the bench's table."""

    def __init__(
        self,
        folder: Path,
        *,
        rules: list[dict[str, JsonValue]] | None = None,
        organisaties: Omvang = "minimaal",
    ) -> None:
        self.path = folder / "sandbox"
        self.nu = datetime.now(UTC)
        make_sandbox(self.path, nu=self.nu, organisaties=organisaties)
        _put_table(self.path, bench_rules() if rules is None else rules)
        with (self.path / CONFIG_FILE).open("a", encoding="utf-8") as config:
            config.write(f"\n[router]\nbatch = {BATCH}\n")
        self.installatie = Installatie.open(self.path)
        self.catalogus = load_catalogus()
        self.keystore = self.installatie.keystore(AFZENDER)

    @cached_property
    def broker(self) -> BrokerKeystore:
        return self.installatie.broker_keystore()

    @cached_property
    def partities(self) -> int:
        return self.installatie.register.op(self.nu_ms).partities

    @property
    def nu_ms(self) -> int:
        return int(self.nu.timestamp() * 1000)

    def pipeline(self) -> Pipeline:
        return build_pipeline(self.installatie, self.broker, self.nu)

    def attesteerder(self) -> Attesteerder:
        return build_attesteerder(self.broker)

    def samensteller(self, suite: int = DEFAULT_SUITE.id) -> Samensteller:
        return Samensteller(
            self.keystore,
            self.installatie.register,
            self.catalogus,
            self.installatie.statussen,
            secrets.token_bytes,
            suite,
        )

    @cached_property
    def concept(self) -> Concept:
        berichttype = self.catalogus.berichttype(BERICHTTYPE)
        return Concept(
            berichttype=BERICHTTYPE,
            inhoud=voorbeeld_inhoud(
                berichttype, self.catalogus, seed=1, rubrieken=RUBRIEKEN
            ),
            doel=DOEL,
            gemeente="Groningen",
            kenmerken=_KENMERKEN,
        )

    def opdracht(self) -> Opdracht:
        zaak = Zaak("", secrets.token_bytes(ZAAK_ID_BYTES), None)
        return Opdracht(
            self.concept, uuid.uuid4().bytes, 1, zaak, (), lambda _: frozenset()
        )

    def design(self, suite: int = DEFAULT_SUITE.id) -> Ontwerp:
        return self.samensteller(suite).design(self.opdracht(), self.nu)

    def seal(
        self, count: int, *, batched: bool, suite: int = DEFAULT_SUITE.id
    ) -> list[Sealed]:
        """Seal distinct messages, each of its own zaak; signed one by one or not."""
        return self.seal_as(self.design(suite), count, batched=batched, suite=suite)

    def seal_as(
        self,
        template: Ontwerp,
        count: int,
        *,
        batched: bool,
        suite: int = DEFAULT_SUITE.id,
    ) -> list[Sealed]:
        """Seal messages like this one, each with its own id and zaak."""
        maker = self.samensteller(suite)
        size = BATCH if batched else 1
        return [
            self._place(one.inzending)
            for start in range(0, count, size)
            for one in maker.seal_all(
                [_fresh(template) for _ in range(min(size, count - start))]
            )
        ]

    def _place(self, inzending: Inzending) -> Sealed:
        zaak = ZaakId(Routering.decode(inzending.routering).zaak)
        partition = partition_of(zaak, self.partities)
        return Sealed(partition, zaak, inzending.encode())


def _fresh(template: Ontwerp) -> Ontwerp:
    """The same content under a new bericht_id, in a new zaak."""
    kop = msgspec.structs.replace(template.kop, bericht_id=uuid.uuid4().bytes)
    zaak = secrets.token_bytes(ZAAK_ID_BYTES)
    routering = msgspec.structs.replace(template.routering, zaak=zaak)
    return replace(template, kop=kop, routering=routering)


def _put_table(path: Path, rules: list[dict[str, JsonValue]]) -> None:
    """Sign the bench's table and the register that names it, as both officers."""
    folder = path / "functionarissen"
    signers = [(name, read_functionaris(folder, name)) for name in FUNCTIONARISSEN]
    (shipped,) = (path / "tabellen").glob("*.json")
    table = bench_table(peek_payload(shipped.read_bytes(), TABEL_TYPE), rules)
    envelope, digest = sign_tabel(table, signers)
    (path / "tabellen" / f"{digest}.json").write_bytes(envelope)
    register = path / "register" / "0001.json"
    stuk = parse_register(peek_payload(register.read_bytes(), REGISTER_TYPE))
    stuk["tabel"] = digest
    register.write_bytes(sign_register(stuk, signers))
