"""The proof file of one delivery: its format, and how an operator collects it (SPEC 16).

It holds what the broker holds: sealed cellen, signatures, labels and digests. Nothing
in it opens a cel.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from corvus_broker.effecten import SOORT_BEWIJS, SOORT_LEVERING, SOORT_TERUGMELDING
from corvus_broker.topics import AUDIT, levering_topics
from corvus_broker.uitlezen import read_whole
from corvus_schemas.errors import EnvelopeError
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Terugmelding
from corvus_schemas.wire.staat import Auditbatch, Beslisregel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from corvus_adapters.audit.insluiter import Insluiter
    from corvus_broker.ports import Record, Transport

SOORT: Final = "corvus.bewijsbestand"
VERSIE: Final = 2
SUFFIX: Final = ".bewijs.json"
LARGEST_ENTRY: Final = 64 * 1024 * 1024


class _Inhoud(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    soort: Literal["corvus.bewijsbestand"]
    versie: Literal[1, 2]
    levering: str
    beslisregel: str
    beslisregel_attestatie: str
    ontvangstbewijs: str | None
    terugmeldingen: list[str]
    registerversie: str
    tabel: str
    insluiting: str | None = None

    @model_validator(mode="after")
    def _of_its_version(self) -> Self:
        if ("insluiting" in self.model_fields_set) != (self.versie == VERSIE):
            raise ValueError(self.versie)
        return self


@dataclass(frozen=True, slots=True)
class Bewijsbestand:
    """The parts of a proof, as bytes."""

    levering: bytes
    beslisregel: bytes
    beslisregel_attestatie: bytes
    ontvangstbewijs: bytes | None
    terugmeldingen: tuple[bytes, ...]
    register: bytes
    tabel: bytes
    insluiting: str | None = None
    """Proof that the batch of this decision is in the audit log (SPEC 19)."""

    def encode(self) -> str:
        """Write the file."""
        inhoud = _Inhoud(
            soort=SOORT,
            versie=VERSIE,
            levering=_b64(self.levering),
            beslisregel=_b64(self.beslisregel),
            beslisregel_attestatie=_b64(self.beslisregel_attestatie),
            ontvangstbewijs=None
            if self.ontvangstbewijs is None
            else _b64(self.ontvangstbewijs),
            terugmeldingen=[_b64(one) for one in self.terugmeldingen],
            registerversie=_b64(zlib.compress(self.register)),
            tabel=_b64(zlib.compress(self.tabel)),
            insluiting=self.insluiting,
        )
        return json.dumps(inhoud.model_dump(), indent=1) + "\n"


def parse_bewijsbestand(text: str) -> Bewijsbestand:
    """Read a proof file; believes nothing in it.

    Raises:
        EnvelopeError: ``bewijsbestand.ongeldig``.
    """
    try:
        inhoud = _Inhoud.model_validate_json(text)
        return Bewijsbestand(
            levering=_bytes(inhoud.levering),
            beslisregel=_bytes(inhoud.beslisregel),
            beslisregel_attestatie=_bytes(inhoud.beslisregel_attestatie),
            ontvangstbewijs=None
            if inhoud.ontvangstbewijs is None
            else _bytes(inhoud.ontvangstbewijs),
            terugmeldingen=tuple(_bytes(one) for one in inhoud.terugmeldingen),
            register=_inflate(inhoud.registerversie),
            tabel=_inflate(inhoud.tabel),
            insluiting=inhoud.insluiting,
        )
    except (ValidationError, ValueError, binascii.Error, zlib.error):
        raise EnvelopeError(
            "bewijsbestand.ongeldig",
            "the file is no Corvus proof file of version 1 or 2",
            advice="Give a file that corvus bewijs or the demo wrote.",
        ) from None


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _inflate(text: str) -> bytes:
    """Decompress with a limit, so that a small file cannot fill the memory."""
    work = zlib.decompressobj()
    data = work.decompress(_bytes(text), LARGEST_ENTRY)
    if work.unconsumed_tail or not work.eof or work.unused_data:
        raise ValueError(LARGEST_ENTRY)
    return data


@dataclass(frozen=True, slots=True)
class Gevonden:
    """A delivery found in the topics, with what else is known about it."""

    ontvanger: str
    verstrekker: str
    bericht_id: bytes
    berichttype: str
    bestand: Bewijsbestand


@dataclass(slots=True)
class _Oogst:
    leveringen: dict[bytes, tuple[str, bytes]]
    regels: dict[bytes, tuple[bytes, bytes]]
    insluitingen: dict[bytes, str | None]
    bewijzen: dict[bytes, bytes]
    """By the digest of each levering that a receipt of the broker names."""
    terugmeldingen: dict[bytes, list[bytes]]


async def collect(
    transport: Transport,
    oins: Iterable[str],
    registers: dict[bytes, tuple[bytes, bytes]],
    insluiter: Insluiter | None = None,
) -> list[Gevonden]:
    """Make a proof of every delivery in the topics; for the operator, who reads all.

    ``registers`` maps a register digest to its entry and its table, as signed; without
    an ``insluiter`` nothing is said of the audit log.
    """
    oogst = _Oogst({}, {}, {}, {}, {})
    for record in await _read_all(transport, [AUDIT]):
        batch = Auditbatch.decode(record.value or b"")
        proof = (
            None
            if insluiter is None
            else insluiter.prove(record.partition, record.offset)
        )
        for blad in batch.beslisregels:
            levering = Beslisregel.decode(blad.inhoud).levering
            if levering is not None:
                oogst.regels[levering] = (blad.inhoud, blad.attestatie)
                oogst.insluitingen[levering] = proof
    for oin in oins:
        for record in await _read_all(transport, levering_topics(oin)):
            _sort(oin, record.value or b"", oogst)
    return [
        _gevonden(digest, *oogst.leveringen[digest], oogst, registers)
        for digest in oogst.leveringen
        if digest in oogst.regels
    ]


def _sort(oin: str, value: bytes, oogst: _Oogst) -> None:
    geattesteerd = Geattesteerd.decode(value)
    if geattesteerd.soort == SOORT_LEVERING:
        digest = hashlib.sha256(geattesteerd.inhoud).digest()
        oogst.leveringen[digest] = (oin, value)
    elif geattesteerd.soort == SOORT_BEWIJS:
        bewijs = Ontvangstbewijs.decode(geattesteerd.inhoud)
        for verstrekking in bewijs.verstrekkingen:
            if verstrekking.levering is not None:
                oogst.bewijzen.setdefault(verstrekking.levering, value)
    elif geattesteerd.soort == SOORT_TERUGMELDING:
        melding = Terugmelding.decode(geattesteerd.inhoud)
        levering = Ontvangstbewijs.decode(melding.bewijs).levering
        oogst.terugmeldingen.setdefault(levering or b"", []).append(value)


def _gevonden(
    digest: bytes,
    oin: str,
    value: bytes,
    oogst: _Oogst,
    registers: dict[bytes, tuple[bytes, bytes]],
) -> Gevonden:
    inhoud, attestatie = oogst.regels[digest]
    regel = Beslisregel.decode(inhoud)
    register, tabel = registers[regel.register]
    return Gevonden(
        ontvanger=oin,
        verstrekker=regel.verstrekker,
        bericht_id=regel.bericht_id,
        berichttype=regel.berichttype,
        bestand=Bewijsbestand(
            levering=value,
            beslisregel=inhoud,
            beslisregel_attestatie=attestatie,
            ontvangstbewijs=oogst.bewijzen.get(digest),
            terugmeldingen=tuple(oogst.terugmeldingen.get(digest, ())),
            register=register,
            tabel=tabel,
            insluiting=oogst.insluitingen[digest],
        ),
    )


async def _read_all(transport: Transport, topics: Sequence[str]) -> list[Record]:
    return [
        record for topic in topics async for record in read_whole(transport, topic, 0)
    ]


def write_proofs(folder: Path, found: Iterable[Gevonden]) -> list[Path]:
    """Write a file per delivery, named by berichttype, id and recipient."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for one in found:
        name = f"{one.berichttype}-{one.bericht_id.hex()[:12]}-{one.ontvanger}"
        path = folder / f"{name}{SUFFIX}"
        number = 1
        while path in paths:  # what was held came later, of the same message
            number += 1
            path = folder / f"{name}-{number}{SUFFIX}"
        path.write_text(one.bestand.encode(), "utf-8")
        paths.append(path)
    return paths
