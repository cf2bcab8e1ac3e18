"""Officers' keys as files: two per officer, one for each half of the signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from corvus_adapters.sleutelbestand import encode_private, read_private, write_secret
from corvus_crypto.hybride import HybrideSigningKey
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def write_functionaris(
    folder: Path, name: str, key: HybrideSigningKey, passphrase: bytes | None
) -> None:
    """Write both private keys of an officer.

    Raises:
        SettingsError: ``sleutel.bestaat``.
    """
    first, second = _files(folder, name)
    write_secret(first, encode_private(key.ed25519, passphrase))
    write_secret(second, encode_private(key.mldsa65, passphrase))


def read_functionaris(
    folder: Path, name: str, passphrase: bytes | None = None
) -> HybrideSigningKey:
    """Read both private keys of an officer.

    Raises:
        SettingsError: ``sleutel.ontbreekt``, ``sleutel.rechten``,
            ``sleutel.wachtwoord`` or ``sleutel.ongeldig``.
    """
    first, second = (read_private(file, passphrase) for file in _files(folder, name))
    if isinstance(first, ed25519.Ed25519PrivateKey) and isinstance(
        second, mldsa.MLDSA65PrivateKey
    ):
        return HybrideSigningKey(first, second)
    raise SettingsError(
        "sleutel.ongeldig",
        f"{folder / name} is not an Ed25519 and an ML-DSA-65 key",
        advice="Restore both files of the officer from the back-up.",
    )


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.ed25519.key.pem", folder / f"{name}.mldsa65.key.pem"
