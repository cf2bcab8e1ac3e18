"""Register and table: unsigned, edited, expired or swapped, they are not in force."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from simulator_registers import entry, first_tabel, officers

from corvus_adapters.installatie import Installatie
from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_broker.register import sign_register, sign_tabel
from corvus_crypto.dsse import encode_base64, parse_base64
from corvus_crypto.hybride import HybrideSigningKey
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def copy(sandbox_path: Path, tmp_path: Path) -> Path:
    """The signed files of the sandbox, to be spoiled by a test."""
    path = tmp_path / "corvus"
    path.mkdir()
    for name in ("register", "tabellen"):
        shutil.copytree(sandbox_path / name, path / name)
    for name in ("corvus.toml", "vertrouwen.json"):
        shutil.copy(sandbox_path / name, path / name)
    return path


def code_of(path: Path) -> str:
    with pytest.raises(RegisterError) as caught:
        _ = Installatie.open(path).register
    assert caught.value.advice
    return caught.value.code


def register_file(path: Path) -> Path:
    return path / "register" / "0001.json"


def tabel_file(path: Path) -> Path:
    (file,) = (path / "tabellen").glob("*.json")
    return file


FILES = {"register": register_file, "tabel": tabel_file}


def spoil(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    envelope = json.loads(file.read_bytes())
    change(envelope)
    file.write_bytes(json.dumps(envelope).encode())


def test_a_whole_installation_opens(copy: Path) -> None:
    assert len(Installatie.open(copy).register.versies) == 1


@pytest.mark.parametrize("which", [*FILES])
def test_an_unsigned_entry_is_refused(copy: Path, which: str) -> None:
    # SPEC 15-1
    spoil(FILES[which](copy), lambda envelope: envelope.update(signatures=[]))
    assert code_of(copy) == "register.handtekeningen"


@pytest.mark.parametrize("which", [*FILES])
def test_one_officer_is_not_enough(copy: Path, which: str) -> None:
    spoil(FILES[which](copy), lambda envelope: envelope["signatures"].pop())
    assert code_of(copy) == "register.handtekeningen"


@pytest.mark.parametrize("which", [*FILES])
def test_one_officer_twice_is_not_enough(copy: Path, which: str) -> None:
    def twice(envelope: dict[str, Any]) -> None:
        envelope["signatures"][1] = envelope["signatures"][0]

    spoil(FILES[which](copy), twice)
    assert code_of(copy).startswith("register.")


@pytest.mark.parametrize("which", [*FILES])
def test_an_edited_entry_is_refused(copy: Path, which: str) -> None:
    """One character of the signed bytes, and the signatures as they were."""

    def edit(envelope: dict[str, Any]) -> None:
        payload = bytearray(parse_base64(envelope["payload"]))
        at = payload.index(b"2025") if which == "tabel" else payload.index(b'"VT"') + 2
        payload[at] ^= 1
        envelope["payload"] = encode_base64(bytes(payload))

    spoil(FILES[which](copy), edit)
    assert code_of(copy) == "register.handtekeningen"


def test_a_table_under_the_name_of_another_is_refused(
    copy: Path, sandbox: Installatie
) -> None:
    # SPEC 15-3: well-signed, and not the one the register names
    text = concept_tabel().replace("versie: 1\n", "versie: 2\n", 1)
    other, _ = sign_tabel(parse_tabel(text, load_catalogus()), officers(sandbox))
    tabel_file(copy).write_bytes(other)
    assert code_of(copy) == "register.tabel"


def test_a_missing_table_is_refused(copy: Path) -> None:
    tabel_file(copy).unlink()
    assert code_of(copy) == "register.tabel"


def test_a_register_from_elsewhere_is_refused(copy: Path, sandbox: Installatie) -> None:
    """Signed by two officers this installation does not trust."""
    strangers = [(name, HybrideSigningKey.generate()) for name, _ in officers(sandbox)]
    register_file(copy).write_bytes(sign_register(entry(sandbox), strangers))
    assert code_of(copy) == "register.handtekeningen"


def test_a_table_passes_for_no_register(copy: Path, sandbox: Installatie) -> None:
    register_file(copy).write_bytes(first_tabel(sandbox))
    assert code_of(copy) == "register.ongeldig"
