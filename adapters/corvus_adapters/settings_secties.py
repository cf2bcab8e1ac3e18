"""The sections of ``corvus.toml``: each option with its meaning, unit and default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

_FROZEN: Final = ConfigDict(extra="forbid", frozen=True)
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 24 * 60 * _MINUTE_MS
_MIB: Final = 1024 * 1024

Status = Literal["concept", "open", "juridisch_getoetst", "landelijk_geaccordeerd"]
TESTED: Final[tuple[Status, ...]] = ("juridisch_getoetst", "landelijk_geaccordeerd")


def _loopback(host: str) -> str:
    if host not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError("metrics listen on the loopback interface only")
    return host


class KafkaInstellingen(BaseModel):
    """Apache Kafka; used when transport.soort is kafka."""

    model_config = _FROZEN
    bootstrap: str = Field(
        "127.0.0.1:9092", description="Servers to start from, host:port, by commas."
    )
    tls: bool = Field(default=True, description="Connect with (mutual) TLS.")
    tls_sleutel: Path | None = Field(
        None, description="Private key in PEM; empty: tls.key.pem of the keystore."
    )
    tls_certificaat: Path | None = Field(
        None, description="Certificates in PEM; empty: tls.crt.pem of the keystore."
    )
    tls_wortels: Path | None = Field(
        None, description="Trusted roots in PEM; empty: tls.ca.pem of the keystore."
    )
    replicatie: int | None = Field(
        None,
        ge=1,
        le=9,
        description="Replicas of each topic, all but one of which have to have a"
        " record before it counts as written; empty: as the cluster has it.",
    )
    quotum_verzenden: int = Field(
        10 * _MIB,
        ge=0,
        description="What one organisation may send, in bytes per second and broker;"
        " 0: no bound.",
    )
    quotum_ontvangen: int = Field(
        50 * _MIB,
        ge=0,
        description="What one organisation may read, in bytes per second and broker;"
        " 0: no bound.",
    )


class TransportInstellingen(BaseModel):
    """Where messages travel."""

    model_config = _FROZEN
    soort: Literal["sqlite", "kafka"] = Field(
        "sqlite", description="sqlite: one file on this machine; kafka: production."
    )
    sqlite_pad: Path = Field(
        Path("transport.sqlite"), description="The file, from the settings' folder."
    )
    kafka: KafkaInstellingen = KafkaInstellingen()


class RegisterInstellingen(BaseModel):
    """Trust data: register versions and verstrekkingentabellen."""

    model_config = _FROZEN
    map: Path = Field(
        Path("register"), description="Folder of signed register versions."
    )
    tabellen: Path = Field(
        Path("tabellen"), description="Folder of signed verstrekkingentabellen."
    )
    vertrouwen: Path = Field(
        Path("vertrouwen.json"),
        description="File with the officers and certificate roots to believe.",
    )
    statussen: Annotated[tuple[Status, ...], Field(min_length=1)] = Field(
        TESTED,
        description="Rule statuses that may be in force; concept (with open) is for"
        " demo and sandbox only.",
    )
    marge_ms: int = Field(
        _MINUTE_MS,
        ge=1000,
        le=_DAY_MS,
        description="How long before its start a version has to be published, so that"
        " everybody knows it in time, in milliseconds.",
    )
    volg_ms: int = Field(
        1000,
        ge=10,
        le=_MINUTE_MS,
        description="How often to look for new versions on the register's topic,"
        " in milliseconds.",
    )
    respijt_ms: int = Field(
        15 * _MINUTE_MS,
        ge=0,
        le=_DAY_MS,
        description="How long after a new version starts a message may still name the"
        " one before, in milliseconds.",
    )


class RouterInstellingen(BaseModel):
    """The router's batches, limits and clock window."""

    model_config = _FROZEN
    batch: int = Field(
        512,
        ge=1,
        le=4096,
        description="Most messages in one transaction and signature.",
    )
    overname_ms: int = Field(
        3000,
        ge=1000,
        le=_MINUTE_MS,
        description="After how long without a word from a router process the others"
        " take its partitions over, in milliseconds.",
    )
    max_bericht_bytes: int = Field(
        1024 * 1024,
        ge=4096,
        le=16 * 1024 * 1024,
        description="Largest message accepted, in bytes.",
    )
    venster_verleden_ms: int = Field(
        5 * _DAY_MS,
        ge=_MINUTE_MS,
        le=30 * _DAY_MS,
        description="How far in the past ondertekend_op may lie, in milliseconds.",
    )
    venster_toekomst_ms: int = Field(
        5 * _MINUTE_MS,
        ge=0,
        le=60 * _MINUTE_MS,
        description="How far in the future ondertekend_op may lie, in milliseconds.",
    )


