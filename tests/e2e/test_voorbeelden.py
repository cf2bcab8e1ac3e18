"""Every example of ``corvus schema voorbeeld`` goes out in a fresh sandbox."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from corvus_adapters.app import build_organisatie
from corvus_adapters.cli.berichtbestand import (
    FILL_IN,
    example_text,
    naam_in_sandbox,
    read_concept,
)
from corvus_adapters.cli.organisaties import resolve_geadresseerden, short_names
from corvus_adapters.cli.scenario import running_router
from corvus_adapters.installatie import Installatie, make_sandbox
from corvus_adapters.log import configure_log
from corvus_adapters.sdk.post import Ontvangenbewijs
from corvus_broker.aanhouding import BERICHTTYPE as VRIJGAVE
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError
from corvus_schemas.identifiers import parse_bericht_id
from corvus_schemas.voorbeeld_bericht import OPZETTEN, voorbeeld_bericht
from corvus_schemas.wire.bewijs import Status

if TYPE_CHECKING:
    from pathlib import Path

    from corvus_adapters.sdk.organisatie import Organisatie, Verzonden
    from corvus_broker.ports import Transport
    from corvus_schemas.wire.bewijs import Ontvangstbewijs

pytestmark = pytest.mark.xdist_group("cli")
CATALOGUS = load_catalogus()


def test_every_berichttype_has_an_example() -> None:
    assert OPZETTEN.keys() == CATALOGUS.berichttypen.keys()
    assert VRIJGAVE in OPZETTEN


def test_an_example_that_is_not_filled_in_says_where(tmp_path: Path) -> None:
    file = tmp_path / "antwoord.yaml"
    file.write_text(example_text("terugkoppeling", CATALOGUS))
    with pytest.raises(SchemaError, match=r"line \d+, antwoord_op") as raised:
        read_concept(file)
    assert raised.value.code == "concept.invullen"


def test_every_example_is_sent_and_reaches_somebody(tmp_path: Path) -> None:
    make_sandbox(tmp_path / "sandbox", nu=datetime.now(UTC))
    installatie = Installatie.open(tmp_path / "sandbox")
    configure_log("error", "console")

    async def play() -> dict[str, str]:
        async with running_router(installatie) as transport:
            spel = Spel(installatie, transport, tmp_path)
            for code in OPZETTEN:
                await spel.send(code)
            return spel.wrong

    assert asyncio.run(play()) == {}


class Spel:
    """Sends examples, each after the message that it rests on."""

    def __init__(
        self, installatie: Installatie, transport: Transport, folder: Path
    ) -> None:
        self.wrong: dict[str, str] = {}
        self._installatie = installatie
        self._transport = transport
        self._folder = folder
        self._namen = short_names(installatie)
        self._clients: dict[str, Organisatie] = {}

    async def send(self, code: str) -> Verzonden:
        opzet = voorbeeld_bericht(code, CATALOGUS).opzet
        client = self._client(naam_in_sandbox(opzet.van))
        text = example_text(code, CATALOGUS)
        if opzet.na:
            eerst = await self.send(opzet.na)
            zaak = await self._zaak(client, eerst)
            text = text.replace(f"zaak: {FILL_IN}", f"zaak: {zaak}")
            text = text.replace(FILL_IN, eerst.bericht_id)
        file = self._folder / f"{code}.yaml"
        file.write_text(text)
        concept = resolve_geadresseerden(read_concept(file), self._namen)
        verzonden = await client.verstuur(concept)
        bewijs = await self._receipt(client, verzonden)
        reached = [one for one in bewijs.verstrekkingen if one.regels]
        if bewijs.status != Status.GEACCEPTEERD or not reached:
            self.wrong[code] = f"{bewijs.status} {bewijs.code}"
        return verzonden

    def _client(self, naam: str) -> Organisatie:
        if naam not in self._clients:
            self._clients[naam] = build_organisatie(
                self._installatie, self._installatie.keystore(naam), self._transport
            )
        return self._clients[naam]

    async def _zaak(self, client: Organisatie, eerst: Verzonden) -> str:
        """Wait for what the answer is to; its own message needs no waiting."""
        if client.postbus.zaak(eerst.zaak) is not None:
            return eerst.zaak
        for _ in range(50):
            for one in await client.ontvang(wait_s=0.2):
                if one.bericht_id == eerst.bericht_id:
                    return one.zaak
        raise AssertionError(eerst.bericht_id)

    async def _receipt(
        self, client: Organisatie, verzonden: Verzonden
    ) -> Ontvangstbewijs:
        wanted = parse_bericht_id(verzonden.bericht_id)
        broker = self._installatie.broker_keystore().houder.oin
        for _ in range(50):
            for one in await client.haal_op(wait_s=0.2):
                if (
                    isinstance(one, Ontvangenbewijs)
                    and one.bewijs.bericht_id == wanted
                    and one.bewijs.uitsteller == broker
                ):
                    return one.bewijs
        raise AssertionError(verzonden.bericht_id)
