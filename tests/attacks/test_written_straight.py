"""An insider who may write to the brokers' topics writes straight to an organisation.

Past the router, with everything that lies in the log at hand. The SDK believes the
broker's signature, the sender's and its own column, never the place where a record lies.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from simulator import OM, POL, VT, concept

from corvus_adapters.sdk.openen import Ontvangst
from corvus_adapters.sdk.post import Geweigerdepost
from corvus_broker.ports import Append
from corvus_crypto.attestatie import Attesteerder
from corvus_schemas.wire.bericht import Geattesteerd, Leveringsbericht

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator import Simulator

Forgery = bytes
TOPIC = "corvus.levering.{oin}.p30d"


async def history(sim: Simulator) -> tuple[Geattesteerd, Geattesteerd]:
    """What lies in the log: a levering to VT and one to OM, of the same message."""
    await sim.org(POL).organisatie.verstuur(concept("zsm_aanmelding", seed=3))
    to_vt = [one for one in sim.deliveries(VT) if one.soort == "levering"]
    to_om = [one for one in sim.deliveries(OM) if one.soort == "levering"]
    return to_vt[-1], to_om[-1]


def by_own_key(sim: Simulator, soort: str, inhoud: bytes, key_id: bytes) -> Forgery:
    key = ed25519.Ed25519PrivateKey.generate()
    attesteerder = Attesteerder(key, key_id, secrets.token_bytes(32))
    [attestatie] = attesteerder.attest([(soort, inhoud)], sim.nu_ms)
    return Geattesteerd(
        soort=soort, inhoud=inhoud, attestatie=attestatie.encode()
    ).encode()


def garbage(_sim: Simulator, _vt: Geattesteerd, _om: Geattesteerd) -> Forgery:
    return b"geen post"


def nothing(_sim: Simulator, _vt: Geattesteerd, _om: Geattesteerd) -> Forgery:
    return b""


def signed_by_a_key_of_his_own(
    sim: Simulator, vt: Geattesteerd, _om: Geattesteerd
) -> Forgery:
    return by_own_key(sim, vt.soort, vt.inhoud, secrets.token_bytes(16))


def signed_under_the_brokers_name(
    sim: Simulator, vt: Geattesteerd, _om: Geattesteerd
) -> Forgery:
    return by_own_key(sim, vt.soort, vt.inhoud, sim.broker.batch_key_id)


def another_organisations(
    _sim: Simulator, _vt: Geattesteerd, om: Geattesteerd
) -> Forgery:
    return om.encode()


def another_kind(_sim: Simulator, vt: Geattesteerd, _om: Geattesteerd) -> Forgery:
    return msgspec.structs.replace(vt, soort="bewijs").encode()


def another_attestation(_sim: Simulator, vt: Geattesteerd, om: Geattesteerd) -> Forgery:
    return msgspec.structs.replace(vt, attestatie=om.attestatie).encode()


def a_rule_added(_sim: Simulator, vt: Geattesteerd, _om: Geattesteerd) -> Forgery:
    levering = Leveringsbericht.decode(vt.inhoud)
    bent = msgspec.structs.replace(levering, regels=[*levering.regels, "R9999"])
    return msgspec.structs.replace(vt, inhoud=bent.encode()).encode()


def another_zaak(_sim: Simulator, vt: Geattesteerd, _om: Geattesteerd) -> Forgery:
    levering = Leveringsbericht.decode(vt.inhoud)
    bent = msgspec.structs.replace(levering, zaak=bytes(len(levering.zaak)))
    return msgspec.structs.replace(vt, inhoud=bent.encode()).encode()


def an_unknown_kind(sim: Simulator, _vt: Geattesteerd, _om: Geattesteerd) -> Forgery:
    """Even one of the broker's own, as evidence is."""
    for one in sim.audit():
        for blad in one.beslisregels:
            return Geattesteerd(
                soort="beslisregel", inhoud=blad.inhoud, attestatie=blad.attestatie
            ).encode()
    raise AssertionError


FORGERIES: list[
    tuple[Callable[[Simulator, Geattesteerd, Geattesteerd], Forgery], str]
] = [
    (garbage, "schema.onbekend"),
    (nothing, "schema.onbekend"),
    (signed_by_a_key_of_his_own, "attestatie.sleutel"),
    (signed_under_the_brokers_name, "attestatie.ongeldig"),
    (another_organisations, "kolom.vreemd"),
    (another_kind, "attestatie.ongeldig"),
    (another_attestation, "attestatie.ongeldig"),
    (a_rule_added, "attestatie.ongeldig"),
    (another_zaak, "attestatie.ongeldig"),
    (an_unknown_kind, "post.soort"),
]


@pytest.mark.parametrize(
    ("forge", "code"), FORGERIES, ids=[one.__name__ for one, _ in FORGERIES]
)
async def test_what_was_written_straight_into_the_topic_is_refused_and_reported(
    sim: Simulator,
    forge: Callable[[Simulator, Geattesteerd, Geattesteerd], Forgery],
    code: str,
) -> None:
    to_vt, to_om = await history(sim)
    vt = sim.org(VT)
    before = await vt.organisatie.haal_op(wait_s=0)
    assert len([one for one in before if isinstance(one, Ontvangst)]) == 1
    topic = TOPIC.format(oin=vt.oin)

    written = sim.log.put(Append(topic, 0, b"", forge(sim, to_vt, to_om)))
    await sim.org(POL).organisatie.verstuur(concept(seed=4))
    post = await vt.organisatie.haal_op(wait_s=0)

    refused = [one for one in post if isinstance(one, Geweigerdepost)]
    assert refused == [Geweigerdepost(topic, written.offset, code)]
    # It does not hold up the good post, and was handed to no application.
    assert len([one for one in post if isinstance(one, Ontvangst)]) == 1
    assert len(vt.organisatie.open_post()) == 2


async def test_what_was_delivered_is_not_handed_over_again(sim: Simulator) -> None:
    """The right bytes once more, in any of the organisation's topics."""
    to_vt, _ = await history(sim)
    vt = sim.org(VT)
    assert len(await vt.organisatie.haal_op(wait_s=0)) == 1
    for klasse in ("p7d", "p30d", "p5y"):
        topic = f"corvus.levering.{vt.oin}.{klasse}"
        sim.log.put(Append(topic, 0, b"", to_vt.encode()))
    assert await vt.organisatie.haal_op(wait_s=0) == []
    assert len(vt.organisatie.open_post()) == 1
