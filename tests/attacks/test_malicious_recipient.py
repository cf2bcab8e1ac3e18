"""A recipient that signs strange receipts to hurt the sender, and what holds."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

from simulator import CATALOGUS, POL, VT, concept

from corvus_adapters.bewijs.bestand import collect
from corvus_adapters.bewijs.verificatie import Verificateur
from corvus_adapters.cli import bericht as cli
from corvus_broker.ports import Append
from corvus_broker.terugmelding import SIGN_PURPOSE
from corvus_broker.topics import INZENDING
from corvus_crypto.ondertekening import sign_one
from corvus_crypto.zaak import alias_partition
from corvus_schemas.identifiers import ZaakAlias
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status, Terugmelding

if TYPE_CHECKING:
    import pytest
    from simulator import Simulator

    from corvus_adapters.sdk.openen import Ontvangst


async def delivered(sim: Simulator) -> Ontvangst:
    """A message of POL that VT has, and whose receipt POL has."""
    await sim.org(POL).organisatie.verstuur(concept())
    await sim.post(POL)
    (ontvangst,) = await sim.org(VT).organisatie.ontvang(wait_s=0)
    return ontvangst


async def test_a_receipt_does_not_make_a_sender_seal_again(sim: Simulator) -> None:
    ontvangst = await delivered(sim)
    await sim.org(VT).organisatie.bevestig(
        ontvangst, Status.GEWEIGERD, "register.verouderd"
    )
    before = len(sim.effecten)
    await sim.post(POL)
    await sim.post(POL)
    assert len(sim.effecten) == before
    sent = sim.org(POL).organisatie.postbus.uitgaand(
        uuid.UUID(ontvangst.bericht_id).bytes
    )
    assert sent is not None
    assert (sent.status, sent.poging) == ("GEACCEPTEERD", 1)


async def test_a_receipt_from_long_ago_does_not_spoil_the_proof(
    sim: Simulator,
) -> None:
    ontvangst = await delivered(sim)
    vt = sim.org(VT)
    bewijs = Ontvangstbewijs(
        status=Status.VERWERKT.value,
        bericht_id=uuid.UUID(ontvangst.bericht_id).bytes,
        verstrekker=ontvangst.verstrekker,
        uitsteller=vt.oin,
        manifest=ontvangst.manifest_digest,
        levering=ontvangst.levering_digest,
        tijd=1,
        register=ontvangst.register,
    ).encode()
    signed = sign_one(
        vt.keystore.signing_key,
        vt.keystore.thumbprint,
        SIGN_PURPOSE,
        hashlib.sha256(bewijs).digest(),
    )
    melding = Terugmelding(
        zaak=ontvangst.zaak_alias, bewijs=bewijs, ondertekening=signed.encode()
    )
    partitie = alias_partition(ZaakAlias(ontvangst.zaak_alias))
    sim.log.put(Append(INZENDING, partitie, b"", melding.encode()))
    assert sim.effecten[-1].uitkomst == Status.VERWERKT

    found = await collect(
        sim.log, [sim.org(POL).oin, vt.oin], sim.sandbox.register_entries()
    )
    (proof,) = [one for one in found if one.ontvanger == vt.oin]
    verslag = Verificateur(sim.sandbox.vertrouwen, CATALOGUS).verify(proof.bestand)
    assert verslag.ok, verslag.stappen


async def test_the_code_of_a_receipt_is_shown_as_text(
    sim: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ontvangst = await delivered(sim)
    vt = sim.org(VT).organisatie
    await vt.bevestig(ontvangst, Status.GELEZEN, "[/nope]")
    await vt.bevestig(ontvangst, Status.VERWERKT, "[bold]ja\x1b[2J")
    cli._show_post(await sim.post(POL), [])
    shown = capsys.readouterr().out
    assert "[/nope]" in shown
    assert "[bold]ja?[2J" in shown
    assert "\x1b[2J" not in shown
