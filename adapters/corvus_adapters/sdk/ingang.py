"""A recipient's way into a delivery: the column of the message, or a later one.

By a nasleutel the cellen are those of the old message, and the way in is new: signed by
the same sender or its successor, under a register of its own time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from corvus_broker.inzending import check_validity, verify_certificaat
from corvus_crypto.cel import SLOT_BYTES
from corvus_crypto.kolom import KastContext, Kolom, parse_kolommen
from corvus_crypto.masker import parse_mask
from corvus_crypto.nasleutel import (
    SIGN_PURPOSE,
    NasleutelContext,
    check_nasleutelkolom,
    open_nasleutelkast,
    parse_nasleutelmanifest,
    split_beloften,
    split_sloten,
)
from corvus_crypto.ondertekening import parse_ondertekening
from corvus_crypto.sealing import check_kolom, open_kast
from corvus_crypto.suite import suite_of
from corvus_schemas.errors import EnvelopeError, IdentityError
from corvus_schemas.identifiers import Oin, format_id, parse_oin
from corvus_schemas.wire.nasleutel import Nalevering, Nasleutelkop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corvus_broker.register import Registerversie
    from corvus_crypto.cel import WireCel
    from corvus_crypto.manifest import Manifest
    from corvus_crypto.nasleutel import Nasleutelmanifest
    from corvus_schemas.wire.bericht import Kop
    from corvus_schemas.wire.nasleutel import Geleverd


@dataclass(frozen=True, slots=True)
class Ingang:
    """One's own column, verified but for the slots, and what it is judged by."""

    kolom: Kolom
    context: KastContext | NasleutelContext
    register: Registerversie
    op_ms: int
    nasleutel_id: str = ""
    manifest: Nasleutelmanifest | None = None

    @property
    def op(self) -> datetime:
        """The moment whose table and adresboek this delivery is judged by."""
        return datetime.fromtimestamp(self.op_ms / 1000, UTC)

    def kastsleutel(self, private: bytes) -> bytes:
        """Open the column.

        Raises:
            EnvelopeError: ``kolom.opent_niet``.
        """
        key = suite_of(self.context.suite).load_private(private)
        if isinstance(self.context, NasleutelContext):
            return open_nasleutelkast(self.kolom, self.context, key)
        return open_kast(self.kolom, self.context, key)

    def slots(
        self, levering: Geleverd, cellen: Sequence[WireCel], labels: Sequence[str]
    ) -> list[bytes]:
        """Give the slots of the delivered cellen; those of a nasleutel are checked.

        Raises:
            EnvelopeError: ``nasleutel.indeling``, ``nasleutel.belofte``.
        """
        if self.manifest is None or not isinstance(levering, Nalevering):
            at = self.kolom.index * SLOT_BYTES
            return [wire.row[at : at + SLOT_BYTES] for wire in cellen]
        sloten = read_slots(levering, self.manifest, self.kolom, labels)
        return [sloten[position] for position in sorted(sloten)]


def find_ingang(
    levering: Geleverd, manifest: Manifest, kop: Kop, register: Registerversie
) -> Ingang:
    """Verify the column that came with a delivery; of a nasleutel who signed it too.

    ``register`` is the one the message, or the nasleutel, was sealed under.

    Raises:
        EnvelopeError, IdentityError: not as it was signed, or not by its sender.
    """
    if isinstance(levering, Nalevering):
        return _by_nasleutel(levering, manifest, kop, register)
    kolom = _one_column(levering.kolom, manifest.suite, manifest.columns)
    check_kolom(manifest, kolom)
    context = KastContext(
        suite=manifest.suite,
        bericht_id=kop.bericht_id,
        poging=kop.poging,
        kop_digest=manifest.kop_digest,
        verstrekker=parse_oin(kop.verstrekker),
        register=kop.register,
    )
    return Ingang(kolom, context, register, levering.ontvangen_op)


def read_nasleutelkop(levering: Nalevering) -> Nasleutelkop:
    """Read what a nasleutel says of itself; believes nothing of it.

    Raises:
        EnvelopeError: ``nasleutel.indeling``.
        SchemaError: not canonical.
    """
    return Nasleutelkop.decode(parse_nasleutelmanifest(levering.nasleutel).kop)


def read_slots(
    levering: Nalevering,
    nasleutel: Nasleutelmanifest,
    kolom: Kolom,
    labels: Sequence[str],
) -> Mapping[int, bytes]:
    """Read the slots of a nasleutel, and check column and slots as they were signed.

    Raises:
        EnvelopeError: ``nasleutel.indeling``, ``nasleutel.belofte``,
            ``masker.indeling``.
    """
    size = len(labels)
    [beloften] = split_beloften(levering.beloften, 1, size)
    [sloten] = split_sloten(levering.sloten, [parse_mask(levering.posities, size)])
    check_nasleutelkolom(nasleutel, kolom, beloften, sloten, labels)
    return sloten


def verify_nasleutelaar(
    levering: Nalevering, manifest: Manifest, kop: Kop, register: Registerversie
) -> Oin:
    """Check that a nasleutel is to this message, and by its sender or successor.

    Raises:
        EnvelopeError: ``nasleutel.bericht``, ``handtekening.ongeldig``.
        IdentityError: ``nasleutel.vreemd``, or the certificate does not hold.
    """
    nasleutel = parse_nasleutelmanifest(levering.nasleutel)
    eigen = Nasleutelkop.decode(nasleutel.kop)
    if (eigen.manifest, eigen.bericht_id) != (manifest.digest, kop.bericht_id):
        raise EnvelopeError("nasleutel.bericht", "the nasleutel is to another message")
    signer = parse_oin(eigen.verstrekker)
    ondertekening = parse_ondertekening(levering.nasleutel_ondertekening)
    vermelding = verify_certificaat(register, ondertekening.certificaat, signer)
    ondertekening.verify(vermelding.verify_key, SIGN_PURPOSE, nasleutel.digest)
    check_validity(vermelding, levering.nagesleuteld_op)
    op = datetime.fromtimestamp(levering.nagesleuteld_op / 1000, UTC)
    if kop.verstrekker not in register.adresboek.identiteit(signer, op):
        raise IdentityError(
            "nasleutel.vreemd",
            "a nasleutel is signed by the sender of the message or its successor",
            advice="Do not use it. Report it to the broker and the sender at once.",
        )
    return signer


def _by_nasleutel(
    levering: Nalevering, manifest: Manifest, kop: Kop, register: Registerversie
) -> Ingang:
    signer = verify_nasleutelaar(levering, manifest, kop, register)
    nasleutel = parse_nasleutelmanifest(levering.nasleutel)
    eigen = Nasleutelkop.decode(nasleutel.kop)
    context = NasleutelContext(
        suite=nasleutel.suite,
        bericht_id=eigen.bericht_id,
        manifest=eigen.manifest,
        nasleutel_id=eigen.nasleutel_id,
        poging=eigen.poging,
        verstrekker=signer,
        register=eigen.register,
    )
    return Ingang(
        kolom=_one_column(levering.kolom, nasleutel.suite, nasleutel.columns),
        context=context,
        register=register,
        op_ms=levering.nagesleuteld_op,
        nasleutel_id=format_id(eigen.nasleutel_id),
        manifest=nasleutel,
    )


def _one_column(data: bytes, suite: int, columns: int) -> Kolom:
    kolommen = parse_kolommen(data, suite_of(suite), columns)
    if len(kolommen) != 1:
        raise EnvelopeError("kolom.indeling", "the delivery has not one column")
    return kolommen[0]
