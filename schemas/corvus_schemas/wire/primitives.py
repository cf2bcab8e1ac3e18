"""What the made code of a wire record calls: numbers and lengths in Avro's form.

Avro writes a number in groups of 7 bits, sign in the lowest bit. Most are lengths under
4096, which are looked up. Reading takes the shortest form only, as writing makes it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONG: Final = range(-(2**63), 2**63)
_MOST_BYTES: Final = 10
_KNOWN: Final = 4096
_SELECTIONS: Final = 16
_MORE: Final = 0x80
"""Set in every byte of a number but the last."""

BOOLEANS: Final = {False: b"\0", True: b"\1"}


def refuse() -> NoReturn:
    """Refuse bytes or values; the caller says what they are no record of.

    Raises:
        ValueError: always.
    """
    raise ValueError("not the canonical form")


# A moment, an offset or the length of a part is written ten times a message.
@lru_cache(maxsize=256)
def encode_long(number: int) -> bytes:
    """Encode a number.

    Raises:
        ValueError: it has more than 64 bits.
    """
    if number not in LONG:
        refuse()
    rest = number << 1 ^ number >> 63
    encoded = bytearray()
    while rest >= _MORE:
        encoded.append(rest & (_MORE - 1) | _MORE)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


class EncodedStrings(list[str]):
    """Strings with their Avro form, for records that name the same ones all the time.

    Made by ``Strings.select`` and not changed after.
    """

    __slots__ = ("encoded",)
    encoded: bytes


class Strings:
    """Strings of which often some are written: each is encoded once."""

    __slots__ = ("_pieces", "_selected", "all")

    def __init__(self, strings: Iterable[str]) -> None:
        """Encode them all."""
        self.all = tuple(strings)
        self._pieces = tuple(map(_encode_string, self.all))
        self._selected: dict[bytes, EncodedStrings] = {}

    def select(self, chosen: bytes) -> EncodedStrings:
        """Give those with a 1 in ``chosen``, which has a byte for each."""
        known = self._selected.get(chosen)
        if known is not None:
            return known
        found = EncodedStrings(compress(self.all, chosen))
        found.encoded = b"".join(
            (SIZES[len(found)], *compress(self._pieces, chosen), b"\0")
            if found
            else (b"\0",)
        )
        if len(self._selected) >= _SELECTIONS:
            self._selected.clear()
        self._selected[chosen] = found
        return found


def _encode_string(text: str) -> bytes:
    encoded = text.encode()
    return SIZES[len(encoded)] + encoded


def encode_strings(strings: Sequence[str]) -> bytes:
    """Encode an array of strings."""
    if type(strings) is EncodedStrings:
        return strings.encoded
    if not strings:
        return b"\0"
    return b"".join((SIZES[len(strings)], *map(_encode_string, strings), b"\0"))


class _Sizes(dict[int, bytes]):
    """Small numbers looked up, others encoded."""

    def __missing__(self, number: int) -> bytes:
        return encode_long(number)


SIZES: Final = _Sizes((number, encode_long(number)) for number in range(_KNOWN))


def read_long(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of several bytes; gives it and the place after it.

    Raises:
        ValueError: a longer form than needed, or more than 64 bits.
        IndexError: the bytes end within it.
    """
    found = shift = 0
    start = at
    while (byte := data[at]) >= _MORE:
        found |= (byte - _MORE) << shift
        shift += 7
        at += 1
    found |= byte << shift
    at += 1
    if not byte or at - start > _MOST_BYTES or found >> 64:
        refuse()
    return found >> 1 ^ -(found & 1), at


def read_size(data: bytes, at: int) -> tuple[int, int]:
    """Read a length of several bytes.

    Raises:
        ValueError: as ``read_long``, or negative.
        IndexError: the bytes end within it.
    """
    size, at = read_long(data, at)
    if size < 0:
        refuse()
    return size, at
