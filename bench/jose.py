"""Corvus' pipeline beside a conventional one: JWS and JWE of joserfc.

    python -m bench.jose [--quick]

The conventional sender signs the message and encrypts it to the broker. The broker
decrypts, verifies, asks the same compiled table what each recipient may have, leaves
the rest out, signs and encrypts to each recipient. Ed25519, ECDH-ES+A256KW on X25519 and
A256GCM; every key is an object made once. Its document is the same Avro bytes of each
rubriek in a JSON object: less work to read and write than nested JSON would be.

It does less: no commitments, no evidence, no receipt, no state, no dedupe, no clock
window, no address book. And its broker reads everything.
"""

from __future__ import annotations

import argparse
import tempfile
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from bench.measure import Result, calibration
from bench.sdk import ONTVANGERS as NAMEN
from bench.sdk import deliveries, lezer, open_all
from bench.sides import X25519, Sides
from bench.steps import records, whole
from bench.world import BATCH, BERICHTTYPE, DOEL, World
from joserfc.jwe import JWERegistry, decrypt_compact, encrypt_compact
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry, deserialize_compact, serialize_compact
from rich.console import Console

from corvus_broker.kalender import AMSTERDAM
from corvus_crypto.masker import mask_of
from corvus_routing.projection import project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_adapters.sdk.samenstellen import Ontwerp
    from corvus_broker.register import Registerversie
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_schemas.kenmerken import KenmerkWaarde

JWS = {"alg": "Ed25519"}
JWE = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
SIGNING = JWSRegistry(algorithms=["Ed25519"])
SEALING = JWERegistry(algorithms=["ECDH-ES+A256KW", "A256GCM"])
CORVUS, JOSE = "Corvus", "joserfc"
SENDER, BROKER = "sender: seal, sign", "broker, 1 -> 4"


class Document(msgspec.Struct):
    """What is signed: enough to decide on, and the content."""

    berichttype: str
    van: str
    regio: str
    kenmerken: dict[str, bool | str | list[str]]
    rubrieken: dict[str, str]


@dataclass(frozen=True)
class Oordelaar:
    """The same decisions as Corvus takes, from the same compiled table."""

    table: GecompileerdeTabel
    register: Registerversie
    ontwerp: Ontwerp

    @classmethod
    def of(cls, world: World, ontwerp: Ontwerp) -> Oordelaar:
        register = world.installatie.register.op(world.nu_ms)
        op = world.nu.astimezone(AMSTERDAM).date()
        return cls(
            register.compiled(world.installatie.statussen, op), register, ontwerp
        )

    @cached_property
    def maskers(self) -> dict[str, int]:
        lading = self.ontwerp.lading
        return {one.organisatie.type: one.masker for one in lading.toegekend}

    def names(self, naar: str, document: Document) -> list[str]:
        """The cellen of this document that go to a type of organisation."""
        posities = self.ontwerp.lading.posities
        kenmerken: Mapping[str, KenmerkWaarde] = {
            **self.register.kenmerken,
            **{
                naam: tuple(waarde) if isinstance(waarde, list) else waarde
                for naam, waarde in document.kenmerken.items()
            },
        }
        beslissing = self.table.decide(
            document.berichttype, document.van, naar, document.regio, kenmerken
        ).for_doel(DOEL)
        there = mask_of(p.index for p in posities if p.label in document.rubrieken)
        mask = project(self.maskers[naar], there, beslissing, posities).mask
        return [p.label for p in posities if mask >> p.index & 1]


class Jose:
    """The three parties of the conventional pipeline, with their keys."""

    def __init__(self, world: World, ontwerp: Ontwerp) -> None:
        self.sender, self.broker = _key("Ed25519"), _key("Ed25519")
        self.broker_enc = _key("X25519")
        self.oordelaar = Oordelaar.of(world, ontwerp)
        self.ontvangers = {naar: _key("X25519") for naar in self.oordelaar.maskers}
        concept = world.concept
        self.document = Document(
            berichttype=BERICHTTYPE,
            van=world.keystore.houder.type,
            regio=ontwerp.routering.vt_regio or "*",
            kenmerken={
                naam: list(waarde) if isinstance(waarde, tuple) else waarde
                for naam, waarde in concept.kenmerken.items()
            },
            rubrieken={},
        )
        self.plaintexts = ontwerp.lading.plaintexts
        self._read = msgspec.json.Decoder(Document).decode
        self._write = msgspec.json.Encoder().encode

    def send(self) -> str:
        """What the sender does: encode, sign, encrypt to the broker."""
        named = {k: b64encode(v).decode() for k, v in self.plaintexts.items()}
        document = msgspec.structs.replace(self.document, rubrieken=named)
        return _close(self._write(document), self.sender, self.broker_enc)

    def route(self, message: str) -> dict[str, str]:
        """What the broker does: open, verify, decide, filter, sign, encrypt."""
        document = self._read(_open(message, self.broker_enc, self.sender))
        posts: dict[str, str] = {}
        for naar, key in self.ontvangers.items():
            names = self.oordelaar.names(naar, document)
            some = {naam: document.rubrieken[naam] for naam in names}
            part = msgspec.structs.replace(document, rubrieken=some)
            posts[naar] = _close(self._write(part), self.broker, key)
        return posts

    def receive(self, naar: str, message: str) -> dict[str, bytes]:
        """What a recipient does: open, verify, decode."""
        document = self._read(_open(message, self.ontvangers[naar], self.broker))
        return {k: b64decode(v) for k, v in document.rubrieken.items()}


