"""What the router does fast says the same as the plain way of doing it."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from corvus_crypto import signing
from corvus_crypto.attestatie import Attesteerder
from corvus_crypto.masker import bits, flags, mask_of
from corvus_crypto.merkle import Tree, leaf_hash
from corvus_schemas.errors import EnvelopeError

MASKS = st.integers(0, 2**130 - 1)


@given(MASKS)
def test_bits_are_the_positions_of_a_mask(mask: int) -> None:
    assert list(bits(mask)) == [at for at in range(130) if mask >> at & 1]
    assert mask_of(bits(mask)) == mask


@given(MASKS)
def test_flags_have_a_byte_for_every_position(mask: int) -> None:
    assert list(flags(mask, 130)) == [mask >> at & 1 for at in range(130)]


@pytest.mark.parametrize("size", range(18))
def test_all_paths_at_once_are_the_paths_one_by_one(size: int) -> None:
    tree = Tree([leaf_hash(bytes([at])) for at in range(size)])
    assert tree.paths() == [b"".join(tree.path(at)) for at in range(size)]


@pytest.mark.parametrize(
    "key",
    [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())],
)
def test_a_root_that_verified_vouches_for_nothing_else(
    key: signing.SigningKey,
) -> None:
    signature = signing.sign(key, b"root")
    public = (
        ed25519.Ed25519PrivateKey.generate()
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else ec.generate_private_key(ec.SECP256R1())
    ).public_key()
    for _ in range(2):  # remembered from the first time on
        signing.verify_root(key.public_key(), signature, b"root")
        for forged in (
            (key.public_key(), signature, b"toor"),
            (key.public_key(), signature[:-1] + b"\0", b"root"),
            (public, signature, b"root"),
        ):
            with pytest.raises(EnvelopeError, match=r"handtekening\.ongeldig"):
                signing.verify_root(*forged)


def test_digests_are_attested_as_the_contents_themselves() -> None:
    attesteerder = Attesteerder(
        ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32), bytes(16), bytes(32)
    )
    outputs = [("levering", b"one"), ("bewijs", b"two"), ("beslisregel", b"three")]
    digests = [(soort, hashlib.sha256(inhoud).digest()) for soort, inhoud in outputs]
    reeks = attesteerder.attest_digests(digests, 7)
    attestaties = attesteerder.attest(outputs, 7)
    assert list(reeks.attestaties) == [one.encode() for one in attestaties]
    for attestatie, leaf, output in zip(
        attestaties, reeks.bladeren, outputs, strict=True
    ):
        assert attestatie.leaf(*output) == leaf
        assert attestatie.root(*output) == reeks.wortel
