"""Settings of an installation: one file ``corvus.toml``, overridden by ``CORVUS_*``.

Every option has its meaning, unit and default in ``settings_secties`` and nowhere else;
the reference page and ``corvus instellingen`` are rendered from there.
An option of a section is set from the environment with two underscores:
``CORVUS_ROUTER__BATCH=128``. ``CORVUS_CONFIG`` names another file.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from corvus_adapters.settings_secties import (
    AuditInstellingen,
    LogInstellingen,
    MetriekInstellingen,
    OpslagInstellingen,
    RegisterInstellingen,
    RouterInstellingen,
    SleutelInstellingen,
    TransportInstellingen,
)
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic.fields import FieldInfo

CONFIG_FILE: Final = "corvus.toml"
ENV_PREFIX: Final = "CORVUS_"
CONFIG_ENV: Final = "CORVUS_CONFIG"
SECTION_MARK: Final = "__"


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
    audit: AuditInstellingen = AuditInstellingen()
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
