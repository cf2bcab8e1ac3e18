"""The register changes while a router and its organisations work."""

from __future__ import annotations

import asyncio

import pytest
from governance_chain import (
    GRACE_MS,
    MINUTE_MS,
    Keten,
    small,
)
from register_topic import appends, edited
from simulator import POL, concept
from simulator_registers import (
    entry,
    first_register,
    first_tabel,
    issue,
    officers,
    soon,
    without,
)

from corvus_adapters.app import (
    build_volger,
)
from corvus_adapters.installatie import Installatie
from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_adapters.registerdienst import Stukken
from corvus_broker.ports import Append
from corvus_broker.register import (
    declare_key,
    sign_register,
    sign_tabel,
    time_text,
)
from corvus_broker.register.formaat import OrganisatieStuk
from corvus_broker.topics import REGISTER, levering_topic
from corvus_crypto.certificaten import to_ms
from corvus_crypto.suite import DEFAULT_SUITE, SUITES
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import CorvusError, SettingsError


async def test_a_new_table_takes_effect_exactly_at_its_start(keten: Keten) -> None:
    versie = await keten.publish(keten.sign(small(without("R0002"))))
    await keten.known(versie)
    keten.klok.to(versie.geldig_van_ms - 1)
    before = await keten.received(await keten.send())
    keten.klok.to(versie.geldig_van_ms)
    after = await keten.received(await keten.send(seed=2))
    assert "incident" in before.inhoud
    assert before.register != versie.digest
    assert "incident" not in after.inhoud
    assert "melding" in after.inhoud
    assert after.register == versie.digest


async def test_a_router_decides_nothing_before_it_knows_what_is_in_force(
    keten: Keten,
) -> None:
    """Nothing looks in the background: the worker itself asks before it decides."""
    # SPEC 15-9
    await keten.stop()
    await keten.start(follow=False)
    versie = await keten.publish(keten.sign(small(without("R0002"))))
    assert keten.router.register.by_digest(versie.digest) is None
    keten.klok.to(versie.geldig_van_ms)
    got = await keten.received(await keten.send())
    assert got.register == versie.digest
    assert keten.uitkomsten.effecten[0].uitkomst == "GEACCEPTEERD"


async def test_a_message_in_flight_gets_what_both_tables_allow(keten: Keten) -> None:
    versie = await keten.publish(keten.sign(small(without("R0002"))))
    laid = keten.org(POL).leg_klaar(concept())
    keten.klok.to(versie.geldig_van_ms + GRACE_MS)
    await keten.org(POL).verzend()
    got = await keten.received(laid.bericht_id)
    assert "incident" not in got.inhoud
    assert "melding" in got.inhoud
    assert keten.uitkomsten.effecten[0].geweigerd == {"standaard": 1}


async def test_after_grace_the_sdk_seals_again_and_it_arrives(keten: Keten) -> None:
    versie = await keten.publish(keten.sign(small(without("R0002"))))
    pol = keten.org(POL)
    laid = pol.leg_klaar(concept())
    keten.klok.to(versie.geldig_van_ms + GRACE_MS + 1)
    await pol.verzend()
    refused = await keten.decided(1)
    assert refused.code == "register.verouderd"
    await pol.haal_op(wait_s=0.5)
    got = await keten.received(laid.bericht_id)
    assert got.register == versie.digest
    assert "incident" not in got.inhoud


async def test_roll_back_is_a_new_version_with_the_older_table(keten: Keten) -> None:
    older = first_tabel(keten.router)
    second = await keten.publish(keten.sign(small(without("R0002"))))
    keten.klok.to(second.geldig_van_ms)
    assert "incident" not in (await keten.received(await keten.send())).inhoud
    third = await keten.publish(older)
    assert third.volgnummer == 3
    assert third.tabel_digest == keten.router.register.versies[0].tabel_digest
    keten.klok.to(third.geldig_van_ms)
    got = await keten.received(await keten.send(seed=2))
    assert "incident" in got.inhoud
    assert got.register == third.digest


async def test_a_revoked_certificate_ends_when_the_version_starts(keten: Keten) -> None:
    thumbprint = keten.org(POL)._u.keystore.thumbprint.hex()
    versie = await keten.publish(ingetrokken=[thumbprint])
    keten.klok.to(versie.geldig_van_ms - 1)
    await keten.received(await keten.send())
    count = len(keten.uitkomsten.effecten)
    assert keten.uitkomsten.effecten[0].uitkomst == "GEACCEPTEERD"
    keten.klok.to(versie.geldig_van_ms)
    await keten.send(seed=2)
    codes = {(await keten.decided(count + 2)).code, keten.uitkomsten.effecten[-1].code}
    assert "certificaat.ingetrokken" in codes


async def test_a_new_organisation_has_its_topics_before_the_start(keten: Keten) -> None:
    oin = "00009999002999000000"
    start = keten.klok.nu
    certificaat = issue(keten.router, oin, soon(start), soon(start, days=30))
    owner = (oin, certificaat.thumbprint, certificaat.key)
    _, public = SUITES[DEFAULT_SUITE.id].generate_key()
    period = (to_ms(soon(start)), to_ms(soon(start, days=30)))
    nieuw = OrganisatieStuk(
        oin=oin,
        naam="Proef",
        type="SHN",
        vt_regios=[],
        arrondissementen=["Zeeland-West-Brabant"],
        gemeenten=[],
        geldig_van=time_text(to_ms(soon(start, days=40))),
        geldig_tot=None,
        opvolger=None,
        certificaten=[certificaat.stuk],
        sleutels=[declare_key(owner, DEFAULT_SUITE.id, public, 1, period)],
    )
    with pytest.raises(SettingsError):
        await keten.transport.partitions(levering_topic(oin, "P30D"))
    versie = await keten.publish(nieuw=[nieuw])
    assert await keten.transport.partitions(levering_topic(oin, "P30D")) == 1
    keten.klok.to(versie.geldig_van_ms)
    got = await keten.received(await keten.send())
    assert got.register == versie.digest


