"""The broker never has plaintext nor a key to it: searched, not believed.

Canaries stand in every text field of the messages. After routing they are looked for,
with the recipients' private keys, in the transport's files, the router's log and the
whole memory of the router's process.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from chain_load import transport_of
from cryptography.hazmat.primitives.asymmetric import ed25519
from router_process import found_in_file, found_in_memory, running
from simulator import CATALOGUS, OM, POL, VT, concept
from transport_backends import started

from corvus_adapters.app import build_organisatie, installation_topics, utc_now
from corvus_schemas.errors import SchemaError
from corvus_schemas.inhoud import parse_inhoud
from corvus_schemas.voorbeeld import voorbeeld_inhoud

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from corvus_adapters.installatie import Installatie
    from corvus_adapters.sdk import Ontvangst

KINDS = ("politiemelding", "zsm_aanmelding")
_SECRETS = ("Z7Q", "kanarie")


def _texts(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place that holds a string: its container, and where in it."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(pairs):
        if isinstance(value, str):
            yield node, key
        elif isinstance(value, (dict, list)):
            yield from _texts(value)


def with_canaries(berichttype: str) -> tuple[dict[str, Any], set[str]]:
    """Put a canary in every field whose text is free."""
    kind = CATALOGUS.berichttype(berichttype)
    inhoud = voorbeeld_inhoud(kind, CATALOGUS, seed=5)
    canaries = set()
    for number, (holder, key) in enumerate(_texts(inhoud)):
        canary = f"{_SECRETS[0]}{_SECRETS[1]}{berichttype[:3]}{number:03}"
        before, holder[key] = holder[key], canary
        try:
            parse_inhoud(kind, inhoud, CATALOGUS)
        except SchemaError:
            holder[key] = before
        else:
            canaries.add(canary)
    return dict(inhoud), canaries


@pytest.fixture(scope="module")
def contents() -> dict[str, tuple[dict[str, Any], set[str]]]:
    found = {berichttype: with_canaries(berichttype) for berichttype in KINDS}
    assert all(len(canaries) > 30 for _, canaries in found.values())
    return found


@dataclass
class Holder:
    """A process that has something in its memory."""

    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self.process.pid


@contextlib.asynccontextmanager
async def holding(secret: bytes) -> AsyncIterator[Holder]:
    code = "import sys; kept = sys.stdin.readline(); print(1, flush=True); input()"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(secret + b"\n")
        await process.stdin.drain()
        await process.stdout.readline()
        yield Holder(process)
    finally:
        process.kill()
        await process.wait()


async def test_the_search_finds_a_canary_in_a_process_that_has_one() -> None:
    """The control: without it the tests below would prove nothing."""
    secret, other = b"Z7Qkanarie-in-memory", b"Z7Qkanarie-nowhere-" + b"at all"
    async with holding(secret) as holder:
        assert found_in_memory(holder.pid, [secret, other]) == {secret}


async def test_no_plaintext_and_no_key_in_the_broker(
    installatie: Installatie,
    tmp_path: Path,
    contents: dict[str, tuple[dict[str, Any], set[str]]],
) -> None:
    canaries = {one.encode() for _, found in contents.values() for one in found}
    namen = (POL, VT, OM)
    keystores = {naam: installatie.keystore(naam) for naam in namen}
    secrets = set()
    for keystore in keystores.values():
        for key_id in keystore.key_ids():
            raw = keystore.private_key(key_id)
            assert raw is not None
            secrets.add(raw)
        assert isinstance(keystore.signing_key, ed25519.Ed25519PrivateKey)
        secrets.add(keystore.signing_key.private_bytes_raw())
    log = tmp_path / "router.log"
    async with (
        started(transport_of(installatie)) as transport,
        running(installatie, log) as router,
    ):
        await router.ready()
        await transport.ensure_topics(installation_topics(installatie, utc_now()))
        orgs = {
            naam: build_organisatie(installatie, keystore, transport)
            for naam, keystore in keystores.items()
        }
        for berichttype, (inhoud, _) in contents.items():
            await orgs[POL].verstuur(concept(berichttype, inhoud=inhoud))
        received: list[Ontvangst] = []
        async with asyncio.timeout(60):
            while len(received) < len(KINDS):
                received += await orgs[VT].ontvang()
        text = repr([one.inhoud for one in received]).encode()
        assert sum(canary in text for canary in canaries) > 30, "they did arrive"

        needles = {*canaries, *secrets}
        # The prefix alone would show any canary in one piece, whatever its number.
        needles.add(_SECRETS[0].encode() + _SECRETS[1].encode())
        assert found_in_memory(router.pid, needles) == set()
        # The router is the one that has the broker's own key: the search sees keys.
        own = installatie.broker_keystore().batch_key.private_bytes_raw()
        assert found_in_memory(router.pid, [own]) == {own}
        assert found_in_file(log, needles) == set()
        files = list(installatie.path.glob("transport.sqlite*"))
        for file in files:
            assert found_in_file(file, needles) == set()
        if installatie.instellingen.transport.soort == "sqlite":
            assert sum(file.stat().st_size for file in files) > 20_000
        for organisatie in orgs.values():
            organisatie.postbus.close()
