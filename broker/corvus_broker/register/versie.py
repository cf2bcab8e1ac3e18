"""A verified register version, and the series of them (SPEC 11).

Nothing here verifies: only ``openen.open_register`` makes a Registerversie, and it
makes none that it did not verify.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from corvus_routing.compileer import compile_tabel
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from corvus_crypto.signing import VerifyKey
    from corvus_routing.adresboek import Adresboek
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.gebieden import Gebieden
    from corvus_routing.regel import Verstrekkingentabel
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.identifiers import Oin
    from corvus_schemas.kenmerken import KenmerkWaarde

_COMPILED_LIMIT: Final = 4


@dataclass(frozen=True, slots=True)
class CertificaatVermelding:
    """A signing certificate as the register lists it."""

    oin: Oin
    verify_key: VerifyKey
    geldig_van_ms: int
    geldig_tot_ms: int
    ingetrokken_op_ms: int | None

    def usable(self, op_ms: int) -> bool:
        """Tell whether it is within its validity and not revoked at a moment."""
        revoked = self.ingetrokken_op_ms is not None and op_ms >= self.ingetrokken_op_ms
        return self.geldig_van_ms <= op_ms < self.geldig_tot_ms and not revoked


@dataclass(frozen=True, slots=True)
class Sleutel:
    """An organisation's HPKE key, declared under one of its own certificates."""

    id: bytes
    oin: Oin
    suite: int
    publiek: bytes
    volgnummer: int
    geldig_van_ms: int
    geldig_tot_ms: int
    certificaat: bytes


@dataclass(frozen=True)
class Registerversie:
    """One version of the register: who is who, with which keys, and the table."""

    digest: bytes
    volgnummer: int
    geldig_van_ms: int
    geldig_tot_ms: int
    partities: int
    broker_oin: Oin
    adresboek: Adresboek
    gebieden: Gebieden
    kenmerken: Mapping[str, KenmerkWaarde]
    tabel: Verstrekkingentabel
    tabel_digest: bytes
    ondertekenaars: tuple[str, ...]
    tabel_ondertekenaars: tuple[str, ...]
    catalogus: Catalogus = field(repr=False)
    _certificaten: Mapping[bytes, CertificaatVermelding] = field(repr=False)
    _sleutels: Mapping[bytes, Sleutel] = field(repr=False)
    _broker_keys: Mapping[bytes, tuple[VerifyKey, int, int]] = field(repr=False)
    _suites: Mapping[int, int | None] = field(repr=False)
    _by_owner: Mapping[tuple[str, int], tuple[Sleutel, ...]] = field(repr=False)
    _compiled: dict[tuple[frozenset[str], date], GecompileerdeTabel] = field(
        default_factory=dict, repr=False, compare=False
    )

    def compiled(self, statussen: frozenset[str], op: date) -> GecompileerdeTabel:
        """Give the table compiled for a day; compiled once, then remembered.

        Raises:
            RegisterError: ``tabel.niet_in_werking`` outside the table's own period.
        """
        key = (statussen, op)
        table = self._compiled.get(key)
        if table is None:
            table = compile_tabel(
                self.tabel, self.catalogus, statussen=statussen, op=op
            )
            if len(self._compiled) >= _COMPILED_LIMIT:
                # A router lives for months, and decides about today and yesterday.
                self._compiled.pop(next(iter(self._compiled)))
            self._compiled[key] = table
        return table

    def certificaat(self, thumbprint: bytes) -> CertificaatVermelding | None:
        """Look a signing certificate up by its SHA-256."""
        return self._certificaten.get(thumbprint)

    def can_sign(self, oin: str, op_ms: int) -> bool:
        """Tell whether an organisation has a certificate to sign with at a moment."""
        return any(
            one.oin == oin and one.usable(op_ms) for one in self._certificaten.values()
        )

    def sleutel(self, oin: str, op_ms: int, suite_id: int) -> Sleutel | None:
        """Give the newest key of an organisation that may be sealed to at a moment.

        A key vouched for by a certificate that is revoked by then is passed over:
        whoever stole the certificate could have declared it.
        """
        best: Sleutel | None = None
        for sleutel in self._by_owner.get((oin, suite_id), ()):
            if self.usable(sleutel, op_ms) and (
                best is None or sleutel.volgnummer > best.volgnummer
            ):
                best = sleutel
        return best

    def usable(self, sleutel: Sleutel, op_ms: int) -> bool:
        """Tell whether a key may be sealed to at a moment."""
        if not sleutel.geldig_van_ms <= op_ms < sleutel.geldig_tot_ms:
            return False
        revoked = self._certificaten[sleutel.certificaat].ingetrokken_op_ms
        return revoked is None or op_ms < revoked

    def sleutel_by_id(self, sleutel_id: bytes) -> Sleutel | None:
        """Look a key up by its id, whatever its validity."""
        return self._sleutels.get(sleutel_id)

    def broker_key(self, key_id: bytes) -> tuple[VerifyKey, int, int] | None:
        """Look a key of the broker up: the key, valid from, valid up to (ms)."""
        return self._broker_keys.get(key_id)

    def suite_allowed(self, suite_id: int, op_ms: int) -> bool:
        """Tell whether a suite may be used at a moment."""
        if suite_id not in self._suites:
            return False
        end = self._suites[suite_id]
        return end is None or op_ms < end

    def in_force(self, op_ms: int) -> bool:
        """Tell whether a moment is within this version's own validity."""
        return self.geldig_van_ms <= op_ms < self.geldig_tot_ms


