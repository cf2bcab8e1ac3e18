"""Masks of positions: bit i of an int is position i; little endian on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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


def bits(mask: int) -> Sequence[int]:
    """Positions in a mask, rising."""
    found: list[int] = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def mask_of(positions: Iterable[int]) -> int:
    """Mask with these positions set."""
    mask = 0
    for position in positions:
        mask |= 1 << position
    return mask
