"""Secret files: made for their owner only, checked on every read, optionally sealed.

A key under a passphrase is ``magic (8) | salt (16) | nonce (12) | ciphertext``: scrypt
(RFC 7914, N 2^15, r 8, p 1) gives the AES-256-GCM key, magic and name are associated
data, so a sealed key cannot be put in another one's place.
"""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

MAGIC: Final = b"corvusk1"
_SALT: Final = 16
_NONCE: Final = 12
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read.

    Raises:
        SettingsError: ``sleutel.bestaat``; a key is never overwritten.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        handle = os.open(path, flags, 0o600)
    except FileExistsError:
        raise SettingsError(
            "sleutel.bestaat",
            f"{path} is already there",
            advice="Move the old key away first; it may still open older messages.",
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_secret(path: Path) -> bytes:
    """Read a file that is ours and that nobody else may read.

    Raises:
        SettingsError: ``sleutel.ontbreekt`` or ``sleutel.rechten``.
    """
    try:
        with path.open("rb") as file:
            info = os.fstat(file.fileno())
            if info.st_mode & _OTHERS or info.st_uid not in {os.geteuid(), 0}:
                raise SettingsError(
                    "sleutel.rechten",
                    f"{path} can be read by others, or belongs to another user",
                    advice=f"Run: chown $(id -un) {path} && chmod 600 {path}",
                )
            return file.read()
    except OSError:
        raise SettingsError(
            "sleutel.ontbreekt",
            f"{path} is not there or cannot be read",
            advice="Restore it from the back-up, or have a new key registered.",
        ) from None


def seal(data: bytes, name: str, passphrase: bytes | None) -> bytes:
    """Encrypt a raw key under a passphrase; without one, give it back as it is."""
    if passphrase is None:
        return data
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    sealed = AESGCM(_derive(passphrase, salt)).encrypt(nonce, data, _ad(name))
    return MAGIC + salt + nonce + sealed


def unseal(data: bytes, name: str, passphrase: bytes | None) -> bytes:
    """Undo ``seal``.

    Raises:
        SettingsError: ``sleutel.wachtwoord``.
    """
    if not data.startswith(MAGIC):
        return data
    head = len(MAGIC) + _SALT
    salt, nonce = data[len(MAGIC) : head], data[head : head + _NONCE]
    try:
        if passphrase is not None:
            cipher = AESGCM(_derive(passphrase, salt))
            return cipher.decrypt(nonce, data[head + _NONCE :], _ad(name))
    except (InvalidTag, ValueError):
        pass
    raise _wrong_passphrase(name)


def encode_private(key: PrivateKeyTypes, passphrase: bytes | None) -> bytes:
    """Write a private key as PKCS#8 PEM, encrypted when there is a passphrase."""
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def read_private(path: Path, passphrase: bytes | None) -> PrivateKeyTypes:
    """Read a PKCS#8 PEM private key.

    Raises:
        SettingsError: ``sleutel.ontbreekt``, ``sleutel.rechten``,
            ``sleutel.wachtwoord`` or ``sleutel.ongeldig``.
    """
    data = read_secret(path)
    encrypted = b"ENCRYPTED" in data.partition(b"\n")[0]
    try:
        # A passphrase for a key that has none is no error: one setting, many keys.
        return load_pem_private_key(data, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if encrypted:
            raise _wrong_passphrase(path.name) from None
        raise SettingsError(
            "sleutel.ongeldig",
            f"{path} holds no private key in PKCS#8 PEM",
            advice="Restore it from the back-up, or have a new key registered.",
        ) from None


def _derive(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase)


def _ad(name: str) -> bytes:
    return MAGIC + name.encode("utf-8")


def _wrong_passphrase(name: str) -> SettingsError:
    return SettingsError(
        "sleutel.wachtwoord",
        f"the key {name} does not open: the passphrase is missing or wrong,"
        " or the file was changed",
        advice="Set CORVUS_SLEUTELS__WACHTWOORD_BESTAND to the file that holds it.",
    )
