"""The one encoding under every hash, signature, ``info`` and AAD (SPEC 2.1).

``lp(tag, *parts)`` is the concatenation of each part behind its length as a 32-bit
big-endian number, the tag first. It is injective: no two lists of parts share bytes.
The tag starts with the wire version, so no input of one purpose is one of another.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

VERSION = "corvus/1/"
LENGTH_BYTES = 4


def u8(value: int) -> bytes:
    """One byte."""
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    """Two bytes, big endian."""
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """Four bytes, big endian."""
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """Eight bytes, big endian."""
    return value.to_bytes(8, "big")


def lp(tag: str, *parts: bytes) -> bytes:
    """Encode a tag and parts, each behind its 32-bit length."""
    pieces = [_head(tag)]
    for part in parts:
        pieces += (len(part).to_bytes(LENGTH_BYTES, "big"), part)
    return b"".join(pieces)


@lru_cache(maxsize=64)  # tags are constants of this package, some twenty
def _head(tag: str) -> bytes:
    name = (VERSION + tag).encode("ascii")
    return u32(len(name)) + name


def digest(tag: str, *parts: bytes) -> bytes:
    """SHA-256 of ``lp(tag, *parts)``."""
    return hashlib.sha256(lp(tag, *parts)).digest()
