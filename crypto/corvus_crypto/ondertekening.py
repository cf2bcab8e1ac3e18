"""A signature by an organisation, one by one or over a batch (SPEC 8).

Bytes: ``certificaat (32) | 0 | signature (64)`` or
``certificaat (32) | 1 | zout (16) | u64 index | u64 size | path... | signature (64)``.

A batch is signed once over a Merkle root with its size and its own tag. Leaves are
salted, so that the paths of two messages do not tell that they were sent together.
Each message carries its own path: a batch need not arrive whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corvus_crypto import signing
from corvus_crypto.lp import lp, u8, u64
from corvus_crypto.merkle import HASH_BYTES, Tree, leaf_hash, root_from_path
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

THUMBPRINT_BYTES: Final = 32
ZOUT_BYTES: Final = 16
MAX_PATH: Final = 32
_SINGLE: Final = 0
_BATCH: Final = 1
_KIND_AT: Final = THUMBPRINT_BYTES
_TREE_BYTES: Final = ZOUT_BYTES + 16


@dataclass(frozen=True, slots=True)
class Boom:
    """Place of a message in a signed batch."""

    zout: bytes
    index: int
    grootte: int
    pad: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Ondertekening:
    """Who signed (certificate thumbprint), the signature, and the batch if any."""

    certificaat: bytes
    handtekening: bytes
    boom: Boom | None = None

    def encode(self) -> bytes:
        """Bytes for the wire."""
        if self.boom is None:
            return self.certificaat + u8(_SINGLE) + self.handtekening
        boom = self.boom
        head = (self.certificaat, u8(_BATCH), boom.zout, u64(boom.index))
        return b"".join((*head, u64(boom.grootte), *boom.pad, self.handtekening))

    def verify(self, key: signing.VerifyKey, purpose: str, digest: bytes) -> None:
        """Check the signature over a digest for a purpose.

        Raises:
            EnvelopeError: ``handtekening.ongeldig``.
        """
        if self.boom is None:
            signed = _single_input(purpose, self.certificaat, digest)
            signing.verify(key, self.handtekening, signed)
            return
        boom = self.boom
        leaf = _leaf(purpose, boom.zout, digest)
        root = root_from_path(leaf, boom.index, boom.grootte, boom.pad)
        if root is None:
            raise EnvelopeError(
                "handtekening.ongeldig", "the batch path has an impossible shape"
            )
        signed = _batch_input(purpose, self.certificaat, boom.grootte, root)
        signing.verify_root(key, self.handtekening, signed)


def sign_one(
    key: signing.SigningKey, certificaat: bytes, purpose: str, digest: bytes
) -> Ondertekening:
    """Sign one digest."""
    signed = _single_input(purpose, certificaat, digest)
    return Ondertekening(certificaat, signing.sign(key, signed))


def sign_batch(
    key: signing.SigningKey,
    certificaat: bytes,
    purpose: str,
    digests: Sequence[bytes],
    random: Callable[[int], bytes],
) -> Sequence[Ondertekening]:
    """Sign many digests with one signature."""
    salts = [random(ZOUT_BYTES) for _ in digests]
    tree = Tree([_leaf(purpose, s, d) for s, d in zip(salts, digests, strict=True)])
    signed = _batch_input(purpose, certificaat, tree.size, tree.root)
    signature = signing.sign(key, signed)
    return [
        Ondertekening(certificaat, signature, Boom(salt, at, tree.size, tree.path(at)))
        for at, salt in enumerate(salts)
    ]


def parse_ondertekening(data: bytes) -> Ondertekening:
    """Parse the bytes of a signature.

    Raises:
        EnvelopeError: ``handtekening.indeling``.
    """
    body = data[_KIND_AT + 1 : -signing.SIGNATURE_BYTES]
    kind = data[_KIND_AT : _KIND_AT + 1]
    certificaat, signature = data[:_KIND_AT], data[-signing.SIGNATURE_BYTES :]
    if len(data) < _KIND_AT + 1 + signing.SIGNATURE_BYTES:
        raise _malformed()
    if kind == u8(_SINGLE) and not body:
        return Ondertekening(certificaat, signature)
    path = body[_TREE_BYTES:]
    if (
        kind != u8(_BATCH)
        or len(body) < _TREE_BYTES
        or len(path) % HASH_BYTES
        or len(path) > MAX_PATH * HASH_BYTES
    ):
        raise _malformed()
    boom = Boom(
        zout=body[:ZOUT_BYTES],
        index=int.from_bytes(body[ZOUT_BYTES : ZOUT_BYTES + 8], "big"),
        grootte=int.from_bytes(body[ZOUT_BYTES + 8 : _TREE_BYTES], "big"),
        pad=tuple(
            [path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES)]
        ),
    )
    return Ondertekening(certificaat, signature, boom)


def _single_input(purpose: str, certificaat: bytes, digest: bytes) -> bytes:
    return lp("onderteken", purpose.encode("ascii"), certificaat, digest)


def _batch_input(purpose: str, certificaat: bytes, size: int, root: bytes) -> bytes:
    name = purpose.encode("ascii")
    return lp("onderteken-reeks", name, certificaat, u64(size), root)


def _leaf(purpose: str, zout: bytes, digest: bytes) -> bytes:
    return leaf_hash(lp("onderteken-blad", purpose.encode("ascii"), zout, digest))


def _malformed() -> EnvelopeError:
    return EnvelopeError(
        "handtekening.indeling", "the signature is not laid out as SPEC section 8 says"
    )
