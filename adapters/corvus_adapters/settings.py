"""Settings of an installation: one file ``corvus.toml``, overridden by ``CORVUS_*``.

Every option has its meaning, unit and default here and nowhere else; the reference
page and ``corvus instellingen`` are rendered from it (``instellingentabel``).
An option of a section is set from the environment with two underscores:
``CORVUS_ROUTER__BATCH=128``. ``CORVUS_CONFIG`` names another file.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic.fields import FieldInfo

CONFIG_FILE: Final = "corvus.toml"
ENV_PREFIX: Final = "CORVUS_"
CONFIG_ENV: Final = "CORVUS_CONFIG"
SECTION_MARK: Final = "__"
_FROZEN: Final = ConfigDict(extra="forbid", frozen=True)
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 24 * 60 * _MINUTE_MS

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
    replicatie: int = Field(
        1, ge=1, le=9, description="Replicas of each topic that is created."
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


class MetriekInstellingen(BaseModel):
    """Prometheus metrics and health."""

    model_config = _FROZEN
    host: Annotated[str, AfterValidator(_loopback)] = Field(
        "127.0.0.1", description="Address to listen on; loopback only."
    )
    poort: int = Field(
        9464, ge=0, le=65535, description="Port of /metrics; 0: any free port."
    )


class LogInstellingen(BaseModel):
    """Logs; they never hold personal data, whatever the level."""

    model_config = _FROZEN
    niveau: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level that is written."
    )
    vorm: Literal["console", "json"] = Field(
        "console", description="console: for people; json: one object a line."
    )


class Instellingen(BaseSettings):
    """Every setting of an installation."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=SECTION_MARK,
        extra="forbid",
        frozen=True,
    )
    omgeving: Literal["sandbox", "productie"] = Field(
        "productie",
        description="sandbox: synthetic keys and officers, never for real data.",
    )
    transport: TransportInstellingen = TransportInstellingen()
    registers: RegisterInstellingen = RegisterInstellingen()
    router: RouterInstellingen = RouterInstellingen()
    opslag: OpslagInstellingen = OpslagInstellingen()
    sleutels: SleutelInstellingen = SleutelInstellingen()
    metriek: MetriekInstellingen = MetriekInstellingen()
    log: LogInstellingen = LogInstellingen()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file; no .env files, no secrets folder."""
        del settings_cls, dotenv_settings, file_secret_settings
        return (env_settings, init_settings)


def config_path(given: Path | None = None) -> Path:
    """Give the settings file: the one named, else ``CORVUS_CONFIG``, else here."""
    if given is not None:
        return given / CONFIG_FILE if given.is_dir() else given
    return Path(os.environ.get(CONFIG_ENV) or CONFIG_FILE)


def load_settings(path: Path) -> Instellingen:
    """Read a settings file and the environment over it.

    Raises:
        SettingsError: ``instellingen.ontbreken`` when there is no file,
            ``instellingen.ongeldig`` when it is no TOML or an option is wrong,
            ``instellingen.onbekend`` for an option that does not exist.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError:
        raise SettingsError(
            "instellingen.ontbreken",
            f"{path} is not there or cannot be read",
            advice="Run corvus init <folder>, or name the file in CORVUS_CONFIG.",
        ) from None
    except ValueError as error:
        raise SettingsError(
            "instellingen.ongeldig",
            f"{path} is no TOML: {error}",
            advice="Correct the file; corvus instellingen lists every option.",
        ) from None
    _refuse_unknown(_toml_names(values), str(path))
    _refuse_unknown(_environment_names(), "the environment")
    try:
        return Instellingen(**values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        option = ".".join(str(step) for step in first["loc"])
        raise SettingsError(
            "instellingen.ongeldig",
            f"option {option}: {first['msg'][:1].lower()}{first['msg'][1:]}",
            advice="corvus instellingen lists every option, its unit and its limits.",
        ) from None


def option_names() -> tuple[str, ...]:
    """Every option, dotted."""
    return tuple(name for name, _, _ in _options(Instellingen))


def instellingentabel() -> str:
    """Render every option as a Markdown table."""
    rows = [
        "| option | environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, info, choices in _options(Instellingen):
        variable = ENV_PREFIX + name.upper().replace(".", SECTION_MARK)
        meaning = info.description or ""
        if choices:
            meaning = f"{meaning} One of: {choices}."
        rows.append(f"| `{name}` | `{variable}` | {_default(info)} | {meaning} |")
    return "\n".join(rows) + "\n"


def _options(
    model: type[BaseModel], prefix: str = ""
) -> Iterator[tuple[str, FieldInfo, str]]:
    for name, info in model.model_fields.items():
        annotation = info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _options(annotation, f"{prefix}{name}.")
        else:
            codes = _codes(annotation)
            yield f"{prefix}{name}", info, ", ".join(f"`{code}`" for code in codes)


def _codes(annotation: object) -> Iterator[str]:
    """Give the allowed codes of an option that has them, also inside a list."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for part in get_args(annotation):
            yield from _codes(part)


def _default(info: FieldInfo) -> str:
    value = info.default
    if value is None:
        return "empty"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _toml_names(values: dict[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _toml_names(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _environment_names() -> Iterator[str]:
    for variable in os.environ:
        if variable.startswith(ENV_PREFIX) and variable != CONFIG_ENV:
            name = variable.removeprefix(ENV_PREFIX).lower()
            yield name.replace(SECTION_MARK, ".")


def _refuse_unknown(names: Iterable[str], where: str) -> None:
    known = option_names()
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            raise SettingsError(
                "instellingen.onbekend",
                f"{where} sets {name}, which is no option",
                advice=f"Did you mean {close[0]}?"
                if close
                else "corvus instellingen lists every option.",
            )