class OpslagInstellingen(BaseModel):
    """Where the router keeps what is held, and for how long."""

    model_config = _FROZEN
    inhoud: str = Field(
        "sqlite:///aangehouden/inhoud.sqlite",
        description="Database of held cellen (SQLAlchemy URL; a relative SQLite file"
        " is in the settings' folder).",
    )
    sleutels: str = Field(
        "sqlite:///aangehouden/sleutels.sqlite",
        description="Database of their keys; leave it out of long-lived backups.",
    )
    aanhouden_ms: int = Field(
        90 * _DAY_MS,
        ge=_MINUTE_MS,
        le=366 * _DAY_MS,
        description="How long a hold lasts before what is held is destroyed, in"
        " milliseconds.",
    )
    herbevestigen_ms: int = Field(
        14 * _DAY_MS,
        ge=_MINUTE_MS,
        le=366 * _DAY_MS,
        description="After how long the sender has to confirm a hold (T35), in"
        " milliseconds.",
    )


class SleutelInstellingen(BaseModel):
    """Keystores."""

    model_config = _FROZEN
    organisaties: Path = Field(
        Path("organisaties"), description="Folder with a keystore per organisation."
    )
    broker: Path = Field(Path("broker"), description="Folder of the broker's keystore.")
    wachtwoord_bestand: Path | None = Field(
        None,
        description="File (mode 0600) whose first line opens encrypted keys;"
        " empty: keys are not encrypted.",
    )


class AuditInstellingen(BaseModel):
    """The audit log: where it is kept, where it can be read, who witnesses it."""

    model_config = _FROZEN
    map: Path = Field(
        Path("audit"), description="Folder with the keys that sign its checkpoints."
    )
    opslag: str = Field(
        "sqlite:///audit/log.sqlite",
        description="Database of the log (SQLAlchemy URL, SQLite or PostgreSQL; a"
        " relative SQLite file is in the settings' folder).",
    )
    getuigen: Path = Field(
        Path("getuigen.json"),
        description="File with the log's public keys, the witnesses, and how many of"
        " them a checkpoint needs.",
    )
    host: Annotated[str, AfterValidator(_loopback)] = Field(
        "127.0.0.1", description="Address to show the log at; loopback only."
    )
    poort: int = Field(
        9470, ge=0, le=65535, description="Port of the log; 0: any free port."
    )
    metriek_poort: int = Field(
        9466, ge=0, le=65535, description="Port of its /metrics; 0: any free port."
    )
    getuige_ms: int = Field(
        1000,
        ge=50,
        le=60 * _MINUTE_MS,
        description="How often to ask the witnesses for cosignatures, in milliseconds.",
    )


class MetriekInstellingen(BaseModel):
    """Prometheus metrics and health."""

    model_config = _FROZEN
    netwerk: bool = Field(
        default=False,
        description="Let host be an address that others reach: inside a network of"
        " containers only, where nobody but Prometheus and the probes come.",
    )
    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; loopback only, unless metriek.netwerk.",
    )
    poort: int = Field(
        9464, ge=0, le=65535, description="Port of /metrics; 0: any free port."
    )

    @field_validator("host")
    @classmethod
    def _reachable(cls, host: str, info: ValidationInfo) -> str:
        return host if info.data.get("netwerk") else _loopback(host)


class LogInstellingen(BaseModel):
    """Logs; they never hold personal data, whatever the level."""

    model_config = _FROZEN
    niveau: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level that is written."
    )
    vorm: Literal["console", "json"] = Field(
        "console", description="console: for people; json: one object a line."
    )
