"""Seal a planned message: kop, columns, cellen, routering, manifest, signature."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.inzending import SIGN_PURPOSE
from corvus_crypto.cel import CelContext, Plaats
from corvus_crypto.kolom import ZOUT_BYTES, KastContext, columns_for
from corvus_crypto.lp import digest, u8
from corvus_crypto.masker import encode_mask, mask_of
from corvus_crypto.ondertekening import sign_batch, sign_one
from corvus_crypto.sealing import Omvang, Vulling, make_kast, seal
from corvus_schemas.identifiers import parse_oin
from corvus_schemas.wire.bericht import Inzending, Kop, Routering, Toekenning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from corvus_adapters.sdk.plan import Toegekend
    from corvus_crypto.ondertekening import Ondertekening
    from corvus_crypto.sealing import Verzegeld
    from corvus_crypto.signing import SigningKey
    from corvus_schemas.catalogus import Positie

SHUFFLE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Zegel:
    """With what a message is sealed and signed."""

    suite: int
    key: SigningKey
    certificaat: bytes
    random: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Lading:
    """What goes in: every position, the plaintext by label, who may open what."""

    posities: tuple[Positie, ...]
    plaintexts: Mapping[str, bytes] = field(repr=False)
    toegekend: Sequence[Toegekend]


@dataclass(frozen=True, slots=True)
class Ongetekend:
    """A sealed message that still wants its signature."""

    verzegeld: Verzegeld
    routering: bytes
    routering_zout: bytes

    def signed(self, ondertekening: Ondertekening) -> Inzending:
        """Put the signature on."""
        return Inzending(
            manifest=self.verzegeld.manifest.encoded,
            ondertekening=ondertekening.encode(),
            routering=self.routering,
            routering_zout=self.routering_zout,
            kolommen=self.verzegeld.kolommen,
            cellen=self.verzegeld.cellen,
        )


def sign_messages(messages: Sequence[Ongetekend], zegel: Zegel) -> list[Inzending]:
    """Sign; several messages with one signature, each with its own path (SPEC 8)."""
    digests = [one.verzegeld.manifest.digest for one in messages]
    key, certificaat = zegel.key, zegel.certificaat
    if len(digests) == 1:
        signatures: Sequence[Ondertekening] = [
            sign_one(key, certificaat, SIGN_PURPOSE, digests[0])
        ]
    else:
        signatures = sign_batch(key, certificaat, SIGN_PURPOSE, digests, zegel.random)
    return [one.signed(two) for one, two in zip(messages, signatures, strict=True)]


def seal_message(
    kop: Kop, routering: Routering, lading: Lading, zegel: Zegel
) -> Inzending:
    """Seal and sign one message."""
    [inzending] = sign_messages([seal_unsigned(kop, routering, lading, zegel)], zegel)
    return inzending


def seal_unsigned(
    kop: Kop, routering: Routering, lading: Lading, zegel: Zegel
) -> Ongetekend:
    """Seal. ``routering`` comes without masks: they are filled in here."""
    posities, toegekend = lading.posities, lading.toegekend
    ruwe_kop = kop.encode()
    context = CelContext(zegel.suite, digest("kop", u8(zegel.suite), ruwe_kop))
    columns = columns_for(len(toegekend))
    indices = _shuffled(columns, zegel.random)[: len(toegekend)]
    kast_context = KastContext(
        suite=zegel.suite,
        bericht_id=kop.bericht_id,
        poging=kop.poging,
        kop_digest=context.kop_digest,
        verstrekker=parse_oin(kop.verstrekker),
        register=kop.register,
    )
    placed = sorted(zip(indices, toegekend, strict=True), key=lambda pair: pair[0])
    kasten = [
        make_kast(kast_context, index, one.sleutel, zegel.random)
        for index, one in placed
    ]
    vullingen = _vullingen(posities, lading.plaintexts, placed)
    gevuld = mask_of(vulling.plaats.position for vulling in vullingen)
    ruwe_routering = _with_masks(routering, posities, gevuld, placed).encode()
    zout = zegel.random(ZOUT_BYTES)
    verzegeld = seal(
        context,
        Omvang(len(posities), columns),
        kop=ruwe_kop,
        routering=ruwe_routering,
        routering_zout=zout,
        vullingen=vullingen,
        kasten=kasten,
        random=zegel.random,
    )
    return Ongetekend(verzegeld, ruwe_routering, zout)


def _vullingen(
    posities: tuple[Positie, ...],
    plaintexts: Mapping[str, bytes],
    placed: Sequence[tuple[int, Toegekend]],
) -> list[Vulling]:
    return [
        Vulling(
            Plaats(positie.index, positie.label, positie.rubriek.fingerprint),
            plaintexts[positie.label],
            frozenset(
                index for index, one in placed if one.masker >> positie.index & 1
            ),
        )
        for positie in posities
        if positie.label in plaintexts
    ]


def _with_masks(
    routering: Routering,
    posities: tuple[Positie, ...],
    gevuld: int,
    placed: Sequence[tuple[int, Toegekend]],
) -> Routering:
    positions = len(posities)
    leeg = mask_of(range(positions)) & ~gevuld
    return msgspec.structs.replace(
        routering,
        leeg=encode_mask(leeg, positions),
        toekenning=[
            Toekenning(index, encode_mask(one.masker & gevuld, positions))
            for index, one in placed
        ],
    )


def _shuffled(count: int, random: Callable[[int], bytes]) -> list[int]:
    """Put column numbers in a random order, so that an index tells nothing."""
    return sorted(range(count), key=lambda _: random(SHUFFLE_BYTES))
