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
from corvus_broker.register.openen import Vertrouwen, named_tabel, open_register
from corvus_broker.register.versie import (
    CertificaatVermelding,
    Registerreeks,
    Registerversie,
    Sleutel,
)

__all__ = [
    "REGISTER_TYPE",
    "TABEL_TYPE",
    "CertificaatVermelding",
    "Registerreeks",
    "Registerversie",
    "Sleutel",
    "Vertrouwen",
    "broker_key_id",
    "declare_key",
    "entry_digest",
    "key_statement",
    "named_tabel",
    "open_register",
    "sign_register",
    "sign_tabel",
    "time_ms",
    "time_text",
]
