"""Cases about whole messages: honest ones, cellen and columns attacked."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from vectors.materiaal import (
    COLUMNS,
    ED,
    FINGERPRINT,
    LABELS,
    ONTVANGERS,
    PLAINTEXTS,
    THUMBPRINT,
    VERSTREKKER,
    add,
    context,
    flip,
    levering,
    make_bericht,
    stream,
    success,
)

from corvus_crypto import cel
from corvus_crypto.lp import lp, u8, u32
from corvus_crypto.ondertekening import (
    sign_batch,
)
from corvus_crypto.suite import SUITES


def signed_messages(suite: int) -> None:
    b = make_bericht(suite)
    name = SUITES[suite].naam
    second = ONTVANGERS[1]
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
    # ``seal_cel`` pads rightly, so a sender that does not is played with the cipher.
    kop_digest = context(suite).kop_digest
    aad = lp(
        "cel",
        u8(suite),
        kop_digest,
        u32(2),
        LABELS[2].encode(),
        FINGERPRINT,
    )
    for why, padded in (
        ("a byte of the padding is not zero", cel.pad(PLAINTEXTS[2])[:-1] + b"\x01"),
        ("the padding goes to a larger bucket", cel.pad(PLAINTEXTS[2]) + bytes(128)),
        ("the length is past the end", b"\x00\x00\x01\x00" + bytes(124)),
    ):
        b = make_bericht(suite, salt=why)
        key = cel.derive_key(suite, b.geheimen[2], "cel")
        b.wires[2] = b.wire(2, AESGCM(key).encrypt(bytes(12), padded, aad))
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
