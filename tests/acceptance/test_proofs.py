"""Proof files: every step is held by something that breaks it."""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from corvus_adapters.app import utc_now
from corvus_adapters.bewijs.bestand import (
    Bewijsbestand,
    Gevonden,
    collect,
    parse_bewijsbestand,
    write_proofs,
)
from corvus_adapters.bewijs.verificatie import STAPPEN, Verificateur
from corvus_adapters.cli.scenario import make_toneel, play_and_compare, running_router
from corvus_adapters.installatie.aanmaken import make_sandbox
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.scenario.bestand import load_scenarios
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import EnvelopeError
from corvus_schemas.wire.bericht import Geattesteerd, Leveringsbericht

if TYPE_CHECKING:
    from collections.abc import Callable

SCENARIO: Final = Path(__file__).parents[1] / "scenarios" / "S08.yaml"


@pytest.fixture(scope="module")
def installatie(tmp_path_factory: pytest.TempPathFactory) -> Installatie:
    path = tmp_path_factory.mktemp("bewijs") / "sandbox"
    make_sandbox(path, nu=utc_now(), organisaties="minimaal")
    return Installatie.open(path)


async def _gevonden(installatie: Installatie, path: Path = SCENARIO) -> list[Gevonden]:
    async with running_router(installatie) as transport:
        [scenario] = load_scenarios(path)
        assert (
            await play_and_compare(make_toneel(installatie, transport), scenario) == []
        )
        oins = installatie.register.versies[0].adresboek.oins()
        return await collect(transport, oins, installatie.register_entries())


@pytest.fixture(scope="module")
def gevonden(installatie: Installatie) -> list[Gevonden]:
    return asyncio.run(_gevonden(installatie))


@pytest.fixture
def verificateur(installatie: Installatie) -> Verificateur:
    return Verificateur(installatie.vertrouwen, load_catalogus())


pytestmark = pytest.mark.xdist_group("bewijs")


def test_every_delivery_of_a_case_is_proven(
    gevonden: list[Gevonden], verificateur: Verificateur
) -> None:
    assert len(gevonden) > 10
    for one in gevonden:
        verslag = verificateur.verify(parse_bewijsbestand(one.bestand.encode()))
        assert [stap.naam for stap in verslag.stappen] == list(STAPPEN)
        assert verslag.ok, verslag.stappen[-1]
        assert verslag.verstrekt


def test_what_was_held_has_a_proof_of_its_own(
    tmp_path: Path,
) -> None:
    # SPEC 17-4
    make_sandbox(tmp_path / "sandbox", nu=utc_now())
    installatie = Installatie.open(tmp_path / "sandbox")
    found = asyncio.run(_gevonden(installatie, SCENARIO.with_name("S16.yaml")))
    own = Verificateur(installatie.vertrouwen, load_catalogus())
    proven = [own.verify(parse_bewijsbestand(one.bestand.encode())) for one in found]
    assert all(one.ok for one in proven)
    meldingen = [one for one in found if one.berichttype == "politiemelding"]
    assert len({one.bericht_id for one in meldingen}) == len(meldingen) - 1
    assert len(write_proofs(tmp_path / "bewijzen", found)) == len(found)
    assert len(list((tmp_path / "bewijzen").iterdir())) == len(found)


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _levering(bestand: Bewijsbestand, **changes: bytes) -> Bewijsbestand:
    """Change what the broker sent, under its old attestation."""
    outer = Geattesteerd.decode(bestand.levering)
    inner = Leveringsbericht.decode(outer.inhoud)
    changed = {name: getattr(inner, name) for name in inner.__struct_fields__}
    inhoud = Leveringsbericht(**{**changed, **changes}).encode()
    value = Geattesteerd(
        soort=outer.soort, inhoud=inhoud, attestatie=outer.attestatie
    ).encode()
    return replace(bestand, levering=value)


