"""Signed notes of C2SP: a text, and lines with who signed it (SPEC 19).

Three kinds of keys: Ed25519 (type 1), Ed25519 with the time of a witness (type 4,
cosignature/v1), and ML-DSA-65, which C2SP has no number for (type 255 with a name).
A key is written as ``name+id+base64``, as other tools of this family write it.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from corvus_crypto import signing
from corvus_schemas.errors import CorvusError, EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES: Final = 256 * 1024
MAX_LINES: Final = 64
MLDSA_CONTEXT: Final = b"corvus/1/notitie"
_TIME_BYTES: Final = 8
_ID_BYTES: Final = 4
_DASH: Final = "\N{EM DASH}"
_NAME: Final = re.compile(r"[^\s+]{1,255}\Z")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_ADVICE: Final = "Get it again from where it was published."


class Soort(enum.Enum):
    """What kind of signature a key makes; the value begins the encoded key."""

    ED25519 = b"\x01"
    MEDE = b"\x04"
    MLDSA65 = b"\xffcorvus/1/ml-dsa-65"


_KEY_BYTES: Final = {Soort.ED25519: 32, Soort.MEDE: 32, Soort.MLDSA65: 1952}


@dataclass(frozen=True, slots=True)
class Toetssleutel:
    """A public key under its name."""

    naam: str
    soort: Soort
    publiek: bytes

    @property
    def id(self) -> bytes:
        """Four bytes by which a signature line points at this key."""
        data = self.naam.encode() + b"\n" + self.soort.value + self.publiek
        return hashlib.sha256(data).digest()[:_ID_BYTES]

    def encode(self) -> str:
        """Write the key as one line, for policies and other tools."""
        raw = base64.b64encode(self.soort.value + self.publiek).decode()
        return f"{self.naam}+{self.id.hex()}+{raw}"

    def verify(self, tekst: str, handtekening: bytes) -> int | None:
        """Check a signature over a text; give the time of a cosignature, in seconds.

        Raises:
            EnvelopeError: ``notitie.handtekening``.
        """
        try:
            if self.soort is Soort.MLDSA65:
                mldsa.MLDSA65PublicKey.from_public_bytes(self.publiek).verify(
                    handtekening, tekst.encode(), MLDSA_CONTEXT
                )
                return None
            key = ed25519.Ed25519PublicKey.from_public_bytes(self.publiek)
            if self.soort is Soort.ED25519:
                signing.verify(key, handtekening, tekst.encode())
                return None
            tijd_s = int.from_bytes(handtekening[:_TIME_BYTES], "big")
            signing.verify(
                key, handtekening[_TIME_BYTES:], cosigned_bytes(tekst, tijd_s)
            )
        except (InvalidSignature, ValueError, CorvusError):
            raise EnvelopeError(
                "notitie.handtekening",
                f"the signature in the name of {self.naam} does not verify",
                advice="Treat it as forged or changed: find out where it came from.",
            ) from None
        else:
            return tijd_s


@dataclass(frozen=True, slots=True)
class Tekenregel:
    """One signature line; nothing in it is believed."""

    naam: str
    id: bytes
    handtekening: bytes

    def encode(self) -> str:
        """Write the line, with its newline."""
        raw = base64.b64encode(self.id + self.handtekening).decode()
        return f"{_DASH} {self.naam} {raw}\n"

    def is_by(self, sleutel: Toetssleutel) -> bool:
        """Tell whether the line says it is by this key."""
        return (self.naam, self.id) == (sleutel.naam, sleutel.id)


@dataclass(frozen=True, slots=True)
class Notitie:
    """A text with the signature lines under it."""

    tekst: str
    regels: tuple[Tekenregel, ...]

    def encode(self) -> str:
        """Write the note."""
        return self.tekst + "\n" + "".join(regel.encode() for regel in self.regels)

    def with_lines(self, regels: Iterable[Tekenregel]) -> Notitie:
        """Add signature lines that are not there yet."""
        more = [regel for regel in dict.fromkeys(regels) if regel not in self.regels]
        return Notitie(self.tekst, (*self.regels, *more))

    def check_signed(self, sleutel: Toetssleutel) -> int | None:
        """Check that a key signed this; give the time of a cosignature.

        Raises:
            EnvelopeError: ``notitie.handtekening``; it did not, or a line in its name
                does not verify.
        """
        found = [regel for regel in self.regels if regel.is_by(sleutel)]
        times = [sleutel.verify(self.tekst, regel.handtekening) for regel in found]
        if not times:
            raise EnvelopeError(
                "notitie.handtekening",
                f"{sleutel.naam} did not sign this",
                advice="Compare the keys you trust with those of the log.",
            )
        return times[-1]


def parse_notitie(data: str) -> Notitie:
    """Take a note apart; believes nothing in it.

    Raises:
        EnvelopeError: ``notitie.indeling``.
    """
    tekst, gap, lines = data.rpartition("\n\n")
    if (
        not gap
        or not lines.endswith("\n")
        or len(data) > MAX_BYTES
        or _CONTROL.search(data)
    ):
        raise _malformed("it is not a text with signature lines under it")
    return Notitie(tekst + "\n", parse_regels(lines))


def parse_regels(lines: str) -> tuple[Tekenregel, ...]:
    """Read signature lines, at least one.

    Raises:
        EnvelopeError: ``notitie.indeling``.
    """
    split = lines.split("\n")
    if split.pop() or not 0 < len(split) <= MAX_LINES:
        raise _malformed("it has no signature lines, or too many")
    return tuple(_parse_regel(line) for line in split)


def _parse_regel(line: str) -> Tekenregel:
    match line.split(" "):
        case [dash, naam, raw] if dash == _DASH and _NAME.match(naam):
            data = decode_base64(raw)
            if len(data) > _ID_BYTES:
                return Tekenregel(naam, data[:_ID_BYTES], data[_ID_BYTES:])
    raise _malformed("a signature line is not of the form it must have")


def parse_sleutel(text: str) -> Toetssleutel:
    """Read a key as ``encode`` writes it.

    Raises:
        EnvelopeError: ``notitie.indeling``.
    """
    naam, _, rest = text.strip().partition("+")
    claimed, _, raw = rest.partition("+")
    if _NAME.match(naam):
        data = decode_base64(raw)
        for soort in Soort:
            publiek = data.removeprefix(soort.value)
            sleutel = Toetssleutel(naam, soort, publiek)
            if (
                data.startswith(soort.value)
                and len(publiek) == _KEY_BYTES[soort]
                and sleutel.id.hex() == claimed
            ):
                return sleutel
    raise _malformed("this is no key that a note can be checked with")


def cosigned_bytes(tekst: str, tijd_s: int) -> bytes:
    """Give what a witness signs: cosignature/v1, its time, the text."""
    return f"cosignature/v1\ntime {tijd_s}\n{tekst}".encode()


def sign_ed25519(tekst: str, naam: str, key: ed25519.Ed25519PrivateKey) -> Tekenregel:
    """Sign a text with Ed25519."""
    sleutel = Toetssleutel(naam, Soort.ED25519, key.public_key().public_bytes_raw())
    return Tekenregel(naam, sleutel.id, signing.sign(key, tekst.encode()))


def sign_mldsa65(tekst: str, naam: str, key: mldsa.MLDSA65PrivateKey) -> Tekenregel:
    """Sign a text with ML-DSA-65."""
    sleutel = Toetssleutel(naam, Soort.MLDSA65, key.public_key().public_bytes_raw())
    return Tekenregel(naam, sleutel.id, key.sign(tekst.encode(), MLDSA_CONTEXT))


def cosign(
    tekst: str, naam: str, key: ed25519.Ed25519PrivateKey, tijd_s: int
) -> Tekenregel:
    """Sign a text as a witness, at a time."""
    sleutel = Toetssleutel(naam, Soort.MEDE, key.public_key().public_bytes_raw())
    signature = signing.sign(key, cosigned_bytes(tekst, tijd_s))
    return Tekenregel(naam, sleutel.id, tijd_s.to_bytes(_TIME_BYTES, "big") + signature)


def decode_base64(text: str) -> bytes:
    """Read standard base64 in its one canonical spelling.

    Raises:
        EnvelopeError: ``notitie.indeling``.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise _malformed("not canonical base64")
    return data


def _malformed(what: str) -> EnvelopeError:
    return EnvelopeError(
        "notitie.indeling", f"the signed note is malformed: {what}", advice=_ADVICE
    )
