"""The state of a partition: what the changelog gives back is what there was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulator import OM, POL, VT, concept

from corvus_broker.staat import Partitiestaat, bericht_key, zaak_key
from corvus_schemas.errors import IntegrityError
from corvus_schemas.identifiers import parse_bericht_id

if TYPE_CHECKING:
    from simulator import Simulator


def contents(staat: Partitiestaat) -> tuple[object, object]:
    return dict(staat._zaken), dict(staat._berichten)


async def test_state_from_the_changelog_is_the_live_state(sim: Simulator) -> None:
    """After a conversation of three organisations with receipts and a refusal."""
    pol = sim.org(POL).organisatie
    for seed in range(4):
        berichttype = ("politiemelding", "zsm_aanmelding")[seed % 2]
        verzonden = await pol.verstuur(concept(berichttype, seed=seed))
        await pol.verstuur(concept(seed=seed + 9, zaak=verzonden.zaak))
        sim.submit(b"junk", partitie=seed)
    for naam in (VT, OM):
        organisatie = sim.org(naam).organisatie
        for ontvangst in await organisatie.ontvang(wait_s=0):
            await organisatie.bevestig(ontvangst)
    await sim.post(POL)
    restored = 0
    for partition, live in sim.staten.items():
        rebuilt = sim.rebuilt(partition)
        assert contents(rebuilt) == contents(live)
        assert list(rebuilt._berichten) == list(live._berichten), "oldest first"
        restored += len(rebuilt)
    assert restored >= 12


def test_a_damaged_zaak_is_marked_and_healed_by_a_new_record() -> None:
    staat = Partitiestaat()
    key = zaak_key(b"\1" * 16)
    staat.replay(key, b"spoiled")
    with pytest.raises(IntegrityError) as caught:
        staat.zaak(b"\1" * 16)
    assert caught.value.code == "zaakstaat.beschadigd"
    assert caught.value.advice
    staat.replay(key, None)
    assert staat.zaak(b"\1" * 16) is None


def test_what_cannot_be_told_apart_stops_the_router() -> None:
    """Without the record of a message a repeat would be delivered again."""
    oin, bericht_id = "1" * 20, parse_bericht_id("0" * 32)
    for key in (bericht_key(oin, bericht_id), b"", b"q", b"z" + bytes(15)):
        with pytest.raises(IntegrityError) as caught:
            Partitiestaat().replay(key, b"spoiled")
        assert caught.value.code == "zaakstaat.beschadigd"
