"""Signed notes, checkpoints and proofs of inclusion, and everything they must refuse."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from corvus_crypto.boom import Rand, Tegelboom, inclusion_path
from corvus_crypto.controlepunt import (
    Controlepunt,
    Getuigenbeleid,
    Logsleutels,
    log_keys,
    open_controlepunt,
    parse_punt,
    sign_controlepunt,
)
from corvus_crypto.hybride import HybrideSigningKey
from corvus_crypto.insluiting import Insluiting, parse_insluiting
from corvus_crypto.merkle import leaf_hash
from corvus_crypto.notitie import (
    Notitie,
    Soort,
    Toetssleutel,
    cosign,
    parse_notitie,
    parse_sleutel,
    sign_ed25519,
)
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Callable

FILE: Final = Path(__file__).parents[2] / "vectors" / "published" / "tlog.json"
GO: Final = json.loads(FILE.read_text("utf-8"))
NAAM: Final = "log.example/corvus"
# From the documentation of golang.org/x/mod/sumdb/note.
NEUMANN: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_NOTE: Final = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\N{EM DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2p"
    "ZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


@pytest.fixture(scope="module")
def key() -> HybrideSigningKey:
    return HybrideSigningKey.generate()


@pytest.fixture(scope="module")
def log(key: HybrideSigningKey) -> Logsleutels:
    return log_keys(NAAM, key)


@pytest.fixture(scope="module")
def witness() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def public(naam: str, key: ed25519.Ed25519PrivateKey) -> Toetssleutel:
    return Toetssleutel(naam, Soort.MEDE, key.public_key().public_bytes_raw())


def test_a_note_of_the_go_documentation_verifies() -> None:
    # SPEC 19-5
    sleutel = parse_sleutel(NEUMANN)
    assert sleutel.encode() == NEUMANN
    note = parse_notitie(NEUMANN_NOTE)
    assert note.encode() == NEUMANN_NOTE
    assert note.check_signed(sleutel) is None
    changed = parse_notitie(NEUMANN_NOTE.replace("answer", "Answer"))
    with pytest.raises(EnvelopeError, match=r"notitie\.handtekening"):
        changed.check_signed(sleutel)


def test_a_checkpoint_and_a_cosignature_made_by_go_verify() -> None:
    # SPEC 19-5, SPEC 19-7
    note = parse_notitie(GO["Cosigned"])
    assert parse_punt(note.tekst).grootte == 70_000
    note.check_signed(parse_sleutel(GO["NoteKey"]))
    cosigner = parse_sleutel(GO["CosignerKey"])
    assert cosigner.soort is Soort.MEDE
    assert note.check_signed(cosigner) == GO["CosignedTime"]


def test_signing_as_go_does_gives_the_same_note() -> None:
    # SPEC 19-5
    seed = ed25519.Ed25519PrivateKey.from_private_bytes(
        b"a seed of 32 bytes for a test..."
    )
    tekst = parse_notitie(GO["Note"]).tekst
    line = sign_ed25519(tekst, "log.example/one", seed)
    assert Notitie(tekst, (line,)).encode() == GO["Note"]


def test_a_checkpoint_needs_both_signatures_of_its_log(
    key: HybrideSigningKey, log: Logsleutels
) -> None:
    # SPEC 19-5
    punt = Controlepunt(NAAM, 7, bytes(32))
    note = sign_controlepunt(punt, key)
    assert open_controlepunt(note.encode(), log).punt == punt
    other = sign_controlepunt(punt, HybrideSigningKey.generate())
    for lines in (
        note.regels[:1],
        note.regels[1:],
        other.regels,
        (note.regels[0], other.regels[1]),
        (other.regels[0], note.regels[1]),
    ):
        with pytest.raises(EnvelopeError, match=r"notitie\.handtekening"):
            open_controlepunt(Notitie(note.tekst, lines).encode(), log)
    assert open_controlepunt(note.with_lines(other.regels).encode(), log).punt == punt


def test_every_changed_byte_of_a_checkpoint_is_found(
    key: HybrideSigningKey, log: Logsleutels
) -> None:
    text = sign_controlepunt(Controlepunt(NAAM, 7, bytes(32)), key).encode()
    head = text.index("\N{EM DASH}") + 120
    for at in range(head):
        changed = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        with pytest.raises(EnvelopeError):
            open_controlepunt(changed, log)


def test_a_checkpoint_of_another_log_with_the_same_keys_is_refused(
    key: HybrideSigningKey, log: Logsleutels
) -> None:
    other = sign_controlepunt(Controlepunt("log.example/two", 7, bytes(32)), key)
    with pytest.raises(EnvelopeError, match=r"controlepunt\.ander"):
        open_controlepunt(other.encode(), log)


def test_witnesses_are_counted_by_key_and_not_by_line(
    key: HybrideSigningKey, log: Logsleutels, witness: ed25519.Ed25519PrivateKey
) -> None:
    # SPEC 19-8
    note = sign_controlepunt(Controlepunt(NAAM, 7, bytes(32)), key)
    stranger = ed25519.Ed25519PrivateKey.generate()
    beleid = Getuigenbeleid(
        {naam: public(naam, witness) for naam in ("w/1",)}
        | {"w/2": public("w/2", ed25519.Ed25519PrivateKey.generate())},
        2,
    )
    lines = [cosign(note.tekst, "w/1", witness, when) for when in (5, 6)]
    lines.append(cosign(note.tekst, "w/2", stranger, 7))
    getekend = open_controlepunt(note.with_lines(lines).encode(), log)
    assert beleid.cosigners(getekend) == {"w/1": 6}
    assert not beleid.is_met(getekend)
    assert Getuigenbeleid(beleid.getuigen, 1).is_met(getekend)


def test_a_cosignature_with_another_time_is_refused(
    key: HybrideSigningKey, log: Logsleutels, witness: ed25519.Ed25519PrivateKey
) -> None:
    # SPEC 19-7
    note = sign_controlepunt(Controlepunt(NAAM, 7, bytes(32)), key)
    line = cosign(note.tekst, "w/1", witness, 1_800_000_000)
    moved = type(line)(
        line.naam, line.id, (5).to_bytes(8, "big") + line.handtekening[8:]
    )
    beleid = Getuigenbeleid({"w/1": public("w/1", witness)}, 1)
    good = open_controlepunt(note.with_lines([line]).encode(), log)
    assert beleid.cosigners(good) == {"w/1": 1_800_000_000}
    bad = open_controlepunt(note.with_lines([moved]).encode(), log)
    with pytest.raises(EnvelopeError, match=r"notitie\.handtekening"):
        beleid.is_met(bad)


_NOTES: Final[dict[str, Callable[[str], str]]] = {
    "nothing": lambda _: "",
    "no signatures": lambda text: text.split("\n\n")[0] + "\n",
    "no newline at the end": lambda text: text[:-1],
    "a carriage return": lambda text: text.replace("\n", "\r\n", 1),
    "a tab": lambda text: text.replace(" ", "\t", 1),
    "a hyphen for a dash": lambda text: text.replace("\N{EM DASH}", "-"),
    "base64 that is not canonical": lambda text: text[:-3] + "B=\n",
    "a signature of an id only": lambda _: "a\n\n\N{EM DASH} b AAAAAA==\n",
    "a name with a plus": lambda _: "a\n\n\N{EM DASH} b+c AAAAAAAA\n",
    "too many lines": lambda _: "a\n\n" + "\N{EM DASH} b AAAAAAAA\n" * 65,
    "too much": lambda text: "a" * 300_000 + text,
}


@pytest.mark.parametrize("name", _NOTES)
def test_what_is_no_note_is_refused(name: str) -> None:
    # SPEC 19-5
    changed = _NOTES[name](NEUMANN_NOTE)
    with pytest.raises(EnvelopeError, match=r"notitie\.indeling"):
        parse_notitie(changed)


@pytest.mark.parametrize(
    "tekst",
    [
        "log\n7\n",
        "log\n07\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "log\n-7\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "log\n99999999999999999999\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "log\n7\n" + base64.b64encode(bytes(31)).decode() + "\n",
        "\n7\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "log\n\u0667\n" + base64.b64encode(bytes(32)).decode() + "\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(tekst: str) -> None:
    with pytest.raises(EnvelopeError, match=r"notitie\.indeling"):
        parse_punt(tekst)


@pytest.mark.parametrize(
    "text",
    ["", "PeterNeumann", NEUMANN[:-4], NEUMANN.replace("c7", "c8"), f"a{NEUMANN}"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(EnvelopeError, match=r"notitie\.indeling"):
        parse_sleutel(text)


def test_keys_of_all_kinds_are_read_back(log: Logsleutels) -> None:
    for sleutel in (log.ed25519, log.mldsa65):
        assert parse_sleutel(sleutel.encode()) == sleutel
    with pytest.raises(EnvelopeError, match=r"notitie\.indeling"):
        Logsleutels(log.mldsa65, log.ed25519)


def test_a_proof_of_inclusion_proves_its_own_leaf_only(
    key: HybrideSigningKey, log: Logsleutels
) -> None:
    # SPEC 19-9
    leaves = [b"leaf %d" % at for at in range(9)]
    rand = Rand()
    tiles = rand.append(leaf_hash(one) for one in leaves)
    boom = Tegelboom(lambda level, number: tiles[level, number])
    note = sign_controlepunt(Controlepunt(NAAM, 9, rand.wortel), key).encode()
    proof = Insluiting(b"extra", 5, inclusion_path(boom, 5, 9), note)
    again = parse_insluiting(proof.encode())
    assert again == proof
    assert again.check(leaves[5], log).punt.grootte == 9
    for wrong, leaf in (
        (proof, leaves[4]),
        (Insluiting(b"", 4, proof.pad, note), leaves[5]),
        (Insluiting(b"", 5, proof.pad[1:], note), leaves[5]),
        (Insluiting(b"", 14, proof.pad, note), leaves[5]),
    ):
        with pytest.raises(EnvelopeError, match=r"insluiting\.ongeldig"):
            wrong.check(leaf, log)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v2\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 1",
    ],
)
def test_what_is_no_proof_of_inclusion_is_refused(text: str) -> None:
    # SPEC 19-9
    with pytest.raises(EnvelopeError, match=r"notitie\.indeling"):
        parse_insluiting(text)
