"""A disk that is full, and one that is slow, under the embedded log."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import shutil
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest
from chain_load import Load, check_chain, loaded, wait_until_answered
from fault_shim import build_shim
from router_process import CONFIG, Router, running, use_small_batches
from simulator import POL

from corvus_adapters.installatie import Installatie

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE_MB = 24


@pytest.fixture
def copied(sandbox_path: Path, tmp_path: Path) -> Path:
    path = tmp_path / "corvus"
    shutil.copytree(sandbox_path, path, ignore=shutil.ignore_patterns("*.sqlite*"))
    use_small_batches(path)
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of a few MB, in memory."""
    folder = tmp_path / "schijf"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    done = subprocess.run(
        ["mount", *options], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.fail(
            "a full disk needs a small file system: run as root, or in a container"
            f" that may mount one (--cap-add SYS_ADMIN): {done.stderr.strip()}"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the space that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(65536)):
            pass
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1)):
            pass
    return ballast


async def refusals(load: Load, count: int) -> None:
    """Wait until senders hear that the log does not take what they send."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if load.refused >= count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(load.refused)


async def test_a_full_disk_stops_the_work_and_loses_nothing(
    copied: Path, small_disk: Path, tmp_path: Path
) -> None:
    config = copied / CONFIG
    here = f'sqlite_pad = "{small_disk / "transport.sqlite"}"'
    config.write_text(re.sub("sqlite_pad = .*", here, config.read_text()))
    installatie = Installatie.open(copied)
    chance = random.Random("a full disk")
    async with loaded(installatie, zaken=6, each=10) as load:
        load.pace_s = 0.05
        log = tmp_path / "router.log"
        async with running(installatie, log) as router:
            await router.ready()
            feeder = asyncio.create_task(load.feed(len(load.waiting), chance))
            await router.busy()
            ballast = fill(small_disk)
            await refusals(load, 1)
            assert router.process.returncode is None, log.read_text()
            # One that is started on a full disk goes on too, once there is room.
            await router.kill()
        async with running(installatie, tmp_path / "router-2.log") as router:
            await refusals(load, 3)
            assert not feeder.done()
            ballast.unlink()
            await feeder
            await wait_until_answered(load, load.orgs[POL].oin)
            await check_chain(load)
            assert await router.stop() == 0, router.log.read_text()
        assert load.refused >= 3


async def test_a_slow_disk_slows_the_work_and_nothing_else(
    copied: Path, tmp_path: Path
) -> None:
    shim = build_shim(tmp_path)
    installatie = Installatie.open(copied)
    chance = random.Random("a slow disk")
    async with loaded(installatie, zaken=6, each=6) as load:
        for number in range(2):
            with shim.over_what_starts():
                router_at_work = running(installatie, tmp_path / f"{number}.log")
                async with router_at_work as router:
                    await router.ready()
                    shim.slow_disk(0.25)
                    feeder = asyncio.create_task(
                        load.feed(len(load.waiting) // (2 - number), chance)
                    )
                    await router.busy()
                    assert await answers_within(router, "/livez") < 0.2
                    await feeder
                    if number == 0:
                        await router.kill()
                        shim.slow_disk(0)
                        continue
                    await wait_until_answered(load, load.orgs[POL].oin)
                    shim.slow_disk(0)
                    await check_chain(load)
                    assert await router.stop() == 0, router.log.read_text()
        assert shim.fsyncs > 10, "the shim was not in the router"


async def answers_within(router: Router, path: str) -> float:
    """Seconds that the router takes to say that it lives."""
    url = f"http://127.0.0.1:{await router.port()}{path}"
    began = time.monotonic()
    await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=10).read())
    return time.monotonic() - began