def _key(curve: str) -> OKPKey:
    return OKPKey.generate_key("X25519" if curve == "X25519" else "Ed25519")


def _close(document: bytes, signer: OKPKey, reader: OKPKey) -> str:
    signed = serialize_compact(JWS, document, signer, registry=SIGNING)
    return encrypt_compact(JWE, signed, reader, registry=SEALING)


def _open(message: str, reader: OKPKey, signer: OKPKey) -> bytes:
    opened = decrypt_compact(message, reader, registry=SEALING)
    return deserialize_compact(
        opened.plaintext or b"", signer, registry=SIGNING
    ).payload


def check_same(jose: Jose, posts: Mapping[str, str]) -> dict[str, int]:
    """Both sides give each recipient the same; it is counted here."""
    counts: dict[str, int] = {}
    for naar, message in posts.items():
        opened = jose.receive(naar, message)
        assert all(jose.plaintexts[naam] == value for naam, value in opened.items())
        counts[naar] = len(opened)
    return counts


def run(world: World, *, quick: bool) -> list[Result]:
    """Sender, broker and recipients of both, in turns."""
    count, turns = (2 * BATCH, 3) if quick else (6 * BATCH, 9)
    return compare(world, count=count, turns=turns)


def compare(world: World, *, count: int, turns: int) -> list[Result]:
    """So many messages through the broker in each round, an eighth of it elsewhere."""
    few = max(count // 8, 1)
    jose = Jose(world, world.design(X25519))
    message = jose.send()
    posts = jose.route(message)
    counts = check_same(jose, posts)
    sealed = world.seal(count, batched=False, suite=X25519)
    sides = Sides()
    _add_sender(sides, world, jose, few)
    sides.add_batch(
        BROKER,
        CORVUS,
        partial(whole, world, world.pipeline(), records(sealed, world.nu_ms)),
        count,
    )
    sides.add(BROKER, JOSE, partial(jose.route, message), few)
    lezers = {type_: lezer(world, naam) for type_, naam in NAMEN.items()}
    for naar, values in deliveries(world, sealed[:few], lezers).items():
        row = f"{naar}: verify, open {counts[naar]} cellen"
        sides.add_batch(row, CORVUS, partial(open_all, lezers[naar], values), few)
        sides.add(row, JOSE, partial(jose.receive, naar, posts[naar]), few)
    sides.run(turns)
    return [_report(sides), _sizes(sealed[0].value, message, posts)]


def _add_sender(sides: Sides, world: World, jose: Jose, count: int) -> None:
    maker, ontwerp = world.samensteller(X25519), world.design(X25519)
    sides.add(SENDER, CORVUS, lambda: maker.seal(ontwerp).encode(), count)
    sides.add(SENDER, JOSE, jose.send, count)


def _report(sides: Sides) -> Result:
    result = Result(
        "Corvus beside a conventional pipeline (joserfc), us of CPU a message",
        ("step", CORVUS, JOSE, "joserfc / Corvus"),
        notes=[
            (
                "broker, joserfc: decrypt, verify, decide by the same compiled table,"
                " filter, then sign and encrypt for each of four recipients; it writes no"
                " evidence, receipts or state and reads everything. Corvus: all of that,"
                " and it can read nothing; senders sign one by one; in turns, medians"
            ),
        ],
    )
    sides.table(result, CORVUS, JOSE)
    result.numbers["vs_jose"] = round(sides.ratio((BROKER, JOSE), (BROKER, CORVUS)), 3)
    return result


def _sizes(inzending: bytes, message: str, posts: Mapping[str, str]) -> Result:
    result = Result("Bytes on the wire, conventional pipeline", ("what", "bytes"))
    result.add("to the broker", len(message))
    for naar, post in posts.items():
        result.add(f"to {naar}", len(post))
    result.notes.append(f"the inzending of Corvus has {len(inzending):,} bytes")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Corvus beside joserfc.")
    parser.add_argument("--quick", action="store_true", help="smaller and rougher")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for result in [calibration(), *run(world, quick=options.quick)]:
            result.show(console)


if __name__ == "__main__":
    main()
