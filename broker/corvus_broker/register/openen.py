"""Open a register version: verify everything in it, or refuse the whole (SPEC 11).

The only maker of a Registerversie. Certificates are verified as of the start of the
version; whether one still holds is judged again for every message.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ed25519

from corvus_broker.register.formaat import (
    REGISTER_TYPE,
    TABEL_TYPE,
    broker_key_id,
    entry_digest,
    key_statement,
    parse_register,
    time_ms,
)
from corvus_broker.register.versie import (
    CertificaatVermelding,
    Registerversie,
    Sleutel,
)
from corvus_crypto.certificaten import from_ms, load_certificate, verify_chain
from corvus_crypto.dsse import open_envelope, parse_base64, peek_body, peek_payload
from corvus_crypto.signing import check_verify_key, verify
from corvus_crypto.suite import suite_of
from corvus_routing.adresboek import Adresboek, Organisatie
from corvus_routing.gebieden import Gebieden, load_gebieden, parse_gebieden
from corvus_routing.tabel import tabel_from_payload
from corvus_schemas.errors import EnvelopeError, IdentityError, RegisterError
from corvus_schemas.identifiers import Oin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

    from corvus_broker.register.formaat import (
        BrokerStuk,
        CertificaatStuk,
        OrganisatieStuk,
        RegisterStuk,
        SleutelStuk,
    )
    from corvus_crypto.dsse import JsonValue
    from corvus_crypto.hybride import HybrideVerifyKey
    from corvus_crypto.signing import VerifyKey
    from corvus_schemas.catalogus import Catalogus
    from corvus_schemas.kenmerken import KenmerkWaarde

DEFAULT_DREMPEL: Final = 2


@dataclass(frozen=True, slots=True)
class Vertrouwen:
    """Whom this installation believes: officers, how many, and certificate roots."""

    functionarissen: Mapping[str, HybrideVerifyKey]
    ankers: tuple[x509.Certificate, ...]
    drempel: int = DEFAULT_DREMPEL


@dataclass(frozen=True, slots=True)
class GetekendeTabel:
    """A table that enough officers signed; what it says was not looked at yet."""

    digest: bytes
    payload: JsonValue
    ondertekenaars: tuple[str, ...]


def open_tabel(tabel_dsse: bytes, vertrouwen: Vertrouwen) -> GetekendeTabel:
    """Verify the signatures of a table.

    Raises:
        RegisterError: ``register.ongeldig``, ``register.handtekeningen``.
    """
    opened = open_envelope(
        tabel_dsse, TABEL_TYPE, vertrouwen.functionarissen, vertrouwen.drempel
    )
    digest = entry_digest(TABEL_TYPE, opened.canonical)
    return GetekendeTabel(digest, opened.payload, opened.signers)


def open_register(
    register_dsse: bytes,
    tabel_dsse: bytes,
    vertrouwen: Vertrouwen,
    catalogus: Catalogus,
) -> Registerversie:
    """Verify a register entry with its table.

    Raises:
        RegisterError: ``register.ongeldig``, ``register.handtekeningen``,
            ``register.tabel``, ``register.periode``, ``register.certificaat``,
            ``register.kenmerk``, ``register.oin``, ``register.dubbel``, ``register.sleutelverklaring``,
            ``register.brokersleutel``, or the code of a table that does not load.
    """
    officers, threshold = vertrouwen.functionarissen, vertrouwen.drempel
    opened = open_envelope(register_dsse, REGISTER_TYPE, officers, threshold)
    stuk = parse_register(opened.payload)
    table = open_tabel(tabel_dsse, vertrouwen)
    if table.digest.hex() != stuk["tabel"]:
        raise _refuse("tabel", "the table at hand is not the one the register names")
    van_ms, tot_ms = _period(stuk["geldig_van"], stuk["geldig_tot"])
    lezing = _Lezing(vertrouwen, van_ms)
    for organisatie in stuk["organisaties"]:
        lezing.read_organisation(organisatie)
    return Registerversie(
        digest=entry_digest(REGISTER_TYPE, opened.canonical),
        volgnummer=stuk["volgnummer"],
        geldig_van_ms=van_ms,
        geldig_tot_ms=tot_ms,
        partities=stuk["partities"],
        broker_oin=Oin(stuk["broker"]["oin"]),
        adresboek=Adresboek(lezing.organisaties.values()),
        gebieden=gebieden_of(stuk),
        kenmerken=kenmerken_of(stuk, catalogus),
        tabel=tabel_from_payload(table.payload, catalogus),
        tabel_digest=table.digest,
        ondertekenaars=opened.signers,
        tabel_ondertekenaars=table.ondertekenaars,
        catalogus=catalogus,
        _certificaten=lezing.certificaten,
        _sleutels=lezing.sleutels,
        _broker_keys=_broker_keys(stuk["broker"]),
        _suites=_suites(stuk),
        _by_owner=_by_owner(lezing.sleutels),
    )


def named_tabel(register_dsse: bytes) -> str:
    """Read which table an entry names, believing nothing: only to find its file.

    Raises:
        RegisterError: ``register.ongeldig``.
    """
    return parse_register(peek_payload(register_dsse, REGISTER_TYPE))["tabel"]


def claimed_digest(dsse: bytes, payload_type: str) -> bytes:
    """Give the digest of an entry, believing nothing: who else has it has the same.

    Raises:
        RegisterError: ``register.ongeldig``.
    """
    return entry_digest(payload_type, peek_body(dsse, payload_type))


class _Lezing:
    """Collects what verified while an entry is read, and refuses duplicates."""

    def __init__(self, vertrouwen: Vertrouwen, van_ms: int) -> None:
        self._ankers = vertrouwen.ankers
        self._at = from_ms(van_ms)
        self.organisaties: dict[str, Organisatie] = {}
        self.certificaten: dict[bytes, CertificaatVermelding] = {}
        self.sleutels: dict[bytes, Sleutel] = {}

    def read_organisation(self, stuk: OrganisatieStuk) -> None:
        oin = stuk["oin"]
        if oin in self.organisaties:
            raise _refuse("dubbel", f"organisation {oin} is listed twice")
        for certificaat in stuk["certificaten"]:
            self._read_certificate(oin, certificaat)
        for sleutel in stuk["sleutels"]:
            self._read_key(oin, sleutel)
        self.organisaties[oin] = _organisatie(stuk)

    def _read_certificate(self, oin: str, stuk: CertificaatStuk) -> None:
        try:
            leaf = load_certificate(parse_base64(stuk["der"]))
            keten = [load_certificate(parse_base64(der)) for der in stuk["keten"]]
            certificaat = verify_chain(leaf, keten, self._ankers, self._at)
        except IdentityError as error:
            raise _refuse(
                "certificaat", f"a certificate of {oin} is refused: {error}"
            ) from error
        if certificaat.oin != oin:
            raise _refuse("oin", f"a certificate of {oin} is for {certificaat.oin}")
        if certificaat.thumbprint in self.certificaten:
            raise _refuse("dubbel", f"a certificate of {oin} is listed twice")
        revoked = stuk["ingetrokken_op"]
        self.certificaten[certificaat.thumbprint] = CertificaatVermelding(
            oin=certificaat.oin,
            verify_key=certificaat.verify_key,
            geldig_van_ms=certificaat.geldig_van_ms,
            geldig_tot_ms=certificaat.geldig_tot_ms,
            ingetrokken_op_ms=None if revoked is None else time_ms(revoked),
        )

    def _read_key(self, oin: str, stuk: SleutelStuk) -> None:
        public = parse_base64(stuk["publiek"])
        thumbprint = bytes.fromhex(stuk["certificaat"])
        owner = self.certificaten.get(thumbprint)
        if owner is None or owner.oin != oin:
            raise _statement(oin, "names a certificate that is not its own")
        van_ms, tot_ms = _period(stuk["geldig_van"], stuk["geldig_tot"])
        said = key_statement(
            oin,
            stuk["suite"],
            public,
            stuk["volgnummer"],
            (stuk["geldig_van"], stuk["geldig_tot"]),
        )
        try:
            suite = suite_of(stuk["suite"])
            suite.load_public(public)
            verify(owner.verify_key, parse_base64(stuk["handtekening"]), said)
        except (EnvelopeError, IdentityError) as error:
            raise _statement(oin, f"is refused: {error}") from error
        sleutel_id = suite.sleutel_id(public)
        if stuk["id"] != sleutel_id.hex():
            raise _statement(oin, "has an id that is not the hash of the key")
        # One key under two OINs would let one organisation open another's columns.
        if sleutel_id in self.sleutels:
            raise _refuse("dubbel", f"a key of {oin} is listed twice")
        self.sleutels[sleutel_id] = Sleutel(
            id=sleutel_id,
            oin=Oin(oin),
            suite=stuk["suite"],
            publiek=public,
            volgnummer=stuk["volgnummer"],
            geldig_van_ms=van_ms,
            geldig_tot_ms=tot_ms,
            certificaat=thumbprint,
        )


def kenmerken_of(
    stuk: RegisterStuk, catalogus: Catalogus
) -> Mapping[str, KenmerkWaarde]:
    """Give what holds of the whole chain: by default, or as this entry sets it.

    Raises:
        RegisterError: ``register.kenmerk`` for one that is not the register's to set.
    """
    closed = {
        kenmerk.naam: kenmerk.standaard
        for kenmerk in catalogus.kenmerken.values()
        if kenmerk.zetter_soort == "broker" and kenmerk.standaard is not None
    }
    own = stuk.get("kenmerken", {})
    settable = {naam for naam in closed if catalogus.kenmerken[naam].of_the_chain}
    if strange := sorted(own.keys() - settable):
        raise _refuse(
            "kenmerk",
            f"the register does not set {', '.join(strange)}; it can set"
            f" {', '.join(sorted(settable))}",
        )
    return {**closed, **own}


def gebieden_of(stuk: RegisterStuk) -> Gebieden:
    """Give the places of an entry: its own list, or the one that ships.

    Raises:
        RegisterError: ``gebieden.ongeldig``.
    """
    own = stuk.get("gebieden")
    return load_gebieden() if own is None else parse_gebieden(own)


def adresboek_of(stuk: RegisterStuk) -> Adresboek:
    """Give the adresboek of an entry, whoever signed it: to look at before signing.

    Raises:
        RegisterError: ``adresboek.ongeldig``.
    """
    return Adresboek(_organisatie(one) for one in stuk["organisaties"])


def _organisatie(stuk: OrganisatieStuk) -> Organisatie:
    opvolger, tot = stuk["opvolger"], stuk["geldig_tot"]
    return Organisatie(
        oin=Oin(stuk["oin"]),
        naam=stuk["naam"],
        type=stuk["type"],
        vt_regios=frozenset(stuk["vt_regios"]),
        arrondissementen=frozenset(stuk["arrondissementen"]),
        gemeenten=frozenset(stuk["gemeenten"]),
        geldig_van=from_ms(time_ms(stuk["geldig_van"])),
        geldig_tot=None if tot is None else from_ms(time_ms(tot)),
        opvolger=None if opvolger is None else Oin(opvolger),
    )


def _broker_keys(stuk: BrokerStuk) -> dict[bytes, tuple[VerifyKey, int, int]]:
    keys: dict[bytes, tuple[VerifyKey, int, int]] = {}
    for entry in stuk["sleutels"]:
        public = parse_base64(entry["publiek"])
        key_id = broker_key_id(public)
        try:
            key = check_verify_key(ed25519.Ed25519PublicKey.from_public_bytes(public))
        except (ValueError, IdentityError):
            raise _refuse("brokersleutel", "a broker key is no Ed25519 key") from None
        if key_id.hex() != entry["id"] or key_id in keys:
            raise _refuse("brokersleutel", "a broker key has a wrong id, or is twice")
        keys[key_id] = (key, *_period(entry["geldig_van"], entry["geldig_tot"]))
    return keys


def _suites(stuk: RegisterStuk) -> dict[int, int | None]:
    suites: dict[int, int | None] = {}
    for entry in stuk["suites"]:
        if entry["id"] in suites:
            raise _refuse("dubbel", f"suite {entry['id']} is listed twice")
        end = entry["geldig_tot"]
        suites[entry["id"]] = None if end is None else time_ms(end)
    return suites


def _by_owner(
    sleutels: Mapping[bytes, Sleutel],
) -> dict[tuple[str, int], tuple[Sleutel, ...]]:
    owned: defaultdict[tuple[str, int], list[Sleutel]] = defaultdict(list)
    for sleutel in sleutels.values():
        owned[sleutel.oin, sleutel.suite].append(sleutel)
    return {owner: tuple(keys) for owner, keys in owned.items()}


def _period(van: str, tot: str) -> tuple[int, int]:
    van_ms, tot_ms = time_ms(van), time_ms(tot)
    if van_ms >= tot_ms:
        raise _refuse("periode", "a period ends before it starts")
    return van_ms, tot_ms


def _statement(oin: str, what: str) -> RegisterError:
    return _refuse("sleutelverklaring", f"a key statement of {oin} {what}")


def _refuse(kind: str, what: str) -> RegisterError:
    return RegisterError(
        f"register.{kind}",
        what,
        advice="Correct the entry and have it signed again by two officers.",
    )
