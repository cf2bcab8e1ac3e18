"""Keystores: what opens, and what a person is told when one does not."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from corvus_adapters.keystore import BrokerKeystore, Keystore
from corvus_adapters.sleutelbestand import (
    encode_private,
    read_private,
    read_secret,
    seal,
    unseal,
    write_secret,
)
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def vt(sandbox_path: Path, tmp_path: Path) -> Path:
    return shutil.copytree(
        sandbox_path / "organisaties" / "vt-groningen", tmp_path / "vt"
    )


@pytest.fixture
def broker(sandbox_path: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sandbox_path / "broker", tmp_path / "broker")


def refusal(path: Path, passphrase: bytes | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        Keystore.open(path, passphrase)
    assert caught.value.advice
    return caught.value.code


def replace_key(path: Path, key: ed25519.Ed25519PrivateKey) -> None:
    (path / "ondertekening.key.pem").unlink()
    write_secret(path / "ondertekening.key.pem", encode_private(key, None))


def test_a_keystore_opens(vt: Path) -> None:
    keystore = Keystore.open(vt)
    assert keystore.oin == keystore.houder.oin
    assert keystore.houder.type == "VT"
    assert len(keystore.key_ids()) == 2
    assert len(keystore.chain) == 1
    assert keystore.private_key(bytes(16)) is None
    assert keystore.tls.sleutel.exists()
    assert keystore.tls.certificaat.exists()
    assert keystore.tls.wortels.exists()


def test_a_new_key_is_kept_and_never_overwritten(vt: Path) -> None:
    keystore = Keystore.open(vt)
    keystore.add_private_key(b"k" * 16, b"raw")
    assert Keystore.open(vt).private_key(b"k" * 16) == b"raw"
    with pytest.raises(SettingsError) as caught:
        keystore.add_private_key(b"k" * 16, b"other")
    assert caught.value.code == "sleutel.bestaat"
    assert Keystore.open(vt).private_key(b"k" * 16) == b"raw"


def test_a_destroyed_key_is_gone(vt: Path) -> None:
    key_id = Keystore.open(vt).key_ids()[0]
    (vt / "sleutels" / f"{key_id.hex()}.key").unlink()
    assert Keystore.open(vt).private_key(key_id) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(vt: Path, mode: int) -> None:
    (vt / "ondertekening.key.pem").chmod(mode)
    assert refusal(vt) == "sleutel.rechten"


def test_an_hpke_key_that_others_can_read_is_refused(vt: Path) -> None:
    keystore = Keystore.open(vt)
    key_id = keystore.key_ids()[0]
    (vt / "sleutels" / f"{key_id.hex()}.key").chmod(0o644)
    with pytest.raises(SettingsError) as caught:
        keystore.private_key(key_id)
    assert caught.value.code == "sleutel.rechten"


@pytest.mark.parametrize(
    "name", ["organisatie.json", "certificaat.pem", "ondertekening.key.pem"]
)
def test_a_missing_file_is_named(vt: Path, name: str) -> None:
    (vt / name).unlink()
    with pytest.raises(SettingsError, match=name.replace(".", r"\.")) as caught:
        Keystore.open(vt)
    assert caught.value.code == "sleutel.ontbreekt"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"oin":"1","naam":"x","type":"VT"}'])
def test_an_identity_that_is_none_is_refused(vt: Path, text: str) -> None:
    (vt / "organisatie.json").write_text(text)
    assert refusal(vt) == "sleutelbos.ongeldig"


def test_a_certificate_file_without_certificate_is_refused(vt: Path) -> None:
    (vt / "certificaat.pem").write_text("x")
    assert refusal(vt) == "sleutelbos.ongeldig"


def test_key_certificate_and_identity_must_belong_together(
    vt: Path, sandbox_path: Path
) -> None:
    identity = json.loads((vt / "organisatie.json").read_text())
    wrong = identity | {"oin": "00009999002099000000"}
    (vt / "organisatie.json").write_text(json.dumps(wrong))
    assert refusal(vt) == "sleutelbos.past_niet"
    (vt / "organisatie.json").write_text(json.dumps(identity))
    replace_key(vt, ed25519.Ed25519PrivateKey.generate())
    assert refusal(vt) == "sleutelbos.past_niet"
    (vt / "ondertekening.key.pem").unlink()
    p384 = encode_private(ec.generate_private_key(ec.SECP384R1()), None)
    write_secret(vt / "ondertekening.key.pem", p384)
    assert refusal(vt) == "sleutelbos.past_niet"


def test_a_signing_key_that_is_no_key_is_refused(vt: Path) -> None:
    (vt / "ondertekening.key.pem").unlink()
    write_secret(vt / "ondertekening.key.pem", b"no key")
    assert refusal(vt) == "sleutel.ongeldig"


def test_keys_under_a_passphrase(vt: Path) -> None:
    plain = Keystore.open(vt)
    key_id = plain.key_ids()[0]
    raw = plain.private_key(key_id)
    assert raw is not None
    (vt / "ondertekening.key.pem").unlink()
    write_secret(
        vt / "ondertekening.key.pem", encode_private(plain.signing_key, b"geheim")
    )
    file = vt / "sleutels" / f"{key_id.hex()}.key"
    file.unlink()
    write_secret(file, seal(raw, file.stem, b"geheim"))
    assert raw not in file.read_bytes()

    keystore = Keystore.open(vt, b"geheim")
    assert keystore.private_key(key_id) == raw
    assert refusal(vt) == "sleutel.wachtwoord"
    assert refusal(vt, b"anders") == "sleutel.wachtwoord"


def test_a_sealed_key_opens_only_whole_and_under_its_own_name() -> None:
    sealed = seal(b"raw", "naam", b"geheim")
    assert unseal(sealed, "naam", b"geheim") == b"raw"
    assert seal(b"raw", "naam", b"geheim") != sealed
    for data, name, passphrase in (
        (sealed, "ander", b"geheim"),
        (sealed, "naam", b"anders"),
        (sealed, "naam", None),
        (sealed[:-1], "naam", b"geheim"),
        (sealed[:20], "naam", b"geheim"),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), "naam", b"geheim"),
    ):
        with pytest.raises(SettingsError) as caught:
            unseal(data, name, passphrase)
        assert caught.value.code == "sleutel.wachtwoord"


def test_a_passphrase_for_plain_keys_is_no_error(vt: Path) -> None:
    keystore = Keystore.open(vt, b"geheim")
    assert keystore.private_key(keystore.key_ids()[0])


def test_secrets_are_written_once_and_not_through_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "a", tmp_path / "b"
    write_secret(file, b"1")
    link.symlink_to(tmp_path / "c")
    for path in (file, link):
        with pytest.raises(SettingsError) as caught:
            write_secret(path, b"2")
        assert caught.value.code == "sleutel.bestaat"
    assert read_secret(file) == b"1"
    with pytest.raises(SettingsError) as caught:
        read_private(file, None)
    assert caught.value.code == "sleutel.ongeldig"


def test_the_broker_keystore_opens_and_refuses(broker: Path) -> None:
    keystore = BrokerKeystore.open(broker)
    assert keystore.houder.type == "BROKER"
    assert len(keystore.batch_key_id) == 16
    (broker / "alias.key").write_bytes(b"short")
    with pytest.raises(SettingsError) as caught:
        BrokerKeystore.open(broker)
    assert caught.value.code == "sleutelbos.past_niet"
    (broker / "alias.key").unlink()
    with pytest.raises(SettingsError) as caught:
        BrokerKeystore.open(broker)
    assert caught.value.code == "sleutel.ontbreekt"


def test_the_brokers_batch_key_is_ed25519(broker: Path) -> None:
    (broker / "batch.key.pem").unlink()
    p256 = ec.generate_private_key(ec.SECP256R1())
    write_secret(broker / "batch.key.pem", encode_private(p256, None))
    with pytest.raises(SettingsError) as caught:
        BrokerKeystore.open(broker)
    assert caught.value.code == "sleutelbos.past_niet"
