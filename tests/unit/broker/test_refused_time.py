"""Step 6: the clock window, expiry, suites, and the register a message names."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from attack import bend_kop, check_refused
from simulator import POL, VT, Simulator, concept
from simulator_registers import opened, soon, without

from corvus_adapters.installatie.aanmaken import concept_tabel
from corvus_adapters.sdk.openen import open_levering
from corvus_broker.kalender import AMSTERDAM
from corvus_broker.register import Registerreeks, time_text
from corvus_crypto.certificaten import to_ms
from corvus_schemas.errors import RegisterError
from corvus_schemas.wire.bewijs import Status

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.installatie import Installatie
    from corvus_broker.register.formaat import RegisterStuk

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
GRACE_MIN = 15


@pytest.mark.parametrize(
    ("shift_ms", "code"),
    [
        (5 * MINUTE_MS, None),
        (5 * MINUTE_MS + 1, "tijd.toekomst"),
        (400 * DAY_MS, "tijd.toekomst"),
        (-5 * DAY_MS, None),
        (-5 * DAY_MS - 1, "tijd.verleden"),
    ],
)
def test_a_message_is_signed_about_now(
    sim: Simulator, shift_ms: int, code: str | None
) -> None:
    moment = sim.nu_ms + shift_ms
    end = moment + 30 * DAY_MS
    ontwerp = bend_kop(sim.design(POL), ondertekend_op=moment, geldig_tot=end)
    effecten = sim.submit(sim.seal(POL, ontwerp))
    if code is None:
        assert effecten.uitkomst == "GEACCEPTEERD"
    else:
        check_refused(sim, effecten, code)


@pytest.mark.parametrize("late_ms", [0, 1, DAY_MS])
def test_an_expired_message_is_told_so(sim: Simulator, late_ms: int) -> None:
    ontwerp = bend_kop(sim.design(POL), geldig_tot=sim.nu_ms - late_ms)
    effecten = sim.submit(sim.seal(POL, ontwerp))
    check_refused(sim, effecten, "bericht.verlopen", status=Status.VERLOPEN)


def test_an_expired_attempt_does_not_use_up_the_id(sim: Simulator) -> None:
    # SPEC 14-2
    ontwerp = sim.design(POL)
    late = bend_kop(ontwerp, geldig_tot=sim.nu_ms)
    sim.submit(sim.seal(POL, late))
    again = bend_kop(ontwerp, poging=2)
    assert sim.submit(sim.seal(POL, again)).uitkomst == "GEACCEPTEERD"


def test_an_unknown_register_is_refused(sim: Simulator) -> None:
    ontwerp = bend_kop(sim.design(POL), register=b"\x07" * 32)
    check_refused(sim, sim.submit(sim.seal(POL, ontwerp)), "register.onbekend")


@pytest.fixture
def two(sandbox: Installatie, tmp_path: Path) -> Simulator:
    """A second register follows in an hour; its table lacks R0002 (incident)."""
    start = soon(Simulator(sandbox, tmp_path).nu, hours=1)
    second = opened(sandbox, van=start, volgnummer=2, tabel=without("R0002"))
    reeks = Registerreeks([sandbox.register.versies[0], second])
    return Simulator(sandbox, tmp_path, registers=reeks)


def test_within_grace_both_tables_have_to_allow(two: Simulator) -> None:
    # SPEC 14-4
    message, old = two.message(), two.registers.versies[0]
    assert two.registers.op(two.nu_ms) is old
    two.nu = soon(two.nu, hours=1, minutes=GRACE_MIN - 1)
    effecten = two.submit(message)
    assert effecten.uitkomst == "GEACCEPTEERD"
    (levering,) = two.deliveries(VT)
    ontvangst = open_levering(levering, two.org(VT).lezer)
    assert "incident" not in ontvangst.inhoud
    assert "melding" in ontvangst.inhoud
    assert effecten.geweigerd == {"standaard": 1}


def test_after_grace_the_sender_has_to_seal_again(two: Simulator) -> None:
    message = two.message()
    two.nu = soon(two.nu, hours=1, minutes=GRACE_MIN + 1)
    check_refused(two, two.submit(message), "register.verouderd")


async def test_the_sdk_seals_again_by_itself(two: Simulator) -> None:
    pol = two.org(POL).organisatie
    verzonden = pol.leg_klaar(concept())
    two.nu = soon(two.nu, hours=1, minutes=GRACE_MIN + 1)
    await pol.verzend()
    assert two.effecten[-1].code == "register.verouderd"
    await two.post(POL)
    assert two.effecten[-1].uitkomst == "GEACCEPTEERD"
    (ontvangst,) = await two.org(VT).organisatie.ontvang(wait_s=0)
    assert ontvangst.bericht_id == verzonden.bericht_id
    assert "incident" not in ontvangst.inhoud, "resealed under the new table"


def test_a_register_from_the_future_is_not_sealed_under(two: Simulator) -> None:
    later = two.registers.versies[1]
    ontwerp = bend_kop(two.design(POL), register=later.digest)
    check_refused(two, two.submit(two.seal(POL, ontwerp)), "register.verouderd")


def test_an_old_table_that_ended_makes_the_sender_seal_again(
    sandbox: Installatie, tmp_path: Path
) -> None:
    """Within grace, and yet the old table may decide nothing any more."""
    tomorrow = (datetime.now(AMSTERDAM) + timedelta(days=1)).date()
    midnight = datetime.combine(tomorrow, time(), AMSTERDAM).astimezone(UTC)
    ended = concept_tabel().replace(
        "geldig_tot: null", f'geldig_tot: "{tomorrow.isoformat()}"', 1
    )
    reeks = Registerreeks(
        [
            opened(sandbox, tabel=ended),
            opened(sandbox, van=midnight, volgnummer=2),
        ]
    )
    nu = midnight - timedelta(minutes=5)
    sim = Simulator(sandbox, tmp_path, registers=reeks, nu=nu)
    message = sim.message()
    sim.later(minutes=10)
    check_refused(sim, sim.submit(message), "register.verouderd")


def test_an_expired_table_decides_nothing(sandbox: Installatie, tmp_path: Path) -> None:
    ended = concept_tabel().replace("geldig_tot: null", 'geldig_tot: "2026-01-01"', 1)
    reeks = Registerreeks([opened(sandbox, tabel=ended)])
    message = bend_kop(
        Simulator(sandbox, tmp_path).design(POL), register=reeks.versies[0].digest
    )
    sim = Simulator(sandbox, tmp_path, registers=reeks)
    for attempt in (lambda: sim.submit(sim.seal(POL, message)), sim.message):
        with pytest.raises(RegisterError) as caught:
            attempt()
        assert caught.value.code == "tabel.niet_in_werking"
    assert not sim.deliveries(VT)


def test_without_a_register_in_force_nothing_is_decided(sim: Simulator) -> None:
    # SPEC 14-9
    message = sim.message()
    sim.nu += timedelta(days=400)
    with pytest.raises(RegisterError) as caught:
        sim.submit(message)
    assert caught.value.code == "register.geen_geldig"
    assert not sim.deliveries(VT)
    assert not sim.receipts(POL)


def test_a_suite_past_its_end_is_refused(sandbox: Installatie, tmp_path: Path) -> None:
    end = soon(Simulator(sandbox, tmp_path).nu, hours=1)

    def edit(stuk: RegisterStuk) -> None:
        stuk["suites"][0]["geldig_tot"] = time_text(to_ms(end))

    reeks = Registerreeks([opened(sandbox, edit)])
    sim = Simulator(sandbox, tmp_path, registers=reeks)
    assert sim.submit(sim.message()).uitkomst == "GEACCEPTEERD"
    sim.nu = end
    check_refused(sim, sim.submit(sim.message()), "suite.verlopen")