async def test_hostile_entries_stop_neither_router_nor_sdk(keten: Keten) -> None:
    # SPEC 15-10
    two = officers(keten.router)
    start = time_text(to_ms(soon(keten.klok.nu, minutes=2)))
    stuk = {**entry(keten.router), "volgnummer": 2, "geldig_van": start}
    tabel = first_tabel(keten.router)

    def signed(signers: object) -> Stukken:
        return Stukken(sign_register(stuk, signers), tabel)  # type: ignore[arg-type]  # a copy of a right one

    first = Stukken(first_register(keten.router), tabel)
    good = signed(two)
    hostile = [
        *appends(first, signed([]), signed(two[:1]), signed([two[0], two[0]])),
        *appends(Stukken(edited(good.register, b"Politie", b"Justice"), tabel)),
        Append(REGISTER, 0, b"k" * 32, b"\xc3\x01nonsense"),
        Append(REGISTER, 0, b"k" * 32, None),
    ]
    await keten.transport.append(hostile)
    async with asyncio.timeout(20):
        while len(keten.notities.codes) < 6:  # noqa: ASYNC110 - the router reports by calls
            await asyncio.sleep(0.01)
    keten.klok.later(minutes=5)
    got = await keten.received(await keten.send())
    assert got.register == keten.router.register.versies[0].digest
    assert "incident" in got.inhoud
    assert set(keten.notities.codes) == {"register.handtekeningen", "schema.onbekend"}
    for installatie in (keten.router, keten.leden):
        assert [one.volgnummer for one in installatie.register.versies] == [1]


async def test_a_restart_sees_the_same_also_without_the_new_files(
    keten: Keten,
) -> None:
    versie = await keten.publish(keten.sign(small(without("R0002"))))
    kept = keten.path / "register" / "0002.json"
    assert kept.exists(), "the operator keeps what was published"
    kept.unlink()
    keten.klok.to(versie.geldig_van_ms)
    first = await keten.received(await keten.send())
    await keten.stop()
    await keten.start()
    assert [one.volgnummer for one in keten.router.register.versies] == [1, 2]
    second = await keten.received(await keten.send(seed=2))
    assert first.register == second.register == versie.digest


async def test_a_router_without_files_starts_from_the_topic(keten: Keten) -> None:
    await keten.publish(keten.sign(small(without("R0002"))))
    await keten.stop()
    for file in (keten.path / "register").glob("*.json"):
        file.unlink()
    empty = Installatie.open(keten.path)
    volger = build_volger(empty, keten.transport, max_age_s=0, clock=keten.klok.now)
    await volger.volg()
    assert [one.volgnummer for one in empty.register.versies] == [1, 2]


async def _refused(keten: Keten, **fields: object) -> str:
    end = await keten.transport.end_offset(REGISTER, 0)
    with pytest.raises(CorvusError) as caught:
        await keten.publish(**fields)  # type: ignore[arg-type]  # as the test says
    assert await keten.transport.end_offset(REGISTER, 0) == end, "nothing was written"
    return caught.value.code


async def test_what_starts_too_soon_is_not_published(keten: Keten) -> None:
    # SPEC 15-12
    now_ms = keten.klok.ms()
    for ahead_ms in (-MINUTE_MS, 0, 59_000):
        soon_ms = (now_ms + ahead_ms) // 1000 * 1000
        assert await _refused(keten, geldig_van_ms=soon_ms) == "register.marge"
    start_ms = to_ms(soon(keten.klok.nu, seconds=5))
    at_once = await keten.publish(geldig_van_ms=start_ms, vroeg=True)
    assert at_once.geldig_van_ms == start_ms


async def test_production_knows_no_shortcut(keten: Keten) -> None:
    settings = keten.path / "corvus.toml"
    text = settings.read_text().replace('"sandbox"', '"productie"', 1)
    settings.write_text(text)
    start_ms = to_ms(soon(keten.klok.nu, seconds=5))
    code = await _refused(keten, geldig_van_ms=start_ms, vroeg=True)
    assert code == "register.nu"


async def test_a_draft_is_verified_before_anybody_signs_it(keten: Keten) -> None:
    ended = concept_tabel().replace("geldig_tot: null", 'geldig_tot: "2026-01-01"', 1)
    once = sign_tabel(
        parse_tabel(small(concept_tabel()), load_catalogus()),
        officers(keten.router)[:1],
    )[0]
    cases: list[tuple[dict[str, object], str]] = [
        ({"tabel": keten.sign(small(ended))}, "tabel.niet_in_werking"),
        ({"tabel": once}, "register.handtekeningen"),
        ({"ingetrokken": ["00" * 32]}, "certificaat.onbekend"),
        ({"nieuw": [entry(keten.router)["organisaties"][0]]}, "register.dubbel"),
        ({"geldig_tot_ms": keten.klok.ms()}, "register.periode"),
    ]
    for fields, code in cases:
        assert await _refused(keten, **fields) == code
