"""What came by a nasleutel, at its recipient: a bad broker, a bad sender."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from nasleutel_wereld import make_wereld
from simulator import OM, VT, concept

from corvus_adapters.app import build_attesteerder
from corvus_adapters.sdk.openen import open_levering
from corvus_crypto.cel import SLOT_BYTES
from corvus_schemas.errors import CorvusError, EnvelopeError, IdentityError
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.nasleutel import Nalevering, Nasleutel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nasleutel_wereld import Wereld

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.sdk.nasleutel import Nasleutelontwerp


@pytest.fixture
def wereld(sandbox: Installatie, tmp_path: Path) -> Iterator[Wereld]:
    yield from make_wereld(sandbox, tmp_path)


def bent(ontwerp: Nasleutelontwerp, **fields: Any) -> Nasleutelontwerp:
    """A design with another kop: signed, and wrong all the same."""
    return replace(ontwerp, kop=msgspec.structs.replace(ontwerp.kop, **fields))


def flipped(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def attested(wereld: Wereld, inhoud: Nalevering) -> Geattesteerd:
    """A delivery that the broker's own key attests, whatever it says."""
    data = inhoud.encode()
    attesteerder = build_attesteerder(wereld.sim.broker)
    [one] = attesteerder.attest([("levering", data)], wereld.sim.nu_ms)
    return Geattesteerd(soort="levering", inhoud=data, attestatie=one.encode())


async def _nalevering(wereld: Wereld, nasleutel: Nasleutel | None = None) -> Nalevering:
    effecten = wereld.submit(nasleutel or wereld.seal(wereld.ontwerp()))
    return Nalevering.decode(effecten.leveringen[0].inhoud)


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        (lambda n: {"sloten": flipped(n.sloten)}, "nasleutel.belofte"),
        (lambda n: {"beloften": flipped(n.beloften)}, "nasleutel.belofte"),
        (lambda n: {"kolom": flipped(n.kolom)}, "nasleutel.belofte"),
        (lambda n: {"cellen": flipped(n.cellen)}, "cel.belofte"),
        (lambda n: {"nasleutel": flipped(n.nasleutel)}, "handtekening.ongeldig"),
        (lambda n: {"sloten": n.sloten[SLOT_BYTES:]}, "nasleutel.indeling"),
        (lambda _: {"nagesleuteld_op": 0}, "certificaat.nog_niet_geldig"),
    ],
)
async def test_what_the_broker_changed_is_refused(
    wereld: Wereld, bend: Callable[[Nalevering], dict[str, Any]], code: str
) -> None:
    # SPEC 18-11
    await wereld.start()
    good = await _nalevering(wereld)
    lezer = wereld.sim.org(VT).lezer
    assert open_levering(attested(wereld, good), lezer).inhoud["melding"]
    bad = msgspec.structs.replace(good, **bend(good))
    with pytest.raises(CorvusError) as caught:
        open_levering(attested(wereld, bad), lezer)
    assert caught.value.code == code


async def test_the_column_of_another_is_refused(wereld: Wereld) -> None:
    # SPEC 18-11
    await wereld.start(concept("zsm_aanmelding"))
    good = await _nalevering(wereld, wereld.seal(wereld.ontwerp(VT)))
    with pytest.raises(IdentityError, match=r"kolom\.vreemd"):
        open_levering(attested(wereld, good), wereld.sim.org(OM).lezer)


async def test_a_nasleutel_of_another_to_this_message(wereld: Wereld) -> None:
    # SPEC 18-2, SPEC 18-11: a broker and a participant together
    await wereld.start(concept("zsm_aanmelding"))
    good = await _nalevering(wereld, wereld.seal(wereld.ontwerp(VT)))
    theirs = wereld.seal(
        bent(wereld.ontwerp(VT), verstrekker=wereld.sim.org(OM).oin), OM
    )
    mixed = msgspec.structs.replace(
        good,
        nasleutel=theirs.manifest,
        nasleutel_ondertekening=theirs.ondertekening,
        kolom=theirs.kolommen,
        beloften=theirs.beloften,
        sloten=theirs.sloten,
    )
    with pytest.raises(IdentityError, match=r"nasleutel\.vreemd"):
        open_levering(attested(wereld, mixed), wereld.sim.org(VT).lezer)


