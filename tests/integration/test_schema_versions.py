"""Two versions of a berichttype in one chain: real SDKs, a real router, one SQLite log."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest
from chain_load import transport_of
from noting import Noting
from schema_versies import as_data, evolved
from simulator import POL, VT, concept
from transport_backends import started

from corvus_adapters.app import (
    build_organisatie,
    build_worker,
    installation_topics,
    utc_now,
)
from corvus_adapters.installatie import Installatie
from corvus_adapters.sdk import Ontvangst
from corvus_adapters.sdk.organisatie import Organisatie
from corvus_adapters.sdk.post import Geweigerdepost, Ontvangenbewijs
from corvus_broker.ports import Append
from corvus_broker.topics import INZENDING
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.identifiers import parse_bericht_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from corvus_adapters.sdk.postbus import Postbus
    from corvus_broker.ports import Transport
    from corvus_schemas.catalogus import Catalogus

PARTITIES = 4
T = TypeVar("T", bound=Ontvangst | Ontvangenbewijs | Geweigerdepost)
OUD = load_catalogus()


@pytest.fixture(scope="module")
def nieuw(tmp_path_factory: pytest.TempPathFactory) -> Catalogus:
    return evolved(tmp_path_factory.mktemp("nieuw"))


class Versions:
    """A chain in which everybody has the software, and the catalogus, they say."""

    def __init__(self, installatie: Installatie, transport: Transport) -> None:
        self.installatie, self.transport = installatie, transport
        self.boxes: list[Postbus] = []
        self.noted = Noting()

    @asynccontextmanager
    async def router(self, catalogus: Catalogus) -> AsyncIterator[None]:
        """Run the workers of every partition with this catalogus."""
        stop = asyncio.Event()
        keystore = self.installatie.broker_keystore()
        workers = [
            build_worker(
                self.installatie, keystore, self.transport, self.noted, partition
            )
            for partition in range(PARTITIES)
        ]
        for worker in workers:
            omgeving = worker._pipeline._omgeving
            worker._pipeline._omgeving = replace(omgeving, catalogus=catalogus)
        tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    def org(self, naam: str, catalogus: Catalogus) -> Organisatie:
        """Give an organisation whose SDK has this catalogus."""
        keystore = self.installatie.keystore(naam)
        made = build_organisatie(self.installatie, keystore, self.transport)
        self.boxes.append(made.postbus)
        return Organisatie(replace(made._u, catalogus=catalogus))


@pytest.fixture
async def chain(sandbox_path: Path, tmp_path: Path) -> AsyncIterator[Versions]:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    installatie = Installatie.open(path)
    async with started(transport_of(installatie)) as transport:
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        made = Versions(installatie, transport)
        yield made
        for box in made.boxes:
            box.close()


async def fetch(org: Organisatie, wanted: type[T]) -> T:
    """Wait for the first post of one kind."""
    async with asyncio.timeout(30):
        while True:
            for one in await org.haal_op(wait_s=0.2):
                if isinstance(one, wanted):
                    return one


async def test_an_old_message_opens_with_a_newer_router_and_a_newer_sdk(
    chain: Versions, nieuw: Catalogus
) -> None:
    # SPEC 7-8
    wat = concept()
    async with chain.router(nieuw):
        pol, vt = chain.org(POL, OUD), chain.org(VT, nieuw)
        await pol.verstuur(wat)
        melding = await fetch(vt, Ontvangst)
    assert melding.inhoud["melding"] == {**wat.inhoud["melding"], "taal": "nl"}
    assert melding.inhoud["incident"] == wat.inhoud["incident"]
    assert melding.inhoud["betrokkenen"]
    assert melding.buiten_schema == {}


async def test_a_newer_message_opens_with_an_older_sdk_that_got_its_layout(
    chain: Versions, nieuw: Catalogus
) -> None:
    # SPEC 7-8
    wat = concept()
    newer = {
        **wat.inhoud,
        "melding": {**wat.inhoud["melding"], "taal": "fy", "kanaal": "balie"},
        "drone": {"toelichting": "boven de tuin"},  # no rule lets anybody have it
    }
    async with chain.router(nieuw):
        pol = chain.org(POL, nieuw)
        vt = chain.org(VT, OUD.with_indeling(as_data(nieuw)))
        await pol.verstuur(concept(inhoud=newer))
        melding = await fetch(vt, Ontvangst)
    assert melding.inhoud["melding"] == wat.inhoud["melding"]
    assert melding.inhoud["incident"] == wat.inhoud["incident"]
    assert melding.buiten_schema == {"melding.taal": "fy", "melding.kanaal": "balie"}
    assert "drone" not in melding.regels


async def test_an_older_router_refuses_by_name_and_takes_the_same_bytes_later(
    chain: Versions, nieuw: Catalogus
) -> None:
    inhoud = concept().inhoud
    inhoud["melding"]["taal"] = "nl"
    pol, vt = chain.org(POL, nieuw), chain.org(VT, nieuw)
    async with chain.router(OUD):
        verzonden = await pol.verstuur(concept(inhoud=inhoud))
        async with asyncio.timeout(30):
            while not chain.noted.effecten:  # noqa: ASYNC110 - the driver reports by calls
                await asyncio.sleep(0.01)
    told = [(one.uitkomst, one.code) for one in chain.noted.effecten]
    assert told == [("ONBESTELBAAR", "schema.versie")]
    uitgaand = pol.postbus.uitgaand(parse_bericht_id(verzonden.bericht_id))
    assert uitgaand is not None
    again = Append(INZENDING, uitgaand.partitie, b"", uitgaand.inhoud)
    await chain.transport.append([again])
    async with chain.router(OUD.with_indeling(as_data(nieuw))):
        melding = await fetch(vt, Ontvangst)
    assert melding.bericht_id == verzonden.bericht_id
    assert melding.inhoud["melding"] == inhoud["melding"]
