"""Settings: one file, overridden by the environment, wrong ones named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corvus_adapters.settings import (
    Instellingen,
    config_path,
    instellingentabel,
    load_settings,
    option_names,
)
from corvus_schemas.errors import SettingsError


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own CORVUS_* settings are not those of a test."""
    for variable in list(os.environ):
        if variable.startswith("CORVUS_"):
            monkeypatch.delenv(variable)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "corvus.toml"
    path.write_text("")
    return path


def refusal(path: Path) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert caught.value.advice
    return caught.value


def test_an_empty_file_gives_the_safe_defaults(config: Path) -> None:
    found = load_settings(config)
    assert found.omgeving == "productie"
    assert found.transport.soort == "sqlite"
    assert found.registers.statussen == (
        "juridisch_getoetst",
        "landelijk_geaccordeerd",
    )
    assert found.router.batch == 512
    assert found.router.venster_verleden_ms == 5 * 24 * 3600 * 1000
    assert found.router.venster_toekomst_ms == 5 * 60 * 1000
    assert found.metriek.host == "127.0.0.1"


def test_the_environment_wins_over_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[router]\nbatch = 8\nmax_bericht_bytes = 8192\n")
    monkeypatch.setenv("CORVUS_ROUTER__BATCH", "128")
    monkeypatch.setenv("CORVUS_TRANSPORT__KAFKA__TLS", "false")
    monkeypatch.setenv("CORVUS_REGISTERS__STATUSSEN", '["concept"]')
    found = load_settings(config)
    assert (found.router.batch, found.router.max_bericht_bytes) == (128, 8192)
    assert not found.transport.kafka.tls
    assert found.registers.statussen == ("concept",)


def test_an_unknown_option_names_the_close_one(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[router]\nbacth = 8\n")
    found = refusal(config)
    assert found.code == "instellingen.onbekend"
    assert "router.batch" in found.advice
    config.write_text("[rooter.deep]\nx = 8\n")
    assert refusal(config).code == "instellingen.onbekend"
    config.write_text("")
    monkeypatch.setenv("CORVUS_LOG__NIVO", "debug")
    found = refusal(config)
    assert found.code == "instellingen.onbekend"
    assert "log.niveau" in found.advice


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("[router]\nbatch = 0", "router.batch"),
        ("[router]\nbatch = 'veel'", "router.batch"),
        ("[transport]\nsoort = 'rabbitmq'", "transport.soort"),
        ("[registers]\nstatussen = ['vervallen']", "registers.statussen"),
        ("[registers]\nstatussen = []", "registers.statussen"),
        ("[metriek]\nhost = '0.0.0.0'", "metriek.host"),
        ("router = 1", "router"),
    ],
)
def test_a_wrong_value_is_refused_and_the_option_named(
    config: Path, text: str, option: str
) -> None:
    config.write_text(text)
    found = refusal(config)
    assert found.code in {"instellingen.ongeldig", "instellingen.onbekend"}
    assert option in found.message


def test_no_file_and_no_toml(tmp_path: Path) -> None:
    assert refusal(tmp_path / "corvus.toml").code == "instellingen.ontbreken"
    (tmp_path / "corvus.toml").write_text("= x")
    assert refusal(tmp_path / "corvus.toml").code == "instellingen.ongeldig"
    (tmp_path / "corvus.toml").write_bytes(b"\xff")
    assert refusal(tmp_path / "corvus.toml").code == "instellingen.ongeldig"


def test_which_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_path() == Path("corvus.toml")
    monkeypatch.setenv("CORVUS_CONFIG", "/etc/corvus/a.toml")
    assert config_path() == Path("/etc/corvus/a.toml")
    assert config_path(tmp_path) == tmp_path / "corvus.toml"
    assert config_path(tmp_path / "x.toml") == tmp_path / "x.toml"


def test_every_option_is_explained() -> None:
    table = instellingentabel()
    rows = table.splitlines()[2:]
    assert len(rows) == len(option_names()) > 20
    for row in rows:
        *_, default, meaning, _ = (cell.strip() for cell in row.split("|"))
        assert default
        assert meaning.endswith(".")
    assert "`CORVUS_ROUTER__BATCH`" in table


def test_time_options_name_their_unit() -> None:
    for row in instellingentabel().splitlines():
        if "_ms`" in row:
            assert "milliseconds" in row


def test_settings_do_not_change(config: Path) -> None:
    found = load_settings(config)
    assert isinstance(found, Instellingen)
    with pytest.raises(ValueError, match="frozen"):
        found.omgeving = "sandbox"  # type: ignore[misc] # it must fail
