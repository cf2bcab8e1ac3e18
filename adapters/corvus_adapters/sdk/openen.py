"""Open what the broker delivered: believe nothing that is not proven (SPEC 11.4).

In this order: the broker's attestation, the sender's certificate and signature, this
organisation's own column, every cel's commitment, the table (no assignment of the
kenmerken would have allowed it: refuse and report), and only then decryption.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from corvus_adapters.sdk.ingang import Ingang, find_ingang, read_nasleutelkop
from corvus_broker.effecten import SOORT_LEVERING
from corvus_broker.inzending import SIGN_PURPOSE, check_validity, verify_certificaat
from corvus_broker.kalender import AMSTERDAM
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.cel import Plaats
from corvus_crypto.manifest import Manifest, parse_manifest
from corvus_crypto.masker import bits, parse_mask
from corvus_crypto.ondertekening import parse_ondertekening
from corvus_crypto.sealing import check_cellen, open_slots
from corvus_routing.woordenboek import VERWIJZING
from corvus_schemas.errors import (
    EnvelopeError,
    IdentityError,
    RegisterError,
    SchemaError,
)
from corvus_schemas.identifiers import format_id, parse_oin
from corvus_schemas.inhoudsregels import Inhoudsvraag, check_inhoud
from corvus_schemas.lezen import read_inhoud
from corvus_schemas.wire.bericht import Geattesteerd, Kop
from corvus_schemas.wire.nasleutel import Nalevering, read_geleverd

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_broker.register import Registerreeks, Registerversie
    from corvus_routing.adresboek import Organisatie
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_schemas.catalogus import Berichttype, Catalogus, Positie
    from corvus_schemas.identifiers import Oin
    from corvus_schemas.wire.nasleutel import Geleverd


@dataclass(frozen=True)
class Ontvangst:
    """A message as this organisation may see it.

    ``sleutel`` is the idempotency key: the same for every time it is handed over.
    ``zaak`` is this organisation's own reference of the zaak.
    ``regels`` names per rubriek label the rules under which it was disclosed;
    ``niet_toegekend`` the cellen that came without a key that fits.
    ``waarschuwingen`` are the rules that the content breaks (docs/INVARIANTEN.md):
    one that begins with ``inhoud.`` is a reason to refuse it, with that code.
    ``onbekende_codes`` are the paths of codes that this side's codelijsten do not have;
    the code stands in ``inhoud``. ``buiten_schema`` holds, by path, what only the
    sender's version of the berichttype has. ``nasleutel`` is the id of the nasleutel
    by which it came, later than the message.
    """

    bericht_id: str
    berichttype: str
    verstrekker: Oin
    verstrekker_naam: str
    verstrekker_type: str
    functie: str
    doel: str
    ondertekend_op_ms: int
    ontvangen_op_ms: int
    zaak_alias: bytes
    inhoud: dict[str, Any] = field(repr=False)
    regels: dict[str, str]
    niet_toegekend: tuple[str, ...]
    achtergehouden: int
    posities: int
    levering_digest: bytes
    manifest_digest: bytes
    register: bytes
    zaak: str = ""
    waarschuwingen: tuple[str, ...] = ()
    onbekende_codes: tuple[str, ...] = ()
    buiten_schema: dict[str, Any] = field(default_factory=dict, repr=False)
    nasleutel: str = ""

    @property
    def sleutel(self) -> str:
        """Idempotency key; a supplement to a message has one of its own."""
        return f"{self.verstrekker}:{self.bericht_id}:{self.levering_digest.hex()[:16]}"


@dataclass(frozen=True, slots=True)
class Lezer:
    """Who opens: OIN, organisatietype, private keys, registers, catalogue."""

    oin: Oin
    type: str
    private_key: Callable[[bytes], bytes | None]
    registers: Registerreeks
    catalogus: Catalogus
    statussen: frozenset[str]


def verify_attestatie(value: bytes, registers: Registerreeks) -> Geattesteerd:
    """Check that the broker sent exactly these bytes.

    Raises:
        EnvelopeError: ``attestatie.ongeldig``, ``attestatie.sleutel``.
        SchemaError: not canonical.
    """
    geattesteerd = Geattesteerd.decode(value)
    attestatie = parse_attestatie(geattesteerd.attestatie)
    try:
        # The register in force at that time decides: a key taken out of it is no key.
        found = registers.op(attestatie.tijd_ms).broker_key(attestatie.sleutel_id)
    except RegisterError:
        found = None  # a time that no register covers is no reason to stop
    if found is not None:
        key, van, tot = found
        if van <= attestatie.tijd_ms < tot:
            attestatie.verify(key, geattesteerd.soort, geattesteerd.inhoud)
            return geattesteerd
    raise EnvelopeError(
        "attestatie.sleutel",
        "the message was not attested with a key of the broker in the register",
        advice="Refuse it and report it: it did not come from the broker.",
    )


def open_levering(geattesteerd: Geattesteerd, lezer: Lezer) -> Ontvangst:
    """Verify and open a delivery whose attestation holds.

    Raises:
        InboundError: any check that fails; nothing was decrypted before it.
    """
    if geattesteerd.soort != SOORT_LEVERING:
        raise SchemaError("levering.soort", "this is no levering")
    levering = read_geleverd(geattesteerd.inhoud)
    manifest = parse_manifest(levering.manifest)
    kop = Kop.decode(manifest.kop)
    register = _register_of(kop.register, lezer.registers)
    _verify_sender(levering, manifest, kop, register)
    ingang = _own_column(levering, manifest, kop, lezer)
    # Last of what needs no layout: a message that waits for one is its sender's.
    berichttype = lezer.catalogus.versie(kop.berichttype, kop.schema)
    posities = berichttype.posities(tuple(kop.buckets))
    mask = parse_mask(levering.posities, manifest.posities)
    labels = [positie.label for positie in posities]
    cellen = check_cellen(manifest, mask, levering.cellen, labels)
    slots = ingang.slots(levering, cellen, labels)
    delivered = [posities[position] for position in bits(mask)]
    if len(levering.regels) != len(delivered):
        raise SchemaError("levering.regels", "a delivered cel names no rule")
    toen = datetime.fromtimestamp(levering.ontvangen_op / 1000, UTC)
    afzender = register.adresboek.organisatie(kop.verstrekker, toen)
    day = ingang.op.astimezone(AMSTERDAM).date()
    tabel = ingang.register.compiled(lezer.statussen, day)
    _third_lock(berichttype, delivered, afzender, tabel, lezer.type)
    private = lezer.private_key(ingang.kolom.sleutel_id)
    if private is None:
        raise EnvelopeError(
            "sleutel.weg",
            "the message was sealed to a key that is no longer here",
            advice="Ask the sender for a nasleutel.",
        )
    plaatsen = [
        Plaats(positie.index, positie.label, positie.rubriek.fingerprint)
        for positie in delivered
    ]
    geopend = open_slots(manifest, ingang.kastsleutel(private), cellen, slots, plaatsen)
    gelezen = read_inhoud(berichttype, geopend.plaintexts, lezer.catalogus)
    inhoud = dict(gelezen.inhoud)
    vraag = Inhoudsvraag(berichttype.code, inhoud, ontvanger=lezer.type)
    return Ontvangst(
        bericht_id=format_id(kop.bericht_id),
        berichttype=berichttype.code,
        verstrekker=parse_oin(kop.verstrekker),
        verstrekker_naam=afzender.naam,
        verstrekker_type=afzender.type,
        functie=kop.functie,
        doel=kop.doel,
        ondertekend_op_ms=kop.ondertekend_op,
        ontvangen_op_ms=levering.ontvangen_op,
        zaak_alias=levering.zaak,
        inhoud=inhoud,
        onbekende_codes=gelezen.onbekende_codes,
        buiten_schema=gelezen.buiten_schema,
        regels={
            positie.label: regel
            for positie, regel in zip(delivered, levering.regels, strict=True)
        },
        niet_toegekend=tuple(geopend.niet_toegekend),
        achtergehouden=manifest.posities - len(delivered),
        posities=mask,
        levering_digest=hashlib.sha256(geattesteerd.inhoud).digest(),
        manifest_digest=manifest.digest,
        register=levering.register,
        waarschuwingen=check_inhoud(vraag).codes(),
        nasleutel=ingang.nasleutel_id,
    )


def _register_of(digest: bytes, registers: Registerreeks) -> Registerversie:
    register = registers.by_digest(digest)
    if register is None:
        raise EnvelopeError(
            "register.onbekend",
            "the message was sealed under a register that is not known here",
            advice="Fetch the register, then fetch the message again.",
        )
    return register


def _verify_sender(
    levering: Geleverd, manifest: Manifest, kop: Kop, register: Registerversie
) -> None:
    ondertekening = parse_ondertekening(levering.ondertekening)
    vermelding = verify_certificaat(
        register, ondertekening.certificaat, parse_oin(kop.verstrekker)
    )
    ondertekening.verify(vermelding.verify_key, SIGN_PURPOSE, manifest.digest)
    check_validity(vermelding, levering.ontvangen_op)


def _own_column(
    levering: Geleverd, manifest: Manifest, kop: Kop, lezer: Lezer
) -> Ingang:
    sealed = kop.register
    if isinstance(levering, Nalevering):
        sealed = read_nasleutelkop(levering).register
    register = _register_of(sealed, lezer.registers)
    ingang = find_ingang(levering, manifest, kop, register)
    if ingang.kolom.oin != lezer.oin:
        raise IdentityError(
            "kolom.vreemd", "the column of this levering is not this organisation's"
        )
    return ingang


def _third_lock(
    berichttype: Berichttype,
    delivered: list[Positie],
    afzender: Organisatie,
    tabel: GecompileerdeTabel,
    eigen_type: str,
) -> None:
    """Refuse what no assignment of the kenmerken would allow this organisation.

    Raises:
        IdentityError: ``levering.niet_toegestaan``, naming the rubrieken.
    """
    possible = tabel.possible_rubrieken(berichttype.code, afzender.type, eigen_type)
    names = {positie.rubriek.naam for positie in delivered}
    excess = sorted(names - possible - {VERWIJZING})
    if excess:
        raise IdentityError(
            "levering.niet_toegestaan",
            f"no rule would ever let a {eigen_type} receive {', '.join(excess)}",
            advice="Do not use it. Report it to the broker and the sender at once.",
        )
