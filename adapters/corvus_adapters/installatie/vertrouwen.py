"""vertrouwen.json: the officers and certificate roots an installation believes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from corvus_broker.register import Vertrouwen
from corvus_crypto.certificaten import load_certificate
from corvus_crypto.dsse import encode_base64, parse_base64, parse_json
from corvus_crypto.hybride import check_hybride_key
from corvus_schemas.errors import CorvusError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

_STRICT: Final = ConfigDict(extra="forbid", strict=True)


@with_config(_STRICT)
class FunctionarisStuk(TypedDict):
    """An officer's public keys: SubjectPublicKeyInfo in DER, base64."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    ed25519: str
    mldsa65: str


@with_config(_STRICT)
class VertrouwenStuk(TypedDict):
    """The file. Less than two officers is not a choice."""

    soort: Literal["corvus.vertrouwen"]
    drempel: Annotated[int, Field(ge=2, le=16)]
    functionarissen: list[FunctionarisStuk]
    ankers: list[str]


_FILE: Final = TypeAdapter(VertrouwenStuk)


def write_vertrouwen(path: Path, vertrouwen: Vertrouwen) -> None:
    """Write the file, for people to compare and keep."""
    stuk = VertrouwenStuk(
        soort="corvus.vertrouwen",
        drempel=vertrouwen.drempel,
        functionarissen=[
            FunctionarisStuk(
                id=keyid,
                ed25519=_spki(key.ed25519),
                mldsa65=_spki(key.mldsa65),
            )
            for keyid, key in vertrouwen.functionarissen.items()
        ],
        ankers=[
            encode_base64(anchor.public_bytes(Encoding.DER))
            for anchor in vertrouwen.ankers
        ],
    )
    path.write_text(json.dumps(stuk, indent=1) + "\n", "utf-8")


def read_vertrouwen(path: Path) -> Vertrouwen:
    """Read the file.

    Raises:
        SettingsError: ``vertrouwen.ongeldig``.
    """
    try:
        stuk = _FILE.validate_python(parse_json(path.read_bytes()))
        officers = {
            entry["id"]: check_hybride_key(
                load_der_public_key(parse_base64(entry["ed25519"])),
                load_der_public_key(parse_base64(entry["mldsa65"])),
            )
            for entry in stuk["functionarissen"]
        }
        if len(officers) != len(stuk["functionarissen"]):
            raise _refuse(path, "an officer is listed twice")
        anchors = tuple(load_certificate(parse_base64(der)) for der in stuk["ankers"])
    except OSError:
        raise _refuse(path, "the file is not there or cannot be read") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise _refuse(path, f"{where}: {first['type']}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _refuse(path, "an officer's key is no public key") from None
    except CorvusError as error:
        raise _refuse(path, error.message) from error
    return Vertrouwen(officers, anchors, stuk["drempel"])


def _spki(key: ed25519.Ed25519PublicKey | mldsa.MLDSA65PublicKey) -> str:
    return encode_base64(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )


def _refuse(path: Path, what: str) -> SettingsError:
    return SettingsError(
        "vertrouwen.ongeldig",
        f"{path}: {what}",
        advice="Get the file again from where your installation keeps its trust data.",
    )
