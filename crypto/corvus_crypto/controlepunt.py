"""Checkpoints of the audit log: its size and root, signed and cosigned (SPEC 19).

A checkpoint counts when the log signed it with Ed25519 and with ML-DSA-65; witnesses
add the time at which they saw it follow from what they saw before.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_crypto.merkle import HASH_BYTES
from corvus_crypto.notitie import (
    Notitie,
    Soort,
    Toetssleutel,
    decode_base64,
    parse_notitie,
    sign_ed25519,
    sign_mldsa65,
)
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_crypto.hybride import HybrideSigningKey

MAX_SIZE: Final = 2**63 - 1
_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Controlepunt:
    """What a log says of itself: its name, how many leaves, their root."""

    oorsprong: str
    grootte: int
    wortel: bytes

    def encode(self) -> str:
        """Write the text that is signed."""
        root = base64.b64encode(self.wortel).decode()
        return f"{self.oorsprong}\n{self.grootte}\n{root}\n"


@dataclass(frozen=True, slots=True)
class Logsleutels:
    """Both public keys of a log; its name is theirs."""

    ed25519: Toetssleutel
    mldsa65: Toetssleutel

    def __post_init__(self) -> None:
        if (
            self.ed25519.naam != self.mldsa65.naam
            or self.ed25519.soort is not Soort.ED25519
            or self.mldsa65.soort is not Soort.MLDSA65
        ):
            raise EnvelopeError(
                "notitie.indeling",
                "a log has one name, an Ed25519 and an ML-DSA-65 key",
            )

    @property
    def naam(self) -> str:
        """Name of the log, and origin of its checkpoints."""
        return self.ed25519.naam


@dataclass(frozen=True, slots=True)
class Getekend:
    """A checkpoint that its log signed, with every signature line under it."""

    punt: Controlepunt
    notitie: Notitie


@dataclass(frozen=True, slots=True)
class Getuigenbeleid:
    """Which witnesses count, and how many of them a checkpoint needs."""

    getuigen: Mapping[str, Toetssleutel]
    drempel: int

    def cosigners(self, getekend: Getekend) -> dict[str, int]:
        """Give the witnesses that cosigned, with the time of each in seconds.

        Raises:
            EnvelopeError: ``notitie.handtekening``; a line in the name and id of one of
                them does not verify.
        """
        found: dict[str, int] = {}
        for naam, sleutel in self.getuigen.items():
            if any(regel.is_by(sleutel) for regel in getekend.notitie.regels):
                found[naam] = getekend.notitie.check_signed(sleutel) or 0
        return found

    def is_met(self, getekend: Getekend) -> bool:
        """Tell whether enough of them cosigned. Raises as ``cosigners``."""
        return len(self.cosigners(getekend)) >= self.drempel


def log_keys(naam: str, key: HybrideSigningKey) -> Logsleutels:
    """Give the public keys of a log under its name."""
    first, second = key.public_key().components()
    return Logsleutels(
        Toetssleutel(naam, Soort.ED25519, first),
        Toetssleutel(naam, Soort.MLDSA65, second),
    )


def sign_controlepunt(punt: Controlepunt, key: HybrideSigningKey) -> Notitie:
    """Sign a checkpoint with both keys of the log."""
    tekst = punt.encode()
    return Notitie(
        tekst,
        (
            sign_ed25519(tekst, punt.oorsprong, key.ed25519),
            sign_mldsa65(tekst, punt.oorsprong, key.mldsa65),
        ),
    )


def open_controlepunt(data: str, log: Logsleutels) -> Getekend:
    """Verify a checkpoint of a log.

    Raises:
        EnvelopeError: ``notitie.indeling``, ``notitie.handtekening``, or
            ``controlepunt.ander`` when it is of another log.
    """
    notitie = parse_notitie(data)
    punt = parse_punt(notitie.tekst)
    if punt.oorsprong != log.naam:
        raise EnvelopeError(
            "controlepunt.ander",
            "the checkpoint is of another log",
            advice="Compare the name of the log with the one you trust.",
        )
    notitie.check_signed(log.ed25519)
    notitie.check_signed(log.mldsa65)
    return Getekend(punt, notitie)


def parse_punt(tekst: str) -> Controlepunt:
    """Read the text of a checkpoint; lines behind the third are not for us.

    Raises:
        EnvelopeError: ``notitie.indeling``.
    """
    lines = tekst.split("\n")
    if len(lines) > _LINES and all(lines[:-1]):
        oorsprong, size, root = lines[:_LINES]
        wortel = decode_base64(root)
        if len(wortel) == HASH_BYTES:
            return Controlepunt(oorsprong, parse_size(size), wortel)
    raise EnvelopeError("notitie.indeling", "the text is no checkpoint")


def parse_size(text: str) -> int:
    """Read a decimal without leading zeros.

    Raises:
        EnvelopeError: ``notitie.indeling``.
    """
    if text.isascii() and text.isdecimal() and len(text) < len(str(MAX_SIZE)) + 1:
        value = int(text)
        if str(value) == text and value <= MAX_SIZE:
            return value
    raise EnvelopeError("notitie.indeling", "a size is no plain decimal number")
