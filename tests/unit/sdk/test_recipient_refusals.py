"""What a recipient's SDK refuses, though it stands in the recipient's own topic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from simulator import OM, POL, RVDK, VT, VT_BRABANT, concept
from simulator_registers import opened, without

from corvus_adapters.app import build_attesteerder
from corvus_adapters.sdk.openen import Ontvangst, open_levering, verify_attestatie
from corvus_adapters.sdk.post import Geweigerdepost
from corvus_broker.effecten import SOORT_BEWIJS, SOORT_LEVERING
from corvus_broker.ports import Append
from corvus_broker.register import Registerreeks
from corvus_broker.topics import levering_topics
from corvus_crypto.attestatie import Attesteerder
from corvus_crypto.masker import encode_mask
from corvus_schemas.errors import EnvelopeError, InboundError
from corvus_schemas.wire.bericht import Geattesteerd, Leveringsbericht

if TYPE_CHECKING:
    from simulator import Simulator


@pytest.fixture
def levering(sim: Simulator) -> Geattesteerd:
    """A politiemelding as the broker delivered it to VT."""
    sim.submit(sim.message())
    (found,) = sim.deliveries(VT)
    return found


def attested(
    sim: Simulator,
    inhoud: bytes,
    soort: str = SOORT_LEVERING,
    signer: Attesteerder | None = None,
) -> Geattesteerd:
    """What a broker gone bad, or somebody with its topic, could write."""
    signer = signer or build_attesteerder(sim.broker)
    (attestatie,) = signer.attest([(soort, inhoud)], sim.nu_ms)
    return Geattesteerd(soort=soort, inhoud=inhoud, attestatie=attestatie.encode())


def changed(levering: Geattesteerd, **fields: Any) -> bytes:
    bericht = Leveringsbericht.decode(levering.inhoud)
    return msgspec.structs.replace(bericht, **fields).encode()


async def injected(sim: Simulator, value: bytes, naam: str = VT) -> list[object]:
    """Put bytes straight into an organisation's topic, and let it fetch."""
    await sim.post(naam)
    topic = levering_topics(sim.org(naam).oin)[0]
    sim.log.put(Append(topic, 0, b"", value))
    return list(await sim.post(naam))


def code_of(post: list[object]) -> str:
    (one,) = post
    assert isinstance(one, Geweigerdepost), one
    return one.code


async def test_a_message_put_straight_into_a_topic_is_refused(
    sim: Simulator, levering: Geattesteerd
) -> None:
    """Right in every way, only nobody attested it."""
    pol = sim.org(POL).keystore.signing_key
    forged = Attesteerder(pol, sim.broker.batch_key_id, bytes(32))
    value = attested(sim, levering.inhoud, signer=forged).encode()
    assert code_of(await injected(sim, value)) == "attestatie.ongeldig"
    stranger = Attesteerder(pol, bytes(16), bytes(32))
    value = attested(sim, levering.inhoud, signer=stranger).encode()
    assert code_of(await injected(sim, value)) == "attestatie.sleutel"
    assert len(sim.org(VT).organisatie.open_post()) == 1, "the real one"


@pytest.mark.parametrize("junk", [b"", b"junk", b"\xc3\x01" + bytes(40)])
async def test_junk_in_a_topic_does_not_stop_the_post(
    sim: Simulator, levering: Geattesteerd, junk: bytes
) -> None:
    sim.forget()
    topic = levering_topics(sim.org(VT).oin)[0]
    for value in (junk, levering.encode(), junk):
        sim.log.put(Append(topic, 0, b"", value))
    post = await sim.post(VT)
    kinds = [isinstance(one, Ontvangst) for one in post]
    assert kinds == [False, True, False]
    assert not await sim.post(VT), "the place moved on"


async def test_a_rubriek_that_no_rule_could_allow_is_refused(
    sim: Simulator, levering: Geattesteerd
) -> None:
    """The third lock: VT's own register lacks the rule the broker used."""
    # SPEC 11-3
    narrow = Registerreeks(
        [
            replace(
                opened(sim.sandbox, tabel=without("R0002")),
                digest=sim.registers.versies[0].digest,
            )
        ]
    )
    lezer = replace(sim.org(VT).lezer, registers=narrow)
    with pytest.raises(InboundError) as caught:
        open_levering(levering, lezer)
    assert caught.value.code == "levering.niet_toegestaan"
    assert "incident" in caught.value.message
    assert "melding" not in caught.value.message
    assert open_levering(levering, sim.org(VT).lezer).inhoud["incident"]


