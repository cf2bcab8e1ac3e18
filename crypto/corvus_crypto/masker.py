"""Masks of positions: bit i of an int is position i; little endian on the wire."""

from __future__ import annotations

from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, Final

from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# One message asks for a mask five times, and messages of a kind look alike. A sender
# that makes up its own fills at most some megabytes, and pushes out what nobody uses.
_MASKS: Final = 2048
_FLAGS: Final = bytes.maketrans(b"01", b"\x00\x01")


def encode_mask(mask: int, positions: int) -> bytes:
    """Encode a mask over so many positions."""
    return mask.to_bytes((positions + 7) // 8, "little")


def parse_mask(data: bytes, positions: int) -> int:
    """Decode a mask.

    Raises:
        EnvelopeError: ``masker.indeling``, for a wrong length or bits past the end.
    """
    mask = int.from_bytes(data, "little")
    if len(data) != (positions + 7) // 8 or mask >> positions:
        raise EnvelopeError("masker.indeling", "a mask does not fit the positions")
    return mask


@lru_cache(maxsize=_MASKS)
def bits(mask: int) -> Sequence[int]:
    """Positions in a mask, rising."""
    size = mask.bit_length()
    return tuple(compress(range(size), flags(mask, size)))


@lru_cache(maxsize=_MASKS)
def flags(mask: int, positions: int) -> bytes:
    """Give a byte for every position: 1 where the mask has it, otherwise 0.

    Made for ``itertools.compress`` and arithmetic on all positions at once.
    """
    return format(mask, f"0{positions}b")[::-1].encode("ascii").translate(_FLAGS)


def mask_of(positions: Iterable[int]) -> int:
    """Mask with these positions set."""
    mask = 0
    for position in positions:
        mask |= 1 << position
    return mask
