"""A sender in bulk: one signature over many messages, each of which stands alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from corvus_adapters.cli.scenario import make_toneel, running_router
from corvus_adapters.installatie.openen import Installatie
from corvus_adapters.sdk.concept import Concept
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.identifiers import parse_bericht_id
from corvus_schemas.voorbeeld import voorbeeld_inhoud
from corvus_schemas.wire.bericht import Inzending

if TYPE_CHECKING:
    from pathlib import Path

SINGLE_BYTES = 32 + 1 + 64


def _concept(seed: int) -> Concept:
    catalogus = load_catalogus()
    berichttype = catalogus.berichttype("politiemelding")
    return Concept(
        berichttype="politiemelding",
        inhoud=dict(voorbeeld_inhoud(berichttype, catalogus, seed=seed)),
        doel="VEILIGHEIDSBEOORDELING",
        gemeente="Groningen",
    )


async def test_messages_under_one_signature_are_delivered_each_by_itself(
    sandbox_path: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(sandbox_path, tmp_path / "sandbox")
    installatie = Installatie.open(own)
    async with running_router(installatie) as transport:
        keten = make_toneel(installatie, transport).keten
        politie = keten.client(installatie.keystore("pol-noord-nl").oin)
        verzonden = await politie.verstuur_reeks([_concept(n) for n in range(7)])
        signatures = set()
        for one in verzonden:
            bewijs = await keten.settle(politie, one.bericht_id)
            assert bewijs.status == "GEACCEPTEERD"
            kept = politie.postbus.uitgaand(parse_bericht_id(one.bericht_id))
            assert kept is not None
            signed = Inzending.decode(kept.inhoud).ondertekening
            assert len(signed) > SINGLE_BYTES
            signatures.add(signed[-64:])
        assert len(signatures) == 1
        assert len({one.zaak for one in verzonden}) == 7
        delivered = {bericht_id for _, bericht_id in keten.ontvangen}
        assert delivered == {one.bericht_id for one in verzonden}
