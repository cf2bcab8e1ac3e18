"""A nasleutel under attack: by its sender, by others, on its way, by the broker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from attack import check_dead, check_refused
from nasleutel_wereld import make_wereld
from simulator import OM, POL, VT, VT_BRABANT, Simulator, concept
from simulator_registers import opened, organisation, soon, start_of

from corvus_adapters.sdk.openen import open_levering
from corvus_broker.register import Registerreeks, time_text
from corvus_crypto.cel import SLOT_BYTES
from corvus_crypto.certificaten import to_ms
from corvus_crypto.masker import bits, mask_of
from corvus_schemas.errors import CorvusError, EnvelopeError
from corvus_schemas.wire.bericht import Geattesteerd
from corvus_schemas.wire.bewijs import Status
from corvus_schemas.wire.nasleutel import Nalevering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nasleutel_wereld import Wereld

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.sdk.nasleutel import Nasleutelontwerp
    from corvus_broker.register.formaat import RegisterStuk


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


# -- who signs --------------------------------------------------------------------


async def test_another_participant_gives_no_keys(wereld: Wereld) -> None:
    # SPEC 18-2
    await wereld.start(concept("zsm_aanmelding"))
    good = wereld.ontwerp(OM)
    theirs = bent(good, verstrekker=wereld.sim.org(VT).oin)
    effecten = wereld.submit(wereld.seal(theirs, VT))
    check_refused(wereld.sim, effecten, "nasleutel.vreemd", naam=VT)
    assert wereld.submit(wereld.seal(good)).leveringen, "the sender itself does"


async def test_in_the_name_of_the_sender_it_proves_nobody(wereld: Wereld) -> None:
    # SPEC 18-2
    await wereld.start()
    effecten = wereld.submit(wereld.seal(wereld.ontwerp(), VT))
    check_dead(wereld.sim, effecten, "certificaat.oin")


async def test_a_sender_whose_certificate_was_withdrawn(
    sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 18-2: valid when the message was signed is not enough
    begin = start_of(sandbox)
    revoked = soon(begin, days=2)

    def change(stuk: RegisterStuk) -> None:
        for one in organisation(stuk, sandbox.keystore(POL).oin)["certificaten"]:
            one["ingetrokken_op"] = time_text(to_ms(revoked))

    later = opened(sandbox, change, van=revoked, volgnummer=2)
    sim = Simulator(
        sandbox,
        tmp_path,
        registers=Registerreeks([sandbox.register.versies[0], later]),
        nu=soon(begin, hours=1),
    )
    wereld = await _wereld_of(sim)
    assert wereld.submit(wereld.seal(wereld.ontwerp())).leveringen
    sim.later(days=2)
    effecten = wereld.submit(wereld.seal(wereld.ontwerp()))
    check_dead(sim, effecten, "certificaat.ingetrokken")
    sim.close()


async def _wereld_of(sim: Simulator) -> Wereld:
    from nasleutel_wereld import Wereld  # noqa: PLC0415 - a type above

    return await Wereld(sim, b"").start()


async def test_a_sender_whose_certificate_ended(wereld: Wereld) -> None:
    # SPEC 18-2
    await wereld.start()
    ontwerp = wereld.ontwerp()
    wereld.sim.later(days=800)
    try:
        effecten = wereld.submit(wereld.seal(ontwerp))
    except CorvusError as error:
        assert error.code == "register.geen_geldig"  # noqa: PT017 - either stops it
        return
    check_dead(wereld.sim, effecten, "certificaat.verlopen")


async def test_the_successor_of_the_sender_does(
    sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 18-2, SPEC 15-15
    nu = soon(start_of(sandbox), hours=1)

    def change(stuk: RegisterStuk) -> None:
        one = organisation(stuk, sandbox.keystore(VT).oin)
        one["geldig_tot"] = time_text(to_ms(soon(nu, hours=2)))
        one["opvolger"] = sandbox.keystore(VT_BRABANT).oin

    later = opened(sandbox, change, van=soon(nu, hours=1), volgnummer=2)
    registers = Registerreeks([sandbox.register.versies[0], later])
    sim = Simulator(sandbox, tmp_path, registers=registers, nu=nu)
    wereld = await _wereld_of(sim)
    vt = sim.org(VT).organisatie
    wereld.sent = await vt.verstuur(
        concept(
            "informatieverzoek",
            zaak=wereld.eerst[0].zaak,
            doel="AFSTEMMING",
            kenmerken={
                "geheim_adres": False,
                "verdachte_minderjarig": False,
                "vermoeden_strafbaar_feit": True,
            },
            geadresseerden=[sim.org(POL).oin],
        )
    )
    await sim.post(VT)
    successor = sim.org(VT_BRABANT).oin
    too_early = bent(wereld.ontwerp(POL, naam=VT), verstrekker=successor)
    effecten = wereld.submit(wereld.seal(too_early, VT_BRABANT))
    check_refused(sim, effecten, "nasleutel.vreemd", naam=VT_BRABANT)
    sim.later(hours=3)
    own = bent(wereld.ontwerp(POL, naam=VT), verstrekker=successor)
    effecten = wereld.submit(wereld.seal(own, VT_BRABANT))
    assert effecten.uitkomst == "NAGESLEUTELD", effecten.code
    assert sim.receipts(VT_BRABANT)[-1].status == Status.GEACCEPTEERD
    [geattesteerd] = [
        one
        for one in sim.deliveries(POL)
        if one.soort == "levering" and b"corvus/1/nasleutel" in one.inhoud
    ]
    opened_again = open_levering(geattesteerd, sim.org(POL).lezer)
    assert opened_again.verstrekker == sim.org(VT).oin
    sim.close()


# -- what is signed ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("veld", "at", "code"),
    [
        ("sloten", 3, "nasleutel.belofte"),
        ("beloften", 3, "nasleutel.belofte"),
        ("kolommen", 10, "nasleutel.belofte"),
        ("kolommen", -1, "nasleutel.belofte"),
        ("routering_zout", 0, "nasleutel.belofte"),
        ("routering", -1, None),
        ("manifest", -1, "handtekening.ongeldig"),
        ("ondertekening", -1, "handtekening.ongeldig"),
        ("posities", 0, None),
        ("inzending", 12, None),
    ],
)
async def test_a_changed_bit_is_a_dead_letter(
    wereld: Wereld, veld: str, at: int, code: str | None
) -> None:
    # SPEC 18-1, SPEC 18-4
    await wereld.start()
    good = wereld.seal(wereld.ontwerp())
    bad = msgspec.structs.replace(good, **{veld: flipped(getattr(good, veld), at)})
    effecten = wereld.submit(bad)
    assert effecten.uitkomst == "ONBESTELBAAR"
    check_dead(wereld.sim, effecten, code or effecten.code)
    assert wereld.submit(good).uitkomst == "NAGESLEUTELD"


@pytest.mark.parametrize("veld", ["sloten", "beloften", "kolommen"])
async def test_parts_that_do_not_fit_are_refused(wereld: Wereld, veld: str) -> None:
    # SPEC 18-1, SPEC 1-1
    await wereld.start()
    good = wereld.seal(wereld.ontwerp())
    longer = msgspec.structs.replace(good, **{veld: getattr(good, veld) + b"\0"})
    code = "kolom.indeling" if veld == "kolommen" else "nasleutel.indeling"
    check_dead(wereld.sim, wereld.submit(longer), code)


async def test_grants_for_what_is_not_there_are_refused(wereld: Wereld) -> None:
    # SPEC 18-4
    await wereld.start()
    ontwerp = wereld.ontwerp()
    [one] = ontwerp.toegekend
    leeg = next(
        at
        for at in range(len(ontwerp.ontleed.posities))
        if at not in bits(ontwerp.ontleed.gevuld)
    )
    greedy = replace(
        ontwerp,
        toegekend=[replace(one, masker=one.masker | mask_of([leeg]))],
        celgeheimen={**ontwerp.celgeheimen, leeg: b"x" * 32},
    )
    check_dead(wereld.sim, wereld.submit(wereld.seal(greedy)), "nasleutel.toekenning")
    nobody = replace(ontwerp, toegekend=[])
    check_dead(wereld.sim, wereld.submit(wereld.seal(nobody)), "nasleutel.toekenning")


async def test_what_was_never_accepted_gets_no_key(wereld: Wereld) -> None:
    # SPEC 18-3
    await wereld.start()
    ontwerp = wereld.ontwerp()
    stranger = wereld.sim.message(POL)
    effecten = wereld.submit(
        wereld.seal(replace(ontwerp, bewijs=_receipt_of(wereld, stranger)))
    )
    check_refused(wereld.sim, effecten, "nasleutel.bewijs")


def _receipt_of(wereld: Wereld, inzending: Any) -> bytes:
    """The broker's receipt on another message of this sender."""
    wereld.sim.submit(inzending)
    last = [one for one in wereld.sim.deliveries(POL) if one.soort == "bewijs"][-1]
    return last.encode()