async def test_a_nasleutel_to_another_message(wereld: Wereld) -> None:
    # SPEC 18-11
    await wereld.start()
    good = await _nalevering(wereld)
    first = wereld.sent
    await wereld.start(concept(seed=2), fetch=False)
    other = await _nalevering(wereld)
    assert wereld.sent != first
    mixed = msgspec.structs.replace(
        good, manifest=other.manifest, ondertekening=other.ondertekening
    )
    with pytest.raises(EnvelopeError, match=r"nasleutel\.bericht"):
        open_levering(attested(wereld, mixed), wereld.sim.org(VT).lezer)


async def test_the_third_lock_holds_for_a_nasleutel(wereld: Wereld) -> None:
    # SPEC 18-11: sender and broker let the OM have what no rule gives it
    await wereld.start(concept("zsm_aanmelding"))
    ontwerp = wereld.ontwerp(OM)
    [one] = ontwerp.toegekend
    everything = replace(one, masker=ontwerp.ontleed.gevuld)
    nasleutel = wereld.seal(replace(ontwerp, toegekend=[everything]))
    good = await _nalevering(wereld, nasleutel)
    inzending = ontwerp.ontleed
    excess = msgspec.structs.replace(
        good,
        posities=nasleutel.posities,
        cellen=inzending.ruwe_cellen,
        sloten=nasleutel.sloten,
        regels=["R0001"] * inzending.gevuld.bit_count(),
    )
    with pytest.raises(IdentityError, match=r"levering\.niet_toegestaan"):
        open_levering(attested(wereld, excess), wereld.sim.org(OM).lezer)


async def test_a_wrap_of_another_secret_opens_nothing(wereld: Wereld) -> None:
    # SPEC 18-11, SPEC 5-8
    await wereld.start()
    ontwerp = wereld.ontwerp()
    false = dict.fromkeys(ontwerp.celgeheimen, b"\7" * 32)
    effecten = wereld.submit(wereld.seal(replace(ontwerp, celgeheimen=false)))
    [levering] = effecten.leveringen
    ontvangst = open_levering(
        attested(wereld, Nalevering.decode(levering.inhoud)), wereld.sim.org(VT).lezer
    )
    assert ontvangst.inhoud == {}
    assert set(ontvangst.niet_toegekend) == set(ontvangst.regels)


async def test_a_column_opens_for_its_own_nasleutel_only(wereld: Wereld) -> None:
    # SPEC 18-5
    await wereld.start()
    one, two = wereld.seal(wereld.ontwerp()), wereld.seal(wereld.ontwerp())
    good = await _nalevering(wereld, one)
    assert one.kolommen != two.kolommen
    # The sender itself puts a column of one in the other, and signs that.
    from corvus_adapters.sdk.ingang import find_ingang  # noqa: PLC0415 - one use
    from corvus_crypto.manifest import parse_manifest  # noqa: PLC0415 - one use
    from corvus_schemas.wire.bericht import Kop  # noqa: PLC0415 - one use

    manifest = parse_manifest(good.manifest)
    register = wereld.sim.registers.op(wereld.sim.nu_ms)
    ingang = find_ingang(good, manifest, Kop.decode(manifest.kop), register)
    private = wereld.sim.org(VT).keystore.private_key(ingang.kolom.sleutel_id)
    assert private is not None
    assert len(ingang.kastsleutel(private)) == 32
    for fields in (
        {"nasleutel_id": b"\1" * 16},
        {"manifest": b"\1" * 32},
        {"bericht_id": b"\1" * 16},
        {"poging": 2},
        {"register": b"\1" * 32},
        {"verstrekker": wereld.sim.org(OM).oin},
    ):
        wrong = replace(ingang, context=replace(ingang.context, **fields))
        with pytest.raises(EnvelopeError, match=r"kolom\.opent_niet"):
            wrong.kastsleutel(private)
