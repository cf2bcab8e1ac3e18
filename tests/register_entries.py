"""Entries for the register's topic: one that is right, and each way to be wrong."""

from __future__ import annotations

import zlib

import msgspec
from register_bouw import (
    NU_MS,
    TABEL,
    TOT_MS,
    VAN_MS,
    officers,
    register_dsse,
    stuk,
    tabel_dsse,
)
from register_topic import appends, edited

from corvus_adapters.registerdienst import (
    Stukken,
)
from corvus_adapters.registerdienst.stuk import (
    TABEL as TABEL_SOORT,
)
from corvus_adapters.registerdienst.stuk import (
    VERSIE,
    make_append,
)
from corvus_broker.ports import Append
from corvus_broker.register import sign_tabel, time_text
from corvus_broker.topics import REGISTER
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.wire.staat import Registerstuk

HOUR_MS = 3_600_000


def version(  # one that starts in an hour, unless asked otherwise
    nummer: int = 2,
    van_ms: int = NU_MS + HOUR_MS,
    tot_ms: int = TOT_MS,
    *,
    signers: tuple[int, ...] = (0, 1),
    tabel: str | None = None,
    partities: int = 4,
) -> Stukken:
    entry = stuk()
    entry["volgnummer"], entry["partities"] = nummer, partities
    entry["geldig_van"], entry["geldig_tot"] = time_text(van_ms), time_text(tot_ms)
    signed, entry["tabel"] = tabel_dsse()
    if tabel is not None:
        parsed = parse_tabel(tabel, load_catalogus())
        signed, entry["tabel"] = sign_tabel(parsed, officers()[:2])
    return Stukken(register_dsse(entry, signers), signed)


FIRST = Stukken(register_dsse(), tabel_dsse()[0])


def unsigned() -> list[Append]:
    return appends(version(signers=()))


def one_signature() -> list[Append]:
    return appends(version(signers=(0,)))


def same_officer_twice() -> list[Append]:
    return appends(version(signers=(0, 0)))


def edited_entry() -> list[Append]:
    good = version()
    text = b'"volgnummer":2}'
    changed = edited(good.register, text, b'"volgnummer":3}')
    return appends(Stukken(changed, good.tabel))


def edited_table() -> list[Append]:
    good = version()
    return appends(
        Stukken(good.register, edited(good.tabel, b'"naar":"VT"', b'"naar":"OM"'))
    )


def one_signature_on_the_table() -> list[Append]:
    return [make_append(TABEL_SOORT, tabel_dsse((0,))[0])]


def wrong_digest() -> list[Append]:
    table, entry = appends(version())
    record = Registerstuk.decode(entry.value or b"")
    wrong = msgspec.structs.replace(record, digest=bytes(32)).encode()
    return [table, Append(REGISTER, 0, bytes(32), wrong)]


def wrong_key() -> list[Append]:
    table, entry = appends(version())
    return [table, Append(REGISTER, 0, bytes(32), entry.value)]


def expired() -> list[Append]:
    return appends(FIRST, version(van_ms=VAN_MS + 1000, tot_ms=NU_MS - 1000))


def backdated() -> list[Append]:
    return appends(FIRST, version(van_ms=NU_MS - 1000))


def on_its_start() -> list[Append]:
    return appends(FIRST, version(van_ms=NU_MS))


def without_its_table() -> list[Append]:
    return appends(version())[1:]


def future_table() -> list[Append]:
    return appends(version(tabel=TABEL.replace("2025-01-01", "2031-01-01", 1)))


def expired_table() -> list[Append]:
    ended = TABEL.replace("geldig_tot: null", 'geldig_tot: "2026-01-01"', 1)
    return appends(version(tabel=ended))


def number_used() -> list[Append]:
    return appends(version(nummer=1))


def other_partitions() -> list[Append]:
    return appends(version(partities=8))


def garbage() -> list[Append]:
    return [Append(REGISTER, 0, bytes(32), b"\xc3\x01" + bytes(100))]


def tombstone() -> list[Append]:
    return [Append(REGISTER, 0, appends(FIRST)[1].key, None)]


def record(soort: str, dsse: bytes) -> list[Append]:
    value = Registerstuk(soort=soort, digest=bytes(32), dsse=dsse).encode()
    return [Append(REGISTER, 0, bytes(32), value)]


def unknown_kind() -> list[Append]:
    return record("sleutel", zlib.compress(b"{}"))


def not_compressed() -> list[Append]:
    return record(VERSIE, b"{}")


def bomb() -> list[Append]:
    return record(VERSIE, zlib.compress(bytes(65 * 1024 * 1024)))


def deep_json() -> list[Append]:
    return record(VERSIE, zlib.compress(b"[" * 1_000_000))


REFUSED = {
    unsigned: "register.handtekeningen",
    one_signature: "register.handtekeningen",
    same_officer_twice: "register.handtekeningen",
    edited_entry: "register.handtekeningen",
    edited_table: "register.handtekeningen",
    one_signature_on_the_table: "register.handtekeningen",
    wrong_digest: "register.digest",
    wrong_key: "register.digest",
    expired: "register.verlopen",
    backdated: "register.te_laat",
    on_its_start: "register.te_laat",
    without_its_table: "register.tabel",
    future_table: "tabel.niet_in_werking",
    expired_table: "tabel.niet_in_werking",
    number_used: "register.volgorde",
    other_partitions: "register.partities",
    garbage: "schema.onbekend",
    tombstone: "schema.onbekend",
    unknown_kind: "register.ongeldig",
    not_compressed: "register.ongeldig",
    bomb: "register.ongeldig",
    deep_json: "register.ongeldig",
}