class Registerreeks:
    """Every version an installation knows, newest number in force wins.

    It can grow while it is used, by whole versions only: what holds it sees the one
    before or the one after, never half of it.
    """

    def __init__(self, versies: Iterable[Registerversie]) -> None:
        """Order the versions.

        Raises:
            RegisterError: ``register.volgorde`` when two versions share a number or a
                digest, or a higher number starts earlier than a lower one;
                ``register.partities`` when they differ in the number of partitions.
        """
        self._put(versies)

    def add(self, versie: Registerversie) -> bool:
        """Take in a version; False when it is there already.

        Raises:
            RegisterError: as the constructor; everything stays as it was.
        """
        if versie.digest in self._by_digest:
            return False
        self._put([*self.versies, versie])
        return True

    def _put(self, versies: Iterable[Registerversie]) -> None:
        ordered = tuple(sorted(versies, key=lambda versie: versie.volgnummer))
        by_digest = {versie.digest: versie for versie in ordered}
        starts = [versie.geldig_van_ms for versie in ordered]
        numbers = {versie.volgnummer for versie in ordered}
        distinct = len(numbers) == len(by_digest) == len(ordered)
        if not distinct or starts != sorted(starts):
            raise RegisterError(
                "register.volgorde",
                "register versions share a number, or start out of order",
                advice="Give each version the next number and a later geldig_van.",
            )
        if len({versie.partities for versie in ordered}) > 1:
            # The place of a zaak follows from the number.
            raise RegisterError(
                "register.partities",
                "register versions differ in the number of partitions",
                advice="Keep the number of the first version.",
            )
        self.versies = ordered
        self._by_digest = by_digest
        self._starts = starts

    def op(self, tijd_ms: int) -> Registerversie:
        """Give the version in force at a moment: the last one started, if it holds.

        An older version does not come back when the newest one expires.

        Raises:
            RegisterError: ``register.geen_geldig``.
        """
        index = bisect_right(self._starts, tijd_ms) - 1
        if index >= 0 and self.versies[index].in_force(tijd_ms):
            return self.versies[index]
        raise RegisterError(
            "register.geen_geldig",
            f"none of {len(self.versies)} register version(s) is in force at this time",
            advice="Have two officers sign and publish a new register version.",
        )

    def by_digest(self, digest: bytes) -> Registerversie | None:
        """Look up the version that a message names."""
        return self._by_digest.get(digest)