async def test_a_receipt_on_a_nasleutel_is_no_receipt_on_the_message(
    wereld: Wereld,
) -> None:
    # SPEC 18-3: its time is another one
    await wereld.start()
    ontwerp = wereld.ontwerp()
    wereld.submit(wereld.seal(ontwerp))
    supplement = [one for one in wereld.sim.deliveries(POL) if one.soort == "bewijs"]
    again = replace(wereld.ontwerp(), bewijs=supplement[-1].encode())
    effecten = wereld.submit(wereld.seal(again))
    check_refused(wereld.sim, effecten, "nasleutel.bewijs")


async def test_a_receipt_that_the_broker_did_not_sign(wereld: Wereld) -> None:
    # SPEC 18-3
    await wereld.start()
    ontwerp = wereld.ontwerp()
    receipt = Geattesteerd.decode(ontwerp.bewijs)
    forged = msgspec.structs.replace(receipt, attestatie=flipped(receipt.attestatie))
    effecten = wereld.submit(wereld.seal(replace(ontwerp, bewijs=forged.encode())))
    check_refused(wereld.sim, effecten, "attestatie.ongeldig")


async def test_a_kop_about_another_message(wereld: Wereld) -> None:
    # SPEC 18-3
    await wereld.start()
    for fields in ({"manifest": b"\1" * 32}, {"bericht_id": b"\1" * 16}):
        effecten = wereld.submit(wereld.seal(bent(wereld.ontwerp(), **fields)))
        check_refused(wereld.sim, effecten, "nasleutel.bericht")