BREAKS: Final[dict[str, tuple[str, Callable[[Bewijsbestand], Bewijsbestand]]]] = {
    "edited register": (
        "register",
        lambda b: replace(b, register=b.register.replace(b"payload", b"paylaod")),
    ),
    "another table": ("register", lambda b: replace(b, tabel=_flip(b.tabel, 200))),
    "added alias": ("attestatie", lambda b: _levering(b, zaak=b"x" * 34)),
    "changed cellen": (
        "attestatie",
        lambda b: _levering(
            b, cellen=_flip(Leveringsbericht.decode(
                Geattesteerd.decode(b.levering).inhoud).cellen, 50)
        ),
    ),
    # SPEC 16-2
    "changed evidence": (
        "besluit",
        lambda b: replace(b, beslisregel=_flip(b.beslisregel, 30)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_change_is_found_and_the_step_is_named(
    name: str, gevonden: list[Gevonden], verificateur: Verificateur
) -> None:
    step, change = BREAKS[name]
    verslag = verificateur.verify(change(gevonden[0].bestand))
    assert not verslag.ok
    assert verslag.stappen[-1].naam == step
    assert not verslag.stappen[-1].ok


def test_evidence_of_another_delivery_proves_nothing(
    gevonden: list[Gevonden], verificateur: Verificateur
) -> None:
    # SPEC 16-2, SPEC 13-3
    one, other = gevonden[0].bestand, gevonden[1].bestand
    swapped = replace(
        one,
        beslisregel=other.beslisregel,
        beslisregel_attestatie=other.beslisregel_attestatie,
    )
    verslag = verificateur.verify(swapped)
    assert (verslag.ok, verslag.stappen[-1].naam) == (False, "besluit")
    assert "besluit.ander" in verslag.stappen[-1].tekst


def test_a_receipt_of_another_message_proves_nothing(
    gevonden: list[Gevonden], verificateur: Verificateur
) -> None:
    # SPEC 16-4
    one = gevonden[0]
    other = next(two for two in gevonden if two.bericht_id != one.bericht_id)
    for part, step in (
        ({"ontvangstbewijs": other.bestand.ontvangstbewijs}, "ontvangstbewijs"),
        ({"terugmeldingen": other.bestand.terugmeldingen}, "terugmelding"),
    ):
        verslag = verificateur.verify(replace(one.bestand, **part))
        assert (verslag.ok, verslag.stappen[-1].naam) == (False, step)
        assert "bewijs.ander" in verslag.stappen[-1].tekst


def test_what_is_absent_is_said_to_be_absent(
    gevonden: list[Gevonden], verificateur: Verificateur
) -> None:
    # SPEC 16-5
    bare = replace(gevonden[0].bestand, ontvangstbewijs=None, terugmeldingen=())
    verslag = verificateur.verify(bare)
    assert verslag.ok
    assert "no receipt" in verslag.stappen[-4].tekst
    assert "not in this file" in verslag.stappen[-3].tekst


def test_rules_come_from_the_signed_table(
    gevonden: list[Gevonden], verificateur: Verificateur, installatie: Installatie
) -> None:
    # SPEC 16-3
    known = {regel.regel for regel in installatie.register.versies[0].tabel.regels}
    for one in gevonden:
        for verstrekt in verificateur.verify(one.bestand).verstrekt:
            assert set(verstrekt.regels) <= known | {"VERWIJZING"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "\x00",
        json.dumps({"soort": "corvus.bewijsbestand", "versie": 2}),
    ],
)
def test_no_proof_file_is_no_proof_file(text: str) -> None:
    # SPEC 16-1
    with pytest.raises(EnvelopeError, match=r"bewijsbestand\.ongeldig"):
        parse_bewijsbestand(text)


def test_an_entry_that_swells_is_refused(gevonden: list[Gevonden]) -> None:
    # SPEC 16-1
    content = json.loads(gevonden[0].bestand.encode())
    bomb = zlib.compress(bytes(65 * 1024 * 1024), 9)
    content["tabel"] = base64.b64encode(bomb).decode()
    with pytest.raises(EnvelopeError, match=r"bewijsbestand\.ongeldig"):
        parse_bewijsbestand(json.dumps(content))
