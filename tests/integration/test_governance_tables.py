"""Bad tables on the register: each refused by its code, the old one stays in force."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import pytest
from governance_chain import small
from register_topic import appends, edited
from simulator_registers import entry, first_register, first_tabel, officers, soon

from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_adapters.registerdienst import Stukken
from corvus_adapters.registerdienst.stuk import TABEL, VERSIE, make_append
from corvus_broker.register import open_tabel, sign_register, sign_tabel, time_text
from corvus_crypto.certificaten import to_ms
from corvus_routing.tabel import parse_tabel
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance_chain import Keten

    from corvus_broker.ports import Append
    from corvus_crypto.hybride import HybrideSigningKey

    Signers = list[tuple[str, HybrideSigningKey]]

DENIAL: Final = """
- regel: R9999
  berichttype: politiemelding
  rubriek: melding
  van: "*"
  naar: VT
  besluit: nee
  voorwaarde: "true"
  grondslag: G_GEEN
  doel: AFSTEMMING
  modaliteit: null
  bewaartermijn: null
  status: concept
  geldig_van: "2025-01-01"
  geldig_tot: null
  regio: "*"
  bron: ""
  opmerking: ""
"""
LATER: Final = "2039-01-01"


def _tabel(old: str = "", new: str = "", more: str = "") -> str:
    text = small(concept_tabel())
    assert old in text
    return text.replace(old, new, 1).rstrip() + more


def _signed(text: str, signers: Signers) -> tuple[bytes, str]:
    return sign_tabel(parse_tabel(text, load_catalogus()), signers)


def _version(keten: Keten, tabel: str, **fields: object) -> bytes:
    """The next version, signed by both; it starts in two minutes."""
    start = time_text(to_ms(soon(keten.klok.nu, minutes=2)))
    stuk = {**entry(keten.router), "volgnummer": 2, "geldig_van": start}
    return sign_register(
        {**stuk, "tabel": tabel, **fields},  # type: ignore[typeddict-item]  # a copy of a right one
        officers(keten.router),
    )


def _with(keten: Keten, text: str, signers: Signers | None = None) -> list[Append]:
    both = officers(keten.router)
    dsse, digest = _signed(text, both if signers is None else signers)
    return appends(Stukken(_version(keten, digest), dsse))


def _edited(keten: Keten) -> list[Append]:
    """A rule that was changed behind the signatures."""
    dsse, _ = _signed(_tabel(), officers(keten.router))
    changed = edited(dsse, b'"rubriek":"melding"', b'"rubriek":"incident"')
    append = make_append(TABEL, changed)
    assert append.key is not None
    return [append, make_append(VERSIE, _version(keten, append.key.hex()))]


def _wrong_digest(keten: Keten) -> list[Append]:
    """A good table, and a version that names another one."""
    dsse, digest = _signed(
        _tabel('opmerking: ""', 'opmerking: "x"'), officers(keten.router)
    )
    assert open_tabel(dsse, keten.router.vertrouwen).digest.hex() == digest
    return [
        make_append(TABEL, dsse),
        make_append(VERSIE, _version(keten, "00" * 32)),
    ]


def _ended(keten: Keten) -> list[Append]:
    """A version that was over before it was published."""
    signed = _version(
        keten,
        json.loads(json.dumps(entry(keten.router)))["tabel"],
        geldig_van=time_text(to_ms(soon(keten.klok.nu, days=-2))),
        geldig_tot=time_text(to_ms(soon(keten.klok.nu, days=-1))),
    )
    # The first version has to be there: history before it may come late.
    first = Stukken(first_register(keten.router), first_tabel(keten.router))
    return [*appends(first), make_append(VERSIE, signed)]


BAD: Final[dict[str, tuple[Callable[[Keten], list[Append]], str]]] = {
    "contradictory": (
        lambda k: _with(k, _tabel(more=DENIAL)),
        "tabel.tegenstrijdig",
    ),
    "unsigned": (lambda k: _with(k, _tabel(), []), "register.handtekeningen"),
    "one signature": (
        lambda k: _with(k, _tabel(), officers(k.router)[:1]),
        "register.handtekeningen",
    ),
    "same officer twice": (
        lambda k: _with(k, _tabel(), officers(k.router)[:1] * 2),
        "register.handtekeningen",
    ),
    "edited after signing": (_edited, "register.handtekeningen"),
    "expired table": (
        lambda k: _with(k, _tabel("geldig_tot: null", 'geldig_tot: "2026-01-01"')),
        "tabel.niet_in_werking",
    ),
    "expired version": (_ended, "register.verlopen"),
    "future": (
        lambda k: _with(
            k, _tabel('geldig_van: "2025-01-01"', f'geldig_van: "{LATER}"')
        ),
        "tabel.niet_in_werking",
    ),
    "wrong digest": (_wrong_digest, "register.tabel"),
}


async def _refusal(keten: Keten) -> str:
    """Wait for the first refusal; a version behind a refused table follows it."""
    async with asyncio.timeout(20):
        while not keten.notities.codes:  # noqa: ASYNC110 - the router reports by calls
            await asyncio.sleep(0.01)
    return keten.notities.codes[0]


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_table_is_refused_and_the_old_one_stays_in_force(
    name: str, keten: Keten
) -> None:
    make, code = BAD[name]
    await keten.transport.append(make(keten))
    assert await _refusal(keten) == code
    keten.klok.later(minutes=5)
    got = await keten.received(await keten.send())
    assert got.register == keten.router.register.versies[0].digest
    assert {"melding", "incident"} <= got.inhoud.keys()
    for installatie in (keten.router, keten.leden):
        assert [one.volgnummer for one in installatie.register.versies] == [1]


async def test_the_same_table_without_the_fault_is_taken(keten: Keten) -> None:
    await keten.transport.append(
        _with(keten, _tabel('opmerking: ""', 'opmerking: "x"'))
    )
    async with asyncio.timeout(20):
        while len(keten.router.register.versies) < 2:  # noqa: ASYNC110 - the router polls too
            await asyncio.sleep(0.01)
    assert keten.notities.codes == []
    versie = keten.router.register.versies[1]
    keten.klok.to(versie.geldig_van_ms)
    assert (await keten.received(await keten.send())).register == versie.digest