# -- for whom, and how much -------------------------------------------------------


async def test_a_column_for_one_with_the_key_of_another(wereld: Wereld) -> None:
    # SPEC 18-7
    await wereld.start(concept("zsm_aanmelding"))
    ontwerp = wereld.ontwerp(VT, OM)
    one, two = ontwerp.toegekend
    swapped = replace(one, sleutel=replace(two.sleutel, oin=one.sleutel.oin))
    effecten = wereld.submit(wereld.seal(replace(ontwerp, toegekend=[swapped])))
    check_refused(wereld.sim, effecten, "kolom.sleutel")


async def test_the_organisation_of_another_area_gets_nothing(wereld: Wereld) -> None:
    # SPEC 18-7
    await wereld.start()
    effecten = wereld.submit(wereld.seal(wereld.ontwerp(VT_BRABANT)))
    check_refused(wereld.sim, effecten, "ontvanger.buiten_gebied")


async def test_more_than_the_table_allows_stays_here(wereld: Wereld) -> None:
    # SPEC 18-6, SPEC 18-10: granted everything, to one that may have some
    await wereld.start(concept("zsm_aanmelding"))
    ontwerp = wereld.ontwerp(OM)
    [one] = ontwerp.toegekend
    everything = replace(one, masker=ontwerp.ontleed.gevuld)
    assert everything.masker & ~one.masker, "or there is nothing to withhold"
    nasleutel = wereld.seal(replace(ontwerp, toegekend=[everything]))
    effecten = wereld.submit(nasleutel)
    [levering] = effecten.leveringen
    gekregen = Nalevering.decode(levering.inhoud)
    assert int.from_bytes(gekregen.posities, "little") == one.masker
    granted = bits(ontwerp.ontleed.gevuld)
    for at, position in enumerate(granted):
        slot = nasleutel.sloten[at * SLOT_BYTES : (at + 1) * SLOT_BYTES]
        assert (slot in levering.inhoud) == bool(one.masker >> position & 1)


async def test_an_id_is_not_used_for_two(wereld: Wereld) -> None:
    # SPEC 18-8
    await wereld.start()
    ontwerp = wereld.ontwerp()
    old = bent(ontwerp, ondertekend_op=0)
    check_refused(wereld.sim, wereld.submit(wereld.seal(old)), "tijd.verleden")
    assert wereld.submit(wereld.seal(ontwerp)).uitkomst == "NAGESLEUTELD", (
        "a refused attempt does not use up the id"
    )
    other = wereld.seal(ontwerp)
    check_refused(wereld.sim, wereld.submit(other), "bericht.id_hergebruikt")


async def test_the_clock_suite_and_register_of_now(wereld: Wereld) -> None:
    # SPEC 18-5, SPEC 18-9
    await wereld.start()
    ahead = wereld.sim.nu_ms + 3_600_000
    strange = bent(wereld.ontwerp(), register=b"\1" * 32)
    for ontwerp, code in (
        (bent(wereld.ontwerp(), ondertekend_op=ahead), "tijd.toekomst"),
        (strange, "register.onbekend"),
    ):
        check_refused(wereld.sim, wereld.submit(wereld.seal(ontwerp)), code)
    sealed = wereld.ontwerp()
    wereld.sim.later(days=30)
    effecten = wereld.submit(wereld.seal(sealed))
    assert effecten.code in {"tijd.verleden", "register.verouderd"}


async def test_in_another_partition_it_is_not_decided(wereld: Wereld) -> None:
    await wereld.start()
    nasleutel = wereld.seal(wereld.ontwerp())
    elsewhere = (wereld.sent.partitie + 1) % wereld.sim.registers.versies[0].partities
    effecten = wereld.sim.submit(nasleutel.encode(), partitie=elsewhere)
    check_dead(wereld.sim, effecten, "partitie.onjuist")


async def test_a_flood_is_refused_before_it_is_parsed(wereld: Wereld) -> None:
    await wereld.start()
    good = wereld.seal(wereld.ontwerp())
    limit = wereld.sim.sandbox.instellingen.router.max_bericht_bytes
    huge = msgspec.structs.replace(good, beloften=bytes(limit))
    from corvus_broker.nasleutel import parse_nasleutel  # noqa: PLC0415 - one use
    from corvus_schemas.catalogus import load_catalogus  # noqa: PLC0415 - one use

    with pytest.raises(EnvelopeError, match=r"envelope\.te_groot"):
        parse_nasleutel(huge.encode(), load_catalogus(), limit)
