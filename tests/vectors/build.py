"""Make the vectors of this folder from fixed keys and ``invoer.json``.

    python tests/vectors/build.py               every vector, the same bytes every time
    python tests/vectors/build.py --new-kasten  make invoer.json anew (keys, encapsulations)

HPKE encapsulations and key pairs are random, so they are inputs, made once and
committed. Everything else is computed here: run it, and ``git diff --exit-code``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from corvus_crypto import cel
from corvus_crypto.attestatie import Attesteerder
from corvus_crypto.kolom import KastContext, Kolom
from corvus_crypto.manifest import Manifest, commit_routering, make_manifest
from corvus_crypto.masker import encode_mask, mask_of
from corvus_crypto.ondertekening import (
    Boom,
    Ondertekening,
    _single_input,
    sign_batch,
    sign_one,
)
from corvus_crypto.suite import SUITES
from corvus_crypto.zaak import AliasSleutel
from corvus_schemas.identifiers import Oin, ZaakId
from corvus_schemas.wire.bericht import Inzending, Kop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FOLDER = Path(__file__).resolve().parent
INVOER = FOLDER / "invoer.json"
VERSTREKKER = Oin("00000000000000000001")
ONTVANGERS = [Oin(f"0000000000000000000{n}") for n in (2, 3)]
COLUMNS = 4
PLACES = {ONTVANGERS[0]: 2, ONTVANGERS[1]: 0}
REGISTER, OTHER_REGISTER = b"\xaa" * 32, b"\xbb" * 32
THUMBPRINT = hashlib.sha256(b"the certificate of the vectors").digest()
ED = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
BROKER = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
P256 = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
FINGERPRINT = b"\x0f" * 8
LABELS = [
    "melding",
    "verwijzing",
    "betrokkenen[slachtoffer#0].identiteit",
    "betrokkenen[slachtoffer#0].adres",
    "betrokkenen[verdachte#0].identiteit",
    "betrokkenen[verdachte#1].identiteit",
]
PLAINTEXTS = {0: b"melding " * 20, 2: b"slachtoffer", 3: b"adres" * 60, 4: b"verdachte"}
GRANTED = {ONTVANGERS[0]: {0, 2, 3}, ONTVANGERS[1]: {0, 4}}

Case = dict[str, object]


def stream(seed: str) -> Callable[[int], bytes]:
    """Give a deterministic source of bytes: SHAKE-256 of the seed and a counter."""
    count = 0

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{seed}/{count}".encode()).digest(size)

    return random


def make_kop(*, poging: int = 1) -> bytes:
    return Kop(
        bericht_id=b"\x10" * 16,
        poging=poging,
        berichttype="politiemelding",
        schema=b"\x0e" * 8,
        buckets=bytes([1, 2]),
        verstrekker=VERSTREKKER,
        functie="MELDKAMER",
        doel="VEILIGHEIDSBEOORDELING",
        verwerkingsbasis="WETTELIJKE_TAAK",
        spoed="NORMAAL",
        ondertekend_op=1_900_000_000_000,
        geldig_tot=1_900_000_600_000,
        register=REGISTER,
    ).encode()


def context(suite: int, register: bytes = REGISTER) -> KastContext:
    kop_digest = make_manifest(suite, make_kop(), b"", b"", b"").kop_digest
    return KastContext(suite, b"\x10" * 16, 1, kop_digest, VERSTREKKER, register)


def new_kasten() -> None:
    """Make keys and encapsulations anew; the only random part."""
    invoer: dict[str, dict[str, dict[str, str]]] = {}
    for suite in SUITES.values():
        invoer[str(suite.id)] = {}
        for oin in ONTVANGERS:
            private, public = suite.generate_key()
            kastsleutel = hashlib.sha256(f"kast {suite.id} {oin}".encode()).digest()
            loaded, sleutel_id = suite.load_public(public), suite.sleutel_id(public)
            infos = [
                context(suite.id, register).info(oin, sleutel_id)
                for register in (REGISTER, OTHER_REGISTER)
            ]
            good, other = (suite.encapsulate(kastsleutel, loaded, i) for i in infos)
            invoer[str(suite.id)][oin] = {
                "private": private.hex(),
                "sleutel_id": sleutel_id.hex(),
                "kastsleutel": kastsleutel.hex(),
                "inkapseling": good.hex(),
                "inkapseling_ander_register": other.hex(),
            }
    INVOER.write_text(json.dumps(invoer, indent=1, sort_keys=True) + "\n")


@dataclass
class Bericht:
    """A message of a suite, still open to what a bad sender would do to it."""

    suite: int
    kolommen: dict[Oin, Kolom]
    kastsleutels: dict[Oin, bytes]
    privates: dict[Oin, bytes]
    geheimen: dict[int, bytes]
    wires: dict[int, bytes]
    salt: str

    def manifest(self) -> Manifest:
        random = stream(f"manifest {self.suite} {self.salt}")
        cellen = [random(32) for _ in LABELS]
        for at, wire in self.wires.items():
            cellen[at] = cel.commit_cel(self.suite, at, LABELS[at], wire)
        columns = [random(32) for _ in range(COLUMNS)]
        for kolom in self.kolommen.values():
            columns[kolom.index] = kolom.commitment(self.suite)
        routering = commit_routering(self.suite, random(16), b"routering")
        return make_manifest(
            self.suite, make_kop(), routering, b"".join(cellen), b"".join(columns)
        )

    def seal(self, at: int, *, celgeheim: bytes | None = None) -> bytes:
        """Give the ciphertext of a position, under its own celgeheim or another."""
        place = cel.Plaats(at, LABELS[at], FINGERPRINT)
        bound = cel.CelContext(self.suite, context(self.suite).kop_digest)
        key = self.geheimen[at] if celgeheim is None else celgeheim
        return cel.seal_cel(bound, place, key, PLAINTEXTS[at])

    def wire(self, at: int, ciphertext: bytes) -> bytes:
        random = stream(f"row {self.suite} {at}")
        row = [random(cel.SLOT_BYTES) for _ in range(COLUMNS)]
        for oin, kolom in self.kolommen.items():
            if at in GRANTED[oin]:
                row[kolom.index] = cel.wrap_geheim(
                    self.kastsleutels[oin], self.geheimen[at]
                )
        hashed = cel.geheimhash(self.suite, self.geheimen[at])
        return cel.wire_cel(hashed, ciphertext, b"".join(row))


def make_bericht(suite: int, *, register: str = "", salt: str = "") -> Bericht:
    stored = cast(
        "Mapping[str, Mapping[str, str]]", json.loads(INVOER.read_text())[str(suite)]
    )
    random = stream(f"bericht {suite}")

    def kolom(oin: Oin) -> Kolom:
        kast = stored[oin]
        return Kolom(
            PLACES[oin],
            random(16),
            oin,
            bytes.fromhex(kast["sleutel_id"]),
            bytes.fromhex(kast["inkapseling" + register]),
        )

    bericht = Bericht(
        suite,
        {oin: kolom(oin) for oin in ONTVANGERS},
        {oin: bytes.fromhex(stored[oin]["kastsleutel"]) for oin in ONTVANGERS},
        {oin: bytes.fromhex(stored[oin]["private"]) for oin in ONTVANGERS},
        {at: random(32) for at in PLAINTEXTS},
        {},
        salt,
    )
    for at in PLAINTEXTS:
        bericht.wires[at] = bericht.wire(at, bericht.seal(at))
    return bericht


def sign_p256(digest: bytes, *, high: bool = False) -> Ondertekening:
    signed = _single_input("inzending", THUMBPRINT, digest)
    scheme = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(P256.sign(signed, scheme))
    low, up = min(s, N256 - s), max(s, N256 - s)
    signature = r.to_bytes(32, "big") + (up if high else low).to_bytes(32, "big")
    return Ondertekening(THUMBPRINT, signature)


def levering(  # noqa: PLR0913 - one argument for each part that a case may replace
    bericht: Bericht,
    oin: Oin = ONTVANGERS[0],
    *,
    manifest: bytes | None = None,
    ondertekening: Ondertekening | None = None,
    kolom: bytes | None = None,
    private: bytes | None = None,
    delivered: Sequence[int] | None = None,
    wires: Mapping[int, bytes] | None = None,
    p256: bool = False,
) -> Case:
    """Lay a levering out; what it leaves out of ``delivered`` was withheld."""
    made = bericht.manifest()
    if ondertekening is None:
        if p256:
            ondertekening = sign_p256(made.digest)
        else:
            ondertekening = sign_one(ED, THUMBPRINT, "inzending", made.digest)
    present = sorted(GRANTED[oin]) if delivered is None else sorted(delivered)
    sources = bericht.wires if wires is None else wires
    point = (
        P256.public_key().public_numbers()
        if p256
        else ED.public_key().public_bytes_raw()
    )
    return {
        "soort": "levering",
        "manifest": (made.encoded if manifest is None else manifest).hex(),
        "ondertekening": ondertekening.encode().hex(),
        "sleutelsoort": "p256" if p256 else "ed25519",
        "publiek": point.hex()
        if isinstance(point, bytes)
        else f"04{point.x:064x}{point.y:064x}",
        "kolom": (bericht.kolommen[oin].encode() if kolom is None else kolom).hex(),
        "private": (bericht.privates[oin] if private is None else private).hex(),
        "posities": encode_mask(mask_of(present), len(LABELS)).hex(),
        "cellen": b"".join(sources[at] for at in present).hex(),
        "plaatsen": [[label, FINGERPRINT.hex()] for label in LABELS],
    }


def success(case: Case, opened: Sequence[int], missed: Sequence[int] = ()) -> Case:
    return {
        **case,
        "expect": "success",
        "plaintexts": {LABELS[at]: PLAINTEXTS[at].hex() for at in opened},
        "niet_toegekend": [LABELS[at] for at in missed],
    }


FILES: dict[str, list[Case]] = {}


def add(name: str, spec: str, why: str, case: Case, expect: str = "") -> None:
    """Put a case in a file; ``expect`` is an error code unless the case has its own."""
    full = {"why": why, "spec": spec, **case}
    if expect:
        full["expect"] = expect
    FILES.setdefault(name, []).append(full)


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def signed_messages(suite: int) -> None:
    b = make_bericht(suite)
    name = SUITES[suite].naam
    first, second = ONTVANGERS
    add(
        "levering_single",
        "5-8",
        f"An honest levering of {name} under Ed25519 opens to what was granted.",
        success(levering(b), [0, 2, 3]),
    )
    add(
        "levering_single",
        "6-5",
        f"The other recipient of that message ({name}) opens its own cellen.",
        success(levering(b, second), [0, 4]),
    )
    add(
        "levering_single",
        "11-1",
        f"Withheld cellen leave bare commitments and the signature holds ({name}).",
        success(levering(b, delivered=[2]), [2]),
    )
    add(
        "levering_single",
        "4-6",
        f"The same message under ECDSA P-256 ({name}).",
        success(levering(b, p256=True), [0, 2, 3]),
    )
    others = [hashlib.sha256(bytes([n])).digest() for n in range(4)]
    digests = [*others[:2], b.manifest().digest, *others[2:]]
    batch = sign_batch(ED, THUMBPRINT, "inzending", digests, stream("batch"))
    add(
        "levering_batch",
        "8-2",
        f"A message of a batch of five, verified by its own path ({name}).",
        success(levering(b, ondertekening=batch[2]), [0, 2, 3]),
    )


def broken_cellen(suite: int) -> None:
    b = make_bericht(suite)
    name = SUITES[suite].naam
    add(
        "cel_moved_fail",
        "5-7",
        f"Two cellen changed places on the way ({name}).",
        levering(b, wires={0: b.wires[2], 2: b.wires[0], 3: b.wires[3]}),
        "cel.belofte",
    )
    row = COLUMNS * cel.SLOT_BYTES
    swapped = {
        0: b.wires[0][:-row] + b.wires[2][-row:],
        2: b.wires[2][:-row] + b.wires[0][-row:],
        3: b.wires[3],
    }
    add(
        "cel_row_swapped_fail",
        "5-7",
        f"The key rows of two cellen changed places ({name}).",
        levering(b, wires=swapped),
        "cel.belofte",
    )
    for where, file in ((40, "cel_ciphertext_fail"), (0, "cel_geheimhash_fail")):
        changed = {**b.wires, 2: flip(b.wires[2], where)}
        add(
            file,
            "5-7",
            f"One bit of a cel changed on the way, at byte {where} ({name}).",
            levering(b, wires=changed),
            "cel.belofte",
        )
    case = levering(b)
    add(
        "cel_trailing_fail",
        "5-6",
        f"One byte stands behind the last cel ({name}).",
        {**case, "cellen": str(case["cellen"]) + "00"},
        "cel.indeling",
    )
    add(
        "cel_mask_fail",
        "2-3",
        f"The mask names a position past the last one ({name}).",
        {**case, "posities": "4d"},
        "masker.indeling",
    )
    add(
        "cel_filler",
        "5-8",
        f"A cel granted to the other one only holds filler here: not granted ({name}).",
        success(levering(b, delivered=[0, 2, 4]), [0, 2], [4]),
    )


def bad_senders(suite: int) -> None:
    name = SUITES[suite].naam
    b = make_bericht(suite, salt="fraud")
    b.wires[2] = b.wire(2, b.seal(2, celgeheim=b"\x55" * 32))
    add(
        "cel_fraud_fail",
        "5-9",
        f"The sender sealed other content than the key it committed to opens ({name}).",
        levering(b),
        "cel.bedrog",
    )
    b = make_bericht(suite, salt="hash")
    hashed = cel.geheimhash(suite, b"\x56" * 32)
    b.wires[2] = hashed + b.wires[2][32:]
    add(
        "cel_filler",
        "5-8",
        f"A slot that unwraps to another key than was committed to ({name}).",
        success(levering(b), [0, 3], [2]),
    )
    kop_digest = context(suite).kop_digest
    place = cel.Plaats(2, LABELS[2], FINGERPRINT)
    for why, padded in (
        ("a byte of the padding is not zero", cel.pad(PLAINTEXTS[2])[:-1] + b"\x01"),
        ("the padding goes to a larger bucket", cel.pad(PLAINTEXTS[2]) + bytes(128)),
    ):
        b = make_bericht(suite, salt=why)
        original, cel.pad = cel.pad, lambda _, padded=padded: padded
        bound = cel.CelContext(suite, kop_digest)
        sealed = cel.seal_cel(bound, place, b.geheimen[2], b"")
        cel.pad = original
        b.wires[2] = b.wire(2, sealed)
        add(
            "cel_padding_fail",
            "5-3",
            f"The sender padded wrongly: {why} ({name}).",
            levering(b),
            "cel.opvulling",
        )


def broken_columns(suite: int) -> None:
    b = make_bericht(suite)
    name = SUITES[suite].naam
    first, second = ONTVANGERS
    add(
        "kolom_foreign_fail",
        "6-5",
        f"The column of the other recipient does not open with one's own key ({name}).",
        levering(b, kolom=b.kolommen[second].encode()),
        "kolom.opent_niet",
    )
    mine = b.kolommen[first]
    for why, changed in (
        ("another encapsulation", replace(mine, inkapseling=flip(mine.inkapseling, 3))),
        ("another index", replace(mine, index=1)),
        ("another key id", replace(mine, sleutel_id=flip(mine.sleutel_id, 0))),
        ("another OIN", replace(mine, oin=VERSTREKKER)),
        ("another salt", replace(mine, zout=flip(mine.zout, 0))),
    ):
        add(
            "kolom_changed_fail",
            "6-6",
            f"The column was changed on the way: {why} ({name}).",
            levering(b, kolom=changed.encode()),
            "kolom.belofte",
        )
    add(
        "kolom_changed_fail",
        "6-2",
        f"The column has an index past the last one ({name}).",
        levering(b, kolom=replace(mine, index=COLUMNS).encode()),
        "kolom.indeling",
    )
    add(
        "kolom_key_fail",
        "3-5",
        f"Opened with a key that it was not sealed to ({name}).",
        levering(b, private=b.privates[second]),
        "kolom.opent_niet",
    )
    add(
        "kolom_info_fail",
        "6-5",
        f"Sealed under another register than the kop names ({name}).",
        levering(make_bericht(suite, register="_ander_register", salt="info")),
        "kolom.opent_niet",
    )


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


def main() -> None:
    if "--new-kasten" in sys.argv[1:]:
        new_kasten()
    for suite in SUITES:
        signed_messages(suite)
        broken_cellen(suite)
        bad_senders(suite)
        broken_columns(suite)
        broken_manifests(suite)
    broken_signatures()
    parsers()
    aliases()
    attestations()
    for old in FOLDER.glob("*_*.json"):
        old.unlink()
    for name, cases in FILES.items():
        text = json.dumps({"cases": cases}, indent=1, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n")
    print(sum(map(len, FILES.values())), "cases in", len(FILES), "files")


if __name__ == "__main__":
    main()
