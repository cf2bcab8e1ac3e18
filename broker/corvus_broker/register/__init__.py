"""The register: trust data of an installation, signed by two officers (SPEC 11)."""

from corvus_broker.register.formaat import (
    REGISTER_TYPE,
    TABEL_TYPE,
    broker_key_id,
    entry_digest,
    key_statement,
    time_ms,
    time_text,
)
from corvus_broker.register.ondertekenen import (
    declare_key,
    sign_register,
    sign_tabel,
)
from corvus_broker.register.openen import (
    GetekendeTabel,
    Vertrouwen,
    adresboek_of,
    claimed_digest,
    gebieden_of,
    named_tabel,
    open_register,
    open_tabel,
)
from corvus_broker.register.versie import (
    CertificaatVermelding,
    Registerreeks,
    Registerversie,
    Sleutel,
)
from corvus_broker.register.volgende import Wijziging, next_version

__all__ = [
    "REGISTER_TYPE",
    "TABEL_TYPE",
    "CertificaatVermelding",
    "GetekendeTabel",
    "Registerreeks",
    "Registerversie",
    "Sleutel",
    "Vertrouwen",
    "Wijziging",
    "adresboek_of",
    "broker_key_id",
    "claimed_digest",
    "declare_key",
    "entry_digest",
    "gebieden_of",
    "key_statement",
    "named_tabel",
    "next_version",
    "open_register",
    "open_tabel",
    "sign_register",
    "sign_tabel",
    "time_ms",
    "time_text",
]