async def test_a_delivery_to_another_is_refused(
    sim: Simulator, levering: Geattesteerd
) -> None:
    value = levering.encode()
    assert code_of(await injected(sim, value, VT_BRABANT)) == "kolom.vreemd"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("cellen", "cel.belofte"),
        ("kolom", "kolom.belofte"),
        ("manifest", "handtekening.ongeldig"),
        ("ondertekening", "certificaat.onbekend"),
    ],
)
async def test_a_broker_cannot_change_what_the_sender_signed(
    sim: Simulator, levering: Geattesteerd, part: str, code: str
) -> None:
    """Attested by the broker itself: the sender's signature still tells."""
    data = bytearray(getattr(Leveringsbericht.decode(levering.inhoud), part))
    at = {"ondertekening": 5, "manifest": len(data) - 1}.get(part, len(data) // 2)
    data[at] ^= 1
    bent = attested(sim, changed(levering, **{part: bytes(data)}))
    assert code_of(await injected(sim, bent.encode())) == code


async def test_a_broker_cannot_put_a_cel_elsewhere(
    sim: Simulator, levering: Geattesteerd
) -> None:
    bericht = Leveringsbericht.decode(levering.inhoud)
    mask = int.from_bytes(bericht.posities, "little")
    positions = len(sim.design(POL).lading.posities)
    lowest = mask & -mask
    free = next(n for n in range(positions) if not mask >> n & 1)
    moved = encode_mask(mask & ~lowest | 1 << free, positions)
    bent = attested(sim, changed(levering, posities=moved))
    assert code_of(await injected(sim, bent.encode())) == "cel.belofte"


async def test_a_cel_without_its_rule_is_refused(
    sim: Simulator, levering: Geattesteerd
) -> None:
    regels = Leveringsbericht.decode(levering.inhoud).regels[1:]
    bent = attested(sim, changed(levering, regels=regels))
    assert code_of(await injected(sim, bent.encode())) == "levering.regels"


@pytest.mark.parametrize("soort", [SOORT_BEWIJS, "terugmelding", "beslisregel", "x"])
async def test_a_delivery_does_not_pass_for_something_else(
    sim: Simulator, levering: Geattesteerd, soort: str
) -> None:
    # SPEC 9-2
    renamed = msgspec.structs.replace(levering, soort=soort)
    assert code_of(await injected(sim, renamed.encode())) == "attestatie.ongeldig"
    bent = attested(sim, levering.inhoud, soort)
    code = code_of(await injected(sim, bent.encode()))
    assert code in {"schema.onbekend", "post.soort"}


async def test_the_same_delivery_twice_is_handed_over_once(
    sim: Simulator, levering: Geattesteerd
) -> None:
    sim.forget()
    topic = levering_topics(sim.org(VT).oin)[0]
    for _ in range(2):
        sim.log.put(Append(topic, 0, b"", levering.encode()))
    assert len(await sim.post(VT)) == 1
    assert len(sim.org(VT).organisatie.open_post()) == 1


async def test_a_delivery_stays_open_until_it_is_confirmed(
    sim: Simulator, levering: Geattesteerd
) -> None:
    vt = sim.org(VT).organisatie
    (one,) = await vt.ontvang(wait_s=0)
    (again,) = await vt.ontvang(wait_s=0)
    assert one.sleutel == again.sleutel, "the idempotency key is the same"
    assert one == again
    await vt.bevestig(again)
    assert not await vt.ontvang(wait_s=0)
    assert levering.soort == SOORT_LEVERING


async def test_a_message_is_not_opened_with_a_key_that_is_gone(
    sim: Simulator, levering: Geattesteerd
) -> None:
    lezer = replace(sim.org(VT).lezer, private_key=lambda _: None)
    with pytest.raises(EnvelopeError) as caught:
        open_levering(levering, lezer)
    assert caught.value.code == "sleutel.weg"


async def test_an_unknown_register_is_reported(
    sim: Simulator, levering: Geattesteerd
) -> None:
    lezer = replace(sim.org(VT).lezer, registers=Registerreeks([]))
    with pytest.raises(InboundError) as caught:
        open_levering(levering, lezer)
    assert caught.value.code == "register.onbekend"
    with pytest.raises(InboundError) as caught:
        verify_attestatie(levering.encode(), Registerreeks([]))
    assert caught.value.code == "attestatie.sleutel"


async def test_what_was_withheld_is_told_to_the_sender_only(sim: Simulator) -> None:
    # SPEC 12-2
    kenmerken = {"opsporingsbelang": True}
    sim.submit(sim.message(POL, concept(kenmerken=kenmerken)))
    bewijs, _ = sim.receipts(POL)  # and then AANGEHOUDEN
    (vt,) = bewijs.verstrekkingen
    assert {one.reden for one in vt.geweigerd} == {"aangehouden"}
    ontvangst = open_levering(sim.deliveries(VT)[0], sim.org(VT).lezer)
    assert ontvangst.achtergehouden > 0
    assert b"aangehouden" not in sim.deliveries(VT)[0].inhoud
    for naam in (VT, OM, RVDK):
        assert not sim.receipts(naam)
