"""Proof files of a case whose evidence is in the audit log, with witnesses."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from auditlog_bouw import Opslagbron, Stil, make_beleid, make_getuige
from typer.testing import CliRunner

from corvus_adapters.app import utc_now
from corvus_adapters.audit.beleid import read_beleid, write_beleid
from corvus_adapters.audit.insluiter import Insluiter
from corvus_adapters.audit.proces import build_auditlog, open_opslag
from corvus_adapters.bewijs.bestand import (
    Bewijsbestand,
    Gevonden,
    collect,
    parse_bewijsbestand,
    write_proofs,
)
from corvus_adapters.bewijs.verificatie import STAPPEN, Verificateur
from corvus_adapters.cli.main import build_app
from corvus_adapters.cli.scenario import make_toneel, play_and_compare, running_router
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.scenario.bestand import load_scenarios
from corvus_crypto.controlepunt import (
    Controlepunt,
    Getuigenbeleid,
    open_controlepunt,
    parse_punt,
    sign_controlepunt,
)
from corvus_crypto.hybride import HybrideSigningKey
from corvus_crypto.insluiting import parse_insluiting
from corvus_crypto.notitie import parse_notitie
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_adapters.audit.beleid import Beleid
    from corvus_adapters.audit.opslag import Auditopslag
    from corvus_adapters.bewijs.verificatie import Verslag
    from corvus_adapters.getuige.getuige import Getuige

SCENARIO: Final = Path(__file__).parents[1] / "scenarios" / "S08.yaml"
WITNESSES: Final = ("een.example/w", "twee.example/w", "drie.example/w")

pytestmark = pytest.mark.xdist_group("bewijs-auditlog")


@pytest.fixture(scope="module")
def installatie(tmp_path_factory: pytest.TempPathFactory) -> Installatie:
    path = tmp_path_factory.mktemp("bewijslog") / "sandbox"
    make_sandbox(path, nu=utc_now(), organisaties="minimaal")
    return Installatie.open(path)


@pytest.fixture(scope="module")
def getuigen(installatie: Installatie) -> dict[str, Getuige]:
    log = read_beleid(installatie.getuigen_path).log
    return {naam: make_getuige(installatie.path, naam, log) for naam in WITNESSES}


@pytest.fixture(scope="module")
def beleid(installatie: Installatie, getuigen: dict[str, Getuige]) -> Beleid:
    """Two of three witnesses are needed."""
    log = read_beleid(installatie.getuigen_path).log
    made = make_beleid(log, getuigen, {}, 2)
    write_beleid(installatie.getuigen_path, made)
    return read_beleid(installatie.getuigen_path)


@pytest.fixture(scope="module")
def gevonden(
    installatie: Installatie, getuigen: dict[str, Getuige], beleid: Beleid
) -> list[Gevonden]:
    return asyncio.run(_gevonden(installatie, getuigen, beleid))


async def _gevonden(
    installatie: Installatie, getuigen: dict[str, Getuige], beleid: Beleid
) -> list[Gevonden]:
    async with running_router(installatie) as transport:
        [scenario] = load_scenarios(SCENARIO)
        toneel = make_toneel(installatie, transport)
        assert await play_and_compare(toneel, scenario) == []
        opslag = open_opslag(installatie)
        log = build_auditlog(installatie, transport, opslag, Stil())
        await log.start()
        while await log.step(0.01):
            pass
        _cosign(opslag, [getuigen[naam] for naam in WITNESSES[:2]], beleid)
        oins = installatie.register.versies[0].adresboek.oins()
        entries = installatie.register_entries()
        found = await collect(transport, oins, entries, Insluiter(opslag, beleid))
        opslag.close()
        return found


def _cosign(opslag: Auditopslag, getuigen: list[Getuige], beleid: Beleid) -> None:
    [punt] = opslag.punten()
    note = open_controlepunt(punt.notitie, beleid.log).notitie
    for getuige in getuigen:
        getuige.look(Opslagbron(opslag))
        seen = getuige.opslag.laatste()
        assert seen is not None
        note = note.with_lines(parse_notitie(seen.notitie).regels)
    opslag.zet_notitie(punt.grootte, note.encode(), len(getuigen))


@pytest.fixture
def check(
    installatie: Installatie, beleid: Beleid
) -> Callable[[Bewijsbestand], Verslag]:
    return Verificateur(installatie.vertrouwen, load_catalogus(), beleid).verify


def _said(verslag: Verslag) -> tuple[bool, str, str]:
    last = verslag.stappen[-1]
    return verslag.ok, last.naam, last.tekst


def test_every_delivery_is_in_the_log_and_seen_by_enough_witnesses(
    gevonden: list[Gevonden], check: Callable[[Bewijsbestand], Verslag]
) -> None:
    # SPEC 19-9, SPEC 19-10
    assert len(gevonden) > 10
    for one in gevonden:
        verslag = check(parse_bewijsbestand(one.bestand.encode()))
        assert [stap.naam for stap in verslag.stappen] == list(STAPPEN)
        assert verslag.ok, verslag.stappen[-1]
        assert "of the audit log corvus/" in verslag.stappen[-2].tekst
        assert "2 witnesses (2 of 3 needed)" in verslag.stappen[-1].tekst


def test_a_proof_of_another_batch_proves_nothing(
    gevonden: list[Gevonden], check: Callable[[Bewijsbestand], Verslag]
) -> None:
    # SPEC 19-9
    one = gevonden[0].bestand
    other = next(two.bestand for two in gevonden if _index(two.bestand) != _index(one))
    ok, naam, tekst = _said(check(replace(one, insluiting=other.insluiting)))
    assert (ok, naam) == (False, "auditlog")
    assert "insluiting.ongeldig" in tekst


def _index(bestand: Bewijsbestand) -> int:
    assert bestand.insluiting is not None
    return parse_insluiting(bestand.insluiting).index


def test_every_changed_byte_of_the_proof_names_its_step(
    gevonden: list[Gevonden], check: Callable[[Bewijsbestand], Verslag]
) -> None:
    # SPEC 19-9
    one = gevonden[0].bestand
    assert one.insluiting is not None
    assert check(one).ok
    text = one.insluiting
    witnesses = text.index("\N{EM DASH} een.example")
    # All of head, path and checkpoint; a sample of the long signatures.
    places = [*range(text.index("\N{EM DASH}")), *range(witnesses, len(text), 5)]
    for at in places:
        flipped = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        ok, naam, _ = _said(check(replace(one, insluiting=flipped)))
        assert not ok, at
        assert naam in {"auditlog", "getuigen"}


def test_too_few_witnesses_is_the_step_that_fails(
    gevonden: list[Gevonden], installatie: Installatie, beleid: Beleid
) -> None:
    # SPEC 19-8, SPEC 19-10
    three = replace(beleid, getuigen=Getuigenbeleid(beleid.getuigen.getuigen, 3))
    verslag = Verificateur(installatie.vertrouwen, load_catalogus(), three).verify(
        gevonden[0].bestand
    )
    ok, naam, tekst = _said(verslag)
    assert (ok, naam) == (False, "getuigen")
    assert "2 of the witnesses you believe cosigned, and 3 of 3 are needed" in tekst


def test_a_checkpoint_with_a_foreign_signature_proves_nothing(
    gevonden: list[Gevonden], check: Callable[[Bewijsbestand], Verslag]
) -> None:
    # SPEC 19-5, SPEC 19-9
    one = gevonden[0].bestand
    assert one.insluiting is not None
    proof = parse_insluiting(one.insluiting)
    punt = parse_punt(parse_notitie(proof.controlepunt).tekst)
    forged = sign_controlepunt(
        Controlepunt(punt.oorsprong, punt.grootte, punt.wortel),
        HybrideSigningKey.generate(),
    )
    text = replace(proof, controlepunt=forged.encode()).encode()
    ok, naam, tekst = _said(check(replace(one, insluiting=text)))
    assert (ok, naam) == (False, "auditlog")
    assert "notitie.handtekening" in tekst


def test_what_is_not_checked_is_said_and_a_policy_insists(
    gevonden: list[Gevonden],
    installatie: Installatie,
    check: Callable[[Bewijsbestand], Verslag],
) -> None:
    # SPEC 19-10
    one = gevonden[0].bestand
    without = Verificateur(installatie.vertrouwen, load_catalogus()).verify(one)
    assert without.ok
    assert "was NOT checked" in without.stappen[-2].tekst
    bare = replace(one, insluiting=None)
    ok, naam, tekst = _said(check(bare))
    assert (ok, naam) == (False, "auditlog")
    assert "bewijs.niet_in_log" in tekst
    said = Verificateur(installatie.vertrouwen, load_catalogus()).verify(bare)
    assert said.ok
    assert "no proof that this is in the audit log" in said.stappen[-2].tekst


def test_a_file_of_version_1_is_still_read(gevonden: list[Gevonden]) -> None:
    # SPEC 16-1
    content = json.loads(gevonden[0].bestand.encode())
    assert content["versie"] == 2
    with pytest.raises(EnvelopeError, match=r"bewijsbestand\.ongeldig"):
        parse_bewijsbestand(json.dumps({**content, "versie": 1}))
    del content["insluiting"]
    with pytest.raises(EnvelopeError, match=r"bewijsbestand\.ongeldig"):
        parse_bewijsbestand(json.dumps(content))
    old = parse_bewijsbestand(json.dumps({**content, "versie": 1}))
    assert old == replace(gevonden[0].bestand, insluiting=None)


def test_the_command_checks_by_the_installation_or_by_a_file(
    gevonden: list[Gevonden], installatie: Installatie, tmp_path: Path
) -> None:
    [path, *_] = write_proofs(tmp_path, gevonden[:1])
    policy = str(installatie.getuigen_path)
    trust = str(installatie.path / "vertrouwen.json")
    for options in (
        ["-i", str(installatie.path)],
        ["--vertrouwen", trust, "--getuigen", policy],
    ):
        result = CliRunner().invoke(
            build_app("verify"), ["verify", str(path), *options]
        )
        assert result.exit_code == 0, result.output
        assert "2 witnesses" in " ".join(result.output.split())
    text = path.read_text("utf-8").replace("index ", "index 9")
    path.write_text(text, "utf-8")
    result = CliRunner().invoke(
        build_app("verify"), ["verify", str(path), "-i", str(installatie.path)]
    )
    assert result.exit_code == 1
    assert "auditlog" in result.output
    assert "NOT PROVEN" in result.output
