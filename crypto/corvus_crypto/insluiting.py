"""The proof that something is a leaf of the log, as text (C2SP tlog-proof; SPEC 19)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_crypto.controlepunt import open_controlepunt, parse_size
from corvus_crypto.merkle import HASH_BYTES, leaf_hash, root_from_path
from corvus_crypto.notitie import decode_base64
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from corvus_crypto.controlepunt import Getekend, Logsleutels

_FIRST: Final = "c2sp.org/tlog-proof@v1"
_MAX_PATH: Final = 63


@dataclass(frozen=True, slots=True)
class Insluiting:
    """A leaf's place, its path, and the checkpoint it leads to; nothing is believed.

    ``extra`` is what one needs to make the leaf, and proves nothing by itself.
    """

    extra: bytes
    index: int
    pad: tuple[bytes, ...]
    controlepunt: str

    def encode(self) -> str:
        """Write the proof."""
        lines = [
            _FIRST,
            f"extra {base64.b64encode(self.extra).decode()}",
            f"index {self.index}",
            *(base64.b64encode(step).decode() for step in self.pad),
        ]
        return "\n".join(lines) + "\n\n" + self.controlepunt

    def check(self, blad: bytes, log: Logsleutels) -> Getekend:
        """Check that these bytes are a leaf under the log's checkpoint; give that.

        Raises:
            EnvelopeError: ``insluiting.ongeldig``, or as ``open_controlepunt``.
        """
        getekend = open_controlepunt(self.controlepunt, log)
        punt = getekend.punt
        root = root_from_path(leaf_hash(blad), self.index, punt.grootte, self.pad)
        if root != punt.wortel:
            raise EnvelopeError(
                "insluiting.ongeldig",
                f"this is not leaf {self.index} of the log that the checkpoint signs",
                advice="The proof is of something else, or it was changed.",
            )
        return getekend


def parse_insluiting(text: str) -> Insluiting:
    """Read a proof.

    Raises:
        EnvelopeError: ``notitie.indeling``.
    """
    head, gap, controlepunt = text.partition("\n\n")
    lines = head.split("\n")
    extra = b""
    if lines[1:] and lines[1].startswith("extra "):
        extra = decode_base64(lines.pop(1).removeprefix("extra "))
    if (
        gap
        and lines[0] == _FIRST
        and lines[1:]
        and lines[1].startswith("index ")
        and len(lines) <= _MAX_PATH + 2
    ):
        pad = tuple(decode_base64(line) for line in lines[2:])
        if all(len(step) == HASH_BYTES for step in pad):
            index = parse_size(lines[1].removeprefix("index "))
            return Insluiting(extra, index, pad, controlepunt)
    raise EnvelopeError("notitie.indeling", "this is no proof of inclusion")
