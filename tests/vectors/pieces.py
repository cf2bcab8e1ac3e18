"""Cases about manifests, signatures, parsers, aliases and attestations."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import cast

from vectors.materiaal import (
    BROKER,
    ED,
    ONTVANGERS,
    THUMBPRINT,
    Case,
    add,
    flip,
    levering,
    make_bericht,
    make_kop,
    sign_p256,
    stream,
)

from corvus_crypto import cel
from corvus_crypto.attestatie import Attesteerder
from corvus_crypto.manifest import make_manifest
from corvus_crypto.ondertekening import (
    Boom,
    sign_batch,
    sign_one,
)
from corvus_crypto.suite import SUITES
from corvus_crypto.zaak import AliasSleutel
from corvus_schemas.identifiers import ZaakId
from corvus_schemas.wire.bericht import Inzending


def broken_manifests(suite: int) -> None:
    b = make_bericht(suite)
    name = SUITES[suite].naam
    m = b.manifest()
    moved = make_manifest(
        suite, m.kop, m.routering, m.cellen + m.kolommen[:32], m.kolommen[32:]
    )
    add(
        "manifest_boundary_fail",
        "7-1",
        f"The border between cellen and columns moved by one commitment ({name}).",
        levering(b, manifest=moved.encoded),
        "manifest.indeling",
    )
    joined = m.cellen + m.kolommen
    wider = make_manifest(
        suite, m.kop, m.routering, joined[:32], joined[32:] + bytes(32)
    )
    add(
        "manifest_boundary_fail",
        "7-1",
        f"A border moved and filled up again to ten columns ({name}).",
        levering(b, manifest=wider.encoded),
        "manifest.indeling",
    )
    eight = make_manifest(suite, m.kop, m.routering, joined[: 2 * 32], joined[2 * 32 :])
    add(
        "manifest_boundary_fail",
        "2-2",
        f"A border moved so that the layout is possible (8 columns): unsigned ({name}).",
        levering(b, manifest=eight.encoded),
        "handtekening.ongeldig",
    )
    other = 3 - suite
    renamed = make_manifest(other, m.kop, m.routering, m.cellen, m.kolommen)
    add(
        "manifest_suite_fail",
        "3-1",
        f"Another suite written over that of a signed manifest ({name}).",
        levering(b, manifest=renamed.encoded),
        "handtekening.ongeldig",
    )
    unknown = make_manifest(9, m.kop, m.routering, m.cellen, m.kolommen)
    add(
        "manifest_suite_fail",
        "3-1",
        f"A suite that does not exist ({name}).",
        levering(b, manifest=unknown.encoded),
        "suite.onbekend",
    )


def broken_signatures() -> None:
    b = make_bericht(2)
    digest = b.manifest().digest
    others = [hashlib.sha256(bytes([n])).digest() for n in range(4)]
    batch = sign_batch(
        ED, THUMBPRINT, "inzending", [*others, digest], stream("batch of five")
    )
    good = batch[4]
    boom = cast("Boom", good.boom)
    for file, spec, why, changed in (
        (
            "ondertekening_path_fail",
            "8-4",
            "The path has one hash too many.",
            replace(boom, pad=(*boom.pad, bytes(32))),
        ),
        (
            "ondertekening_path_fail",
            "8-4",
            "The path has one hash too few.",
            replace(boom, pad=boom.pad[:-1]),
        ),
        (
            "ondertekening_index_fail",
            "8-4",
            "The index is the size of the tree.",
            replace(boom, index=boom.grootte),
        ),
        (
            "ondertekening_index_fail",
            "8-4",
            "The tree is empty.",
            replace(boom, index=0, grootte=0, pad=()),
        ),
        (
            "ondertekening_index_fail",
            "8-2",
            "The size of the tree is not the one that was signed.",
            replace(boom, index=8, grootte=9),
        ),
    ):
        add(
            file,
            spec,
            why,
            levering(b, ondertekening=replace(good, boom=changed)),
            "handtekening.ongeldig",
        )
    add(
        "ondertekening_high_s_fail",
        "4-6",
        "An ECDSA signature that holds, but with s above half the group order.",
        levering(b, ondertekening=sign_p256(digest, high=True), p256=True),
        "handtekening.ongeldig",
    )
    add(
        "ondertekening_purpose_fail",
        "8-1",
        "Signed as a receipt, presented as an inzending.",
        levering(b, ondertekening=sign_one(ED, THUMBPRINT, "bewijs", digest)),
        "handtekening.ongeldig",
    )
    add(
        "ondertekening_purpose_fail",
        "8-1",
        "A batch signed as receipts, presented as an inzending.",
        levering(
            b,
            ondertekening=sign_batch(
                ED, THUMBPRINT, "bewijs", [digest, others[0]], stream("bewijs")
            )[0],
        ),
        "handtekening.ongeldig",
    )


def parsers() -> None:
    """Give every parser its good bytes, and the same with a byte behind them."""
    b = make_bericht(2)
    m = b.manifest()
    one = sign_one(ED, THUMBPRINT, "inzending", m.digest)
    batch = sign_batch(ED, THUMBPRINT, "inzending", [m.digest] * 3, stream("p"))[1]
    attested = Attesteerder(BROKER, b"\x0b" * 16, b"\x0c" * 32).attest(
        [("levering", b"a"), ("bewijs", b"b")], 7
    )
    kolommen = sorted(b.kolommen.values(), key=lambda kolom: kolom.index)
    packed = b"".join(kolom.encode() for kolom in kolommen)
    inzending = Inzending(
        manifest=m.encoded,
        ondertekening=one.encode(),
        routering=b"",
        routering_zout=bytes(16),
        kolommen=packed,
        cellen=b"",
    ).encode()
    for parser, spec, data, code in (
        ("manifest", "7-1", m.encoded, "manifest.indeling"),
        ("ondertekening", "8-5", one.encode(), "handtekening.indeling"),
        ("ondertekening", "8-5", batch.encode(), "handtekening.indeling"),
        ("attestatie", "9-3", attested[0].encode(), "attestatie.indeling"),
        ("kolommen", "6-2", packed, "kolom.indeling"),
        ("cellen", "5-6", b.wires[0] + b.wires[2], "cel.indeling"),
        ("masker", "2-3", b"\x2f", "masker.indeling"),
        ("opvulling", "5-3", cel.pad(b"abc"), "cel.opvulling"),
        ("kop", "2-4", make_kop(), "schema.niet_canoniek"),
        ("inzending", "2-4", inzending, "schema.niet_canoniek"),
    ):
        case: Case = {"soort": "parse", "parser": parser}
        add(
            "parse_whole",
            spec,
            f"The bytes of {parser} as they should be.",
            {**case, "data": data.hex(), "expect": "success"},
        )
        add(
            "parse_trailing_fail",
            "1-1",
            f"One byte stands behind {parser}.",
            {**case, "data": data.hex() + "00"},
            code,
        )
    add(
        "parse_record_fail",
        "2-5",
        "A kop where an inzending is expected.",
        {"soort": "parse", "parser": "inzending", "data": make_kop().hex()},
        "schema.onbekend",
    )
    kop = make_kop()
    overlong = kop[:26] + b"\x82\x00" + kop[27:]
    add(
        "parse_record_fail",
        "2-4",
        "The poging as an overlong varint.",
        {"soort": "parse", "parser": "kop", "data": overlong.hex()},
        "schema.niet_canoniek",
    )
    for poging in (0, 2**40):
        add(
            "parse_record_fail",
            "2-7",
            f"The poging is {poging}: Avro's int has 32 bits, a poging is 1 or more.",
            {"soort": "parse", "parser": "kop", "data": make_kop(poging=poging).hex()},
            "schema.niet_canoniek",
        )


def aliases() -> None:
    key, zaak = bytes(range(64)), ZaakId(b"\x11" * 16)
    first, second = ONTVANGERS
    alias = AliasSleutel(key).alias(zaak, first, 12)
    case: Case = {"soort": "alias", "sleutel": key.hex(), "zaak": zaak.hex()}
    add(
        "alias_own",
        "10-3",
        "An organisation's own alias gives the zaak; 12 partitions.",
        {**case, "alias": alias.hex(), "oin": first, "expect": "success"},
    )
    add(
        "alias_foreign_fail",
        "10-4",
        "The alias of another organisation.",
        {**case, "alias": alias.hex(), "oin": second},
        "zaak.onbekend",
    )
    add(
        "alias_foreign_fail",
        "10-4",
        "An alias with another partition in front.",
        {**case, "alias": flip(alias, 1).hex(), "oin": first},
        "zaak.onbekend",
    )


def attestations() -> None:
    outputs = [("levering", b"one"), ("bewijs", b"two"), ("bewijs", b"three")]
    made = Attesteerder(BROKER, b"\x0b" * 16, b"\x0c" * 32).attest(outputs, 1_900)
    public = BROKER.public_key().public_bytes_raw().hex()
    for (soort, inhoud), attestatie in zip(outputs, made, strict=True):
        case: Case = {
            "soort": "attestatie",
            "publiek": public,
            "attestatie": attestatie.encode().hex(),
            "inhoud": inhoud.hex(),
        }
        add(
            "attestatie_batch",
            "9-1",
            f"Leaf {attestatie.index} of a batch of three, a {soort}.",
            {**case, "als": soort, "expect": "success"},
        )
        add(
            "attestatie_soort_fail",
            "9-1",
            f"Leaf {attestatie.index}, attested as {soort}, presented as terugmelding.",
            {**case, "als": "terugmelding"},
            "attestatie.ongeldig",
        )
