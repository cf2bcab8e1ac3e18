"""The broker's signature over a batch of everything it sends out (SPEC 9).

One Merkle root and one Ed25519 signature per batch; every levering, bewijs and
evidence record carries its own inclusion path. Salts come from a PRF under a period
key that is destroyed with the period: siblings in a path cannot be guessed, and a
rerun after a crash makes the same leaves.

Bytes: ``sleutel_id (16) | u64 tijd | zout (16) | u32 index | u32 size | path |
signature (64)``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from corvus_crypto import signing
from corvus_crypto.lp import digest, lp, u32, u64
from corvus_crypto.merkle import HASH_BYTES, LEAF, Tree, leaf_hash, root_from_path
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY_ID_BYTES: Final = 16
ZOUT_BYTES: Final = 16
MAX_PATH: Final = 20
_HASH_LENGTH: Final = u32(HASH_BYTES)
_HEAD_BYTES: Final = KEY_ID_BYTES + 8 + ZOUT_BYTES + 8


@dataclass(frozen=True, slots=True)
class Attestatie:
    """The broker's word on one output, with its path to the signed batch root."""

    sleutel_id: bytes
    tijd_ms: int
    zout: bytes
    index: int
    grootte: int
    pad: tuple[bytes, ...]
    handtekening: bytes

    def encode(self) -> bytes:
        """Bytes for the wire."""
        head = (self.sleutel_id, u64(self.tijd_ms), self.zout, u32(self.index))
        return b"".join((*head, u32(self.grootte), *self.pad, self.handtekening))

    def leaf(self, soort: str, inhoud: bytes) -> bytes:
        """Leaf hash of these bytes in the batch."""
        return _leaf(soort, self.zout, hashlib.sha256(inhoud).digest())

    def root(self, soort: str, inhoud: bytes) -> bytes | None:
        """Batch root that the path leads to; None when the path is impossible."""
        leaf = self.leaf(soort, inhoud)
        return root_from_path(leaf, self.index, self.grootte, self.pad)

    def commit_root(self, root: bytes) -> bytes:
        """Digest of the batch root with the broker's signature over it (SPEC 19)."""
        signed = _signed(self.sleutel_id, self.tijd_ms, self.grootte, root)
        return digest("auditwortel", signed, self.handtekening)

    def verify_root(self, key: signing.VerifyKey, root: bytes) -> None:
        """Check that the broker signed this batch root.

        Raises:
            EnvelopeError: ``handtekening.ongeldig``.
        """
        signed = _signed(self.sleutel_id, self.tijd_ms, self.grootte, root)
        signing.verify_root(key, self.handtekening, signed)

    def verify(self, key: signing.VerifyKey, soort: str, inhoud: bytes) -> None:
        """Check that the broker attested exactly these bytes.

        Raises:
            EnvelopeError: ``attestatie.ongeldig``.
        """
        root = self.root(soort, inhoud)
        try:
            if root is not None:
                signed = _signed(self.sleutel_id, self.tijd_ms, self.grootte, root)
                signing.verify_root(key, self.handtekening, signed)
                return
        except EnvelopeError:
            pass
        raise EnvelopeError(
            "attestatie.ongeldig",
            "the broker did not attest these bytes",
            advice="Refuse the message and report it: it did not come from the broker.",
        )


@dataclass(frozen=True, slots=True)
class Reeks:
    """A signed batch: an encoded attestation for each output, its leaves, its root."""

    attestaties: Sequence[bytes]
    bladeren: Sequence[bytes]
    wortel: bytes


class Attesteerder:
    """Attests batches with one key and the salt key of the current period."""

    def __init__(
        self, key: signing.SigningKey, sleutel_id: bytes, zoutsleutel: bytes
    ) -> None:
        self._key = key
        self._sleutel_id = sleutel_id
        self._zout = HMAC(zoutsleutel, hashes.SHA256())

    def attest(
        self, outputs: Sequence[tuple[str, bytes]], tijd_ms: int
    ) -> Sequence[Attestatie]:
        """Sign one root over (soort, inhoud) pairs; one attestation each, in order."""
        digests = [
            (soort, hashlib.sha256(inhoud).digest()) for soort, inhoud in outputs
        ]
        reeks = self.attest_digests(digests, tijd_ms)
        return [parse_attestatie(one) for one in reeks.attestaties]

    def attest_digests(
        self, outputs: Sequence[tuple[str, bytes]], tijd_ms: int
    ) -> Reeks:
        """Sign one root over (soort, SHA-256 of inhoud) pairs.

        For who has hashed the contents already: hashing is most of the work.
        """
        salts = [self._salt(value) for _, value in outputs]
        leaves = [
            hashlib.sha256(_leaf_head(soort) + salt + _HASH_LENGTH + value).digest()
            for (soort, value), salt in zip(outputs, salts, strict=True)
        ]
        tree = Tree(leaves)
        signed = _signed(self._sleutel_id, tijd_ms, tree.size, tree.root)
        signature = signing.sign(self._key, signed)
        head, size = self._sleutel_id + u64(tijd_ms), u32(tree.size)
        attestaties = [
            b"".join((head, salt, u32(index), size, path, signature))
            for index, (salt, path) in enumerate(zip(salts, tree.paths(), strict=True))
        ]
        return Reeks(attestaties, leaves, tree.root)

    def _salt(self, value: bytes) -> bytes:
        # A copy of the keyed state costs a third of keying it again.
        mac = self._zout.copy()
        mac.update(value)
        return mac.finalize()[:ZOUT_BYTES]


def parse_attestatie(data: bytes) -> Attestatie:
    """Parse the bytes of an attestation.

    Raises:
        EnvelopeError: ``attestatie.indeling``.
    """
    path = data[_HEAD_BYTES : -signing.SIGNATURE_BYTES]
    if (
        len(data) < _HEAD_BYTES + signing.SIGNATURE_BYTES
        or len(path) % HASH_BYTES
        or len(path) > MAX_PATH * HASH_BYTES
    ):
        raise EnvelopeError("attestatie.indeling", "the attestation is malformed")
    at = KEY_ID_BYTES + 8 + ZOUT_BYTES
    return Attestatie(
        sleutel_id=data[:KEY_ID_BYTES],
        tijd_ms=int.from_bytes(data[KEY_ID_BYTES : KEY_ID_BYTES + 8], "big"),
        zout=data[KEY_ID_BYTES + 8 : at],
        index=int.from_bytes(data[at : at + 4], "big"),
        grootte=int.from_bytes(data[at + 4 : _HEAD_BYTES], "big"),
        pad=tuple(path[i : i + HASH_BYTES] for i in range(0, len(path), HASH_BYTES)),
        handtekening=data[-signing.SIGNATURE_BYTES :],
    )


@lru_cache(maxsize=64)  # a dozen kinds
def _leaf_head(soort: str) -> bytes:
    """What stands before the salt in the hash of a leaf; its length is part of it."""
    return LEAF + lp("attest-blad", soort.encode()) + u32(ZOUT_BYTES)


def _leaf(soort: str, zout: bytes, digest: bytes) -> bytes:
    return leaf_hash(lp("attest-blad", soort.encode(), zout, digest))


def _signed(sleutel_id: bytes, tijd_ms: int, size: int, root: bytes) -> bytes:
    return lp("attest-wortel", sleutel_id, u64(tijd_ms), u32(size), root)
