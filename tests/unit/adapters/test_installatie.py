"""Installations: made once, opened by every command, refused with a code."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from corvus_adapters.installatie import Installatie, make_production, make_sandbox
from corvus_adapters.installatie.deelnemers import BROKER_OIN, list_deelnemers
from corvus_adapters.installatie.functionarissen import read_functionaris
from corvus_adapters.installatie.vertrouwen import read_vertrouwen
from corvus_crypto.certificaten import to_ms
from corvus_routing.gebied import Gebied, gebied_of
from corvus_routing.gebieden import load_gebieden
from corvus_schemas.errors import RegisterError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

NU = datetime.now(UTC)


@pytest.fixture
def copied(sandbox_path: Path, tmp_path: Path) -> Path:
    """A sandbox that a test may damage."""
    return shutil.copytree(sandbox_path, tmp_path / "corvus")


def code_of_register(path: Path) -> str:
    with pytest.raises(RegisterError) as caught:
        _ = Installatie.open(path).register
    return caught.value.code


def test_a_sandbox_opens_with_its_register_in_force(sandbox: Installatie) -> None:
    versie = sandbox.register.op(to_ms(NU))
    assert versie.volgnummer == 1
    assert versie.partities == 4
    assert len(versie.tabel.regels) > 3000
    assert versie.ondertekenaars == ("functionaris-1", "functionaris-2")
    assert versie.broker_oin == BROKER_OIN
    assert sandbox.register.by_digest(versie.digest) is versie


def test_a_sandbox_says_that_it_allows_concept_rules(sandbox: Installatie) -> None:
    assert sandbox.instellingen.omgeving == "sandbox"
    assert sandbox.concept_allowed
    assert {"concept", "open"} <= sandbox.statussen


def test_every_organisation_holds_the_keys_the_register_lists(
    sandbox: Installatie,
) -> None:
    versie = sandbox.register.op(to_ms(NU))
    for folder in sandbox.keystores():
        keystore = sandbox.keystore(folder.name)
        found = versie.certificaat(keystore.thumbprint)
        assert found is not None
        assert found.oin == keystore.oin
        assert found.verify_key == keystore.signing_key.public_key()
        organisatie = versie.adresboek.organisatie(keystore.oin, NU)
        assert organisatie.type == keystore.houder.type
        for suite in (1, 2):
            sleutel = versie.sleutel(keystore.oin, to_ms(NU), suite)
            assert sleutel is not None
            assert sleutel.id in keystore.key_ids()
            assert keystore.private_key(sleutel.id)


def test_the_brokers_batch_key_is_in_the_register(sandbox: Installatie) -> None:
    broker = sandbox.broker_keystore()
    versie = sandbox.register.op(to_ms(NU))
    listed = versie.broker_key(broker.batch_key_id)
    assert listed is not None
    assert listed[0] == broker.batch_key.public_key()
    assert (len(broker.alias_key), len(broker.zout_key)) == (64, 32)


def test_a_keystore_is_found_by_folder_or_oin(sandbox: Installatie) -> None:
    by_name = sandbox.keystore("vt-west-brabant")
    assert sandbox.keystore(by_name.oin).path == by_name.path
    with pytest.raises(SettingsError) as caught:
        sandbox.keystore("vt-atlantis")
    assert caught.value.code == "sleutelbos.onbekend"
    assert "vt-west-brabant" in caught.value.advice


def test_the_scenarios_regions_resolve_to_one_organisation(
    sandbox: Installatie,
) -> None:
    adresboek = sandbox.register.op(to_ms(NU)).adresboek
    for gemeente, vt in (("Groningen", "Groningen"), ("Breda", "West-Brabant")):
        gebied = gebied_of(gemeente, load_gebieden())
        assert vt in adresboek.resolve("VT", gebied, NU).naam
        for kind in ("POL", "OM", "RECL", "RVDK", "SHN", "LT", "ZVH", "JR", "ZM"):
            assert adresboek.resolve(kind, gebied, NU).type == kind


def test_the_whole_country_has_one_organisation_per_type_and_region() -> None:
    everyone = list_deelnemers(load_gebieden(), "alle", NU.date())
    assert len({deelnemer.oin for deelnemer in everyone}) == len(everyone)
    assert len({deelnemer.map for deelnemer in everyone}) == len(everyone)
    assert sum(deelnemer.type == "VT" for deelnemer in everyone) == 26
    assert sum(deelnemer.type == "POL" for deelnemer in everyone) == 10
    assert all(
        deelnemer.oin.startswith("00009999") and deelnemer.oin != BROKER_OIN
        for deelnemer in everyone
    )
    assert list_deelnemers(load_gebieden(), "alle", NU.date()) == everyone


def test_a_full_sandbox_answers_everywhere(tmp_path: Path) -> None:
    steps: list[str] = []
    make_sandbox(
        tmp_path / "alle",
        nu=NU,
        partities=8,
        progress=lambda *stap: steps.append(stap[0]),
    )
    versie = Installatie.open(tmp_path / "alle").register.op(to_ms(NU))
    assert versie.partities == 8
    assert set(steps) == {"autoriteit", "organisaties", "tabel", "register"}
    gebieden = load_gebieden()
    for regio in gebieden.regios_op(NU.date()):
        gebied = Gebied(vt_regio=regio.code, arrondissement=regio.arrondissement)
        for kind in ("VT", "POL", "OM", "SCHOOL", "GEM", "GI", "ZORG", "KMAR"):
            assert versie.adresboek.resolve(kind, gebied, NU).type == kind


def test_secrets_are_for_their_owner_only(sandbox_path: Path) -> None:
    secrets = [*sandbox_path.rglob("*.key"), *sandbox_path.rglob("*.key.pem")]
    assert len(secrets) > 60
    for file in secrets:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_installation_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for path in (tmp_path, file):
        for make in (lambda p: make_sandbox(p, nu=NU), make_production):
            with pytest.raises(SettingsError) as caught:
                make(path)
            assert caught.value.code == "installatie.bestaat"
    assert file.read_text() == "x"


def test_production_has_no_keys_signs_nothing_and_allows_tested_rules(
    tmp_path: Path,
) -> None:
    make_production(tmp_path / "p")
    installatie = Installatie.open(tmp_path / "p")
    assert installatie.instellingen.omgeving == "productie"
    assert installatie.statussen == {"juridisch_getoetst", "landelijk_geaccordeerd"}
    assert not installatie.concept_allowed
    assert not installatie.vertrouwen.functionarissen
    assert not installatie.vertrouwen.ankers
    assert not list((tmp_path / "p").rglob("*.pem"))
    assert not list((tmp_path / "p").rglob("*.key"))
    with pytest.raises(RegisterError) as caught:
        installatie.register.op(to_ms(NU))
    assert caught.value.code == "register.geen_geldig"


def test_settings_are_needed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        Installatie.open(tmp_path)
    assert caught.value.code == "instellingen.ontbreken"


def test_a_register_whose_table_is_gone_or_edited_is_refused(copied: Path) -> None:
    (tabel,) = (copied / "tabellen").iterdir()
    data = tabel.read_bytes()
    tabel.write_bytes(data.replace(b'"payload":"', b'"payload":"AAAA', 1))
    assert code_of_register(copied) == "register.handtekeningen"
    tabel.unlink()
    assert code_of_register(copied) == "register.tabel"


def test_a_register_with_one_signature_is_refused(copied: Path) -> None:
    file = copied / "register" / "0001.json"
    data = json.loads(file.read_text())
    data["signatures"] = data["signatures"][:1]
    file.write_text(json.dumps(data))
    with pytest.raises(RegisterError, match=r"0001\.json") as caught:
        _ = Installatie.open(copied).register
    assert caught.value.code == "register.handtekeningen"


def test_officers_of_another_installation_are_not_believed(
    copied: Path, tmp_path: Path
) -> None:
    make_sandbox(tmp_path / "other", nu=NU, organisaties="minimaal")
    shutil.copy(tmp_path / "other" / "vertrouwen.json", copied)
    assert code_of_register(copied) == "register.handtekeningen"


def test_officers_keys_read_back(sandbox_path: Path) -> None:
    vertrouwen = read_vertrouwen(sandbox_path / "vertrouwen.json")
    folder = sandbox_path / "functionarissen"
    for name, public in vertrouwen.functionarissen.items():
        key = read_functionaris(folder, name)
        assert key.public_key().components() == public.components()
    assert vertrouwen.drempel == 2
    with pytest.raises(SettingsError) as caught:
        read_functionaris(folder, "functionaris-3")
    assert caught.value.code == "sleutel.ontbreekt"


def test_wrong_trust_files_are_refused(copied: Path) -> None:
    file = copied / "vertrouwen.json"
    right = json.loads(file.read_text())
    officer = right["functionarissen"][0]
    for wrong in (
        "",
        "[]",
        json.dumps(right | {"drempel": 1}),
        json.dumps(right | {"drempel": "2"}),
        json.dumps(right | {"extra": 1}),
        json.dumps(right | {"ankers": ["AAAA"]}),
        json.dumps(right | {"functionarissen": [officer, officer]}),
        json.dumps(right | {"functionarissen": [officer | {"ed25519": "AAAA"}]}),
        json.dumps(
            right | {"functionarissen": [officer | {"mldsa65": officer["ed25519"]}]}
        ),
    ):
        file.write_text(wrong)
        with pytest.raises(SettingsError) as caught:
            read_vertrouwen(file)
        assert caught.value.code == "vertrouwen.ongeldig"
    file.unlink()
    with pytest.raises(SettingsError) as caught:
        read_vertrouwen(file)
    assert caught.value.code == "vertrouwen.ongeldig"
